"""The ledger: what was asked of a seller, what was paid, and what came back. Written before it happens.

An attempt is one purchase. Its row is durable before the request leaves and is never deleted, so after a crash it
tells whether something was bought that can still be fetched:

    intended ──┬─▶ submitted ──┬─▶ running ──┬─▶ completed ──┬─▶ fetched ──▶ failed
               │               ├─────────────┘               └─▶ failed
               │               ├─▶ failed, from running too
               ├─▶ failed      └─▶ ambiguous, from running too
               └─▶ ambiguous ──┬─▶ submitted
                               └─▶ abandoned

Ambiguous means that the request was sent and the answer lost: only a later look at the seller's (it was submitted)
or the user (give it up) may end that. A fetched attempt fails where the blob is lost here and its media gone at the
seller's. `MOVES` is this drawing as data, and `_move` the only setter. The database itself refuses a second open
attempt for a step key, so no bug can buy the same thing twice.

What an attempt counts for, wherever money is summed up: what was paid, where that is known; nothing, where it surely
cost nothing; else the planned price.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from adc.compiler.plan import Json, canonical
from adc.compiler.units import dollars_text
from adc.runtime.database import Database
from adc.runtime.errors import Charge, SpendRefused
from adc.runtime.ports import Attempt, AttemptState, DayCap, Purchase

MOVES: Final[Mapping[AttemptState, frozenset[AttemptState]]] = {
    "intended": frozenset({"submitted", "failed", "ambiguous"}),
    "submitted": frozenset({"running", "completed", "failed", "ambiguous"}),
    "running": frozenset({"completed", "failed", "ambiguous"}),
    "completed": frozenset({"fetched", "failed"}),
    "fetched": frozenset({"failed"}),
    "ambiguous": frozenset({"submitted", "abandoned"}),
    "failed": frozenset(),
    "abandoned": frozenset(),
}
_FROM: Final = {to: ", ".join(f"'{state}'" for state, ends in MOVES.items() if to in ends) for to in MOVES}

UNANSWERED: Final = "the build ended before an answer was written down"
"""The reason of an attempt that was found intended by somebody who had not intended it."""

_SINCE: Final = "SELECT usd_planned, usd_paid, charge FROM attempts WHERE engine = ? AND intended_at >= ?"
_SOON: Final = timedelta(days=1)
"""An upload that expires sooner is made again: a request may wait for hours before its model reads its inputs."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """An attempt in one line, for lists and sums: without the request, its answer and the addresses.

    `moments` are the UTC times of the states it has been in.
    """

    id: int
    key: str
    ad: str
    step: str
    endpoint: str
    engine: str
    state: AttemptState
    usd_planned: Decimal
    units_planned: str
    unit: str
    mark: str
    usd_paid: Decimal | None
    billed_units: str
    charge: Charge | None
    request_id: str
    reason: str
    moments: Mapping[AttemptState, str]

    @property
    def usd(self) -> Decimal:
        """What it counts for: paid, or perhaps to be paid."""
        return counted(self.usd_planned, self.usd_paid, self.charge)

    @property
    def wasted(self) -> bool:
        """Whether money has, or may have, gone for nothing."""
        return self.state in ("failed", "abandoned") and self.charge != "no"


@dataclass(frozen=True, slots=True)
class Entry(Line):
    """An attempt as it stands in the ledger, whole. What may hold a signed address is kept out of the printed form."""

    inputs: Mapping[str, str] = field(repr=False)
    arguments: Json = field(repr=False)
    status_url: str = field(repr=False)
    response_url: str = field(repr=False)
    result: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which attempts are asked for; an empty field asks for nothing in particular.

    `scene` is the name of a scene, a character or a whole step. `since` and `until` are moments as the ledger writes
    them, the second exclusive.
    """

    ad: str = ""
    scene: str = ""
    endpoints: frozenset[str] = frozenset()
    engine: str = ""
    since: str = ""
    until: str = ""
    states: frozenset[AttemptState] = frozenset()
    request_id: str = ""
    wasted: bool = False


