"""What a model would make, made here for nothing: a picture, a clip, a sound, words, for any endpoint of the catalogue.

The endpoint is known by what it makes, by its role and by the facts of its schema, never by its name, so a model that
is added to the catalogue can be drafted at once. The result has the size, the length, the rate and the first frame
that were asked for; what it shows is the storyboard. What only a model can find out is not made up: a description says
no more than where to look, and trained weights are a marker that weighs nothing.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import anyio.to_thread
import numpy as np

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.runtime.draft import clip, request, speech
from adc.runtime.draft.bed import bed
from adc.runtime.draft.dub import dub
from adc.runtime.draft.encode import encode
from adc.runtime.draft.marker import marker
from adc.runtime.draft.sheet import Sheet, sheet_for
from adc.runtime.draft.still import still
from adc.runtime.media.typography import printable

USUAL = {"video": Fraction(5), "audio": Fraction(10)}
"""Seconds of a result whose length neither the request nor the schema gives."""

DESCRIPTION = "as in the photo"
"""What a draft knows of a picture; it reads well behind a name and a comma."""


async def draw(
    endpoint: Endpoint,
    arguments: Mapping[str, Json],
    brief: Mapping[str, Json],
    folder: Path,
    note: Callable[[str], None] = lambda _text: None,
) -> dict[str, Path]:
    """Draft what `endpoint` makes of `arguments` into `folder`: the file of each of its outputs, by name.

    File arguments are local paths as text. `brief` is the storyboard of the step and may be empty. An image is a PNG, a
    clip an MP4 (H.264 at 30 frames a second, AAC at 48 kHz where it speaks), a sound a WAV at 48 kHz, a text UTF-8, the
    weights of a LoRA a safetensors file. `note` hears what had to give way, such as words that are too long for their
    clip.

    Raises MediaError for a picture that cannot be read, ToolError when the voice or the encoder fails.
    """
    makers = {"image": _image, "video": _video, "audio": _audio, "text": _text, "weights": _weights}
    draft = _dubbed if endpoint.role == "lipsync" else makers[endpoint.makes]
    path = await draft(_Request(endpoint, arguments, brief, folder, note))
    return {name: path for name in endpoint.outputs}  # noqa: C420 - fromkeys loses the type


@dataclass(frozen=True, slots=True)
class _Request:
    """What `draw` was asked."""

    endpoint: Endpoint
    arguments: Mapping[str, Json]
    brief: Mapping[str, Json]
    folder: Path
    note: Callable[[str], None]

    def sheet(self) -> Sheet:
        """The board of the request. Raises MediaError for a picture that cannot be read."""
        shown = request.pictures(self.endpoint, self.arguments, self.brief)
        return sheet_for(self.endpoint, self.arguments, self.brief, shown)


async def _image(asked: _Request) -> Path:
    target, aside = asked.folder / "draft.png", asked.folder / "draft.part.png"

    def make() -> None:
        size = request.still_size(asked.endpoint, asked.arguments, asked.brief)
        still(asked.sheet(), size).save(aside, compress_level=1)
        os.replace(aside, target)

    await anyio.to_thread.run_sync(make)
    return target


async def _video(asked: _Request) -> Path:
    sheet = await anyio.to_thread.run_sync(asked.sheet)
    seconds = request.seconds(asked.endpoint, asked.arguments) or USUAL["video"]
    size = request.clip_size(asked.endpoint, asked.arguments, asked.brief, sheet.start)
    said, sound = speech.Spoken(np.zeros(0, np.float32), ()), None
    lines = [(line.who, line.text) for line in sheet.lines if line.spoken]
    if lines:
        kept = _number(asked.brief.get("seconds"))
        said = await speech.speak(lines, min(float(seconds), kept or float(seconds)))
        if said.note:
            asked.note(said.note)
        sound = asked.folder / "voice.wav"
        speech.write_wav(sound, speech.padded(said.samples, round(seconds * speech.RATE)), channels=2)
    words = sorted((*said.words, *await _overheard(sheet)), key=lambda word: word.start)
    target = asked.folder / "draft.mp4"
    await encode(clip.frames(sheet, size, seconds, tuple(words)), size, request.RATE, sound, target)
    return target


async def _overheard(sheet: Sheet) -> list[speech.Word]:
    """When the words of the voices that are laid over the clip will be heard: said here too, for their times alone."""
    found: list[speech.Word] = []
    for number, line in enumerate(sheet.lines):
        if line.place is not None:
            at, most = line.place
            said = await speech.speak([(line.who, line.text)], most)
            found += (speech.Word(number, word.text, at + word.start, at + word.end) for word in said.words)
    return found


async def _dubbed(asked: _Request) -> Path:
    """The clip that was sent with the voice that was sent: the lips are left to the model."""
    target = asked.folder / "draft.mp4"
    await dub(request.sent(asked.arguments, "video"), request.sent(asked.arguments, "audio"), target)
    return target


async def _text(asked: _Request) -> Path:
    target = asked.folder / "draft.txt"
    target.write_text(DESCRIPTION, encoding="utf-8")
    return target


async def _weights(asked: _Request) -> Path:
    target = asked.folder / "draft.safetensors"
    target.write_bytes(marker())
    return target


async def _audio(asked: _Request) -> Path:
    text = printable(str(asked.brief.get("text") or request.words(asked.arguments)))
    who = printable(str(asked.brief.get("who") or ""))
    if asked.endpoint.role == "voice":
        said = await speech.speak([(who, text)], _number(asked.brief.get("most")))
        if said.note:
            asked.note(said.note)
        samples = said.samples if len(said.samples) else np.zeros(speech.RATE // 2, np.float32)
    else:
        seconds = request.seconds(asked.endpoint, asked.arguments) or USUAL["audio"]
        samples = await anyio.to_thread.run_sync(bed, text, float(seconds))
    target, aside = asked.folder / "draft.wav", asked.folder / "draft.part.wav"
    speech.write_wav(aside, samples)
    os.replace(aside, target)
    return target


def _number(value: Json) -> float | None:
    """A positive number of the brief, written as text or as a number."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 < number < 86_400 else None
