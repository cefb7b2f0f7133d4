"""Sound for where a model would make music or an effect: a soft chord that changes slowly, in a key given by the words.

It marks the place and the length of the music; nobody should mistake it for the music.
"""

import zlib

import numpy as np

from adc.runtime.draft.speech import RATE, Samples

_CHORDS = ((0, 7, 12, 16), (-4, 3, 8, 12), (-9, -2, 7, 10), (-2, 5, 10, 14))
"""Semitones over the root: the four chords of much popular music."""
CHORD_SECONDS = 2.4


def bed(words: str, seconds: float) -> Samples:
    """`seconds` of quiet chords at 48 kHz, faded in and out."""
    count = round(seconds * RATE)
    root = 130.81 * 2 ** (zlib.crc32(words.encode()) % 7 / 12)
    step = round(CHORD_SECONDS * RATE)
    samples = np.zeros(count + step, np.float32)
    at = np.arange(2 * step, dtype=np.float32) / RATE
    swell = np.sin(np.pi * np.arange(2 * step, dtype=np.float32) / (2 * step)) ** 2
    for number, begin in enumerate(range(-step, count, step)):
        chord = np.zeros(2 * step, np.float32)
        for semitones in _CHORDS[number % len(_CHORDS)]:
            hertz = root * 2 ** (semitones / 12)
            chord += np.sin(2 * np.pi * hertz * at) + np.float32(0.3) * np.sin(4 * np.pi * hertz * at)
        first = max(0, begin)
        part = (chord * swell)[first - begin : len(samples) - begin]
        samples[first : first + len(part)] += part
    samples = samples[:count] * np.float32(0.035)
    ramp = np.linspace(0, 1, min(RATE // 4, count // 2), dtype=np.float32)
    samples[: len(ramp)] *= ramp
    samples[count - len(ramp) :] *= ramp[::-1]
    return samples
