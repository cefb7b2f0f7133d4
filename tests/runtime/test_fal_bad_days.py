"""Everything that can go wrong between a purchase and a file: no double charge, no lost purchase, no leaked key."""

import errno
import logging
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path

import anyio
import fal_client.client
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream
from support.buying import buyer_at, clip, still, voice
from support.sim import KEY, Sim, film, sim_at

from adc.compiler.plan import Json, Step
from adc.runtime.errors import (
    AdcError,
    Ambiguous,
    Broken,
    Gone,
    ModelFailed,
    OutOfCredit,
    Rejected,
    RemoteError,
    StoreFull,
    Unauthorised,
    Unreachable,
)
from adc.runtime.sim.faults import Fail, Garble, Lose, Place, Refuse

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with sim_at(tmp_path_factory.mktemp("sim")) as running:
        yield running


@pytest.fixture
def sim(shared: Sim) -> Iterator[Sim]:
    shared.bill.unlink(missing_ok=True)
    shared.faults.clear()
    yield shared
    assert shared.faults.waiting == (), "a fault that was prepared did not happen"


def silence_the_history(sim: Sim) -> None:
    """fal's history cannot be asked, for as long as the test lasts."""
    sim.faults.add(Refuse("history", 403), rate=1.0)


async def test_a_lost_answer_is_found_in_the_history_and_gone_on_with(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Lose("submit"))
    async with buyer_at(sim.url, tmp_path, on_ambiguous="wait") as buyer:
        made = await buyer.buy(clip())
        assert buyer.states() == ["completed"]
    assert [line["request_id"] for line in sim.billed()] == [made.receipt.request_id]


async def test_two_equal_purchases_whose_answers_are_lost_are_told_apart(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path, on_ambiguous="wait") as buyer:
        await buyer.buy(voice())
        for entry in buyer.entries():
            await buyer.ledger.failed(entry.id, reason="a test", charge="yes")
        sim.faults.add(Lose("submit"))
        await buyer.buy(voice())
        first, second = buyer.entries()
    assert (first.state, second.state) == ("failed", "completed")
    assert {first.request_id, second.request_id} == {line["request_id"] for line in sim.billed()}
    assert len(sim.billed()) == 2


async def test_the_history_is_asked_for_as_long_as_a_request_may_wait_in_the_queue(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Lose("submit"))
    silence_the_history(sim)
    async with buyer_at(sim.url, tmp_path, on_ambiguous="wait") as buyer:
        with pytest.raises(Ambiguous):
            await buyer.buy(voice())
        looks = [seconds for seconds in buyer.slept if seconds >= 2]
        assert 3600 <= sum(looks) <= 3700
        assert buyer.notes.count("its answer was lost: looking for it in fal's history") == len(looks)


async def test_a_lost_answer_is_never_sent_again(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Lose("submit"))
    silence_the_history(sim)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Ambiguous) as first:
            await buyer.buy(clip())
        assert buyer.states() == ["ambiguous"]
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Ambiguous) as second:
            await buyer.buy(clip())
        assert buyer.states() == ["ambiguous"]
    assert len(sim.billed()) == 1
    assert str(first.value) == (
        "hook.clip may have been bought for $0.42: the answer to the request for hook.clip was lost "
        "(RemoteProtocolError); fal's history cannot be read (status 403), and nothing else was sent for it"
    )
    assert str(second.value) == (
        "hook.clip may have been bought for $0.42: in an earlier build, the answer to the request for hook.clip was "
        "lost (RemoteProtocolError); fal's history cannot be read (status 403), and nothing else was sent for it"
    )
    assert first.value.usd == clip().price.usd
    assert second.value.next_command == "adc ledger resolve 1"


