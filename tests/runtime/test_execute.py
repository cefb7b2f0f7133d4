"""The executor: what runs, what is reused, what a failure stops, and what is kept."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import anyio
import pytest
from support.fakes import (
    FakeHandler,
    Heard,
    Shelf,
    VirtualTime,
    handlers_of,
    inputs_digest,
    plan_of,
    shelf_at,
    step_of,
)
from support.schedule import makespan

from adc.compiler.plan import FileRef, Plan, Step, StepKind
from adc.runtime.errors import OutOfCredit, Rejected, StoreError, StoreFull
from adc.runtime.events import StepBlocked, StepFailed, StepFinished, StepNoted, StepStarted
from adc.runtime.execute import Outcome, execute
from adc.runtime.policy import Limits
from adc.runtime.ports import Handler, Made, Result, Workspace

pytestmark = pytest.mark.anyio

AMPLE = Limits(remote=100, local=100, spacing=0)


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def build(plan: Plan, handler: FakeHandler, shelf: Shelf, heard: Heard, limits: Limits = AMPLE) -> Outcome:
    return await execute(
        plan, handlers=handlers_of(handler), store=shelf.store, cache=shelf.cache, reporter=heard, limits=limits
    )


def diamond(*, text: str = "front") -> Plan:
    return plan_of(
        step_of("front", text=text),
        step_of("hook", "front"),
        step_of("proof", "front"),
        step_of("film", "hook", "proof", kind="film"),
    )


async def test_each_step_runs_once_after_what_it_needs(tmp_path: Path, heard: Heard) -> None:
    handler = FakeHandler(make=inputs_digest)
    with shelf_at(tmp_path) as shelf:
        outcome = await build(diamond(), handler, shelf, heard)
        assert set(outcome.results) == {"front", "hook", "proof", "film"}
        film = outcome.results["film"].outputs["image"]
        assert shelf.store.path(film.digest).read_bytes().isalnum()
        assert film.media_type == "image/png"
        assert list((tmp_path / "work").rglob("made.png")) == []
    assert handler.runs == {"front": 1, "hook": 1, "proof": 1, "film": 1}
    order = [(type(event).__name__, event.step) for event in heard.events]
    assert order.index(("StepFinished", "front")) < order.index(("StepStarted", "hook"))
    assert order.index(("StepFinished", "hook")) < order.index(("StepStarted", "film"))
    assert order[-1] == ("StepFinished", "film")
    assert (outcome.failures, outcome.blocked, outcome.unstarted) == ({}, {}, ())


async def test_a_second_build_runs_nothing(tmp_path: Path) -> None:
    handler = FakeHandler(request_id="r-1", usd=Decimal("0.50"))
    first, second = Heard(), Heard()
    with shelf_at(tmp_path) as shelf:
        before = await build(diamond(), handler, shelf, first)
    with shelf_at(tmp_path) as shelf:
        after = await build(diamond(), handler, shelf, second)
    assert handler.runs.total() == 4
    assert after.results == before.results
    assert set(first.how().values()) == {"bought"}
    assert set(second.how().values()) == {"cached"}
    assert sum(event.usd for event in first.of(StepFinished)) == Decimal("2.00")
    assert sum(event.usd for event in second.of(StepFinished)) == 0
    assert second.of(StepStarted) == []


async def test_an_unchanged_output_stops_the_rebuild(tmp_path: Path, heard: Heard) -> None:
    def same_front(step: Step, workspace: Workspace) -> bytes:
        return b"front" if step.id == "front" else inputs_digest(step, workspace)

    handler = FakeHandler(make=same_front)
    with shelf_at(tmp_path) as shelf:
        await build(diamond(text="front"), handler, shelf, Heard())
        await build(diamond(text="front, reworded"), handler, shelf, heard)
    assert handler.runs == {"front": 2, "hook": 1, "proof": 1, "film": 1}
    assert heard.how() == {"front": "made", "hook": "cached", "proof": "cached", "film": "cached"}


async def test_another_engine_is_never_satisfied_by_a_draft(tmp_path: Path, heard: Heard) -> None:
    live = FakeHandler(name="fal")
    with shelf_at(tmp_path) as shelf:
        await build(diamond(), FakeHandler(name="draft/1"), shelf, Heard())
        await build(diamond(), live, shelf, heard)
    assert live.runs.total() == 4


async def test_a_lost_blob_is_made_again_and_nothing_else(tmp_path: Path, heard: Heard) -> None:
    handler = FakeHandler()
    with shelf_at(tmp_path) as shelf:
        outcome = await build(diamond(), handler, shelf, Heard())
        shelf.store.path(outcome.results["hook"].outputs["image"].digest).unlink()
        again = await build(diamond(), handler, shelf, heard)
        assert again.results == outcome.results
    assert handler.runs == {"front": 1, "hook": 2, "proof": 1, "film": 1}


async def test_twins_run_once_and_both_have_the_result(tmp_path: Path, heard: Heard) -> None:
    plan = plan_of(
        step_of("still.1", text="same"),
        step_of("still.2", text="same"),
        step_of("clip.1", "still.1", text="clip"),
        step_of("clip.2", "still.2", text="clip"),
        step_of("late", "clip.1", text="late"),
    )
    handler = FakeHandler(usd=Decimal(1), request_id="r")
    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan, handler, shelf, heard)
    assert handler.runs.total() == 3
    assert outcome.results["still.1"] == outcome.results["still.2"]
    assert outcome.results["clip.1"] == outcome.results["clip.2"]
    assert sorted(heard.how().values()) == ["bought"] * 3 + ["cached"] * 2


async def test_what_comes_later_with_a_key_that_has_failed_fails_too(tmp_path: Path, heard: Heard) -> None:
    def content(step: Step, workspace: Workspace) -> bytes:
        return b"equal" if step.id in ("early", "second") else inputs_digest(step, workspace)

    plan = plan_of(
        step_of("early"),
        step_of("first"),
        step_of("second", "first"),
        step_of("clip.1", "early", text="clip"),
        step_of("clip.2", "second", text="clip"),
    )
    refused = Rejected("The model refused the picture.")
    handler = FakeHandler(make=content, failures={"clip.1": refused})
    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan, handler, shelf, heard, Limits(remote=1, local=1, spacing=0))
    assert outcome.failures == {"clip.1": refused, "clip.2": refused}
    assert "clip.2" not in handler.runs


async def test_a_failure_stops_its_dependants_and_not_its_siblings(tmp_path: Path, heard: Heard) -> None:
    refused = Rejected("The model refused the picture.")
    handler = FakeHandler(failures={"hook": refused})
    with shelf_at(tmp_path) as shelf:
        outcome = await build(diamond(), handler, shelf, heard)
        assert list((tmp_path / "work").rglob("made.png")) == []
    assert outcome.failures == {"hook": refused}
    assert outcome.blocked == {"film": "hook"}
    assert set(outcome.results) == {"front", "proof"}
    assert heard.of(StepFailed) == [StepFailed("hook", "The model refused the picture.")]
    assert heard.of(StepBlocked) == [StepBlocked("film", "hook")]


async def test_a_failure_that_stops_all_starts_nothing_more_and_lets_the_running_end(
    tmp_path: Path, heard: Heard
) -> None:
    failed = anyio.Event()

    async def during(step: Step) -> None:
        if step.id == "b":
            await failed.wait()

    class Watch(Heard):
        def __call__(self, event: object) -> None:
            if isinstance(event, StepFailed):
                failed.set()

    plan = plan_of(step_of("a"), step_of("b"), step_of("c"), step_of("d", "b"))
    broke = OutOfCredit("The account is empty.")
    handler = FakeHandler(failures={"c": broke}, during=during)
    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan, handler, shelf, Watch(), Limits(remote=2, local=1, spacing=0))
    assert outcome.failures == {"c": broke}
    assert "d" not in handler.runs
    assert "b" in outcome.results
    assert "d" in outcome.unstarted


async def test_twins_of_a_step_that_was_never_started_are_unstarted(tmp_path: Path, heard: Heard) -> None:
    plan = plan_of(step_of("first"), step_of("still.1", text="same"), step_of("still.2", text="same"))
    handler = FakeHandler(failures={"first": OutOfCredit("The account is empty.")})
    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan, handler, shelf, heard, Limits(1, 1, spacing=0))
    assert outcome.unstarted == ("still.1", "still.2")
    assert handler.runs == {"first": 1}


async def test_a_result_that_cannot_be_recorded_fails_and_the_next_build_makes_it(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_arguments: object) -> None:
        raise StoreFull("There is no space left.")

    with shelf_at(tmp_path) as shelf:
        monkeypatch.setattr(shelf.cache, "record", refuse)
        outcome = await build(diamond(), FakeHandler(), shelf, heard)
        assert isinstance(outcome.failures["front"], StoreFull)
        assert list((tmp_path / "work").glob("session-*/[0-9]*")) == []
        monkeypatch.undo()
        assert len((await build(diamond(), FakeHandler(), shelf, heard)).results) == 4


async def test_a_store_that_cannot_be_asked_stops_the_build(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_key: str) -> None:
        raise StoreError("The store cannot be used.")

    handler = FakeHandler()
    with shelf_at(tmp_path) as shelf:
        monkeypatch.setattr(shelf.cache, "lookup", refuse)
        outcome = await build(diamond(), handler, shelf, heard)
    assert set(outcome.failures) == {"front"}
    assert set(outcome.blocked) == {"hook", "proof", "film"}
    assert handler.runs.total() == 0


async def test_only_the_goal_is_made(tmp_path: Path, heard: Heard) -> None:
    handler = FakeHandler()
    with shelf_at(tmp_path) as shelf:
        outcome = await execute(
            diamond(),
            handlers=handlers_of(handler),
            store=shelf.store,
            cache=shelf.cache,
            reporter=heard,
            limits=AMPLE,
            goal=["hook"],
        )
    assert set(outcome.results) == set(handler.runs) == {"front", "hook"}


async def test_a_handler_reads_input_files_and_is_heard(tmp_path: Path, heard: Heard) -> None:
    with shelf_at(tmp_path) as shelf:
        digest = shelf.store.put_bytes(b"maya", "image/png").digest

        def make(step: Step, workspace: Workspace) -> bytes:
            workspace.note("drawing")
            assert workspace.digest_of(FileRef(digest)) == digest
            return workspace.path_of(FileRef(digest)).read_bytes() + b" drawn"

        outcome = await build(plan_of(step_of("front", files=[digest])), FakeHandler(make=make), shelf, heard)
        made = shelf.store.path(outcome.results["front"].outputs["image"].digest)
        assert made.read_bytes() == b"maya drawn"
    assert heard.of(StepNoted) == [StepNoted("front", "drawing")]


async def test_an_input_that_has_gone_from_the_store_is_a_failure(tmp_path: Path, heard: Heard) -> None:
    digest = "sha256:" + "0" * 64

    def make(step: Step, workspace: Workspace) -> bytes:
        return workspace.path_of(FileRef(digest)).read_bytes()

    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan_of(step_of("front", files=[digest])), FakeHandler(make=make), shelf, heard)
    assert isinstance(outcome.failures["front"], StoreError)


async def test_a_bug_is_raised(tmp_path: Path, heard: Heard) -> None:
    def make(step: Step, workspace: Workspace) -> bytes:
        raise ZeroDivisionError

    with shelf_at(tmp_path) as shelf:
        with pytest.raises(ExceptionGroup) as caught:
            await build(diamond(), FakeHandler(make=make), shelf, heard)
        assert caught.group_contains(ZeroDivisionError)
        assert list((tmp_path / "work").rglob("made.png")) == []


async def test_a_disk_that_fills_up_stops_the_build_and_keeps_what_was_stored(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shelf_at(tmp_path) as shelf:
        put = shelf.store.put_file

        def full(path: Path, media_type: str) -> object:
            if path.read_bytes() == b"hook":
                raise StoreFull("There is no space left.")
            return put(path, media_type)

        monkeypatch.setattr(shelf.store, "put_file", full)
        handler = FakeHandler(make=lambda step, _workspace: step.id.encode())
        plan = plan_of(step_of("front"), step_of("hook", "front"), step_of("film", "hook"))
        outcome = await build(plan, handler, shelf, heard)
        assert isinstance(outcome.failures["hook"], StoreFull)
        assert set(outcome.results) == {"front"}
        monkeypatch.undo()
        again = await build(plan, handler, shelf, Heard())
    assert set(again.results) == {"front", "hook", "film"}
    assert handler.runs == {"front": 1, "hook": 2, "film": 1}


async def test_cancelling_keeps_what_was_made_and_the_next_build_goes_on(tmp_path: Path) -> None:
    waiting = anyio.Event()

    async def during(step: Step) -> None:
        if step.id == "proof":
            waiting.set()
            await anyio.sleep_forever()

    handler = FakeHandler(during=during)
    finished: list[str] = []

    def hear(event: object) -> None:
        if isinstance(event, StepFinished):
            finished.append(event.step)
            if event.step == "hook":
                done.set()

    done = anyio.Event()
    with shelf_at(tmp_path) as shelf:
        async with anyio.create_task_group() as tasks:

            async def run() -> None:
                await execute(
                    diamond(),
                    handlers=handlers_of(handler),
                    store=shelf.store,
                    cache=shelf.cache,
                    reporter=hear,
                    limits=AMPLE,
                )

            tasks.start_soon(run)
            await waiting.wait()
            await done.wait()
            tasks.cancel_scope.cancel()
        assert finished == ["front", "hook"]
        assert list((tmp_path / "work").glob("session-*/[0-9]*")) == []
    with shelf_at(tmp_path) as shelf:
        outcome = await build(diamond(), FakeHandler(), shelf, Heard())
        assert len(outcome.results) == 4
    assert handler.runs == {"front": 1, "hook": 1, "proof": 1}


async def test_a_paid_result_is_stored_even_when_cancelled_at_that_moment(tmp_path: Path) -> None:
    """The handler cancels everything on its way out: its result was paid for, and must not be lost."""
    with shelf_at(tmp_path) as shelf:
        with anyio.CancelScope() as scope:

            def make(step: Step, workspace: Workspace) -> bytes:
                scope.cancel()
                return b"paid"

            await build(plan_of(step_of("clip"), step_of("film", "clip")), FakeHandler(make=make), shelf, Heard())
        heard = Heard()
        handler = FakeHandler()
        await build(plan_of(step_of("clip"), step_of("film", "clip")), handler, shelf, heard)
    assert heard.how() == {"clip": "cached", "film": "made"}


class Busyness:
    """Counts how many steps of each sort run at once."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0

    async def __call__(self, step: Step) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        self.now -= 1


