"""What the lock holds is seen alike by who looks at a store and by who opens it."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from support.fakes import FakeHandler, Heard, Shelf, handlers_of, plan_of, shelf_at, step_of

from adc.compiler.digest import digest_bytes
from adc.compiler.plan import Plan
from adc.runtime.decisions import held_of, holds_of
from adc.runtime.execute import execute
from adc.runtime.forecast import forecast
from adc.runtime.glance import glance_at
from adc.runtime.lock import Decision
from adc.runtime.policy import Limits

pytestmark = pytest.mark.anyio


def film(front: str = "front") -> Plan:
    return plan_of(
        step_of("front", text=front, usd="0.10"),
        step_of("hook", "front", usd="1.12"),
        step_of("proof", "front", usd="1.40"),
        step_of("film", "hook", "proof", kind="film"),
    )


async def decided(plan: Plan, shelf: Shelf) -> dict[str, Decision]:
    """Each bought step of a plan that is built, accepted."""
    made = await execute(
        plan,
        handlers=handlers_of(FakeHandler()),
        store=shelf.store,
        cache=shelf.cache,
        reporter=Heard(),
        limits=Limits(remote=4, local=2, spacing=0),
    )
    return {
        step.id: Decision(
            step=step.id,
            of="",
            take=1,
            verdict="accepted",
            key=made.keys[step.id],
            asks="",
            artifact=made.results[step.id].outputs["image"].digest,
            endpoint="studio/still",
            model="still",
            model_schema="",
            seed=None,
            request="",
            usd=Decimal(0),
            date="2026-03-02",
        )
        for step in plan.steps
        if step.kind == "generate"
    }


@pytest.mark.parametrize("lost", [None, "another artifact", "no result", "no blob"])
async def test_both_see_the_same(tmp_path: Path, lost: str | None) -> None:
    with shelf_at(tmp_path) as shelf:
        decisions = await decided(film(), shelf)
        match lost:
            case "another artifact":
                decisions["hook"] = replace(decisions["hook"], artifact=digest_bytes(b"another"))
            case "no result":
                decisions["hook"] = replace(decisions["hook"], key=digest_bytes(b"another"))
            case "no blob":
                shelf.store.path(decisions["hook"].artifact).unlink()
        look = glance_at(str(tmp_path))
        assert look is not None
        for plan in (film(), film("front, told otherwise")):
            holds = holds_of(decisions, plan, shelf.cache.lookup)
            held = held_of(decisions, plan, look.outputs)
            assert (held.outputs, held.keys) == (holds.outputs, holds.keys)
            assert set(held.keys) == {"front", "hook", "proof"} - ({"hook"} if lost else set())
            handlers = handlers_of(FakeHandler())
            seen = forecast(plan, handlers, look, opened=look.opened, holds=held)
            assert seen == forecast(plan, handlers, shelf.cache, opened=shelf.ledger.opened, holds=holds)
        look.close()
