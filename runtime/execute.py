"""The executor: runs what has to be run, as much at once as the limits allow, and keeps everything that was made.

When the needs of a step are done, its key is known, and one of three things holds. Its result is in the store: it is
done, without a place and without a handler. Another step with the same key is already on its way: it waits for that
one's result (its twin; bought once, used twice). Or it has to be done: it waits for a place, the longest path first.
Every end of a step makes this decision anew for what it opened; there is no scheduler beside the steps themselves.

    place ─▶ workspace ─▶ handler ─▶ blobs ─▶ record ─▶ done ─▶ workspace removed
                          may be     shielded from
                          cancelled  cancellation: it is paid

A failure stops the steps that need it and no others. A failure that says `stop` (no credit, a full disk) starts
nothing more, while what is running ends in its own time, because it may be paid for. What the disk refuses a
handler is such a failure too: its folder lies in the store, so an `OSError` of its becomes the store's sentence.
Being cancelled cancels the handlers; what they had bought is in the ledger, and the next build goes on with it. Any
other exception is a bug and ends the build as an exception group.

This is the runtime's only task group.
"""

import heapq
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import anyio
import anyio.abc
import anyio.to_thread

from adc.compiler.plan import Plan, Step, StepKind
from adc.runtime.errors import AdcError, StoreError
from adc.runtime.events import StepBlocked, StepFailed, StepFinished, StepNoted, StepStarted
from adc.runtime.leases import Leases
from adc.runtime.past import NO_OCCASION, Note, Occasion, note
from adc.runtime.policy import Limits, keeps_place, remaining_seconds, wanted
from adc.runtime.ports import NOTHING_HELD, Blob, Handler, Holds, Made, Reporter, Result, Workspace
from adc.runtime.state import Progress, State
from adc.runtime.step_cache import StepCache, digest_in
from adc.runtime.store import Store, media_type_of, store_failure

STORING_THREADS = 2
"""Results that are hashed and flushed at once, of those that others wait for and of the rest: the disk gains from no
more, and the rest must not make the longest path wait."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build ended. `blocked` names the failed step behind each; `unstarted` are those that a stop left out.

    `keys` are those of the steps that were looked at.
    """

    results: Mapping[str, Result]
    failures: Mapping[str, AdcError]
    blocked: Mapping[str, str]
    unstarted: tuple[str, ...]
    keys: Mapping[str, str]


async def execute(
    plan: Plan,
    *,
    handlers: Mapping[StepKind, Handler],
    store: Store,
    cache: StepCache,
    reporter: Reporter,
    limits: Limits,
    clock: Callable[[], float] = time.monotonic,
    goal: Iterable[str] | None = None,
    leases: Leases | None = None,
    holds: Holds = NOTHING_HELD,
    occasion: Occasion = NO_OCCASION,
) -> Outcome:
    """Do the steps that `goal` needs, or all, that have no result yet. The plan's input files are in the store.

    With `leases`, a remote step is done by one of the builds that share the store, and the others wait for its result.
    What `holds` has is not done, whatever its key is; nor is what only that would need. What is made is written down
    with the `occasion`. Failures of the world are in the outcome; only bugs and cancellation are raised.
    """
    async with anyio.create_task_group() as tasks:
        steps = wanted(plan, goal, holds.results)
        build = _Build(steps, handlers, store, cache, reporter, limits, clock, tasks, leases, holds, occasion)
        build.advance()
    outcome = build.outcome()
    with suppress(StoreError):  # without it the next look at the past is less exact, and nothing else
        await cache.use(occasion, outcome.keys, (step.id for step in plan.steps))
    return outcome


