"""Where each step of a build stands. One setter; everything else that is known of progress follows from it.

WAITING ──┬─▶ READY ────▶ RUNNING ──┬─▶ DONE
          │                         └─▶ FAILED
          ├─▶ TWIN ─────▶ DONE or FAILED, as the step it equals
          ├─▶ DONE        its result was in the store
          ├─▶ FAILED      the store could not be asked
          └─▶ BLOCKED     a step that it needs, near or far, has failed
"""

from collections import deque
from collections.abc import Mapping
from enum import Enum


class State(Enum):
    """A step's standing."""

    WAITING = "some of its needs have no result yet, or it has not been looked at since"
    READY = "it has to be done, and waits for a place"
    TWIN = "a step with the same key is ready or running, and its result will be this one's too"
    RUNNING = "its handler has been called, or its result is being stored"
    DONE = "its result is in the store"
    FAILED = "it ended without a result"
    BLOCKED = "a step that it needs has failed"


MOVES = {
    State.WAITING: frozenset({State.READY, State.TWIN, State.DONE, State.FAILED, State.BLOCKED}),
    State.READY: frozenset({State.RUNNING}),
    State.TWIN: frozenset({State.DONE, State.FAILED}),
    State.RUNNING: frozenset({State.DONE, State.FAILED}),
    State.DONE: frozenset[State](),
    State.FAILED: frozenset[State](),
    State.BLOCKED: frozenset[State](),
}


class Progress:
    """The states of all steps, with what follows from them kept at hand.

    `open` holds the waiting steps whose needs are all done, in the order in which they became so; whoever takes one
    from it moves it on. `blocked` names for each blocked step the failed one that blocks it.
    """

    def __init__(self, needs: Mapping[str, tuple[str, ...]]) -> None:
        self._state = dict.fromkeys(needs, State.WAITING)
        self._missing = {step: len(others) for step, others in needs.items()}
        self.dependants: dict[str, list[str]] = {step: [] for step in needs}
        for step, others in needs.items():
            for other in others:
                self.dependants[other].append(step)
        self.open = deque(step for step, missing in self._missing.items() if missing == 0)
        self.blocked: dict[str, str] = {}

    def state(self, step: str) -> State:
        """Where a step stands."""
        return self._state[step]

    def move(self, step: str, to: State) -> None:
        """Set a step's state. A move that is not drawn above is a bug."""
        if to not in MOVES[self._state[step]]:
            raise AssertionError(f"{step} cannot go from {self._state[step].name} to {to.name}")
        self._state[step] = to
        if to is State.DONE:
            for dependant in self.dependants[step]:
                self._missing[dependant] -= 1
                if self._missing[dependant] == 0:
                    self.open.append(dependant)
        elif to is State.FAILED:
            below = list(self.dependants[step])
            while below:
                dependant = below.pop()
                if self._state[dependant] is State.WAITING:
                    self.move(dependant, State.BLOCKED)
                    self.blocked[dependant] = step
                    below.extend(self.dependants[dependant])
