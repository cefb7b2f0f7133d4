"""Ledgers as builds leave them behind: written by the real ledger, at times that a test chooses, with a secret inside.

`SECRET` stands wherever a signature may: in the request, in the addresses, in the answer and in what fal has said.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Literal

import anyio

from adc.compiler.digest import digest_bytes
from adc.compiler.plan import Json, Price
from adc.runtime.database import Database
from adc.runtime.errors import Charge
from adc.runtime.ledger import StoreLedger, moment, settle
from adc.runtime.ports import AttemptState, Purchase

SECRET = "topsecret"
STILL = "fal-ai/ideogram/character"
CLIP = "fal-ai/kling-video/o1/standard/reference-to-video"
FACE = f"https://v3.fal.media/files/maya.png?signature={SECRET}"
LOST = "the answer to the request was lost (ReadTimeout)"

WAYS: Mapping[AttemptState, tuple[AttemptState, ...]] = {
    "intended": (),
    "submitted": ("submitted",),
    "running": ("submitted", "running"),
    "completed": ("submitted", "running", "completed"),
    "fetched": ("submitted", "running", "completed", "fetched"),
    "failed": ("submitted", "failed"),
    "ambiguous": ("ambiguous",),
    "abandoned": ("ambiguous", "abandoned"),
}


@dataclass
class Book:
    """A ledger that is being written. A move takes a second."""

    database: Database
    now: datetime = field(default_factory=lambda: datetime.fromisoformat("2026-03-01T09:00:00Z"))
    written: int = 0

    async def attempt(
        self,
        step: str,
        state: AttemptState,
        *,
        ad: str = "glow_serum",
        endpoint: str = CLIP,
        engine: str = "fal",
        price: str | None = "1.40",
        paid: str = "1.12",
        units: str = "8",
        at: str = "",
        reason: str = LOST,
        charge: Charge = "no",
        arguments: Json = None,
    ) -> int:
        """Bring an attempt into a state, by way of those before it. Without a `price` it is unknown. Returns its id."""
        self.now = datetime.fromisoformat(at) if at else self.now
        self.written += 1
        ledger, request = StoreLedger(self.database, self._tick), f"r-{self.written}"
        mark: Literal["unknown", "exact"] = "exact" if price else "unknown"
        key = key_of(self.written)
        attempt = await ledger.intend(
            Purchase(
                key=key,
                ad=ad,
                step=step,
                endpoint=endpoint,
                engine=engine,
                arguments=arguments
                or {"prompt": "She smiles.\nTwo drops.", "seed": 7, "elements": [{"frontal": FACE}]},
                inputs={FACE: digest_bytes(b"maya")},
                price=Price(Decimal(price or 0), "10" if price else "", "second", mark),
            )
        )
        place = f"https://queue.fal.run/requests/{request}?{SECRET}"
        for to in WAYS[state]:
            match to:
                case "submitted":
                    await ledger.submitted(attempt, request_id=request, status_url=place, response_url=place)
                case "running":
                    await ledger.running(attempt)
                case "completed":
                    answer: Json = {"video": {"url": f"https://v3.fal.media/files/hook.mp4?{SECRET}"}}
                    await ledger.completed(attempt, result=answer, usd=Decimal(paid), billed_units=units)
                case "fetched":
                    await self.database.write(partial(settle, key=key, at=moment(self._tick())))
                case "failed":
                    await ledger.failed(attempt, reason=reason, charge=charge)
                case "ambiguous":
                    await ledger.ambiguous(attempt, reason=reason)
                case _:
                    await ledger.abandon(attempt, reason=reason, charge=charge)
        return attempt

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def key_of(number: int) -> str:
    """The step key of the attempt that was written as that number."""
    return digest_bytes(str(number).encode())


def write_ledger(root: Path, write: Callable[[Book], Awaitable[object]]) -> None:
    """Write into the ledger of the store at `root`, which is made where there is none."""
    root.mkdir(parents=True, exist_ok=True)

    async def run() -> None:
        with Database.open(root) as database:
            await write(Book(database))

    anyio.run(run)


async def a_month(book: Book) -> None:
    """Two ads, every state, fal and a stand-in, a price that nobody knows, and a night that two days claim."""
    await book.attempt(
        "maya.pack.front", "fetched", endpoint=STILL, price="0.10", paid="0.10", units="", at="2026-02-28T20:00:00Z"
    )
    await book.attempt("hook.clip", "fetched", at="2026-03-01T03:30:00Z")
    refused = f"a filter refused what hook.clip says; see https://fal.ai/errors/9?{SECRET}"
    await book.attempt("hook.clip", "failed", reason=refused, charge="yes", at="2026-03-02T09:00:00Z")
    await book.attempt("hook.clip.2", "failed", reason="fal is busy and charged nothing")
    await book.attempt("proof.clip", "abandoned", reason=f"{LOST}; given up", charge="maybe")
    await book.attempt("proof.clip", "ambiguous", at="2026-03-03T09:00:00Z")
    await book.attempt("park.clip", "intended")
    await book.attempt("park.clip", "running", ad="hello")
    await book.attempt("wave.clip", "fetched", ad="hello", engine="sim", at="2026-03-04T09:00:00Z")
    await book.attempt("logo.clip", "submitted", ad="hello", endpoint="studio/own", price=None)
