"""Colours chosen by contrast: ink that can be read on a ground, and an accent taken from the pictures."""

import colorsys
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from PIL import Image

Colour: TypeAlias = tuple[int, int, int]

INK: Colour = (24, 22, 20)
PAPER: Colour = (255, 253, 250)

READABLE = 4.5
"""Contrast that small text needs (WCAG 2.2, success criterion 1.4.3)."""

VISIBLE = 3.0
"""Contrast that large text and shapes need (WCAG 2.2, success criteria 1.4.3 and 1.4.11)."""


def parse(text: str) -> Colour:
    """The colour of `#rrggbb`. Raises ValueError for any other text."""
    if len(text) != 7 or text[0] != "#":
        raise ValueError(f"not a colour: {text!r}")
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """How far two colours stand apart, from 1 to 21, as WCAG defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(ground: Colour) -> Colour:
    """Near white where it can be read, which looks better on any strong colour; else near black."""
    return PAPER if contrast(PAPER, ground) >= VISIBLE else INK


def softened(ink: Colour, ground: Colour) -> Colour:
    """The ink a little nearer to the ground, for what is second in rank, as long as it reads well."""
    soft = mixed(ink, ground, 0.22)
    return soft if contrast(soft, ground) >= READABLE else ink


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a `share` of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def accent(pictures: Iterable[Image.Image], ground: Colour) -> Colour:
    """The liveliest colour of the pictures, moved towards the ink until it stands out; without one, the ink itself."""
    ink = ink_on(ground)
    found = liveliest(pictures) or ink
    while contrast(found, ground) < VISIBLE:
        found = mixed(found, ink, 0.12)
    return found


def liveliest(pictures: Iterable[Image.Image]) -> Colour | None:
    """The colour that people would remember of the pictures; None where all of them are about grey."""
    best, found = 0.08, None
    for picture in pictures:
        pixels = np.asarray(picture.convert("RGBA").resize((48, 48), Image.Resampling.BOX)).reshape(-1, 4)
        opaque = pixels[pixels[:, 3] > 128, :3].astype(np.int64)
        _, group, counts = np.unique(opaque // 32 @ (64, 8, 1), return_inverse=True, return_counts=True)
        for number, count in enumerate(counts):
            red, green, blue = (round(float(level)) for level in opaque[group == number].mean(axis=0))
            _, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
            # Area counts, but less than liveliness: a small strong mark is what people remember of a logo.
            score = saturation**2 * value * (count / len(opaque)) ** 0.5
            if score > best:
                best, found = score, (red, green, blue)
    return found


def _luminance(colour: Colour) -> float:
    linear = [
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
        for level in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
