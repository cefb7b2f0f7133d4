"""From an accepted request to the model's answer.

What happens to the request is heard on fal's status stream, where there is one; where there is none, or it breaks off
or falls silent, fal is asked, at the pace that all jobs share. Asking goes through fal-client's own handle, one try at
a time: its own repeats would pass by the pace. The handle insists on keys that some apps leave out; those are filled
in before it reads. The result is fetched by us, because the handle drops the header that says what was billed.

Nothing here ends a request at fal, whatever goes wrong: it is paid for, and the next build goes on with it. So the
errors come in three kinds. `Unauthorised`, `OutOfCredit` and `Broken` leave the request as it is; `Gone` says that fal
does not know it; every other `RemoteError` is the request's own end. An answer that would be the end is asked for
again before it is believed, and one that fal did not write is never believed.
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import anyio
import httpx
from fal_client import AsyncRequestHandle, Completed, InProgress, Queued, Status
from httpx_sse import SSEError, aconnect_sse

from adc.compiler.plan import Json
from adc.runtime.errors import Broken, Gone, OutOfCredit, RemoteError, Unauthorised
from adc.runtime.fal.answers import classify, from_fal, public
from adc.runtime.fal.pace import Pace
from adc.runtime.fal.patience import PASSING, Note, Patience, Sleep, Tries
from adc.runtime.fal.submit import Accepted
from adc.runtime.fal.wire import FAILURES, named
from adc.runtime.legible import on_one_line

SILENT_SECONDS = 60.0
"""How long a stream may say nothing about the request before it is given up and fal is asked."""

_SHORTEST, _LONGEST, _FAR_BACK = 0.5, 10.0, 30.0
"""Seconds between two looks at a request: at least, at most while it runs, at most while it stands in the queue."""

_FRESH = 2.0
"""Seconds for which what has just started is looked at often: a request that is refused ends at once."""

_TURNS_EACH, _MOST_TURNS = 4, 2000
"""Turns of others that may come before a look, for each request that stands before this one, and at most."""

_LONGEST_LINE = 80

_ASK_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
_STREAM_TIMEOUT = httpx.Timeout(SILENT_SECONDS, connect=15.0)

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
"""What comes of reading a status that is none, or no JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer, and the units that were billed for it where fal says so."""

    result: Json
    billed_units: str


class Doubted(Broken):
    """A server's error in the place of a result; `end` is what it would mean as the model's own word."""

    def __init__(self, sentence: str, end: RemoteError) -> None:
        super().__init__(sentence)
        self.end = end


class _Missed(Exception):
    """A look that failed. No exception of httpx, and so nothing that fal-client would try again by itself."""

    def __init__(self, failed: httpx.Response | Exception) -> None:
        super().__init__()
        self.failed = failed


class _OneTry:
    """As much of an HTTP client as a handle needs to ask once. `last` is what it was answered."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.last: httpx.Response | None = None

    async def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """The answer. Raises _Missed."""
        options["timeout"] = _ASK_TIMEOUT
        try:
            self.last = await self._http.request(method, url, **options)
        except FAILURES as error:
            raise _Missed(error) from None
        if self.last.status_code >= 300:
            raise _Missed(self.last)
        return self.last


class _Handle(AsyncRequestHandle):
    """fal-client's handle, content with a status that lacks the keys it insists on."""

    def _parse_status(self, data: Any) -> Status:
        ahead = data.get("queue_position")
        return super()._parse_status({"logs": None, **data, "queue_position": ahead if isinstance(ahead, int) else 0})

    def read(self, text: str) -> Status | None:
        """The status that an event of the stream tells; None where it tells none."""
        try:
            return self._parse_status(json.loads(text))
        except _UNREADABLE:
            return None


