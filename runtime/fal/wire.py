"""The connection to fal, and what can go wrong with it before anything is answered."""

import ssl

import httpx

from adc.runtime.errors import AdcError, Unreachable
from adc.runtime.fal.credentials import KeyAuth
from adc.runtime.fal.hosts import Hosts

FAILURES = (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError, httpx.TooManyRedirects)
"""What httpx raises for a request or an answer that did not come through."""


def connect(hosts: Hosts, key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client that sends the key to `hosts` only.

    `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and `SSL_CERT_FILE` count, save for this machine. Raises AdcError where one
    of them cannot be used.

    Idle connections are dropped after four seconds: a server that closes one at the very moment at which a submit
    goes out on it would leave nobody knowing whether it was bought.
    """
    try:
        return httpx.AsyncClient(
            auth=KeyAuth(key, hosts),
            transport=transport,
            mounts=None if transport else {f"all://{name}": None for name in ("localhost", "127.0.0.1", "[::1]")},
            timeout=httpx.Timeout(60.0, connect=15.0),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=4.0),
        )
    except OSError as error:  # a failure of TLS is one too
        raise AdcError(
            f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be used ({error.strerror or error})",
            next_command="unset SSL_CERT_FILE SSL_CERT_DIR",
        ) from None
    except ImportError:
        raise AdcError(
            "a proxy of the environment is a SOCKS proxy, which needs a package that is not installed",
            next_command="pip install 'httpx[socks]'",
        ) from None
    except (ValueError, httpx.InvalidURL):
        # what was written there may hold a password, so it is not shown
        raise AdcError(
            "a proxy of the environment (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) has no usable address",
            next_command="export HTTPS_PROXY=http://host:port",
        ) from None


def unreachable(failed: httpx.Response | Exception, what: str, but: str) -> Unreachable:
    """The error for what was never delivered, as in `fal could not be reached (ConnectError); nothing was bought`.

    Where a certificate is not trusted, trying again is useless for every other step too.
    """
    error = Unreachable(f"{what} ({named(failed)}); {but}")
    if isinstance(failed, Exception) and distrusted(failed):
        error.stop = True
        error.next_command = "export SSL_CERT_FILE=…"
    return error


def named(failed: httpx.Response | Exception) -> str:
    """What came of a try, in a word that holds no address."""
    if isinstance(failed, httpx.Response):
        return f"status {failed.status_code}"
    return "its certificate is not trusted" if distrusted(failed) else type(failed).__name__


def distrusted(failed: BaseException) -> bool:
    """Whether a connection failed on a certificate, which waiting does not mend."""
    cause: BaseException | None = failed
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None
