"""Estimated widths hold against the font that is installed, and words are broken as they are set."""

from fractions import Fraction

import pytest

from adc.compiler.widths import lines, width
from adc.runtime.media.typography import BOLD, font


@pytest.mark.parametrize(
    "words",
    [
        "20% off your first bottle",
        "Two drops. Every morning. Thirty days.",
        "DAY 30",
        "WINTER SALE",
        "little bits till lift-off",
        "mmm, warm mornings",
        "$14.99 — only today!",
        "Größe zählt, natürlich schön",
        "¿Lista? Pruébalo mañana",
        "Всего две капли каждое утро",
        "Μόνο δύο σταγόνες",
    ],
)
def test_an_estimate_is_within_an_eighth_of_what_the_font_measures(words: str) -> None:
    measured = font(100, BOLD).getlength(words) / 100
    assert abs(float(width(words)) - measured) < measured / 8


def test_wide_letters_are_squares() -> None:
    assert width("两滴") == 2
    assert width("두 방울") > 3


def test_lines_break_between_words() -> None:
    assert lines("two drops every morning", width("two drops")) == ["two drops", "every", "morning"]
    assert lines("unbreakable", Fraction(1)) == ["unbreakable"]
    assert lines("", Fraction(1)) == []


def test_letters_without_blanks_break_anywhere() -> None:
    assert lines("每天早上两滴", Fraction(5, 2)) == ["每天", "早上", "两滴"]
