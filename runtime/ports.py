"""The boundaries of the runtime: what the executor asks of the world, as protocols with values around them.

A step is data and its handler a function from (step, input blobs) to (output blobs, receipt), with no hidden
state. Everything else a handler may touch comes in `Workspace`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from adc.compiler.digest import Engine
from adc.compiler.plan import Json, Price, Ref, Step
from adc.runtime.errors import Charge
from adc.runtime.events import Event


@dataclass(frozen=True, slots=True)
class Receipt:
    """What making a result took. `usd` is what was paid; `request_id` names the purchase at the seller's."""

    engine: str
    usd: Decimal = Decimal(0)
    request_id: str = ""
    billed_units: str = ""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: `digest` is `sha256:<hex>`, `bytes` their number, `media_type` as in `video/mp4`."""

    digest: str
    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Result:
    """Output blobs by name, with the receipt."""

    outputs: Mapping[str, Blob]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Holds:
    """Results that are used whatever the keys are by now: `results` by step, and the `keys` that they were made for."""

    results: Mapping[str, Result] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def outputs(self) -> Mapping[str, Mapping[str, str]]:
        """The digests of what is held: by step, then by the name of the output."""
        return {
            step: {name: blob.digest for name, blob in result.outputs.items()} for step, result in self.results.items()
        }


NOTHING_HELD = Holds()
"""Every step is what its key says."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a handler made: files by output name, in its workspace; the executor moves them into the store."""

    files: Mapping[str, Path]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a handler is given besides the step.

    `folder` is empty and its own, on the store's disk, and removed afterwards. `path_of` gives the readable file
    behind each reference in the step's arguments, `digest_of` its digest. `key` is the step's key. `note` tells
    the reporter.
    """

    folder: Path
    key: str
    path_of: Callable[[Ref], Path]
    digest_of: Callable[[Ref], str]
    note: Callable[[str], None] = field(default=lambda _text: None)


class Handler(Protocol):
    """Does one kind of step."""

    remote: bool
    """Whether the work happens elsewhere, so that many may run at once without a local processor."""

    def engine(self, step: Step) -> Engine:
        """Who would do the step; part of its key."""
        ...

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Do the step. Raises `AdcError`, and OSError where its folder cannot be written."""
        ...


class Reporter(Protocol):
    """Hears what happens. Must not raise and must not block."""

    def __call__(self, event: Event) -> None:
        """One fact."""
        ...


AttemptState: TypeAlias = Literal[
    "intended", "submitted", "running", "completed", "fetched", "failed", "ambiguous", "abandoned"
]


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is about to be asked of a seller.

    `engine` names the seller. `arguments` is the request as it is sent, with the addresses of uploads; `inputs` are
    the digests of what lies behind them, by address. `price` is what the plan expects.
    """

    key: str
    ad: str
    step: str
    endpoint: str
    engine: str
    arguments: Json
    inputs: Mapping[str, str]
    price: Price


@dataclass(frozen=True, slots=True)
class DayCap:
    """At most `usd` may be committed to a seller since a moment, in the ledger's own way of writing it."""

    usd: Decimal
    since: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One purchase in the ledger. The URLs are those of the submit's answer; `result` is the model's answer.

    `arguments` is the request as it was sent, `intended_at` when it was about to be (UTC, ISO 8601). `reason` says why
    an ambiguous one is so. `usd` is what was paid, or the planned price.
    """

    id: int
    key: str
    state: AttemptState
    step: str
    endpoint: str
    engine: str
    arguments: Json
    usd: Decimal
    request_id: str
    status_url: str
    response_url: str
    result: Json
    reason: str
    intended_at: str


class Ledger(Protocol):
    """What was asked, paid and received. Every method returns after its row is durable on disk."""

    async def open_attempt(self, key: str) -> Attempt | None:
        """The newest attempt for a step key that is neither failed nor abandoned: it must be gone on with."""
        ...

    async def known_requests(self, endpoint: str) -> frozenset[str]:
        """The ids of all requests to an endpoint that the ledger knows."""
        ...

    async def intend(self, purchase: Purchase, cap: DayCap | None = None) -> int:
        """Write down that a request is about to be sent. Returns the attempt's id.

        Raises SpendRefused where it would pass the cap: what other builds have committed counts too.
        """
        ...

    async def submitted(self, attempt: int, *, request_id: str, status_url: str, response_url: str) -> None:
        """The request was accepted, or an ambiguous one was found at the seller's."""
        ...

    async def running(self, attempt: int) -> None:
        """A runner has started on the request."""
        ...

    async def completed(self, attempt: int, *, result: Json, usd: Decimal, billed_units: str) -> None:
        """The model has answered with media; `usd` is what it cost."""
        ...

    async def failed(self, attempt: int, *, reason: str, charge: Charge = "no") -> None:
        """The attempt ended without a result and without a purchase that could still be fetched."""
        ...

    async def ambiguous(self, attempt: int, *, reason: str) -> None:
        """The request was sent and its answer lost: it may have been bought."""
        ...

    async def abandon(self, attempt: int, *, reason: str, charge: Charge = "maybe") -> None:
        """The user decided to give an ambiguous attempt up."""
        ...

    async def upload_of(self, digest: str, host: str) -> str | None:
        """The URL under which these bytes are known at `host` and do not expire soon, or None."""
        ...

    async def uploaded(self, digest: str, host: str, url: str, expires_at: str = "") -> None:
        """Remember the URL of an upload, and when it expires (UTC, ISO 8601) where that is known."""
        ...
