"""By which names a client knows the stand-in: answers carry addresses, and they must lead back the same way.

The scheme and the host are those that the client used. Behind a proxy that ends TLS they may be fal's own; then files
are where fal has them, on a host that is not shown the key.
"""

from starlette.requests import Request

_FILES = "v3.fal.media"


def base_of(request: Request) -> str:
    """The address that the client used, without path and without a slash at the end."""
    return f"{_scheme(request)}://{_host(request)}"


def files_base_of(request: Request) -> str:
    """The address under which that client finds files."""
    host = _host(request)
    return f"{_scheme(request)}://{_FILES if host.endswith(('fal.run', 'fal.ai', 'falrun.com')) else host}"


def _scheme(request: Request) -> str:
    return request.headers.get("X-Forwarded-Proto", request.url.scheme).partition(",")[0].strip()


def _host(request: Request) -> str:
    return request.headers.get("Host") or request.url.netloc
