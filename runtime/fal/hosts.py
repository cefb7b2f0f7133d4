"""Which hosts are fal, and which addresses of theirs may be followed.

The real hosts and a stand-in differ in nothing but their address; the engine is named after it, so that what was
bought from a stand-in can never satisfy a live build. A submit's answer brings its own addresses for status and
result. They are followed where they are on the queue's host, since fal asks for that; anywhere else they would take
the key to a stranger, and the address is built from owner, app and request id instead.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from adc.compiler.digest import Engine
from adc.runtime.errors import AdcError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""The names of this machine."""

_NAMESPACES = ("workflows", "comfy")
"""Endpoint ids that begin with one of these have a part more before the owner."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Base URLs without a slash at the end.

    `queue` takes requests, `rest` hands out places to upload to, `api` knows what was asked before and what it costs.
    """

    queue: str = "https://queue.fal.run"
    rest: str = "https://rest.fal.ai"
    api: str = "https://api.fal.ai"

    @property
    def engine(self) -> Engine:
        """`fal` for fal itself and `sim` for every other address."""
        return Engine("fal") if self == FAL else Engine("sim")

    @property
    def is_local(self) -> bool:
        """Whether all of it is on this machine."""
        return all(urlsplit(url).hostname in LOOPBACK for url in (self.queue, self.rest, self.api))

    def submit_url(self, endpoint: str) -> str:
        """Where a request for `endpoint` is sent."""
        return f"{self.queue}/{endpoint}"

    def request_url(self, endpoint: str, request_id: str) -> str:
        """Where a request's result is; status and cancel lie below it. A sub-path of the endpoint is not part of it."""
        parts = endpoint.split("/")
        app = parts[: 3 if parts[0] in _NAMESPACES else 2]
        return f"{self.queue}/{'/'.join(app)}/requests/{request_id}"

    def follow(self, url: str, otherwise: str) -> str:
        """`url` where it is on the queue's host, else `otherwise`."""
        return url if origin(url) == origin(self.queue) else otherwise

    def trusts(self, url: str) -> bool:
        """Whether a request to `url` may carry the key."""
        return origin(url) in (origin(self.queue), origin(self.rest), origin(self.api))


FAL = Hosts()
"""fal itself. Source: https://fal.ai/docs/model-apis/model-endpoints/queue and fal's clients."""


def hosts_at(base: str) -> Hosts:
    """A stand-in whose queue, storage and files are all at one address.

    Raises AdcError for what is no address, and for fal's own: a build that takes it for a stand-in would buy.
    """
    scheme, host, _port = origin(base)
    if host.endswith(("fal.run", "fal.ai", "falrun.com")):
        raise AdcError("fal itself cannot be a stand-in: what it sells is billed; leave the address out to buy there")
    if scheme not in ("http", "https") or not host or "?" in base or "#" in base:
        raise AdcError("the address of a stand-in must be like http://127.0.0.1:8765", next_command="adc sim")
    plain = base.rstrip("/")
    return Hosts(plain, plain, plain)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, with the scheme's own port written out."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return ("", "", 0)
    return (parts.scheme, parts.hostname or "", port)
