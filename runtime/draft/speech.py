"""Lines spoken by the voice process, at 48 kHz, fitted to the time there is, with a time for every word."""

import json
import sys
import wave
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import TypeAlias

import anyio
import numpy as np
from numpy.typing import NDArray

from adc.runtime.environment import without_key
from adc.runtime.errors import ToolError

RATE = 48_000
"""Samples a second of every sound."""
GAP = 0.22
"""Seconds between two lines."""

Samples: TypeAlias = NDArray[np.float32]

_Voice: TypeAlias = tuple[str, int]
"""The name eSpeak NG gives it, and its pitch from 0 to 99."""

_WOMEN: tuple[_Voice, ...] = (("en-us+f3", 52), ("en-us+f2", 58), ("en-us+f4", 46), ("en-us+f5", 50))
_MEN: tuple[_Voice, ...] = (("en-us+m3", 44), ("en-us+m7", 48), ("en-us+m1", 40), ("en-us+m4", 50))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of line number `line`, from `start` to `end` in seconds."""

    line: int
    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said. `note` says what had to be done to make it fit, if anything."""

    samples: Samples
    words: tuple[Word, ...]
    note: str = ""


def voices_for(speakers: Sequence[str]) -> dict[str, _Voice]:
    """A voice and a pitch for each speaker: the same for a name in every scene, and no two alike in one.

    Whether a voice is high or low is a guess from how the first name ends; it only has to stay the same.
    """
    chosen: dict[str, _Voice] = {}
    for name in dict.fromkeys(speakers):
        first = name.split(" ")[0].lower()
        order = _WOMEN + _MEN if not first or first[-1] in "aeiy" else _MEN + _WOMEN
        turn = zlib.crc32(name.encode()) % 2
        order = order[turn:] + order[:turn]
        chosen[name] = next((voice for voice in order if voice not in chosen.values()), order[0])
    return chosen


async def speak(lines: Sequence[tuple[str, str]], most: float | None) -> Spoken:
    """The (speaker, text) lines one after another, the first sound at once, in at most `most` seconds.

    Raises ToolError when the voice cannot be started.
    """
    voices = voices_for([who for who, _ in lines])
    request = {
        "lines": [{"text": text, "voice": voices[who][0], "pitch": voices[who][1]} for who, text in lines],
        "most": most,
        "gap": GAP,
    }
    try:
        done = await anyio.run_process(
            [sys.executable, "-m", "adc.runtime.draft.voice"], input=json.dumps(request).encode(), env=without_key()
        )
    except (OSError, CalledProcessError) as error:
        reason = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().rpartition("\n")[2]
        raise ToolError(f"the draft voice could not speak: {reason or error}") from error
    head, _, pcm = done.stdout.partition(b"\n")
    answer = json.loads(head)
    rate: int = answer["rate"]
    whole = _finished(np.frombuffer(pcm, "<i2"), rate)
    early = _silent(whole)
    samples = _faded(whole[early:])
    words = tuple(
        Word(w["line"], w["text"], max(0.0, w["start"] / rate - early / RATE), w["end"] / rate - early / RATE)
        for w in answer["words"]
    )
    if most is None or len(samples) <= most * RATE:
        return Spoken(samples, words)
    samples = samples[: int(most * RATE)].copy()
    samples[-960:] *= np.linspace(1, 0, min(960, len(samples)), dtype=np.float32)
    kept = tuple(Word(w.line, w.text, w.start, min(w.end, most)) for w in words if w.start < most)
    return Spoken(samples, kept, f"the words do not fit into {most:g} s: cut after “{kept[-1].text if kept else ''}”")


def _finished(pcm: NDArray[np.int16], rate: int) -> Samples:
    """The voice at 48 kHz: resampled through its spectrum, its hiss softened, at an even level."""
    if not len(pcm):
        return np.zeros(0, np.float32)
    step = np.gcd(rate, RATE)
    down, up = rate // step, RATE // step
    blocks = -(-(len(pcm) + 512) // down)
    padded = np.zeros(blocks * down, np.float32)
    padded[: len(pcm)] = pcm / np.float32(32768)
    spectrum = np.fft.rfft(padded)
    hertz = np.arange(len(spectrum)) * (rate / len(padded))
    spectrum *= 1 / np.sqrt(1 + (hertz / 5200) ** 4) * (1 - 0.85 / (1 + (hertz / 70) ** 4))
    wide = np.zeros(blocks * up // 2 + 1, spectrum.dtype)
    wide[: min(len(wide), len(spectrum))] = spectrum[: len(wide)]
    samples: Samples = np.fft.irfft(wide, blocks * up)[: len(pcm) * up // down].astype(np.float32)
    loud = samples[np.abs(samples) > 0.02 * np.abs(samples).max()]
    samples *= np.float32(0.11) / max(1e-6, float(np.sqrt(np.mean(loud**2))))
    level: Samples = np.tanh(samples / np.float32(0.8)) * np.float32(0.8)
    return level


def _silent(samples: Samples) -> int:
    """How many samples to cut so that the first 5 ms at a tenth of the loudest level begin 12 ms after the start."""
    span = RATE // 200
    power = np.cumsum(np.concatenate([np.zeros(1, np.float32), samples]).astype(np.float64) ** 2)
    level = power[span:] - power[:-span] if len(power) > span else np.zeros(1)
    return max(0, int(np.argmax(level > 0.01 * level.max())) - RATE * 12 // 1000)


def _faded(samples: Samples) -> Samples:
    """A copy with 2 ms of fade at both ends, against clicks."""
    samples = samples.copy()
    ramp = np.linspace(0, 1, min(96, len(samples)), dtype=np.float32)
    samples[: len(ramp)] *= ramp
    samples[len(samples) - len(ramp) :] *= ramp[::-1]
    return samples


def padded(samples: Samples, count: int) -> Samples:
    """Exactly `count` samples: cut, or with silence after them."""
    whole = np.zeros(count, np.float32)
    whole[: min(count, len(samples))] = samples[:count]
    return whole


def write_wav(path: Path, samples: Samples, channels: int = 1) -> None:
    """A WAV file at 48 kHz, 16 bit; the same signal on every channel."""
    pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.repeat(pcm, channels).tobytes())
