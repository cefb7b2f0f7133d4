"""What to start next, and how much at once: decisions made from values alone.

Of the steps that are ready, the one with the longest path still ahead of it goes first. A chain of clips, each
starting from the last frame of the one before, is what a film waits for in the end; were its links to queue behind
independent clips, the whole film would end a round later.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from adc.compiler.plan import Plan, Step, needed

_GENERATE_SECONDS = {"video": 120.0, "image": 20.0, "audio": 15.0, "text": 5.0, "words": 10.0, "weights": 300.0}
_LOCAL_SECONDS = {"frame": 0.5, "card": 1.0, "film": 10.0, "archive": 0.5}


@dataclass(frozen=True, slots=True)
class Limits:
    """How many steps may run at once: elsewhere (`remote`), and on this machine (`local`).

    `spacing` is the least number of seconds between two remote starts. A hundred requests that leave in one instant
    come back in one instant too, and the longest path would stand in that crowd at every step; spread over a quarter
    of a second they get in the way of neither it nor the seller's rate limit. Zero means no spacing.
    """

    remote: int
    local: int
    spacing: float = 0.0025

    def __post_init__(self) -> None:
        if self.remote < 1 or self.local < 1:
            raise ValueError("a limit below one would never start anything")


def expected_seconds(step: Step) -> float:
    """A rough idea of how long a step takes; only the proportions matter."""
    return _GENERATE_SECONDS[step.output] if step.kind == "generate" else _LOCAL_SECONDS[step.kind]


def wanted(plan: Plan, goal: Iterable[str] | None, held: Collection[str] = ()) -> tuple[Step, ...]:
    """The steps that `goal` needs, itself included, in plan order; all steps where there is no goal.

    What is `held` is there already, so nothing is bought for its sake. What is free, such as the frame that it goes on
    from, is still made of what there is: by that alone it shows that something held is stale.
    """
    if goal is None and not held:
        return plan.steps
    goal = _ends(plan) if goal is None else tuple(goal)
    found = {step.id for step in needed(plan.steps, goal, held)}
    for step in needed(plan.steps, goal) if held else ():
        if step.kind != "generate" and found.issuperset(step.needs):
            found.add(step.id)
    return tuple(step for step in plan.steps if step.id in found)


def _ends(plan: Plan) -> tuple[str, ...]:
    """The steps that no other needs."""
    used = {need for step in plan.steps for need in step.needs}
    return tuple(step.id for step in plan.steps if step.id not in used)


def remaining_seconds(steps: Iterable[Step]) -> Mapping[str, float]:
    """For each step the expected length of the longest path from its start to the end. `steps` in plan order."""
    remaining: dict[str, float] = {}
    after: dict[str, float] = {}
    for step in reversed(tuple(steps)):
        remaining[step.id] = expected_seconds(step) + after.get(step.id, 0.0)
        for need in step.needs:
            after[need] = max(after.get(need, 0.0), remaining[step.id])
    return remaining


def keeps_place(dependants: int) -> bool:
    """Whether a step keeps its place while its result is being stored.

    One that others wait for does, so that the place passes to them: otherwise the steps that nobody waits for would
    take it in the few milliseconds between, and the longest path would wait for a whole step. One that nobody waits
    for gives its place up at once.
    """
    return dependants > 0
