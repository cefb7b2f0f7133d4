"""A sound effect: bought from words for the seconds that it is heard, and laid over the film at its time."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from adc.compiler.casting import Need
from adc.compiler.definitions import Effect, Scene
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.units import frames_in, seconds_text


def lower_effects(sheet: Sheet, scene: Scene, start: int, frames: int, ids: Iterator[str]) -> Iterator[Json]:
    """The effects of a scene, or of one of its shots, that lasts `frames` from `start`: each sound with its place.

    Each takes the next of the step `ids`. One that no model makes is reported and left out.
    """
    rate = sheet.script.ad.rate
    for effect in scene.effects:
        at = frames_in(effect.at, rate)
        length = frames - at if effect.seconds is None else min(frames_in(effect.seconds, rate), frames - at)
        sound = _bought(sheet, scene, effect, next(ids), Fraction(length, rate))
        if sound is not None and length > 0:
            yield {"audio": sound, "at": start + at, "frames": length}


def ids_of(scene: Scene) -> Iterator[str]:
    """The step ids of a scene's effects, those of its shots among them; numbered where there are several."""
    count = sum(len(act.effects) for act in (scene, *scene.shots))
    return iter([f"{scene.name}.effect"] if count == 1 else [f"{scene.name}.effect.{n + 1}" for n in range(count)])


def _bought(sheet: Sheet, scene: Scene, effect: Effect, step_id: str, seconds: Fraction) -> Json:
    longest = max((endpoint.takes.longest or 0 for endpoint in sheet.catalogue.of_role("sound")), default=0)
    hint = f"say how long it lasts, at most `for {longest}s`" if seconds > longest else ""
    casting = sheet.cast(Need("sound", seconds), effect.using, effect.span, hint=hint, step_id=step_id)
    if casting is None:
        return None
    length = casting.seconds or ceil(seconds)
    words = sheet.words(effect.text, sheet.scope(scene, casting.endpoint))
    return buy(
        sheet,
        step_id,
        casting.endpoint,
        {"prompt": words, "seconds": length, "milliseconds": 1000 * length},
        purpose=f"a sound in {scene.name}, {seconds_text(seconds)} s",
        asked={"words": words, "seconds": seconds_text(seconds)},
        using=effect.using,
        why=casting.why,
        brief={"title": step_id, "words": words, "seconds": str(length), "model": casting.endpoint.title},
        span=effect.span,
        take=scene.take,
    )
