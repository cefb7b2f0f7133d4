"""A plan as a table for people: each step with its status, its model, its price, and the sum."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from adc.compiler.catalogue import Catalogue
from adc.compiler.plan import Plan, Step
from adc.compiler.units import dollars_text, seconds_text
from adc.runtime.forecast import Forecast, usd_ahead


def plan_lines(plan: Plan, forecasts: Sequence[Forecast], catalogue: Catalogue, *, paid: bool) -> Iterator[str]:
    """The table's lines. `paid` says whether this build would spend; a draft shows what a live one would cost."""
    seconds = seconds_text(Fraction(plan.frames, plan.rate))
    title = f' "{plan.title}"' if plan.title else ""
    yield f"{plan.name}{title}: {seconds} s, {plan.width}x{plan.height}, {plan.rate} fps"
    yield ""
    rows = [
        (
            forecast.status if forecast.after is None else f"after {forecast.after}",
            step.id,
            _model(step, catalogue),
            _cost(step),
            step.purpose,
        )
        for step, forecast in zip(plan.steps, forecasts, strict=True)
    ]
    heads = ("status", "step", "model", "price", "what for")
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(4)]
    for row in (heads, *rows):
        status, step_id, model, cost, purpose = row
        yield (
            f"  {status:<{widths[0]}}  {step_id:<{widths[1]}}  {model:<{widths[2]}}  {cost:>{widths[3]}}  {purpose}"
        ).rstrip()
    yield ""
    yield from _sums(plan, forecasts, paid=paid)
    for step in plan.steps:
        if step.why:
            yield f"  {step.id}: {_model(step, catalogue)}, {step.why}"


def _sums(plan: Plan, forecasts: Sequence[Forecast], *, paid: bool) -> Iterator[str]:
    running = sum(one.status != "cached" for one in forecasts)
    cached = len(forecasts) - running
    marks = {step.price.mark for step in plan.steps if step.kind == "generate"}
    about = "about " if marks - {"exact"} else ""
    yield f"  {running} of {len(forecasts)} steps to run, {cached} cached"
    if paid:
        ahead = dollars_text(usd_ahead(plan, forecasts))
        yield f"  this build spends {about}{ahead} of {dollars_text(plan.usd)} in all"
    else:
        yield f"  this draft is free; live, the whole plan costs {about}{dollars_text(plan.usd)}"


def _model(step: Step, catalogue: Catalogue) -> str:
    return catalogue.endpoint(step.endpoint).model if step.endpoint else "here"


def _cost(step: Step) -> str:
    if step.kind != "generate":
        return "-"
    return "unknown" if step.price.mark == "unknown" else dollars_text(step.price.usd)
