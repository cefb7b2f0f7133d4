"""The purchase: one POST, sent once, and the sorting of everything that can come of it.

fal takes no idempotency key, and two equal requests are two charges. `fal_client.submit` sends a request again, up
to nine times, when its answer is lost; a purchase may therefore not go through it. What can come of our one POST:

    accepted        an answer with a request id                         goes on to polling
    undelivered     no connection, no name, no TLS, no proxy            surely not bought: may be sent again
    put off         429 or 408, answered: it was not taken              not bought: wait, then send again
    refused         any other answer that fal itself wrote              not bought: an error of its class
    ambiguous       sent, and no answer or a stranger's                 perhaps bought: never sent again blindly
"""

from dataclasses import dataclass

import httpx

from adc.compiler.plan import Json
from adc.runtime.errors import Ambiguous, Unreachable
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.wire import FAILURES, from_fal, refusal, retry_after

HEADERS = {"x-app-fal-disable-fallback": "true"}
"""The same endpoint or none: by default fal may reroute a request to one that it holds for equivalent."""

_UNDELIVERED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""Raised before the first byte of the request could leave; a failure of TLS is a ConnectError too."""

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


async def submit(http: httpx.AsyncClient, hosts: Hosts, endpoint: str, arguments: Json, step: str) -> Accepted:
    """Send the request once.

    Raises Unreachable or PutOff where it surely was not taken, Ambiguous where it may have been, and the class of
    the refusal where fal refused it.
    """
    try:
        response = await http.post(hosts.submit_url(endpoint), json=arguments, headers=HEADERS, timeout=_TIMEOUT)
    except _UNDELIVERED as error:
        raise Unreachable(f"fal could not be reached for {step} ({type(error).__name__}); nothing was bought") from None
    except FAILURES as error:
        raise Ambiguous(f"the answer to the request for {step} was lost ({type(error).__name__})") from None
    if response.status_code in (408, 429):
        raise PutOff(f"fal takes no more requests now, {step} was not bought", retry_after(response, _PUT_OFF_SECONDS))
    if response.status_code >= 500 and not from_fal(response):
        raise Ambiguous(f"a proxy answered {response.status_code} to the request for {step}")
    if response.status_code >= 400:
        raise refusal(response, f"fal refused {step} and charged nothing")
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
