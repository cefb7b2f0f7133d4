"""One request and all that is known of it, and how it is written down so that a restart knows it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import anyio

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json, Price
from adc.runtime.sim.faults import Empty, Fail
from adc.runtime.sim.lives import Life

State: TypeAlias = Literal["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a submit may ask for by headers, in seconds: to start in time, and how long its files are to live.

    `keep` is whether the history may show what was sent and what came.
    """

    start_within: float | None = None
    lifetime: float | None = None
    keep: bool = True


@dataclass(slots=True)
class Run:
    """One request. `status` and `body` are the model's answer once the run has ended; `changed` wakes who watches.

    Moments are seconds since 1970, `skew` is how far those that the history tells are off. Addresses of our files in
    `body` have no host: who asks is told them by the name that it knows us by.
    """

    id: str
    endpoint: Endpoint
    arguments: dict[str, Json]
    price: Price
    sent: float
    keep: bool = True
    skew: float = 0.0
    vanished: bool = False
    fate: Fail | Empty | None = None
    overtaken: bool = False
    held: bool = False
    state: State = "IN_QUEUE"
    billed: bool = False
    status: int = 0
    body: Json = None
    error: str = ""
    error_type: str = ""
    started: float | None = None
    ended: float | None = None
    logs: list[Json] = field(default_factory=list)
    life: Life = field(default_factory=Life)
    files_life: Life = field(default_factory=Life)
    changed: anyio.Event = field(default_factory=anyio.Event)

    @property
    def duration(self) -> float | None:
        """Seconds from its coming to its end; None before."""
        return None if self.ended is None else self.ended - self.sent

    def become(self, state: State) -> None:
        """The one setter of the state."""
        self.state = state
        self.changed.set()
        self.changed = anyio.Event()


def accepted(run: Run) -> dict[str, Json]:
    """The line of a request that was taken."""
    return {
        "request_id": run.id,
        "endpoint_id": run.endpoint.id,
        "sent": run.sent,
        "json_input": run.arguments,
        "usd": str(run.price.usd),
        "units": run.price.quantity,
        "unit": run.price.unit,
        "billed": run.billed,
        "keep": run.keep,
        "skew": run.skew,
        "vanished": run.vanished,
    }


def again(entry: Mapping[str, Any], endpoint: Endpoint) -> Run:
    """The request of a line of `accepted`."""
    return Run(
        entry["request_id"],
        endpoint,
        entry["json_input"],
        Price(Decimal(entry["usd"]), entry["units"], entry["unit"], endpoint.price.mark),
        entry["sent"],
        keep=entry["keep"],
        skew=entry["skew"],
        vanished=entry["vanished"],
        billed=entry["billed"],
    )


def ended(run: Run) -> dict[str, Json]:
    """The line of a request that has ended."""
    return {
        "request_id": run.id,
        "started": run.started,
        "ended": run.ended,
        "status": run.status,
        "body": run.body,
        "error": run.error,
        "error_type": run.error_type,
        "billed": run.billed,
    }


def end_again(run: Run, entry: Mapping[str, Any]) -> None:
    """Bring a request to where a line of `ended` says that it was."""
    run.started, run.ended = entry["started"], entry["ended"]
    run.status, run.body = entry["status"], entry["body"]
    run.error, run.error_type, run.billed = entry["error"], entry["error_type"], entry["billed"]
    run.state = "COMPLETED"
