"""What is written down with a result is what its key was made of, and tells exactly where another key differs."""

import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fakes import FakeHandler, Heard, Shelf, handlers_of, plan_of, shelf_at, step_of

from adc.compiler.digest import Engine, digest_bytes, material, seed_of, step_key
from adc.compiler.frozen import replace
from adc.compiler.plan import FileRef, Json, Output, Plan, Ref, Step, StepRef, canonical
from adc.runtime.execute import Outcome, execute
from adc.runtime.explain import Explainer, Explanation, Known, behind, differences, following
from adc.runtime.forecast import Forecast, forecast
from adc.runtime.past import NO_OCCASION, Entry, Last, Occasion, Past, Source
from adc.runtime.policy import Limits
from adc.runtime.ports import Purchase, Receipt, Result
from adc.runtime.step_cache import StepCache

pytestmark = pytest.mark.anyio

HERE = Occasion("test", "", "fal", "abc", {"studio/still": Entry("e", "s", "r")})


async def build(plan: Plan, shelf: Shelf, handler: FakeHandler | None = None, occasion: Occasion = HERE) -> Outcome:
    return await execute(
        plan,
        handlers=handlers_of(handler or FakeHandler()),
        store=shelf.store,
        cache=shelf.cache,
        reporter=Heard(),
        limits=Limits(4, 4, spacing=0),
        occasion=occasion,
    )


def film(hook: str = "hook", front: str = "front") -> Plan:
    return plan_of(
        step_of("front", text=front, usd="0.10"),
        step_of("hook", "front", text=hook, usd="0.50"),
        step_of("frame", "hook", kind="frame"),
        step_of("proof", "frame", usd="0.50"),
        step_of("film", "hook", "proof", kind="film"),
    )


def explainer_of(plan: Plan, shelf: Shelf, entries: Mapping[str, Entry] = HERE.entries) -> Explainer:
    handlers = handlers_of(FakeHandler())
    said = {one.step_id: one for one in forecast(plan, handlers, shelf.cache)}
    keys = {step: one.key for step, one in said.items() if one.status == "cached" and one.key}
    found = shelf.cache.outputs(keys.values())
    last = {one.step: one.key for one in shelf.cache.pasts.last("test", "fal")}
    known = Known(
        said=said,
        outputs={step: found[key] for step, key in keys.items()},
        engine=lambda step: handlers[step.kind].engine(step),
        before=last.get,
        past=shelf.cache.pasts.of,
        result=shelf.cache.lookup,
        entries=entries,
    )
    return Explainer(plan, known)


# Keys and explanations

TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
REFS = st.one_of(
    st.sampled_from(["sha256:a", "sha256:b"]).map(FileRef),
    st.builds(StepRef, st.sampled_from(["one", "two"]), st.sampled_from(["image", "video"])),
)
PLAIN: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, -0.0, 1.0, 0.5, 1e30, 10**30]), TEXT
)
LEAVES: st.SearchStrategy[Json] = st.one_of(PLAIN, REFS.map(lambda ref: ref.to_json()))
TEXTS: st.SearchStrategy[Json] = st.lists(st.one_of(TEXT, REFS.map(lambda ref: ref.to_json())), max_size=3).map(
    lambda parts: {"$text": parts}
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.one_of(LEAVES, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.sampled_from(["prompt", "seed", "image_url", "elements"]), VALUES, max_size=4)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    arguments = draw(ARGUMENTS)
    endpoint = draw(st.sampled_from(["studio/still", "studio/clip"]))
    take = draw(st.integers(1, 2))
    if draw(st.booleans()):
        others = {name: value for name, value in arguments.items() if name != "seed"}
        arguments = {**others, "seed": seed_of(endpoint, others, take)}
    outputs: list[Output] = ["image", "video"]
    output = draw(st.sampled_from(outputs))
    brief = draw(st.dictionaries(TEXT, PLAIN, max_size=2))
    return Step("step", "generate", endpoint, arguments, output, "a test", take=take, brief=brief)


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Step, Step]:
    """Two steps, mostly much alike."""
    one, other = draw(steps()), draw(steps())
    fields = draw(st.sets(st.sampled_from(["arguments", "endpoint", "take", "brief", "output"])))
    return one, replace(one, **{name: getattr(other, name) for name in fields})


