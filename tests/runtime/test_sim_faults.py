"""What the stand-in can do wrong, seen by a client that knows nothing of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.sim import Sim, client_of, sim_at

from adc.runtime.sim.faults import (
    Corrupt,
    Dead,
    Delay,
    Drop,
    Empty,
    EndedOnly,
    Expire,
    Fail,
    Fault,
    Faults,
    Garble,
    Late,
    Lose,
    Overtaken,
    Place,
    Refuse,
    Relabel,
    Skew,
    Slow,
    Stall,
    Vanish,
)

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"
MUSIC = "fal-ai/elevenlabs/music"
APP = "fal-ai/elevenlabs"
HISTORY = "/v1/models/requests/by-endpoint"
SPOKEN = {"text": "ten chars."}
COST = Decimal("0.0010")


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim") as running:
        yield running


@pytest.fixture
def client(sim: Sim) -> Iterator[httpx.Client]:
    with client_of(sim.url) as client:
        yield client


@contextmanager
def impatient(client: httpx.Client) -> Iterator[None]:
    """For what is never answered: the client leaves after a moment. For all else it waits as a busy machine needs."""
    patient, client.timeout = client.timeout, httpx.Timeout(30.0, read=0.4)
    yield
    client.timeout = patient


def submit(client: httpx.Client, endpoint: str = VOICE) -> str:
    arguments: dict[str, Any] = SPOKEN if endpoint == VOICE else {"prompt": "a tune"}
    return str(client.post(f"/{endpoint}", json=arguments).json()["request_id"])


def ended(client: httpx.Client, request_id: str) -> str:
    """The request's place, once it has ended."""
    place = f"/{APP}/requests/{request_id}"
    while client.get(f"{place}/status").json()["status"] != "COMPLETED":
        pass
    return place


def bought(client: httpx.Client) -> tuple[str, httpx.Response]:
    place = ended(client, submit(client))
    return place, client.get(place)


def test_a_list_happens_in_order_and_one_decides(sim: Sim) -> None:
    faults = Faults([Refuse("submit", 500), Drop("submit"), Slow("submit", 1), Drop("status")])
    assert faults.take("submit") == (Refuse("submit", 500), Slow("submit", 1))
    assert faults.take("submit") == (Drop("submit"),)
    assert faults.take("submit") == ()
    assert faults.waiting == (Drop("status"),)


def test_times_rates_and_endpoints() -> None:
    faults = Faults(seed=7)
    faults.add(Drop("submit"), times=2, endpoint="fal-ai/veo*")
    assert faults.take("submit", VOICE) == ()
    assert [len(faults.take("submit", "fal-ai/veo3.1")) for _ in range(4)] == [1, 1, 0, 0]

    def outcomes(seed: int) -> list[int]:
        some = Faults(seed=seed)
        some.add(Drop("status"), rate=0.5)
        some.add(Drop("result"), rate=0.5)
        return [len(some.take(place)) for _ in range(40) for place in ("status", "result")]

    assert outcomes(7) == outcomes(7) != outcomes(8)
    assert 20 < sum(outcomes(7)) < 60
    both = Faults()
    both.add(Drop("status"), times=3, rate=1.0)
    assert [len(both.take("status")) for _ in range(5)] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        (Drop("submit"), (httpx.ReadError, httpx.RemoteProtocolError), False),
        (Lose("submit", share=0), (httpx.ReadError, httpx.RemoteProtocolError), True),
        (Lose("submit"), httpx.RemoteProtocolError, True),
        (Dead("submit"), httpx.ReadTimeout, False),
        (Stall("submit"), httpx.ReadTimeout, True),
        (Stall("submit", share=0.5), httpx.ReadTimeout, True),
        (Slow("submit", 3600), httpx.ReadTimeout, False),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_the_ways_to_lose_a_request(
    sim: Sim, client: httpx.Client, fault: Fault, error: type[Exception], taken: bool
) -> None:
    sim.faults.add(fault)
    with impatient(client) if error is httpx.ReadTimeout else nullcontext(), pytest.raises(error):
        submit(client)
    assert len(sim.billed()) == taken
    assert sim.faults.waiting == ()
    bought(client)


