"""Colours and light of a board, taken from the pictures on it, so that each scene has a mood of its own.

A palette is a deep ground to set type on, a light ink, and an accent: the most colourful tone that the pictures hold,
lifted until it reads on the ground. Without a picture the hue follows from the words, always the same for the same.
"""

import colorsys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from adc.runtime.media.colour import Colour, liveliest


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one board: `ground` above, `deep` below, `ink` for words, `accent` for what matters."""

    ground: Colour
    deep: Colour
    ink: Colour
    accent: Colour


def palette_of(pictures: Sequence[Image.Image], words: str) -> Palette:
    """The palette for the pictures, or for the words where there is none."""
    hue, strength = _tone(liveliest(pictures)) if pictures else (zlib.crc32(words.encode()) % 360 / 360, 0.45)
    return Palette(
        ground=_rgb(hue, 0.15, 0.20 + 0.22 * strength),
        deep=_rgb(hue, 0.065, 0.18 + 0.2 * strength),
        ink=_rgb(hue, 0.965, 0.35 * strength),
        accent=_rgb(hue, 0.70, 0.55 + 0.4 * strength),
    )


def _tone(colour: Colour | None) -> tuple[float, float]:
    """Hue and strength (0 to 1) of a colour; a quiet warm tone for pictures that have none."""
    if colour is None:
        return 0.08, 0.3
    hue, light, saturation = colorsys.rgb_to_hls(*(level / 255 for level in colour))
    return hue, min(1.0, 1.8 * saturation * (1 - abs(2 * light - 1)))


def _rgb(hue: float, light: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def ground_of(palette: Palette, size: tuple[int, int], picture: Image.Image | None) -> Image.Image:
    """What type is set on: a gradient of the palette with a memory of the picture in it, dithered against banding."""
    width, height = size
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None] ** 0.8
    top, bottom = np.array(palette.ground, np.float32), np.array(palette.deep, np.float32)
    pixels = np.broadcast_to(top + (bottom - top) * ramp, (height, width, 3)).copy()
    if picture is not None:
        small = picture.convert("RGB").resize((12, 12), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(2))
        pixels = 0.86 * pixels + 0.14 * np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.float32)
    pixels += np.random.default_rng(7).random((height, width, 1), np.float32) - 0.5
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def lights(palette: Palette, size: tuple[int, int], words: str) -> Image.Image:
    """A picture for where there is none: soft discs of light in the palette's hue, placed by the words."""
    width, height = 320, max(64, round(320 * size[1] / size[0]))
    picture = ground_of(palette, (width, height), None)
    rng = np.random.default_rng(zlib.crc32(words.encode()))
    for share in (0.62, 0.42, 0.30, 0.22, 0.16):
        radius = share * min(width, height)
        x, y = rng.random() * width, rng.random() * height * 0.8
        layer = Image.new("L", picture.size, 0)
        ImageDraw.Draw(layer).ellipse((x - radius, y - radius, x + radius, y + radius), fill=70)
        picture.paste(palette.accent, mask=layer.filter(ImageFilter.GaussianBlur(3 + radius * 0.12)))
    return picture.filter(ImageFilter.GaussianBlur(3)).resize(size, Image.Resampling.BICUBIC)
