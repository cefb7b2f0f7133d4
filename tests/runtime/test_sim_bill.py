"""The stand-in's bill: by the catalogue's formula, and the sum that the answers tell, whatever went wrong."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sim import Sim, client_of, film, sim_at, sound

from adc.compiler.catalogue import Endpoint
from adc.runtime.sim.faults import (
    Corrupt,
    Drop,
    Empty,
    Fail,
    Fault,
    Faults,
    Garble,
    Lose,
    Overtaken,
    Refuse,
    Relabel,
    Skew,
    Vanish,
)

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"
APP = "fal-ai/elevenlabs"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim") as running:
        yield running


@pytest.fixture
def client(sim: Sim) -> Iterator[httpx.Client]:
    with client_of(sim.url) as client:
        yield client


_calls = st.sampled_from(["submit", "status", "result"])
_faults = st.one_of(
    st.builds(Lose, _calls, share=st.sampled_from([0, 0.5, 1])),
    st.builds(Drop, _calls),
    st.builds(Refuse, _calls, st.sampled_from([408, 429, 500, 502, 503]), html=st.booleans(), by_fal=st.just(False)),
    st.builds(Garble, _calls),
    st.builds(Corrupt, _calls),
    st.builds(Relabel, _calls),
    st.builds(Skew, st.sampled_from(["result", "run"]), st.integers(-9999, 9999)),
    st.builds(Overtaken),
    st.builds(Fail, st.sampled_from([500, 503])),
    st.builds(Fail, st.just(422), st.just("content_policy_violation"), billed=st.booleans()),
    st.builds(Empty, billed=st.booleans()),
    st.builds(Vanish, billed=st.just(False)),
)


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sound(tmp_path_factory.mktemp("tone") / "tone.wav")


@settings(max_examples=20, deadline=None)
@given(
    faults=st.lists(st.tuples(_faults, st.integers(1, 3), st.sampled_from([None, 0.2, 0.7])), max_size=10),
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    seed=st.integers(0, 99),
)
def test_the_bill_is_what_the_answers_say(
    tmp_path_factory: pytest.TempPathFactory,
    tone: Path,
    faults: list[tuple[Fault, int, float | None]],
    lengths: list[int],
    seed: int,
) -> None:
    """Whatever is lost, refused or garbled: the sum of the bill is the sum of all units that answers tell."""

    async def draw(endpoint: Endpoint, _arguments: Any, _brief: Any, folder: Path) -> Mapping[str, Path]:
        return {"audio": Path(shutil.copy(tone, folder / "tone.wav"))}

    deck = Faults(seed=seed)
    for fault, times, rate in faults:
        deck.add(fault, times=times, rate=rate)
    with sim_at(tmp_path_factory.mktemp("sim"), draw=draw, faults=deck) as sim, client_of(sim.url) as client:
        requests: set[str] = set()
        for length in lengths:
            with suppress(httpx.TransportError, ValueError, KeyError):
                requests.add(client.post(f"/{VOICE}", json={"text": "x" * length * 10}).json()["request_id"])
        requests |= {line["request_id"] for line in sim.billed()}  # those whose answer was lost
        told = sum((units_told(client, request_id) for request_id in sorted(requests)), Decimal(0))
        assert sim.total() == told * Decimal("0.1")


def units_told(client: httpx.Client, request_id: str) -> Decimal:
    """What a request was billed by its own answer, asked for until that comes through."""
    place = f"/{APP}/requests/{request_id}"
    while True:
        try:
            status, result = client.get(f"{place}/status"), client.get(place)
            state = status.json()["status"]
        except (httpx.TransportError, ValueError, KeyError):
            continue
        if state == "NOT_FOUND":
            return Decimal(0)
        if state == "COMPLETED" and result.headers.get("x-fal-request-id") == request_id and result.status_code != 400:
            return Decimal(result.headers.get("X-Fal-Billable-Units", "0"))


def test_a_clip_that_is_sent_is_billed_by_its_length(sim: Sim, client: httpx.Client, tmp_path: Path) -> None:
    endpoint = "fal-ai/kling-video/lipsync/audio-to-video"
    urls: list[str] = []
    for path in (film(tmp_path / "a.mp4", seconds=6.0), sound(tmp_path / "a.wav")):
        wish = {"file_name": path.name, "content_type": "video/mp4"}
        urls.append(client.post("/storage/upload/initiate", json=wish).json()["upload_url"])
        client.put(urls[-1], content=path.read_bytes())
    told = client.post(f"/{endpoint}", json={"video_url": urls[0], "audio_url": urls[1]}).json()
    [line] = sim.billed()
    assert (line["request_id"], line["units"], line["usd"]) == (told["request_id"], "10", "0.1400")
