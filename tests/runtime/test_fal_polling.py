"""Waiting for a request at fal: what is heard, what is asked, how often, and what is believed."""

import heapq
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import httpx
import pytest

from adc.compiler.plan import Json
from adc.runtime.errors import Broken, Gone, OutOfCredit, Unauthorised
from adc.runtime.fal import poll
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.pace import Pace
from adc.runtime.fal.patience import AWAY, BACK, Patience
from adc.runtime.fal.poll import pause_before_a_look, wait
from adc.runtime.fal.submit import Accepted
from adc.runtime.fal.wire import connect

pytestmark = pytest.mark.anyio

KEY = "planted-key-id:planted-key-secret"
HOSTS = Hosts("https://queue.example", "https://rest.example", "https://api.example")
QUEUED: Json = {"status": "IN_QUEUE", "queue_position": 3}
RUNNING: Json = {"status": "IN_PROGRESS", "logs": []}
DONE: Json = {"status": "COMPLETED", "logs": [], "metrics": {}}
HTML = httpx.Response(200, html="<html>Your session has expired.</html>")


def logged(*lines: str) -> Json:
    """A request that runs, with these lines in its log."""
    return {"status": "IN_PROGRESS", "logs": [{"message": line, "level": "INFO"} for line in lines]}


class Events(httpx.AsyncByteStream):
    """A status stream: events, bytes as they are, and at its end what is raised, or silence for ever."""

    def __init__(self, *events: object, end: Exception | None = None, silent: bool = False) -> None:
        self._events = events
        self._end = end
        self._silent = silent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._events:
            yield event if isinstance(event, bytes) else f"data: {json.dumps(event)}\n\n".encode()
        if self._end is not None:
            raise self._end
        if self._silent:
            await anyio.sleep_forever()


def stream_of(*events: object, end: Exception | None = None, silent: bool = False) -> httpx.Response:
    """The answer of a seller that has a status stream."""
    return httpx.Response(
        200, headers={"Content-Type": "text/event-stream"}, stream=Events(*events, end=end, silent=silent)
    )


@dataclass
class Seller:
    """Answers what it was told to, one answer after the other; `asked` is what it was asked for."""

    stream: httpx.Response = field(default_factory=lambda: httpx.Response(405))
    looks: Iterable[object] = (DONE,)
    asked: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._looks = iter(self.looks)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path.endswith("/stream"):
            return self.stream
        look = next(self._looks)
        if isinstance(look, Exception):
            raise look
        return look if isinstance(look, httpx.Response) else httpx.Response(202, json=look)

    @property
    def places(self) -> list[str]:
        """The last word of each address that was asked for."""
        return [request.url.path.rpartition("/")[2] for request in self.asked]


@dataclass
class Watcher:
    """One who waits, and remembers what was said and slept."""

    answer: Callable[[httpx.Request], httpx.Response]
    notes: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    starts: int = 0
    patience: Patience = field(default_factory=Patience)
    pace: Pace | None = None

    async def sleep(self, seconds: float) -> None:
        """Takes no time."""
        self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    async def started(self) -> None:
        """Counts."""
        self.starts += 1

    async def wait(self, request_id: str = "r-1", usual_seconds: float = 60.0) -> None:
        """Wait for a request."""
        self.pace = self.pace or Pace(self.sleep, per_second=1e9)
        place = HOSTS.request_url("fal-ai/model/pro", request_id)
        async with connect(HOSTS, KEY, transport=httpx.MockTransport(self.answer)) as http:
            await wait(
                http,
                Accepted(request_id, f"{place}/status", place),
                "hook.clip",
                note=self.notes.append,
                sleep=self.sleep,
                usual_seconds=usual_seconds,
                pace=self.pace,
                patience=self.patience,
                started=self.started,
            )

    @property
    def pauses(self) -> list[float]:
        """What was slept, without the waits for a turn."""
        return [seconds for seconds in self.slept if seconds > 1e-6]