PLACES: tuple[Place, ...] = ("status", "stream", "result", "initiate", "upload", "download", "history")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [Drop, Lose, Dead, Stall])
def test_every_call_can_be_lost(sim: Sim, client: httpx.Client, place: Place, kind: Callable[[Place], Fault]) -> None:
    path, result = bought(client)
    calls = {
        "status": ("GET", f"{path}/status"),
        "stream": ("GET", f"{path}/status/stream"),
        "result": ("GET", path),
        "initiate": ("POST", "/storage/upload/initiate"),
        "upload": ("PUT", f"/files/uploads/{'0' * 32}/a.txt"),
        "download": ("GET", result.json()["audio"]["url"]),
        "history": ("GET", f"{HISTORY}?endpoint_id={VOICE}"),
    }
    method, address = calls[place]
    sim.faults.add(kind(place))
    body = {"file_name": "a.txt"} if place == "initiate" else None
    if (place, kind) != ("upload", Lose):  # an upload has an empty answer, of which nothing can be cut
        silent = kind in (Dead, Stall)
        error = httpx.ReadTimeout if silent else (httpx.ReadError, httpx.RemoteProtocolError)
        with impatient(client) if silent else nullcontext(), pytest.raises(error):
            client.request(method, address, json=body)
    assert client.request(method, address, json=body).status_code == 200


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_refusals_with_and_without_fals_marks(sim: Sim, client: httpx.Client, status: int) -> None:
    headers = {"Retry-After": "17"}
    sim.faults.add(Refuse("submit", status, "no", headers, error_type="runner_scheduling_failure"))
    sim.faults.add(Refuse("submit", status, "no", headers, by_fal=False))
    sim.faults.add(Refuse("submit", status, headers=headers, by_fal=False, html=True))
    fal, plain, page = (client.post(f"/{VOICE}", json=SPOKEN) for _ in range(3))
    assert {answer.status_code for answer in (fal, plain, page)} == {status}
    assert {answer.headers["Retry-After"] for answer in (fal, plain, page)} == {"17"}
    assert fal.json() == {"detail": "no", "error_type": "runner_scheduling_failure"}
    assert (fal.headers["X-Fal-Error-Type"], "x-fal-request-id" in fal.headers) == ("runner_scheduling_failure", True)
    assert (plain.json(), "x-fal-request-id" in plain.headers) == ({"detail": "no"}, False)
    assert "nginx" in page.text
    assert page.headers["Content-Type"].startswith("text/html")
    assert sim.billed() == []


