"""A file parsed again after an edit is the file parsed whole, whatever was edited."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adc.compiler.parse import parse
from adc.compiler.reparse import again, edit, parsed

ROOT = Path(__file__).parents[2]
SOURCES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").rglob("*.ad"))]
SOURCES += re.findall(r"```ad\n(.*?)```", (ROOT / "grammar" / "README.md").read_text(encoding="utf-8"), re.DOTALL)

PIECES = (
    *('"', '"""', '""', "{", "}", "{ }", "\n", "\n\n", "  ", "#", "//", "/*", ",", "x", "10 s", "’"),
    *("cast maya", 'action "she smiles"\n', "scene new 8s {\n", "ad new\n", '"""\n  text\n"""\n'),
)


@given(
    source=st.sampled_from(SOURCES),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 60), st.sampled_from(PIECES), st.booleans()), min_size=1, max_size=4
    ),
)
@settings(max_examples=300, deadline=None)
def test_what_is_parsed_again_is_what_is_parsed_whole(source: str, edits: list[tuple[float, int, str, bool]]) -> None:
    document, wrong = parse("main.ad", source)
    assert not wrong
    for share, cut, new, at_line in edits:
        start = int(share * len(source))
        start = source.rfind("\n", 0, start) + 1 if at_line else start
        changed = source[:start] + new + source[start + cut :]
        whole, wrong = parse("main.ad", changed)
        found = again(document, source, changed)
        assert found is None or (found, ()) == (whole, wrong)
        if not wrong:
            document, source = whole, changed


SPEC = """ad glow

scene one 8s {
  action "she smiles"
}

scene two 8s {
  action \"\"\"
    she waves
  \"\"\"
}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("smiles", "laughs"), ('8s {\n  action "she', '9s {\n  mood "calm"\n  action "she'), ("glow", "glow_serum")],
)
def test_statements_away_from_the_edit_are_not_parsed_again(old: str, new: str) -> None:
    document, _ = parse("main.ad", SPEC)
    changed = SPEC.replace(old, new, 1)
    found = again(document, SPEC, changed)
    assert found is not None
    assert found == parse("main.ad", changed)[0]
    if "smiles" in old:
        assert found.statements[0] is document.statements[0]


@pytest.mark.parametrize("typed", ['"', "{", '"""', "}", "’"])
def test_what_may_swallow_the_rest_takes_a_parse_of_the_whole(typed: str) -> None:
    document, _ = parse("main.ad", SPEC)
    assert again(document, SPEC, SPEC.replace('smiles"', f'smiles"\n{typed}', 1)) is None


def test_a_mistake_and_its_mend() -> None:
    assert parsed("mend.ad", SPEC) == parse("mend.ad", SPEC)
    broken = SPEC.replace("{", "", 1)
    assert parsed("mend.ad", broken) == parse("mend.ad", broken)
    assert parsed("mend.ad", SPEC) == parse("mend.ad", SPEC)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("abc", "abc", (3, 3, 0)), ("abc", "axc", (1, 2, 0)), ("aa", "aaa", (2, 2, 1)), ("", "a", (0, 0, 1))],
)
def test_the_smallest_edit(before: str, after: str, expected: tuple[int, int, int]) -> None:
    found = edit(before, after)
    assert (found.start, found.end, found.longer) == expected
