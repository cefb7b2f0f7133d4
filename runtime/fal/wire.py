"""The connection to fal, and what an answer that is not a success means.

fal refuses in three shapes: a model's `detail` list, the infrastructure's `detail` text with an `error_type`, and
plain account errors. All end here as one class of `errors` and one sentence. The sentence names the field, the
message and the type of an error, and never what was sent: fal may echo a whole prompt, and a key or a signed address
must not reach a terminal or a log.
"""

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import httpx

from adc.runtime.errors import OutOfCredit, Rejected, RemoteError, Unauthorised
from adc.runtime.fal.credentials import KeyAuth
from adc.runtime.fal.hosts import Hosts

Sleep: TypeAlias = Callable[[float], Awaitable[None]]

FAILURES = (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError, httpx.TooManyRedirects)
"""What httpx raises for a request or an answer that did not come through."""

LONGEST_WAIT = 120.0
"""Seconds of `Retry-After` that are waited; a service that asks for more is given up for now."""

_FIRST_WAIT = 0.5
_TRIES = 6
_LONGEST_MESSAGE = 240


def connect(hosts: Hosts, key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client that sends the key to `hosts` only. `HTTPS_PROXY` and `SSL_CERT_FILE` count, save for this machine.

    Idle connections are dropped after four seconds: a server that closes one at the very moment at which a submit
    goes out on it would leave nobody knowing whether it was bought.
    """
    return httpx.AsyncClient(
        auth=KeyAuth(key, hosts),
        transport=transport,
        mounts=None if transport else {f"all://{name}": None for name in ("localhost", "127.0.0.1", "[::1]")},
        timeout=httpx.Timeout(60.0, connect=15.0),
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=4.0),
    )


def from_fal(response: httpx.Response) -> bool:
    """Whether fal itself wrote the answer, not a proxy on the way: it leaves a request id or an error type."""
    body = _body(response)
    headers = response.headers
    return (
        "x-fal-request-id" in headers
        or "x-fal-error-type" in headers
        or (isinstance(body, dict) and "error_type" in body)
    )


def retry_after(response: httpx.Response, otherwise: float) -> float:
    """Seconds that the service asks to wait, or `otherwise` where it does not say so in seconds."""
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return otherwise


async def patiently(
    send: Callable[[], Awaitable[httpx.Response]], sleep: Sleep, *, passing: tuple[int, ...] = (408, 429)
) -> httpx.Response:
    """The answer to a request that is harmless to repeat: never to a submit.

    It is sent again, with growing pauses, after a failed connection, a server's error and the statuses in `passing`.
    The last answer is returned whatever it says; where there was none, what httpx raised is raised.
    """
    pause = _FIRST_WAIT
    for left in reversed(range(_TRIES)):
        try:
            response = await send()
        except FAILURES:
            if not left:
                raise
        else:
            if not left or (response.status_code < 500 and response.status_code not in passing):
                return response
            pause = max(pause, min(retry_after(response, pause), LONGEST_WAIT))
        await sleep(pause)
        pause = min(pause * 2, LONGEST_WAIT)
    raise AssertionError("the last try returns or raises")


def refusal(response: httpx.Response, what: str) -> RemoteError:
    """The error for an answer of 400 or more; `what` is what was wanted, as in `fal refused hook.clip`."""
    status = response.status_code
    said = _said(response)
    if status in (401, 403) and re.search(r"locked|exhausted|balance|credit", said, re.IGNORECASE):
        return OutOfCredit(f"{what}: the account is locked or empty ({said})")
    if status == 402:
        return OutOfCredit(f"{what}: the account is empty ({said})")
    if status in (401, 403):
        return Unauthorised(f"{what}: the key was refused ({said})", next_command="export FAL_KEY=…")
    if status in (400, 404, 405, 409, 413, 415, 422) and "downstream_service" not in said:
        return Rejected(f"{what}: {said}")
    return RemoteError(f"{what}: {said} (status {status})")


def _said(response: httpx.Response) -> str:
    """What the answer says, in a line that may be shown."""
    body = _body(response)
    detail = body.get("detail", body.get("error")) if isinstance(body, dict) else None
    if isinstance(detail, list):
        text = "; ".join(_finding(item) for item in detail[:3] if isinstance(item, dict))
    elif isinstance(detail, dict):
        text = str(detail.get("message", ""))
    else:
        text = str(detail or "")
    kind = body.get("error_type") if isinstance(body, dict) else None
    if isinstance(kind, str) and kind not in text:
        text = f"{text} ({kind})" if text else kind
    return public(text, response) or f"status {response.status_code}"


def _finding(item: dict[str, object]) -> str:
    """One entry of a model's `detail`: field, message, type. Its `input`, which echoes the request, is left out."""
    place = item.get("loc")
    field = ".".join(str(part) for part in place if part != "body") if isinstance(place, list) else ""
    message = str(item.get("msg", ""))[:_LONGEST_MESSAGE]
    kind = item.get("type")
    return (f"{field}: " if field else "") + message + (f" ({kind})" if kind else "")


def public(text: str, response: httpx.Response) -> str:
    """`text` on one short line without the key that was sent and without the query of any address."""
    key = response.request.headers.get("Authorization", "").removeprefix("Key ")
    if key:
        for part in (key, *key.split(":")):
            text = text.replace(part, "…") if len(part) > 3 else text
    text = re.sub(r"(https?://[^\s?#\"']+)[?#][^\s\"']*", r"\1", " ".join(text.split()))
    text = "".join(character for character in text if character.isprintable())
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _body(response: httpx.Response) -> object:
    try:
        body: object = response.json()
    except ValueError:
        return None
    return body
