"""A morph: a clip that a model makes between two scenes, from the last frame of one to the first frame of the next."""

from adc.compiler.casting import Need, Refusal, cast
from adc.compiler.definitions import Scene, Text, Transition
from adc.compiler.frozen import replace
from adc.compiler.lower.asked import morph_asks
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.scene import Clip, first_frame, last_frame
from adc.compiler.lower.sheet import Sheet
from adc.compiler.lower.upscale import enlarged
from adc.compiler.prompts import compose_clip
from adc.compiler.request import resolution
from adc.compiler.units import seconds_text

MODEL = "kling_o3"
"""Who makes a morph; the language names it with `transition morph`."""

_PLAIN = "what is seen at the start turns, in one slow unbroken movement, into what is seen at the end"


def lower_morph(
    sheet: Sheet, morph: Transition, before: tuple[Scene, Clip], after: tuple[Scene, Clip], frames: int
) -> Clip | None:
    """Put the morph on the sheet; it lasts `frames`. None where the model does not make it, which is reported."""
    ad = sheet.script.ad
    need = Need("clip", morph.seconds, ad.aspect, start=True, end=True, short_side=ad.short_side)
    casting = cast(need, sheet.catalogue, MODEL)
    if isinstance(casting, Refusal) or len(casting.parts) > 1:
        longest = max(endpoint.takes.seconds[-1] for endpoint in sheet.catalogue.of_model(MODEL))
        message = f"a morph lasts at most {longest} s, found {seconds_text(morph.seconds)} s"
        sheet.report(
            "AD0501", message, morph.span, label=f"made by {MODEL}", hint=f"write `transition morph {longest}s`"
        )
        return None
    endpoint = casting.endpoint
    scene = _as_scene(morph, before[0], after[0])
    clip_id = f"{after[0].name}.morph"
    words = morph.prompt.value if morph.prompt else _PLAIN
    bought, _ = casting.parts[0].seconds
    purpose = f"{before[0].name} turns into {after[0].name}, {seconds_text(bought)} s"
    if bought != morph.seconds:
        purpose = purpose.removesuffix(f", {seconds_text(bought)} s")
        purpose += f", buys {seconds_text(bought)} s, keeps {seconds_text(morph.seconds)} s"
    ref = buy(
        sheet,
        clip_id,
        endpoint,
        {
            "prompt": sheet.composed(
                lambda: compose_clip(sheet.script, scene, endpoint, start=True, end=True, write=sheet.write)
            ),
            "seconds": casting.seconds,
            "aspect": ad.aspect,
            "resolution": resolution(endpoint, ad.short_side),
            "start_frame": last_frame(sheet, before[1]),
            "end_frame": first_frame(sheet, after[0].name, after[1]),
        },
        purpose=purpose,
        asked={} if sheet.rough else {**morph_asks(sheet, scene, morph.prompt), "seconds": seconds_text(morph.seconds)},
        templated=True,
        why=casting.why.replace("named in the spec", "the model of morphs"),
        brief={
            "scene": f"{before[0].name} to {after[0].name}",
            "model": endpoint.title,
            "seconds": seconds_text(morph.seconds),
            "aspect": ad.aspect,
            "rate": ad.rate,
            "cast": [],
            "lines": [],
            "start": True,
            "continues": True,
            "action": sheet.words(morph.prompt, sheet.scope(None)) if morph.prompt else words,
        },
        span=morph.span,
    )
    shown = enlarged(sheet, scene, clip_id, endpoint, ref, bought)
    return Clip(clip_id, shown, bought, morph.seconds, frames, 1, ref, endpoint.model, bought)


def _as_scene(morph: Transition, before: Scene, after: Scene) -> Scene:
    """The morph as a scene of nobody: whoever is seen, the two frames show."""
    action = morph.prompt or Text(_PLAIN, morph.span, ())
    return replace(
        after,
        name=f"{before.name}_to_{after.name}",
        seconds=morph.seconds,
        using=None,
        cast=(),
        parts={"action": action, "camera": Text("one unbroken movement", morph.span, ())},
        prompt=None,
        reference=None,
        lines=(),
        supers=(),
        start=None,
        end=None,
        shots=(),
        seed=None,
        options=(),
        effects=(),
        upscale=None,
    )
