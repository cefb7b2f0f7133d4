"""Names and places of a file, as an editor asks for them: in whole specs and in what is half typed."""

import pytest

from adc.compiler.index import Index, uses
from adc.compiler.nodes import Document
from adc.compiler.parse import parse
from adc.compiler.place import Place, outline, place_at, walk
from adc.compiler.vocabulary import TABLES, TOP

SPEC = '''import "brand.ad" as brand
import "cast/maya.ad"
ad glow { style phone }
style phone { look "soft" }
variant opener { doubt "Really, {{ maya }}?" }
scene hook 8s {
  cast maya, brand.serum
  action """
    {{ maya.wears | upper }} and {{ brand.serum.looks if opener is defined else "maya" }}
  """
  says maya "{{ opener }}"
  start keyframe "{{ brand.serum }}" using flux_2
}
scene next 4s { start frame of hook }
'''
BRAND = 'product serum { looks "amber" }\n'
MAYA = 'voice warm { id "Rachel" }\ncharacter maya { voice warm }\n'


@pytest.fixture
def index() -> Index:
    sources = {"main.ad": SPEC, "brand.ad": BRAND, "cast/maya.ad": MAYA}
    return Index("main.ad", {path: parse(path, source)[0] for path, source in sources.items()})


def links(index: Index, path: str, source: str) -> list[tuple[str, str]]:
    """What each link of a file covers, and where it leads."""
    return [(source[link.start : link.end], f"{link.declared.path}:{link.declared.name}") for link in index.links(path)]


def test_every_name_leads_to_its_declaration(index: Index) -> None:
    found = links(index, "main.ad", SPEC)
    assert found.count(("maya", "cast/maya.ad:maya")) == 4
    assert found.count(("serum", "brand.ad:serum")) == 3
    assert found.count(("brand", "main.ad:brand")) == 4
    assert found.count(("opener", "main.ad:opener")) == 3
    assert found.count(("phone", "main.ad:phone")) == 2
    assert found.count(("hook", "main.ad:hook")) == 2
    assert ("warm", "cast/maya.ad:warm") in links(index, "cast/maya.ad", MAYA)
    assert all(covered == leads.partition(":")[2] for covered, leads in found)


def test_words_of_a_template_that_are_no_names(index: Index) -> None:
    written = {use.written for use in uses(index.documents["main.ad"]) if use.in_text}
    assert written == {"maya", "maya.wears", "brand.serum.looks", "opener", "brand.serum"}


def test_models_are_used_and_not_declared(index: Index) -> None:
    use = index.use_at("main.ad", SPEC.index("flux_2"))
    assert use is not None
    assert "model" in use.kinds
    assert index.link_at("main.ad", use.start) is None


VALUED = """import "brand.ad" as brand
param opening 8s
variant opener { doubt "Really?" }
param hook_text "Hello"
ad glow { duration opening }
character zoe { lora { trigger "ZOEX" } }
scene opening_scene opening {
  cast zoe
  action opener
  says zoe brand.line
  super hook_text at top for opening
  start keyframe "x" using zoe.lora
}
transition dissolve opening
"""


def test_params_and_variants_stand_for_values_and_a_lora_for_its_character() -> None:
    sources = {"main.ad": VALUED, "brand.ad": 'param line "Hi"\n'}
    index = Index("main.ad", {path: parse(path, source)[0] for path, source in sources.items()})
    found = links(index, "main.ad", VALUED)
    assert found.count(("opening", "main.ad:opening")) == 5
    assert found.count(("opener", "main.ad:opener")) == 2
    assert found.count(("hook_text", "main.ad:hook_text")) == 2
    assert found.count(("zoe", "main.ad:zoe")) == 4
    assert found.count(("line", "brand.ad:line")) == 1
    opening = index.visible("main.ad")["param", "opening"][-1]
    assert "word of the language" in index.unusable(opening, "keyframe")


def test_imports_that_go_round_in_a_circle_end() -> None:
    source = 'import "main.ad"\nimport "main.ad" as again\ncharacter maya\n'
    index = Index("main.ad", {"main.ad": parse("main.ad", source)[0]})
    assert ("character", "maya") in index.visible("main.ad")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("anna", ""),
        ("maya", ""),
        ("two words", "no name"),
        ("a-b", "no name"),
        ("", "no name"),
        ("not", "something else"),
        ("scene", "something else"),
        ("opener", "declared already"),
        ("hook", ""),
    ],
)
def test_what_a_character_can_be_called(index: Index, name: str, reason: str) -> None:
    declared = index.visible("main.ad")["character", "maya"][-1]
    told = index.unusable(declared, name)
    assert reason in told
    assert bool(told) == bool(reason)


def test_a_file_that_is_not_there_has_no_names() -> None:
    index = Index("main.ad", {"main.ad": Document("main.ad", ())})
    assert list(index.links("gone.ad")) == []
    assert index.use_at("gone.ad", 0) is None


def place(marked: str) -> Place:
    """The place of the `|` in a text."""
    return place_at(outline(marked.replace("|", "", 1)), marked.index("|"))


@pytest.mark.parametrize(
    ("marked", "inside", "owners", "before", "word"),
    [
        ("|", "statement", [], (), ""),
        ("sce|", "statement", [], (), "sce"),
        ("scene hook 8s {\n  |\n}", "statement", ["scene"], (), ""),
        ("scene hook 8s {\n  |", "statement", ["scene"], (), ""),
        ("scene hook 8s {\n  ca|\nscene next 8s { }", "statement", ["scene"], (), "ca"),
        ("scene hook 8s {\n}\n|", "statement", [], (), ""),
        ("scene hook 8s { cast maya, se|", "statement", ["scene"], ("cast", "maya", ","), "se"),
        ("scene hook 8s {\n  cast maya\n|\nscene next 8s { }", "statement", ["scene"], (), ""),
        ("scene hook 8s {\n  cast maya\n\nscene| next 8s { }", "statement", [], (), "scene"),
        ("scene a 8s {\n  shot 4s {\n    |\n  }\n}", "statement", ["scene", "shot"], (), ""),
        ('scene a 8s { start "refs/|', "text", ["scene"], ("start",), "refs/"),
        ('scene a 8s { start "refs/|"\n}', "text", ["scene"], ("start",), "refs/"),
        ('scene a 8s { start "refs"| }', "statement", ["scene"], ("start", '"refs"'), ""),
        ('scene a 8s { action """\n  {{ ma|', "tag", ["scene"], ("action",), "\n  {{ ma"),
        ('scene a 8s { action "{{ maya }} |"\n}', "text", ["scene"], ("action",), "{{ maya }} "),
        ("scene a 8s { # wh|y", "comment", ["scene"], (), "# wh"),
    ],
)
def test_what_is_around_a_position(
    marked: str, inside: str, owners: list[str], before: tuple[str, ...], word: str
) -> None:
    found = place(marked)
    assert (found.inside, [owner.keyword for owner in found.owners]) == (inside, owners)
    assert (found.before, found.word) == (before, word)


def test_every_block_of_the_language_is_found() -> None:
    def blocks(path: tuple[str, ...], table: object) -> None:
        for keyword, inner in getattr(table, "blocks", {}).items():
            opened = " {\n".join((*path, keyword))
            found = place(f"{opened} {{\n  |")
            assert found.table is inner
            blocks((*path, keyword), inner)

    blocks((), TOP)
    assert len(TABLES) > 8


def test_braces_without_a_statement() -> None:
    found = outline("{ }\n{ { cast maya\n}}\n} scene a 1s {{")
    assert "cast" in [part.keyword for part in walk(found.parts)]
