"""What an editor may ask beside diagnostics: a real client asks, of real specs."""

import re
from pathlib import Path

import anyio
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.editor import Editor, at, span

from adc.compiler.vocabulary import TABLES
from adc.runtime.lsp.meanings import MEANINGS

pytestmark = pytest.mark.anyio

DRAFT = '''import "cast/maya.ad"
import "brand.ad" as brand

ad glow "Glow" {
  style  phone
}

style phone { look "soft" }

# Two lines
# of comment.
scene hook 8s {
  using   kling_o1
  cast    maya, brand.serum
  action  "{{ maya }} lifts {{ brand.serum }}"
  says    maya "Hello."
  set     cfg_scale 0.5
}

scene next 4s {
  start   frame of hook
  action  """
    She smiles.
  """
}
'''
BRAND = 'product serum "Serum" { looks "amber" }\n'


@pytest.fixture
def draft(project: Path) -> Path:
    """A spec with two imports."""
    (project / "brand.ad").write_text(BRAND, encoding="utf-8")
    file = project / "draft.ad"
    file.write_text(DRAFT, encoding="utf-8", newline="")
    return file


def document(file: Path) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(file.as_uri())


async def typed(vim: Editor, file: Path, behind: str, new: str) -> dict[str, types.CompletionItem]:
    """What is offered once `new` has been typed behind the first place where `behind` stands."""
    text = DRAFT.replace(behind, behind + new, 1)
    vim.open(file, text)
    found = await vim.completions(file, at(text, behind + new))
    vim.close(file)
    return found


async def test_statements_that_may_stand_here(vim: Editor, draft: Path) -> None:
    found = await typed(vim, draft, "scene next 4s {\n", "  ")
    assert {"using", "cast", "camera", "set"} <= set(found)
    assert not {"action", "start", "headline", "scene"} & set(found), "what is written already, and what is elsewhere"
    assert found["camera"].detail == 'camera "slow push-in"'
    assert {"scene", "card", "character"} <= set(await typed(vim, draft, "}\n\n", "sc"))


@pytest.mark.parametrize(
    ("behind", "new", "offered", "never"),
    [
        ("cast    ", "", {"maya", "brand.serum"}, {"phone", "hook"}),
        ("maya, ", "br", {"brand.serum"}, {"phone", "maya"}),
        ("says    ", "", {"maya"}, {"brand.serum"}),
        ("  style  ", "", {"phone"}, {"maya"}),
        ("frame of ", "", {"hook"}, {"maya", "next"}),
        ("scene next 4s {\n", "  start ", {"keyframe", "frame of"}, {"maya"}),
        ("scene next 4s {\n", '  start keyframe "x" using ', {"flux_2", "nano_banana"}, {"kling_o1"}),
        ("using   ", "", {"kling_o1", "veo3_1"}, {"flux_2", "eleven_v3"}),
        ("using   ", "ve", {"veo3_1"}, set()),
        ("}\n\n", "transition ", {"continue", "morph", "dissolve"}, {"maya"}),
        ("style phone { ", 'reference "refs/', {"look.png", "art/"}, {"look.svg", ".ad"}),
        ("style phone { ", 'reference "', {"refs/", "cast/"}, {"draft.ad", "hello.ad"}),
        ('import "', "", {"brand.ad", "cast/", "hello.ad"}, {"draft.ad"}),
        ('action  "', "{{ ", {"maya", "brand.serum", "scene", "ad"}, {"phone", "hook"}),
        ('action  "', "{{ maya | ", {"upper", "lower"}, {"maya"}),
        ('action  "', "{{ brand.", {"serum"}, {"maya"}),
        ("lifts ", "in { braces, ", set(), {"maya"}),
        ("# Two", " {{ ", set(), {"maya"}),
        ("cast    maya", " ", set(), {"maya"}),
    ],
)
async def test_what_can_be_typed(
    vim: Editor, draft: Path, behind: str, new: str, offered: set[str], never: set[str]
) -> None:
    found = set(await typed(vim, draft, behind, new))
    assert offered <= found
    assert not never & found


async def test_what_a_name_has_behind_a_dot(vim: Editor, draft: Path) -> None:
    vim.open(draft)
    await vim.completions(draft, types.Position(0, 0))
    text = DRAFT.replace("{{ maya }}", "{{ maya. }}", 1)
    vim.change(draft, text)
    found = await vim.completions(draft, at(text, "{{ maya."))
    assert {"wears", "looks", "display"} <= set(found)
    assert found["wears"].detail == "cream knit sweater"
    vim.close(draft)


