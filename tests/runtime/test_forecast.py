"""The forecast says what the build then does."""

from decimal import Decimal
from pathlib import Path

import pytest
from support.fakes import FakeHandler, Heard, Shelf, handlers_of, inputs_digest, plan_of, shelf_at, step_of

from adc.compiler.plan import Plan
from adc.runtime.execute import execute
from adc.runtime.forecast import Forecast, forecast, usd_ahead
from adc.runtime.policy import Limits

pytestmark = pytest.mark.anyio


def film(hook: str = "hook") -> Plan:
    return plan_of(
        step_of("front", usd="0.10"),
        step_of("hook.clip", "front", text=hook, usd="1.12"),
        step_of("hook.last_frame", "hook.clip", kind="frame"),
        step_of("proof.clip", "hook.last_frame", usd="1.40"),
        step_of("card", kind="card"),
        step_of("film", "hook.clip", "proof.clip", "card", kind="film"),
    )


async def build(plan: Plan, handler: FakeHandler, shelf: Shelf) -> Heard:
    heard = Heard()
    await execute(
        plan,
        handlers=handlers_of(handler),
        store=shelf.store,
        cache=shelf.cache,
        reporter=heard,
        limits=Limits(remote=4, local=2, spacing=0),
    )
    return heard


def said(plan: Plan, handler: FakeHandler, shelf: Shelf) -> dict[str, str]:
    return {
        each.step_id: each.status if each.after is None else f"after {each.after}"
        for each in forecast(plan, handlers_of(handler), shelf.cache)
    }


async def test_before_the_first_build(tmp_path: Path) -> None:
    handler = FakeHandler()
    with shelf_at(tmp_path) as shelf:
        assert said(film(), handler, shelf) == {
            "front": "will run",
            "hook.clip": "after front",
            "hook.last_frame": "after hook.clip",
            "proof.clip": "after hook.last_frame",
            "card": "will run",
            "film": "after card",
        }
        assert usd_ahead(film(), forecast(film(), handlers_of(handler), shelf.cache)) == Decimal("2.62")


async def test_after_a_build_all_is_cached_under_the_keys_of_the_build(tmp_path: Path) -> None:
    handler = FakeHandler(make=inputs_digest)
    with shelf_at(tmp_path) as shelf:
        await build(film(), handler, shelf)
        forecasts = forecast(film(), handlers_of(handler), shelf.cache)
        assert [each.status for each in forecasts] == ["cached"] * 6
        assert all(each.key is not None and shelf.cache.lookup(each.key) for each in forecasts)
        assert usd_ahead(film(), forecasts) == 0


async def test_one_changed_word_touches_its_scene_and_what_follows(tmp_path: Path) -> None:
    handler = FakeHandler(make=inputs_digest)
    with shelf_at(tmp_path) as shelf:
        await build(film(), handler, shelf)
        changed = film("hook, reworded")
        assert said(changed, handler, shelf) == {
            "front": "cached",
            "hook.clip": "will run",
            "hook.last_frame": "after hook.clip",
            "proof.clip": "after hook.last_frame",
            "card": "cached",
            "film": "after proof.clip",
        }
        assert usd_ahead(changed, forecast(changed, handlers_of(handler), shelf.cache)) == Decimal("2.52")
        heard = await build(changed, handler, shelf)
    assert {step for step, how in heard.how().items() if how == "made"} == {
        "hook.clip",
        "hook.last_frame",
        "proof.clip",
        "film",
    }


async def test_twins_are_bought_once(tmp_path: Path) -> None:
    plan = plan_of(step_of("one", text="same", usd="0.30"), step_of("two", text="same", usd="0.30"))
    with shelf_at(tmp_path) as shelf:
        first, second = forecast(plan, handlers_of(FakeHandler()), shelf.cache)
        assert first == Forecast("one", "will run", None, first.key)
        assert second == Forecast("two", "after", "one", first.key)
        assert usd_ahead(plan, (first, second)) == Decimal("0.30")


async def test_a_goal_is_forecast_alone(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        forecasts = forecast(film(), handlers_of(FakeHandler()), shelf.cache, goal=["hook.clip"])
        assert [each.step_id for each in forecasts] == ["front", "hook.clip"]
        assert usd_ahead(film(), forecasts) == Decimal("1.22")


async def test_a_lost_blob_is_forecast_to_run(tmp_path: Path) -> None:
    handler = FakeHandler()
    with shelf_at(tmp_path) as shelf:
        await build(film(), handler, shelf)
        key = forecast(film(), handlers_of(handler), shelf.cache)[1].key
        assert key is not None
        result = shelf.cache.lookup(key)
        assert result is not None
        shelf.store.path(result.outputs["image"].digest).unlink()
        assert said(film(), handler, shelf)["hook.clip"] == "will run"
