"""Clips as large as the film: where `upscale` asks for it, another model enlarges what is made smaller."""

from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

from adc.compiler.casting import Need
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import Scene
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.request import short_side_of
from adc.compiler.units import seconds_text


def enlarged(sheet: Sheet, scene: Scene, clip_id: str, maker: Endpoint, clip: Json, seconds: Fraction) -> Json:
    """The clip as large as the film, or as it is: where nobody asks for more, or it is as large already.

    `maker` made it, by the step `clip_id`; it lasts `seconds`. What cannot be had is reported.
    """
    wish = scene.upscale or sheet.script.ad.upscale
    if wish is None or clip is None:
        return clip
    wanted, has = sheet.script.ad.short_side, short_side_of(maker, sheet.steps[clip_id].arguments)
    if has is None or has >= wanted:
        if has is None:
            message = f"nobody knows how large the clips of `{maker.model}` are, so this one stays as it is"
            hint = "leave `upscale` out, or name a model of a known size with `using`"
            sheet.report("AD0584", message, scene.span, label="not enlarged", hint=hint, warning=True)
        elif scene.upscale is not None:
            message = f"`{maker.model}` makes `{scene.name}` as large as the film: {has} pixels on the short side"
            hint = "leave `upscale` out, or set `size` larger in the `ad`"
            sheet.report("AD0583", message, scene.upscale.span, label="nothing to enlarge", hint=hint, warning=True)
        return clip
    step_id = clip_id.replace(".clip", ".upscale").replace(".morph", ".morph_upscale")
    need = Need("upscale", seconds, short_side=wanted)
    casting = sheet.cast(need, wish.using, wish.span, step_id=step_id)
    if casting is None:
        return None
    factor = min(Fraction(wanted, has), Fraction(casting.endpoint.takes.factors[1]))
    becomes = min(wanted, int(has * factor))
    return buy(
        sheet,
        step_id,
        casting.endpoint,
        {"video": clip, "factor": _number(factor)},
        purpose=f"{clip_id.partition('.')[0]} from {has} to {becomes} pixels, {seconds_text(seconds)} s",
        asked={"size": wanted},
        using=wish.using,
        why=casting.why,
        brief={"title": f"{scene.name}.upscale", "model": casting.endpoint.title},
        span=wish.span,
        take=scene.take,
        clip=seconds,
        short_side=becomes,
    )


def _number(factor: Fraction) -> Json:
    """The factor with at most four digits after the point, never too small."""
    if factor.denominator == 1:
        return int(factor)
    exact = Decimal(factor.numerator) / factor.denominator
    return float(exact.quantize(Decimal("0.0001"), ROUND_CEILING))
