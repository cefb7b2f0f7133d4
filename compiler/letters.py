"""The letters that a card can show: those of the font it is set in, Noto Sans.

The font itself belongs to the runtime, which draws. Its coverage is data of `adc.schemas`, so that a headline with an
emoji is refused when the spec is read and not when the film is made. A test holds the data against the font.
"""

import json
from bisect import bisect_right
from functools import cache

from adc.compiler import data


@cache
def _ranges() -> tuple[tuple[int, int], ...]:
    """First and last code point of each run of letters, in rising order."""
    found = json.loads(data.read("schemas", "letters", "noto_sans.json"))
    pairs = (written.split("-") for written in found["ranges"])
    return tuple((int(first, 16), int(last, 16)) for first, last in pairs)


def has(letter: str) -> bool:
    """Whether the font has this letter. Blanks and line ends only part words and need none."""
    place = bisect_right(_ranges(), (ord(letter), 0x110000)) - 1
    return letter.isspace() or (place >= 0 and ord(letter) <= _ranges()[place][1])
