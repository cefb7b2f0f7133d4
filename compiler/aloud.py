"""How long words take to be said, as far as their letters tell.

A person reads an advertisement at some fifteen letters a second, blanks and stops included: a hundred and fifty words
a minute. The voice will be faster or slower than that; these numbers find the line that nobody can say in its time.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from unicodedata import east_asian_width

from adc.compiler.definitions import Line, Script

PACE = 15
"""Letters a second of an unhurried voice."""

BRISK = 18
"""Letters a second of a brisk one, nearly two hundred words a minute. What needs more sounds rushed."""

FASTEST = 25
"""Letters a second beyond which speech is no longer understood: the small print at the end of a radio spot."""

_TAG = re.compile(r"\{\{(.*?)\}\}|\{[%#].*?[%#]\}", re.DOTALL)


def words(line: Line, script: Script) -> str:
    """What is said, near enough to be measured: names as they are shown, and no other part of the template."""
    shown = {name: who.display for name, who in script.characters.items()}
    shown |= {name: thing.display for name, thing in script.products.items()}
    text = _TAG.sub(lambda tag: shown.get((tag[1] or "").partition("|")[0].strip(), ""), line.text.value)
    return " ".join(text.split())


def letters(lines: Iterable[Line], script: Script) -> int:
    """How many letters the lines have. A Chinese, Japanese or Korean one is a syllable and counts as two."""
    said = "".join(words(line, script) for line in lines)
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in said)


def rest(spoken: int, seconds: Fraction) -> Fraction:
    """Seconds left for voice-overs in a scene whose lines on camera have `spoken` letters: those are said first."""
    return max(Fraction(0), seconds - Fraction(spoken, PACE))
