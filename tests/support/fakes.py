"""Stand-ins for the runtime's boundaries, and short ways to make plans and stores for tests.

`VirtualTime` lets hours pass in no time: it is at once the executor's clock, a reporter and what handlers sleep on.
Time moves only when every running step sleeps, so what a test sees does not depend on the machine's speed.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.lowlevel

from adc.compiler.digest import Engine
from adc.compiler.plan import FREE, Deliverable, FileRef, Json, Plan, Price, Step, StepKind, StepRef
from adc.runtime.database import Database
from adc.runtime.errors import AdcError
from adc.runtime.events import Event, StepFailed, StepFinished, StepStarted
from adc.runtime.ledger import StoreLedger
from adc.runtime.ports import Handler, Made, Receipt, Workspace
from adc.runtime.step_cache import StepCache
from adc.runtime.store import Store

E = TypeVar("E")

KINDS: tuple[StepKind, ...] = ("generate", "frame", "card", "film")


def step_of(
    step_id: str,
    *needs: str,
    kind: StepKind = "generate",
    usd: str = "",
    files: Iterable[str] = (),
    text: str | None = None,
) -> Step:
    """A step that needs the images of others. Steps with the same `text`, needs and files have the same key."""
    arguments: dict[str, Json] = {
        "text": step_id if text is None else text,
        "inputs": [StepRef(need, "image").to_json() for need in needs],
        "files": [FileRef(digest).to_json() for digest in files],
    }
    return Step(
        id=step_id,
        kind=kind,
        endpoint="studio/still" if kind == "generate" else None,
        arguments=arguments,
        output="image",
        purpose="a test",
        price=Price(Decimal(usd), "1", "image", "exact") if usd else FREE,
    )


def plan_of(*steps: Step) -> Plan:
    """A plan of these steps; the last is its target."""
    film = Deliverable(steps[-1].id, "9:16", 1080, 1920)
    return Plan("test", "Test", 1080, 1920, 30, 30, {}, (), steps, (), (film,))


class Heard:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def how(self) -> Mapping[str, str]:
        """How each finished step was done."""
        return {event.step: event.how for event in self.of(StepFinished)}


async def _at_once(_step: Step) -> None:
    await anyio.lowlevel.checkpoint()


@dataclass
class FakeHandler:
    """Makes one small picture from the step's text and inputs; counts its runs; fails where it is told to.

    `during` is awaited while the handler runs. `make` gives the bytes: by default every key has bytes of its own.
    """

    remote: bool = True
    name: str = "fake/1"
    failures: Mapping[str, AdcError] = field(default_factory=dict)
    during: Callable[[Step], Awaitable[None]] = _at_once
    make: Callable[[Step, Workspace], bytes] = lambda _step, workspace: workspace.key.encode()
    request_id: str = ""
    usd: Decimal = Decimal(0)
    runs: Counter[str] = field(default_factory=Counter)

    def engine(self, step: Step) -> Engine:
        """Always itself."""
        return Engine(self.name)

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Do the step."""
        self.runs[step.id] += 1
        assert list(workspace.folder.iterdir()) == []
        await self.during(step)
        if step.id in self.failures:
            raise self.failures[step.id]
        path = workspace.folder / "made.png"
        path.write_bytes(self.make(step, workspace))
        return Made({"image": path}, Receipt(self.name, self.usd, self.request_id))


def handlers_of(handler: Handler) -> Mapping[StepKind, Handler]:
    """One handler for every kind of step."""
    return dict.fromkeys(KINDS, handler)


def inputs_digest(step: Step, workspace: Workspace) -> bytes:
    """Bytes that depend on the content of the inputs alone, read through the workspace."""
    digest = hashlib.sha256(str(step.arguments["text"]).encode())
    for need in step.needs:
        digest.update(workspace.path_of(StepRef(need, "image")).read_bytes())
    return digest.hexdigest().encode()


class Calendar:
    """A clock for the ledger: a second later at every look."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


@dataclass(frozen=True)
class Shelf:
    """An open store with all that is kept in it."""

    store: Store
    database: Database
    cache: StepCache
    ledger: StoreLedger


@contextmanager
def shelf_at(root: Path) -> Iterator[Shelf]:
    """The store at `root`, open, with its database, step cache and ledger."""
    now = Calendar()
    with Store.open(root) as store, Database.open(root) as database:
        yield Shelf(store, database, StepCache(database, store, now), StoreLedger(database, now))


class VirtualTime:
    """Time that stands still while anything runs, and jumps to the next waking when all running steps sleep."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._running: set[str] = set()
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._count = 0
        self._changed = anyio.Event()

    def __call__(self, event: Event) -> None:
        """As a reporter: which steps run."""
        if isinstance(event, StepStarted):
            self._running.add(event.step)
        elif isinstance(event, StepFinished | StepFailed):
            self._running.discard(event.step)
        self._changed.set()

    def clock(self) -> float:
        """Seconds since the beginning."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """What a handler awaits."""
        woken = anyio.Event()
        self._count += 1
        heapq.heappush(self._sleepers, (self.seconds + seconds, self._count, woken))
        self._changed.set()
        await woken.wait()

    async def pass_by(self) -> None:
        """Move time for ever; to be run beside the executor and cancelled after it."""
        while True:
            await self._changed.wait()
            self._changed = anyio.Event()
            if self._sleepers and len(self._sleepers) == len(self._running):
                self.seconds = self._sleepers[0][0]
                while self._sleepers and self._sleepers[0][0] == self.seconds:
                    heapq.heappop(self._sleepers)[2].set()
