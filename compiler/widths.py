"""How wide words are when they are set, near enough to know beforehand whether they fit.

The font itself belongs to the runtime, which draws. Here letters fall into classes, each as wide as a letter of it is
on average in Noto Sans Bold, which supers and headlines are set in; a test holds the classes against the font. Widths
are in em: parts of the size that the words are set in.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache

_NARROW = frozenset("iljIJ.,:;'’‘|!()[]-·")
_LEAN = frozenset('tfr1"“”/*')
_BROAD = frozenset("mwMW@%—…ЖШЩЮжшщюωѠ")

WIDTHS = {
    "blank": 26,
    "narrow": 31,
    "lean": 46,
    "lower": 60,
    "upper": 68,
    "broad": 95,
    "figure": 57,
    "wide": 100,
    "mark": 0,
}
"""Widths in hundredths of an em by the class of a letter; `wide` are Chinese, Japanese and Korean letters and emoji."""


def width(words: str) -> Fraction:
    """Em that `words` take on one line."""
    return Fraction(sum(WIDTHS[_class(letter)] for letter in words), 100)


def lines(words: str, most: Fraction) -> Sequence[str]:
    """The words broken into lines of at most `most` em, as few as there can be. One that is wider has its own."""
    found: list[str] = []
    for blank, word in _parts(words):
        joined = found[-1] + blank + word if found else word
        if found and width(joined) <= most:
            found[-1] = joined
        else:
            found.append(word)
    return found


def _parts(words: str) -> Iterator[tuple[str, str]]:
    """What stays together on a line, with the blank before it: words, and one by one the letters that need none."""
    for word in words.split():
        if all(_class(letter) == "wide" for letter in word):
            yield from ((" " if index == 0 else "", letter) for index, letter in enumerate(word))
        else:
            yield " ", word


@cache
def _class(letter: str) -> str:
    kind = unicodedata.category(letter)
    known = (
        ("blank", letter.isspace()),
        ("mark", kind in ("Mn", "Me", "Cf")),
        ("narrow", letter in _NARROW),
        ("lean", letter in _LEAN),
        ("broad", letter in _BROAD),
        ("wide", unicodedata.east_asian_width(letter) in "WF"),
        ("upper", kind == "Lu"),
        ("figure", kind in ("Nd", "Sc")),
    )
    return next((name for name, fits in known if fits), "lower")
