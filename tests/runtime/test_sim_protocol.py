"""The stand-in speaks the queue's protocol, seen by a client that knows nothing of ours."""

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import jsonschema
import pytest
from support.sim import Sim, client_of, picture, sim_at, tiny_media

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.plan import Json, Price
from adc.compiler.price import price
from adc.runtime.errors import ToolError
from adc.runtime.sim import serve
from adc.runtime.sim.answers import answer
from adc.runtime.sim.bill import Bill
from adc.runtime.sim.files import Files

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"
STILL = "fal-ai/ideogram/character"
APP = "fal-ai/elevenlabs"


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def sim(tmp_path: Path, gate: threading.Event) -> Iterator[Sim]:
    async def draw(endpoint: Endpoint, _arguments: Any, _brief: Any, folder: Path) -> Mapping[str, Path]:
        await anyio.to_thread.run_sync(gate.wait, abandon_on_cancel=True)
        return tiny_media(endpoint, folder)

    with sim_at(tmp_path / "sim", draw=draw, runners=1) as running:
        yield running
        gate.set()


@pytest.fixture
def client(sim: Sim) -> Iterator[httpx.Client]:
    with client_of(sim.url) as client:
        yield client


def ended(client: httpx.Client, request_id: str) -> httpx.Response:
    """The result, once the stream of states has closed."""
    with client.stream("GET", f"/{APP}/requests/{request_id}/status/stream") as stream:
        for _ in stream.iter_lines():
            pass
    return client.get(f"/{APP}/requests/{request_id}")


def test_a_request_from_submit_to_result(sim: Sim, client: httpx.Client, gate: threading.Event) -> None:
    submitted = client.post(f"/{VOICE}", json={"text": "Two drops."})
    told = submitted.json()
    place = f"{sim.url}/{APP}/requests/{told['request_id']}"
    assert submitted.status_code == 200
    assert submitted.headers["x-fal-request-id"] == told["request_id"]
    assert (told["response_url"], told["status_url"], told["cancel_url"]) == (
        place,
        f"{place}/status",
        f"{place}/cancel",
    )
    assert told["status"] == "IN_QUEUE"
    assert told["queue_position"] == 0
    early = client.get(place)
    assert (early.status_code, early.json()) == (400, {"detail": "Request is still in progress"})
    waiting = client.get(f"{place}/status")
    assert waiting.status_code == 202
    assert waiting.json()["logs"] is None
    [line] = client.get(f"{place}/status", params={"logs": "1"}).json()["logs"]
    assert set(line) == {"message", "timestamp", "level", "source"}
    gate.set()
    result = ended(client, told["request_id"])
    assert result.status_code == 200
    assert result.headers["X-Fal-Billable-Units"] == "0.01"
    assert client.get(f"{place}/status").status_code == 200
    file = result.json()["audio"]
    assert file["content_type"] == "audio/wav"
    assert len(client.get(file["url"]).content) == file["file_size"]


def test_the_stream_tells_every_state_and_closes(client: httpx.Client, gate: threading.Event) -> None:
    request_id = client.post(f"/{VOICE}", json={"text": "Two drops."}).json()["request_id"]
    seen: list[str] = []
    with client.stream("GET", f"/{APP}/requests/{request_id}/status/stream") as stream:
        for line in stream.iter_lines():
            if line:
                seen.append(json.loads(line.removeprefix("data: "))["status"])
                if seen[-1] == "IN_PROGRESS":
                    gate.set()
    assert list(dict.fromkeys(seen)) == [state for state in ("IN_QUEUE", "IN_PROGRESS", "COMPLETED") if state in seen]
    assert seen[-2:] == ["IN_PROGRESS", "COMPLETED"]


def test_an_input_that_the_schema_refuses_is_accepted_and_fails_as_a_result(sim: Sim, client: httpx.Client) -> None:
    submitted = client.post(f"/{VOICE}", json={"text": "Two drops.", "speed": 99, "colour": "red"})
    assert submitted.status_code == 200
    place = submitted.json()["response_url"]
    status = client.get(f"{place}/status").json()
    assert (status["status"], status["error"]) == ("COMPLETED", "Invalid input")
    result = client.get(place)
    assert result.status_code == 422
    found = {item["loc"][1]: item for item in result.json()["detail"]}
    assert found["speed"]["type"] == "value_error"
    assert found["speed"]["input"] == 99
    assert set(found["colour"]) == {"loc", "msg", "type", "input"}
    assert sim.billed() == []


