"""Words on the picture: supers where the spec puts them, and captions from what is said.

Captions stand about when their line is said. Where the ad names a model that hears, each sound with words in it is
heard once, and the film sets every word to its time; what is written stays what the spec says.
"""

from collections.abc import Iterator, Sequence

from adc.compiler.casting import Need
from adc.compiler.definitions import Name, Scene
from adc.compiler.lower.card import shown
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.lower.speech import Said, when_said
from adc.compiler.plan import Json
from adc.compiler.units import frames_in, shared_frames


def supers(sheet: Sheet, scene: Scene, start: int, frames: int) -> Iterator[Json]:
    """The supers of a scene, or of one of its shots, that lasts `frames` from `start`."""
    scope = sheet.scope(scene)
    rate = sheet.script.ad.rate
    for text in scene.supers:
        at = frames_in(text.at, rate)
        length = frames - at if text.seconds is None else min(frames_in(text.seconds, rate), frames - at)
        words = shown(sheet, text.text, scope)
        yield {"text": words, "place": text.place, "at": start + at, "frames": max(0, length)}


def captions(
    sheet: Sheet, scene: Scene, start: int, frames: int, said: Sequence[Said], clips: Sequence[str]
) -> Iterator[Json]:
    """What is said in a scene, or in one of its shots, and about when; the film sets it to the words that are heard.

    `said` tells where each of the scene's lines is heard, `clips` what the film calls its clips.
    """
    heard_by = sheet.script.ad.captions_heard
    where = {each.line.span: each for each in said}
    scope = sheet.scope(scene)
    for index, (at, length) in when_said(sheet.script, scene, frames).items():
        line = scene.lines[index]
        words = " ".join(shown(sheet, line.text, scope).split())
        who = line.who.display if line.who else ""
        caption: dict[str, Json] = {"text": words, "who": who, "at": start + at, "frames": length}
        sound = where.get(line.span)
        if heard_by is not None and sound is not None and sound.sound is not None:
            caption["heard"] = _heard(sheet, sound, heard_by)
            if sound.clip is not None:
                caption["clip"] = clips[sound.clip]
        yield caption


def _heard(sheet: Sheet, said: Said, using: Name) -> Json:
    """The words of a sound with their times, bought once for all lines in it; None where no model hears (reported)."""
    casting = sheet.cast(Need("transcription"), using, using.span)
    if casting is None:
        return None
    return buy(
        sheet,
        said.id,
        casting.endpoint,
        {"audio": said.sound},
        purpose=f"when the words of {said.id.removesuffix('.words')} are said",
        asked={},
        using=using,
        why=casting.why,
        brief={"title": said.id, "model": casting.endpoint.title},
        span=using.span,
        clip=said.seconds,
    )


def cut_up(scene: Scene, start: int, frames: int) -> Iterator[tuple[Scene, int, int]]:
    """The scene, or each of its shots, with its place on the timeline in frames."""
    at = start
    shares = shared_frames(frames, (shot.seconds for shot in scene.shots)) if scene.shots else ()
    for shot, share in zip(scene.shots, shares, strict=True):
        yield shot, at, share
        at += share
    if scene.lines or scene.supers or scene.effects or not scene.shots:
        yield scene, start, frames
