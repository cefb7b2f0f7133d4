"""`adc sim` as people start it: what it says, what it is told to do wrong, and that Ctrl-C ends it."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.command import ADC, adc

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"


@contextmanager
def started(folder: Path, *words: str) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A running `adc sim`, as a client of it, and the lines that it said."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*ADC, "sim", "--port", "0", *words], cwd=folder, env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline(), process.stdout.readline()]
        url = said[0].partition("listens at ")[2].partition(";")[0]
        try:
            with httpx.Client(base_url=url, headers={"Authorization": "Key any"}, trust_env=False) as client:
                yield client, said
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait() == 0


def faults(folder: Path, *entries: dict[str, object]) -> str:
    (folder / "faults.json").write_text(json.dumps({"schema": "adc/faults/1", "seed": 1, "faults": entries}))
    return "faults.json"


def test_it_says_where_it_is_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    with started(tmp_path, "--latency", "3600", "--runners", "1") as (client, said):
        assert said[0].endswith("its bill is sim/bill.jsonl\n")
        assert said[1] == f"use it with: ADC_FAL_URL={client.base_url} adc build SPEC --yes\n".replace("/ adc", " adc")
        first, second = (client.post(f"/{VOICE}", json={"text": "Two drops."}).json() for _ in range(2))
        states = [client.get(told["status_url"]).json()["status"] for told in (first, second)]
        assert states == ["IN_PROGRESS", "IN_QUEUE"]
    with started(tmp_path) as (client, _):
        place = f"/fal-ai/elevenlabs/requests/{second['request_id']}"
        while client.get(f"{place}/status").json()["status"] != "COMPLETED":
            pass
        assert client.get(place).status_code == 200
    assert len((tmp_path / "sim" / "bill.jsonl").read_text().splitlines()) == 2


def test_it_does_wrong_what_a_file_says(tmp_path: Path) -> None:
    file = faults(tmp_path, {"at": "submit", "do": "refuse", "status": 429, "headers": {"Retry-After": "9"}})
    with started(tmp_path, "--faults", file, "--seed", "3") as (client, _):
        answers = [client.post(f"/{VOICE}", json={"text": "x"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers["Retry-After"] == "9"


def test_a_wrong_file_is_a_sentence_with_the_place(tmp_path: Path) -> None:
    ran = adc("sim", "--faults", faults(tmp_path, {"at": "run", "do": "fail", "status": "500"}), folder=tmp_path)
    assert ran.code == 3
    assert "faults.json: faults/0/status: '500' is not of type 'integer'" in ran.err
    assert ran.err.endswith("next: adc sim --faults faults.json\n")
    assert not (tmp_path / "sim").exists()


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = adc("sim", "--port", "0", "--folder", "file/sim", folder=tmp_path)
    assert ran.code == 3
    assert "the folder file/sim cannot be used" in ran.err
    assert ran.err.endswith("next: adc sim --port 0 --folder DIR\n")


@pytest.mark.parametrize("place", ["below", "at the end"])
def test_what_is_offered_for_a_port_in_use_keeps_the_flags(tmp_path: Path, place: str) -> None:
    with socket.socket() as taken:
        if place == "below":
            taken.bind(("127.0.0.1", 0))
        else:
            try:
                taken.bind(("127.0.0.1", 65535))
            except OSError:
                pytest.skip("the last port is taken by somebody else")
        taken.listen()
        port = taken.getsockname()[1]
        words = ("--latency", "1.5", "--faults", faults(tmp_path))
        ran = adc("sim", "--port", str(port), "--folder", "my sim", *words, folder=tmp_path)
    assert ran.code == 3
    another = port + 1 if port < 65535 else 0
    line = f"next: adc sim --port {another} --folder 'my sim' --latency 1.5 --faults faults.json\n"
    assert ran.err.endswith(line)


def test_a_host_of_another_machine_is_not_offered_again(tmp_path: Path) -> None:
    ran = adc("sim", "--port", "0", "--host", "192.0.2.1", "--runners", "3", folder=tmp_path)
    assert ran.code == 3
    assert ran.err.endswith("next: adc sim --port 0 --runners 3\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--latency", "soon"), "soon is not a number of seconds from 0 to 86400"),
        (("--latency", "nan"), "nan is not a number of seconds from 0 to 86400"),
        (("--runners", "0"), "0 is not a whole number from 1 to 1000"),
        (("--seed", "-1"), "-1 is not a whole number from 0 to 4294967295"),
        (("--seed", "x"), "x is not a whole number from 0 to 4294967295"),
    ],
)
def test_a_wrong_flag_is_a_sentence(tmp_path: Path, words: tuple[str, str], sentence: str) -> None:
    ran = adc("sim", *words, folder=tmp_path)
    assert ran.code == 2
    assert sentence in ran.err
