"""When a plan would end if every step took a second and work took no time: the executor's rule, on paper."""

import heapq
from collections.abc import Callable, Sequence

from adc.compiler.plan import Step


def makespan(steps: Sequence[Step], places: int, rank: Callable[[Step], float]) -> int:
    """Seconds until the last step ends, with the ready step of the lowest rank first, then the one ready earliest."""
    missing = {step.id: len(step.needs) for step in steps}
    by_id = {step.id: step for step in steps}
    dependants: dict[str, list[str]] = {step.id: [] for step in steps}
    for step in steps:
        for need in step.needs:
            dependants[need].append(step.id)
    came = 0
    ready: list[tuple[float, int, str]] = []

    def come(step_id: str) -> None:
        nonlocal came
        heapq.heappush(ready, (rank(by_id[step_id]), came, step_id))
        came += 1

    for step in steps:
        if not step.needs:
            come(step.id)
    seconds = 0
    while ready:
        running = [heapq.heappop(ready)[2] for _ in range(min(places, len(ready)))]
        seconds += 1
        for ended in running:
            for dependant in dependants[ended]:
                missing[dependant] -= 1
                if missing[dependant] == 0:
                    come(dependant)
    return seconds
