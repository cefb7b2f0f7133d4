"""A stand-in that ends and starts again in the same folder: its requests, files and bill go on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.sim import Sim, client_of, draws_after, sim_at

from adc.runtime.errors import StoreError
from adc.runtime.sim.faults import Fail, Vanish

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"
APP = "fal-ai/elevenlabs"

PROGRAM = """
import sys
from pathlib import Path
from support.sim import draws_after, sim_at

folder = Path(sys.argv[1])
with sim_at(folder / "sim", draw=draws_after(folder / "go"), runners=1) as sim:
    print(sim.url, flush=True)
    sys.stdin.read()
"""


def submit(client: httpx.Client, text: str) -> str:
    return str(client.post(f"/{VOICE}", json={"text": text}).json()["request_id"])


def ended(client: httpx.Client, request_id: str) -> httpx.Response:
    place = f"/{APP}/requests/{request_id}"
    while client.get(f"{place}/status").json()["status"] != "COMPLETED":
        pass
    return client.get(place)


def audio(client: httpx.Client, request_id: str) -> bytes:
    return client.get(ended(client, request_id).json()["audio"]["url"]).content


def test_requests_files_and_faults_are_as_they_were(tmp_path: Path) -> None:
    with sim_at(tmp_path) as sim, client_of(sim.url) as client:
        done = submit(client, "done")
        before = audio(client, done)
        sim.faults.add(Fail(422, "content_policy_violation", billed=True))
        refused = submit(client, "naughty")
        body = ended(client, refused).json()
        sim.faults.add(Vanish())
        vanished = submit(client, "gone")
        bill = sim.billed()
    with sim_at(tmp_path) as sim, client_of(sim.url) as client:
        result = ended(client, done)
        assert result.headers["X-Fal-Billable-Units"] == "0.004"
        assert result.json()["audio"]["url"].startswith(sim.url)  # though the port is another now
        assert audio(client, done) == before
        again = ended(client, refused)
        assert (again.status_code, again.json(), again.headers["X-Fal-Billable-Units"]) == (422, body, "0.007")
        assert client.get(f"/{APP}/requests/{vanished}/status").status_code == 404
        listed = client.get("/v1/models/requests/by-endpoint", params={"endpoint_id": VOICE}).json()["items"]
        assert [item["request_id"] for item in listed] == [refused, done]
        assert sim.billed() == bill


def test_a_kill_loses_no_request_and_charges_none_twice(tmp_path: Path) -> None:
    tests = Path(__file__).resolve().parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        with client_of(process.stdout.readline().strip()) as client:
            running, waiting = submit(client, "running"), submit(client, "waiting")
            assert client.get(f"/{APP}/requests/{running}/status").json()["status"] == "IN_PROGRESS"
            cancelled = submit(client, "cancelled")
            client.put(f"/{APP}/requests/{cancelled}/cancel")
        process.send_signal(signal.SIGKILL)
    (tmp_path / "go").touch()
    with sim_at(tmp_path / "sim", draw=draws_after(tmp_path / "go")) as sim, client_of(sim.url) as client:
        assert ended(client, running).status_code == ended(client, waiting).status_code == 200
        assert ended(client, cancelled).status_code == 499
        paid = [line["request_id"] for line in sim.billed()]
        assert paid == [running, waiting, cancelled, cancelled]


@pytest.mark.parametrize("lost", ["charge", "gift", "both ends torn"])
def test_the_bill_is_brought_in_line_with_the_requests(tmp_path: Path, lost: str) -> None:
    """A kill between two writes: the request is known, and its line of the bill was not written."""
    with sim_at(tmp_path) as sim, client_of(sim.url) as client:
        sim.faults.add(Fail())
        request_id = submit(client, "failed")
        ended(client, request_id)
        charge, gift = sim.bill.read_text().splitlines(keepends=True)
    left = {"charge": "", "gift": charge, "both ends torn": charge + gift[:20]}[lost]
    sim.bill.write_text(left)
    if lost == "both ends torn":
        with (sim.folder / "runs.jsonl").open("a") as file:
            file.write('{"request_id": "torn')
    with sim_at(tmp_path) as sim, client_of(sim.url) as client:
        assert ended(client, request_id).status_code == 500
        assert sim.total() == 0
        assert client.post(f"/{VOICE}", json={"text": "more"}).status_code == 200
    again: Sim
    with sim_at(tmp_path) as again:
        assert all(json.loads(line) for line in (again.folder / "runs.jsonl").read_text().splitlines())


@pytest.mark.parametrize("name", ["files/runs.jsonl", "bill.jsonl"])
@pytest.mark.parametrize("text", ["not ours\n", "[]\n", "{}\n"])
def test_a_folder_of_somebody_else_is_one_sentence(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / name).write_text(text)
    with pytest.raises(StoreError, match="that a stand-in did not write") as caught, sim_at(tmp_path):
        pass
    assert caught.value.next_command == "adc sim --folder DIR"
