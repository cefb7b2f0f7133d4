"""A network that goes away: what may be repeated outlasts it, a purchase is sent once, and people are told once."""

import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.lowlevel
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream
from support.buying import Buyer, buyer_at, clip, voice
from support.sim import sim_at

from adc.runtime.errors import Ambiguous, Broken, Gone, ModelFailed, Rejected, RemoteError, Unreachable
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.pace import Pace
from adc.runtime.fal.patience import AWAY, BACK, Patience, patiently, reach, retry_after
from adc.runtime.fal.poll import Doubted, fetch, wait
from adc.runtime.fal.submit import START_TIMEOUT_SECONDS, Accepted, PutOff, submit
from adc.runtime.fal.wire import connect

pytestmark = pytest.mark.anyio

HOSTS = Hosts("https://queue.example", "https://rest.example", "https://api.example")
PLACE = "https://queue.example/fal-ai/model/requests/r-1"
ACCEPTED = Accepted("r-1", f"{PLACE}/status", PLACE)
MARK = {"x-fal-request-id": "r-1"}


@dataclass
class World:
    """A network that is gone from one moment to another, and a seller behind it. Only sleeping takes time."""

    gone: tuple[float, float] = (0.0, 0.0)
    seller: Callable[[httpx.Request], httpx.Response] = lambda _request: httpx.Response(200, json={})
    raises: Exception = field(default_factory=lambda: httpx.ConnectError("a test"))
    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    patience: Patience = field(default_factory=Patience)

    async def sleep(self, seconds: float) -> None:
        """Time passes, for everybody."""
        self.slept.append(seconds)
        self.seconds += seconds
        await anyio.lowlevel.checkpoint()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked[request.method] += 1
        if self.gone[0] <= self.seconds < self.gone[1]:
            raise self.raises
        return self.seller(request)

    def http(self) -> httpx.AsyncClient:
        """A client on this network."""
        return connect(HOSTS, "a-key", transport=httpx.MockTransport(self))

    async def get(self, url: str = "https://queue.example/", passing: tuple[int, ...] = (429,)) -> httpx.Response:
        """What may be repeated."""
        async with self.http() as http:
            return await patiently(
                lambda: http.get(url), self.sleep, patience=self.patience, note=self.notes.append, passing=passing
            )


