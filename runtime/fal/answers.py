"""What an answer of fal that is no success means: its class, what it cost, and whether to buy the same again.

fal refuses in three shapes: a model's `detail` list, the infrastructure's `detail` text with an `error_type`, and
plain account errors. What each comes to is data, a table in `schemas/answers/fal.json`: the first row whose conditions
hold counts. All that is decided here is how an answer is read; what of its text may be told is the matter of `shown`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, TypeAlias

import httpx

from adc.compiler.plan import Json
from adc.runtime.errors import (
    Ambiguous,
    Broken,
    Charge,
    ContentRefused,
    Finding,
    Gone,
    ModelFailed,
    NoMedia,
    OutOfCredit,
    Rejected,
    RemoteError,
    TimedOut,
    Unauthorised,
    Unreachable,
)
from adc.runtime.fal.shown import LONGEST, Hidden, hidden_by, shown
from adc.runtime.legible import on_one_line

At: TypeAlias = Literal["submit", "status", "result", "upload", "download", "history", "prices"]
"""What was asked for."""

ANY: Final = "*"
"""In a row, any type of finding."""

_CLASSES: Final[Mapping[str, type[RemoteError]]] = {
    each.__name__: each
    for each in (
        *(Unauthorised, OutOfCredit, Rejected, ContentRefused, NoMedia, ModelFailed, TimedOut),
        *(Unreachable, Ambiguous, Broken, Gone),
    )
}

_MONEY: Final[Mapping[Charge, str]] = {
    "no": "charged nothing",
    "maybe": "may have charged for it",
    "yes": "charged for it",
}
_BILLED: Final = ("submit", "result")
"""Where `X-Fal-Billable-Units` speaks of the request itself."""

_MARKS: Final = ("x-fal-request-id", "x-fal-error-type", "x-fal-retryable", "x-fal-request-timeout-type")
"""Headers that fal leaves on what it writes itself."""

_SHOWN_FINDINGS: Final = 3
_READ_FINDINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of answer and what it comes to. Conditions that are empty or None hold always."""

    name: str
    at: tuple[At, ...]
    status: tuple[int | str, ...]
    types: tuple[str, ...]
    error_types: tuple[str, ...]
    words: tuple[str, ...]
    mark: bool | None
    error: type[RemoteError]
    charge: Charge
    more_tries: int
    says: str
    next_command: str
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows in their order, and what mends a finding, by its type."""

    rows: tuple[Row, ...]
    mends: Mapping[str, str]


@cache
def table() -> Table:
    """The table of fal's answers."""
    document = json.loads(files("adc.schemas").joinpath("answers", "fal.json").read_text(encoding="utf-8"))
    return Table(tuple(_row(row, document["sources"]) for row in document["rows"]), document["mends"])


def _row(row: Mapping[str, Any], sources: Mapping[str, str]) -> Row:
    return Row(
        name=row["name"],
        at=tuple(row.get("at", ())),
        status=tuple(row.get("status", ())),
        types=tuple(row.get("type", ())),
        error_types=tuple(row.get("error_type", ())),
        words=tuple(row.get("words", ())),
        mark=row.get("mark"),
        error=_CLASSES[row["class"]],
        charge=row["charge"],
        more_tries=row["more_tries"],
        says=row["says"],
        next_command=row.get("next", ""),
        source=sources[row["source"]],
    )


def classify(response: httpx.Response, at: At, what: str) -> RemoteError:
    """The error for an answer that is no success, with everything that follows from its class.

    `at` says what was asked for, `what` names the step or file to people. Its sentence is safe to show.
    """
    row = row_of(response, at)
    charge, money = _charged(response, at, row)
    hidden = hidden_by(response, _body(response))
    findings = tuple(_finding(item, hidden) for item in _items(response))
    said = _said(response, findings, hidden)
    error = row.error(f"{row.says.format(what=what, status=response.status_code, money=money)}: {said}")
    error.charge = charge
    error.more_tries = 0 if response.headers.get("X-Fal-Retryable", "").lower() == "false" else row.more_tries
    error.findings = findings
    error.next_command = row.next_command
    error.request_id = response.headers.get("x-fal-request-id", "") if response.status_code >= 500 else ""
    return error


