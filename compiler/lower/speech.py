"""A voice-over: words spoken off camera, bought from a text-to-speech model and mixed over the clip.

They come behind what is said on camera, which takes the scene's first seconds by the length of its words. Several
share the rest in proportion to theirs, one after the other. A check has seen to it that there is a rest.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from adc.compiler.aloud import letters, rest
from adc.compiler.casting import Need, Refusal, cast
from adc.compiler.definitions import Line, Scene, Script
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.prompts import bind
from adc.compiler.units import seconds_text


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice-over: the reference to its sound, and its place in frames from the start of the scene."""

    sound: Json
    at: int
    frames: int


def places(script: Script, scene: Scene, frames: int) -> dict[int, tuple[int, int]]:
    """Where each voice-over of a scene of `frames` has its place: by its index in `scene.lines`, start and length."""
    lines = [index for index, line in enumerate(scene.lines) if not line.on_camera]
    spoken = letters((line for line in scene.lines if line.on_camera), script)
    left = int(frames * rest(spoken, scene.seconds) / scene.seconds)
    counts = [letters([scene.lines[index]], script) for index in lines]
    borders = [frames - left + left * sum(counts[:count]) // max(1, sum(counts)) for count in range(len(lines) + 1)]
    return {index: (at, end - at) for index, (at, end) in zip(lines, pairwise(borders), strict=True)}


def lower_voiceovers(sheet: Sheet, scene: Scene, frames: int) -> list[Voice]:
    """Put a step on the sheet for each voice-over of the scene, which lasts `frames`."""
    found = places(sheet.script, scene, frames)
    voices: list[Voice] = []
    for number, (index, (at, length)) in enumerate(found.items(), start=1):
        most = Fraction(length, sheet.script.ad.rate)
        sound = _voiceover(sheet, scene, scene.lines[index], number if len(found) > 1 else None, most)
        voices.append(Voice(sound, at, length))
    return voices


def _voiceover(sheet: Sheet, scene: Scene, line: Line, number: int | None, most: Fraction) -> Json:
    need = Need(
        makes="audio", seconds=None, aspect=sheet.script.ad.aspect, references=0, start=False, end=False, speech=True
    )
    casting = cast(need, sheet.catalogue, None)
    if isinstance(casting, Refusal):
        sheet.refuse(casting, None, line.span)
        return None
    scope = bind(sheet.script, scene, None)
    text = sheet.words(line.text, scope)
    if not text.strip():
        return None  # which is reported already
    voice = sheet.words(line.who.voice, scope) if line.who and line.who.voice else None
    step_id = f"{scene.name}.voiceover" if number is None else f"{scene.name}.voiceover.{number}"
    who = line.who.display if line.who else ""
    return buy(
        sheet,
        step_id,
        casting.endpoint,
        {"text": text, "voice": voice},
        purpose=f"{who or 'a voice'} over {scene.name}",
        why=casting.why,
        brief={
            "who": who,
            "text": text,
            "most": seconds_text(most),
            "model": casting.endpoint.title,
        },
        span=line.text.span,
    )
