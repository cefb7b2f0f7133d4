"""Colours of a card, chosen by contrast: ink that can be read on a ground, and an accent taken from the pictures."""

import colorsys
from collections.abc import Iterable
from typing import TypeAlias

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
    best, liveliest = 0.0, ink
    for picture in pictures:
        small = picture.convert("RGBA").resize((48, 48))
        opaque = [pixel for pixel in _pixels(small) if pixel[3] > 128]
        for red, green, blue in {(r // 32 * 32 + 16, g // 32 * 32 + 16, b // 32 * 32 + 16) for r, g, b, _ in opaque}:
            members = [
                p for p in opaque if (p[0] // 32, p[1] // 32, p[2] // 32) == (red // 32, green // 32, blue // 32)
            ]
            mean: Colour = (_mean(members, 0), _mean(members, 1), _mean(members, 2))
            _, saturation, value = colorsys.rgb_to_hsv(*(level / 255 for level in mean))
            # Area counts, but less than liveliness: a small strong mark is what people remember of a logo.
            score = saturation**2 * value * (len(members) / len(opaque)) ** 0.5
            if score > best:
                best, liveliest = score, mean
    if best < 0.08:
        return ink
    while contrast(liveliest, ground) < VISIBLE:
        liveliest = mixed(liveliest, ink, 0.12)
    return liveliest


def _pixels(picture: Image.Image) -> list[tuple[int, int, int, int]]:
    data = picture.tobytes()
    return [(data[at], data[at + 1], data[at + 2], data[at + 3]) for at in range(0, len(data), 4)]


def _mean(members: list[tuple[int, int, int, int]], channel: int) -> int:
    return round(sum(pixel[channel] for pixel in members) / len(members))


def _luminance(colour: Colour) -> float:
    linear = [
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
        for level in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
