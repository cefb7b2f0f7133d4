"""A clip: its board in motion, frame by frame.

One frame is drawn over and over: the windows move, the captions follow the voice, the timecode and the bar run. A clip
that starts on a picture shows exactly that picture first, so that a join can be checked and seen, then the picture
steps back into its inset. A clip that ends on a picture dissolves into it. No two frames are alike.
"""

from collections.abc import Iterator
from fractions import Fraction

from PIL import Image

from adc.runtime.draft.board import Board, Layer, even
from adc.runtime.draft.captions import Captions
from adc.runtime.draft.framing import cover
from adc.runtime.draft.layout import board_for
from adc.runtime.draft.planes import Planes, layer_of, planes_of
from adc.runtime.draft.request import RATE
from adc.runtime.draft.sheet import Sheet
from adc.runtime.draft.speech import Word
from adc.runtime.media.typography import MEDIUM, font

INTRO, OUTRO = 26, 18
"""Frames for the first picture to step back, and to dissolve into the last one."""


def frames(sheet: Sheet, size: tuple[int, int], seconds: Fraction, words: tuple[Word, ...]) -> Iterator[bytes]:
    """Every frame of the clip as yuv420p, `seconds` times `RATE` of them, rounded to whole frames."""
    count = max(1, int(seconds * RATE + Fraction(1, 2)))
    board = board_for(sheet, size, f"{float(seconds):g}")
    unit = board.measures.unit
    captions = Captions(
        words,
        board.captions,
        board.palette,
        size=round(37 * unit if not board.captions_on_picture else 32 * unit),
        margin=board.measures.margin if not board.captions_on_picture else even(12 * unit),
        centred=board.captions_on_picture,
    )
    start = _full(sheet.start, size)
    end = _full(sheet.end, size)
    clock = _Clock(board, unit)
    frame = board.ground.copy()
    for number in range(count):
        if start is not None and number == 0:
            yield start.tobytes()
            continue
        if start is not None and number <= INTRO + 1:
            frame.paste(board.ground, (0, 0))
        _draw(frame, board, captions, clock, number, count)
        if start is not None:
            _inset(frame, board, start, number)
        left = count - 1 - number
        if end is not None and left < OUTRO:
            yield _between(frame, end, 1 - left / OUTRO).tobytes()
        else:
            yield frame.tobytes()


def _full(picture: Image.Image | None, size: tuple[int, int]) -> Planes | None:
    return planes_of(cover(picture, size)) if picture is not None else None


def _draw(frame: Planes, board: Board, captions: Captions, clock: "_Clock", number: int, count: int) -> None:
    seconds, length = number / RATE, count / RATE
    for window in board.windows:
        left, top, right, bottom = window.place
        box = window.move.at(seconds, length).box(*window.picture.size)
        frame.paste(window.picture.resized((right - left, bottom - top), box), (left, top), window.shape)
        for layer in window.over:
            _blend(frame, layer)
    if not board.captions_on_picture:
        frame.paste(clock.ground.crop(captions.place), (captions.place[0], captions.place[1]))
    caption = captions.at(seconds)
    if caption is not None:
        _blend(frame, caption)
    clock.draw(frame, number, count)


def _blend(frame: Planes, layer: Layer) -> None:
    frame.paste(layer.planes, layer.at, layer.mask)


def _inset(frame: Planes, board: Board, start: Planes, number: int) -> None:
    """The first picture on its way to the inset, then in it."""
    share = min(1.0, number / INTRO)
    share = share * share * (3 - 2 * share)
    width, height = board.measures.size
    places = zip((0, 0, width, height), board.inset, strict=True)
    left, top, right, bottom = (even(since + (until - since) * share) for since, until in places)
    if share == 1 and board.inset_frame is not None:
        _blend(frame, board.inset_frame)
    frame.paste(start.resized((right - left, bottom - top), (0, 0, width, height)), (left, top))


def _between(frame: Planes, end: Planes, share: float) -> Planes:
    return Planes(
        Image.blend(frame.y, end.y, share), Image.blend(frame.u, end.u, share), Image.blend(frame.v, end.v, share)
    )


class _Clock:
    """The timecode in seconds and frames, and the bar along the foot: they tell where in the clip one is."""

    def __init__(self, board: Board, unit: float) -> None:
        self.ground = board.ground
        self._board, size = board, round(15 * unit)
        face = font(size, MEDIUM)
        self._wide = even(max(face.getlength(digit) for digit in "0123456789") + 1)
        self._high = even(size * 1.5)
        self._at = (board.clock[0], board.clock[1] - self._high)
        self._signs = {
            sign: self._sign(sign, size, index) for index in range(5) for sign in [(c, index) for c in "0123456789:"]
        }
        self._bar = planes_of(
            Image.new("RGB", (board.measures.width, board.bar[3] - board.bar[1]), board.palette.accent)
        )

    def _sign(self, sign: tuple[str, int], size: int, index: int) -> Planes:
        """One sign on the ground where it will stand."""
        letters = Image.new("RGBA", (self._wide, self._high), (*self._board.palette.ink, 0))
        place = (self._wide / 2, self._high - size * 0.4)
        font(size, MEDIUM).draw(letters, place, sign[0], self._board.palette.ink, 175, "middle")
        left, top = self._at[0] + index * self._wide, self._at[1]
        ground = self.ground.crop((left, top, left + self._wide, top + self._high))
        planes, mask = layer_of(letters)
        ground.paste(planes, (0, 0), mask)
        return ground

    def draw(self, frame: Planes, number: int, count: int) -> None:
        """Set the time of frame `number` of `count`."""
        text = f"{number // RATE % 100:02d}:{number % RATE:02d}"
        for index, sign in enumerate(text):
            frame.paste(self._signs[sign, index], (self._at[0] + index * self._wide, self._at[1]))
        left, top, right, bottom = self._board.bar
        length = even((right - left) * (number + 1) / count)
        if length:
            frame.paste(self._bar.crop((0, 0, length, bottom - top)), (left, top))