async def test_ten_minutes_without_a_network_cost_time_and_nothing_else() -> None:
    def seller(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stream"):
            return httpx.Response(405)
        if request.url.path.endswith("/status"):
            return httpx.Response(202, json={"status": "IN_PROGRESS" if world.seconds < 900 else "COMPLETED"})
        return httpx.Response(200, json={"video": request.url.path}, headers={"X-Fal-Billable-Units": "5"})

    world = World(gone=(60.0, 660.0), seller=seller)
    pace = Pace(world.sleep)
    ended: list[str] = []

    async def job(http: httpx.AsyncClient) -> None:
        starts: list[None] = []

        async def started() -> None:
            starts.append(None)

        await wait(
            http,
            ACCEPTED,
            "hook.clip",
            note=world.notes.append,
            sleep=world.sleep,
            usual_seconds=60.0,
            pace=pace,
            patience=world.patience,
            started=started,
        )
        answer = await fetch(http, ACCEPTED, "hook.clip", sleep=world.sleep, patience=world.patience)
        assert len(starts) == 1
        ended.append(answer.billed_units)

    async with world.http() as http, anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(job, http)
    assert ended == ["5"] * 5
    assert world.notes.count(AWAY) == world.notes.count(BACK) == 1
    assert world.notes.index(AWAY) < world.notes.index(BACK)
    assert set(world.asked) == {"GET"}


async def test_a_machine_without_a_network_hears_quickly() -> None:
    world = World(gone=(0.0, 1e9))
    with pytest.raises(httpx.ConnectError):
        await world.get()
    assert 10 < sum(world.slept) <= 20
    assert world.notes == [AWAY]


async def test_a_host_that_has_answered_once_is_waited_for_long() -> None:
    for first in (httpx.Response(200), httpx.Response(503), httpx.Response(404)):
        answers = iter([first])
        world = World(seller=lambda _request, answers=answers: next(answers), gone=(0.1, 1e9))  # type: ignore[misc]
        if first.status_code == 503:
            with pytest.raises(httpx.ConnectError):
                await world.get()
        else:
            await world.get()
            world.seconds = 1.0
            with pytest.raises(httpx.ConnectError):
                await world.get()
        assert 1700 < sum(world.slept) <= 1800
        assert max(world.slept) == 30.0

    # There is a network, so another host that nothing was heard of yet may be away as well.
    unknown = World(gone=(0.1, 1e9))
    await unknown.get()
    unknown.seconds = 1.0
    with pytest.raises(httpx.ConnectError):
        await unknown.get("https://never-heard-of.example/")
    assert 1700 < sum(unknown.slept) <= 1800


async def test_pauses_grow_and_start_anew_with_the_next_request() -> None:
    world = World(gone=(0.0, 4.0))
    await world.get()
    assert world.slept == [0.5, 1.0, 2.0, 4.0]
    world.gone = (0.0, world.seconds + 0.5)
    await world.get()
    assert world.slept[4:] == [0.5]


async def test_a_hiccup_is_nobodys_business() -> None:
    world = World(gone=(0.0, 3.0))
    await world.get()
    assert world.notes == []


async def test_nobody_is_told_of_an_outage_while_somebody_is_answered() -> None:
    def seller(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503 if request.url.path == "/broken" and world.seconds < 100 else 200)

    world = World(seller=seller)

    async def busy() -> None:
        while world.seconds < 100:
            await world.get()
            await world.sleep(0.25)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(busy)
        await world.get("https://queue.example/broken")
    assert world.notes == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": " 0 "}, 0.5),
        ({"Retry-After": "86400"}, 120.0),
        ({"Retry-After": "-5"}, 0.5),
        ({"Retry-After": "soon"}, 0.5),
        ({}, 0.5),
        ({"Date": "Mon, 02 Mar 2026 09:00:00 GMT", "Retry-After": "Mon, 02 Mar 2026 09:00:40 GMT"}, 40.0),
        ({"Date": "Mon, 02 Mar 2026 09:00:00 GMT", "Retry-After": "Mon, 02 Mar 2026 08:00:00 GMT"}, 0.5),
        ({"Retry-After": "Mon, 02 Mar 2026 09:00:40 GMT"}, 0.5),
    ],
)
async def test_the_service_is_given_the_time_it_asks_for(headers: dict[str, str], seconds: float) -> None:
    answers = iter([httpx.Response(429, headers=headers), httpx.Response(200)])
    world = World(seller=lambda _request: next(answers))
    await world.get()
    assert world.slept == [seconds]


def test_a_wait_that_is_not_named_is_what_one_likes() -> None:
    assert retry_after(httpx.Response(429), 5.0) == 5.0
    assert retry_after(httpx.Response(429, headers={"Retry-After": "3600"}), 5.0) == 3600.0


def distrust() -> httpx.ConnectError:
    """What httpx raises for a certificate that nobody here vouches for."""
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError(1, "unable to get local issuer certificate")
    return error


async def test_a_certificate_that_is_not_trusted_is_not_waited_for_at_first() -> None:
    world = World(gone=(0.0, 1e9), raises=distrust())
    with pytest.raises(httpx.ConnectError):
        await world.get()
    assert world.slept == []
    async with world.http() as http:
        with pytest.raises(Unreachable, match=r"\(its certificate is not trusted\); nothing was bought") as caught:
            await reach(http, HOSTS, world.patience, note=world.notes.append, sleep=world.sleep)
    assert caught.value.stop
    assert caught.value.next_command == "export SSL_CERT_FILE=…"


async def test_a_certificate_of_some_hotel_in_the_middle_of_a_build_is() -> None:
    world = World(gone=(1.0, 601.0), raises=distrust())
    await world.get()
    world.seconds = 1.0
    await world.get()
    assert world.notes == [AWAY, BACK]


async def test_a_request_that_was_not_delivered_waits_until_the_queue_can_be_reached() -> None:
    proxy = iter([httpx.Response(502, html="nginx"), httpx.Response(503), httpx.Response(405)])
    world = World(gone=(0.0, 10.0), seller=lambda _request: next(proxy))
    async with world.http() as http:
        await reach(http, HOSTS, world.patience, note=world.notes.append, sleep=world.sleep)
    assert list(proxy) == []
    assert world.notes == [AWAY, BACK]
    assert set(world.asked) == {"HEAD"}