async def test_the_stream_tells_everything_and_fal_is_asked_once() -> None:
    seller = Seller(
        stream_of(
            QUEUED,
            {"status": "IN_QUEUE", "queue_position": 0},
            RUNNING,
            logged("step 12/30"),
            logged("step 12/30"),
            RUNNING,
            logged("step 12/30", "step 13/30"),
            DONE,
        )
    )
    watcher = Watcher(seller)
    await watcher.wait()
    assert watcher.notes == [
        "queued, 3 ahead",
        "queued, next",
        "rendering",
        "rendering: step 12/30",
        "rendering: step 13/30",
    ]
    assert watcher.starts == 1
    [request] = seller.asked
    assert str(request.url) == "https://queue.example/fal-ai/model/requests/r-1/status/stream?logs=1"
    assert request.headers["Accept"] == "text/event-stream"
    assert watcher.pauses == []


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(404, json={"detail": "Not Found"}),
        httpx.Response(405),
        httpx.Response(501),
        httpx.Response(503, text="nginx"),
        httpx.Response(401),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        httpx.Response(200, json=QUEUED),
        HTML,
        stream_of(),
        stream_of(QUEUED, b"data: {", end=httpx.RemoteProtocolError("a test")),
        stream_of(RUNNING, end=httpx.ReadError("a test")),
        stream_of(b"\xff\xfe\x00" * 99, b"data: [[[[\n\n", end=httpx.ReadTimeout("a test")),
    ],
    ids=lambda response: f"{response.status_code}-{response.headers.get('content-type')}",
)
async def test_without_a_stream_fal_is_asked(refusal: httpx.Response) -> None:
    seller = Seller(refusal, looks=[QUEUED, RUNNING, RUNNING, DONE])
    watcher = Watcher(seller)
    await watcher.wait()
    assert seller.places == ["stream", *["status"] * 4]
    assert seller.asked[1].url.params["logs"] == "true"
    assert watcher.starts == 1
    assert watcher.notes[-2:] == ["queued, 3 ahead", "rendering"]


@pytest.mark.parametrize("refusal", [httpx.Response(405), httpx.Response(501), HTML])
async def test_a_seller_without_streams_is_asked_for_one_once(refusal: httpx.Response) -> None:
    seller = Seller(refusal, looks=[DONE, DONE])
    watcher = Watcher(seller)
    await watcher.wait("r-1")
    await watcher.wait("r-2")
    assert seller.places == ["stream", "status", "status"]


async def test_a_stream_that_falls_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "SILENT_SECONDS", -1.0)
    seller = Seller(stream_of(silent=True), looks=[DONE])
    await Watcher(seller).wait()
    assert seller.places == ["stream", "status"]


async def test_a_stream_of_garbage_does_no_harm() -> None:
    garbage: list[object] = [
        b": ping\n\n",
        b"\xff\xfe\n\n",
        b"data: <html>\n\n",
        b"data: \n\n",
        b"event: error\ndata: null\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        [],
        7,
        {},
        {"status": None},
        {"status": "THINKING"},
        {"status": "IN_QUEUE", "queue_position": "soon"},
        {"status": "IN_QUEUE", "queue_position": -4},
        {"status": "IN_PROGRESS"},
        {"status": "IN_PROGRESS", "logs": "text"},
        {"status": "IN_PROGRESS", "logs": [None, 7, {}, {"message": None}, {"message": " "}]},
        {"status": "COMPLETED", "metrics": None},
    ]
    seller = Seller(stream_of(*garbage))
    watcher = Watcher(seller)
    await watcher.wait()
    assert watcher.notes == ["queued, next", "rendering"]
    assert seller.places == ["stream"]


async def test_looks_that_tell_nothing_do_no_harm() -> None:
    nothing: list[object] = [
        HTML,
        [],
        7,
        {},
        {"status": "THINKING"},
        {"status": ["IN_QUEUE"]},
        {"status": "IN_QUEUE"},
        {"status": "IN_PROGRESS"},
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        httpx.Response(400, json={"detail": "?"}),
        httpx.Response(409),
        httpx.Response(500, json={"detail": "?"}, headers={"x-fal-request-id": "r-1"}),
        httpx.DecodingError("a test"),
        {"status": "COMPLETED"},
    ]
    watcher = Watcher(Seller(looks=nothing))
    await watcher.wait()
    assert [note for note in watcher.notes if note not in (AWAY, BACK)] == ["queued, next", "rendering"]


async def test_lines_of_a_log_are_short_and_hold_no_secrets() -> None:
    lines = [
        f"key {KEY} loads https://files.example/a.png?X-Signature=abcdef",
        "\x1b[31m 40%|████      | 12/30\x1b[0m\r\n",
        "x" * 300,
    ]
    watcher = Watcher(Seller(looks=[*(logged(line) for line in lines), logged("one", "two", " \n"), DONE]))
    await watcher.wait()
    assert "planted-key" not in str(watcher.notes)
    assert watcher.notes == [
        "rendering",
        "rendering: … loads https://files.example/a.png",
        "rendering: [31m 40%|████ | 12/30[0m",
        f"rendering: {'x' * 79}…",
        "rendering: two",
    ]


async def test_fal_client_does_not_try_again_behind_the_pace() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "17"})
    seller = Seller(looks=[busy, httpx.ReadTimeout("a test"), httpx.Response(502, text="nginx"), DONE])
    watcher = Watcher(seller)
    await watcher.wait()
    assert seller.places == ["stream", *["status"] * 4]
    assert watcher.pauses == [17.0, 1.0, 2.0]


