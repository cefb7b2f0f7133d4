"""One setter, only the drawn moves, and what follows from them."""

import itertools

import pytest

from adc.runtime.state import MOVES, Progress, State

S = State
WAYS: dict[State, tuple[State, ...]] = {
    S.WAITING: (),
    S.READY: (S.READY,),
    S.TWIN: (S.TWIN,),
    S.RUNNING: (S.READY, S.RUNNING),
    S.DONE: (S.DONE,),
    S.FAILED: (S.FAILED,),
    S.BLOCKED: (S.BLOCKED,),
}


@pytest.mark.parametrize(("state", "to"), list(itertools.product(State, State)))
def test_only_the_drawn_moves_are_made(state: State, to: State) -> None:
    progress = Progress({"one": ()})
    for step in WAYS[state]:
        progress.move("one", step)
    if to in MOVES[state]:
        progress.move("one", to)
        assert progress.state("one") is to
    else:
        with pytest.raises(AssertionError, match=f"one cannot go from {state.name} to {to.name}"):
            progress.move("one", to)


def test_a_step_opens_when_the_last_of_its_needs_is_done() -> None:
    progress = Progress({"a": (), "b": (), "c": ("a", "b"), "d": ("c",)})
    assert list(progress.open) == ["a", "b"]
    progress.open.clear()
    progress.move("a", S.DONE)
    assert list(progress.open) == []
    progress.move("b", S.DONE)
    assert list(progress.open) == ["c"]


def test_a_failure_blocks_all_that_stands_on_it_and_names_itself() -> None:
    progress = Progress({"a": (), "b": (), "c": ("a",), "d": ("c", "b"), "e": ("b",)})
    progress.move("a", S.FAILED)
    assert progress.blocked == {"c": "a", "d": "a"}
    progress.move("b", S.FAILED)
    assert progress.blocked == {"c": "a", "d": "a", "e": "b"}
    assert {step for step in "abcde" if progress.state(step) is S.BLOCKED} == {"c", "d", "e"}


def test_a_very_long_chain_is_blocked_whole() -> None:
    needs: dict[str, tuple[str, ...]] = {"0": ()}
    needs.update({str(number): (str(number - 1),) for number in range(1, 5000)})
    progress = Progress(needs)
    progress.move("0", S.FAILED)
    assert len(progress.blocked) == 4999
