"""Input files, brought to where the models can read them: once per content and host.

fal gives every upload a new address, whatever its bytes, so the ledger remembers which bytes are where. An address
that is remembered is asked for before it is used: a request whose picture is gone fails, and may be charged.
Uploading is free and harmless to repeat, so it is repeated until it works.
"""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx

from adc.compiler.plan import Json
from adc.runtime.errors import Unreachable
from adc.runtime.fal import weights
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.wire import FAILURES, Sleep, patiently, refusal
from adc.runtime.media.check import SUFFIXES, media_type_of
from adc.runtime.ports import Ledger

_PIECE = 1 << 18
_ZIP = b"PK\x03\x04"
_BYTES = "application/octet-stream"
_GONE = (403, 404, 410)
_PUT_TIMEOUT = httpx.Timeout(300.0, connect=15.0)
_WHAT = "an input file could not be uploaded to fal, nothing was bought"


@dataclass(frozen=True, slots=True)
class Uploads:
    """Knows where bytes are, uploads those that are nowhere, and lets two steps that share a picture wait for one."""

    http: httpx.AsyncClient
    hosts: Hosts
    ledger: Ledger
    sleep: Sleep
    _seen: dict[str, str] = field(default_factory=dict)
    _locks: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    async def url_of(self, digest: str, path: Path) -> str:
        """The address under which the models can read the file. Raises Unreachable, or the class of a refusal."""
        async with self._locks[digest]:
            if digest not in self._seen:
                host = urlsplit(self.hosts.rest).netloc
                url = await self.ledger.upload_of(digest, host)
                if url is None or await self._gone(url):
                    url = await self._upload(digest, path)
                    await self.ledger.uploaded(digest, host, url)
                self._seen[digest] = url
            return self._seen[digest]

    async def _gone(self, url: str) -> bool:
        try:
            return (await self.http.head(url, follow_redirects=True)).status_code in _GONE
        except FAILURES:
            return False  # the models may reach it though we do not

    async def _upload(self, digest: str, path: Path) -> str:
        media_type, suffix = _kind_of(path)
        wish: Json = {"content_type": media_type, "file_name": digest.removeprefix("sha256:")[:16] + suffix}
        initiate = f"{self.hosts.rest}/storage/upload/initiate?storage_type=fal-cdn-v3"
        headers = {"Content-Type": media_type, "Content-Length": _length(path)}
        try:
            place = _taken(await patiently(lambda: self.http.post(initiate, json=wish), self.sleep)).json()
            put_url, file_url = str(place["upload_url"]), str(place["file_url"])
            _taken(
                await patiently(
                    lambda: self.http.put(put_url, content=_pieces(path), headers=headers, timeout=_PUT_TIMEOUT),
                    self.sleep,
                )
            )
        except (*FAILURES, KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"{_WHAT} ({type(error).__name__})") from None
        return file_url


def _kind_of(path: Path) -> tuple[str, str]:
    """The media type and the suffix of a file by what is in it: trainers tell an archive by its name."""
    media_type = media_type_of(path)
    if media_type is not None:
        return media_type, SUFFIXES[media_type]
    with path.open("rb") as file:
        if file.read(4) == _ZIP:
            return "application/zip", ".zip"
    return _BYTES, weights.SUFFIX if weights.begins(path) else ""


def _taken(response: httpx.Response) -> httpx.Response:
    if response.status_code >= 300:
        raise refusal(response, _WHAT)
    return response


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        while piece := await file.read(_PIECE):
            yield piece


def _length(path: Path) -> str:
    return str(path.stat().st_size)