@pytest.mark.parametrize(
    ("fault", "status", "type_", "billed"),
    [
        (Fail(), 500, "runner_server_error", False),
        (Fail(503, error_type="runner_disconnected"), 503, "runner_disconnected", False),
        (Fail(422, "content_policy_violation"), 422, "content_policy_violation", False),
        (Fail(422, "content_policy_violation", billed=True), 422, "content_policy_violation", True),
        (Fail(422, "no_media_generated"), 422, "no_media_generated", False),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_run_that_fails_is_billed_as_it_says(
    sim: Sim, client: httpx.Client, fault: Fail, status: int, type_: str, billed: bool
) -> None:
    sim.faults.add(fault)
    place, result = bought(client)
    assert result.status_code == status
    body = result.json()
    assert type_ == (body["error_type"] if "error_type" in body else body["detail"][0]["type"])
    told = client.get(f"{place}/status").json()
    assert (told["error"], told["error_type"]) == (f"Invalid status code: {status}", type_)
    assert result.headers.get("X-Fal-Billable-Units") == ("0.01" if billed else None)
    assert sim.total() == (COST if billed else 0)


@pytest.mark.parametrize(
    ("endpoint", "arguments", "body"),
    [(VOICE, SPOKEN, {"audio": None}), ("fal-ai/nano-banana", {"prompt": "a window"}, {"images": []})],
)
def test_a_run_may_return_nothing(
    sim: Sim, client: httpx.Client, endpoint: str, arguments: dict[str, str], body: dict[str, Any]
) -> None:
    sim.faults.add(Empty())
    place = client.post(f"/{endpoint}", json=arguments).json()["response_url"]
    while client.get(f"{place}/status").json()["status"] != "COMPLETED":
        pass
    result = client.get(place)
    assert result.status_code == 200
    assert result.json().items() >= body.items()
    assert "X-Fal-Billable-Units" in result.headers
    assert sim.total() > 0


def test_an_input_that_is_refused_has_no_other_fate(sim: Sim, client: httpx.Client) -> None:
    sim.faults.add(Fail())
    client.post(f"/{VOICE}", json={"speed": 99})
    assert sim.faults.waiting == (Fail(),)


def test_a_run_may_vanish(sim: Sim, client: httpx.Client) -> None:
    sim.faults.add(Vanish())
    sim.faults.add(Vanish(billed=False))
    for cost in (COST, 0):
        before = sim.total()
        request_id = submit(client)
        for below in ("", "/status", "/status/stream"):
            assert client.get(f"/{APP}/requests/{request_id}{below}").status_code == 404
        assert sim.total() - before == cost
    assert client.get(HISTORY, params={"endpoint_id": VOICE}).json()["items"] == []


def test_results_and_files_expire(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    with sim_at(tmp_path / "sim", clock=lambda: now[0]) as sim, client_of(sim.url) as client:
        sim.faults.add(Expire("result", reads=2, status=410))
        sim.faults.add(Expire("download", seconds=60))
        sim.faults.add(Expire("upload", seconds=30, status=410))
        place, result = bought(client)
        file = result.json()["audio"]["url"]
        assert [client.get(place).status_code for _ in range(2)] == [200, 410]
        wish = {"file_name": "a.txt", "content_type": "text/plain"}
        upload = client.post("/storage/upload/initiate", json=wish).json()["upload_url"]
        client.put(upload, content=b"x")
        assert (client.get(file).status_code, client.get(upload).status_code) == (200, 200)
        now[0] += 31
        assert (client.get(file).status_code, client.head(upload).status_code) == (200, 410)
        now[0] += 30
        assert (client.head(file).status_code, client.get(file).status_code) == (404, 404)


def test_files_live_as_long_as_the_client_asks(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    life = json.dumps({"expiration_duration_seconds": 60})
    with sim_at(tmp_path / "sim", clock=lambda: now[0]) as sim, client_of(sim.url) as client:
        wish = {"file_name": "a.txt", "content_type": "text/plain"}
        headers = {"X-Fal-Object-Lifecycle": life}
        upload = client.post("/storage/upload/initiate", json=wish, headers=headers).json()["upload_url"]
        client.put(upload, content=b"x")
        told = client.post(f"/{VOICE}", json=SPOKEN, headers={"X-Fal-Object-Lifecycle-Preference": life}).json()
        file = client.get(ended(client, told["request_id"])).json()["audio"]["url"]
        assert (client.get(file).status_code, client.get(upload).status_code) == (200, 200)
        now[0] += 61
        assert (client.get(file).status_code, client.get(upload).status_code) == (404, 404)


def test_downloads_are_cut_flipped_and_mislabelled(sim: Sim, client: httpx.Client) -> None:
    _, result = bought(client)
    url, size = result.json()["audio"]["url"], result.json()["audio"]["file_size"]
    whole = client.get(url).content
    for fault in (Lose("download", share=0.9), Corrupt(), Garble(), Relabel(content_type="text/html")):
        sim.faults.add(fault)
    received: list[bytes] = []
    with client.stream("GET", url) as cut, pytest.raises(httpx.RemoteProtocolError):
        received.extend(cut.iter_raw())
    assert b"".join(received) == whole[: int(size * 0.9)]
    flipped = client.get(url)
    assert len(flipped.content) == size
    assert flipped.content != whole
    assert client.get(url).headers["Content-Type"].startswith("text/html")
    mislabelled = client.get(url)
    assert (mislabelled.headers["Content-Type"], mislabelled.content) == ("text/html", whole)
    assert client.get(url, headers={"Range": "bytes=10-"}).content == whole[10:]


def test_a_queue_is_slow_and_out_of_order(sim: Sim, client: httpx.Client) -> None:
    sim.faults.add(Delay(3600))
    held = submit(client)
    sim.faults.add(Delay(3600))
    sim.faults.add(Overtaken())
    last = submit(client)
    sim.faults.add(Delay(3600))
    later = submit(client)
    position = {
        name: client.get(f"/{APP}/requests/{id_}/status").json()["queue_position"]
        for name, id_ in {"held": held, "last": last, "later": later}.items()
    }
    assert position == {"held": 0, "later": 1, "last": 2}
    bought(client)  # who is held back holds up nobody


def test_clocks_jump_and_the_history_lags(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    with sim_at(tmp_path / "sim", clock=lambda: now[0]) as sim, client_of(sim.url) as client:
        sim.faults.add(Skew("history", -3600))
        sim.faults.add(Skew("run", 120))
        sim.faults.add(EndedOnly())
        place, _ = bought(client)
        listed = client.get(HISTORY, params={"endpoint_id": VOICE})
        assert listed.headers["Date"] == "Fri, 15 Jan 2027 07:00:00 GMT"
        [item] = listed.json()["items"]
        assert item["sent_at"] == "2027-01-15T08:02:00.000Z"
        sim.faults.add(Late(60), rate=1.0)
        assert client.get(HISTORY, params={"endpoint_id": VOICE}).json()["items"] == []
        now[0] += 61
        assert len(client.get(HISTORY, params={"endpoint_id": VOICE}).json()["items"]) == 1
        assert client.get(place).headers["Date"] == "Fri, 15 Jan 2027 08:01:01 GMT"


def test_a_history_of_ended_requests_only(tmp_path: Path) -> None:
    with sim_at(tmp_path / "sim", latency=3600) as sim, client_of(sim.url) as client:
        submit(client)
        sim.faults.add(EndedOnly())
        lengths = [len(client.get(HISTORY, params={"endpoint_id": VOICE}).json()["items"]) for _ in range(2)]
        assert lengths == [0, 1]


def test_the_money_runs_out(tmp_path: Path) -> None:
    with sim_at(tmp_path / "sim", faults=Faults(balance=COST * 2)) as sim, client_of(sim.url) as client:
        sim.faults.add(Fail())
        bought(client)  # given back
        for _ in range(2):
            bought(client)
        refused = client.post(f"/{VOICE}", json=SPOKEN)
        assert (refused.status_code, refused.json()) == (
            403,
            {"detail": "User is locked. Reason: Exhausted balance."},
        )
        assert sim.total() == COST * 2
