"""A scene: the model that takes it, what it starts from, its clip, and the voices over it.

A scene starts from words alone, from a picture, from a keyframe bought as a still, from the end of another scene, or,
after `transition continue`, from the last frame of the scene before it. That frame is on screen already, so the
film drops it at the head of the continued clip.
"""

from dataclasses import dataclass
from fractions import Fraction

from adc.compiler.casting import Casting, Need, Refusal, cast
from adc.compiler.definitions import FrameOf, Keyframe, Picture, Scene
from adc.compiler.lower.identity import in_brief, pictured, subject
from adc.compiler.lower.keyframe import lower_keyframe
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.lower.speech import places
from adc.compiler.plan import Json, Step
from adc.compiler.prompts import bind, compose_avoid, compose_clip
from adc.compiler.request import resolution
from adc.compiler.units import seconds_text


@dataclass(frozen=True, slots=True)
class Clip:
    """A scene's clip: the reference to it, the seconds it is bought for, the film's frames that show it.

    `continues` says that its first frame is a repeat, which the film drops.
    """

    scene: Scene
    ref: Json
    bought: Fraction
    frames: int
    continues: bool


def lower_scene(sheet: Sheet, scene: Scene, frames: int, earlier: dict[str, Clip], before: Clip | None) -> Clip | None:
    """Put the scene's steps on the sheet. `before` is the clip that this one continues, if it does."""
    members = pictured(scene.cast)
    speaks = any(line.on_camera for line in scene.lines)
    look = scene.style or sheet.script.ad.style
    styled = look is not None and look.reference is not None
    need = Need(
        makes="video",
        seconds=scene.seconds,
        aspect=sheet.script.ad.aspect,
        # A style's picture takes a place beside the cast's; alone it asks for no model that takes references.
        references=len(members) + styled if members else 0,
        start=scene.start is not None or before is not None,
        end=False,
        speech=speaks,
        short_side=sheet.script.ad.short_side,
    )
    casting = cast(need, sheet.catalogue, scene.using.value if scene.using else None)
    if isinstance(casting, Refusal):
        sheet.refuse(casting, scene.using, scene.span)
        return None
    if casting.references_waived and scene.using is None:
        sheet.report(
            "AD0502",
            f"no model takes the pictures of {scene.name}'s cast along with its start frame",
            scene.span,
            label=f"{casting.endpoint.model} keeps the face by the start frame alone",
            hint="name a model with `using`, or leave out what only few models do",
            warning=True,
        )
    start = _start(sheet, scene, earlier, before)
    if need.start and start is None:
        return None  # what it would start from could not be lowered, which is reported already
    endpoint = casting.endpoint
    subjects = [subject(sheet, member) for member in members] if _named(casting) else []
    style = sheet.picture(look.reference) if look and look.reference and _named(casting) else None
    prompt = sheet.composed(lambda: compose_clip(sheet.script, scene, endpoint, start=start is not None))
    facts: dict[str, Json] = {
        "prompt": prompt,
        "seconds": casting.seconds,
        "aspect": sheet.script.ad.aspect,
        "resolution": resolution(endpoint, sheet.script.ad.short_side),
        "speech": speaks,
        "avoid": sheet.composed(lambda: compose_avoid(sheet.script, scene, endpoint)) or None,
        "seed": scene.seed,
        "start_frame": start,
        "subjects": [one.to_fact() for one in subjects],
        "style": style,
    }
    bought = Fraction(casting.seconds) if casting.seconds is not None else scene.seconds
    ref = buy(
        sheet,
        f"{scene.name}.clip",
        endpoint,
        facts,
        purpose=_purpose(scene, bought),
        why=casting.why,
        take=scene.take,
        options=scene.options,
        brief=_brief(sheet, scene, frames, casting, starts=start is not None, continues=before is not None),
        span=scene.span,
    )
    return Clip(scene, ref, bought, frames, continues=before is not None)


def last_frame(sheet: Sheet, clip: Clip) -> Json:
    """The reference to the last frame of a clip that is on screen; asked for only where something starts from it."""
    arguments: dict[str, Json] = {
        "video": clip.ref,
        "frames": clip.frames,
        "rate": sheet.script.ad.rate,
        "skip": int(clip.continues),
    }
    step_id = f"{clip.scene.name}.last_frame"
    return sheet.add(Step(step_id, "frame", None, arguments, "image", f"where {clip.scene.name} ends"))


def _named(casting: Casting) -> bool:
    return casting.endpoint.takes.references > 0 and not casting.references_waived


def _start(sheet: Sheet, scene: Scene, earlier: dict[str, Clip], before: Clip | None) -> Json:
    if before is not None:
        return last_frame(sheet, before)
    match scene.start:
        case Picture():
            return sheet.picture(scene.start)
        case Keyframe():
            return lower_keyframe(sheet, scene, scene.start)
        case FrameOf(name):
            clip = earlier.get(name.value)
            return last_frame(sheet, clip) if clip else None
    return None


def _purpose(scene: Scene, bought: Fraction) -> str:
    if bought == scene.seconds:
        return f"scene {scene.name}, {seconds_text(bought)} s"
    return f"scene {scene.name}, buys {seconds_text(bought)} s, keeps {seconds_text(scene.seconds)} s"


def _brief(
    sheet: Sheet, scene: Scene, frames: int, casting: Casting, *, starts: bool, continues: bool
) -> dict[str, Json]:
    scope = bind(sheet.script, scene, None)
    voices = places(sheet.script, scene, frames)

    def seconds(count: int) -> str:
        return seconds_text(Fraction(count, sheet.script.ad.rate))

    brief: dict[str, Json] = {
        "scene": scene.name,
        "model": casting.endpoint.title,
        "seconds": seconds_text(scene.seconds),
        "aspect": sheet.script.ad.aspect,
        "rate": sheet.script.ad.rate,
        "cast": [in_brief(sheet, member) for member in scene.cast],
        "lines": [
            {
                "who": line.who.display if line.who else "",
                "text": sheet.words(line.text, scope),
                "on_camera": line.on_camera,
                **({"at": seconds(voices[index][0]), "most": seconds(voices[index][1])} if index in voices else {}),
            }
            for index, line in enumerate(scene.lines)
        ],
        "start": starts,
        "continues": continues,
    }
    for part, text in scene.parts.items():
        brief[part] = sheet.words(text, scope)
    if scene.prompt is not None:
        brief["action"] = sheet.words(scene.prompt, scope)
    return brief
