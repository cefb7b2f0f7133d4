"""Music under the film: as long as the film, as loud as the spec says, lower while something else is heard.

Its `level` is its own loudness in the mix, whatever level its file was delivered at. What it gives way to is found in
the film's own sound, voices and clips alike: loud stretches near each other are one, so that it does not come up
between two words, and it is down when the first of them begins.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adc.runtime.media import loudness
from adc.runtime.media.film import Target
from adc.runtime.media.sound import RATE, Samples, decode, resample, sample_of

HEARD = 10 ** (-35 / 20)
"""The mean level of a window from which on it counts as speech."""

WINDOW = RATE // 50
"""Samples over which the film's level is taken: 20 ms."""

DOWN, HOLD, UP = 10, 25, 25
"""Windows that the music takes to give way, stays down after the last word, and takes to come back."""

FADE_IN, FADE_OUT = RATE // 5, RATE
"""Samples over which it begins and ends."""

SEAM = RATE // 2
"""Samples over which its end runs into its beginning where it is shorter than the film."""


@dataclass(frozen=True, slots=True)
class Music:
    """A sound under the whole film: `level` is its loudness in LUFS, `duck` how many dB lower it gives way."""

    name: str
    path: Path
    level: float
    duck: float


def lay(pcm: Path, music: Music, frames: int, target: Target) -> str:
    """Mix the music into a film's sound of that many frames, as `sound.write` left it in `pcm`.

    Returns in one line what was done. Raises MediaError when the music cannot be decoded.
    """
    length = sample_of(frames, target.rate)
    under = of_length(resample(*decode(music.path, music.name, Fraction(0))), length)
    had = loudness.loudness(iter([under]))
    if had is None:
        return f"{music.name} is silent"
    under *= np.float32(10 ** ((music.level - had) / 20))
    lowered = giving_way(levels(pcm))
    gains = 10 ** (-music.duck * lowered / 20)
    middles = (np.arange(len(gains)) + 0.5) * WINDOW

    def mixed(block: Samples, start: int) -> Samples:
        gain = np.interp(np.arange(start, start + len(block)), middles, gains).astype(np.float32)
        return block + under[start : start + len(block)] * gain[:, None]

    loudness.change(pcm, mixed)
    seconds = float((lowered == 1).sum()) * WINDOW / RATE
    return f"{music.name} at {music.level:g} LUFS, {music.duck:g} dB lower for {seconds:.1f} s while others are heard"


def of_length(sound: Samples, length: int) -> Samples:
    """The sound cut to `length` samples, or repeated until it has them, with a soft beginning and a soft end."""
    whole = np.zeros((length, 2), np.float32)
    seam = min(SEAM, len(sound) // 4)
    start = 0
    while start < length and len(sound):
        again = sound.copy()
        if start:
            again[:seam] *= np.sin(_quarter(seam))
        if start + len(sound) < length:
            again[len(sound) - seam :] *= np.cos(_quarter(seam))
        part = again[: length - start]
        whole[start : start + len(part)] += part
        start += len(sound) - seam
    begin, end = min(FADE_IN, length // 4), min(FADE_OUT, length // 4)
    whole[:begin] *= np.sin(_quarter(begin))
    whole[length - end :] *= np.cos(_quarter(end))
    return whole


def levels(pcm: Path) -> npt.NDArray[np.float64]:
    """The mean level of each window of a film's sound, 1 being full scale; the last one may be short."""
    found: list[npt.NDArray[np.float64]] = []
    for block in loudness.blocks(pcm):
        padded = np.pad(block, ((0, -len(block) % WINDOW), (0, 0))).astype(np.float64)
        found.append(np.sqrt((padded.reshape(-1, 2 * WINDOW) ** 2).mean(axis=1)))
    return np.concatenate(found)


def giving_way(heard: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far the music is down at each window, from 0 to 1, by the levels of what else is heard."""
    loud = np.flatnonzero(heard > HEARD)
    down = np.zeros(len(heard))
    for window in loud:
        down[window : window + HOLD + 1] = 1
    reach = np.arange(-UP, DOWN + 1)
    slope = np.where(reach > 0, 1 - reach / (DOWN + 1), 1 + reach / (UP + 1))
    ahead = np.pad(down, (UP, DOWN))
    shifted = (ahead[UP + by : UP + by + len(down)] * part for by, part in zip(reach, slope, strict=True))
    most: npt.NDArray[np.float64] = np.maximum.reduce(list(shifted))
    return most


def _quarter(length: int) -> Samples:
    """A quarter of a turn in that many steps, for fades that keep the power."""
    turn: Samples = (np.arange(length, dtype=np.float32)[:, None] + 0.5) * np.float32(np.pi / 2 / max(length, 1))
    return turn
