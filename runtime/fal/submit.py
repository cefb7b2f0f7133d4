"""The purchase: one POST, sent once, and the sorting of everything that can come of it.

fal takes no idempotency key, and two equal requests are two charges. `fal_client.submit` sends a request again, up
to nine times, when its answer is lost; a purchase may therefore not go through it. What can come of our one POST:

    accepted        an answer with a request id                         goes on to polling
    undelivered     no connection, no name, no TLS, no proxy            surely not bought: may be sent again
    put off         408, 409 or 429, answered: it was not taken         not bought: wait, then send again
    refused         any other answer that fal itself wrote              not bought: an error of its class
    ambiguous       sent, and no answer or a stranger's                 perhaps bought: never sent again blindly

Undelivered is what surely failed before the first byte of the request could leave. httpx has exceptions that are
raised in no other case; but a proxy that falls silent while it is asked for a connection raises the same ones as a
lost answer does. So the connection itself is listened to (httpcore's trace), and tells whether the request was begun.

A redirect is not followed, for that would be a second POST, and it counts as a stranger's answer: fal redirects no
purchase, and what a gateway did with a request before it answered so, nobody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from adc.compiler.plan import Json
from adc.runtime.errors import Ambiguous, Rejected, Unreachable
from adc.runtime.fal.answers import classify
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.patience import PASSING, retry_after
from adc.runtime.fal.wire import FAILURES, named, unreachable

START_TIMEOUT_SECONDS: Final = 3600
"""How long a request may wait for a runner before fal gives it up unbilled.

Without a bound, a request whose answer was lost could start days later, and nobody could ever say that it was not
bought. With it, one that fal's history does not list after that time never will be.
"""

HEADERS: Final = {
    "x-app-fal-disable-fallback": "true",  # the same endpoint or none: fal may reroute to one it holds for equivalent
    "X-Fal-Request-Start-Timeout": str(START_TIMEOUT_SECONDS),
}

_UNDELIVERED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Raised before the first byte of the request could leave; a failure of TLS is a ConnectError too."""

_UNSENDABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL)
"""Raised for a request that cannot be written as HTTP, or whose address is none."""

_TIMEOUT = httpx.Timeout(120.0, connect=15.0)
"""Long, because giving up on an answer leaves nobody knowing whether it was bought."""

_PUT_OFF_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """fal has the request; the addresses are on the queue's host."""

    request_id: str
    status_url: str
    response_url: str


class PutOff(Unreachable):
    """fal answered that it does not take the request now. `seconds` is how long it asks to wait."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class _Departure:
    """Hears from the connection whether the request has been begun. A tunnel through a proxy is asked for before it."""

    def __init__(self) -> None:
        self._heard = False
        self._begun = False

    async def hear(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpcore calls: see https://www.encode.io/httpcore/extensions/#trace."""
        self._heard = True
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            self._begun = True

    @property
    def surely_not(self) -> bool:
        """Whether the connection was heard of, and nothing of the request."""
        return self._heard and not self._begun


async def submit(http: httpx.AsyncClient, hosts: Hosts, endpoint: str, arguments: Json, step: str) -> Accepted:
    """Send the request once.

    Raises Unreachable or PutOff where it surely was not taken, Ambiguous where it may have been, and the class of
    the refusal where fal refused it.
    """
    departure = _Departure()
    try:
        response = await http.post(
            hosts.submit_url(endpoint),
            json=arguments,
            headers=HEADERS,
            timeout=_TIMEOUT,
            follow_redirects=False,
            extensions={"trace": departure.hear},
        )
    except _UNSENDABLE as error:
        raise Rejected(f"the request for {step} cannot be sent ({named(error)}); nothing was bought") from None
    except FAILURES as error:
        if isinstance(error, _UNDELIVERED) or departure.surely_not:
            raise unreachable(error, f"fal could not be reached for {step}", "nothing was bought") from None
        raise Ambiguous(f"the answer to the request for {step} was lost ({named(error)})") from None
    if response.status_code in PASSING:
        raise PutOff(f"fal takes no more requests now, {step} was not bought", retry_after(response, _PUT_OFF_SECONDS))
    if not response.is_success:
        raise classify(response, "submit", step)
    return _accepted(response, hosts, endpoint, step)


def _accepted(response: httpx.Response, hosts: Hosts, endpoint: str, step: str) -> Accepted:
    try:
        body = response.json()
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    request_id = body.get("request_id")
    if not isinstance(request_id, str) or not request_id:
        raise Ambiguous(f"the answer to the request for {step} has no request id (status {response.status_code})")
    place = hosts.request_url(endpoint, request_id)
    return Accepted(
        request_id,
        status_url=hosts.follow(str(body.get("status_url", "")), place + "/status"),
        response_url=hosts.follow(str(body.get("response_url", "")), place),
    )