async def test_options_come_from_the_endpoints_schema(vim: Editor, project: Path) -> None:
    file, text = project / "voice.ad", "voice warm {\n  using eleven_v3\n  set stability 1\n}\n"
    vim.open(file, text)
    found = await vim.completions(file, at(text, "set "))
    assert "number" in (found["stability"].detail or "")
    assert "text" not in found, "what the scene writes cannot be set"
    told = await vim.hover(file, at(text, "stab"))
    assert "option `stability`" in told
    assert "from 0" in told
    vim.close(file)


async def test_what_completion_puts_replaces_what_was_typed(vim: Editor, draft: Path) -> None:
    found = await typed(vim, draft, "maya, ", "brand.s")
    edit = found["brand.serum"].text_edit
    assert isinstance(edit, types.TextEdit)
    assert edit.range.end.character - edit.range.start.character >= len("brand.s")


async def test_a_scene_tells_its_model_and_price(vim: Editor, project: Path) -> None:
    file = project / "glow_serum.ad"
    text = file.read_text(encoding="utf-8")
    vim.open(file)
    told = ""
    with anyio.fail_after(60):
        while "in all" not in told:  # the price comes with the compilation, which ends in its own time
            told = await vim.hover(file, at(text, "scene hook", plus=7))
    assert "`veo3_1` (`fal-ai/veo3.1/image-to-video`): named in the spec" in told
    assert "$3.20" in told
    assert "buys 8 s, keeps 8 s" in told
    vim.close(file)


async def test_what_is_told_of_names_models_and_keywords(vim: Editor, draft: Path) -> None:
    vim.open(draft)
    assert "cream knit sweater" in await vim.hover(draft, at(DRAFT, "cast    ma"))
    assert "maya.png" in await vim.hover(draft, at(DRAFT, "{{ ma"))
    assert "fal-ai/kling-video/o1" in await vim.hover(draft, at(DRAFT, "kling"))
    assert "Who and what is in the scene." in await vim.hover(draft, at(DRAFT, "  ca"))
    assert await vim.hover(draft, at(DRAFT, "# Two")) == ""
    vim.change(draft, DRAFT.replace("cast    maya", "cast    mia"))
    assert "`adc explain AD0201`" in await vim.hover(draft, at(DRAFT, "cast    m"))
    vim.close(draft)


@pytest.mark.parametrize("keyword", sorted({word for table in TABLES for word in table.usage}))
def test_every_keyword_has_a_sentence(keyword: str) -> None:
    assert MEANINGS[keyword].endswith(".")


async def where(vim: Editor, file: Path, position: types.Position) -> types.Location:
    found = await vim.client.text_document_definition_async(types.DefinitionParams(document(file), position))
    assert isinstance(found, types.Location)
    return found


async def test_definitions(vim: Editor, draft: Path) -> None:
    maya = draft.parent / "cast" / "maya.ad"
    vim.open(draft)
    for marked in ("cast    ma", "{{ ma", "says    ma"):
        found = await where(vim, draft, at(DRAFT, marked))
        assert (found.uri, found.range.start.line) == (maya.as_uri(), 2)
    assert (await where(vim, draft, at(DRAFT, "frame of ho"))).range == span(DRAFT, "hook")
    assert (await where(vim, draft, at(DRAFT, "{{ bra"))).range.start == at(DRAFT, "as ")
    assert (await where(vim, draft, at(DRAFT, "{{ brand.se"))).uri == (draft.parent / "brand.ad").as_uri()
    assert (await where(vim, draft, at(DRAFT, "cast/"))).uri == maya.as_uri()
    vim.close(draft)


async def test_references_in_all_files(vim: Editor, draft: Path) -> None:
    vim.open(draft)
    context = types.ReferenceContext(include_declaration=False)
    params = types.ReferenceParams(context, document(draft), at(DRAFT, "cast    ma"))
    found = await vim.client.text_document_references_async(params)
    by_file = [Path(each.uri).name for each in found or ()]
    assert by_file.count("draft.ad") == 3
    assert {"hello.ad", "glow_serum.ad"} <= set(by_file)
    assert "maya.ad" not in by_file
    vim.close(draft)


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text of plain letters after the edits."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
        line = lines[edit.range.start.line]
        lines[edit.range.start.line] = (
            line[: edit.range.start.character] + edit.new_text + line[edit.range.end.character :]
        )
    return "\n".join(lines)