@pytest.mark.parametrize("status", [404, 410])
async def test_an_unknown_request_is_believed_only_after_a_while(status: int) -> None:
    unknown = httpx.Response(status, json={"status": "NOT_FOUND"})
    passing = Watcher(Seller(looks=[unknown] * 4 + [RUNNING, DONE]))
    await passing.wait()
    assert passing.starts == 1

    watcher = Watcher(Seller(looks=[unknown] * 99))
    with pytest.raises(Gone, match=r"fal does not know the request for hook\.clip any more"):
        await watcher.wait()
    assert sum(watcher.pauses) >= 30


async def test_a_strangers_page_is_never_believed() -> None:
    watcher = Watcher(Seller(looks=[httpx.Response(404, html="<html>not here</html>")] * 99), patience=Patience(600.0))
    with pytest.raises(Broken, match=r"cannot be asked how hook\.clip is \(status 404\); the request goes on there"):
        await watcher.wait()
    assert 500 < sum(watcher.pauses) <= 600


async def test_an_answer_renews_the_patience() -> None:
    bad_day = [*[httpx.ConnectError("a test")] * 4, RUNNING]
    watcher = Watcher(Seller(looks=[*bad_day * 3, DONE]), patience=Patience(10.0))
    await watcher.wait()
    assert watcher.pauses == [0.5, 1.0, 2.0, 4.0, 0.5] * 3


@pytest.mark.parametrize(
    ("status", "detail", "error"),
    [(401, "Invalid key", Unauthorised), (403, "User is locked. Reason: Exhausted balance.", OutOfCredit)],
)
async def test_a_refused_key_ends_the_waiting_at_once(status: int, detail: str, error: type[Exception]) -> None:
    watcher = Watcher(Seller(looks=[httpx.Response(status, json={"detail": detail})]))
    with pytest.raises(error):
        await watcher.wait()


def test_looks_are_frequent_when_something_is_likely_to_happen() -> None:
    fresh = pause_before_a_look(0, 0.0, 120.0)
    early = pause_before_a_look(0, 20.0, 120.0)
    soon = pause_before_a_look(0, 118.0, 120.0)
    late = pause_before_a_look(0, 400.0, 120.0)
    assert fresh < early
    assert soon < early
    assert soon < late
    assert fresh <= 0.5
    assert early <= 10.0
    assert late <= 10.0


def test_looks_are_rarer_the_farther_back_a_request_stands() -> None:
    pauses = [pause_before_a_look(ahead, 0.0, 120.0) for ahead in range(100)]
    assert pauses == sorted(pauses)
    assert pauses[1] < 2
    assert pauses[-1] <= 30.0


@pytest.mark.parametrize("usual", [0.0, -1.0, 1.0, 60.0, 1e9])
def test_a_pause_is_never_too_short_or_too_long(usual: float) -> None:
    for ran in (0.0, 1.9, 2.0, 59.9, 60.0, 1e6):
        assert 0.5 <= pause_before_a_look(0, ran, usual) <= 10.0