class _Watch:
    """What is known of a request while it is waited for, and who is told."""

    def __init__(self, note: Note, started: Callable[[], Awaitable[None]]) -> None:
        self._note = note
        self._started = started
        self._noted = ""
        self._seen_running = False
        self._running = False
        self._ahead = 0
        self._ran = 0.0
        self.failed = False

    async def hear(self, status: Status, response: httpx.Response) -> bool:
        """Tell what is new. True where the request has ended."""
        match status:
            case Completed(error=error, error_type=error_type):
                self.failed = bool(error or error_type)
                return True
            case Queued(position=position):
                self._ahead = max(position, 0)
                self._running = False  # fal puts a request whose runner was lost back into the queue
                self._tell(f"queued, {self._ahead} ahead" if self._ahead else "queued, next")
            case InProgress(logs=logs):
                self._ahead = 0
                if not self._running:
                    self._running, self._ran = True, 0.0
                    if not self._seen_running:
                        self._seen_running = True
                        await self._started()
                    self._tell("rendering")
                if line := _newest(logs, response):
                    self._tell(f"rendering: {line}")
        return False

    def _tell(self, text: str) -> None:
        if text != self._noted:
            self._noted = text
            self._note(text)

    @property
    def slack(self) -> int:
        """How many turns of others may come before the next look."""
        return min(_TURNS_EACH * self._ahead, _MOST_TURNS)

    def pause(self, usual_seconds: float) -> float:
        """Seconds until the next look, which are taken to pass."""
        seconds = pause_before_a_look(self._ahead, self._ran, usual_seconds)
        if self._running:
            self._ran += seconds
        return seconds


def pause_before_a_look(ahead: int, ran: float, usual_seconds: float) -> float:
    """Seconds until a request is worth a look: often when it is fresh and when it is likely to end, else seldom."""
    if ahead:
        return min(_SHORTEST * (1 + ahead), _FAR_BACK)
    if ran < _FRESH:
        return _SHORTEST
    return min(max(abs(usual_seconds - ran) / 3, _SHORTEST), _LONGEST)


async def wait(
    http: httpx.AsyncClient,
    accepted: Accepted,
    step: str,
    *,
    note: Note,
    sleep: Sleep,
    usual_seconds: float,
    pace: Pace,
    patience: Patience,
    started: Callable[[], Awaitable[None]],
) -> bool:
    """Return when the request has ended at fal: True where its status says that it failed.

    `usual_seconds` is how long the model usually runs. `started` is awaited once, when it is first seen to run.
    Raises Unauthorised, OutOfCredit or Broken where it could not be followed, and Gone where fal does not know the
    request (any more).
    """
    once = _OneTry(http)
    place = accepted.response_url
    handle = _Handle(
        accepted.request_id, place, accepted.status_url, place + "/cancel", client=cast(httpx.AsyncClient, once)
    )
    watch = _Watch(note, started)
    tries = Tries(patience, sleep, note)
    streamed = False
    while True:
        await pace.turn(watch.slack)
        if pace.may_stream and not streamed:
            streamed = True
            with pace.streaming():
                if await _heard_out(http, accepted, handle, watch, pace, patience):
                    return watch.failed
            continue  # the next question has to wait for its turn
        try:
            status = await handle.status(with_logs=True)
        except _Missed as missed:
            await _again(missed.failed, tries, step)
        except _UNREADABLE as error:
            await _again(once.last or error, tries, step)
        else:
            assert once.last is not None, "a status was read from an answer"
            patience.answered(once.last)
            tries = Tries(patience, sleep, note)
            if await watch.hear(status, once.last):
                return watch.failed
            await sleep(watch.pause(usual_seconds))


async def _heard_out(
    http: httpx.AsyncClient, accepted: Accepted, handle: _Handle, watch: _Watch, pace: Pace, patience: Patience
) -> bool:
    """Follow the stream. True where it told the end; False where there is none, it broke off, or it fell silent."""
    url = accepted.status_url.partition("?")[0] + "/stream"
    try:
        async with aconnect_sse(http, "GET", url, params={"logs": "1"}, timeout=_STREAM_TIMEOUT) as source:
            response = source.response
            if response.status_code in (405, 501):
                pace.no_streams()
            if response.status_code != 200:
                return False
            async with aclosing(source.aiter_sse()) as events:
                deadline = anyio.current_time() + SILENT_SECONDS
                while True:
                    event = None
                    with anyio.CancelScope(deadline=deadline):
                        event = await anext(events, None)
                    if event is None:  # silence, or the end
                        return False
                    status = handle.read(event.data)
                    if status is None:
                        continue
                    patience.answered(response)
                    deadline = anyio.current_time() + SILENT_SECONDS
                    if await watch.hear(status, response):
                        return True
    except SSEError:  # something else than a stream
        pace.no_streams()
    except FAILURES:
        pass
    return False