async def rename(vim: Editor, file: Path, position: types.Position, name: str) -> dict[str, str]:
    """The files that renaming changes, by name, as they are then."""
    params = types.RenameParams(document(file), position, name)
    found = await vim.client.text_document_rename_async(params)
    assert found is not None
    changed = {}
    for uri, edits in (found.changes or {}).items():
        path = anyio.Path(uri.removeprefix("file://"))
        changed[path.name] = applied(await path.read_text(encoding="utf-8"), list(edits))
    return changed


async def test_a_character_is_renamed_in_every_spec_that_casts_her(vim: Editor, draft: Path) -> None:
    vim.open(draft)
    changed = await rename(vim, draft, at(DRAFT, "{{ ma"), "anna")
    assert set(changed) == {"draft.ad", "maya.ad", "hello.ad", "glow_serum.ad", "park_bench.ad"}
    assert 'character anna "Maya Brooks"' in changed["maya.ad"]
    assert "cast    anna, brand.serum" in changed["draft.ad"]
    assert 'action  "{{ anna }} lifts' in changed["draft.ad"]
    assert "maya" not in changed["draft.ad"].replace("cast/maya.ad", "")
    vim.close(draft)


async def test_an_import_and_what_is_behind_it_are_renamed_apart(vim: Editor, draft: Path) -> None:
    vim.open(draft)
    changed = await rename(vim, draft, at(DRAFT, "{{ bra"), "house")
    assert set(changed) == {"draft.ad"}
    assert changed["draft.ad"].count("house") == 3
    changed = await rename(vim, draft, at(DRAFT, "{{ brand.se"), "bottle")
    assert set(changed) == {"draft.ad", "brand.ad"}
    assert changed["draft.ad"].count("brand.bottle") == 2
    vim.close(draft)


@pytest.mark.parametrize(
    ("marked", "name", "reason"),
    [
        ("{{ ma", "two words", "no name"),
        ("{{ ma", "scene", "something else"),
        ("frame of ho", "next", "declared already"),
        ("using   kl", "kling_o3", "not a name that a spec declares"),
    ],
)
async def test_names_that_cannot_be(vim: Editor, draft: Path, marked: str, name: str, reason: str) -> None:
    vim.open(draft)
    with pytest.raises(JsonRpcException, match=reason):
        await rename(vim, draft, at(DRAFT, marked), name)
    vim.close(draft)


async def test_what_can_be_renamed(vim: Editor, draft: Path) -> None:
    vim.open(draft)
    ask = vim.client.text_document_prepare_rename_async
    found = await ask(types.PrepareRenameParams(document(draft), at(DRAFT, "{{ brand.se")))
    assert isinstance(found, types.PrepareRenamePlaceholder)
    assert (found.placeholder, found.range.start) == ("serum", at(DRAFT, "{{ brand."))
    assert await ask(types.PrepareRenameParams(document(draft), at(DRAFT, "using   kl"))) is None
    vim.close(draft)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_formatting(vim: Editor, project: Path, line_end: str) -> None:
    file, options = project / "wide.ad", types.FormattingOptions(tab_size=8, insert_spaces=False)
    text = f'ad  glow{line_end}scene a 5s   {{{line_end}action "😀"{line_end}}}{line_end}'
    vim.open(file, text)
    params = types.DocumentFormattingParams(document(file), options)
    (edit,) = await vim.client.text_document_formatting_async(params) or []
    assert f'{line_end}  action  "😀"{line_end}' in edit.new_text
    assert edit.range == types.Range(types.Position(0, 0), types.Position(4, 0))
    vim.change(file, edit.new_text)
    assert not await vim.client.text_document_formatting_async(params)
    vim.close(file)


