"""The platform's API, as far as a buyer needs it: the history of requests, and unit prices.

As at fal the history lists what has left the queue, and its times are those of the server; a price is one number for
an endpoint, whatever else its price depends on: the first of the catalogue's table.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adc.compiler.catalogue import Catalogue
from adc.compiler.plan import Json
from adc.compiler.price import amounts
from adc.runtime.sim.clock import Clock, moment, seconds_of
from adc.runtime.sim.faults import EndedOnly, Fault, Late
from adc.runtime.sim.files import absolute
from adc.runtime.sim.names import files_base_of
from adc.runtime.sim.run import Run
from adc.runtime.sim.runs import Runs

_DAY = 86400.0
_MOST_ENDPOINTS = 50
_MOST_ITEMS = 100
_USUAL_ITEMS = 50


class _Wrong(Exception):
    """A parameter is not as it should be; `str()` is the sentence."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the history."""

    endpoints: frozenset[str]
    start: float
    end: float | None
    status: str
    request_id: str
    payloads: bool
    by_duration: bool
    limit: int
    page: int

    def wants(self, run: Run) -> bool:
        """Whether a run is asked for."""
        sent = run.sent + run.skew
        return (
            run.endpoint.id in self.endpoints
            and self.start <= sent
            and (self.end is None or sent < self.end)
            and self.request_id in ("", run.id)
            and self.status in ("", _class(run.status))
        )


class Platform:
    """The calls, over the runs and the catalogue."""

    def __init__(self, catalogue: Catalogue, runs: Runs, clock: Clock) -> None:
        self._catalogue = catalogue
        self._runs = runs
        self._clock = clock

    async def history(self, request: Request) -> Response:
        """A page of the requests to some endpoints."""
        now = self._clock()
        try:
            question = _question(request.query_params, now)
        except _Wrong as error:
            return _refused(str(error))
        faults: Iterable[Fault] = request.scope["state"].get("faults", ())
        found = [run for run in self._runs.all.values() if _is_listed(run, faults, now) and question.wants(run)]
        if question.by_duration:
            found.sort(key=lambda run: run.duration or 0.0, reverse=True)
        else:
            found.sort(key=lambda run: now if run.ended is None else run.ended, reverse=True)
        first = (question.page - 1) * question.limit
        more = len(found) > first + question.limit
        base = files_base_of(request)
        return JSONResponse(
            {
                "items": [_item(run, question, base) for run in found[first : first + question.limit]],
                "next_cursor": base64.b64encode(str(question.page + 1).encode()).decode() if more else None,
                "has_more": more,
            }
        )

    async def pricing(self, request: Request) -> Response:
        """The unit price of some endpoints; those that are not known, or not known by price, are left out."""
        try:
            wanted = _endpoints(request.query_params)
        except _Wrong as error:
            return _refused(str(error))
        prices: list[Json] = []
        for endpoint in self._catalogue.endpoints:
            rule = endpoint.price
            if endpoint.id in wanted and rule.mark != "unknown":
                usd, _ = next(amounts(rule.usd, rule.by))
                prices.append(
                    {"endpoint_id": endpoint.id, "unit_price": float(usd), "unit": rule.unit, "currency": "USD"}
                )
        return JSONResponse({"prices": prices, "next_cursor": None, "has_more": False})


def _question(query: QueryParams, now: float) -> _Question:
    """Raises _Wrong."""
    request_id = query.get("request_id", "")
    limit = query.get("limit", str(_USUAL_ITEMS))
    if not limit.isdecimal() or not 1 <= int(limit) <= _MOST_ITEMS:
        raise _Wrong(f"limit is a whole number from 1 to {_MOST_ITEMS}")
    status, order = query.get("status", ""), query.get("sort_by", "ended_at")
    if status not in ("", "success", "error", "user_error"):
        raise _Wrong("status is success, error or user_error")
    if order not in ("ended_at", "duration"):
        raise _Wrong("sort_by is ended_at or duration")
    start = _moment(query, "start")
    return _Question(
        endpoints=_endpoints(query),
        start=now - (90 if request_id else 1) * _DAY if start is None else start,
        end=_moment(query, "end"),
        status=status,
        request_id=request_id,
        payloads=any("payloads" in value.split(",") for value in query.getlist("expand")),
        by_duration=order == "duration",
        limit=int(limit),
        page=_page(query.get("cursor", "")),
    )


def _endpoints(query: QueryParams) -> frozenset[str]:
    found = frozenset(part for value in query.getlist("endpoint_id") for part in value.split(",") if part)
    if not 1 <= len(found) <= _MOST_ENDPOINTS:
        raise _Wrong(f"endpoint_id names 1 to {_MOST_ENDPOINTS} endpoints")
    return found


def _moment(query: Mapping[str, str], name: str) -> float | None:
    if name not in query:
        return None
    try:
        return seconds_of(query[name])
    except ValueError:
        raise _Wrong(f"{name} is a moment in ISO 8601") from None


def _page(cursor: str) -> int:
    if not cursor:
        return 1
    try:
        page = int(base64.b64decode(cursor, validate=True))
    except ValueError:
        page = 0
    if page < 1:
        raise _Wrong("cursor is not one of ours")
    return page


def _is_listed(run: Run, faults: Iterable[Fault], now: float) -> bool:
    """Whether the history knows a run: it has started, and no fault of this answer hides it."""
    if run.vanished or run.started is None:
        return False
    for fault in faults:
        if isinstance(fault, Late) and run.sent > now - fault.seconds:
            return False
        if isinstance(fault, EndedOnly) and run.ended is None:
            return False
    return True


def _item(run: Run, question: _Question, base: str) -> dict[str, Json]:
    def told(seconds: float | None) -> Json:
        return None if seconds is None else moment(seconds + run.skew)

    item: dict[str, Json] = {
        "request_id": run.id,
        "endpoint_id": run.endpoint.id,
        "sent_at": told(run.sent),
        "started_at": told(run.started),
        "ended_at": told(run.ended),
        "status_code": run.status or None,
        "duration": run.duration,
    }
    if question.payloads:
        item["json_input"] = run.arguments if run.keep else None
        item["json_output"] = absolute(run.body, base) if run.keep else None
    return item


def _class(status: int) -> str:
    """What the history calls an ending; empty for a run that has none yet."""
    return "" if not status else "success" if status < 400 else "user_error" if status < 500 else "error"


def _refused(message: str) -> Response:
    return JSONResponse({"error": {"type": "validation_error", "message": message}}, 400)
