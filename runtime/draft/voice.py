"""The speaking process: eSpeak NG reads lines aloud and says when each word begins and ends.

Run as `python -m adc.runtime.draft.voice`. eSpeak NG is GPLv3 and keeps state between sentences, so it lives in a
process of its own: nothing of it is loaded into the product, and the same request gives the same bytes every time.

On stdin, one JSON object: `{"lines": [{"text", "voice", "pitch"}], "most": seconds or null, "gap": seconds}`.
On stdout, one JSON line `{"rate", "speed", "samples", "words": [{"line", "text", "start", "end"}]}` with times in
samples, then the samples themselves, mono, signed 16 bit, little endian.

The lines are spoken one after another, silence cut away before the first and after the last. When they last longer than
`most`, everything is said again faster, up to `FASTEST`; what still does not fit is left to the caller.
"""

import ctypes
import json
import sys
from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import espeakng_loader

Samples: TypeAlias = "array[int]"

CALM, FASTEST = 168, 400
"""Words a minute: how lines are spoken, and the fastest that can still be followed."""
LOUD, QUIET = 0.10, 0.008
"""Shares of a line's loudest sample: what is heard as its beginning, and what still belongs to its end."""
LEAD, TAIL = 0.014, 0.012
"""Seconds kept before the one and after the other: a soft consonant is not lost, and none delays the line."""

_RETRIEVAL, _UTF8 = 2, 1
_RATE, _PITCH, _RANGE, _WORDGAP = 1, 3, 4, 7
_WORD = 1


class _Identifier(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """`espeak_EVENT` of eSpeak NG's speak_lib.h, 1.52."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identifier),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(slots=True)
class _Heard:
    """What the engine has handed over for one line: samples, and (place in the text, sample) of each word."""

    samples: Samples = field(default_factory=lambda: array("h"))
    marks: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of line number `line` as written, with its first sample and the one after its last."""

    line: int
    text: str
    start: int
    end: int


class Speaker:
    """eSpeak NG, loaded once. Raises OSError when the library or its data cannot be loaded."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate: int = self._library.espeak_Initialize(_RETRIEVAL, 0, data, 0)
        if self.rate <= 0:
            raise OSError("eSpeak NG did not start")
        self._heard = _Heard()
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, wave: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if count > 0:
            self._heard.samples.frombytes(ctypes.string_at(wave, 2 * count))
        index = 0
        while events[index].type != 0:
            event = events[index]
            if event.type == _WORD:
                self._heard.marks.append((event.text_position - 1, self.rate * event.audio_position // 1000))
            index += 1
        return 0

    def say(self, text: str, voice: str, pitch: int, speed: int) -> tuple[Samples, list[tuple[int, int]]]:
        """The samples of `text` without silence at the ends, and (place in the text, sample) of each word."""
        self._heard = _Heard()
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            self._library.espeak_SetVoiceByName(b"en-us")
        for name, value in ((_RATE, speed), (_PITCH, pitch), (_RANGE, 58), (_WORDGAP, 0)):
            self._library.espeak_SetParameter(name, value, 0)
        # The breath in a voice is noise, seeded with the time of day unless told otherwise.
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return _trimmed(self._heard, self.rate)


def _trimmed(heard: _Heard, rate: int) -> tuple[Samples, list[tuple[int, int]]]:
    samples = heard.samples
    peak = max(map(abs, samples), default=0)
    if not peak:
        return array("h"), []
    begin = next(index for index, sample in enumerate(samples) if abs(sample) > LOUD * peak)
    end = next(index for index in range(len(samples) - 1, -1, -1) if abs(samples[index]) > QUIET * peak)
    first, last = max(0, begin - int(LEAD * rate)), min(len(samples), end + int(TAIL * rate))
    return samples[first:last], [(place, max(0, at - first)) for place, at in heard.marks]


def words_of(line: int, text: str, marks: list[tuple[int, int]], length: int) -> list[Word]:
    """The words of `text` with strictly rising times, for a line that lasts `length` samples.

    The engine marks most words, not all: it joins `of the` and splits numbers. A word it did not mark begins at an
    even share of the way to the next one that it did.
    """
    pieces = text.split()
    if not pieces:
        return []
    begins: list[int] = []
    place = 0
    for piece in pieces:
        place = text.index(piece, place)
        begins.append(place)
        place += len(piece)
    starts: list[int | None] = [None] * len(pieces)
    latest = -1
    for place, at in marks:
        index = max((i for i, begin in enumerate(begins) if begin <= place), default=0)
        if starts[index] is None and at > latest:
            starts[index] = latest = at
    starts[0] = 0
    known = [(index, at) for index, at in enumerate(starts) if at is not None] + [(len(pieces), length)]
    times: list[int] = []
    for (left, since), (right, until) in pairwise(known):
        times += [since + (until - since) * step // (right - left) for step in range(right - left)]
    times.append(length)
    return [Word(line, piece, times[index], times[index + 1]) for index, piece in enumerate(pieces)]


def read_aloud(
    speaker: Speaker, lines: list[dict[str, str | int]], most: float | None, gap: float
) -> tuple[Samples, list[Word], int]:
    """All lines one after another, no longer than `most` seconds where that is possible; and the speed chosen."""
    speed = CALM
    while True:
        samples, words = _once(speaker, lines, gap, speed)
        if most is None or len(samples) <= most * speaker.rate or speed == FASTEST:
            return samples, words, speed
        speed = min(FASTEST, max(speed + 5, int(speed * len(samples) / (most * speaker.rate) * 1.01)))


def _once(speaker: Speaker, lines: list[dict[str, str | int]], gap: float, speed: int) -> tuple[Samples, list[Word]]:
    samples, words = array("h"), list[Word]()
    pause = array("h", bytes(2 * int(gap * speaker.rate * CALM / speed)))
    for number, line in enumerate(lines):
        text = str(line["text"])
        spoken, marks = speaker.say(text, str(line["voice"]), int(line["pitch"]), speed)
        if samples and spoken:
            samples += pause
        offset = len(samples)
        words += [
            Word(word.line, word.text, offset + word.start, offset + word.end)
            for word in words_of(number, text, marks, len(spoken))
        ]
        samples += spoken
    return samples, words


def main() -> None:
    """Answer the one request on stdin."""
    request = json.load(sys.stdin.buffer)
    speaker = Speaker()
    samples, words, speed = read_aloud(speaker, request["lines"], request["most"], request["gap"])
    if sys.byteorder == "big":
        samples.byteswap()
    answer = {
        "rate": speaker.rate,
        "speed": speed,
        "samples": len(samples),
        "words": [{"line": w.line, "text": w.text, "start": w.start, "end": w.end} for w in words],
    }
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + samples.tobytes())


if __name__ == "__main__":
    main()
