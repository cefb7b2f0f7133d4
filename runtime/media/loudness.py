"""How loud a sound is to people, and bringing a film to the loudness it should have.

Loudness is integrated as ITU-R BS.1770 says: the sound is weighted as the ear does it, its power is taken over 400 ms
every 100 ms, and what is far below the rest (pauses) does not count. The weighting is done on the spectrum of each
stretch, by the response of the two filters of the recommendation. A film is only made louder or softer as a whole; its
limiter takes the peaks, and a film that is nearly silent is not pulled up until its noise is heard.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adc.runtime.media.sound import RATE, Samples

STRETCH, HOP = RATE * 4 // 10, RATE // 10
SILENCE = -70.0
"""LUFS below which a stretch never counts."""

RELATIVE = -10.0
"""How far below the mean of the others, in LU, a stretch may be and still count."""

MOST = 12.0
"""dB by which a film is made louder at most."""

_CHUNK = 10 * RATE
"""Samples that are held at once."""


def loudness(blocks: Iterator[Samples]) -> float | None:
    """The integrated loudness in LUFS of stereo samples at 48 kHz, in blocks of any length; None for silence."""
    rest = np.zeros((0, 2), np.float32)
    powers: list[float] = []
    for block in blocks:
        rest = np.concatenate([rest, block])
        while len(rest) >= STRETCH:
            powers.append(_power(rest[:STRETCH]))
            rest = rest[HOP:]
    if not powers and len(rest):
        powers.append(_power(rest) * len(rest) / STRETCH)
    heard = np.array([power for power in powers if _lufs(power) > SILENCE])
    if not len(heard):
        return None
    heard = heard[heard > heard.mean() * 10 ** (RELATIVE / 10)]
    return _lufs(float(heard.mean()))


def bring(pcm: Path, lufs: float) -> tuple[float, float] | None:
    """Make the film's sound, as `sound.write` left it in `pcm`, as loud as `lufs`.

    The loudness it had and the one it has, which is less where it was nearly silent; None for silence.
    """
    had = loudness(blocks(pcm))
    if had is None:
        return None
    gain = min(lufs - had, MOST)
    change(pcm, lambda block, _start: block * np.float32(10 ** (gain / 20)))
    return had, had + gain


def blocks(pcm: Path) -> Iterator[Samples]:
    """The samples of `pcm`, some seconds at a time."""
    with open(pcm, "rb") as file:
        while len(block := np.fromfile(file, np.float32, 2 * _CHUNK)):
            yield block.reshape(-1, 2)


def change(pcm: Path, changed: Callable[[Samples, int], Samples]) -> None:
    """Change the samples of `pcm` in their place: `changed` gets some of them and the number of the first."""
    with open(pcm, "r+b") as file:
        start = 0
        while len(block := np.fromfile(file, np.float32, 2 * _CHUNK)):
            file.seek(8 * start)
            new = changed(block.reshape(-1, 2), start).astype(np.float32, copy=False)
            file.write(new.tobytes())
            start += len(new)
            file.seek(8 * start)


def _power(stretch: Samples) -> float:
    """The mean square of a stretch as the ear weights it, both sides added."""
    spectrum = np.fft.rfft(stretch.astype(np.float64), axis=0)
    energy = (spectrum.real**2 + spectrum.imag**2).sum(axis=1) * _weights(len(stretch))
    return float(2 * energy.sum() - energy[0]) / len(stretch) ** 2


def _lufs(power: float) -> float:
    return -0.691 + 10 * float(np.log10(max(power, 1e-20)))


@cache
def _weights(length: int) -> npt.NDArray[np.float64]:
    """The power response of BS.1770's two filters, for 48 kHz, at the frequencies of a spectrum of `length`."""
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(length))
    shelf = _response(
        (1.53512485958697, -2.69169618940638, 1.19839281085285), (-1.69065929318241, 0.73248077421585), turn
    )
    high = _response((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621), turn)
    weights: npt.NDArray[np.float64] = np.abs(shelf * high) ** 2
    return weights


def _response(
    above: tuple[float, float, float], below: tuple[float, float], turn: npt.NDArray[np.complex128]
) -> npt.NDArray[np.complex128]:
    response: npt.NDArray[np.complex128] = (above[0] + above[1] * turn + above[2] * turn**2) / (
        1 + below[0] * turn + below[1] * turn**2
    )
    return response