async def test_the_outline(vim: Editor, draft: Path) -> None:
    vim.open(draft, DRAFT.replace("  start   frame", "  shot 2s {\n  }\n  start   frame"))
    found = await vim.client.text_document_document_symbol_async(types.DocumentSymbolParams(document(draft)))
    symbols = [each for each in found or () if isinstance(each, types.DocumentSymbol)]
    assert [each.name for each in symbols] == ["cast/maya.ad", "brand", "glow", "phone", "hook", "next"]
    assert [each.detail for each in symbols][2:] == ['ad "Glow"', "style", "scene 8s", "scene 4s"]
    assert [(each.name, each.detail) for each in symbols[-1].children or ()] == [("shot", "2s")]
    hook = symbols[4]
    assert (hook.range.start, hook.range.end.line) == (at(DRAFT, "scene hook", plus=0), hook.range.start.line + 6)
    vim.close(draft)


async def test_folding(vim: Editor, draft: Path) -> None:
    vim.open(draft)
    found = await vim.client.text_document_folding_range_async(types.FoldingRangeParams(document(draft)))
    lines = DRAFT.split("\n")
    folded = {(lines[each.start_line].split()[0], each.end_line - each.start_line, each.kind) for each in found or ()}
    assert folded == {
        ("ad", 2, None),
        ("#", 1, types.FoldingRangeKind.Comment),
        ("scene", 6, None),
        ("scene", 5, None),
        ("action", 2, None),
    }
    vim.close(draft)


async def test_a_quick_fix(vim: Editor, draft: Path) -> None:
    text = DRAFT.replace("cast    maya", "cast    mya")
    vim.open(draft, text)
    (told,) = await vim.heard(draft, "AD0201")
    context = types.CodeActionContext(diagnostics=[told])
    params = types.CodeActionParams(document(draft), told.range, context)
    (action,) = await vim.client.text_document_code_action_async(params) or []
    assert isinstance(action, types.CodeAction)
    assert (action.title, action.is_preferred) == ("Change to `maya`", True)
    assert action.edit is not None
    (edit,) = (action.edit.changes or {})[draft.as_uri()]
    assert applied(text, [edit]) == DRAFT
    vim.close(draft)


async def fixes(vim: Editor, file: Path, told: types.Diagnostic) -> dict[str, list[types.TextEdit]]:
    """What an editor can do about a diagnostic: the edits by title."""
    params = types.CodeActionParams(document(file), told.range, types.CodeActionContext(diagnostics=[told]))
    found: dict[str, list[types.TextEdit]] = {}
    for action in await vim.client.text_document_code_action_async(params) or []:
        assert isinstance(action, types.CodeAction)
        assert action.edit is not None
        found[action.title] = list((action.edit.changes or {})[file.as_uri()])
    return found


WARNED = """ad glow

scene hook 8s {
  prompt  "she smiles"
  CAMERA
}
"""


@pytest.mark.parametrize(
    ("written", "allowed"),
    [
        ('camera  "slow"', 'camera  "slow"  # allow AD0413'),
        ('camera  "slow"  ', 'camera  "slow"  # allow AD0413'),
        ('camera  "slow" # as told', 'camera  "slow" # allow AD0413 as told'),
        ('camera  "slow" # allow AD0208 so', 'camera  "slow" # allow AD0208, AD0413 so'),
        ('camera  """\n    slow\n  """', 'camera  """\n    slow\n  """  # allow AD0413'),
    ],
)
async def test_a_warning_is_allowed_where_it_stands(vim: Editor, project: Path, written: str, allowed: str) -> None:
    file, text = project / "warned.ad", WARNED.replace("CAMERA", written)
    vim.open(file, text)
    idle = ["AD0140"] if "AD0208" in written else []
    told = next(one for one in await vim.heard(file, "AD0413", *idle) if one.code == "AD0413")
    edits = (await fixes(vim, file, told))["Allow `AD0413` on this line"]
    changed = applied(text, edits)
    assert changed == WARNED.replace("CAMERA", allowed)
    vim.change(file, changed)
    await vim.heard(file, *idle)
    vim.close(file)


@pytest.mark.parametrize(
    ("wrong", "code", "right"),
    [
        ("size 1080x1920", "AD0305", "size 1080p 9:16"),
        ('style "phone"', "AD0301", "style phone"),
        ("captions bolt", "AD0304", "captions bold"),
    ],
)
async def test_mends_of_values(vim: Editor, project: Path, wrong: str, code: str, right: str) -> None:
    text = f'ad glow {{\n  {wrong}\n}}\nstyle phone {{ look "soft" }}\nscene a 5s {{ action "x" }}\n'
    file = project / "mend.ad"
    vim.open(file, text)
    (told,) = await vim.heard(file, code)
    assert applied(text, (await fixes(vim, file, told))[f"Change to `{right.partition(' ')[2]}`"]) == text.replace(
        wrong, right
    )
    vim.close(file)