def test_a_missing_input_and_a_picture_from_elsewhere_are_told_apart(client: httpx.Client) -> None:
    arguments = {"reference_image_urls": ["https://elsewhere.example/maya.png"]}
    place = client.post(f"/{STILL}", json=arguments).json()["response_url"]
    kinds = {tuple(item["loc"]): item["type"] for item in client.get(place).json()["detail"]}
    assert kinds == {
        ("body", "prompt"): "missing",
        ("body", "reference_image_urls", 0): "file_download_error",
    }


def test_a_waiting_request_can_be_cancelled_and_is_given_back(sim: Sim, client: httpx.Client) -> None:
    running = client.post(f"/{VOICE}", json={"text": "one"}).json()
    waiting = client.post(f"/{VOICE}", json={"text": "two"}).json()
    cancelled = client.put(waiting["cancel_url"])
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "CANCELLATION_REQUESTED")
    assert client.get(waiting["status_url"]).json()["status"] == "COMPLETED"
    assert client.get(waiting["response_url"]).status_code == 499
    assert client.put(waiting["cancel_url"]).json() == {"status": "ALREADY_COMPLETED"}
    assert [line["request_id"] for line in sim.billed()] == [
        running["request_id"],
        waiting["request_id"],
        waiting["request_id"],
    ]
    assert sim.total() == price(builtin().endpoint(VOICE), {"text": "one"}).usd


def test_the_bill_is_the_compilers_price_and_on_disk_before_the_answer(sim: Sim, client: httpx.Client) -> None:
    arguments: dict[str, Json] = {"text": "Two drops. Every morning."}
    request_id = client.post(f"/{VOICE}", json=arguments).json()["request_id"]
    [line] = sim.billed()
    assert line["request_id"] == request_id
    assert line["endpoint"] == VOICE
    assert line["usd"] == str(price(builtin().endpoint(VOICE), arguments).usd)
    assert datetime.fromisoformat(line["time"]).tzinfo is not None


@pytest.mark.parametrize("key", ["", "Key", "Bearer x", "Key bad"])
def test_no_key_no_service(client: httpx.Client, sim: Sim, key: str) -> None:
    for method, path in (
        ("POST", f"/{VOICE}"),
        ("GET", f"/{APP}/requests/x"),
        ("GET", f"/{APP}/requests/x/status"),
        ("POST", "/storage/upload/initiate"),
        ("GET", "/v1/models/requests/by-endpoint"),
    ):
        response = client.request(method, path, headers={"Authorization": key}, json={"text": "x"})
        assert response.status_code == 401, path
    assert sim.billed() == []


def test_what_is_not_there_is_404(client: httpx.Client) -> None:
    assert client.post("/fal-ai/no-such-model", json={}).status_code == 404
    unknown = client.get(f"/{APP}/requests/no-such-request/status")
    assert (unknown.status_code, unknown.json()) == (404, {"status": "NOT_FOUND"})
    request_id = client.post(f"/{VOICE}", json={"text": "x"}).json()["request_id"]
    assert client.get(f"/fal-ai/flux-2/requests/{request_id}").status_code == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused_at_once(client: httpx.Client, sim: Sim, body: bytes) -> None:
    assert client.post(f"/{VOICE}", content=body).status_code == 400
    assert sim.billed() == []


def test_files_go_up_without_a_key_and_come_down_in_ranges(sim: Sim, client: httpx.Client, tmp_path: Path) -> None:
    wish = {"content_type": "image/png", "file_name": "../../maya & co.png"}
    place = client.post("/storage/upload/initiate", json=wish).json()
    data = picture(tmp_path / "maya.png").read_bytes()
    with httpx.Client(trust_env=False) as anyone:
        assert anyone.get(place["file_url"]).status_code == 404
        assert anyone.put(place["upload_url"], content=data).status_code == 200
        assert anyone.put(place["upload_url"], content=data).status_code == 200
        assert anyone.put(place["upload_url"], content=b"other").status_code == 403
        whole = anyone.get(place["file_url"])
        part = anyone.get(place["file_url"], headers={"Range": "bytes=100-199", "If-Range": whole.headers["ETag"]})
    assert whole.content == data
    assert whole.headers["Content-Length"] == str(len(data))
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(data)}"
    assert part.content == data[100:200]
    assert place["file_url"].endswith("/maya_co.png")
    assert [file.parent.parent.parent for file in sim.folder.rglob("*.p[na]*")] == [sim.folder]