EVERY: Final = Wanted()
"""All attempts."""


def counted(planned: Decimal, paid: Decimal | None, charge: str | None) -> Decimal:
    """What an attempt counts for where money is summed up."""
    if charge == "no":
        return Decimal(0)
    return planned if paid is None else paid


class StoreLedger:
    """The ledger of a store's database; a `ports.Ledger`. Every method raises StoreError where the disk refuses."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def open_attempt(self, key: str) -> Attempt | None:
        """The attempt for a step key that is neither failed nor abandoned: it must be gone on with."""
        return self.opened(key)

    def opened(self, key: str) -> Attempt | None:
        """The same, for whoever does not await."""
        rows = self._database.read(
            "SELECT * FROM attempts WHERE key = ? AND state NOT IN ('failed', 'abandoned')", (key,)
        )
        return _attempt(rows[0]) if rows else None

    async def known_requests(self, endpoint: str) -> frozenset[str]:
        """The ids of all requests to an endpoint that the ledger knows."""
        rows = self._database.read("SELECT request_id FROM attempts WHERE endpoint = ?", (endpoint,))
        return frozenset(row["request_id"] for row in rows if row["request_id"])

    async def intend(self, purchase: Purchase, cap: DayCap | None = None) -> int:
        """Write down that a request is about to be sent. A key with an open attempt is a bug, refused as such.

        Raises SpendRefused where it would pass the cap. The sum is taken in the transaction that writes, so builds
        side by side cannot pass it together.
        """
        row = {
            "key": purchase.key,
            "ad": purchase.ad,
            "step": purchase.step,
            "endpoint": purchase.endpoint,
            "engine": purchase.engine,
            "arguments": canonical(purchase.arguments).decode(),
            "inputs": json.dumps(dict(purchase.inputs), sort_keys=True),
            "state": "intended",
            "usd_planned": str(purchase.price.usd),
            "units_planned": purchase.price.quantity,
            "unit": purchase.price.unit,
            "mark": purchase.price.mark,
            "intended_at": moment(self._now()),
        }
        columns = ", ".join(row)
        places = ", ".join("?" for _ in row)
        query = f"INSERT INTO attempts ({columns}) VALUES ({places})"  # noqa: S608  all ours

        def insert(connection: sqlite3.Connection) -> int:
            if cap is not None:
                _keep(connection, cap, purchase)
            try:
                cursor = connection.execute(query, tuple(row.values()))
            except sqlite3.IntegrityError:
                raise AssertionError(f"{purchase.step} has an open attempt, which must be gone on with") from None
            assert cursor.lastrowid is not None
            return cursor.lastrowid

        return await self._database.write(insert)

    def committed(self, engine: str, since: str) -> Decimal:
        """What a seller has been paid, or may yet have to be, for attempts since a moment."""
        return _sum(self._database.read(_SINCE, (engine, since)))

    async def submitted(self, attempt: int, *, request_id: str, status_url: str, response_url: str) -> None:
        """The request was accepted."""
        await self._set(
            attempt, "submitted", {"request_id": request_id, "status_url": status_url, "response_url": response_url}
        )

    async def running(self, attempt: int) -> None:
        """A runner has started on the request."""
        await self._set(attempt, "running", {})

    async def completed(self, attempt: int, *, result: Json, usd: Decimal, billed_units: str) -> None:
        """The model has answered with media; `usd` is what it cost."""
        await self._set(
            attempt,
            "completed",
            {"result": canonical(result).decode(), "usd_paid": str(usd), "billed_units": billed_units},
        )

    async def failed(self, attempt: int, *, reason: str, charge: Charge = "no") -> None:
        """The attempt ended without a result and without a purchase that could still be fetched."""
        await self._set(attempt, "failed", {"reason": reason, "charge": charge})

    async def ambiguous(self, attempt: int, *, reason: str) -> None:
        """The request was sent and its answer lost: it may have been bought."""
        await self._set(attempt, "ambiguous", {"reason": reason})

    async def abandon(self, attempt: int, *, reason: str, charge: Charge = "maybe") -> None:
        """The user decided to give an ambiguous attempt up."""
        await self._set(attempt, "abandoned", {"reason": reason, "charge": charge})

    async def upload_of(self, digest: str, host: str) -> str | None:
        """The URL under which these bytes are known at `host`, or None; not one that expires within a day."""
        rows = self._database.read("SELECT url, expires_at FROM uploads WHERE digest = ? AND host = ?", (digest, host))
        if not rows or (rows[0]["expires_at"] and rows[0]["expires_at"] <= moment(self._now() + _SOON)):
            return None
        return str(rows[0]["url"])

    async def uploaded(self, digest: str, host: str, url: str, expires_at: str = "") -> None:
        """Remember the URL of an upload; a newer one takes the older one's place."""
        row = (digest, host, url, moment(self._now()), expires_at)
        await self._database.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)", row)
        )

    def attempts(self, ad: str | None = None) -> tuple[Entry, ...]:
        """All attempts, or those for one ad, oldest first."""
        rows = self._database.read("SELECT * FROM attempts WHERE ? IS NULL OR ad = ? ORDER BY id", (ad, ad))
        return tuple(_entry(row) for row in rows)

    def lines(self, wanted: Wanted = EVERY) -> tuple[Line, ...]:
        """The attempts that are wanted, oldest first; quick, since what is large in them is not read."""
        where, parameters = _where(wanted)
        rows = self._database.read(f"SELECT {_LINE} FROM attempts WHERE {where} ORDER BY id", parameters)  # noqa: S608
        return tuple(line for line in map(_line, rows) if line.wasted or not wanted.wasted)

    def entry(self, attempt: int) -> Entry | None:
        """The attempt with that id, or None."""
        rows = self._database.read("SELECT * FROM attempts WHERE id = ?", (attempt,))
        return _entry(rows[0]) if rows else None

    async def _set(self, attempt: int, to: AttemptState, facts: Mapping[str, str]) -> None:
        at = moment(self._now())
        if not await self._database.write(lambda connection: _move(connection, "id", attempt, to, at, facts)):
            raise AssertionError(f"attempt {attempt} cannot become {to}")