def row_of(response: httpx.Response, at: At) -> Row:
    """The row of the table that an answer falls under."""
    body = _body(response)
    types = {str(item.get("type")) for item in _items(response)}
    error_type = _error_type(body) or response.headers.get("X-Fal-Error-Type", "")
    detail = _text(body).lower()
    mark = from_fal(response)
    status = response.status_code
    return next(
        row
        for row in table().rows
        if (not row.at or at in row.at)
        and (not row.status or status in row.status or f"{status // 100}xx" in row.status)
        and (not row.types or types.intersection(row.types) or (ANY in row.types and types))
        and (not row.error_types or error_type in row.error_types)
        and (not row.words or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", detail) for word in row.words))
        and row.mark in (None, mark)
    )


def from_fal(response: httpx.Response) -> bool:
    """Whether fal itself wrote the answer, not a proxy on the way: a header, an error type or findings show it."""
    return (
        any(name in response.headers for name in _MARKS)
        or bool(_error_type(_body(response)))
        or any("type" in item for item in _items(response))
    )


def _charged(response: httpx.Response, at: At, row: Row) -> tuple[Charge, str]:
    """Whether the request was billed, and the words for it. What fal says of this very request counts."""
    try:
        units = Decimal(response.headers.get("X-Fal-Billable-Units", "")) if at in _BILLED else None
    except InvalidOperation:
        units = None
    if units is None or not units.is_finite() or units < 0:
        return row.charge, _MONEY[row.charge]
    return ("yes", f"charged {units:f} units for it") if units else ("no", _MONEY["no"])


def _said(response: httpx.Response, findings: Sequence[Finding], hidden: Hidden) -> str:
    """What the answer says, in a line that may be shown."""
    text = "; ".join(
        (f"{one.path.replace('/', '.')}: " if one.path else "") + one.message + (f" ({one.type})" if one.type else "")
        for one in findings[:_SHOWN_FINDINGS]
    )
    if not findings:
        body = _body(response)
        kind, text = shown(_error_type(body), hidden), shown(_text(body), hidden)
        if kind and kind not in text:
            text = f"{text} ({kind})" if text else kind
    if not text:
        return f"status {response.status_code}"
    return on_one_line(text, LONGEST) + (f" (status {response.status_code})" if response.status_code >= 500 else "")


def _finding(item: Mapping[str, Any], hidden: Hidden) -> Finding:
    """One entry of a model's `detail`: its place without the leading `body`, message and type."""
    place = item.get("loc")
    parts = [str(part) for part in place] if isinstance(place, list) else []
    path = "/".join(parts[1:] if parts[:1] == ["body"] else parts)
    message, kind = item.get("msg", item.get("message")), item.get("type")
    return Finding(
        shown(path, hidden),
        shown(message if isinstance(message, str) else "", hidden),
        shown(kind if isinstance(kind, str) else "", hidden),
    )


def public(text: str, response: httpx.Response) -> str:
    """`text` on one short line, without the key, the query of an address, and what was sent."""
    return shown(text, hidden_by(response, _body(response)))


def _items(response: httpx.Response) -> list[Mapping[str, Any]]:
    """The first findings of a model, as they came; none where the detail has another shape."""
    body = _body(response)
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, dict) and "msg" in detail:
        detail = [detail]
    return [item for item in detail[:_READ_FINDINGS] if isinstance(item, dict)] if isinstance(detail, list) else []


def _text(body: Json) -> str:
    """The text of an answer without findings."""
    detail = (body.get("detail") or body.get("error")) if isinstance(body, dict) else None
    if isinstance(detail, dict):
        detail = detail.get("message")
    if isinstance(detail, list):
        detail = "; ".join(item for item in detail if isinstance(item, str))
    return detail if isinstance(detail, str) else ""


def _error_type(body: Json) -> str:
    kind = body.get("error_type") if isinstance(body, dict) else None
    return kind if isinstance(kind, str) else ""


def _body(response: httpx.Response) -> Json:
    try:
        body: Json = response.json()
    except (ValueError, RecursionError, httpx.ResponseNotRead):
        return None
    return body
