"""A contact sheet: takes under each other, each with the same moments of what a film shows of it, and its slate.

A moment is taken as the film takes it, after what it skips, so that the last picture of a row is the very frame that
the next scene continues from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from PIL import Image

from adc.runtime.media import frames
from adc.runtime.media.colour import INK, Colour, mixed, softened
from adc.runtime.media.film import shortly
from adc.runtime.media.probe import probe
from adc.runtime.media.shapes import plate
from adc.runtime.media.typography import BOLD, MEDIUM, REGULAR, font, printable, shorten

MOMENTS: Final = tuple(Fraction(number, 4) for number in range(5))
"""Which moments are shown, as parts of the time on screen."""

_GROUND: Final[Colour] = (236, 234, 230)
_EMPTY: Final[Colour] = mixed(_GROUND, INK, 0.12)
_FILM: Final[Colour] = (38, 120, 74)
_AREA: Final = 240 * 240
"""Pixels of a picture on the sheet: upright and lying ones are as easy to see."""

_MARGIN: Final = 24
_GAP: Final = 8
_SLATE: Final = 260
_STRIPE: Final = 6
_HEAD: Final = 44


@dataclass(frozen=True, slots=True)
class Piece:
    """A clip of a take as a film shows it: `frames` at `rate` a second, after `skip` of its own; or its `last` seconds.

    `path` is None where its file is lost.
    """

    name: str
    path: Path | None
    frames: int
    rate: int
    skip: int
    last: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A take: a title, lines of small print, whether the film is made from it, and its clips in their order."""

    title: str
    lines: Sequence[str]
    chosen: bool
    pieces: Sequence[Piece]


def draw(rows: Sequence[Row], aspect: Fraction, seconds: Fraction) -> Image.Image:
    """The sheet, for pictures of an `aspect`, width by height, from takes that are on screen for so many `seconds`.

    Raises MediaError for a clip that cannot be decoded.
    """
    width = round((_AREA * float(aspect)) ** 0.5)
    size = (width, round(width / aspect))
    tall = max(size[1], _high(max((len(row.lines) for row in rows), default=0)))
    sheet = Image.new(
        "RGB",
        (
            2 * _MARGIN + _SLATE + len(MOMENTS) * size[0] + (len(MOMENTS) - 1) * _GAP,
            _HEAD + len(rows) * (tall + _MARGIN),
        ),
        _GROUND,
    )
    small = font(13, REGULAR)
    for place, moment in enumerate(MOMENTS):
        left = _MARGIN + _SLATE + place * (size[0] + _GAP)
        small.draw(sheet, (left, _HEAD - 8), f"{shortly(moment * seconds)} s", softened(INK, _GROUND))
    for number, row in enumerate(rows):
        top = _HEAD + number * (tall + _MARGIN)
        _slate(sheet, row, top, tall)
        for place, moment in enumerate(MOMENTS):
            left = _MARGIN + _SLATE + place * (size[0] + _GAP)
            picture = at(row.pieces, moment)
            if picture is None:
                sheet.paste(_EMPTY, (left, top, left + size[0], top + size[1]))
            else:
                sheet.paste(_filling(picture, size), (left, top))
    return sheet


def at(pieces: Sequence[Piece], moment: Fraction) -> Image.Image | None:
    """What is on screen at a part of the time of a take; None where that file is lost. Raises MediaError."""
    number = min(int(moment * sum(piece.frames for piece in pieces)), sum(piece.frames for piece in pieces) - 1)
    for piece in pieces:
        if number < piece.frames:
            return _frame(piece, number)
        number -= piece.frames
    return None


def _frame(piece: Piece, number: int) -> Image.Image | None:
    if piece.path is None:
        return None
    skip = piece.skip
    if piece.last is not None:
        picture = probe(piece.path, piece.name).picture
        skip = picture.before(piece.last) if picture is not None else 0
    return frames.last(piece.path, piece.name, frames.Shown(number + 1, piece.rate, skip))


def _filling(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture scaled so that it fills `size`, cropped at its middle as a film crops it."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    wide = (max(round(picture.width * scale), size[0]), max(round(picture.height * scale), size[1]))
    scaled = picture.resize(wide, Image.Resampling.LANCZOS)
    left, top = (wide[0] - size[0]) // 2, (wide[1] - size[1]) // 2
    return scaled.crop((left, top, left + size[0], top + size[1]))


def _high(lines: int) -> int:
    """The height that a slate with so many lines of small print takes."""
    return 44 + 24 * lines


def _slate(sheet: Image.Image, row: Row, top: int, tall: int) -> None:
    """The words beside a take; a stripe marks the one that the film is made from."""
    left, room = _MARGIN, _SLATE - _MARGIN
    if row.chosen:
        plate(sheet, (left, top, left + _STRIPE, top + tall), _STRIPE / 2, _FILM)
        left, room = left + _STRIPE + 12, room - _STRIPE - 12
    title = font(24, BOLD)
    title.draw(sheet, (left, top + 22), shorten(printable(row.title), title, room), INK)
    for number, line in enumerate(row.lines):
        face = font(15, REGULAR if number else MEDIUM)
        ink = softened(INK, _GROUND) if number else (_FILM if row.chosen else INK)
        face.draw(sheet, (left, top + 52 + 24 * number), shorten(printable(line), face, room), ink)
