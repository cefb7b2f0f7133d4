"""What happens at a join, told from the pictures on both sides of it.

Two frames are compared small, by structure (SSIM) and by mean colour: a warm cast hides from the first and a shifted
picture from the second. A join that repeats a frame looks like one that continues very smoothly, so how much the film
moves just before and after it decides between them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from adc.runtime.media.frames import run_of

WIDTH = 320
"""Pixels across at which frames are compared."""

OTHER = 0.55
"""SSIM below which two frames are surely not the same place; an 8-pixel shift scores 0.60, a flip 0.39."""

JUMP = (0.2, 3.0)
"""A join that differs by more than the first, and this many times the motion around it, is a cut as well."""

CAST, OTHER_LIGHT = 4.0, 20.0
"""Levels by which the mean of a colour may move where a picture continues, and by which it moves at a cut."""

REPEATS = 0.65
"""A join that differs by less than this part of the motion around it repeats a frame.

A copy of a frame, encoded anew as a key frame, measured 0.48 (fine) and 0.61 (draft); a good join 0.9 and more.
"""

STILL = 0.004
"""Motion (1 - SSIM) below which nothing moves that could show a repeated frame."""

Verdict: TypeAlias = Literal["cut", "continues", "continues, colour shifts", "repeats a frame"]
Pixels: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seam:
    """A join measured: the SSIM of the frames on both sides, the largest shift of a mean colour, and what it is."""

    ssim: float
    shift: float
    verdict: Verdict


def seam(film: Path, frame: int, rate: int, name: str) -> Seam:
    """The join before `frame` of a film of constant `rate`; it needs two frames on both sides of it.

    Raises MediaError when the frames cannot be decoded.
    """
    return judge(*run_of(film, frame - 2, 4, rate, name, width=WIDTH))


def judge(earlier: Image.Image, left: Image.Image, right: Image.Image, later: Image.Image) -> Seam:
    """The join between `left` and `right`, with the frames before and after them for the motion around it."""
    likeness, shift = ssim(left, right), mean_shift(left, right)
    before, after = ssim(earlier, left), ssim(right, later)
    jump, least, most = 1 - likeness, 1 - max(before, after), 1 - min(before, after)
    verdict: Verdict = "continues"
    if likeness < OTHER or shift > OTHER_LIGHT or jump > max(JUMP[0], JUMP[1] * most):
        verdict = "cut"
    elif shift > CAST:
        verdict = "continues, colour shifts"
    elif least > STILL and jump < REPEATS * least:
        verdict = "repeats a frame"
    return Seam(likeness, shift, verdict)


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Mean structural similarity of the luma of two pictures of one size, over windows of 7 x 7 pixels."""
    a, b = (np.asarray(image.convert("L"), np.float64) for image in (one, other))
    mean_a, mean_b = _means(a), _means(b)
    square_a, square_b, both = mean_a**2, mean_b**2, mean_a * mean_b
    spread_a, spread_b, shared = _means(a * a) - square_a, _means(b * b) - square_b, _means(a * b) - both
    near_zero, near_flat = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = ((2 * both + near_zero) * (2 * shared + near_flat)) / (
        (square_a + square_b + near_zero) * (spread_a + spread_b + near_flat)
    )
    return float(likeness.mean())


def mean_shift(one: Image.Image, other: Image.Image) -> float:
    """The largest difference of the mean of red, green or blue, in levels of 255."""
    means = [np.asarray(image, np.float64).mean(axis=(0, 1)) for image in (one, other)]
    return float(np.abs(means[0] - means[1]).max())


def _means(values: Pixels, window: int = 7) -> Pixels:
    """The mean of every window, by running sums."""
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    total = sums[window:, window:] - sums[:-window, window:] - sums[window:, :-window] + sums[:-window, :-window]
    area: Pixels = total / window**2
    return area
