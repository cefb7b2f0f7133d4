"""What a build would do, told before it does anything.

Keys are made by the same function as when running, so the forecast cannot disagree with the build. A step's key
needs the bytes of its inputs; where an input has still to be made nobody knows yet whether the step will run (an
input made again with the same bytes changes nothing), so all that is said is after what it will be decided.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from adc.compiler.digest import Engine, plan_keys
from adc.compiler.plan import FileRef, Plan, Ref, Step, StepKind, needed
from adc.runtime.glance import Outputs

if TYPE_CHECKING:
    from adc.runtime.ports import AttemptState


class Forecast(NamedTuple):
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


class Maker(Protocol):
    """Who would do a kind of step: a handler, or what stands for one where nothing is made."""

    @property
    def remote(self) -> bool:
        """Whether the work happens elsewhere."""
        ...

    def engine(self, step: Step) -> Engine:
        """Its name; part of the step's key."""
        ...


class Known(Protocol):
    """What is known of keys: a step cache, or a look at a store."""

    def known_key(self, step: Step, engine: Engine, digest_of: Callable[[Ref], str]) -> str:
        """The key by which the step is known."""
        ...

    def outputs(self, keys: Collection[str]) -> Mapping[str, Outputs]:
        """The outputs of those of the keys that have a result."""
        ...


class Open(Protocol):
    """An attempt of the ledger."""

    @property
    def state(self) -> "AttemptState":
        """How far it has come."""
        ...


class Decided(Protocol):
    """Results that are used whatever the keys are by now."""

    @property
    def outputs(self) -> Mapping[str, Outputs]:
        """Their outputs, by step."""
        ...

    @property
    def keys(self) -> Mapping[str, str]:
        """The keys that they were made for, by step."""
        ...


def forecast(
    plan: Plan,
    handlers: Mapping[StepKind, Maker],
    cache: Known,
    goal: Iterable[str] | None = None,
    *,
    opened: Callable[[str], Open | None] = lambda _key: None,
    holds: Decided | None = None,
) -> tuple[Forecast, ...]:
    """The forecast of each step that `goal` needs, or of all, in plan order. Raises what `cache` and `opened` do.

    `opened` gives the attempt of the ledger that is open for a key; `holds` are the results that were decided for.
    """
    steps = plan.steps if goal is None else needed(plan.steps, goal)
    held = {} if holds is None else holds.outputs
    sought: Container[str] | None = None
    if held:
        from adc.runtime.policy import wanted

        sought = {step.id for step in wanted(plan, goal, held.keys())}
    keys, outputs = _known(steps, handlers, cache, held)
    place: dict[str, int] = {}
    running: dict[str, str] = {}
    said: list[Forecast] = []
    for step in steps:
        name, key = step.id, keys.get(step.id)
        if holds is not None and name in held:
            stale = key is not None and key != holds.keys[name]
            said.append(Forecast(name, "stale" if stale else "cached", None, holds.keys[name]))
        elif name in outputs:
            said.append(Forecast(name, "cached", None, key))
        elif sought is not None and name not in sought:
            said.append(Forecast(name, "spared", None, key))
        elif key is None:
            nearest = step.needs[0]
            if len(step.needs) > 1:
                place = place or {each.id: number for number, each in enumerate(steps)}
                nearest = max((need for need in step.needs if need not in outputs), key=place.__getitem__)
            said.append(Forecast(name, "after", nearest, None))
        elif key in running:
            said.append(Forecast(name, "after", running[key], key))
        else:
            running[key] = name
            attempt = opened(key) if handlers[step.kind].remote else None
            said.append(Forecast(name, "will run" if attempt is None else _standing(attempt), None, key))
    return tuple(said)


def _known(
    steps: Sequence[Step], handlers: Mapping[StepKind, Maker], cache: Known, held: Mapping[str, Outputs]
) -> tuple[dict[str, str], Mapping[str, Outputs]]:
    """The keys of the steps whose needs have results, and the outputs of those that have one.

    What is found lets further keys be made, so it goes in waves: the keys of a wave are asked for together.
    """
    keys: dict[str, str] = {}
    outputs = dict(held)

    def digest_of(ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else outputs[ref.step][ref.output]

    waiting: defaultdict[str, list[Step]] = defaultdict(list)  # by one of the needs that have no result yet
    looked_at: Sequence[Step] = steps
    while looked_at:
        wave: list[Step] = []
        others: list[Step] = []
        for step in looked_at:
            for need in step.needs:
                if need not in outputs:
                    if looked_at is steps:
                        others.append(step)
                    else:
                        waiting[need].append(step)
                    break
            else:
                wave.append(step)
        asked = [cache.known_key(step, handlers[step.kind].engine(step), digest_of) for step in wave]
        found = cache.outputs(asked)
        news: list[str] = []
        for step, key in zip(wave, asked, strict=True):
            keys[step.id] = key
            if key in found and step.id not in outputs:
                outputs[step.id] = found[key]
                news.append(step.id)
        if looked_at is steps:  # where nothing at all is there, nothing is told to wait for it
            looked_at = others if news else ()
        else:
            looked_at = [waiter for name in news for waiter in waiting.pop(name, ())]
    return keys, outputs


def _standing(attempt: Open) -> Literal["under way", "unsure"]:
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
