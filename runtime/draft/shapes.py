"""Rounded plates and frames with smooth edges: drawn four times as large, then reduced."""

from typing import TypeAlias

from PIL import Image, ImageDraw

from adc.runtime.draft.palette import Colour

FINE = 4
"""How many times larger a shape is drawn than it is shown."""

Box: TypeAlias = tuple[float, float, float, float]


def plate(canvas: Image.Image, box: Box, radius: float, colour: Colour, alpha: int = 255) -> None:
    """A filled rounded rectangle."""
    _put(canvas, box, radius, colour, alpha, 0)


def outline(canvas: Image.Image, box: Box, radius: float, colour: Colour, alpha: int, width: float) -> None:
    """A rounded rectangle of a line `width` wide, inside `box`."""
    _put(canvas, box, radius, colour, alpha, width)


def rounded(size: tuple[int, int], radius: float) -> Image.Image:
    """A mask of `size` with rounded corners."""
    return _shape((0, 0, *size), size, radius, 255, 0)


def _put(canvas: Image.Image, box: Box, radius: float, colour: Colour, alpha: int, width: float) -> None:
    left, top = int(box[0]) - 1, int(box[1]) - 1
    size = (int(box[2]) + 2 - left, int(box[3]) + 2 - top)
    inside = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    shape = _shape(inside, size, radius, alpha, width)
    if canvas.mode == "RGBA":
        layer = Image.new("RGBA", size, (*colour, 0))
        layer.putalpha(shape)
        canvas.alpha_composite(layer, (max(0, left), max(0, top)))
    else:
        canvas.paste(colour, (left, top), shape)


def _shape(box: Box, size: tuple[int, int], radius: float, alpha: int, width: float) -> Image.Image:
    large = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
    left, top, right, bottom = (FINE * place for place in box)
    pen, edge = ImageDraw.Draw(large), (left, top, right - 1, bottom - 1)
    if width:
        pen.rounded_rectangle(edge, FINE * radius, outline=alpha, width=round(FINE * width))
    else:
        pen.rounded_rectangle(edge, FINE * radius, fill=alpha)
    return large.resize(size, Image.Resampling.BOX)
