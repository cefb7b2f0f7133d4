"""The key: where it is read, and the one place from which it is sent.

`fal_client` would also look for a login file, may refresh it over the network and writes it back; a build that reads
`FAL_KEY` and nothing else can be reasoned about. Every request of the HTTP client passes through `KeyAuth`, and only
those to the queue and storage hosts get the header: uploads and downloads go to other hosts, whose addresses are
permission enough.
"""

from collections.abc import Generator, Mapping

import httpx

from adc.runtime.errors import Unauthorised
from adc.runtime.fal.hosts import Hosts


def key_from(environ: Mapping[str, str]) -> str | None:
    """The key in `FAL_KEY`, or in `FAL_KEY_ID` and `FAL_KEY_SECRET`; None without. Blanks around it are dropped.

    Raises Unauthorised for a key that no request could carry, such as one with a line end inside.
    """
    key = environ.get("FAL_KEY", "").strip()
    if not key:
        parts = [environ.get(name, "").strip() for name in ("FAL_KEY_ID", "FAL_KEY_SECRET")]
        key = ":".join(parts) if all(parts) else ""
    if not key:
        return None
    if not all("!" <= character <= "~" for character in key):
        raise Unauthorised(
            "FAL_KEY holds blanks or characters that no key has; copy it again from the dashboard",
            next_command="export FAL_KEY=…",
        )
    return key


class KeyAuth(httpx.Auth):
    """Adds the key to requests that go to `hosts`, and to no others."""

    def __init__(self, key: str, hosts: Hosts) -> None:
        self._key = key
        self._hosts = hosts

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request, with the header where it belongs."""
        if self._hosts.trusts(str(request.url)):
            request.headers["Authorization"] = f"Key {self._key}"
        yield request
