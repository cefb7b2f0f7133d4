"""A keyframe: a first or last frame of a scene, bought as a still with the cast's pictures as references.

Who has a LoRA is known to the still by it: she is called by her trigger word, and her pictures are not sent.
"""

from adc.compiler.casting import Need
from adc.compiler.definitions import Character, Keyframe, Scene
from adc.compiler.frozen import replace
from adc.compiler.lower.asked import still_asks
from adc.compiler.lower.identity import in_brief, pictured, subject
from adc.compiler.lower.lora import family_of, lower_lora
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.prompts import compose_avoid, compose_still, look_of, unpictured, without_pictures
from adc.compiler.request import resolution


def lower_keyframe(sheet: Sheet, scene: Scene, keyframe: Keyframe, step_id: str, purpose: str) -> Json:
    """Put the still on the sheet; gives the reference to it, or None where no model makes it (reported)."""
    trained = _trained(scene, keyframe)
    if keyframe.using and keyframe.using.value.endswith(".lora") and not trained:
        message = f"nobody in the cast of `{scene.name}` has `{keyframe.using.value}`"
        hint = "name a model of stills, or give the character a `lora { … }`"
        sheet.report("AD0201", message, keyframe.using.span, label="no such LoRA", hint=hint)
        return None
    members = [member for member in pictured(scene.cast) if member not in trained]
    look = look_of(sheet.script, scene)
    families = [family_of(sheet, member.lora) for member in trained if member.lora]
    need = Need(
        role="still",
        aspect=sheet.script.ad.aspect,
        references=len(members) + (look is not None),
        short_side=sheet.script.ad.short_side,
        loras=len(trained),
        lora_family=families[0] if families else "",
    )
    using = None if keyframe.using is None or keyframe.using.value.endswith(".lora") else keyframe.using
    own = [f"`{member.name}.lora`" for member in scene.cast if isinstance(member, Character) and member.lora]
    hint = f"did you mean {' or '.join(own)}?" if using is not None and own and "lora" in using.value else ""
    casting = sheet.cast(need, using, keyframe.span, hint=hint, step_id=step_id)
    if casting is None:
        return None
    endpoint = casting.endpoint
    if casting.references_waived and members:
        sheet.report(
            "AD0502",
            f"no model takes a LoRA along with the pictures of the others in {scene.name}",
            keyframe.span,
            label=f"{endpoint.model} is told of them in words",
            hint="leave out the LoRA with `using nano_banana`, or the others",
            warning=True,
        )
    sent = [] if casting.references_waived else members
    style = sheet.file(look) if look and not casting.references_waived else None
    weights = {member.name: lower_lora(sheet, member, member.lora) for member in trained if member.lora}
    told = _as_told(scene, trained)
    if casting.references_waived:
        told = without_pictures(sheet.script, told)
    prompt = sheet.composed(lambda: compose_still(sheet.script, told, endpoint, keyframe.prompt, sheet.write))
    facts: dict[str, Json] = {
        "prompt": prompt,
        "aspect": sheet.script.ad.aspect,
        "resolution": resolution(endpoint, sheet.script.ad.short_side),
        "subjects": [subject(sheet, member).to_fact() for member in sent],
        "style": style,
        "loras": [{"weights": weight} for weight in weights.values() if weight is not None],
        "avoid": sheet.composed(lambda: compose_avoid(sheet.script, told, endpoint)) or None,
        "seed": scene.seed,
    }
    plain = sheet.scope(scene)
    brief: dict[str, Json] = {
        "title": step_id,
        "view": "keyframe",
        "model": endpoint.title,
        "aspect": sheet.script.ad.aspect,
        "words": sheet.words(keyframe.prompt, plain),
        "cast": [in_brief(sheet, member) for member in scene.cast if member in members or member in trained],
    }
    return buy(
        sheet,
        step_id,
        endpoint,
        facts,
        purpose=purpose,
        asked={}
        if sheet.rough
        else {
            **still_asks(sheet, scene, keyframe.prompt, sent, None if casting.references_waived else look),
            "loras": [weights.get(member.name) for member in scene.cast],
        },
        using=using,
        templated=True,
        why=casting.why,
        brief=brief,
        span=keyframe.span,
        take=scene.take,
    )


def _as_told(scene: Scene, trained: list[Character]) -> Scene:
    """The scene as the still's model knows it: those who are `trained` by their trigger words, nobody else by one."""
    if not any(isinstance(member, Character) and member.lora for member in scene.cast):
        return scene
    return replace(
        scene,
        cast=tuple(
            unpictured(member)
            if member in trained
            else replace(member, lora=None)
            if isinstance(member, Character)
            else member
            for member in scene.cast
        ),
    )


def _trained(scene: Scene, keyframe: Keyframe) -> list[Character]:
    """Those of the cast whom the still knows by their LoRA: all who have one, or her whom `using maya.lora` names."""
    trained = [member for member in scene.cast if isinstance(member, Character) and member.lora]
    if keyframe.using is None:
        return trained
    return [member for member in trained if keyframe.using.value == f"{member.name}.lora"]
