"""Every request and answer of fal's HTTP contract, one row each, held against the stand-in.

Sources: https://fal.ai/docs/api-reference/inference-api/openapi/queue.json, https://fal.ai/docs/inference-api/queue,
https://fal.ai/docs/platform-apis, and fal's own clients, fal-client 1.0.3 (Python) and @fal-ai/client 1.10.1 (npm).
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
import jsonschema
import pytest
from support.sim import Sim, sim_at, tiny_media

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.price import price
from adc.runtime.sim.faults import Delay, Fail, Vanish

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"
APP = "fal-ai/elevenlabs"
HISTORY = "/v1/models/requests/by-endpoint"

TEXT = {"type": "string", "minLength": 1}
URL = {"type": "string", "format": "uri", "pattern": "^http"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}


def closed(optional: tuple[str, ...] = (), /, **members: Any) -> dict[str, Any]:
    """The schema of an object with these members and no others; all but the optional ones are there."""
    required = [name for name in members if name not in optional]
    return {"type": "object", "properties": members, "required": required, "additionalProperties": False}


PLACES = {"request_id": TEXT, "response_url": URL, "status_url": URL, "cancel_url": URL}
LOGS = {"type": "array", "items": closed(message=TEXT, timestamp=MOMENT, level=TEXT, source=TEXT)}
QUEUED = closed(status={"const": "IN_QUEUE"}, queue_position={"type": "integer", "minimum": 0}, logs={}, **PLACES)
RUNNING = closed(status={"const": "IN_PROGRESS"}, logs={"anyOf": [LOGS, {"type": "null"}]}, **PLACES)
METRICS = closed(("inference_time",), inference_time={"type": "number"})
COMPLETED = closed(
    ("error", "error_type"),
    status={"const": "COMPLETED"},
    logs={"anyOf": [LOGS, {"type": "null"}]},
    metrics=METRICS,
    error=TEXT,
    error_type=TEXT,
    **PLACES,
)
INFRASTRUCTURE = closed(detail=TEXT, error_type=TEXT)
FINDINGS = closed(
    detail={
        "type": "array",
        "minItems": 1,
        "items": closed(loc={"type": "array", "minItems": 1}, msg=TEXT, type=TEXT, input={}),
    }
)
FILE = closed(("width", "height"), url=URL, content_type=TEXT, file_name=TEXT, file_size={"type": "integer"})
ITEM = closed(
    ("json_input", "json_output"),
    request_id=TEXT,
    endpoint_id=TEXT,
    sent_at=MOMENT,
    started_at=MOMENT,
    ended_at={"anyOf": [MOMENT, {"type": "null"}]},
    status_code={"type": ["integer", "null"]},
    duration={"type": ["number", "null"]},
    json_input={},
    json_output={},
)
PAGE = closed(items={"type": "array", "items": ITEM}, next_cursor={"type": ["string", "null"]}, has_more={})
PRICE = closed(endpoint_id=TEXT, unit_price={"type": "number"}, unit=TEXT, currency={"const": "USD"})
PRICES = closed(prices={"type": "array", "items": PRICE}, next_cursor={"type": "null"}, has_more={"const": False})
PLATFORM_ERROR = closed(error=closed(type=TEXT, message=TEXT))


@dataclass(frozen=True, slots=True)
class Row:
    """A call and what comes of it. `{…}` in a path is the request of that name in `requests`."""

    name: str
    method: str
    path: str
    status: int
    schema: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    sends: Any = None


def request(name: str, below: str = "") -> str:
    return f"/{APP}/requests/{{{name}}}{below}"


MARK = {"x-fal-request-id": ""}
ROWS = (
    Row(
        "submit",
        "POST",
        f"/{VOICE}",
        200,
        closed(status={"const": "IN_QUEUE"}, queue_position={"type": "integer"}, **PLACES),
        MARK,
        {"text": "a last one"},
    ),
    Row("submit to nobody", "POST", "/fal-ai/no-such-model", 404, closed(detail=TEXT), sends={}),
    Row("submit no object", "POST", f"/{VOICE}", 400, INFRASTRUCTURE, {"X-Fal-Error-Type": "bad_request"}, []),
    Row(
        "submit to a full queue",
        "POST",
        f"/{VOICE}?fal_max_queue_length=0",
        429,
        INFRASTRUCTURE,
        {"X-Fal-Error-Type": ""},
        {"text": "one more"},
    ),
    Row("status in queue", "GET", request("queued", "/status"), 202, QUEUED, MARK),
    Row("status in queue with logs", "GET", request("queued", "/status?logs=1"), 202, QUEUED, MARK),
    Row("status running", "GET", request("running", "/status"), 202, RUNNING, MARK),
    Row("status running with logs", "GET", request("running", "/status?logs=true"), 202, RUNNING, MARK),
    Row("status completed", "GET", request("done", "/status"), 200, COMPLETED, MARK),
    Row("status failed", "GET", request("failed", "/status?logs=1"), 200, COMPLETED, MARK),
    Row("status cancelled", "GET", request("cancelled", "/status"), 200, COMPLETED, MARK),
    Row("status unknown", "GET", request("nobody", "/status"), 404, closed(status={"const": "NOT_FOUND"})),
    Row("status vanished", "GET", request("vanished", "/status"), 404, closed(status={"const": "NOT_FOUND"})),
    Row("stream unknown", "GET", request("nobody", "/status/stream"), 404, closed(status={"const": "NOT_FOUND"})),
    Row("result", "GET", request("done"), 200, closed(audio=FILE), {**MARK, "X-Fal-Billable-Units": "0.006"}),
    Row("result by its older address", "GET", request("done", "/response"), 200, closed(audio=FILE), MARK),
    Row("result too early", "GET", request("running"), 400, closed(detail=TEXT), MARK),
    Row(
        "result of a failure",
        "GET",
        request("failed"),
        500,
        INFRASTRUCTURE,
        {"X-Fal-Error-Type": "runner_server_error"},
    ),
    Row("result of a wrong input", "GET", request("wrong"), 422, FINDINGS, MARK),
    Row(
        "result refused and billed", "GET", request("refused"), 422, FINDINGS, {"X-Fal-Billable-Units": "0.006", **MARK}
    ),
    Row("result cancelled", "GET", request("cancelled"), 499, INFRASTRUCTURE, {"X-Fal-Error-Type": "client_cancelled"}),
    Row("result unknown", "GET", request("nobody"), 404, closed(status={"const": "NOT_FOUND"})),
    Row(
        "cancel running", "PUT", request("running", "/cancel"), 202, closed(status={"const": "CANCELLATION_REQUESTED"})
    ),
    Row("cancel done", "PUT", request("done", "/cancel"), 400, closed(status={"const": "ALREADY_COMPLETED"})),
    Row("cancel unknown", "PUT", request("nobody", "/cancel"), 404, closed(status={"const": "NOT_FOUND"})),
    Row(
        "initiate",
        "POST",
        "/storage/upload/initiate?storage_type=fal-cdn-v3",
        200,
        closed(upload_url=URL, file_url=URL),
        sends={"content_type": "image/png", "file_name": "maya.png"},
    ),
    Row("initiate nothing", "POST", "/storage/upload/initiate", 422, FINDINGS, sends=[]),
    Row(
        "initiate in parts",
        "POST",
        "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3",
        200,
        closed(upload_url=URL, file_url=URL),
        sends={"content_type": "application/zip", "file_name": "photos.zip"},
    ),
    Row(
        "token",
        "POST",
        "/storage/auth/token?storage_type=fal-cdn-v3",
        200,
        closed(token=TEXT, token_type={"const": "Bearer"}, base_url=URL, expires_at=TEXT),
        sends={},
    ),
    Row("upload without a token", "POST", "/files/upload", 401, closed(detail=TEXT)),
    Row("no such file", "GET", "/files/uploads/00/a.png", 404, closed(detail=TEXT)),
    Row("history", "GET", f"{HISTORY}?endpoint_id={VOICE}", 200, PAGE),
    Row("history with payloads", "GET", f"{HISTORY}?endpoint_id={VOICE}&expand=payloads", 200, PAGE),
    Row("history of one", "GET", f"{HISTORY}?endpoint_id={VOICE}&request_id={{done}}", 200, PAGE),
    Row("history of nothing", "GET", HISTORY, 400, PLATFORM_ERROR),
    Row("history with a wrong limit", "GET", f"{HISTORY}?endpoint_id={VOICE}&limit=101", 400, PLATFORM_ERROR),
    Row("history with a wrong status", "GET", f"{HISTORY}?endpoint_id={VOICE}&status=bad", 400, PLATFORM_ERROR),
    Row("history with a wrong order", "GET", f"{HISTORY}?endpoint_id={VOICE}&sort_by=name", 400, PLATFORM_ERROR),
    Row("history with a wrong start", "GET", f"{HISTORY}?endpoint_id={VOICE}&start=yesterday", 400, PLATFORM_ERROR),
    Row("history with a wrong cursor", "GET", f"{HISTORY}?endpoint_id={VOICE}&cursor=???", 400, PLATFORM_ERROR),
    Row("prices", "GET", f"/v1/models/pricing?endpoint_id={VOICE},fal-ai/no-such-model", 200, PRICES),
    Row("prices of nothing", "GET", "/v1/models/pricing", 400, PLATFORM_ERROR),
)


@dataclass(frozen=True, slots=True)
class Story:
    """A stand-in with a request in each state; `requests` are their ids by name."""

    sim: Sim
    client: httpx.Client
    requests: Mapping[str, str]


def _submit(client: httpx.Client, **arguments: Any) -> str:
    told = client.post(f"/{VOICE}", json=arguments).json()
    return str(told["request_id"])


def _wait(client: httpx.Client, request_id: str, state: str) -> None:
    """Until the stream of states tells this one."""
    with client.stream("GET", f"/{APP}/requests/{request_id}/status/stream") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if f'"{state}"' in line:
                return
    pytest.fail(f"the stream ended before {state}")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    gate = threading.Event()

    async def draw(endpoint: Endpoint, arguments: Any, _brief: Any, folder: Path) -> Mapping[str, Path]:
        if arguments.get("text") == "wait":
            await anyio.to_thread.run_sync(gate.wait, abandon_on_cancel=True)
        return tiny_media(endpoint, folder)

    with (
        sim_at(tmp_path_factory.mktemp("sim"), draw=draw, runners=2) as sim,
        httpx.Client(base_url=sim.url, headers={"Authorization": "Key any"}, trust_env=False) as client,
    ):
        requests = {"nobody": "8a1d2a9e-0000-4000-8000-000000000000", "wrong": _submit(client, text="x", speed=99)}
        requests["done"] = _submit(client, text="spoken")
        sim.faults.add(Fail())
        requests["failed"] = _submit(client, text="broken")
        sim.faults.add(Fail(422, "content_policy_violation", "not that", billed=True))
        requests["refused"] = _submit(client, text="naughty"[:6])
        for name in ("done", "failed", "refused"):
            _wait(client, requests[name], "COMPLETED")
        sim.faults.add(Vanish())
        requests["vanished"] = _submit(client, text="gone")
        for name in ("cancelled", "queued"):
            sim.faults.add(Delay(3600))
            requests[name] = _submit(client, text=name)
        client.put(f"/{APP}/requests/{requests['cancelled']}/cancel")
        requests["running"] = _submit(client, text="wait")
        _wait(client, requests["running"], "IN_PROGRESS")
        yield Story(sim, client, requests)
        gate.set()


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_answer_is_as_documented(story: Story, row: Row) -> None:
    path = row.path.format(**story.requests)
    response = story.client.request(row.method, path, json=row.sends)
    assert response.status_code == row.status, response.text
    jsonschema.Draft202012Validator(row.schema).validate(response.json())
    for name, value in row.headers.items():
        assert response.headers[name] == (value or response.headers[name])
    assert "Date" in response.headers


@pytest.mark.parametrize("row", [row for row in ROWS if row.status < 400 and "/files/" not in row.path])
def test_nothing_is_told_without_a_key(story: Story, row: Row) -> None:
    with httpx.Client(base_url=story.sim.url, trust_env=False) as anyone:
        response = anyone.request(row.method, row.path.format(**story.requests), json=row.sends)
    assert response.status_code == 401
    wanted = PLATFORM_ERROR if row.path.startswith("/v1/") else closed(detail=TEXT)
    jsonschema.Draft202012Validator(wanted).validate(response.json())


def test_the_bill_is_by_the_catalogues_formula_and_keeps_what_is_billed(story: Story) -> None:
    lines = story.sim.billed()
    by_request = {name: [line for line in lines if line["request_id"] == id_] for name, id_ in story.requests.items()}
    amounts = {name: [line["usd"] for line in found] for name, found in by_request.items()}
    cost = str(price(builtin().endpoint(VOICE), {"text": "spoken"}).usd)
    assert amounts["done"] == [cost]
    assert amounts["refused"] == [cost]
    assert amounts["failed"] == [cost, f"-{cost}"]
    assert amounts["wrong"] == amounts["nobody"] == []
    assert len(amounts["vanished"]) == 1
    assert len(amounts["cancelled"]) == 2
    assert by_request["done"][0]["units"] == "0.006"
    assert by_request["done"][0]["unit"] == "1k chars"


def test_the_price_of_one_endpoint_is_one_number(story: Story) -> None:
    ids = [endpoint.id for endpoint in builtin().endpoints][:50]
    told = story.client.get("/v1/models/pricing", params={"endpoint_id": ids}).json()["prices"]
    assert {price["endpoint_id"] for price in told} == set(ids)
    kling = next(one for one in told if one["endpoint_id"] == "fal-ai/kling-video/o1/reference-to-video")
    assert (kling["unit_price"], kling["unit"]) == (0.112, "second")
    assert story.client.get("/v1/models/pricing", params={"endpoint_id": ["a"] * 51}).status_code == 200
    too_many = ",".join(f"a/{number}" for number in range(51))
    assert story.client.get("/v1/models/pricing", params={"endpoint_id": too_many}).status_code == 400


def test_the_history_filters_sorts_and_pages(tmp_path: Path) -> None:
    now = [1_800_000_000.0]

    def listed(client: httpx.Client, **query: str) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = client.get(HISTORY, params={"endpoint_id": VOICE, **query, **more}).json()
            found += [item["request_id"] for item in page["items"]]
            assert page["has_more"] == (page["next_cursor"] is not None)
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    with (
        sim_at(tmp_path, clock=lambda: now[0]) as sim,
        httpx.Client(base_url=sim.url, headers={"Authorization": "Key any"}, trust_env=False) as client,
    ):
        requests: list[str] = []
        for fault in (None, Fail(), Fail(422, "content_policy_violation")):
            if fault is not None:
                sim.faults.add(fault)
            requests.append(_submit(client, text="x"))
            _wait(client, requests[-1], "COMPLETED")
            now[0] += 3600
        done, failed, refused = requests
        assert listed(client) == listed(client, limit="1") == listed(client, limit="2") == [refused, failed, done]
        assert set(listed(client, sort_by="duration")) == {done, failed, refused}
        assert listed(client, status="success") == [done]
        assert listed(client, status="error") == [failed]
        assert listed(client, status="user_error") == [refused]
        assert listed(client, request_id=failed) == [failed]
        assert listed(client, start="2027-01-15T09:00:00Z") == [refused, failed]  # the first was sent at 08:00
        assert listed(client, end="2027-01-15T10:00:00+01:00") == [done]
        assert listed(client, start="2027-01-16") == []
        [item] = client.get(HISTORY, params={"endpoint_id": VOICE, "expand": "payloads", "request_id": done}).json()[
            "items"
        ]
        assert item["json_input"] == {"text": "x"}
        assert item["sent_at"] == "2027-01-15T08:00:00.000Z"
        assert client.get(item["json_output"]["audio"]["url"]).status_code == 200
        now[0] += 24 * 3600
        assert listed(client) == []  # a day, where no start is asked for, and 90 days for one request
        assert listed(client, request_id=done) == [done]
        assert client.get(HISTORY, params={"endpoint_id": VOICE}).headers["Date"] == "Sat, 16 Jan 2027 11:00:00 GMT"


def test_what_is_not_to_be_kept_is_not_shown(story: Story) -> None:
    told = story.client.post(f"/{VOICE}", json={"text": "secret"}, headers={"X-Fal-Store-IO": "0"}).json()
    _wait(story.client, told["request_id"], "COMPLETED")
    query = {"endpoint_id": VOICE, "expand": "payloads", "request_id": told["request_id"]}
    [item] = story.client.get(HISTORY, params=query).json()["items"]
    assert (item["json_input"], item["json_output"]) == (None, None)


@pytest.mark.parametrize("header", ["X-Fal-Request-Start-Timeout", "X-Fal-Request-Timeout"])
def test_a_request_that_does_not_start_in_time_is_given_back(story: Story, header: str) -> None:
    story.sim.faults.add(Delay(3600))
    told = story.client.post(f"/{VOICE}", json={"text": "late"}, headers={header: "0.11"}).json()
    _wait(story.client, told["request_id"], "COMPLETED")
    result = story.client.get(told["response_url"])
    assert (result.status_code, result.json()["error_type"]) == (504, "request_timeout")
    assert result.headers["X-Fal-Request-Timeout-Type"] == "user"
    lines = [line["usd"] for line in story.sim.billed() if line["request_id"] == told["request_id"]]
    assert [lines[0], f"-{lines[0]}"] == lines


def test_addresses_are_built_for_who_asks(story: Story) -> None:
    behind = {"Host": "queue.fal.run", "X-Forwarded-Proto": "https"}
    told = story.client.post(f"/{VOICE}", json={"text": "behind"}, headers=behind).json()
    assert told["status_url"] == f"https://queue.fal.run/{APP}/requests/{told['request_id']}/status"
    _wait(story.client, told["request_id"], "COMPLETED")
    place = f"/{APP}/requests/{told['request_id']}"
    url = story.client.get(place, headers=behind).json()["audio"]["url"]
    assert url.startswith("https://v3.fal.media/files/results/")
    assert story.client.get(place).json()["audio"]["url"] == url.replace("https://v3.fal.media", story.sim.url)
    rest = {"Host": "rest.fal.ai", "X-Forwarded-Proto": "https"}
    wish = {"content_type": "image/png", "file_name": "a.png"}
    upload = story.client.post("/storage/upload/initiate", json=wish, headers=rest).json()
    assert upload["upload_url"].startswith("https://v3.fal.media/files/uploads/")
    token = story.client.post("/storage/auth/token", json={}, headers=rest).json()
    assert token["base_url"] == "https://v3.fal.media"
