"""A plan as a table for people: each step with its status, its model, its price, and the sum."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache

from adc.compiler.plan import Plan, Step
from adc.compiler.units import dollars_text, seconds_text
from adc.runtime.forecast import Forecast, purchases, purchases_ahead, usd_of
from adc.runtime.reporters.columns import beside

_NAMED = 3
"""Steps without a price that a sentence names; of more it says how many."""

_STANDING = (
    ("under way", "asked for by an earlier build, which has its price in the ledger; this one only fetches it"),
    ("unsure", "an earlier build may have bought it; fal's history is asked before it is bought again"),
    ("spared", "only needed by what the lock holds, so nothing is done"),
)
"""What the statuses mean that are no plain words."""


def plan_lines(plan: Plan, forecasts: Sequence[Forecast], models: Mapping[str, str], *, paid: bool) -> Iterator[str]:
    """The table's lines. `models` are names of models by endpoint.

    `paid` says whether this build would spend; a draft shows what a live one would cost.
    """
    seconds = seconds_text(Fraction(plan.frames, plan.rate))
    title = f' "{plan.title}"' if plan.title else ""
    yield f"{plan.name}{title}: {seconds} s, {plan.width}x{plan.height}, {plan.rate} fps"
    yield ""
    yield from step_lines(plan.steps, forecasts, models)
    yield ""
    yield from _sums(plan, forecasts, paid=paid)
    for step in plan.steps:
        if step.why:
            yield f"  {step.id}: {models[step.endpoint] if step.endpoint else 'here'}, {step.why}"


def step_lines(steps: Sequence[Step], forecasts: Sequence[Forecast], models: Mapping[str, str]) -> Iterator[str]:
    """One line a step, under heads. `models` are names of models by endpoint."""
    dollars = cache(dollars_text)  # ten thousand steps have a handful of prices
    table = [
        ["status", *[said.status if said.after is None else f"after {said.after}" for said in forecasts]],
        ["step", *[step.id for step in steps]],
        ["model", *[models[step.endpoint] if step.endpoint else "here" for step in steps]],
        ["price", *[_cost(step, dollars) for step in steps]],
        ["what for", *[step.purpose for step in steps]],
    ]
    return beside(table, right=("price",), indent="  ")


def together(builds: Sequence[tuple[Plan, Sequence[Forecast]]], *, paid: bool) -> Iterator[str]:
    """What several ads cost together, as they share what they have in common, and what they would one by one."""
    plans = [plan for plan, _ in builds]
    every = purchases(plans)
    alone = amount([step for plan in plans for step in purchases([plan])])
    films = f"{len(plans)} ad{'s' if len(plans) > 1 else ''}"
    yield f"{films}, {len(every)} paid steps, {amount(every)} together; one by one {alone}"
    ahead = purchases_ahead(builds)
    if paid and len(ahead) < len(every):
        yield f"this build spends {amount(ahead)} of it"


def amount(steps: Sequence[Step], most: str = "") -> str:
    """What steps cost, as in `about $2.52` or `$0.40 and an unknown amount for hook.clip`; `most` is `up to ` or so."""
    unknown = [step.id for step in steps if step.price.mark == "unknown"]
    usd = usd_of(steps)
    about = "about " if any(step.price.mark == "estimated" for step in steps) and not most else ""
    known = f"{most}{about}{dollars_text(usd)}"
    if not unknown:
        return known
    named = ", ".join(unknown) if len(unknown) <= _NAMED else f"{len(unknown)} steps"
    return f"{known} and an unknown amount for {named}" if usd else f"an unknown amount for {named}"


def _sums(plan: Plan, forecasts: Sequence[Forecast], *, paid: bool) -> Iterator[str]:
    there = sum(one.status in ("cached", "stale", "spared") for one in forecasts)
    yield f"  {len(forecasts) - there} of {len(forecasts)} steps to run, {there} cached"
    every = purchases([plan])
    if paid:
        ahead = amount(purchases_ahead([(plan, forecasts)]))
        yield f"  this build spends {ahead} of {dollars_text(usd_of(every))} in all"
        yield from explained(forecasts)
        yield from _stale(plan, forecasts)
    else:
        yield f"  this draft is free; live, the whole plan costs {amount(every)}"


def explained(forecasts: Sequence[Forecast]) -> Iterator[str]:
    """What those of the statuses mean that are no plain words."""
    said = {one.status for one in forecasts}
    yield from (f"  {status}: {words}" for status, words in _STANDING if status in said)


def _stale(plan: Plan, forecasts: Sequence[Forecast]) -> Iterator[str]:
    """What is used although it would be made in another way by now, and what it costs to have that."""
    named = {one.step_id for one in forecasts if one.status == "stale"}
    steps = [step for step in plan.steps if step.id in named]
    if steps:
        yield (
            f"  stale: kept as it was accepted, for the spec asks for the same; `--refresh` makes it again for "
            f"{amount(steps)}"
        )


def _cost(step: Step, dollars: Callable[[Decimal], str]) -> str:
    if step.kind != "generate":
        return "free"
    return "unknown" if step.price.mark == "unknown" else dollars(step.price.usd)
