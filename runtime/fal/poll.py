"""From an accepted request to the model's answer.

The status goes through fal-client's own handle over our HTTP client: reading is harmless, so its retries are welcome
here, while they must not touch a purchase. The handle insists on keys that some apps leave out; those are filled in
before it reads. The result is fetched by us, because the handle drops the header that says what was billed.

Nothing here ends a request at fal, whatever goes wrong: it is paid for, and the next build goes on with it. So the
errors come in two kinds. `Unauthorised`, `OutOfCredit` and `Broken` leave the request as it is; every other
`RemoteError` is the request's own end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from fal_client import AsyncRequestHandle, Completed, FalClientHTTPError, InProgress, Queued, Status

from adc.compiler.plan import Json
from adc.runtime.errors import Broken, OutOfCredit, RemoteError, Unauthorised
from adc.runtime.fal.submit import Accepted
from adc.runtime.fal.wire import FAILURES, Sleep, from_fal, patiently, refusal

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 3.0
_GROWTH = 1.3
"""Seconds between two looks: stills are done in seconds and clips in minutes, so the pauses grow."""

_MISSES = 6
"""Looks in a row that may fail before the build gives up looking; fal-client has tried each several times."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer, and the units that were billed for it where fal says so."""

    result: Json
    billed_units: str


class _Handle(AsyncRequestHandle):
    """fal-client's handle, content with a status that lacks the keys it insists on."""

    def _parse_status(self, data: Any) -> Status:
        return super()._parse_status({"logs": None, "queue_position": 0, **data})


async def wait(
    http: httpx.AsyncClient, accepted: Accepted, step: str, *, note: Callable[[str], None], sleep: Sleep
) -> None:
    """Return when the request has ended at fal, well or badly.

    Raises Unauthorised, OutOfCredit or Broken where it could not be followed, and RemoteError where fal does not know
    the request (any more).
    """
    place = accepted.response_url
    handle = _Handle(accepted.request_id, place, accepted.status_url, place + "/cancel", client=http)
    pause, misses, noted = FIRST_PAUSE, 0, ""
    while True:
        try:
            status = await handle.status()
        except (*FAILURES, FalClientHTTPError, KeyError, TypeError, ValueError) as error:
            misses += 1
            _give_up(error, misses, step)
        else:
            if isinstance(status, Completed):
                return
            misses = 0
            text = _text(status)
            if text != noted:
                note(text)
                noted = text
        await sleep(pause)
        pause = min(pause * _GROWTH, LONGEST_PAUSE)


def _text(status: Status) -> str:
    match status:
        case Queued(position=0):
            return "queued, next"
        case Queued(position=ahead):
            return f"queued, {ahead} ahead"
        case InProgress():
            return "rendering"
    return ""


def _give_up(error: Exception, misses: int, step: str) -> None:
    """Raise for a look that failed, where looking again is useless or was done often enough."""
    if isinstance(error, FalClientHTTPError):
        refused = refusal(error.response, f"fal does not tell how {step} is")
        if isinstance(refused, Unauthorised | OutOfCredit):
            raise refused from None
        if misses >= _MISSES and error.status_code == 404:
            raise RemoteError(f"fal does not know the request for {step} any more") from None
    if misses >= _MISSES:
        raise Broken(
            f"fal cannot be asked how {step} is ({type(error).__name__}); the request goes on there, "
            "and the same command goes on with it"
        ) from None


async def fetch(http: httpx.AsyncClient, accepted: Accepted, step: str, *, sleep: Sleep) -> Answer:
    """The answer of a request that has ended.

    Raises Unauthorised, OutOfCredit or Broken where it could not be fetched, and another RemoteError where the model
    has failed.
    """
    try:
        # 404 may pass: a result can be a moment later than the status that promises it
        response = await patiently(lambda: http.get(accepted.response_url), sleep, passing=(404, 408, 429))
    except FAILURES as error:
        last = type(error).__name__
    else:
        if response.status_code >= 400 and response.status_code not in (408, 429):
            if response.status_code < 500 or from_fal(response):
                raise _ended(response, step)
        elif response.status_code == 200 and (answer := _answer(response)) is not None:
            return answer
        last = f"status {response.status_code}"
    raise Broken(f"the result of {step} could not be fetched ({last}); it is bought, and the same command fetches it")


def _ended(response: httpx.Response, step: str) -> RemoteError:
    if response.status_code == 404:
        return RemoteError(f"fal does not know the request for {step} any more")
    charge = "; a refusal may be charged" if response.status_code == 422 else ""
    return refusal(response, f"{step} was not made{charge}")


def _answer(response: httpx.Response) -> Answer | None:
    try:
        result: Json = response.json()
    except ValueError:
        return None
    return Answer(result, response.headers.get("X-Fal-Billable-Units", ""))
