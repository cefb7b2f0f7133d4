"""The longest path first, on paper."""

import pytest
from support.fakes import plan_of, step_of
from support.schedule import makespan

from adc.runtime.policy import Limits, expected_seconds, keeps_place, remaining_seconds, wanted


def test_remaining_is_the_longest_path_to_the_end() -> None:
    plan = plan_of(
        step_of("clip"),
        step_of("frame", "clip", kind="frame"),
        step_of("card", kind="card"),
        step_of("film", "frame", "card", kind="film"),
    )
    clip, frame, card, film = (expected_seconds(step) for step in plan.steps)
    assert remaining_seconds(plan.steps) == {
        "clip": clip + frame + film,
        "frame": frame + film,
        "card": card + film,
        "film": film,
    }


def test_a_goal_wants_what_it_needs_and_no_more() -> None:
    plan = plan_of(step_of("a"), step_of("b", "a"), step_of("c"), step_of("d", "b", "c"), step_of("e", "a"))
    assert [step.id for step in wanted(plan, ["b"])] == ["a", "b"]
    assert [step.id for step in wanted(plan, ["d"])] == ["a", "b", "c", "d"]
    assert wanted(plan, None) == plan.steps
    assert wanted(plan, []) == ()


def test_the_longest_path_first_reaches_the_bound_where_first_come_first_served_loses() -> None:
    independent = [step_of(f"still.{number}") for number in range(90)]
    chain = [step_of("link.0")]
    for number in range(1, 10):
        chain.append(step_of(f"link.{number}", chain[-1].id))
    steps = (*independent, *chain)
    remaining = remaining_seconds(steps)
    assert makespan(steps, 10, lambda step: -remaining[step.id]) == 10
    assert makespan(steps, 10, lambda _step: 0) == 19


def test_a_place_is_kept_for_those_who_wait() -> None:
    assert keeps_place(1)
    assert not keeps_place(0)


@pytest.mark.parametrize(("remote", "local"), [(0, 1), (1, 0), (-1, 4)])
def test_a_limit_below_one_is_refused(remote: int, local: int) -> None:
    with pytest.raises(ValueError, match="never start"):
        Limits(remote, local)