async def test_the_user_may_give_a_lost_purchase_up_and_buy_again(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Lose("submit"))
    silence_the_history(sim)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Ambiguous):
            await buyer.buy(voice())
    async with buyer_at(sim.url, tmp_path, on_ambiguous="rebuy") as buyer:
        await buyer.buy(voice())
        assert buyer.states() == ["abandoned", "completed"]
    assert len(sim.billed()) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_proxys_error_is_ambiguous_and_fals_own_is_not(sim: Sim, tmp_path: Path, status: int) -> None:
    sim.faults.add(Refuse("submit", status, by_fal=False))
    sim.faults.add(Refuse("submit", status, "runner down", by_fal=True), times=3)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Ambiguous, match=f"a proxy answered {status}"):
            await buyer.buy(voice("one"))
        with pytest.raises(RemoteError, match=r"charged nothing: runner down \(status 50.\)"):
            await buyer.buy(voice("two"))
        assert buyer.states() == ["ambiguous", "failed", "failed", "failed"]  # which costs nothing
    assert sim.billed() == []


async def test_a_servers_error_is_no_refusal_where_the_queue_has_the_request(tmp_path: Path) -> None:
    posts: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posts.append(request)
            return httpx.Response(503, json={"detail": "busy"}, headers={"x-fal-request-id": "r-1"})
        if request.url.path.endswith("/status"):
            return httpx.Response(200, json={"status": "COMPLETED"})
        return httpx.Response(422, json={"detail": [{"loc": ["body"], "msg": "no", "type": "missing"}]})

    async with buyer_at("http://sim", tmp_path, transport=httpx.MockTransport(answer)) as buyer:
        with pytest.raises(Rejected):
            await buyer.buy(voice())
        (entry,) = buyer.entries()
        assert (entry.state, entry.request_id) == ("failed", "r-1")
    assert len(posts) == 1


@pytest.mark.parametrize(
    ("status", "detail", "expected"),
    [
        (401, "Invalid key", Unauthorised),
        (403, "Forbidden", Unauthorised),
        (403, "User is locked. Reason: Exhausted balance. Top up your balance.", OutOfCredit),
        (402, "Payment required", OutOfCredit),
        (422, [{"loc": ["body", "seed"], "msg": "too big", "type": "less_than", "input": "my prompt"}], Rejected),
        (404, "Application not found", Rejected),
        (400, "bad", Rejected),
    ],
)
async def test_a_refusal_has_its_class_and_costs_nothing(
    sim: Sim, tmp_path: Path, status: int, detail: Json, expected: type[RemoteError]
) -> None:
    sim.faults.add(Refuse("submit", status, detail))
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(RemoteError) as caught:
            await buyer.buy(voice())
        assert buyer.states() == ["failed"]
    assert type(caught.value) is expected
    assert "my prompt" not in str(caught.value)
    assert sim.billed() == []


async def test_too_many_requests_waits_as_long_as_it_is_asked_to(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Refuse("submit", 429, headers={"Retry-After": "17"}))
    sim.faults.add(Refuse("submit", 408))
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(voice())
        assert buyer.states() == ["failed", "failed", "completed"]
        assert buyer.slept[:2] == [17.0, 34.0]
    assert len(sim.billed()) == 1


async def test_a_wait_of_an_hour_is_not_waited(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Refuse("submit", 429, headers={"Retry-After": "3600"}))
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Unreachable, match="takes no more requests now"):
            await buyer.buy(voice())
        assert buyer.slept == []


async def test_nobody_there_is_tried_a_few_times_and_bought_never(tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound and not listening: a connection is refused
        closed.bind(("127.0.0.1", 0))
        async with buyer_at(f"http://127.0.0.1:{closed.getsockname()[1]}", tmp_path) as buyer:
            with pytest.raises(
                Unreachable, match=r"fal could not be reached \(ConnectError\); nothing was bought"
            ) as caught:
                await buyer.buy(voice())
            assert buyer.states() == ["failed"]
            assert sum(buyer.slept) < 30  # this machine may have no network at all
    assert caught.value.next_command == "adc build hello.ad"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (httpx.ReadTimeout, "ambiguous"),
        (httpx.WriteTimeout, "ambiguous"),
        (httpx.ReadError, "ambiguous"),
        (httpx.WriteError, "ambiguous"),
        (httpx.RemoteProtocolError, "ambiguous"),
        (httpx.ConnectTimeout, "failed"),
        (httpx.ProxyError, "failed"),
        (httpx.PoolTimeout, "failed"),
    ],
)
async def test_only_what_surely_never_left_counts_as_not_sent(
    tmp_path: Path, error: type[httpx.TransportError], state: str
) -> None:
    posts: list[httpx.Request] = []

    def fail(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posts.append(request)
        raise error("a test")

    async with buyer_at("http://sim", tmp_path, transport=httpx.MockTransport(fail)) as buyer:
        with pytest.raises(RemoteError):
            await buyer.buy(voice())
        assert set(buyer.states()) == {state}
    assert len(posts) == 1
    assert posts[0].headers["x-app-fal-disable-fallback"] == "true"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"request_id": ""}', b'{"request_id": 7}'])