async def test_limits_hold_for_remote_and_local_apart(tmp_path: Path, heard: Heard) -> None:
    remote, local = Busyness(), Busyness()
    plan = plan_of(
        *(step_of(f"still.{number}") for number in range(12)),
        *(step_of(f"frame.{number}", kind="frame") for number in range(12)),
    )
    away, here = FakeHandler(remote=True, during=remote), FakeHandler(remote=False, during=local)
    handlers: dict[StepKind, Handler] = {"generate": away, "frame": here}
    with shelf_at(tmp_path) as shelf:
        outcome = await execute(
            plan,
            handlers=handlers,
            store=shelf.store,
            cache=shelf.cache,
            reporter=heard,
            limits=Limits(remote=5, local=2, spacing=0),
        )
    assert len(outcome.results) == 24
    assert (remote.most, local.most) == (5, 2)


async def timed(plan: Plan, shelf: Shelf, seconds: Callable[[Step], float], limits: Limits) -> tuple[float, Heard]:
    """Build in virtual time; how many seconds it took."""
    time, heard = VirtualTime(), Heard()

    def report(event: object) -> None:
        heard(event)  # type: ignore[arg-type]
        time(event)  # type: ignore[arg-type]

    async def during(step: Step) -> None:
        await time.sleep(seconds(step))

    results: dict[str, Result] = {}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(time.pass_by)
        outcome = await execute(
            plan,
            handlers=handlers_of(FakeHandler(during=during)),
            store=shelf.store,
            cache=shelf.cache,
            reporter=report,
            limits=limits,
            clock=time.clock,
        )
        results.update(outcome.results)
        tasks.cancel_scope.cancel()
    assert len(results) == len(plan.steps)
    return time.seconds, heard


