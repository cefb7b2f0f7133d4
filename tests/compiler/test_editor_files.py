"""What is made from the grammar and the vocabulary is current, and the extension for editors is whole."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adc.compiler.catalogue import builtin
from adc.compiler.ebnf import ebnf
from adc.compiler.files import MemoryFiles
from adc.compiler.format import format_text
from adc.compiler.highlighting import textmate
from adc.compiler.nodes import Statement
from adc.compiler.parse import parse
from adc.compiler.pipeline import compile_spec
from adc.compiler.vocabulary import TABLES

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "grammar" / "editors" / "vscode"
MADE = {
    "grammar/ebnf.md": (ebnf, "adc.compiler.ebnf"),
    "grammar/editors/vscode/syntaxes/ad.tmLanguage.json": (textmate, "adc.compiler.highlighting"),
}


@pytest.mark.parametrize("path", MADE)
def test_what_is_made_is_current(path: str) -> None:
    make, module = MADE[path]
    assert (ROOT / path).read_text(encoding="utf-8") == make(), f"run: python -m {module} > {path}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.place)
def test_the_productions_have_every_statement(table: Any) -> None:
    page = ebnf()
    for word, usage in table.usage.items():
        assert re.search(rf'^ +\|? *"{word}".*/\* (repeated: )?{re.escape(usage)} \*/$', page, re.MULTILINE), word


class Colours:
    """Enough of what an editor does with a TextMate grammar: the scopes of every character of a source."""

    def __init__(self, grammar: Any) -> None:
        self.repository = grammar["repository"]
        self.top = {"patterns": grammar["patterns"]}

    def of(self, source: str) -> list[tuple[str, str]]:
        """Every piece of the source that was matched, with its scopes joined by blanks."""
        found: list[tuple[str, str]] = []
        stack: list[Any] = [self.top]
        for line in source.split("\n"):
            place = 0
            while True:
                end = stack[-1].get("end")
                rules = [*([("end", end, stack[-1])] if end else []), *self.rules(stack[-1])]
                hits = [(hit, *rule) for rule in rules if (hit := re.compile(rule[1]).search(line, place))]
                if not hits:
                    break
                hit, kind, _, rule = min(hits, key=lambda each: each[0].start())
                scopes = [each["name"] for each in stack if "name" in each]
                found += self.captured(hit, kind, rule, scopes)
                if kind == "end":
                    stack.pop()
                elif kind == "begin":
                    stack.append(rule)
                elif hit.end() == hit.start():
                    break
                place = hit.end()
        assert stack == [self.top]
        return found

    def rules(self, outer: Any) -> Iterator[tuple[str, str, Any]]:
        for rule in outer.get("patterns", ()):
            if "include" in rule:
                yield from self.rules({"patterns": [self.repository[rule["include"].removeprefix("#")]]})
            elif "match" in rule:
                yield "match", rule["match"], rule
            elif "begin" in rule:
                yield "begin", rule["begin"], rule
            else:
                yield from self.rules(rule)

    def captured(self, hit: re.Match[str], kind: str, rule: Any, scopes: list[str]) -> Iterator[tuple[str, str]]:
        captures = rule.get(f"{kind}Captures", rule.get("captures", {}))
        if kind == "match" and "name" in rule:
            yield hit.group(), " ".join([*scopes, rule["name"]])
        for number, capture in captures.items():
            if hit.group(int(number)):
                yield hit.group(int(number)), " ".join([*scopes, capture["name"]])


@pytest.fixture(scope="module")
def colours() -> Colours:
    """The colours of the grammar that ships with the extension."""
    return Colours(json.loads((EXTENSION / "syntaxes" / "ad.tmLanguage.json").read_text(encoding="utf-8")))


def inside(statement: Statement) -> Iterator[tuple[str, str]]:
    """The keywords in the block of a statement, and in the blocks inside, with the scope of each."""
    if statement.keyword.written == "variant":
        return  # its keys are names
    for inner in statement.block or ():
        yield inner.keyword.written, f"keyword.other.{statement.keyword.written}.ad"
        yield from inside(inner)


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.ad")), ids=lambda path: path.name)
def test_keywords_of_the_specs_are_coloured_where_they_stand(colours: Colours, path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    document, _ = parse(path.name, source)
    written = []
    for statement in document.statements:
        written.append((statement.keyword.written, "keyword.declaration.ad"))
        written += inside(statement)
    found = [(text, scope) for text, scope in colours.of(source) if re.search(r"keyword\.(declaration|other)", scope)]
    assert found == written


COLOURED = '''\
import "cast/maya.ad" as brand  # a comment
variant opener {
  doubt  "I {{ maya.wears | upper }} \\"so\\" \\x"
}
ad glow "Glow" { size 1080p 9:16 }
scene hook 7.2s {
  cast    brand.maya, serum
  action  """
    {% if maya %}she{% endif %} "smiles" # no comment
  """
  shot 500ms { camera "slow" }
  action  "a {{ broken"
  duration  -22dB
  super  "Day 30" at top_left from 1s
}
transition dissolve 1s
'''


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("import", "keyword.declaration.ad"),
        ("as", "keyword.operator.word.ad"),
        ("# a comment", "comment.line.number-sign.ad"),
        ("opener", "entity.name.type.ad"),
        ("doubt", "variable.other.key.ad"),
        ("wears", "string.quoted.double.ad meta.embedded.template.ad variable.other.template.ad"),
        ("upper", "string.quoted.double.ad meta.embedded.template.ad support.function.filter.ad"),
        ('\\"', "string.quoted.double.ad constant.character.escape.ad"),
        ("\\x", "string.quoted.double.ad invalid.illegal.escape.ad"),
        ("1080p", "constant.numeric.resolution.ad"),
        ("9:16", "constant.numeric.aspect.ad"),
        ("7.2s", "constant.numeric.duration.ad"),
        ("brand.maya", "variable.other.ad"),
        ("endif", "string.quoted.triple.ad meta.embedded.template.ad keyword.control.template.ad"),
        ("shot", "keyword.other.scene.ad"),
        ("camera", "keyword.other.shot.ad"),
        ("broken", "string.quoted.double.ad meta.embedded.template.ad variable.other.template.ad"),
        ("duration", "variable.other.key.ad"),
        ("-22dB", "constant.numeric.level.ad"),
        ("top_left", "support.constant.ad"),
        ("dissolve", "support.constant.ad"),
    ],
)
def test_colours(colours: Colours, text: str, scope: str) -> None:
    assert scope in [found for piece, found in colours.of(COLOURED) if piece == text]


def test_a_hash_in_a_text_is_no_comment(colours: Colours) -> None:
    comments = [text for text, scope in colours.of(COLOURED) if "comment" in scope]
    assert comments == ["# a comment"]


def test_the_extension_names_files_that_exist() -> None:
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    contributes = package["contributes"]
    named = [package["main"], contributes["languages"][0]["configuration"]]
    named += [each["path"] for kind in ("grammars", "snippets") for each in contributes[kind]]
    assert len(named) == 4
    assert [path for path in named if not (EXTENSION / path).is_file()] == []
    configuration = json.loads((EXTENSION / contributes["languages"][0]["configuration"]).read_text(encoding="utf-8"))
    assert configuration["comments"] == {"lineComment": "#"}


def test_the_snippets_make_a_film_in_layout() -> None:
    snippets = json.loads((EXTENSION / "snippets" / "ad.json").read_text(encoding="utf-8"))
    assert {each["prefix"] for each in snippets.values()} == {"ad", "scene", "card", "character"}
    spec = "\n".join(expanded("\n".join(each["body"])) for each in snippets.values())
    assert format_text(spec) == spec.rstrip("\n") + "\n"
    found = compile_spec("film.ad", MemoryFiles({"film.ad": spec.encode()}), builtin())
    assert {one.code for one in found.diagnostics} <= {"AD0208"}  # nobody has cast the character yet
    assert found.plan is not None


def expanded(body: str) -> str:
    """A snippet as it stands when every offer is taken."""
    body = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", re.sub(r"\$\{\d+\|([^,|]*)[^}]*\}", r"\1", body))
    return body.replace("$0", "").replace("\\$", "$")