async def test_an_acceptance_that_cannot_be_read_is_ambiguous(tmp_path: Path, body: bytes) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=body))
    async with buyer_at("http://sim", tmp_path, transport=transport) as buyer:
        with pytest.raises(Ambiguous, match="has no request id"):
            await buyer.buy(voice())
        assert buyer.states() == ["ambiguous"]


@pytest.mark.parametrize("step", [still(), clip(), voice()], ids=["image", "video", "audio"])
async def test_a_download_that_breaks_off_is_resumed(sim: Sim, tmp_path: Path, step: Step) -> None:
    sim.faults.add(Lose("download"))
    sim.faults.add(Lose("download"))
    async with buyer_at(sim.url, tmp_path) as buyer:
        made = await buyer.buy(step)
        [there] = (sim.folder / "results" / made.receipt.request_id).iterdir()
    [here] = made.files.values()
    assert here.read_bytes() == there.read_bytes()
    assert not list(here.parent.glob("*.part"))


async def test_a_wrong_page_in_the_place_of_the_file_is_fetched_again(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Garble())
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(clip())
    assert len(sim.billed()) == 1


async def test_a_file_that_stays_wrong_is_kept_as_bought(sim: Sim, tmp_path: Path) -> None:
    for _ in range(4):
        sim.faults.add(Refuse("download", 200))
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Gone, match=r"what was bought for hook\.clip is not good: video\.part holds no media"):
            await buyer.buy(clip())
        assert buyer.states() == ["completed"]
        await buyer.buy(clip())
    assert len(sim.billed()) == 1


async def test_a_file_that_is_gone_is_bought_again_only_when_told_to(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        made = await buyer.buy(clip())
        (sim.folder / "results" / made.receipt.request_id / "video.mp4").unlink()
        with pytest.raises(Gone, match=r"is no longer at fal \(status 404\)") as caught:
            await buyer.buy(clip())
    assert caught.value.next_command == "adc ledger resolve 1 --given-up"
    async with buyer_at(sim.url, tmp_path, on_ambiguous="rebuy") as buyer:
        await buyer.buy(clip())
        assert buyer.states() == ["failed", "completed"]
    assert len(sim.billed()) == 2


async def test_a_file_that_keeps_breaking_off_stays_bought(sim: Sim, tmp_path: Path) -> None:
    for _ in range(7):  # as often as it is asked again before it is believed
        sim.faults.add(Refuse("download", 405))
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Broken, match=r"is bought but did not arrive \(status 405\)"):
            await buyer.buy(voice())
        assert buyer.states() == ["completed"]
        await buyer.buy(voice())
    assert len(sim.billed()) == 1


async def test_hiccups_after_the_purchase_are_waited_out(sim: Sim, tmp_path: Path) -> None:
    places: tuple[Place, ...] = ("initiate", "upload", "result")
    for place in places:
        sim.faults.add(Refuse(place, 503, by_fal=False))
        sim.faults.add(Lose(place))
    sim.faults.add(Refuse("stream", 405))
    sim.faults.add(Refuse("status", 500))
    sim.faults.add(Refuse("status", 404))
    sim.faults.add(Refuse("result", 404))
    sim.faults.add(Refuse("result", 429, headers={"Retry-After": "9"}))
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(still())
        assert buyer.states() == ["completed"]
        assert 9.0 in buyer.slept
    assert len(sim.billed()) == 1