async def test_a_chain_among_independents_reaches_the_bound(tmp_path: Path) -> None:
    independent = [step_of(f"still.{number}") for number in range(35)]
    chain = [step_of("link.0")]
    for number in range(1, 5):
        chain.append(step_of(f"link.{number}", chain[-1].id))
    plan = plan_of(*independent, *chain)
    with shelf_at(tmp_path) as shelf:
        seconds, _ = await timed(plan, shelf, lambda _step: 1.0, Limits(remote=8, local=1, spacing=0))
    assert seconds == 5
    assert makespan(plan.steps, 8, lambda _step: 0.0) == 9


async def test_independent_work_goes_on_beside_a_long_step(tmp_path: Path) -> None:
    plan = plan_of(step_of("long"), *(step_of(f"short.{number}") for number in range(6)))
    with shelf_at(tmp_path) as shelf:
        seconds, heard = await timed(
            plan, shelf, lambda step: 6.0 if step.id == "long" else 1.0, Limits(remote=2, local=1, spacing=0)
        )
    assert seconds == 6
    assert {event.step: event.seconds for event in heard.of(StepFinished)}["long"] == 6
    assert heard.of(StepFinished)[-1].step in ("long", "short.5")


async def test_spaced_starts_wait_for_time_and_not_for_one_another(tmp_path: Path, heard: Heard) -> None:
    """Each handler returns only when all have been called: so a start needs no other step's end."""
    begun: set[str] = set()
    all_begun = anyio.Event()

    async def during(step: Step) -> None:
        begun.add(step.id)
        if len(begun) == 5:
            all_begun.set()
        await all_begun.wait()

    plan = plan_of(*(step_of(f"still.{number}") for number in range(5)))
    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan, FakeHandler(during=during), shelf, heard, Limits(5, 1, spacing=0.0001))
    assert len(outcome.results) == 5
    assert [event.step for event in heard.of(StepStarted)] == [step.id for step in plan.steps]


async def test_several_outputs_are_all_kept(tmp_path: Path, heard: Heard) -> None:
    class Both(FakeHandler):
        async def run(self, step: Step, workspace: Workspace) -> Made:
            made = await super().run(step, workspace)
            mask = workspace.folder / "mask.webp"
            mask.write_bytes(b"mask")
            return Made({**made.files, "mask": mask}, made.receipt)

    with shelf_at(tmp_path) as shelf:
        outcome = await build(plan_of(step_of("front")), Both(), shelf, heard)
        assert set(outcome.results["front"].outputs) == {"image", "mask"}
        assert outcome.results["front"].outputs["mask"].media_type == "image/webp"
