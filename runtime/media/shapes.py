"""Plates, frames and soft shadows with smooth edges: drawn larger than they are shown, then reduced."""

import math
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFilter

from adc.runtime.media.colour import Colour

FINE = 4
"""How many times larger a shape is drawn than it is shown."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels, to a fraction of one."""


def lay(image: Image.Image, colour: Colour, mask: Image.Image, at: tuple[int, int]) -> None:
    """Put a colour through a mask, its top left corner at `at`; what lies outside the image is left out.

    On an RGBA image the colour is laid over what is there, so a transparent image becomes opaque where it is painted.
    """
    if image.mode == "RGBA":
        layer = Image.new("RGBA", mask.size, (*colour, 0))
        layer.putalpha(mask)
        image.alpha_composite(layer, (max(0, at[0]), max(0, at[1])), (max(0, -at[0]), max(0, -at[1])))
    else:
        image.paste(colour, at, mask)


def plate(image: Image.Image, box: Box, radius: float, colour: Colour, alpha: int = 255) -> None:
    """A filled rounded rectangle."""
    _put(image, box, radius, colour, alpha, 0)


def outline(image: Image.Image, box: Box, radius: float, colour: Colour, alpha: int, width: float) -> None:
    """A rounded rectangle of a line `width` wide, inside `box`."""
    _put(image, box, radius, colour, alpha, width)


def rounded(size: tuple[int, int], radius: float) -> Image.Image:
    """A mask of `size` with rounded corners."""
    return _shape((0, 0, *size), size, radius, 255, 0)


def shadow(image: Image.Image, box: Box, radius: float, colour: Colour, alpha: int, drop: float, blur: float) -> None:
    """The soft shadow of a rounded rectangle, `drop` pixels under it, its edge spread over about `blur` pixels."""
    around = math.ceil(3 * blur)
    left, top = math.floor(box[0]) - around, math.floor(box[1] + drop) - around
    size = (math.ceil(box[2]) + around - left, math.ceil(box[3] + drop) + around - top)
    mask = Image.new("L", size, 0)
    inside = (box[0] - left, box[1] + drop - top, box[2] - left - 1, box[3] + drop - top - 1)
    ImageDraw.Draw(mask).rounded_rectangle(inside, radius, fill=alpha)
    lay(image, colour, mask.filter(ImageFilter.GaussianBlur(blur)), (left, top))


def _put(image: Image.Image, box: Box, radius: float, colour: Colour, alpha: int, width: float) -> None:
    left, top = math.floor(box[0]) - 1, math.floor(box[1]) - 1
    size = (math.ceil(box[2]) + 1 - left, math.ceil(box[3]) + 1 - top)
    inside = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    lay(image, colour, _shape(inside, size, radius, alpha, width), (left, top))


def _shape(box: Box, size: tuple[int, int], radius: float, alpha: int, width: float) -> Image.Image:
    large = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
    left, top, right, bottom = (FINE * place for place in box)
    pen, edge = ImageDraw.Draw(large), (left, top, right - 1, bottom - 1)
    if width:
        pen.rounded_rectangle(edge, FINE * radius, outline=alpha, width=round(FINE * width))
    else:
        pen.rounded_rectangle(edge, FINE * radius, fill=alpha)
    return large.resize(size, Image.Resampling.BOX)
