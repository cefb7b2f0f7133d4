"""Words on the picture: supers where the spec puts them, and captions from what is said."""

from collections.abc import Iterator

from adc.compiler.definitions import Scene
from adc.compiler.lower.card import shown
from adc.compiler.lower.sheet import Sheet
from adc.compiler.lower.speech import when_said
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


def captions(sheet: Sheet, scene: Scene, start: int, frames: int) -> Iterator[Json]:
    """What is said in a scene, or in one of its shots, and about when; the film sets it to the words that are heard."""
    scope = sheet.scope(scene)
    for index, (at, length) in when_said(sheet.script, scene, frames).items():
        line = scene.lines[index]
        words = " ".join(shown(sheet, line.text, scope).split())
        who = line.who.display if line.who else ""
        yield {"text": words, "who": who, "at": start + at, "frames": length}


def cut_up(scene: Scene, start: int, frames: int) -> Iterator[tuple[Scene, int, int]]:
    """The scene, or each of its shots, with its place on the timeline in frames."""
    at = start
    shares = shared_frames(frames, (shot.seconds for shot in scene.shots)) if scene.shots else ()
    for shot, share in zip(scene.shots, shares, strict=True):
        yield shot, at, share
        at += share
    if scene.lines or scene.supers or not scene.shots:
        yield scene, start, frames