def settle(connection: sqlite3.Connection, key: str, at: str) -> None:
    """The result of a step key is in the store: its completed attempt is fetched. For use inside a write.

    What signs the addresses in the model's answer has served, and is not kept.
    """
    row = connection.execute("SELECT result FROM attempts WHERE key = ? AND state = 'completed'", (key,)).fetchone()
    if row is not None:
        unsigned = canonical(_unsigned(json.loads(row["result"]))).decode()
        _move(connection, "key", key, "fetched", at, {"result": unsigned})


def _unsigned(value: Json) -> Json:
    """A copy of an answer whose addresses have no query."""
    match value:
        case str() if value.startswith(("https://", "http://")):
            return value.partition("?")[0]
        case dict():
            return {name: _unsigned(item) for name, item in value.items()}
        case list():
            return [_unsigned(item) for item in value]
    return value


def moment(time: datetime) -> str:
    """A time as the ledger writes it: UTC, ISO 8601, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _keep(connection: sqlite3.Connection, cap: DayCap, purchase: Purchase) -> None:
    """Raises SpendRefused where a purchase would pass the cap."""
    committed = _sum(connection.execute(_SINCE, (purchase.engine, cap.since)))
    if purchase.price.usd > 0 and committed + purchase.price.usd > cap.usd:
        raise SpendRefused(
            f"{purchase.step} costs {dollars_text(purchase.price.usd)}, and with the {dollars_text(committed)} "
            f"of today it would pass the cap of {dollars_text(cap.usd)} a day; nothing was sent for it"
        )


def _sum(rows: Iterable[sqlite3.Row]) -> Decimal:
    return sum(map(_counted, rows), Decimal(0))


def _counted(row: sqlite3.Row) -> Decimal:
    paid = None if row["usd_paid"] is None else Decimal(row["usd_paid"])
    return counted(Decimal(row["usd_planned"]), paid, row["charge"])


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
        step=row["step"],
        endpoint=row["endpoint"],
        engine=row["engine"],
        arguments=json.loads(row["arguments"]),
        usd=_counted(row),
        request_id=row["request_id"],
        status_url=row["status_url"],
        response_url=row["response_url"],
        result=json.loads(row["result"]),
        reason=row["reason"],
        intended_at=row["intended_at"],
    )


_LINE: Final = ", ".join(
    (
        "id, key, ad, step, endpoint, engine, state, usd_planned, units_planned, unit, mark, usd_paid",
        "billed_units, charge, request_id, reason",
        *(f"{state}_at" for state in MOVES),
    )
)


def _where(wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    """The condition for what is wanted, but for `wasted`, with its parameters."""
    conditions: list[tuple[str, tuple[str, ...]]] = [("1", ())]
    for column, value in (("ad", wanted.ad), ("engine", wanted.engine), ("request_id", wanted.request_id)):
        if value:
            conditions.append((f"{column} = ?", (value,)))
    if wanted.scene:
        # not LIKE, to which an underscore is any letter
        begins = "substr(step, 1, length(?) + 1) IN (? || '.', ? || '@')"  # @ is before the number of a take
        conditions.append((f"(step = ? OR {begins})", (wanted.scene,) * 4))
    for column, values in (("endpoint", wanted.endpoints), ("state", wanted.states)):
        if values:
            conditions.append((f"{column} IN ({', '.join('?' for _ in values)})", tuple(values)))
    if wanted.since:
        conditions.append(("intended_at >= ?", (wanted.since,)))
    if wanted.until:
        conditions.append(("intended_at < ?", (wanted.until,)))
    return " AND ".join(text for text, _ in conditions), tuple(value for _, values in conditions for value in values)


def _line(row: sqlite3.Row) -> Line:
    """A row of the columns `_LINE`, read by their order: a long ledger has a hundred thousand of them."""
    (
        number, key, ad, step, endpoint, engine, state, usd_planned, units_planned, unit, mark, usd_paid,
        billed_units, charge, request_id, reason, *times,
    ) = row  # fmt: skip
    return Line(
        id=number,
        key=key,
        ad=ad,
        step=step,
        endpoint=endpoint,
        engine=engine,
        state=state,
        usd_planned=Decimal(usd_planned),
        units_planned=units_planned,
        unit=unit,
        mark=mark,
        usd_paid=None if usd_paid is None else Decimal(usd_paid),
        billed_units=billed_units,
        charge=charge or None,
        request_id=request_id,
        reason=reason,
        moments={state: time for state, time in zip(MOVES, times, strict=True) if time is not None},
    )


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        id=row["id"],
        key=row["key"],
        ad=row["ad"],
        step=row["step"],
        endpoint=row["endpoint"],
        engine=row["engine"],
        state=row["state"],
        usd_planned=Decimal(row["usd_planned"]),
        units_planned=row["units_planned"],
        unit=row["unit"],
        mark=row["mark"],
        usd_paid=None if row["usd_paid"] is None else Decimal(row["usd_paid"]),
        billed_units=row["billed_units"],
        charge=row["charge"] or None,
        request_id=row["request_id"],
        reason=row["reason"],
        inputs=json.loads(row["inputs"]),
        moments={state: row[f"{state}_at"] for state in MOVES if row[f"{state}_at"] is not None},
        arguments=json.loads(row["arguments"]),
        status_url=row["status_url"],
        response_url=row["response_url"],
        result=json.loads(row["result"]),
    )
