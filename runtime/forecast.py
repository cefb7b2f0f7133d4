"""What a build would do, told before it does anything.

Keys are made by the same function as when running, so the forecast cannot disagree with the build. A step's key
needs the bytes of its inputs; where an input has still to be made nobody knows yet whether the step will run (an
input made again with the same bytes changes nothing), so all that is said is after what it will be decided.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from adc.compiler.digest import plan_keys
from adc.compiler.plan import Plan, Step, StepKind
from adc.runtime.policy import wanted
from adc.runtime.ports import NOTHING_HELD, Attempt, Handler, Holds, Result
from adc.runtime.step_cache import StepCache


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is known of a step beforehand.

    `under way` is what an earlier build has asked for, or bought, and this one goes on with; `unsure` is what one may
    have bought, without anybody knowing. `stale` is held by a decision although its key is another by now, and `spared`
    what nobody needs because all who would are held. `after` names the nearest step that has to end first: one whose
    output it needs, or, where `key` is known, one with the same key, whose result will do for both.
    """

    step_id: str
    status: Literal["cached", "will run", "after", "under way", "unsure", "stale", "spared"]
    after: str | None
    key: str | None


def forecast(
    plan: Plan,
    handlers: Mapping[StepKind, Handler],
    cache: StepCache,
    goal: Iterable[str] | None = None,
    *,
    opened: Callable[[str], Attempt | None] = lambda _key: None,
    holds: Holds = NOTHING_HELD,
) -> tuple[Forecast, ...]:
    """The forecast of each step that `goal` needs, or of all, in plan order. Raises StoreError.

    `opened` gives the attempt of the ledger that is open for a key; `holds` are the results that were decided for.
    """
    results: dict[str, Result] = {}
    running: dict[str, str] = {}
    said: list[Forecast] = []
    sought = {step.id for step in wanted(plan, goal, holds.results)}
    for step in wanted(plan, goal):
        if step.id in holds.results:
            known = all(need in results for need in step.needs)
            key = cache.key_of(step, handlers[step.kind].engine(step), results) if known else None
            results[step.id] = holds.results[step.id]
            stale = key is not None and key != holds.keys[step.id]
            said.append(Forecast(step.id, "stale" if stale else "cached", None, holds.keys[step.id]))
            continue
        if step.id not in sought and not all(need in results for need in step.needs):
            said.append(Forecast(step.id, "spared", None, None))
            continue
        pending = {need for need in step.needs if need not in results}
        if pending:
            nearest = next(earlier.step_id for earlier in reversed(said) if earlier.step_id in pending)
            said.append(Forecast(step.id, "after", nearest, None))
            continue
        key = cache.key_of(step, handlers[step.kind].engine(step), results)
        result = cache.lookup(key)
        if result is not None:
            results[step.id] = result
            said.append(Forecast(step.id, "cached", None, key))
        elif step.id not in sought:
            said.append(Forecast(step.id, "spared", None, key))
        elif key in running:
            said.append(Forecast(step.id, "after", running[key], key))
        else:
            running[key] = step.id
            attempt = opened(key) if handlers[step.kind].remote else None
            said.append(Forecast(step.id, "will run" if attempt is None else _standing(attempt), None, key))
    return tuple(said)


def _standing(attempt: Attempt) -> Literal["under way", "unsure"]:
    return "unsure" if attempt.state in ("intended", "ambiguous") else "under way"


def purchases(plans: Iterable[Plan]) -> tuple[Step, ...]:
    """What these plans buy live when nothing is in the store. What they have in common is bought once."""
    return _bought((plan, {step.id for step in plan.steps}) for plan in plans)


def purchases_ahead(builds: Iterable[tuple[Plan, Iterable[Forecast]]]) -> tuple[Step, ...]:
    """What these builds, one after the other, may still have to buy live, with what they have in common once."""
    return _bought((plan, {said.step_id for said in forecasts if _may_run(said)}) for plan, forecasts in builds)


def _may_run(said: Forecast) -> bool:
    """Whether the step may have to be done itself; one that is known to equal another waits for that one's result."""
    return said.status in ("will run", "unsure") or (said.status == "after" and said.key is None)


def _bought(builds: Iterable[tuple[Plan, Container[str]]]) -> tuple[Step, ...]:
    """Those of the named steps that are bought, each once."""
    bought: dict[str, Step] = {}
    for plan, named in builds:
        keys = plan_keys(plan)
        for step in plan.steps:
            if step.kind == "generate" and step.id in named:
                bought.setdefault(keys[step.id], step)
    return tuple(bought.values())


def usd_ahead(plan: Plan, forecasts: Iterable[Forecast]) -> Decimal:
    """The most that the build of a whole plan will spend live."""
    return usd_of(purchases_ahead([(plan, forecasts)]))


def usd_of(steps: Iterable[Step]) -> Decimal:
    """What steps cost together."""
    return sum((step.price.usd for step in steps), Decimal(0))
