"""The queue behind the stand-in: requests wait, are drawn by the draft engine, and end.

As at fal a request is accepted whatever it says; a mistake in it shows only in the result, as 422. There are three
states, and failure and cancellation both end as COMPLETED.

    IN_QUEUE ── a runner is free ──> IN_PROGRESS ── drawn, or failed ──> COMPLETED
        └──────────── cancelled, refused, or too late to start ────────────┘

Every run is written down when it is accepted and when it ends, before anybody hears of it. A stand-in that starts
again in the same folder knows them all, brings the bill in line with them, and draws again what was not done.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import anyio
from anyio.abc import TaskGroup

from adc.compiler.catalogue import Catalogue, Endpoint
from adc.compiler.plan import Json
from adc.compiler.price import price
from adc.compiler.request import problems
from adc.runtime.measured import measured
from adc.runtime.sim.answers import answer, failed, finding, found_by_model, nothing
from adc.runtime.sim.bill import Bill
from adc.runtime.sim.clock import Clock, moment
from adc.runtime.sim.faults import Delay, Empty, Expire, Fail, Fault, Faults, Overtaken, Skew, Vanish
from adc.runtime.sim.files import Files
from adc.runtime.sim.inputs import strangers
from adc.runtime.sim.lines import Lines
from adc.runtime.sim.run import Run, Wishes, accepted, again, end_again, ended

_log = logging.getLogger(__name__)

Draw: TypeAlias = Callable[[Endpoint, dict[str, Json], dict[str, Json], Path], Awaitable[Mapping[str, Path]]]
"""The draft engine: endpoint, arguments with local paths for file references, brief, folder; outputs by name."""


class Runs:
    """All requests of this folder, by id in the order of their coming, and the runners that do them.

    Raises ValueError where the folder's `runs.jsonl` or the bill is not one of ours.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        files: Files,
        bill: Bill,
        draw: Draw,
        latency: float,
        runners: int,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self.all: dict[str, Run] = {}
        self._files = files
        self._bill = bill
        self._draw = draw
        self._latency = latency
        self._free = runners
        self._faults = faults
        self._clock = clock
        self._waiting: list[Run] = []
        self._tasks: TaskGroup | None = None
        self._journal = Lines(files.folder / "runs.jsonl")
        self._remember(catalogue)

    def start(self, tasks: TaskGroup) -> None:
        """Begin to do what waits."""
        self._tasks = tasks
        self._start_next()

    def find(self, request_id: str) -> Run | None:
        """The run of an id, unless it has vanished."""
        run = self.all.get(request_id)
        return None if run is None or run.vanished else run

    @property
    def is_broke(self) -> bool:
        """Whether the account has spent what it had."""
        return self._faults.balance is not None and self._bill.total >= self._faults.balance

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    def accept(self, endpoint: Endpoint, arguments: dict[str, Json], wishes: Wishes) -> Run:
        """Take a request, bill it where it is sound, and queue it."""
        sent = measured(endpoint, arguments, self._sent)
        cost = price(endpoint, arguments, clip=sent.seconds, short_side=sent.short_side)
        run = Run(str(uuid.uuid4()), endpoint, arguments, cost, self._clock(), keep=wishes.keep)
        found = [*problems(endpoint, arguments), *strangers(arguments, self._files)]
        delay = 0.0 if found else self._fates(run, self._faults.take("run", endpoint.id))
        self._limit(run, wishes)
        self.all[run.id] = run
        self._journal.append(accepted(run))
        if found:
            self._end(run, 422, {"detail": [finding(one, arguments) for one in found]}, "Invalid input")
            return run
        self._settle(run)
        if not run.vanished:
            self._waiting.append(run)
            if delay:
                run.held = True
                self._later(delay, self._release, run)
            if wishes.start_within is not None:
                self._later(wishes.start_within, self._give_up, run)
            self._start_next()
        return run

    def ahead(self, run: Run) -> int:
        """How many requests wait before this one."""
        order = self._order()
        return order.index(run) if run in order else 0

    def cancel(self, run: Run) -> None:
        """Take a request that waits out of the queue. One that runs is left to end, as a model may."""
        if run in self._waiting:
            self._waiting.remove(run)
            self._end(run, 499, failed("Request was cancelled", "client_cancelled"), error_type="client_cancelled")

    def _fates(self, run: Run, faults: Iterable[Fault]) -> float:
        """Note what is to become of a run. Returns the seconds that it is held back."""
        delay = 0.0
        run.billed = True
        for fault in faults:
            match fault:
                case Delay(seconds=seconds):
                    delay += seconds
                case Skew(seconds=seconds):
                    run.skew += seconds
                case Overtaken():
                    run.overtaken = True
                case Vanish(billed=billed):
                    run.vanished, run.billed = True, billed
                case Fail() | Empty():
                    run.fate = fault
        return delay

    def _limit(self, run: Run, wishes: Wishes) -> None:
        result = self._faults.expiry("result", run.endpoint.id)
        files = self._faults.expiry("download", run.endpoint.id)
        run.life.limits = [result] if result else []
        run.files_life.limits = [files] if files else []
        if wishes.lifetime is not None:
            run.files_life.limits.append(Expire("download", seconds=wishes.lifetime))

    def _sent(self, value: Json) -> Path | None:
        return self._files.local(value) if isinstance(value, str) else None

    def _later(self, seconds: float, then: Callable[[Run], None], run: Run) -> None:
        async def wait() -> None:
            await anyio.sleep(seconds)
            then(run)

        assert self._tasks is not None, "requests come between the start and the end of the server"
        self._tasks.start_soon(wait)

    def _release(self, run: Run) -> None:
        run.held = False
        self._start_next()

    def _give_up(self, run: Run) -> None:
        """End a request that has not started in the time that it allowed."""
        if run in self._waiting:
            self._waiting.remove(run)
            body = failed("Request timed out before it was started", "request_timeout")
            self._end(run, 504, body, error_type="request_timeout")

    def _order(self) -> list[Run]:
        """Those that wait, as they would start: those that let others go first are last."""
        return sorted(self._waiting, key=lambda run: (run.overtaken, run.held))

    def _start_next(self) -> None:
        """Give every free runner something to do."""
        for run in self._order():
            if self._free and not run.held and self._tasks is not None:
                self._waiting.remove(run)
                self._free -= 1
                run.started = self._clock()
                self._log(run, "a runner has started on it")
                run.become("IN_PROGRESS")
                self._tasks.start_soon(self._do, run)

    async def _do(self, run: Run) -> None:
        await anyio.sleep(self._latency)
        await self._make(run)
        self._free += 1
        self._start_next()

    async def _make(self, run: Run) -> None:
        match run.fate:
            case Fail() as fail:
                body = found_by_model(fail, run.arguments) if fail.type else failed(fail.detail, fail.error_type)
                self._end(run, fail.status, body, error_type=fail.type or fail.error_type, billed=fail.billed)
                return
            case Empty(billed=billed):
                self._end(run, 200, nothing(run.endpoint, run.arguments), billed=billed)
                return
        folder = self._files.folder_of(run.id)
        arguments = self._files.localised(run.arguments)
        assert isinstance(arguments, dict)
        try:
            made = await self._draw(run.endpoint, arguments, {}, folder)
            told = {name: self._files.told(path, run.endpoint.makes) for name, path in made.items()}
            body = answer(run.endpoint, run.arguments, told)
        except Exception as error:  # whatever happens to a runner, the queue goes on
            _log.exception("%s failed", run.endpoint.id)
            detail = f"{type(error).__name__}: {error}"
            self._end(run, 500, failed(detail, "internal_error"), error_type="internal_error")
        else:
            self._end(run, 200, body, billed=True)

    def _end(
        self, run: Run, status: int, body: Json, error: str = "", *, error_type: str = "", billed: bool = False
    ) -> None:
        run.status, run.body, run.error_type, run.billed = status, body, error_type, billed
        if status != 200:
            run.error = error or f"Invalid status code: {status}"
        run.ended = run.life.since = run.files_life.since = self._clock()
        if status == 422 and run.started is None:
            run.started = run.sent  # the runner's own check of the input has refused it
        self._log(run, f"ended with {status}")
        self._journal.append(ended(run))
        self._settle(run)
        run.become("COMPLETED")

    def _log(self, run: Run, message: str) -> None:
        run.logs.append({"message": message, "timestamp": moment(self._clock()), "level": "INFO", "source": "USER"})

    def _settle(self, run: Run) -> None:
        self._bill.settle(run.id, run.endpoint.id, run.price, billed=run.billed)

    def _remember(self, catalogue: Catalogue) -> None:
        """Know again what the folder tells of, and settle what a kill has left open."""
        endpoints = {endpoint.id: endpoint for endpoint in catalogue.endpoints}
        for entry in self._journal.read():
            if "ended" in entry:
                run = self.all.get(entry["request_id"])
                if run is not None:
                    end_again(run, entry)
            elif entry["endpoint_id"] in endpoints:
                run = again(entry, endpoints[entry["endpoint_id"]])
                self.all[run.id] = run
        for run in self.all.values():
            self._settle(run)
            if run.state != "COMPLETED" and not run.vanished:
                self._waiting.append(run)
