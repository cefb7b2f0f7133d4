"""What a model would make, made here for nothing: a picture, a clip, a sound, words, for any endpoint of the catalogue.

The endpoint is known by what it makes, by its role and by the facts of its schema, never by its name, so a model that
is added to the catalogue can be drafted at once. The result has the size, the length, the rate and the first frame
that were asked for; what it shows is the storyboard. What only a model can find out is not made up: a description says
no more than where to look, trained weights are a marker that weighs nothing, and of a sound only the words are heard
that a draft has put into it.
"""

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import anyio.to_thread
import numpy as np

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.runtime import heard
from adc.runtime.draft import clip, request, speech
from adc.runtime.draft.bed import bed
from adc.runtime.draft.cutout import cut_out
from adc.runtime.draft.dub import dub
from adc.runtime.draft.encode import encode
from adc.runtime.draft.lengthen import lengthen
from adc.runtime.draft.marker import marker
from adc.runtime.draft.sheet import Sheet, open_picture, sheet_for
from adc.runtime.draft.spoken import note_words, words_of
from adc.runtime.draft.still import still
from adc.runtime.errors import MediaError
from adc.runtime.media import frames
from adc.runtime.media.probe import probe
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
    clip an MP4 (H.264 at 30 frames a second, AAC at 48 kHz where it speaks), a sound a WAV at 48 kHz, a text UTF-8,
    words JSON, the weights of a LoRA a safetensors file. `note` hears what had to give way, such as words that are too
    long for their clip.

    Raises MediaError for a picture that cannot be read, ToolError when the voice or the encoder fails.
    """
    path = await _maker(endpoint)(_Request(endpoint, arguments, brief, folder, note))
    return {name: path for name in endpoint.outputs}  # noqa: C420 - fromkeys loses the type


def _maker(endpoint: Endpoint) -> "Callable[[_Request], Awaitable[Path]]":
    match endpoint.role:
        case "lipsync":
            return _dubbed
        case "upscale":
            return _enlarged
        case "cutout":
            return _cut_out
        case "clip" if endpoint.takes.start_clip:
            return _lengthened
    makers = {"image": _image, "video": _video, "audio": _audio, "text": _text, "weights": _weights, "words": _words}
    return makers[endpoint.makes]


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


async def _cut_out(asked: _Request) -> Path:
    target, aside = asked.folder / "draft.png", asked.folder / "draft.part.png"
    sent = request.pictures(asked.endpoint, asked.arguments, {}).references
    if not sent:
        raise MediaError("the request brings no picture")

    def make() -> None:
        cut_out(open_picture(sent[0])).save(aside, compress_level=1)
        os.replace(aside, target)

    await anyio.to_thread.run_sync(make)
    return target


async def _video(asked: _Request) -> Path:
    return await _filmed(asked, await anyio.to_thread.run_sync(asked.sheet))


async def _lengthened(asked: _Request) -> Path:
    """The clip that was sent with what goes on from its last frame behind it."""
    sent = request.sent(asked.arguments, "video")
    last = await anyio.to_thread.run_sync(frames.last, sent, "the clip that is gone on from")
    sheet = await anyio.to_thread.run_sync(asked.sheet)
    new = await _filmed(asked, replace(sheet, start=last, continues=True))
    target = asked.folder / "draft.whole.mp4"
    both = probe(sent, "the clip that is gone on from"), probe(new, "the draft")
    assert both[1].picture is not None, "a clip has a picture"
    await lengthen((sent, new), both, (both[1].picture.width, both[1].picture.height), target)
    return target


async def _filmed(asked: _Request, sheet: Sheet) -> Path:
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
        note_words(sound, _noted(said))
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


async def _enlarged(asked: _Request) -> Path:
    """The clip that was sent: a draft stays as small as it is, and shows the same."""
    target = asked.folder / "draft.mp4"
    await anyio.to_thread.run_sync(shutil.copyfile, request.sent(asked.arguments, "video"), target)
    return target


async def _words(asked: _Request) -> Path:
    """The words that the sound says of itself."""
    target = asked.folder / "draft.json"
    target.write_bytes(heard.dump(words_of(request.sent(asked.arguments, "audio"))))
    return target


def _noted(said: speech.Spoken) -> list[heard.Word]:
    return [heard.Word(word.text, round(word.start, 3), round(word.end, 3)) for word in said.words]


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
    words: list[heard.Word] = []
    if asked.endpoint.role == "voice":
        said = await speech.speak([(who, text)], _number(asked.brief.get("most")))
        if said.note:
            asked.note(said.note)
        samples = said.samples if len(said.samples) else np.zeros(speech.RATE // 2, np.float32)
        words = _noted(said)
    else:
        seconds = request.seconds(asked.endpoint, asked.arguments) or USUAL["audio"]
        samples = await anyio.to_thread.run_sync(bed, text, float(seconds))
    target, aside = asked.folder / "draft.wav", asked.folder / "draft.part.wav"
    speech.write_wav(aside, samples)
    if words:
        note_words(aside, words)
    os.replace(aside, target)
    return target


def _number(value: Json) -> float | None:
    """A positive number of the brief, written as text or as a number."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 < number < 86_400 else None
