"""The queue behind the stand-in: requests wait, are drawn by the draft engine, and end.

As at fal a request is accepted whatever it says; a mistake in it shows only in the result, as 422. There are three
states, and failure and cancellation both end as COMPLETED.

    IN_QUEUE ── a runner is free ──> IN_PROGRESS ── drawn, or failed ──> COMPLETED
        └────────────────── cancelled, or refused ─────────────────────────┘
"""

import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

import anyio
from anyio.abc import TaskGroup

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json, Price
from adc.compiler.price import price
from adc.compiler.request import Problem, problems
from adc.runtime.errors import MediaError
from adc.runtime.media.probe import probe
from adc.runtime.sim.answers import NOT_OURS, answer, finding
from adc.runtime.sim.bill import Bill
from adc.runtime.sim.files import Files

_log = logging.getLogger(__name__)

Draw: TypeAlias = Callable[[Endpoint, dict[str, Json], dict[str, Json], Path], Awaitable[Mapping[str, Path]]]
"""The draft engine: endpoint, arguments with local paths for file references, brief, folder; outputs by name."""

State: TypeAlias = Literal["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


@dataclass(slots=True)
class Run:
    """One request. `status` and `body` are the model's answer once the run has ended; `changed` wakes who watches."""

    id: str
    endpoint: Endpoint
    arguments: dict[str, Json]
    price: Price
    base: str
    sent_at: str
    state: State = "IN_QUEUE"
    status: int = 0
    body: Json = None
    error: str = ""
    ended_at: str = ""
    changed: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def become(self, state: State) -> None:
        """The one setter of the state."""
        self.state = state
        if state == "COMPLETED":
            self.ended_at = now()
        self.changed.set()
        self.changed = anyio.Event()


class Runs:
    """All requests since the start, by id in the order of their coming, and the runners that do them."""

    def __init__(self, *, files: Files, bill: Bill, draw: Draw, latency: float, runners: int) -> None:
        self.all: dict[str, Run] = {}
        self._files = files
        self._bill = bill
        self._draw = draw
        self._latency = latency
        self._runners = anyio.CapacityLimiter(runners)

    def accept(self, endpoint: Endpoint, arguments: dict[str, Json], base: str, tasks: TaskGroup) -> Run:
        """Take a request, bill it where it is sound, and start on it. `base` is the address the client knows us by."""
        cost = price(endpoint, arguments, clip=self._clip(endpoint, arguments, base))
        run = Run(str(uuid.uuid4()), endpoint, arguments, cost, base, now())
        self.all[run.id] = run
        found = [*problems(endpoint, arguments), *self._strangers(arguments, base)]
        if found:
            run.status, run.body, run.error = (
                422,
                {"detail": [finding(one, arguments) for one in found]},
                "Invalid input",
            )
            run.become("COMPLETED")
        else:
            self._bill.charge(run.id, endpoint.id, run.price.usd)
            tasks.start_soon(self._do, run)
        return run

    def ahead(self, run: Run) -> int:
        """How many requests wait before this one."""
        waiting = [other.id for other in self.all.values() if other.state == "IN_QUEUE"]
        return waiting.index(run.id) if run.id in waiting else 0

    def cancel(self, run: Run) -> None:
        """Take a request that waits out of the queue. One that runs is left to end, as a model may."""
        if run.state == "IN_QUEUE":
            run.scope.cancel()
            self._give_back(run)
            self._end(run, 499, {"detail": "Request was cancelled", "error_type": "client_cancelled"})

    async def _do(self, run: Run) -> None:
        with run.scope:
            async with self._runners:
                run.become("IN_PROGRESS")
                # From here on the run ends by itself: only the end of the server cancels it.
                await anyio.sleep(self._latency)
                await self._make(run)

    async def _make(self, run: Run) -> None:
        folder = self._files.folder_of(run.id)
        arguments = self._files.localised(run.arguments, run.base)
        assert isinstance(arguments, dict)
        try:
            made = await self._draw(run.endpoint, arguments, {}, folder)
            told = {name: self._files.told(path, run.endpoint.makes, run.base) for name, path in made.items()}
            body = answer(run.endpoint, run.arguments, told)
        except Exception as error:  # whatever happens to a runner, the queue goes on
            _log.exception("%s failed", run.endpoint.id)
            self._give_back(run)
            self._end(run, 500, {"detail": f"{type(error).__name__}: {error}", "error_type": "internal_error"})
        else:
            self._end(run, 200, body)

    def _clip(self, endpoint: Endpoint, arguments: dict[str, Json], base: str) -> Fraction | None:
        """Seconds of the clip that a request sends, by which some are billed."""
        assert isinstance(endpoint.request, dict)
        for name, slot in endpoint.request.items():
            address = arguments.get(name)
            path = self._files.local(address, base) if slot == "$video" and isinstance(address, str) else None
            if path is not None:
                with suppress(MediaError):
                    picture = probe(path, path.name).picture
                    return picture.seconds if picture else None
        return None

    def _end(self, run: Run, status: int, body: Json) -> None:
        run.status, run.body = status, body
        if status != 200:
            run.error = f"Invalid status code: {status}"
        run.become("COMPLETED")

    def _give_back(self, run: Run) -> None:
        self._bill.charge(run.id, run.endpoint.id, -run.price.usd)

    def _strangers(self, value: Json, base: str, path: str = "") -> list[Problem]:
        """Addresses among the arguments that are not files of ours; a stand-in fetches nothing from elsewhere."""
        if isinstance(value, str):
            ours = not value.startswith(("http://", "https://")) or self._files.local(value, base) is not None
            return [] if ours else [Problem(path, NOT_OURS)]
        parts: Iterable[tuple[object, Json]] = ()
        if isinstance(value, dict):
            parts = value.items()
        elif isinstance(value, list):
            parts = enumerate(value)
        return [one for key, item in parts for one in self._strangers(item, base, f"{path}/{key}".lstrip("/"))]


def now() -> str:
    """The time as fal writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