class _Build:
    """One run of `execute`. Everything but the handlers, the blobs and the records happens in the event loop."""

    def __init__(
        self,
        steps: tuple[Step, ...],
        handlers: Mapping[StepKind, Handler],
        store: Store,
        cache: StepCache,
        reporter: Reporter,
        limits: Limits,
        clock: Callable[[], float],
        tasks: anyio.abc.TaskGroup,
        leases: Leases | None,
        holds: Holds,
        occasion: Occasion,
    ) -> None:
        self._steps = {step.id: step for step in steps}
        self._handlers = handlers
        self._store = store
        self._cache = cache
        self._report = reporter
        self._clock = clock
        self._tasks = tasks
        self._leases = leases
        self._holds = holds
        self._occasion = occasion
        self._progress = Progress({step.id: () if step.id in holds.results else step.needs for step in steps})
        remaining = remaining_seconds(steps)
        self._rank = {step.id: (-remaining[step.id], number) for number, step in enumerate(steps)}
        self._limit = {True: limits.remote, False: limits.local}
        self._placed: dict[bool, set[str]] = {True: set(), False: set()}
        self._ready: dict[bool, list[tuple[tuple[float, int], str]]] = {True: [], False: []}
        self._keys: dict[str, str] = {}
        self._twins: dict[str, list[str]] = {}  # by each key that is ready or running
        self._fruitless: dict[str, AdcError] = {}  # by each key that has failed
        self._storing = {waited: anyio.CapacityLimiter(STORING_THREADS) for waited in (True, False)}
        self._results: dict[str, Result] = {}
        self._failures: dict[str, AdcError] = {}
        self._spacing = limits.spacing
        self._pausing = False
        self._stopped = False

    def outcome(self) -> Outcome:
        """How it ended."""
        never = (State.WAITING, State.READY, State.TWIN)
        unstarted = tuple(step for step in self._steps if self._progress.state(step) in never)
        return Outcome(self._results, self._failures, self._progress.blocked, unstarted, self._keys)

    def advance(self) -> None:
        """Look at the steps that have become open, then start the ready ones that find a place."""
        while self._progress.open and not self._stopped:
            self._look_at(self._steps[self._progress.open.popleft()])
        for remote, ready in self._ready.items():
            while ready and self._may_start(remote):
                _, step = heapq.heappop(ready)
                self._placed[remote].add(step)
                self._progress.move(step, State.RUNNING)
                self._report(StepStarted(step))
                self._tasks.start_soon(self._run, self._steps[step], name=step)
                if remote and self._spacing:
                    self._pausing = True
                    self._tasks.start_soon(self._pause)

    def _may_start(self, remote: bool) -> bool:
        if self._stopped or (remote and self._pausing):
            return False
        return len(self._placed[remote]) < self._limit[remote]

    async def _pause(self) -> None:
        await anyio.sleep(self._spacing)
        self._pausing = False
        self.advance()

    def _look_at(self, step: Step) -> None:
        """Decide about a step whose needs are done: it is done, has a twin, or is ready."""
        if step.id in self._holds.results:
            self._keys[step.id] = self._holds.keys[step.id]
            self._have(step.id, self._holds.results[step.id])
            return
        handler = self._handlers[step.kind]
        key = self._keys[step.id] = self._cache.key_of(step, handler.engine(step), self._results)
        if key in self._twins:
            self._progress.move(step.id, State.TWIN)
            self._twins[key].append(step.id)
            return
        if key in self._fruitless:
            self._fail(step.id, self._fruitless[key])
            return
        try:
            result = self._cache.lookup(key)
        except AdcError as error:
            self._fail(step.id, error)
            return
        if result is not None:
            self._have(step.id, result)
        else:
            self._progress.move(step.id, State.READY)
            self._twins[key] = []
            heapq.heappush(self._ready[handler.remote], (self._rank[step.id], step.id))

    async def _run(self, step: Step) -> None:
        """Do a step that has a place, keep what it made, and pass the place on."""
        began = self._clock()
        handler = self._handlers[step.kind]
        placed = self._placed[handler.remote]
        key = self._keys[step.id]
        twins = self._twins[key]
        try:
            async with self._lease_of(step, key, remote=handler.remote) as waited:
                # While this build waited for another's lease, that one may have made it.
                found = self._cache.lookup(key) if waited else None
                if found is None:
                    made, result = await self._make(step, handler, placed, twins)
        except (AdcError, OSError) as error:
            failure = self._told(error)
            del self._twins[key]
            self._fruitless[key] = failure
            for same in (step.id, *twins):
                self._fail(same, failure)
        else:
            del self._twins[key]
            if found is None:
                self._finish(step.id, result, "bought" if made.receipt.request_id else "made", self._clock() - began)
            for same in twins if found is None else (step.id, *twins):
                self._have(same, found or result)
        placed.discard(step.id)
        self.advance()

    @asynccontextmanager
    async def _lease_of(self, step: Step, key: str, *, remote: bool) -> AsyncIterator[bool]:
        """Hold the lease of a key; gives whether another build had it. Work on this machine needs none."""
        if self._leases is None or not remote:
            yield False
            return
        async with self._leases.hold(
            key, lambda: self._report(StepNoted(step.id, "another build is making this"))
        ) as had:
            yield had

    async def _make(self, step: Step, handler: Handler, placed: set[str], twins: Sequence[str]) -> tuple[Made, Result]:
        """Call the handler and keep what it made. Raises AdcError and OSError."""
        async with AsyncExitStack() as unless_kept:
            folder = self._store.workspace()
            unless_kept.push_async_callback(self._discard, folder)
            made = await handler.run(step, self._workspace(step, folder))
            waited = keeps_place(sum(len(self._progress.dependants[same]) for same in (step.id, *twins)))
            if not waited:
                placed.remove(step.id)
                self.advance()
            result = await self._keep(step, made, folder, self._storing[waited])
            unless_kept.pop_all()
            return made, result
        raise AssertionError("it is kept or raises")

    async def _keep(self, step: Step, made: Made, folder: Path, storing: anyio.CapacityLimiter) -> Result:
        """Put what was made into the store and the cache. It is paid for, so being cancelled does not stop this."""
        with anyio.CancelScope(shield=True):
            outputs, told = await anyio.to_thread.run_sync(self._put, step, made, folder, limiter=storing)
            result = Result(outputs, made.receipt)
            await self._cache.record(self._keys[step.id], step.id, result, told)
        return result

    def _put(self, step: Step, made: Made, folder: Path) -> tuple[Mapping[str, Blob], Note]:
        blobs = {name: self._store.put_file(path, media_type_of(path)) for name, path in made.files.items()}
        self._store.discard(folder)
        engine = self._handlers[step.kind].engine(step)
        return blobs, note(step, engine, digest_in(self._results), self._keys, self._occasion)

    async def _discard(self, folder: Path) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._store.discard, folder)

    def _workspace(self, step: Step, folder: Path) -> Workspace:
        digest_of = digest_in(self._results)
        return Workspace(
            folder=folder,
            key=self._keys[step.id],
            path_of=lambda ref: self._store.path(digest_of(ref)),
            digest_of=digest_of,
            note=lambda text: self._report(StepNoted(step.id, text)),
        )

    def _told(self, error: AdcError | OSError) -> AdcError:
        """The failure of a step as a sentence; its cause stays with it."""
        if isinstance(error, AdcError):
            return error
        failure = store_failure(self._store.root, error.errno, error.strerror or str(error))
        failure.__cause__ = error
        return failure

    def _have(self, step: str, result: Result) -> None:
        """The step needed nothing: its result was there, or a twin's is."""
        self._finish(step, result, "cached", 0.0)

    def _finish(self, step: str, result: Result, how: Literal["cached", "made", "bought"], seconds: float) -> None:
        self._results[step] = result
        self._progress.move(step, State.DONE)
        usd = Decimal(0) if how == "cached" else result.receipt.usd
        self._report(StepFinished(step, how, seconds, usd))

    def _fail(self, step: str, error: AdcError) -> None:
        self._failures[step] = error
        self._stopped = self._stopped or error.stop
        self._progress.move(step, State.FAILED)
        self._report(StepFailed(step, str(error)))
        for other in self._steps:
            if self._progress.blocked.get(other) == step:
                self._report(StepBlocked(other, step))
