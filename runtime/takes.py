"""The takes of a scene, as the lock knows them: which there are, which number is next, and what a verdict changes.

A take is one attempt at all steps of a scene that have takes: its clips, their keyframes, what is done to them. Takes
are numbered through whatever was tried of the same words, under any choices, so that another take is never one that
was bought already. Those of other words than the scene has now are no takes of it any more.

The film changes when somebody decides so. Only where nothing of a scene was ever accepted does the first take that is
whole count at once, as it would after a build.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from adc.compiler.catalogue import Catalogue
from adc.compiler.plan import Plan, Step
from adc.runtime.decisions import Made, decide, decision_about, with_wordings
from adc.runtime.lock import Decision, Lock, Verdict


@dataclass(frozen=True, slots=True)
class Take:
    """A take of a scene. `decisions` are by step, under the names and the choices that they are looked at for.

    `counts` says whether the film is made from it.
    """

    number: int
    verdict: Verdict
    counts: bool
    decisions: Mapping[str, Decision]

    @property
    def usd(self) -> Decimal:
        """What was paid for it."""
        return sum((one.usd for one in self.decisions.values()), Decimal(0))

    def lacks(self, steps: Collection[str]) -> tuple[str, ...]:
        """Which of these steps it does not have."""
        return tuple(step for step in steps if step not in self.decisions)


def named(step_id: str, take: int) -> str:
    """What a step of a take is called beside the others: `hook.clip@3`."""
    return f"{step_id}@{take}"


def unnamed(name: str) -> str:
    """The step of the spec that a name is about, be it that of a take or not."""
    return name.partition("@")[0]


def steps_with_takes(plan: Plan, scene: str, number: int) -> tuple[Step, ...]:
    """The steps of a scene that have takes, in a plan with its take `number`, which no other step of it has.

    What is made from a purchase without takes that itself hangs on them, such as an enlarged morph, is left out: it
    follows the take that is accepted, and is no part of an attempt.
    """
    found: list[Step] = []
    within: set[str] = set()
    beyond: set[str] = set()
    for step in plan.steps:
        own = step.take == number and step.id.partition(".")[0] == scene
        if any(need in beyond for need in step.needs):
            beyond.add(step.id)
        elif own:
            found.append(step)
            within.add(step.id)
        elif any(need in within for need in step.needs):
            (beyond if step.kind == "generate" else within).add(step.id)
    return tuple(found)


def shown(plan: Plan, steps: Collection[str]) -> tuple[str, ...]:
    """Those of the steps that a film is cut from, in the order of the plan: without them a take is not whole."""
    used = {need for step in plan.steps if step.kind == "film" for need in step.needs}
    return tuple(step.id for step in plan.steps if step.id in used and step.id in steps)


def known_takes(steps: Sequence[Step], lock: Lock, of: str, counting: Mapping[str, Decision]) -> tuple[Take, ...]:
    """The takes of the steps of a scene, by number, as they stand under these choices.

    What was tried under others, or before the scene was renamed, is open here unless it counts (`counting`, by step).
    """
    found: dict[int, dict[str, Decision]] = {}
    ids = {step.id: step.asks for step in steps}
    for step_id, asks in ids.items():
        alike = [one for one in lock.decisions if one.asks == asks]
        alike.sort(key=lambda one: (one.of != of or one.step != step_id, one.step != step_id))
        for one in alike:
            here = one
            if (one.of, one.step) != (of, step_id):
                verdict: Verdict = "accepted" if counting.get(step_id) is one else "open"
                here = replace(one, of=of, step=step_id, verdict=verdict)
            found.setdefault(one.take, {}).setdefault(step_id, here)
    numbers = {step_id: one.take for step_id, one in counting.items() if step_id in ids}
    return tuple(_take(number, decisions, numbers) for number, decisions in sorted(found.items()))


def _take(number: int, decisions: Mapping[str, Decision], counting: Mapping[str, int]) -> Take:
    verdicts = {one.verdict for one in decisions.values()}
    verdict: Verdict = "accepted" if "accepted" in verdicts else "open" if "open" in verdicts else "rejected"
    counts = any(counting.get(step) == number for step in decisions)
    return Take(number, verdict, counts, decisions)


def next_numbers(steps: Collection[Step], lock: Lock, many: int, begun: Collection[int] = ()) -> tuple[int, ...]:
    """The numbers of so many further takes: above all that were tried of the same words, or from the plan's own on.

    First come those below that are `begun`: asked for, perhaps paid for, and not in the lock.
    """
    asks = {step.asks for step in steps}
    tried = {one.take for one in lock.decisions if one.asks in asks}
    above = max(tried) + 1 if tried else max(step.take for step in steps)
    numbers = [*sorted(number for number in begun if number < above and number not in tried)]
    return tuple([*numbers, *range(above, above + many)][:many])


def begun_takes(scene: str, names: Iterable[str]) -> frozenset[int]:
    """The takes of a scene that are among the names of steps."""
    own = [name.partition("@") for name in names if name.partition(".")[0] == scene]
    return frozenset(int(number) for _, mark, number in own if mark)


def tried(
    lock: Lock,
    plan: Plan,
    of: str,
    made: Iterable[Mapping[str, tuple[Step, Made]]],
    *,
    counting: Mapping[str, Decision],
    catalogue: Catalogue,
    date: str,
) -> Lock:
    """The lock with further takes of a scene of `plan`, each a step with what was made of it, by step id.

    What counts (`counting`, by step) is accepted; where not all that is `shown` of the scene counts, the first further
    take is.
    """
    takes = list(made)
    lines = {(one.step, one.of, one.take): one for one in lock.decisions}
    ids = {step_id for take in takes for step_id in take}
    whole = all(step_id in counting for step_id in shown(plan, ids))
    for step_id in ids & counting.keys() if whole else ():
        asks = plan.step(step_id).asks
        decide(lines, replace(counting[step_id], step=step_id, of=of, asks=asks, verdict="accepted"))
    for number, take in enumerate(takes):
        verdict: Verdict = "open" if whole or number else "accepted"
        for step, has in take.values():
            decide(lines, decision_about(step, of, has, catalogue, date, verdict))
    steps = [step for take in takes for step, _ in take.values()]
    return Lock(plan.name, with_wordings(lock.templates, steps), tuple(lines.values()))


def judged(lock: Lock, take: Take, verdict: Verdict, listening: Iterable[Decision] = ()) -> Lock:
    """The lock after a verdict about a take.

    `listening` are the decisions about steps of the scene that only follow its clips and have no takes of their own,
    such as what is heard in them: they are of another take, so they are let go.
    """
    lines = {(one.step, one.of, one.take): one for one in lock.decisions}
    for one in take.decisions.values():
        decide(lines, replace(one, verdict=verdict))
    for one in listening:
        decide(lines, replace(one, verdict="rejected"))
    return Lock(lock.ad, lock.templates, tuple(lines.values()))
