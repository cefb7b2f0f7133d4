"""A purchase whose answer was lost is found by what was sent and when, and is never mistaken for another."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.plan import Json
from adc.runtime.fal.history import Found, Unread, find
from adc.runtime.fal.hosts import FAL
from adc.runtime.fal.wire import connect
from adc.runtime.ports import Attempt

pytestmark = pytest.mark.anyio

SENT: dict[str, Json] = {"prompt": "Maya smiles", "seed": 7, "elements": [{"image": "https://v3.fal.media/a.png"}]}


def attempt(arguments: Json = None, *, request_id: str = "", at: str = "2026-03-02T09:00:00.000Z") -> Attempt:
    sent = SENT if arguments is None else arguments
    return Attempt(
        1, "k", "ambiguous", "hook.clip", "x/clip", "fal", sent, Decimal(1), request_id, "", "", None, "lost", at
    )


def item(request_id: str = "r-1", *, at: str = "2026-03-02T09:00:01Z", **more: Json) -> dict[str, Json]:
    return {"request_id": request_id, "endpoint_id": "x/clip", "sent_at": at, "json_input": SENT, **more}


class Platform(httpx.AsyncBaseTransport):
    """Answers with pages of items, and remembers what it was asked."""

    def __init__(self, *pages: Sequence[Any], status: int = 200) -> None:
        self._pages = pages
        self._status = status
        self.asked: list[httpx.URL] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        assert request.headers["Authorization"] == "Key id:secret"
        number = int(request.url.params.get("cursor", "0"))
        more = number + 1 < len(self._pages)
        items = self._pages[number] if self._pages else []
        return httpx.Response(self._status, json={"items": items, "next_cursor": str(number + 1) if more else None})


async def found(platform: Platform, wanted: Attempt, known: frozenset[str] = frozenset()) -> Found | None:
    async def sleep(_seconds: float) -> None:
        return None

    async with connect(FAL, "id:secret", transport=platform) as http:
        return await find(http, FAL, wanted, known, sleep=sleep)


async def test_it_is_asked_for_by_endpoint_and_time() -> None:
    platform = Platform([item()])
    assert await found(platform, attempt()) == Found("r-1", "2026-03-02T09:00:01Z", None)
    (url,) = platform.asked
    assert (url.host, url.path) == ("api.fal.ai", "/v1/models/requests/by-endpoint")
    assert dict(url.params) == {
        "endpoint_id": "x/clip",
        "start": "2026-03-02T08:59:00Z",
        "expand": "payloads",
        "limit": "100",
    }


@pytest.mark.parametrize(
    "other",
    [
        item(json_input={**SENT, "seed": 8}),
        item(json_input={**SENT, "elements": []}),
        item(json_input={"prompt": "Maya smiles"}),
        item(json_input=None),
        item(at="2026-03-02T08:58:59Z"),
        item("r-known"),
        item(""),
        {},
    ],
)
async def test_what_is_not_ours_is_not_taken(other: dict[str, Json]) -> None:
    assert await found(Platform([other]), attempt(), frozenset({"r-known"})) is None


async def test_defaults_that_the_seller_wrote_into_it_and_another_way_of_writing_numbers_do_no_harm() -> None:
    stored = {**SENT, "seed": 7.0, "aspect_ratio": "9:16"}
    assert await found(Platform([item(json_input=stored)]), attempt()) is not None
    assert await found(Platform([item(json_input={**SENT, "seed": True})]), attempt({**SENT, "seed": 1})) is None


async def test_of_two_equal_requests_the_earlier_is_taken_and_a_known_one_is_left() -> None:
    pages = [item("r-2", at="2026-03-02T09:00:09Z"), item("r-1")]
    assert (await found(Platform(pages), attempt()) or Found("", "", None)).request_id == "r-1"
    assert (await found(Platform(pages), attempt(), frozenset({"r-1"})) or Found("", "", None)).request_id == "r-2"


async def test_further_pages_are_read() -> None:
    platform = Platform([item(json_input={"prompt": str(number)}) for number in range(100)], [item()])
    assert await found(platform, attempt()) is not None
    assert len(platform.asked) == 2


async def test_a_known_id_is_enough_and_brings_what_was_made() -> None:
    output: Json = {"video": {"url": "https://v3.fal.media/b.mp4"}}
    other = item("r-0")
    ours = item("r-1", json_input=None, status_code=200, json_output=output)
    platform = Platform([other, ours])
    assert await found(platform, attempt(request_id="r-1")) == Found("r-1", "2026-03-02T09:00:01Z", output, 200)
    assert platform.asked[0].params["request_id"] == "r-1"
    failed = item("r-1", status_code=500, json_output={"detail": "no"})
    assert await found(Platform([failed]), attempt(request_id="r-1")) == Found("r-1", "2026-03-02T09:00:01Z", None, 500)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_history_that_cannot_be_asked_says_so(status: int) -> None:
    with pytest.raises(Unread, match=f"status {status}"):
        await found(Platform([item()], status=status), attempt())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(sent=st.dictionaries(st.text(max_size=2), JSON, max_size=3), more=st.dictionaries(st.text("xyz"), JSON))
async def test_whatever_was_sent_is_found_again(sent: dict[str, Json], more: dict[str, Json]) -> None:
    stored = {**more, **sent}
    assert await found(Platform([item(json_input=stored)]), attempt(sent)) is not None