async def test_a_seller_who_falls_silent_after_the_purchase_is_asked_again_by_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fal_client.client, "MAX_ATTEMPTS", 1)  # its pauses are real ones
    submitted = httpx.Response(200, json={"request_id": "r-1"})

    def only_submits(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return submitted
        raise httpx.ConnectError("a test")

    async with buyer_at("http://sim", tmp_path, transport=httpx.MockTransport(only_submits)) as buyer:
        with pytest.raises(Broken, match="the same command goes on with it"):
            await buyer.buy(voice())
        assert buyer.states() == ["submitted"]


@pytest.mark.parametrize("place", ["status", "result"])
async def test_a_key_revoked_after_the_purchase_leaves_it_bought(sim: Sim, tmp_path: Path, place: Place) -> None:
    sim.faults.add(Refuse("stream", 405))
    sim.faults.add(Refuse(place, 401, "Invalid key"))
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Unauthorised):
            await buyer.buy(voice())
        assert buyer.states() in (["submitted"], ["running"])
        sim.faults.clear()
        await buyer.buy(voice())
    assert len(sim.billed()) == 1


async def test_addresses_elsewhere_are_not_followed(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []
    media = film(tmp_path / "media.mp4").read_bytes()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.method == "POST" and request.url.path.startswith("/fal-ai"):
            elsewhere = {"status_url": "https://evil.example/status", "response_url": "https://evil.example/"}
            return httpx.Response(200, json={"request_id": "r-1", **elsewhere})
        if request.url.path.endswith("/status"):
            return httpx.Response(200, json={"status": "COMPLETED"})  # without the keys fal-client insists on
        if request.url.path.endswith("/requests/r-1"):
            return httpx.Response(200, json={"video": {"url": "https://files.example/video.mp4?token=signed"}})
        if request.url.path == "/storage/upload/initiate":
            place = "https://files.example/photo.png"
            return httpx.Response(200, json={"upload_url": f"{place}?token=signed", "file_url": place})
        return httpx.Response(200, stream=httpx.ByteStream(media))

    async with buyer_at("http://sim", tmp_path, transport=httpx.MockTransport(answer)) as buyer:
        await buyer.buy(clip())
    assert {request.url.host for request in asked} == {"sim", "files.example"}
    for request in asked:
        assert ("Authorization" in request.headers) == (request.url.host == "sim")
    status = next(request for request in asked if request.url.path.endswith("/status"))
    assert status.url.path == "/fal-ai/kling-video/requests/r-1/status"


@pytest.mark.parametrize("status", [401, 403, 422, 500])
async def test_the_key_and_signed_addresses_reach_no_message_and_no_log(
    sim: Sim, tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    detail = f"key {KEY} may not use https://files.example/a.png?X-Signature=abcdef"
    sim.faults.add(Refuse("submit", status, detail), times=3 if status == 500 else 1)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(AdcError) as caught:
            await buyer.buy(voice())
        reasons = [entry.reason for entry in buyer.entries()]
    everything = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(reasons)
    assert "https://files.example/a.png" in everything
    for secret in ("planted-key", "X-Signature"):
        assert secret not in everything


async def test_a_proxy_of_the_environment_is_used_and_its_refusal_is_no_purchase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []

    async def refuse(stream: SocketStream) -> None:
        async with stream:
            heard.append(await stream.receive())
            await stream.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as proxy:
        port = proxy.extra(SocketAttribute.local_port)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(proxy.serve, refuse)
            async with buyer_at("https://sim.example", tmp_path) as buyer:
                with pytest.raises(Unreachable, match="ProxyError"):
                    await buyer.buy(voice())
                assert set(buyer.states()) == {"failed"}
            tasks.cancel_scope.cancel()
    assert heard
    assert all(head.startswith(b"CONNECT sim.example:443") and KEY.encode() not in head for head in heard)


async def test_a_stand_in_on_this_machine_is_reached_past_any_proxy(
    sim: Sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(voice())


async def test_a_model_that_fails_for_good_ends_the_attempt(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Fail(500, detail="CUDA out of memory"), rate=1.0)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(ModelFailed, match=r"fal charged nothing: CUDA out of memory"):
            await buyer.buy(voice())
        assert buyer.states() == ["failed"] * 3  # what is not billed is asked for twice more
        assert [entry.usd for entry in buyer.entries()] == [0, 0, 0]
        assert sum(buyer.slept) < 30  # its status says so


async def test_a_servers_error_in_the_place_of_a_result_is_not_the_models_word(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Refuse("result", 500, "try later"), rate=1.0)
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(voice())  # the history has it
        assert buyer.states() == ["completed"]
        silence_the_history(sim)
        with pytest.raises(Broken, match="what became of it is not known"):
            await buyer.buy(voice("two"))
        assert buyer.states()[-1] in ("submitted", "running")
        sim.faults.clear()
        await buyer.buy(voice("two"))
    assert len(sim.billed()) == 2


async def test_a_known_request_is_asked_for_again_after_it_was_not_found(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Refuse("result", 404, {"status": "NOT_FOUND"}), rate=1.0)
    silence_the_history(sim)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Ambiguous, match=r"fal's history cannot be read \(status 403\)"):
            await buyer.buy(voice())
        assert buyer.states() == ["ambiguous"]
        sim.faults.clear()
        silence_the_history(sim)
        await buyer.buy(voice())
        assert buyer.states() == ["completed"]
    assert len(sim.billed()) == 1


async def test_a_proxy_between_us_and_the_result_does_not_end_the_attempt(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Refuse("result", 503, by_fal=False), rate=1.0)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Broken, match=r"could not be fetched \(status 503\); it is bought"):
            await buyer.buy(voice())
        assert buyer.states() in (["submitted"], ["running"])
        assert 1700 < sum(buyer.slept) < 1900  # half an hour of nobody there
        sim.faults.clear()
        await buyer.buy(voice())
    assert len(sim.billed()) == 1


async def test_connections_that_break_under_the_result_do_not_end_the_attempt(sim: Sim, tmp_path: Path) -> None:
    sim.faults.add(Lose("result"), rate=1.0)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Broken, match=r"could not be fetched \(RemoteProtocolError\)"):
            await buyer.buy(voice())
        assert buyer.states() in (["submitted"], ["running"])


