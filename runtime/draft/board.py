"""A laid out clip as values: a ground with windows in it, and what lies over them.

Through a window one sees a picture that the camera moves over. All else is drawn once, with its type, and only the
parts of it that lie over a window are blended again in every frame.
"""

from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image

from adc.runtime.draft.move import Move
from adc.runtime.draft.palette import Palette
from adc.runtime.draft.planes import Mask, Planes, layer_of

Rect: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, all even where planes are cut or pasted."""

BAND = 16
"""Rows that are looked at together when a layer is cut into bands."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The size of a board and what follows from it. `unit` is a 540th of the short side.

    Upright boards are `tall`: the picture above, the words under it; the others have the words on the left. `compact`
    is an upright board with little height, such as a square.
    """

    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def unit(self) -> float:
        """Pixels a unit."""
        return min(self.size) / 540

    @property
    def tall(self) -> bool:
        """Whether the words stand under the picture."""
        return self.height >= self.width

    @property
    def compact(self) -> bool:
        """Whether there is little height for words."""
        return self.tall and self.height < 1.35 * self.width

    @property
    def margin(self) -> int:
        """Pixels of air on the left and on the right."""
        return even(34 * self.unit)

    def px(self, value: float) -> int:
        """`value` units as whole pixels."""
        return round(value * self.unit)


@dataclass(frozen=True, slots=True)
class Layer:
    """Something drawn once, blended over what moves under it."""

    at: tuple[int, int]
    planes: Planes
    mask: Mask


@dataclass(frozen=True, slots=True)
class Window:
    """A picture in motion at `place`, cut out by `shape`, with what lies over it."""

    place: Rect
    picture: Planes
    move: Move
    shape: Mask | None
    over: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A laid out clip.

    `captions` is where spoken words stand, over a moving picture or on the ground. `clock` is the left foot of the
    timecode, `bar` the bar along the foot, `inset` where the first frame goes, `inset_frame` what is drawn around it.
    """

    measures: Measures
    palette: Palette
    ground: Planes
    windows: tuple[Window, ...]
    captions: Rect
    captions_on_picture: bool
    clock: tuple[int, int]
    bar: Rect
    inset: Rect
    inset_frame: Layer | None


def even(value: float) -> int:
    """The even whole number next to `value`: colour planes have half the pixels."""
    return 2 * round(value / 2)


def layers_over(canvas: Image.Image, place: Rect) -> tuple[Layer, ...]:
    """What of an RGBA canvas lies over `place`, as bands: the rows between them, where nothing lies, cost nothing."""
    part = canvas.crop(place)
    alpha = part.getchannel("A")
    bands: list[Layer] = []
    start: int | None = None
    for row in range(0, part.height + BAND, BAND):
        used = row < part.height and alpha.crop((0, row, part.width, min(row + BAND, part.height))).getbbox()
        if used and start is None:
            start = row
        elif not used and start is not None:
            bands.append(_band(part, place, start, min(row, part.height)))
            start = None
    return tuple(bands)


def _band(part: Image.Image, place: Rect, top: int, bottom: int) -> Layer:
    box = part.crop((0, top, part.width, bottom)).getchannel("A").getbbox()
    assert box is not None
    left, right = box[0] // 2 * 2, min(part.width, -(-box[2] // 2) * 2)
    planes, mask = layer_of(part.crop((left, top, right, bottom)))
    return Layer((place[0] + left, place[1] + top), planes, mask)
