"""The letters that a card may show are those of the font that is installed, read from the font itself."""

import json
import struct
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import fontpkg_noto_sans
import pytest

from adc.compiler.letters import has
from adc.runtime.errors import MediaError
from adc.runtime.media.typography import refuse_missing


def covered(font: bytes) -> Iterator[tuple[int, int]]:
    """First and last code point of each group in a font's character map of format 12 (OpenType, `cmap`)."""
    tables = [struct.unpack_from(">4sIII", font, 12 + 16 * number) for number in range(font[5])]
    start = next(at for tag, _, at, _ in tables if tag == b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    maps = [start + struct.unpack_from(">HHI", font, start + 4 + 8 * number)[2] for number in range(count)]
    found = next(at for at in maps if struct.unpack_from(">H", font, at) == (12,))
    (groups,) = struct.unpack_from(">I", font, found + 12)
    for number in range(groups):
        first, last, _ = struct.unpack_from(">III", font, found + 16 + 12 * number)
        yield first, last


def as_data(groups: Iterator[tuple[int, int]]) -> str:
    """The file of `schemas/letters` for a font: ranges without gaps, as code points."""
    points = sorted({point for first, last in groups for point in range(first, last + 1)})
    runs = [[point for _, point in run] for _, run in groupby(enumerate(points), lambda pair: pair[1] - pair[0])]
    ranges = [f"{run[0]:04X}-{run[-1]:04X}" for run in runs]
    return json.dumps({"font": "Noto Sans", "package": "fontpkg-noto-sans", "ranges": ranges}, indent=1) + "\n"


def test_the_list_is_what_the_installed_font_has(repository: Path) -> None:
    font = next(Path(fontpkg_noto_sans.ROOT).glob("files/NotoSans[[]*"))
    kept = (repository / "schemas" / "letters" / "noto_sans.json").read_text(encoding="utf-8")
    assert kept == as_data(covered(font.read_bytes())), "the font has changed: write the right side to the file"


@pytest.mark.parametrize("letter", "aÅğЖΩ%€–…“™ṩह")
def test_letters_that_are_drawn(letter: str) -> None:
    assert has(letter)
    refuse_missing(letter)


@pytest.mark.parametrize("letter", "🎉日عא가☀→")
def test_letters_that_are_not(letter: str) -> None:
    assert not has(letter)
    with pytest.raises(MediaError):
        refuse_missing(letter)
