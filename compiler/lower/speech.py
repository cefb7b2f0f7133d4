"""A voice-over: words spoken off camera, bought from a text-to-speech model and mixed over the clip."""

from adc.compiler.casting import Need, Refusal, cast
from adc.compiler.definitions import Line, Scene
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.prompts import bind
from adc.compiler.units import seconds_text


def lower_voiceovers(sheet: Sheet, scene: Scene) -> list[Json]:
    """Put a step on the sheet for each voice-over of the scene; gives the references to their sound, in order."""
    lines = [line for line in scene.lines if not line.on_camera]
    return [_voiceover(sheet, scene, line, number, len(lines)) for number, line in enumerate(lines, start=1)]


def _voiceover(sheet: Sheet, scene: Scene, line: Line, number: int, count: int) -> Json:
    need = Need(
        makes="audio", seconds=None, aspect=sheet.script.ad.aspect, references=0, start=False, end=False, speech=True
    )
    casting = cast(need, sheet.catalogue, None)
    if isinstance(casting, Refusal):
        sheet.report("AD0501", casting.message, line.span, hint=casting.hint)
        return None
    scope = bind(sheet.script, scene, None)
    text = sheet.words(line.text, scope)
    voice = sheet.words(line.who.voice, scope) if line.who and line.who.voice else None
    step_id = f"{scene.name}.voiceover" if count == 1 else f"{scene.name}.voiceover.{number}"
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
            "most": seconds_text(scene.seconds / count),
            "model": casting.endpoint.title,
        },
        span=line.text.span,
    )