@pytest.mark.parametrize("path", ["results/0/a.png", "uploads/../../a", "uploads/0/..", "uploads/zz/a.png", "a.png"])
def test_nothing_can_be_put_where_it_does_not_belong(client: httpx.Client, path: str) -> None:
    assert client.put(f"/files/{path}".replace("..", "%2e%2e"), content=b"x").status_code in (403, 404)


def test_the_history_lists_what_has_left_the_queue(client: httpx.Client, gate: threading.Event) -> None:
    first = client.post(f"/{VOICE}", json={"text": "one"}).json()["request_id"]
    second = client.post(f"/{VOICE}", json={"text": "two"}).json()["request_id"]
    url = "/v1/models/requests/by-endpoint"
    for request_id in (first, second):
        gate.set()
        ended(client, request_id)
    plain = client.get(url, params={"endpoint_id": f"{VOICE},{STILL}"}).json()
    assert [item["request_id"] for item in plain["items"]] == [second, first]
    assert "json_input" not in plain["items"][0]
    full = client.get(url, params={"endpoint_id": VOICE, "expand": "payloads", "limit": "1"}).json()["items"]
    assert [(item["json_input"], item["status_code"]) for item in full] == [({"text": "two"}, 200)]
    assert client.get(url, params={"endpoint_id": STILL}).json()["items"] == []
    assert client.get(url, params={"endpoint_id": VOICE, "start": "2999-01-01T00:00:00Z"}).json()["items"] == []


@pytest.mark.parametrize("endpoint", builtin().endpoints, ids=lambda endpoint: endpoint.id)
def test_every_answer_has_the_shape_of_the_endpoints_own_schema(endpoint: Endpoint, tmp_path: Path) -> None:
    files = Files(tmp_path)
    folder = files.folder_of("00")
    told = {name: files.told(path, endpoint.makes) for name, path in tiny_media(endpoint, folder).items()}
    jsonschema.Draft202012Validator(dict(endpoint.output_schema)).validate(answer(endpoint, {"prompt": "Maya"}, told))


def test_a_taken_port_is_one_sentence(sim: Sim, tmp_path: Path) -> None:
    port = int(sim.url.rpartition(":")[2])

    async def draw(*_arguments: object) -> Mapping[str, Path]:
        return {}

    with pytest.raises(ToolError, match=f"port {port} of 127.0.0.1 cannot be used") as caught:
        serve.serve(
            host="127.0.0.1",
            port=port,
            folder=tmp_path,
            bill=tmp_path / "bill.jsonl",
            catalogue=builtin(),
            draw=draw,
        )
    assert caught.value.next_command == f"adc sim --port {port + 1}"


def test_a_missing_extra_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ToolError, match="not installed") as caught, sim_at(tmp_path):
        pass
    assert caught.value.next_command == "pip install 'adc[sim]'"


def test_a_bill_grows_and_is_never_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "bill.jsonl"
    price = Price(Decimal("0.10"), "2", "second", "exact")
    Bill(path).settle("a", VOICE, price, billed=True)
    Bill(path).settle("a", VOICE, price, billed=True)
    assert Bill(path).total == Decimal("0.10")
    Bill(path).settle("a", VOICE, price, billed=False)
    Bill(path).settle("a", VOICE, price, billed=False)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["usd"], line["units"]) for line in lines] == [("0.10", "2"), ("-0.10", "-2")]
    assert Bill(path).total == 0


def test_a_line_that_a_kill_has_torn_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "bill.jsonl"
    price = Price(Decimal("0.10"), "2", "second", "exact")
    Bill(path).settle("a", VOICE, price, billed=True)
    whole = path.read_bytes()
    with path.open("ab") as file:
        file.write(whole[:30])
    bill = Bill(path)
    assert (path.read_bytes(), bill.total) == (whole, Decimal("0.10"))
    bill.settle("b", VOICE, price, billed=True)
    assert Bill(path).total == Decimal("0.20")