async def test_an_input_that_cannot_be_uploaded_buys_nothing(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        sim.faults.add(Refuse("upload", 413, "too large"))
        with pytest.raises(Rejected, match="could not be uploaded to fal, nothing was bought: too large"):
            await buyer.buy(still())
        assert buyer.states() == []
    assert sim.billed() == []


async def test_a_full_disk_is_said_as_such_and_loses_nothing(
    sim: Sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with buyer_at(sim.url, tmp_path) as buyer:
        with monkeypatch.context() as patch:
            patch.setattr(anyio, "open_file", full)
            with pytest.raises(StoreFull, match="is bought but cannot be kept") as caught:
                await buyer.buy(voice())
        assert caught.value.next_command == "adc build hello.ad"
        assert buyer.states() == ["completed"]
        await buyer.buy(voice())
    assert len(sim.billed()) == 1


async def test_an_answer_without_a_file_is_kept_as_bought(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"request_id": "r-1"})
        return httpx.Response(200, json={"status": "COMPLETED"})

    async with buyer_at("http://sim", tmp_path, transport=httpx.MockTransport(answer)) as buyer:
        with pytest.raises(Gone, match=r"fal charged for hook\.voice and its answer has no audio"):
            await buyer.buy(voice())
        assert buyer.states() == ["completed"]


async def test_a_status_in_no_known_words_is_looked_at_again(tmp_path: Path) -> None:
    words = iter([b"<html>", b"[]", b'{"status": "THINKING"}', b"{}", b'{"status": "COMPLETED"}'])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"request_id": "r-1"})
        return httpx.Response(200, content=next(words, b"<html>"))

    async with buyer_at("http://sim", tmp_path, transport=httpx.MockTransport(answer)) as buyer:
        with pytest.raises(Broken, match="could not be fetched"):  # for its result is HTML too
            await buyer.buy(voice())
        assert buyer.states() == ["submitted"]
    assert list(words) == []
