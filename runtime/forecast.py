"""What a build would do, told before it does anything.

Keys are made by the same function as when running, so the forecast cannot disagree with the build. A step's key
needs the bytes of its inputs; where an input has still to be made nobody knows yet whether the step will run (an
input made again with the same bytes changes nothing), so all that is said is after what it will be decided.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from adc.compiler.plan import Plan, StepKind
from adc.runtime.policy import wanted
from adc.runtime.ports import Handler, Result
from adc.runtime.step_cache import StepCache, key_of


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is known of a step beforehand.

    `after` names the nearest step that has to end first: one whose output it needs, or, where `key` is known, one
    with the same key, whose result will do for both.
    """

    step_id: str
    status: Literal["cached", "will run", "after"]
    after: str | None
    key: str | None


def forecast(
    plan: Plan, handlers: Mapping[StepKind, Handler], cache: StepCache, goal: Iterable[str] | None = None
) -> tuple[Forecast, ...]:
    """The forecast of each step that `goal` needs, or of all, in plan order. Raises StoreError."""
    results: dict[str, Result] = {}
    running: dict[str, str] = {}
    said: list[Forecast] = []
    for step in wanted(plan, goal):
        pending = {need for need in step.needs if need not in results}
        if pending:
            nearest = next(earlier.step_id for earlier in reversed(said) if earlier.step_id in pending)
            said.append(Forecast(step.id, "after", nearest, None))
            continue
        key = key_of(step, handlers[step.kind].engine(step), results)
        result = cache.lookup(key)
        if result is not None:
            results[step.id] = result
            said.append(Forecast(step.id, "cached", None, key))
        elif key in running:
            said.append(Forecast(step.id, "after", running[key], key))
        else:
            running[key] = step.id
            said.append(Forecast(step.id, "will run", None, key))
    return tuple(said)


def usd_ahead(plan: Plan, forecasts: Iterable[Forecast]) -> Decimal:
    """The most that the build will spend live: the prices of all steps that may run, twins counted once."""
    price = {step.id: step.price.usd for step in plan.steps}
    may_run = (said for said in forecasts if said.status == "will run" or (said.status == "after" and said.key is None))
    return sum((price[said.step_id] for said in may_run), Decimal(0))
