"""Drawing: what is underlined is what is meant, whatever the line is made of."""

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.render import count, render
from adc.compiler.render import draw as draw_all
from adc.compiler.source import Span, span_at


def draw(source: str, start: int, end: int, label: str = "") -> list[str]:
    diagnostic = Diagnostic("AD0201", "wrong", span_at("main.ad", source, start, end), label)
    return render([diagnostic], {"main.ad": source}).split("\n")


def test_nothing_is_drawn_of_nothing() -> None:
    assert render((), {}) == ""


def test_tabs_reach_to_the_next_stop() -> None:
    source = "\tcast\tmya"
    lines = draw(source, source.index("mya"), len(source))
    assert lines[3] == "1 |     cast    mya"
    assert lines[4] == "  |             ^^^"


def test_wide_characters_take_two_cells_and_marks_none() -> None:
    source = 'mood "静か e\u0301 mya"'
    lines = draw(source, source.index("mya"), source.index("mya") + 3)
    assert lines[4] == "  |              ^^^"
    source = 'mood "静か"'
    assert draw(source, 6, 8)[4] == "  |       ^^^^"


def test_a_span_over_several_lines_is_drawn_at_both_ends() -> None:
    source = 'action """\n  she\n  smiles\n  """ x'
    lines = draw(source, 7, source.index(" x"), label="here")
    assert lines[2:9] == [
        "  |",
        '1 | action """',
        "  |        ^^^",
        "… |",
        '4 |   """ x',
        "  |   ^^^ here",
        "",
    ]


def test_the_end_of_the_file_can_be_underlined() -> None:
    assert draw("ad glow {", 9, 9, label="a `}` is missing")[4] == "  |          ^ a `}` is missing"
    assert draw("ad glow {\n", 10, 10)[1] == " --> main.ad:2:1"


def test_only_line_feeds_part_lines() -> None:
    source = "a \x0b\x0c\u2028 b\nmya"
    assert draw(source, source.index("mya"), len(source))[3] == "2 | mya"


def test_control_characters_cannot_reach_the_terminal() -> None:
    source = 'mood "\x1b[31mred\x07\x9b"'
    drawn = render([Diagnostic("AD0201", "a \x1b[2J message", Span("\x1b.ad", 0, 4, 1, 1))], {"\x1b.ad": source})
    assert not [character for character in drawn if unicodedata.category(character) == "Cc" and character != "\n"]
    assert "␛[31mred␇" in drawn


def test_very_long_lines_are_cut_around_the_place() -> None:
    source = "a" * 500 + " mya " + "b" * 500
    lines = draw(source, 501, 504)
    assert len(lines[3]) < 130
    column = lines[4].index("^")
    assert lines[3][column : column + 3] == "mya"
    assert lines[4].count("^") == 3


def test_paths_are_put_behind_the_prefix() -> None:
    diagnostic = Diagnostic("AD0201", "wrong", Span("../cast/maya.ad", 0, 2, 1, 1))
    assert " --> cast/maya.ad:1:1\n" in render([diagnostic], {"../cast/maya.ad": "ad"}, prefix="specs/")


def test_a_source_that_is_no_file_stands_in_no_folder() -> None:
    diagnostic = Diagnostic("AD0301", "wrong", Span("--set", 5, 9, 1, 6), "a duration")
    assert render([diagnostic], {"--set": "long=30sec"}, prefix="specs/").split("\n")[1:5] == [
        " --> --set:1:6",
        "  |",
        "1 | long=30sec",
        "  |      ^^^^ a duration",
    ]


def test_drawing_leaves_the_count_to_others() -> None:
    diagnostic = Diagnostic("AD0201", "wrong", Span("main.ad", 0, 2, 1, 1))
    texts = {"main.ad": "ad"}
    assert f"{draw_all([diagnostic] * 2, texts)}\n2 errors\n" == render([diagnostic] * 2, texts)
    assert draw_all([], texts) == count([]) == ""


def test_a_file_that_was_never_read_is_named_without_a_quote() -> None:
    drawn = render([Diagnostic("AD0101", "there is no file `x.ad`", Span("x.ad", 0, 0, 1, 1), "not found")], {})
    assert drawn == "error[AD0101]: there is no file `x.ad`\n --> x.ad:1:1\n  = not found\n\n1 error\n"


def test_errors_and_warnings_are_counted() -> None:
    span = Span("main.ad", 0, 2, 1, 1)
    wrong = Diagnostic("AD0201", "wrong", span)
    odd = Diagnostic("AD0208", "odd", span, severity=Severity.WARNING)
    assert render([wrong, wrong, odd], {"main.ad": "ad"}).endswith("\n\n2 errors, 1 warning\n")
    assert render([odd], {"main.ad": "ad"}).endswith("\n\n1 warning\n")


def test_colour_changes_nothing_else() -> None:
    source = "ad glow\nad serum"
    notes = (Label(span_at("main.ad", source, 0, 7), "the first"),)
    diagnostic = Diagnostic("AD0402", "two", span_at("main.ad", source, 8, 16), "again", "keep one", notes)
    plain = render([diagnostic], {"main.ad": source})
    painted = render([diagnostic], {"main.ad": source}, colour=True)
    assert "\x1b[1;31merror[AD0402]\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.data())
def test_any_span_of_any_text_can_be_drawn(source: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    assert any("^" in line for line in draw(source, start, end)[3:])
