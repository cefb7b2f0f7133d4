"""The ledger: what was asked of a seller, what was paid, and what came back. Written before it happens.

An attempt is one purchase. Its row is durable before the request leaves and is never deleted, so after a crash it
tells whether something was bought that can still be fetched:

    intended ──┬─▶ submitted ──┬─▶ completed ──┬─▶ fetched ────▶ failed
               ├─▶ ambiguous   ├─▶ ambiguous   └─▶ failed
               └─▶ failed      └─▶ failed

    ambiguous ─┬─▶ submitted
               ├─▶ completed
               └─▶ abandoned

Ambiguous means that the request was sent and the answer lost: only a later look at the seller's (it was submitted,
or even completed) or the user (give it up, buy again) may end that. A fetched attempt fails where the blob is lost
here and its media gone at the seller's. `MOVES` is this drawing as data, and `_move` the only setter. The database
itself refuses a second open attempt for a step key, so no bug can buy the same thing twice.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal

from adc.compiler.plan import Json, canonical
from adc.runtime.database import Database
from adc.runtime.ports import Attempt, AttemptState

MOVES: Final[Mapping[AttemptState, frozenset[AttemptState]]] = {
    "intended": frozenset({"submitted", "failed", "ambiguous"}),
    "submitted": frozenset({"completed", "failed", "ambiguous"}),
    "completed": frozenset({"fetched", "failed"}),
    "fetched": frozenset({"failed"}),
    "ambiguous": frozenset({"submitted", "completed", "abandoned"}),
    "failed": frozenset(),
    "abandoned": frozenset(),
}
_FROM: Final = {to: ", ".join(f"'{state}'" for state, ends in MOVES.items() if to in ends) for to in MOVES}


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """An attempt as it stands in the ledger, for people. `moments` are the UTC times of the states it has been in.

    What may hold a signed address is kept out of the printed form.
    """

    id: int
    key: str
    ad: str
    step: str
    endpoint: str
    state: AttemptState
    usd_planned: Decimal
    usd_paid: Decimal | None
    billed_units: str
    request_id: str
    reason: str
    moments: Mapping[AttemptState, str]
    arguments: Json = field(repr=False)
    status_url: str = field(repr=False)
    response_url: str = field(repr=False)
    result: Json = field(repr=False)


class StoreLedger:
    """The ledger of a store's database; a `ports.Ledger`. Every method raises StoreError where the disk refuses."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def open_attempt(self, key: str) -> Attempt | None:
        """The attempt for a step key that is neither failed nor abandoned: it must be gone on with."""
        rows = self._database.read(
            "SELECT * FROM attempts WHERE key = ? AND state NOT IN ('failed', 'abandoned')", (key,)
        )
        return _attempt(rows[0]) if rows else None

    async def intend(self, *, key: str, ad: str, step: str, endpoint: str, arguments: Json, usd: Decimal) -> int:
        """Write down that a request is about to be sent. A key with an open attempt is a bug, refused as such."""
        row = (key, ad, step, endpoint, canonical(arguments).decode(), str(usd), moment(self._now()))

        def insert(connection: sqlite3.Connection) -> int:
            try:
                cursor = connection.execute(
                    "INSERT INTO attempts (key, ad, step, endpoint, arguments, state, usd_planned, intended_at)"
                    " VALUES (?, ?, ?, ?, ?, 'intended', ?, ?)",
                    row,
                )
            except sqlite3.IntegrityError:
                raise AssertionError(f"{step} has an open attempt, which must be gone on with") from None
            assert cursor.lastrowid is not None
            return cursor.lastrowid

        return await self._database.write(insert)

    async def submitted(self, attempt: int, *, request_id: str, status_url: str, response_url: str) -> None:
        """The request was accepted."""
        await self._set(
            attempt, "submitted", {"request_id": request_id, "status_url": status_url, "response_url": response_url}
        )

    async def completed(self, attempt: int, *, result: Json, usd: Decimal, billed_units: str) -> None:
        """The model has answered with media; `usd` is what it cost."""
        await self._set(
            attempt,
            "completed",
            {"result": canonical(result).decode(), "usd_paid": str(usd), "billed_units": billed_units},
        )

    async def failed(self, attempt: int, *, reason: str) -> None:
        """The attempt ended without a result and without a purchase that could still be fetched."""
        await self._set(attempt, "failed", {"reason": reason})

    async def ambiguous(self, attempt: int, *, reason: str) -> None:
        """The request was sent and its answer lost: it may have been bought."""
        await self._set(attempt, "ambiguous", {"reason": reason})

    async def abandon(self, attempt: int, *, reason: str) -> None:
        """The user decided to give an ambiguous attempt up and buy again."""
        await self._set(attempt, "abandoned", {"reason": reason})

    async def upload_of(self, digest: str, host: str) -> str | None:
        """The URL under which these bytes are known at `host`, or None."""
        rows = self._database.read("SELECT url FROM uploads WHERE digest = ? AND host = ?", (digest, host))
        return str(rows[0]["url"]) if rows else None

    async def uploaded(self, digest: str, host: str, url: str) -> None:
        """Remember the URL of an upload; a newer one takes the older one's place."""
        row = (digest, host, url, moment(self._now()))
        await self._database.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?)", row)
        )

    def attempts(self, ad: str | None = None) -> tuple[Entry, ...]:
        """All attempts, or those for one ad, oldest first."""
        rows = self._database.read("SELECT * FROM attempts WHERE ? IS NULL OR ad = ? ORDER BY id", (ad, ad))
        return tuple(_entry(row) for row in rows)

    async def _set(self, attempt: int, to: AttemptState, facts: Mapping[str, str]) -> None:
        at = moment(self._now())
        if not await self._database.write(lambda connection: _move(connection, "id", attempt, to, at, facts)):
            raise AssertionError(f"attempt {attempt} cannot become {to}")


