"""A keyframe: the start frame of a scene, bought as a still with the cast's pictures as references."""

from adc.compiler.casting import Need, Refusal, cast
from adc.compiler.definitions import Keyframe, Scene
from adc.compiler.lower.identity import in_brief, pictured, subject
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.prompts import bind, compose_avoid, compose_still
from adc.compiler.request import resolution


def lower_keyframe(sheet: Sheet, scene: Scene, keyframe: Keyframe) -> Json:
    """Put the still on the sheet; gives the reference to it, or None where no model makes it (reported)."""
    members = pictured(scene.cast)
    look = scene.style or sheet.script.ad.style
    style = sheet.picture(look.reference) if look and look.reference else None
    need = Need(
        makes="image",
        seconds=None,
        aspect=sheet.script.ad.aspect,
        references=len(members) + (style is not None),
        start=False,
        end=False,
        speech=False,
        short_side=sheet.script.ad.short_side,
    )
    casting = cast(need, sheet.catalogue, keyframe.using.value if keyframe.using else None)
    if isinstance(casting, Refusal):
        sheet.refuse(casting, keyframe.using, keyframe.span)
        return None
    endpoint = casting.endpoint
    prompt = sheet.composed(lambda: compose_still(sheet.script, scene, endpoint, keyframe.prompt))
    facts: dict[str, Json] = {
        "prompt": prompt,
        "aspect": sheet.script.ad.aspect,
        "resolution": resolution(endpoint, sheet.script.ad.short_side),
        "subjects": [subject(sheet, member).to_fact() for member in members],
        "style": style,
        "avoid": sheet.composed(lambda: compose_avoid(sheet.script, scene, endpoint)) or None,
        "seed": scene.seed,
    }
    plain = bind(sheet.script, scene, None)
    brief: dict[str, Json] = {
        "title": f"{scene.name}.keyframe",
        "view": "keyframe",
        "model": endpoint.title,
        "aspect": sheet.script.ad.aspect,
        "words": sheet.words(keyframe.prompt, plain),
        "cast": [in_brief(sheet, member) for member in members],
    }
    return buy(
        sheet,
        f"{scene.name}.keyframe",
        endpoint,
        facts,
        purpose=f"the frame that {scene.name} starts from",
        why=casting.why,
        brief=brief,
        span=keyframe.span,
        take=scene.take,
    )