async def test_an_error_cannot_be_allowed(vim: Editor, draft: Path) -> None:
    vim.open(draft, DRAFT.replace("cast    maya", "cast    zzz"))
    told = (await vim.heard(draft, "AD0201"))[0]
    assert await fixes(vim, draft, told) == {}
    vim.close(draft)


async def test_the_path_of_a_picture_leads_to_it(vim: Editor, project: Path) -> None:
    file = project / "glow_serum.ad"
    text = file.read_text(encoding="utf-8")
    vim.open(file)
    found = await where(vim, file, at(text, 'reference  "refs/'))
    assert found.uri.startswith((project / "refs").as_uri())
    vim.close(file)


WHOLE = """param opening 8s
param city "Denver"

variant opener {
  doubt   "I almost gave up."
  secret  "Nobody told me."
}

ad glow {
  music  "soft lo-fi"
}

character zoe "Zoe" {
  reference  "cast/maya.png"
  pack       front
}

scene hook opening {
  cast    zoe
  action  "{{ zoe }} smiles in {{ city }}"
  says    zoe "{{ opener }}"
}

transition morph 5s "light"

scene walk 9s {
  using   kling_o1
  cast    zoe
  action  "{{ zoe }} walks"
  shot 4s { camera "wide" }
  shot 5s { says zoe "I love it here." }
}

scene long 16s {
  using   kling_o1
  cast    zoe
  action  "{{ zoe }} sits"
}
"""


async def test_everything_that_is_bought_is_told_where_it_is_written(vim: Editor, project: Path) -> None:
    file = project / "whole.ad"
    vim.open(file, WHOLE)

    async def told(marked: str) -> str:
        return await vim.hover(file, at(WHOLE, marked))

    with anyio.fail_after(60):
        walk = ""
        while "in all" not in walk:  # the price comes with the compilation
            walk = await told("scene wa")
    walk = await told("scene wa")
    for words in ("shot 1, 4 s", "shot 2, 5 s", "a voice is laid over it", "lips", "buys 4 + 5 s, keeps 9 s"):
        assert words in walk
    assert "morph" not in walk
    assert walk.count("$") == 5  # two clips, a voice, the lips, and their sum
    prices = [float(price) for price in re.findall(r"\$([0-9.]+[0-9])", walk)]
    assert sum(prices[:-1]) == pytest.approx(prices[-1], abs=0.01)
    assert "clip 2 of 2" in await told("scene lo")
    assert "`kling_o3`" in await told("transi")
    music = await told("  mus")
    assert "`stable_audio`" in music
    assert "$0.20" in music
    assert "secret: Nobody told me." in await told("variant op")
    assert "doubt: I almost gave up. (the default)" in await told("{{ ope")
    assert "8s" in await told("scene hook op")
    assert '"Denver"' in await told("{{ ci")
    assert "front view" in await told("cast    zo")
    assert "for the whole film" in await told("ad gl")
    vim.close(file)


async def test_a_param_is_renamed_where_it_stands_for_a_value(vim: Editor, project: Path) -> None:
    file = project / "whole.ad"
    file.write_text(WHOLE, encoding="utf-8")
    vim.open(file)
    changed = await rename(vim, file, at(WHOLE, "scene hook op"), "length")
    assert "param length 8s" in changed["whole.ad"]
    assert "scene hook length {" in changed["whole.ad"]
    with pytest.raises(JsonRpcException, match="word of the language"):
        await rename(vim, file, at(WHOLE, "param op"), "keyframe")
    vim.close(file)


async def test_an_option_inside_a_group_has_its_doc(vim: Editor, project: Path) -> None:
    file, text = project / "voice.ad", "voice warm {\n  using minimax_speech\n  set voice_setting.speed 1\n}\n"
    vim.open(file, text)
    assert "voice_setting.speed" in await vim.completions(file, at(text, "set voice_s"))
    assert "option `voice_setting.speed`" in await vim.hover(file, at(text, "voice_setting.sp"))
    vim.close(file)