MADE = st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(["image", "video"]))
DIGESTS = st.dictionaries(MADE, st.integers(0, 2))
ENGINES = st.builds(Engine, st.sampled_from(["fal", "draft/1"]), st.booleans())


def digests_of(made: Mapping[tuple[str, str], int]) -> Mapping[str, Mapping[str, str]]:
    return {
        step: {output: digest_bytes(b"%d" % made.get((step, output), 0)) for output in ("image", "video")}
        for step in ("one", "two")
    }


@settings(max_examples=200, deadline=None)
@given(neighbours(), DIGESTS, DIGESTS, ENGINES, ENGINES)
def test_nothing_differs_exactly_where_the_keys_are_equal(
    pair: tuple[Step, Step],
    made_then: Mapping[tuple[str, str], int],
    made_now: Mapping[tuple[str, str], int],
    engine_then: Engine,
    engine_now: Engine,
) -> None:
    before, after = pair
    then, now = digests_of(made_then), digests_of(made_now)

    def digest_in(outputs: Mapping[str, Mapping[str, str]], ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else outputs[ref.step][ref.output]

    key = step_key(before, lambda ref: digest_in(then, ref), engine_then)
    same = key == step_key(after, lambda ref: digest_in(now, ref), engine_now)
    made = material(before, lambda ref: digest_in(then, ref), engine_then)
    assert (differences(made, material(after, lambda ref: digest_in(now, ref), engine_now)) == ()) == same

    past = Past(key, "", "", "", "step", "", made, (), "", "", "", "", None)
    said = Forecast("step", "will run", None, "another")
    known = Known(
        {"step": said}, now, lambda _step: engine_now, lambda _step: key, lambda _key: past, lambda _key: None, {}
    )
    explained = Explainer(plan_of(after), known).explain("step")
    assert (explained.reasons == ()) == same, explained.reasons
    assert (explained.stands == "same") == same


def test_a_list_with_something_new_in_front_differs_there_alone() -> None:
    before: dict[str, Json] = {"list": ["one", "two"]}
    after: dict[str, Json] = {"list": ["zero", "one", "two"]}
    (found,) = differences(before, after)
    assert (found.place, found.after) == (("list", 0), "zero")
    (gone,) = differences(after, before)
    assert (gone.place, gone.before) == (("list", 0), "zero")


def test_one_and_true_are_not_the_same_to_a_model() -> None:
    assert [one.place for one in differences({"a": 1, "b": 1.0, "c": None}, {"a": True, "b": 1})] == [
        ("a",),
        ("b",),
        ("c",),
    ]


# What is written down


async def test_the_very_material_of_the_key_is_kept(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        outcome = await build(film(), shelf)
        for step, key in outcome.keys.items():
            past = shelf.cache.pasts.of(key)
            assert past is not None
            assert digest_bytes(canonical(dict(past.material))) == key
            assert (past.step, past.ad, past.engine, past.commit) == (step, "test", "fal", "abc")
    assert shelf.cache is not None


async def test_sources_tell_what_stood_at_each_place_even_where_bytes_are_alike(tmp_path: Path) -> None:
    plan = plan_of(step_of("front"), step_of("profile"), step_of("clip", "front", "profile"))
    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan, shelf, FakeHandler(make=lambda _step, _workspace: b"the same"))
        past = shelf.cache.pasts.of(outcome.keys["clip"])
        assert past is not None
        assert [(one.place, one.step, one.key) for one in past.sources] == [
            ("inputs/0", "front", outcome.keys["front"]),
            ("inputs/1", "profile", outcome.keys["profile"]),
        ]


async def test_a_step_that_was_found_in_the_store_is_what_the_ad_had_last(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        first = await build(film(), shelf)
        await build(film("other"), shelf)
        await build(film(), shelf)
        last = {one.step: one.key for one in shelf.cache.pasts.last("test", "fal")}
        assert last == first.keys
        await build(plan_of(*film().steps[:2]), shelf)
        assert {one.step for one in shelf.cache.pasts.last("test", "fal")} == {"front", "hook"}


async def test_drafts_and_other_ads_have_a_past_of_their_own(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf)
        await build(film("drawn"), shelf, occasion=replaced(HERE, engine="draft"))
        await build(film("theirs"), shelf, occasion=replaced(HERE, ad="theirs"))
        assert explainer_of(film(), shelf).explain("hook").stands == "same"


def replaced(occasion: Occasion, *, engine: str = "fal", ad: str = "test", of: str = "") -> Occasion:
    return Occasion(ad, of, engine, occasion.commit, occasion.entries, occasion.files)


async def test_choices_are_told_apart_and_the_newest_comes_first(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await build(film("one"), shelf, occasion=replaced(HERE, of="opener=one"))
        await build(film("two"), shelf, occasion=replaced(HERE, of="opener=two"))
        hooks = [one for one in shelf.cache.pasts.last("test", "fal") if one.step == "hook"]
    assert [one.of for one in hooks] == ["opener=two", "opener=one"]


async def test_what_was_recorded_without_a_note_has_no_past(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        blob = shelf.store.put_bytes(b"picture", "image/png")
        await shelf.cache.record("sha256:key", "hook", Result({"image": blob}, Receipt("fal")))
        assert shelf.cache.pasts.of("sha256:key") is None
        assert list[Last](shelf.cache.pasts.last("", "")) == []


async def test_a_store_of_the_version_before_has_no_past_and_then_one(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf)
        for change in ("DROP TABLE made_from", "DROP TABLE last", "PRAGMA user_version = 2"):
            await shelf.database.write(partial(_execute, change))
    with shelf_at(tmp_path) as shelf:
        assert explainer_of(film(), shelf).explain("hook").stands == "never"
        await build(film("other"), shelf)
        assert explainer_of(film(), shelf).explain("hook").stands == "other"


def _execute(change: str, connection: sqlite3.Connection) -> None:
    connection.execute(change)


async def test_a_note_that_cannot_be_written_fails_no_build(tmp_path: Path) -> None:
    class Reluctant(StepCache):
        async def use(self, occasion: Occasion, keys: Mapping[str, str], steps: object) -> None:
            """No."""
            await shelf.database.write(lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"))

    with shelf_at(tmp_path) as shelf:
        reluctant = Reluctant(shelf.database, shelf.store)
        outcome = await execute(
            film(),
            handlers=handlers_of(FakeHandler()),
            store=shelf.store,
            cache=reluctant,
            reporter=Heard(),
            limits=Limits(4, 4, spacing=0),
            occasion=NO_OCCASION,
        )
    assert not outcome.failures


# Following a change


def chain(explainer: Explainer, step: str) -> list[str]:
    explained = explainer.explain(step)
    return [cause.step.id for reason in explained.reasons[:1] for _, cause in explainer.path(reason)]


async def test_a_reason_leads_to_the_step_that_changed(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf)
        explainer = explainer_of(film(front="another"), shelf)
        assert chain(explainer, "proof") == ["frame", "hook", "front"]
        front = explainer.explain("front")
        assert [(one.place, one.before, one.after) for one in front.own] == [("text", "front", "another")]
        assert explainer.explain("proof").own == ()


async def test_a_step_that_was_made_again_with_other_bytes_has_no_reason_itself(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        outcome = await build(film(), shelf)
        (blob,) = outcome.results["front"].outputs.values()
        shelf.store.path(blob.digest).unlink()
        again = plan_of(film().steps[0])
        await build(again, shelf, FakeHandler(make=lambda _step, _workspace: b"other"), replaced(HERE, ad="elsewhere"))
        explainer = explainer_of(film(), shelf)
        ((reason, cause),) = explainer.path(explainer.explain("hook").reasons[0])
        assert (reason.step, cause.stands, cause.reasons) == ("front", "same", ())


async def test_a_lost_file_is_told_as_such(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        outcome = await build(film(), shelf)
        (blob,) = outcome.results["hook"].outputs.values()
        shelf.store.path(blob.digest).unlink()
        explainer = explainer_of(film(), shelf)
        assert explainer.explain("hook").stands == "lost"
        assert explainer.explain("frame").stands == "other", "until it is known, it may be another"
        assert chain(explainer, "proof") == ["frame", "hook"]


def test_a_chain_of_thousands_of_scenes_is_followed_to_its_end() -> None:
    def scenes(first: str) -> Plan:
        rest = (step_of(f"scene{number}", f"scene{number - 1}") for number in range(1, 3000))
        return plan_of(step_of("scene0", text=first), *rest)

    def digest_of(ref: Ref) -> str:
        return digest_bytes(ref.step.encode()) if isinstance(ref, StepRef) else ref.digest

    engine = Engine("fal")
    pasts = {}
    for step in scenes("one").steps:
        sources = tuple(Source("inputs/0", digest_bytes(need.encode()), step=need, key=need) for need in step.needs)
        made = material(step, digest_of, engine)
        pasts[step.id] = Past(step.id, "", "", "", step.id, "", made, sources, "", "", "", "", None)
    plan = scenes("two")
    said = {step.id: Forecast(step.id, "after", "scene0", None) for step in plan.steps}
    known = Known(said, {}, lambda _step: engine, lambda step: step, pasts.get, lambda _key: None, {})
    explainer = Explainer(plan, known)
    path = chain(explainer, "scene2999")
    assert (len(path), path[-1]) == (2999, "scene0")
    (root,) = behind([explainer.explain(step.id) for step in plan.steps[1:]], explainer)
    assert root.step.id == "scene0"


async def test_what_follows_is_what_needs_it_with_prices_once(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf)
        plan = film("other")
        said = {one.step_id: one for one in forecast(plan, handlers_of(FakeHandler()), shelf.cache)}
        found = following(plan, said, ["hook"])
        assert [step.id for step in found.bought] == ["proof"]
        assert [step.id for step in found.cut] == ["frame", "film"]
        assert str(found.usd) == "1.00"
        nothing = following(plan, said, ["front"])
        assert (nothing.bought, nothing.cut, str(nothing.usd)) == ((), (), "0")


async def test_what_the_catalogue_says_otherwise_is_told_by_its_parts(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf)
        plan = film("other")

        def moved(entry: Entry) -> Explanation:
            return explainer_of(plan, shelf, {"studio/still": entry}).explain("hook")

        assert moved(Entry("another price", "s", "r")).entry == ()
        assert moved(Entry("e", "another", "r")).entry == ("schema",)
        assert moved(Entry("e", "another", "another")).entry == ("schema", "request")


async def test_a_purchase_under_way_is_no_result(tmp_path: Path) -> None:
    """A key that the ledger knows and the store does not is compared like any other."""
    with shelf_at(tmp_path) as shelf:
        await build(film(), shelf)
        hook = film("other").steps[1]
        key = shelf.cache.key_of(hook, Engine("fake/1"), {"front": _front(shelf)})
        await shelf.ledger.intend(Purchase(key, "test", "hook", "studio/still", "fal", {}, {}, hook.price))
        explained = explainer_of(film("other"), shelf).explain("hook")
        assert [reason.place for reason in explained.reasons] == ["text"]


def _front(shelf: Shelf) -> Result:
    last = {one.step: one.key for one in shelf.cache.pasts.last("test", "fal")}
    result = shelf.cache.lookup(last["front"])
    assert result is not None
    return result
