"""Diagnostics as somebody types, as a real client hears them."""

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, at

pytestmark = pytest.mark.anyio

HELLO = """ad hello "Hello"

scene wave 6s {
  action  "a hand waves"
}
"""


async def test_a_mistake_is_told_and_its_mend_is_heard(vim: Editor, project: Path) -> None:
    file = project / "hello.ad"
    text = file.read_text(encoding="utf-8")
    vim.open(file)
    assert await vim.heard(file) == []
    vim.change(file, "mya", types.Range(at(text, "cast     "), at(text, "cast     maya")))
    (told,) = await vim.heard(file, "AD0201")
    assert told.range == types.Range(at(text, "cast     "), at(text, "cast     may"))
    assert told.severity is types.DiagnosticSeverity.Error
    assert (told.code, told.source) == ("AD0201", "adc")
    assert told.message.splitlines()[0] == "`mya` is not declared"
    assert "hint: did you mean `maya`?" in told.message
    vim.change(file, text)
    assert await vim.heard(file) == []
    vim.close(file)


async def test_the_newest_text_is_what_is_told_of(vim: Editor, project: Path) -> None:
    file = project / "fast.ad"
    vim.open(file, HELLO)
    for count in range(30):
        vim.change(file, HELLO.replace("6s", f"{count}s {count}s"))
    vim.change(file, HELLO)
    assert await vim.heard(file) == []
    vim.close(file)


async def test_casting_is_told_after_names_and_stays_where_it_stands(vim: Editor, project: Path) -> None:
    file = project / "cast.ad"
    text = HELLO.replace("  action", "  using   nobody\n  action")
    vim.open(file, text)
    await vim.heard(file, "AD0501")
    vim.change(file, "# one more line\n" + text)
    (told,) = await vim.heard(file, "AD0501")
    assert told.range.start.line == 4
    first = next(each for each in vim.told if each.uri == file.as_uri() and each.version == 2)
    assert [one.range.start.line for one in first.diagnostics] == [4]
    vim.close(file)


async def test_notes_and_unused_declarations(vim: Editor, project: Path) -> None:
    file = project / "notes.ad"
    vim.open(file, HELLO + '\nstyle phone { look "soft" }\n')
    (unused,) = await vim.heard(file, "AD0208")
    assert unused.severity is types.DiagnosticSeverity.Warning
    assert list(unused.tags or ()) == [types.DiagnosticTag.Unnecessary]
    vim.change(file, HELLO + HELLO.partition("\n\n")[2])
    (twice,) = await vim.heard(file, "AD0202")
    assert twice.related_information is not None
    (note,) = twice.related_information
    assert (note.location.uri, note.location.range.start.line) == (file.as_uri(), 2)
    vim.close(file)


async def test_a_library_is_judged_by_the_spec_that_imports_it(vim: Editor, project: Path) -> None:
    spec, library = project / "hello.ad", project / "cast" / "maya.ad"
    vim.open(spec)
    await vim.heard(spec)
    text = library.read_text(encoding="utf-8")
    vim.open(library)
    await vim.heard(library)
    vim.change(library, text.replace("character maya", "character anna"))
    told = await vim.heard(spec, "AD0201", "AD0602", "AD0201")
    assert all("maya" in one.message for one in told)
    vim.close(library)
    await vim.heard(spec)
    vim.close(spec)


async def test_a_library_that_nobody_imports_is_judged_by_itself(vim: Editor, project: Path) -> None:
    file = project / "alone.ad"
    vim.open(file, 'character zoe { looks "tall" }\n')
    assert await vim.heard(file) == []
    vim.change(file, 'character zoe { lucks "tall" }\n')
    (told,) = await vim.heard(file, "AD0203")
    assert told.range.start == types.Position(0, 16)
    vim.close(file)


@pytest.mark.parametrize(
    "text",
    [
        'param city "Denver"\n',
        'variant opener {\n  a "x"\n  b "y"\n}\n',
        "voice warm { using eleven_v3 }\ncharacter zoe { voice warm }\n",
        'import "cast/maya.ad" as brand\n',
        'style phone { look "soft" }\nproduct serum { looks "amber" }\n',
    ],
)
async def test_a_file_that_only_declares_is_no_film_without_an_ad(vim: Editor, project: Path, text: str) -> None:
    file = project / "declares.ad"
    vim.open(file, text)
    assert await vim.heard(file) == []
    vim.close(file)


async def test_a_library_is_held_to_the_same_rules_as_by_check(vim: Editor, project: Path) -> None:
    file = project / "pack.ad"
    vim.open(file, "character zoe { looks auto }\n")
    await vim.heard(file, "AD0444")
    vim.close(file)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_positions_count_utf16_units(vim: Editor, project: Path, line_end: str, mark: str) -> None:
    file = project / "units.ad"
    text = mark + 'ad glow "Glow 😀 𝒜"\nscene a 5s { action "😀𝒜 {{ nobody }}" }\n'.replace("\n", line_end)
    vim.open(file, text)
    (told,) = await vim.heard(file, "AD0602")
    start = len('scene a 5s { action "😀𝒜 {{ '.encode("utf-16-le")) // 2
    assert told.range == types.Range(types.Position(1, start), types.Position(1, start + 6))
    vim.change(file, "a", told.range)
    await vim.heard(file, "AD0602")
    vim.change(file, "{{ ad }}", types.Range(types.Position(1, start - 3), types.Position(1, start + 4)))
    assert await vim.heard(file) == []
    line = types.Position(0, len((mark + 'ad glow "Glow 😀').encode("utf-16-le")) // 2)
    vim.change(file, '"', types.Range(line, line))
    assert [one.range.start.line for one in await vim.heard(file, "AD0302", "AD0107")][-1] == 0
    vim.close(file)


async def test_half_an_emoji_does_no_harm(vim: Editor, project: Path) -> None:
    file = project / "half.ad"
    vim.open(file, HELLO.replace("hand", "\ud83d"))
    await vim.heard(file)
    vim.close(file)


async def test_what_the_disk_says_counts_again_after_closing(vim: Editor, project: Path) -> None:
    file = project / "hello.ad"
    vim.open(file, "ad")
    assert vim.versions
    vim.close(file)
    vim.open(file)
    assert await vim.heard(file) == []
    vim.close(file)


async def test_no_prefix_of_a_spec_breaks_the_server(vim: Editor, project: Path) -> None:
    file = project / "hello.ad"
    text = file.read_text(encoding="utf-8")
    vim.open(file, "")
    for end in range(0, len(text) + 1, 3):
        vim.change(file, text[:end])
        position = at(text, text[:end], plus=end) if end else types.Position(0, 0)
        await vim.completions(file, position)
        await vim.hover(file, position)
    vim.change(file, text)
    assert await vim.heard(file) == []
    assert vim.client.error is None
    assert not vim.client.messages
    vim.close(file)
