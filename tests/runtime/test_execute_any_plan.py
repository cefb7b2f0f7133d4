"""What holds for every plan: each key runs once, needs come first, a failure blocks exactly what stands on it."""

import tempfile
from pathlib import Path

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.fakes import FakeHandler, Heard, handlers_of, inputs_digest, plan_of, shelf_at, step_of

from adc.compiler.plan import Plan, Step, StepKind
from adc.runtime.errors import AdcError, Rejected
from adc.runtime.events import StepFailed, StepFinished, StepStarted
from adc.runtime.execute import Outcome, execute
from adc.runtime.forecast import forecast
from adc.runtime.policy import Limits

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIMITS = st.builds(Limits, remote=st.integers(1, 4), local=st.integers(1, 3), spacing=st.sampled_from([0.0, 0.0001]))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Up to a dozen steps; each may need any before it, in any number; some are local."""
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 12))):
        names = [step.id for step in steps]
        needs = draw(st.lists(st.sampled_from(names), unique=True, max_size=4)) if names else []
        kind: StepKind = "frame" if draw(st.booleans()) else "generate"
        steps.append(step_of(f"s{number}", *needs, kind=kind))
    return plan_of(*steps)


def run(plan: Plan, handlers: dict[bool, FakeHandler], limits: Limits, heard: Heard, root: Path) -> Outcome:
    async def build() -> Outcome:
        with shelf_at(root) as shelf:
            return await execute(
                plan,
                handlers={**handlers_of(handlers[False]), "generate": handlers[True]},
                store=shelf.store,
                cache=shelf.cache,
                reporter=heard,
                limits=limits,
            )

    return anyio.run(build)


def both(failures: dict[str, AdcError]) -> dict[bool, FakeHandler]:
    return {
        remote: FakeHandler(remote=remote, name=f"fake/{remote}", failures=failures, make=inputs_digest)
        for remote in (True, False)
    }


def above(plan: Plan, roots: set[str]) -> set[str]:
    """All that needs one of `roots`, near or far."""
    found: set[str] = set()
    for step in plan.steps:
        if (roots | found) & set(step.needs):
            found.add(step.id)
    return found


@given(plan=plans(), limits=LIMITS)
@QUICK
def test_every_step_runs_once_and_after_its_needs(plan: Plan, limits: Limits) -> None:
    heard, handlers = Heard(), both({})
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(plan, handlers, limits, heard, Path(folder))
        assert handlers[True].runs + handlers[False].runs == {step.id: 1 for step in plan.steps}
        assert set(outcome.results) == {step.id for step in plan.steps}
        place = {(type(event), event.step): number for number, event in enumerate(heard.events)}
        for step in plan.steps:
            assert place[StepStarted, step.id] < place[StepFinished, step.id]
            assert all(place[StepFinished, need] < place[StepStarted, step.id] for need in step.needs)

        again = run(plan, handlers, limits, Heard(), Path(folder))
        assert again.results == outcome.results
        assert (handlers[True].runs + handlers[False].runs).total() == len(plan.steps)


@given(plan=plans(), limits=LIMITS, data=st.data())
@QUICK
def test_a_failure_blocks_exactly_what_stands_on_it(plan: Plan, limits: Limits, data: st.DataObject) -> None:
    ids = [step.id for step in plan.steps]
    broken = data.draw(st.sets(st.sampled_from(ids), min_size=1, max_size=3))
    heard, handlers = Heard(), both({step: Rejected(f"{step} was refused.") for step in broken})
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(plan, handlers, limits, heard, Path(folder))

        blocked = above(plan, broken)
        assert set(outcome.failures) == broken - blocked
        assert set(outcome.blocked) == blocked
        assert all(by in outcome.failures and step in above(plan, {by}) for step, by in outcome.blocked.items())
        assert set(outcome.results) == set(ids) - broken - blocked
        assert {event.step for event in heard.of(StepFailed)} == set(outcome.failures)
        assert outcome.unstarted == ()

        mended = both({})
        rest = run(plan, mended, limits, Heard(), Path(folder))
        assert set(rest.results) == set(ids)
        assert set(mended[True].runs + mended[False].runs) == broken | blocked


@given(plan=plans(), data=st.data())
@QUICK
def test_the_forecast_is_kept(plan: Plan, data: st.DataObject) -> None:
    """What is said to be cached does not run; what is said to run does; the rest is decided after what is named."""
    limits = Limits(remote=3, local=2, spacing=0)
    changed = data.draw(st.sampled_from([step.id for step in plan.steps]))
    steps = (
        step_of(step.id, *step.needs, kind=step.kind, text="reworded") if step.id == changed else step
        for step in plan.steps
    )
    edited, handlers, heard = plan_of(*steps), both({}), Heard()
    with tempfile.TemporaryDirectory() as folder:
        run(plan, handlers, limits, Heard(), Path(folder))
        with shelf_at(Path(folder)) as shelf:
            told = forecast(edited, {**handlers_of(handlers[False]), "generate": handlers[True]}, shelf.cache)
        run(edited, handlers, limits, heard, Path(folder))
    how = heard.how()
    assert [each.step_id for each in told] == [step.id for step in edited.steps]
    for each in told:
        if each.status == "cached":
            assert how[each.step_id] == "cached"
        elif each.status == "will run":
            assert (each.step_id, how[each.step_id]) == (changed, "made")
        else:
            assert each.after in edited.step(each.step_id).needs
            assert how[each.after] == "made"