async def test_a_queue_that_stays_away_is_said_to_be_so() -> None:
    world = World(gone=(0.0, 1e9))
    async with world.http() as http:
        with pytest.raises(Unreachable, match=r"fal could not be reached \(ConnectError\); nothing was bought"):
            await reach(http, HOSTS, world.patience, note=world.notes.append, sleep=world.sleep)


async def fetched(world: World) -> object:
    """The result of the request, as the build fetches it."""
    async with world.http() as http:
        return (await fetch(http, ACCEPTED, "hook.clip", sleep=world.sleep, patience=world.patience)).result


@pytest.mark.parametrize(
    "bad",
    [
        httpx.Response(500, json={"detail": "oops"}, headers=MARK),
        httpx.Response(504, json={"detail": "oops", "error_type": "internal_error"}),
        httpx.Response(400, json={"detail": "Request is still in progress"}, headers=MARK),
        httpx.Response(404, json={"status": "NOT_FOUND"}),
        httpx.Response(408),
        httpx.Response(409, json={"detail": "conflict"}, headers=MARK),
        httpx.Response(429),
        httpx.Response(502, html="<html>nginx</html>"),
        httpx.Response(403, html="<html>blocked</html>"),
        httpx.Response(422, html="<html>blocked</html>"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        httpx.Response(200, html="<html>Your session has expired.</html>"),
        httpx.Response(200, content=b'{"video": '),
        httpx.Response(202, json={"status": "IN_PROGRESS"}),
    ],
    ids=lambda response: f"{response.status_code}-{response.headers.get('content-type', '')}",
)
async def test_a_bad_answer_that_passes_does_not_end_what_is_paid_for(bad: httpx.Response) -> None:
    answers = iter([bad] * 4 + [httpx.Response(200, json={"video": {}})])
    assert await fetched(World(seller=lambda _request: next(answers))) == {"video": {}}


@pytest.mark.parametrize(
    ("last", "error", "seconds"),
    [
        (httpx.Response(500, json={"detail": "CUDA out of memory"}, headers=MARK), Doubted, (20, 60)),
        (httpx.Response(404, json={"status": "NOT_FOUND"}), Gone, (20, 60)),
        (httpx.Response(410, json={"detail": "expired"}), Gone, (0, 0)),
        (httpx.Response(422, json={"detail": [{"type": "missing", "msg": "?"}]}), Rejected, (0, 0)),
        (httpx.Response(503, html="<html>nginx</html>"), Broken, (1700, 1800)),
        (httpx.Response(200, html="<html>Sign in</html>"), Broken, (1700, 1800)),
        (httpx.Response(404, html="<html>not here</html>"), Broken, (1700, 1800)),
    ],
    ids=lambda value: getattr(value, "__name__", str(getattr(value, "status_code", ""))),
)
async def test_a_bad_answer_that_stays_is_believed_where_fal_wrote_it(
    last: httpx.Response, error: type[RemoteError], seconds: tuple[float, float]
) -> None:
    world = World(seller=lambda _request: last)
    with pytest.raises(RemoteError) as caught:
        await fetched(world)
    assert type(caught.value) is error
    assert seconds[0] <= sum(world.slept) <= seconds[1]


async def bought(world: World) -> Accepted:
    """The answer to a purchase."""
    async with world.http() as http:
        return await submit(http, HOSTS, "fal-ai/model/pro", {"prompt": "a"}, "hook.clip")


async def test_a_purchase_says_how_long_it_may_wait_and_follows_nobody() -> None:
    heard: list[httpx.Request] = []

    def seller(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200, json={"request_id": "r-1"})

    assert (await bought(World(seller=seller))).status_url == f"{PLACE}/status"
    assert heard[0].headers["X-Fal-Request-Start-Timeout"] == str(START_TIMEOUT_SECONDS) == "3600"
    assert heard[0].headers["x-app-fal-disable-fallback"] == "true"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        *((httpx.Response(status, headers={"Location": "/"}), Ambiguous) for status in (301, 302, 303, 307, 308)),
        *((httpx.Response(status, html="<html>nginx</html>"), Ambiguous) for status in (500, 502, 503, 504, 520)),
        (httpx.Response(500, json={"detail": "?"}, headers=MARK), ModelFailed),
        (httpx.Response(400, json={"detail": "?"}), Rejected),
        *((httpx.Response(status), PutOff) for status in (408, 409, 429)),
        (httpx.Response(200, html="<html>Sign in</html>"), Ambiguous),
        (httpx.Response(204), Ambiguous),
        *((one("a test"), Unreachable) for one in (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)),
        (httpx.ProxyError("a test"), Unreachable),
        *((one("a test"), Ambiguous) for one in (httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError)),
        *((one("a test"), Ambiguous) for one in (httpx.WriteError, httpx.RemoteProtocolError, httpx.DecodingError)),
        *((one("a test"), Rejected) for one in (httpx.LocalProtocolError, httpx.UnsupportedProtocol)),
    ],
    ids=lambda value: getattr(value, "__name__", str(getattr(value, "status_code", type(value).__name__))),
)
async def test_whatever_comes_of_a_purchase_it_is_sent_once(
    answer: httpx.Response | Exception, error: type[RemoteError]
) -> None:
    def seller(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    world = World(seller=seller)
    with pytest.raises(RemoteError) as caught:
        await bought(world)
    assert type(caught.value) is error
    assert world.asked == {"POST": 1}
    assert world.slept == []


async def test_a_server_that_takes_the_request_and_hangs_up_may_have_taken_it() -> None:
    heard: list[bytes] = []

    async def hang_up(stream: SocketStream) -> None:
        async with stream:
            heard.append(await stream.receive())

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as server, anyio.create_task_group() as tasks:
        base = f"http://127.0.0.1:{server.extra(SocketAttribute.local_port)}"
        tasks.start_soon(server.serve, hang_up)
        hosts = Hosts(base, base, base)
        async with connect(hosts, "a-key") as http:
            with pytest.raises(Ambiguous, match="RemoteProtocolError"):
                await submit(http, hosts, "fal-ai/model", {}, "hook.clip")
        tasks.cancel_scope.cancel()
    assert len(heard) == 1
    assert heard[0].startswith(b"POST /fal-ai/model")


class Cable(httpx.AsyncBaseTransport):
    """The way to a real stand-in, cut for ten minutes when the first request passes whose line begins as told."""

    def __init__(self, cut_at: str) -> None:
        self._cut_at = cut_at
        self._way = httpx.AsyncHTTPTransport()
        self._cut: float | None = None
        self.buyer: Buyer | None = None
        self.armed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert self.buyer is not None
        now = sum(self.buyer.slept)
        if self.armed and self._cut is None and f"{request.method} {request.url.path}".startswith(self._cut_at):
            self._cut = now
        if self._cut is not None and now < self._cut + 600:
            raise httpx.ConnectError("a test")
        return await self._way.handle_async_request(request)

    async def aclose(self) -> None:
        await self._way.aclose()


@pytest.mark.parametrize(
    ("cut_at", "states"),
    [
        ("POST /storage/upload/initiate", ["completed"]),
        ("PUT /files/uploads", ["completed"]),
        ("POST /fal-ai", ["failed", "completed"]),
        ("GET /fal-ai/kling-video/requests", ["completed"]),
        ("GET /files/results", ["completed"]),
    ],
)
async def test_a_cable_that_is_cut_anywhere_costs_nothing_but_time(
    tmp_path: Path, cut_at: str, states: list[str]
) -> None:
    cable = Cable(cut_at)
    with sim_at(tmp_path / "sim") as sim:
        async with buyer_at(sim.url, tmp_path, transport=cable) as buyer:
            cable.buyer = buyer
            await buyer.buy(voice())  # so fal has been reached before in this build
            cable.armed = True
            made = await buyer.buy(clip())
            assert buyer.states() == ["completed", *states]
            assert sum(buyer.slept) > 600
            assert buyer.notes.count(AWAY) == buyer.notes.count(BACK) == 1
        assert made.files["video"].exists()
        assert len(sim.billed()) == 2