def settle(connection: sqlite3.Connection, key: str, at: str) -> None:
    """The result of a step key is in the store: its completed attempt is fetched. For use inside a write."""
    _move(connection, "key", key, "fetched", at, {})


def moment(time: datetime) -> str:
    """A time as the ledger writes it: UTC, ISO 8601, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _move(
    connection: sqlite3.Connection,
    column: Literal["id", "key"],
    value: int | str,
    to: AttemptState,
    at: str,
    facts: Mapping[str, str],
) -> bool:
    """The one setter of an attempt's state. False where no attempt with that id or key may make this move."""
    columns = {"state": to, f"{to}_at": at, **facts}
    assignments = ", ".join(f"{name} = ?" for name in columns)
    query = f"UPDATE attempts SET {assignments} WHERE {column} = ? AND state IN ({_FROM[to]})"  # noqa: S608  all ours
    return connection.execute(query, (*columns.values(), value)).rowcount > 0


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        id=row["id"],
        key=row["key"],
        state=row["state"],
        endpoint=row["endpoint"],
        usd=Decimal(row["usd_planned"] if row["usd_paid"] is None else row["usd_paid"]),
        request_id=row["request_id"],
        status_url=row["status_url"],
        response_url=row["response_url"],
        result=json.loads(row["result"]),
        reason=row["reason"],
    )


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        id=row["id"],
        key=row["key"],
        ad=row["ad"],
        step=row["step"],
        endpoint=row["endpoint"],
        state=row["state"],
        usd_planned=Decimal(row["usd_planned"]),
        usd_paid=None if row["usd_paid"] is None else Decimal(row["usd_paid"]),
        billed_units=row["billed_units"],
        request_id=row["request_id"],
        reason=row["reason"],
        moments={state: row[f"{state}_at"] for state in MOVES if row[f"{state}_at"] is not None},
        arguments=json.loads(row["arguments"]),
        status_url=row["status_url"],
        response_url=row["response_url"],
        result=json.loads(row["result"]),
    )
