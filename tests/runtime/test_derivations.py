"""An upgrade that derives keys otherwise: what an older adc bought, or is buying, is found by the key of its day."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from support.fakes import FakeHandler, Heard, Shelf, handlers_of, plan_of, shelf_at, step_of

from adc.compiler.derivations import Derivation, older_keys
from adc.compiler.digest import Engine, digest_bytes
from adc.compiler.plan import Json, Plan, Ref, Step, canonical, substitute
from adc.runtime import step_cache
from adc.runtime.execute import Outcome, execute
from adc.runtime.forecast import forecast
from adc.runtime.policy import Limits
from adc.runtime.ports import Purchase, Result
from adc.runtime.step_cache import StepCache, digest_in, key_of

pytestmark = pytest.mark.anyio


def second(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> Mapping[str, Json]:
    """A derivation of former days, which knew nothing of outputs and takes."""
    arguments = substitute(step.arguments, digest_of)
    return {"derivation": "second", "engine": engine.name, "kind": step.kind, "arguments": arguments}


def first(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> Mapping[str, Json]:
    """The one before, which wrote requests otherwise."""
    arguments = substitute({"telling": step.arguments["text"], **step.arguments}, digest_of)
    return {"derivation": "first", "engine": engine.name, "kind": step.kind, "arguments": arguments}


class Former(StepCache):
    """The step cache of an adc that derived keys as `derivation` says."""

    derivation: Derivation

    def key_of(self, step: Step, engine: Engine, results: Mapping[str, Result]) -> str:
        """The key of its day."""
        return next(older_keys(step, digest_in(results), engine, (self.derivation,)))


def former(shelf: Shelf, derivation: Derivation) -> StepCache:
    cache = Former(shelf.database, shelf.store)
    cache.derivation = derivation
    return cache


def today(shelf: Shelf, older: Sequence[Derivation] = (second, first)) -> StepCache:
    return StepCache(shelf.database, shelf.store, older=older)


def film(hook: str = "hook") -> Plan:
    return plan_of(
        step_of("front", usd="0.10"),
        step_of("hook", "front", text=hook, usd="0.50"),
        step_of("frame", "hook", kind="frame"),
        step_of("proof", "frame", usd="0.50"),
        step_of("film", "hook", "proof", kind="film"),
    )


async def build(plan: Plan, shelf: Shelf, cache: StepCache, handler: FakeHandler) -> Outcome:
    return await execute(
        plan,
        handlers=handlers_of(handler),
        store=shelf.store,
        cache=cache,
        reporter=Heard(),
        limits=Limits(4, 4, spacing=0),
    )


@pytest.mark.parametrize("derivation", [first, second])
async def test_an_upgrade_buys_nothing_that_is_there(tmp_path: Path, derivation: Derivation) -> None:
    bought, made = FakeHandler(request_id="r-1"), FakeHandler()
    with shelf_at(tmp_path) as shelf:
        before = await build(film(), shelf, former(shelf, derivation), bought)
        said = forecast(film(), handlers_of(made), today(shelf))
        after = await build(film(), shelf, today(shelf), made)
    assert bought.runs.total() == 5
    assert not made.runs
    assert {each.status for each in said} == {"cached"}
    assert (after.results, after.keys) == (before.results, before.keys)


async def test_today_is_a_former_day_once_the_derivation_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> Mapping[str, Json]:
        """What today's keys are made of, as it would be left behind."""
        arguments = substitute(step.arguments, lambda ref: {"$blob": digest_of(ref)})
        named: dict[str, Json] = {
            "kind": step.kind,
            "endpoint": step.endpoint,
            "output": step.output,
            "take": step.take,
        }
        return {"derivation": 1, "engine": engine.name, "arguments": arguments, **named}

    def raised(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> str:
        return digest_bytes(canonical({**one(step, digest_of, engine), "derivation": 2}))

    made = FakeHandler()
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf, today(shelf, older=()), FakeHandler())
        monkeypatch.setattr(step_cache, "step_key", raised)
        await build(film(), shelf, today(shelf, older=[one]), made)
        assert not made.runs
        await build(film("another hook"), shelf, today(shelf, older=[one]), made)
    assert set(made.runs) == {"hook", "frame", "proof", "film"}


async def test_without_its_derivation_the_world_would_be_bought_again(tmp_path: Path) -> None:
    made = FakeHandler()
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf, former(shelf, first), FakeHandler())
        await build(film(), shelf, today(shelf, older=[second]), made)
    assert made.runs.total() == 5


async def test_what_is_new_gets_the_key_of_today_and_what_it_was_made_from_keeps_its_own(tmp_path: Path) -> None:
    made = FakeHandler(make=lambda step, _workspace: str(step.arguments["text"]).encode())
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf, former(shelf, first), FakeHandler())
        after = await build(film("another hook"), shelf, today(shelf), made)
        assert set(made.runs) == {"hook", "frame", "proof", "film"}
        hook = film("another hook").step("hook")
        assert after.keys["hook"] == key_of(hook, Engine("fake/1"), after.results)
        again = await build(film("another hook"), shelf, today(shelf), made)
    assert again.keys == after.keys
    assert made.runs.total() == 4


async def test_what_was_made_today_comes_before_what_is_left_of_former_days(tmp_path: Path) -> None:
    plan = plan_of(step_of("front"))
    with shelf_at(tmp_path) as shelf:
        old = await build(plan, shelf, former(shelf, first), FakeHandler())
        new = await build(plan, shelf, today(shelf, older=()), FakeHandler())
        assert old.results != new.results
        assert (await build(plan, shelf, today(shelf), FakeHandler())).results == new.results
        shelf.store.path(new.results["front"].outputs["image"].digest).unlink()
        assert (await build(plan, shelf, today(shelf), FakeHandler())).results == old.results


async def test_a_purchase_that_an_older_adc_has_under_way_is_gone_on_with(tmp_path: Path) -> None:
    step = step_of("front", usd="0.10")
    plan, handler = plan_of(step), FakeHandler()
    engine = handler.engine(step)
    with shelf_at(tmp_path) as shelf:
        key = former(shelf, second).key_of(step, engine, {})
        attempt = await shelf.ledger.intend(
            Purchase(key, "test", "front", "studio/still", engine.name, {}, {}, step.price)
        )
        await shelf.ledger.submitted(attempt, request_id="r-1", status_url="", response_url="")
        (said,) = forecast(plan, handlers_of(handler), today(shelf), opened=shelf.ledger.opened)
        assert (said.status, said.key) == ("under way", key)
        await shelf.ledger.failed(attempt, reason="refused")
        (said,) = forecast(plan, handlers_of(handler), today(shelf), opened=shelf.ledger.opened)
        assert (said.status, said.key) == ("will run", key_of(step, engine, {}))


async def test_older_keys_are_not_made_where_that_of_today_is_known(tmp_path: Path) -> None:
    def never(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> Mapping[str, Json]:
        raise AssertionError(step.id)

    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf, today(shelf, older=()), FakeHandler())
        outcome = await build(film(), shelf, today(shelf, older=[never]), FakeHandler())
    assert not outcome.failures