async def _again(failed: httpx.Response | Exception, tries: Tries, step: str) -> None:
    """Pause after a look that failed. Raises where looking again is useless, or was done for long enough."""
    unknown: Gone | None = None
    if isinstance(failed, httpx.Response) and _of_fal(failed):
        error = classify(failed, "status", step)
        if isinstance(error, Unauthorised | OutOfCredit):
            raise error
        unknown = error if isinstance(error, Gone) else None
    if not await tries.again(failed, doubtful=unknown is not None):
        raise unknown or Broken(
            f"fal cannot be asked how {step} is ({named(failed)}); the request goes on there, "
            "and the same command goes on with it"
        )


async def fetch(
    http: httpx.AsyncClient,
    accepted: Accepted,
    step: str,
    *,
    sleep: Sleep,
    patience: Patience,
    note: Note | None = None,
    failed: bool = False,
) -> Answer:
    """The answer of a request that has ended; `failed` is what its status said.

    Raises Unauthorised, OutOfCredit or Broken where it could not be fetched, Gone where fal does not have it (any
    more), and another RemoteError where the model has failed. Where the answer is an error of a server, and no status
    said that the request failed, it may be the fetching that fails: Doubted.
    """
    tries = Tries(patience, sleep, note)
    while True:
        came: httpx.Response | Exception
        end: RemoteError | None = None
        try:
            response = came = await http.get(accepted.response_url)
        except FAILURES as error:
            came = error
        else:
            if response.status_code == 200 and (answer := _answer(response)) is not None:
                patience.answered(response)
                return answer
            end = _end(response, step)
            if end is not None and not _doubtful(response, failed=failed):
                raise end
        if not await tries.again(came, doubtful=end is not None):
            lost = f"the result of {step} could not be fetched ({named(came)})"
            if end is not None and isinstance(came, httpx.Response) and came.status_code >= 500 and not failed:
                raise Doubted(f"{lost}; what became of it is not known, and the same command asks again", end)
            raise end or Broken(f"{lost}; it is bought, and the same command fetches it")


def _end(response: httpx.Response, step: str) -> RemoteError | None:
    """What an answer means where it is fal's or the model's last word, else None."""
    if response.status_code < 400 or response.status_code in PASSING or not _of_fal(response):
        return None
    error = classify(response, "result", step)
    return error if isinstance(error, Gone) or not isinstance(error, Broken) else None


def _doubtful(response: httpx.Response, *, failed: bool) -> bool:
    """Whether an answer that means the end may be gone a moment later.

    A result can come later than the status that promises it (400 or 404), and fal itself may stumble. Believed too
    soon, it would be bought twice.
    """
    return response.status_code in (400, 404) or (response.status_code >= 500 and not failed)


def _of_fal(response: httpx.Response) -> bool:
    """Whether fal wrote the answer: with its mark, or as JSON, which no proxy's own page is."""
    return from_fal(response) or (response.status_code < 500 and isinstance(_json(response), dict))


def _answer(response: httpx.Response) -> Answer | None:
    try:
        result: Json = response.json()
    except (ValueError, RecursionError):
        return None
    return Answer(result, response.headers.get("X-Fal-Billable-Units", ""))


def _json(response: httpx.Response) -> object:
    answer = _answer(response)
    return answer.result if answer else None


def _newest(logs: object, response: httpx.Response) -> str:
    """The newest line of a log that may be shown, cut to a line of a terminal; empty where there is none."""
    for entry in reversed(logs) if isinstance(logs, list) else ():
        message = entry.get("message") if isinstance(entry, dict) else None
        line = public(message, response) if isinstance(message, str) else ""
        if line:
            return on_one_line(line, _LONGEST_LINE)
    return ""
