"""fal's history of requests: where a purchase whose answer was lost is found again, and a result that has expired.

fal lists what was sent to an endpoint, with its input (GET /v1/models/requests/by-endpoint, see
https://docs.fal.ai/platform-apis). A request of ours is the one with our input that came after we wrote down that we
would send it, and that the ledger does not know yet. Where two are equal, either will do: they were asked for the
same. That a request is not listed proves nothing: one that waits in the queue may not be listed yet.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from adc.compiler.plan import Json
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.patience import Patience, Sleep, patiently
from adc.runtime.fal.wire import FAILURES, named
from adc.runtime.ports import Attempt

_SKEW = timedelta(minutes=1)
"""How far fal's clock and this one may be apart."""

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_PAGE = 100
_PAGES = 50
"""Pages that are read at most: five thousand requests to one endpoint since the purchase that is looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A request as the history has it.

    `status` is that of the model's answer, None while there is none; `result` is the answer where it has ended well.
    """

    request_id: str
    sent_at: str
    result: Json
    status: int | None = None


class Unread(Exception):
    """The history could not be read, so that it says nothing; `str()` is why."""


async def find(
    http: httpx.AsyncClient,
    hosts: Hosts,
    attempt: Attempt,
    known: frozenset[str],
    *,
    sleep: Sleep,
    patience: Patience | None = None,
) -> Found | None:
    """The request of an attempt: by its id where that is known, else by what was sent and when. None where unlisted.

    `known` are the ids that belong to other attempts. Raises Unread where the history cannot be asked.
    """
    start = moment_of(attempt.intended_at) - _SKEW
    found: list[Found] = []
    async for item in _items(http, hosts, attempt, start, sleep, patience):
        request_id, sent_at = item.get("request_id"), str(item.get("sent_at") or "")
        if not isinstance(request_id, str) or not request_id:
            continue
        ours = (
            request_id == attempt.request_id
            if attempt.request_id
            else request_id not in known
            and not _before(sent_at, start)
            and _holds(item.get("json_input"), attempt.arguments)
        )
        if ours:
            status, output = item.get("status_code"), item.get("json_output")
            ended_well = status == 200 and isinstance(output, dict)
            found.append(
                Found(request_id, sent_at, output if ended_well else None, status if isinstance(status, int) else None)
            )
    return min(found, key=lambda one: one.sent_at, default=None)


async def _items(
    http: httpx.AsyncClient, hosts: Hosts, attempt: Attempt, start: datetime, sleep: Sleep, patience: Patience | None
) -> AsyncIterator[Mapping[str, Any]]:
    """The items of the history, page by page. Raises Unread."""
    query = {"endpoint_id": attempt.endpoint, "expand": "payloads", "limit": str(_PAGE)}
    query["start"] = start.isoformat(timespec="seconds").replace("+00:00", "Z")
    if attempt.request_id:
        query["request_id"] = attempt.request_id
    for _ in range(_PAGES):
        try:
            response = await patiently(
                lambda: http.get(f"{hosts.api}/v1/models/requests/by-endpoint", params=query, timeout=_TIMEOUT),
                sleep,
                patience=patience,
            )
            page = response.json()
        except FAILURES as error:
            raise Unread(named(error)) from None
        except ValueError:
            raise Unread("no JSON") from None
        if response.status_code != 200:
            raise Unread(f"status {response.status_code}")
        items = page.get("items") if isinstance(page, dict) else None
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                yield item
        cursor = page.get("next_cursor") if isinstance(page, dict) else None
        if not cursor or not items:
            return
        query["cursor"] = str(cursor)


def _holds(stored: Json, sent: Json) -> bool:
    """Whether a stored input is the one that was sent; the seller may have written its own defaults into it."""
    if isinstance(stored, dict) and isinstance(sent, dict):
        return all(name in stored and _holds(stored[name], value) for name, value in sent.items())
    if isinstance(stored, list) and isinstance(sent, list):
        return len(stored) == len(sent) and all(_holds(*pair) for pair in zip(stored, sent, strict=True))
    if _number(sent) is not None:
        return _number(stored) == _number(sent)  # a whole number may come back with a point
    return type(stored) is type(sent) and stored == sent


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _before(sent_at: str, start: datetime) -> bool:
    try:
        return moment_of(sent_at) < start
    except ValueError:
        return False  # the seller's filter has had its say


def moment_of(text: str) -> datetime:
    """A moment in ISO 8601 with its zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment
