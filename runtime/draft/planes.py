"""Pictures as the three planes of yuv420p, BT.709 limited range: drawn, moved and encoded without another conversion.

A frame is converted once, when its layers are made; what moves is resized plane by plane. The matrix is the one that
the encoder writes into the file, so a picture that goes out as a frame and comes back as PNG keeps its colours.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_Floats: TypeAlias = NDArray[np.floating]

_RED, _BLUE = 0.2126, 0.0722
"""Weights of luma, ITU-R BT.709-6 section 3.2; green takes the rest."""


@dataclass(frozen=True, slots=True)
class Planes:
    """Luma, and the two colour differences at half the width and height."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self.y.size

    def crop(self, box: tuple[int, int, int, int]) -> "Planes":
        """The part inside `box`, whose corners are even."""
        half = (box[0] // 2, box[1] // 2, box[2] // 2, box[3] // 2)
        return Planes(self.y.crop(box), self.u.crop(half), self.v.crop(half))

    def resized(self, size: tuple[int, int], box: tuple[float, float, float, float]) -> "Planes":
        """The part inside `box` (to a fraction of a pixel) at an even `size`."""
        soft = Image.Resampling.BILINEAR
        half, small = (size[0] // 2, size[1] // 2), (box[0] / 2, box[1] / 2, box[2] / 2, box[3] / 2)
        return Planes(
            self.y.resize(size, soft, box), self.u.resize(half, soft, small), self.v.resize(half, soft, small)
        )

    def paste(self, other: "Planes", at: tuple[int, int], mask: "Mask | None" = None) -> None:
        """Put `other` with its top left corner at `at`, both even."""
        half = (at[0] // 2, at[1] // 2)
        full_mask, half_mask = (mask.full, mask.half) if mask else (None, None)
        self.y.paste(other.y, at, full_mask)
        self.u.paste(other.u, half, half_mask)
        self.v.paste(other.v, half, half_mask)

    def copy(self) -> "Planes":
        """A frame that may be drawn on."""
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())

    def tobytes(self) -> bytes:
        """The frame as yuv420p."""
        return self.y.tobytes() + self.u.tobytes() + self.v.tobytes()


@dataclass(frozen=True, slots=True)
class Mask:
    """How much of a layer covers what is under it, for the luma plane and for the colour planes."""

    full: Image.Image
    half: Image.Image


def mask_of(alpha: Image.Image) -> Mask:
    """The mask of a layer with that alpha, of even size."""
    return Mask(alpha, alpha.resize((alpha.width // 2, alpha.height // 2), Image.Resampling.BOX))


def planes_of(picture: Image.Image) -> Planes:
    """The planes of an RGB picture of even size."""
    rgb = np.asarray(picture.convert("RGB"), np.float32)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = _RED * red + (1 - _RED - _BLUE) * green + _BLUE * blue
    return Planes(
        _image(16 + luma * (219 / 255)),
        _image(128 + _quarter(blue - luma) * (224 / 255 / (2 * (1 - _BLUE)))),
        _image(128 + _quarter(red - luma) * (224 / 255 / (2 * (1 - _RED)))),
    )


def layer_of(picture: Image.Image) -> tuple[Planes, Mask]:
    """Planes and mask of an RGBA layer of even size.

    Colour at an edge is the mean of what is drawn there, not of the nothing beside it.
    """
    alpha = picture.getchannel("A")
    mask = mask_of(alpha)
    luma = planes_of(picture).y
    weight = np.asarray(alpha, np.float32)[..., None]
    rgb = np.asarray(picture.convert("RGB"), np.float32)
    total = _quarter(weight)
    mean = np.where(total > 0, _quarter(rgb * weight) / np.maximum(total, 1e-3), 128)
    red, green, blue = mean[..., 0], mean[..., 1], mean[..., 2]
    y = _RED * red + (1 - _RED - _BLUE) * green + _BLUE * blue
    return Planes(
        luma,
        _image(128 + (blue - y) * (224 / 255 / (2 * (1 - _BLUE)))),
        _image(128 + (red - y) * (224 / 255 / (2 * (1 - _RED)))),
    ), mask


def _quarter(values: _Floats) -> _Floats:
    """The mean of every two by two values."""
    return (values[0::2, 0::2] + values[1::2, 0::2] + values[0::2, 1::2] + values[1::2, 1::2]) * np.float32(0.25)


def _image(values: _Floats) -> Image.Image:
    return Image.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))
