"""What the lock means for a plan: which decisions count, what they pin, and which results they hold.

A decision counts for a step where the spec still asks for the same: its `asks` are the step's. Whose key is the step's
too is *current*. One whose key differs is *stale*: the world has moved (an endpoint's request, a wording, a frame that
was made again with other bytes) and the spec has not, so what was accepted is kept and used until somebody asks for
better. Where the spec asks for something else, no decision counts, and the step is *missing*: it is bought.

The same step under the same choices comes first, then the same step under others, then any step that asks for the
same: a scene that was renamed, or that another variant shares, keeps its take.
"""

import shlex
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from adc.compiler.catalogue import Catalogue, Endpoint
from adc.compiler.choices import Choices
from adc.compiler.digest import digest_bytes
from adc.compiler.pins import Pins
from adc.compiler.plan import Json, Plan, Step, canonical
from adc.runtime.glance import Outputs
from adc.runtime.lock import Decision, Lock, Verdict
from adc.runtime.ports import Holds, Result


def of_choices(plan_choices: Mapping[str, str], choices: Choices) -> str:
    """What decisions are for: the key of each variant, and each param that was set, by name, as a shell would read."""
    chosen = {**plan_choices, **choices.settings}
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in sorted(chosen.items()))


def pins_of(lock: Lock, of: str) -> Pins:
    """What the lock holds fast before anything is compiled: by step id, whatever the spec asks for now."""
    models: dict[str, str] = {}
    takes: dict[str, int] = {}
    for one in sorted(lock.decisions, key=lambda one: one.of == of):
        if one.verdict == "accepted":
            models[one.step] = one.model
            takes[one.step] = one.take
    takes.update(_after_rejected(lock, of))
    return Pins(models, takes, lock.templates)


def _after_rejected(lock: Lock, of: str) -> dict[str, int]:
    """The take that counts of each step none of whose takes is accepted: the newest that is open, else the next one."""
    by_step: dict[str, list[Decision]] = {}
    for one in lock.decisions:
        if one.of == of:
            by_step.setdefault(one.step, []).append(one)
    return {step: _next(takes) for step, takes in by_step.items() if all(one.verdict != "accepted" for one in takes)}


def _next(takes: Iterable[Decision]) -> int:
    rejected = [one.take for one in takes if one.verdict == "rejected"]
    waiting = [one.take for one in takes if one.verdict == "open"]
    return max(waiting) if waiting else max(rejected) + 1


def counting(plan: Plan, lock: Lock, of: str) -> Mapping[str, Decision]:
    """The decision that counts for each bought step of `plan` which has one."""
    named: dict[tuple[str, str, str], Decision] = {}
    anywhere: dict[tuple[str, str], Decision] = {}
    renamed: dict[str, Decision] = {}
    refused: set[tuple[str, str, str]] = set()
    for one in lock.decisions:
        if one.verdict == "accepted":
            named[one.of, one.step, one.asks] = one
            anywhere.setdefault((one.step, one.asks), one)
            renamed.setdefault(one.asks, one)
        elif one.verdict == "open":
            other = named.setdefault((one.of, one.step, one.asks), one)
            if other.verdict == "open" and other.take < one.take:
                named[one.of, one.step, one.asks] = one
        else:
            refused.add((one.of, one.step, one.asks))
    former = _former(plan, lock, of)
    found: dict[str, Decision] = {}
    for step in plan.steps:
        if step.kind != "generate":
            continue
        place = (of, step.id, step.asks)
        one_of = named.get(place)
        if one_of is None and step.id in former:
            one_of = named.get((of, former[step.id][0].step, step.asks))
        elif one_of is None and place not in refused:
            one_of = anywhere.get((step.id, step.asks)) or renamed.get(step.asks)
        if one_of is not None:
            found[step.id] = one_of
    return found


def _former(plan: Plan, lock: Lock, of: str) -> Mapping[str, Sequence[Decision]]:
    """The takes, of which there is one at least, of each bought step that had another name until now.

    That name is of no step any more, it asked for the same, and nothing was decided about the step by its own name.
    """
    steps = {step.id: step.asks for step in plan.steps if step.kind == "generate"}
    own: set[tuple[str, str]] = set()
    gone: dict[str, dict[str, list[Decision]]] = {}
    for one in lock.decisions:
        if one.of == of and one.step in steps:
            own.add((one.step, one.asks))
        elif one.of == of:
            gone.setdefault(one.asks, {}).setdefault(one.step, []).append(one)
    found: dict[str, Sequence[Decision]] = {}
    for step_id, asks in steps.items() if gone else ():
        names = gone.get(asks)
        if names and (step_id, asks) not in own:
            found[step_id] = names.pop(next(iter(names)))
    return found


def better_pins(
    plan: Plan, pinned: Container[str], pins: Pins, lock: Lock, of: str, catalogue: Catalogue, *, refresh: bool = False
) -> Pins | None:
    """Pins that suit what the spec asks for now; None where those that `plan` was compiled with do.

    `pinned` are the steps of `plan` that would be others without their pins. A pin of a step whose decision does not
    count any more is let go; a decision that counts for a step of another name pins that step. Where all takes of what
    is asked for were rejected, the next one counts. With `refresh`, takes alone are pinned.
    """
    found = counting(plan, lock, of)
    models, takes = dict(pins.models), dict(pins.takes)
    rejected: dict[tuple[str, str], int] = {}
    for step_id, one in (
        *((one.step, one) for one in lock.decisions if one.of == of),
        *((step_id, one) for step_id, lines in _former(plan, lock, of).items() for one in lines),
    ):
        if one.verdict == "rejected":
            rejected[step_id, one.asks] = max(one.take, rejected.get((step_id, one.asks), 0))
    for step in plan.steps:
        counts, last = found.get(step.id), rejected.get((step.id, step.asks))
        if counts is not None:
            if counts.take != step.take:
                takes[step.id] = counts.take
            if not refresh and counts.model != _model(step, catalogue):
                models[step.id] = counts.model
        elif last is not None:
            takes[step.id] = last + 1
        elif step.id in pinned:
            models.pop(step.id, None)
            takes.pop(step.id, None)
    better = Pins(models, takes, pins.templates)
    return better if (better.models, better.takes) != (pins.models, pins.takes) else None


