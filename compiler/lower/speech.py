"""A voice-over: words spoken off camera, bought from a text-to-speech model and mixed over the clip.

Several in one scene share its time in proportion to their words, one after the other.
"""

from dataclasses import dataclass
from fractions import Fraction

from adc.compiler.casting import Need, Refusal, cast
from adc.compiler.definitions import Line, Scene
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


def lower_voiceovers(sheet: Sheet, scene: Scene, frames: int) -> list[Voice]:
    """Put a step on the sheet for each voice-over of the scene, which lasts `frames`."""
    lines = [line for line in scene.lines if not line.on_camera]
    letters = [len(line.text.value) for line in lines]
    borders = [frames * sum(letters[:count]) // max(1, sum(letters)) for count in range(len(lines) + 1)]
    return [
        Voice(
            _voiceover(
                sheet, scene, line, number if len(lines) > 1 else None, Fraction(end - at, sheet.script.ad.rate)
            ),
            at,
            end - at,
        )
        for number, (line, at, end) in enumerate(zip(lines, borders, borders[1:], strict=False), start=1)
    ]


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