class Hours:
    """A clock that jumps from one waking to the next once nobody has anything to do."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._count = 0

    async def sleep(self, seconds: float) -> None:
        """What is awaited in the place of time."""
        woken = anyio.Event()
        self._count += 1
        heapq.heappush(self._sleepers, (self.seconds + seconds, self._count, woken))
        await woken.wait()

    async def pass_by(self) -> None:
        """Move time for ever."""
        while True:
            for _ in range(12):  # more turns of the loop than any answer from memory takes
                await anyio.lowlevel.checkpoint()
            if self._sleepers:
                self.seconds, _, woken = heapq.heappop(self._sleepers)
                woken.set()


@dataclass
class Crowd:
    """A seller of a thousand requests that run one after the other, `runners` at once, each for `runs` seconds."""

    hours: Hours
    runners: int
    runs: float
    looks: list[tuple[float, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stream"):
            self.looks.append((self.hours.seconds, "stream"))
            return httpx.Response(405)
        number = int(request.url.path.split("/")[-2])
        turn = int(self.hours.seconds / self.runs)
        ahead = number - (turn + 1) * self.runners + 1
        if number // self.runners < turn:
            told: dict[str, Json] = {"status": "COMPLETED"}
        elif number // self.runners == turn:
            told = {"status": "IN_PROGRESS"}
        else:
            told = {"status": "IN_QUEUE", "queue_position": ahead}
        self.looks.append((self.hours.seconds, str(told["status"])))
        return httpx.Response(202, json=told)


async def test_a_thousand_jobs_cost_under_five_requests_a_second_and_the_urgent_go_first() -> None:
    hours = Hours()
    crowd = Crowd(hours, runners=20, runs=30.0)
    pace = Pace(hours.sleep)
    patience = Patience()
    ended: dict[int, float] = {}
    place = HOSTS.request_url("fal-ai/model", "")

    async def job(http: httpx.AsyncClient, number: int) -> None:
        await wait(
            http,
            Accepted(str(number), f"{place}{number}/status", f"{place}{number}"),
            "hook.clip",
            note=lambda _text: None,
            sleep=hours.sleep,
            usual_seconds=30.0,
            pace=pace,
            patience=patience,
            started=nothing,
        )
        ended[number] = hours.seconds

    async with connect(HOSTS, KEY, transport=httpx.MockTransport(crowd)) as http, anyio.create_task_group() as tasks:
        tasks.start_soon(hours.pass_by)
        async with anyio.create_task_group() as jobs:
            for number in range(1000):
                jobs.start_soon(job, http, number)
        tasks.cancel_scope.cancel()

    a_second = Counter(int(moment) for moment, _ in crowd.looks)
    assert max(a_second.values()) <= 4
    assert len(ended) == 1000
    late = sorted(ended[number] - (number // 20 + 1) * 30.0 for number in range(1000))
    assert late[500] <= 10.0  # without a single stream, half are heard of within ten seconds
    looks = Counter(what for _, what in crowd.looks)
    running_seconds = 1000 * 30.0
    queued_seconds = sum(number // 20 * 30.0 for number in range(1000))
    assert looks["IN_PROGRESS"] / running_seconds > 10 * looks["IN_QUEUE"] / queued_seconds


async def nothing() -> None:
    """What is done when a request starts, where nobody cares."""


async def test_no_more_streams_than_allowed_are_open_at_once() -> None:
    hours = Hours()
    pace = Pace(hours.sleep, streams=3)
    gate = anyio.Event()
    open_now, most = 0, 0

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            await gate.wait()
            open_now -= 1
            yield f"data: {json.dumps(DONE)}\n\n".encode()

    polled: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stream"):
            return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=Slow())
        polled.append(request.url.path)
        if len(set(polled)) == 7:
            gate.set()
        return httpx.Response(200, json=DONE if gate.is_set() else RUNNING)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hours.pass_by)
        async with anyio.create_task_group() as jobs:
            for number in range(10):
                watcher = Watcher(answer, pace=pace)
                jobs.start_soon(watcher.wait, f"r-{number}")
        tasks.cancel_scope.cancel()
    assert most == 3


async def turns(pace: Pace, taken: list[str], name: str, slack: int) -> None:
    await pace.turn(slack)
    taken.append(name)


async def test_turns_go_to_the_most_urgent_and_pass_nobody_over() -> None:
    hours = Hours()
    pace = Pace(hours.sleep)
    taken: list[str] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hours.pass_by)
        async with anyio.create_task_group() as waiting:
            for name, slack in (("far", 6), ("near", 2), ("first", 0), ("second", 0)):
                waiting.start_soon(turns, pace, taken, name, slack)
        assert taken == ["first", "second", "near", "far"]
        assert hours.seconds == 1.0

        taken.clear()
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(turns, pace, taken, "far", 6)
            await anyio.lowlevel.checkpoint()

            async def eager() -> None:
                for _ in range(20):
                    await turns(pace, taken, "eager", 0)

            waiting.start_soon(eager)
        assert taken.index("far") == 6
        tasks.cancel_scope.cancel()


async def test_a_turn_that_is_given_up_holds_nobody_up() -> None:
    hours = Hours()
    pace = Pace(hours.sleep)
    taken: list[str] = []
    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as waiting:
            scopes = [anyio.CancelScope() for _ in range(4)]

            async def given_up(scope: anyio.CancelScope) -> None:
                with scope:
                    await turns(pace, taken, "given up", 0)

            for scope in scopes:
                waiting.start_soon(given_up, scope)
            waiting.start_soon(turns, pace, taken, "kept", 9)
            await anyio.lowlevel.checkpoint()
            for scope in scopes:
                scope.cancel()
            tasks.start_soon(hours.pass_by)
        tasks.cancel_scope.cancel()
    assert taken == ["kept"]


@pytest.fixture(autouse=True)
def no_waiting_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """fal-client's own pauses would be real ones: none may happen."""

    def refuse(*_arguments: object, **_options: object) -> float:
        raise AssertionError("fal-client tries again by itself")

    monkeypatch.setattr("fal_client.client._get_retry_delay", refuse)