def _model(step: Step, catalogue: Catalogue) -> str:
    assert step.endpoint is not None, step
    return catalogue.endpoint(step.endpoint).model


def holds_of(decisions: Mapping[str, Decision], plan: Plan, lookup: Callable[[str], Result | None]) -> Holds:
    """What the decisions that count hold: those whose very artifact is in the store. Raises StoreError."""
    found: dict[str, Result] = {}
    outputs = {step.id: step.output for step in plan.steps}
    for step_id, one in decisions.items():
        result = lookup(one.key)
        blob = result.outputs.get(outputs[step_id]) if result is not None else None
        if result is not None and blob is not None and blob.digest == one.artifact:
            found[step_id] = result
    return Holds(found, {step_id: decisions[step_id].key for step_id in found})


@dataclass(frozen=True, slots=True)
class Held:
    """What decisions hold, as far as a look at the store goes: digests by step and output, and the keys."""

    outputs: Mapping[str, Outputs]
    keys: Mapping[str, str]


def held_of(
    decisions: Mapping[str, Decision],
    plan: Plan,
    outputs: Callable[[Collection[str]], Mapping[str, Outputs]],
) -> Held:
    """As `holds_of`, where nothing is made: `outputs` gives those of the keys that have a result."""
    found = outputs([one.key for one in decisions.values()])
    kinds = {step.id: step.output for step in plan.steps}
    held = {
        step_id: found[one.key]
        for step_id, one in decisions.items()
        if one.key in found and found[one.key].get(kinds[step_id]) == one.artifact
    }
    return Held(held, {step_id: decisions[step_id].key for step_id in held})


@dataclass(frozen=True, slots=True)
class Made:
    """What a build has of a bought step: its key, and the result that went into the film."""

    key: str
    result: Result


def settled(
    lock: Lock,
    plan: Plan,
    of: str,
    *,
    kept: Mapping[str, Decision],
    made: Mapping[str, Made],
    catalogue: Catalogue,
    date: str,
    verdict: Verdict = "accepted",
) -> Lock:
    """The lock after a build under these choices, which used the decisions that are `kept` and has what was `made`.

    Decisions about steps that the plan does not have are dropped, and takes of something else that was asked for once;
    those of a step that was renamed are its own. A step that has neither keeps what was decided about it.
    """
    steps = {step.id: step for step in plan.steps if step.kind == "generate"}
    decided = [
        *(
            replace(one, step=step_id, of=of, asks=steps[step_id].asks, verdict=verdict)
            for step_id, one in kept.items()
        ),
        *(decision_about(steps[step_id], of, has, catalogue, date, verdict) for step_id, has in made.items()),
    ]
    replaced = {one.step for one in decided}
    lines = {
        (one.step, one.of, one.take): one
        for one in lock.decisions
        if one.of != of or (one.step in steps and (one.step not in replaced or one.asks == steps[one.step].asks))
    }
    for step_id, takes in _former(plan, lock, of).items():
        lines |= {(step_id, of, one.take): replace(one, step=step_id) for one in takes}
    for one in decided:
        decide(lines, one)
    return Lock(plan.name, with_wordings(lock.templates, steps.values()), tuple(lines.values()))


def with_wordings(templates: Mapping[str, int], steps: Iterable[Step]) -> Mapping[str, int]:
    """The versions of wordings that a lock has, with those that the steps were made with beside them."""
    found = dict(templates)
    for step in steps:
        family, _, version = step.template.partition("/")
        if family:
            found.setdefault(family, int(version))
    return found


def decide(lines: dict[tuple[str, str, int], Decision], one: Decision) -> None:
    """Put a decision among the others about its step; only one of them is accepted."""
    place = (one.step, one.of, one.take)
    before = lines.get(place)
    if before is not None and (before.key, before.artifact) == (one.key, one.artifact):
        one = replace(before, verdict=one.verdict)
    if one.verdict == "accepted":
        for other, line in lines.items():
            if other[:2] == place[:2] and line.verdict == "accepted":
                lines[other] = replace(line, verdict="open")
    lines[place] = one


def decision_about(step: Step, of: str, has: Made, catalogue: Catalogue, date: str, verdict: Verdict) -> Decision:
    """A decision about what was made of a bought step under these choices."""
    assert step.endpoint is not None, step
    endpoint = catalogue.endpoint(step.endpoint)
    seed = step.arguments.get("seed")
    return Decision(
        step=step.id,
        of=of,
        take=step.take,
        verdict=verdict,
        key=has.key,
        asks=step.asks,
        artifact=has.result.outputs[step.output].digest,
        endpoint=endpoint.id,
        model=endpoint.model,
        model_schema=schema_digest(endpoint),
        seed=seed if isinstance(seed, int) else None,
        request=has.result.receipt.request_id,
        usd=has.result.receipt.usd,
        date=date,
    )


def schema_digest(endpoint: Endpoint) -> str:
    """The digest of what an endpoint takes and gives."""
    schemas: dict[str, Json] = {"input": {**endpoint.input_schema}, "output": {**endpoint.output_schema}}
    return digest_bytes(canonical(schemas))
