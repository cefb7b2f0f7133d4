"""How bytes get into fal's storage: the ways of fal's own clients, repeated until one of them has worked.

    whole      POST <rest>/storage/upload/initiate, then PUT to the address that it gives;
               where there is no such route: POST <rest>/storage/auth/token, then POST <base>/files/upload
    in parts   POST <rest>/storage/upload/initiate-multipart, PUT <address>/1, /2, …, then POST <address>/complete;
               where there is no such route: a token, and the same under <base>/files/upload/multipart

The first of each pair is the JavaScript client's way (https://github.com/fal-ai/fal-js, `libs/client/src/storage.ts`),
the second the Python client's (`fal_client/client.py`, version 1.0.3). Files above 90 MB go in parts, and a part that
was lost is sent again, alone. An address may take no more, because it has run out while the network was away, or was
filled by a try whose answer was lost. It is given up for a new one: uploading is free, and nobody knows the old one.

A file is read as it is sent and is never in memory whole. The key goes to the storage host only. The addresses that it
hands out are permission enough, and a token is sent where it was made for.

fal keeps what is uploaded for ever unless it is told not to, and whoever has the address can see it. So every upload
asks to be deleted after `LIFETIME`.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import anyio
import httpx

from adc.compiler.plan import Json
from adc.runtime.errors import RemoteError, Unreachable
from adc.runtime.fal import weights
from adc.runtime.fal.answers import classify
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.patience import Note, Patience, Sleep, patiently
from adc.runtime.fal.wire import FAILURES, unreachable
from adc.runtime.media.check import SUFFIXES, media_type_of

WITHOUT_KEY: Final = httpx.Auth()
"""For requests to addresses of files, which are permission enough."""

LIFETIME: Final = timedelta(days=30)
"""How long fal is asked to keep an upload. Long enough that builds share it, short enough for a picture of a person."""

LARGEST_WHOLE: Final = 90 * 1024 * 1024
"""Bytes above which a file is sent in parts."""

PART: Final = 10 * 1024 * 1024
"""Bytes of a part; the last one may be smaller."""

_PIECE: Final = 1 << 18
_PLACES: Final = 3
"""Addresses that a file is sent to before it is given up."""

_NO_ROUTE: Final = (404, 405, 501)
_CLOSED: Final = (400, 401, 403, 404, 409, 410, 412)
"""What storage answers when an address has expired, or has been filled before."""

_PASSING: Final = (408, 429)
_TIMEOUT: Final = httpx.Timeout(300.0, connect=15.0)
_WHAT: Final = "an input file could not be uploaded to fal"
_BUT: Final = "nothing was bought"
_ZIP: Final = b"PK\x03\x04"
_CDN: Final = "storage_type=fal-cdn-v3"


class _NoRoute(Exception):
    """The storage host does not know this way of sending."""


@dataclass(frozen=True, slots=True)
class _File:
    """What is sent: `bytes` long, under a name that says nothing about its owner."""

    path: Path
    name: str
    media_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class _Ended:
    """How sending ended: the last answer, and the address of the file if that was a good one."""

    response: httpx.Response
    url: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Sends files to the storage that belongs to `hosts`, over a client from `wire.connect`."""

    http: httpx.AsyncClient
    hosts: Hosts
    sleep: Sleep
    patience: Patience | None = None
    note: Note | None = None

    async def send(self, path: Path, name: str) -> str:
        """The address at which the models can read the file; `name` is its name there, without a suffix.

        Raises Unreachable, or the class of a refusal.
        """
        file = _file(path, name)
        way = self._whole if file.bytes <= LARGEST_WHOLE else self._in_parts
        try:
            for left in reversed(range(_PLACES)):
                ended = await way(file)
                if ended.response.is_success:
                    return ended.url
                if not left or ended.response.status_code not in _CLOSED:
                    raise _refused(ended.response)
        except FAILURES as error:
            raise unreachable(error, _WHAT, _BUT) from None
        raise AssertionError("the last address is good or raises")

    # Whole

    async def _whole(self, file: _File) -> _Ended:
        place = await self._asked(f"/storage/upload/initiate?{_CDN}", _wish(file), _LIFE)
        if place is None:
            return await self._whole_by_token(file)
        url = _address(place, "file_url")
        headers = {"Content-Type": file.media_type}
        return _Ended(await self._filled("PUT", _address(place, "upload_url"), file, headers), url)

    async def _whole_by_token(self, file: _File) -> _Ended:
        base, token = await self._token()
        headers = {"Content-Type": file.media_type, "X-Fal-File-Name": file.name, **_LIFE, **token}
        response = await self._filled("POST", f"{base}/files/upload", file, headers)
        return _Ended(response, _address(response, "access_url") if response.is_success else "")

    # In parts

    async def _in_parts(self, file: _File) -> _Ended:
        place = await self._asked(f"/storage/upload/initiate-multipart?{_CDN}", _wish(file), _LIFE)
        if place is None:
            return await self._in_parts_by_token(file)
        base, mark, query = _address(place, "upload_url").partition("?")

        async def headers() -> Mapping[str, str]:
            return {}

        return await self._parts(file, base, mark + query, headers, _address(place, "file_url"))

    async def _in_parts_by_token(self, file: _File) -> _Ended:
        base, token = await self._token()
        headers = {"Content-Type": file.media_type, "X-Fal-File-Name": file.name, **_LIFE, **token}
        place = await self._repeated(lambda: self._post(f"{base}/files/upload/multipart", None, headers))
        if not place.is_success:
            return _Ended(place, "")
        url = _address(place, "access_url")

        async def fresh() -> Mapping[str, str]:
            _, token = await self._token()  # a large file may take longer to send than a token lives
            return {"Content-Type": file.media_type, **token}

        return await self._parts(file, f"{url}/multipart/{_text(place, 'uploadId')}", "", fresh, url)

    async def _parts(
        self, file: _File, base: str, query: str, headers: Callable[[], Awaitable[Mapping[str, str]]], url: str
    ) -> _Ended:
        """Send every part, in order, and say that they are all there."""
        parts: list[Json] = []
        for number, start in enumerate(range(0, file.bytes, PART), start=1):
            length = min(PART, file.bytes - start)
            response = await self._filled("PUT", f"{base}/{number}{query}", file, await headers(), start, length)
            if not response.is_success:
                return _Ended(response, "")
            parts.append({"partNumber": number, "etag": _etag(response)})
        mine = {**await headers(), "Content-Type": "application/json"}
        ended = await self._repeated(lambda: self._post(f"{base}/complete{query}", {"parts": parts}, mine))
        return _Ended(ended, url)

    # One request

    async def _asked(self, route: str, body: Json, headers: Mapping[str, str]) -> httpx.Response | None:
        """The answer of the storage host, None where it has no such route. Raises the class of a refusal."""

        async def once() -> httpx.Response:
            answer = await self.http.post(self.hosts.rest + route, json=body, headers=headers)
            if answer.status_code in _NO_ROUTE:
                raise _NoRoute  # at once: 501 would be taken for a failure that passes
            return answer

        try:
            response = await self._repeated(once)
        except _NoRoute:
            return None
        if not response.is_success:
            raise _refused(response)
        return response

    async def _token(self) -> tuple[str, Mapping[str, str]]:
        """Where files go, and the header that lets them in."""
        route = f"{self.hosts.rest}/storage/auth/token?{_CDN}"
        response = await self._repeated(lambda: self.http.post(route, json={}))
        if not response.is_success:
            raise _refused(response)
        token = f"{_text(response, 'token_type')} {_text(response, 'token')}"
        return _address(response, "base_url").rstrip("/"), {"Authorization": token}

    async def _post(self, url: str, body: Json, headers: Mapping[str, str]) -> httpx.Response:
        return await self.http.post(url, json=body, headers=headers, timeout=_TIMEOUT, auth=WITHOUT_KEY)

    async def _filled(
        self,
        method: str,
        url: str,
        file: _File,
        headers: Mapping[str, str],
        start: int = 0,
        length: int | None = None,
    ) -> httpx.Response:
        """The answer to sending a stretch of the file, or all of it."""
        size = file.bytes if length is None else length

        async def once() -> httpx.Response:
            opened = await anyio.open_file(file.path, "rb")
            with closing(opened.wrapped):  # at once, also where this is cancelled
                await opened.seek(start)
                return await self.http.request(
                    method,
                    url,
                    content=_pieces(opened, size),
                    headers={**headers, "Content-Length": str(size)},
                    timeout=_TIMEOUT,
                    auth=WITHOUT_KEY,
                )

        return await self._repeated(once)

    async def _repeated(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        return await patiently(send, self.sleep, patience=self.patience, note=self.note, passing=_PASSING)


def _lifecycle() -> Mapping[str, str]:
    """The header by which an upload asks to be deleted, in both of its names, as the Python client sends it."""
    wish = json.dumps({"expiration_duration_seconds": int(LIFETIME.total_seconds())})
    return {"X-Fal-Object-Lifecycle": wish, "X-Fal-Object-Lifecycle-Preference": wish}


_LIFE: Final = _lifecycle()


def _wish(file: _File) -> Json:
    return {"content_type": file.media_type, "file_name": file.name}


def _refused(response: httpx.Response) -> RemoteError:
    """The error for an answer that is no success; a file host that does not let us in says nothing of the key."""
    if response.status_code in (401, 403) and not response.request.headers.get("Authorization", "").startswith("Key "):
        return unreachable(response, _WHAT, _BUT)
    return classify(response, "upload", "an input file")


def _file(path: Path, name: str) -> _File:
    media_type, suffix = _kind_of(path)
    return _File(path, name + suffix, media_type, path.stat().st_size)


def _kind_of(path: Path) -> tuple[str, str]:
    """The media type and the suffix of a file by what is in it: trainers tell an archive by its name."""
    media_type = media_type_of(path)
    if media_type is not None:
        return media_type, SUFFIXES[media_type]
    with path.open("rb") as file:
        if file.read(4) == _ZIP:
            return "application/zip", ".zip"
    return "application/octet-stream", weights.SUFFIX if weights.begins(path) else ""


async def _pieces(opened: anyio.AsyncFile[bytes], size: int) -> AsyncIterator[bytes]:
    while size > 0 and (piece := await opened.read(min(size, _PIECE))):
        yield piece
        size -= len(piece)


def _etag(response: httpx.Response) -> str:
    """The mark of a part, in the body or else in the header. Raises Unreachable without one."""
    return _found(response, "etag") or response.headers.get("ETag") or _text(response, "etag")


def _address(response: httpx.Response, name: str) -> str:
    """An address in an answer. Raises Unreachable where there is none."""
    found = _text(response, name)
    if not found.startswith(("https://", "http://")):
        raise Unreachable(f"{_WHAT} (the answer's {name} is no address); {_BUT}")
    return found


def _text(response: httpx.Response, name: str) -> str:
    """A text in an answer. Raises Unreachable where there is none."""
    found = _found(response, name)
    if not found:
        raise Unreachable(f"{_WHAT} (the answer has no {name}); {_BUT}")
    return found


def _found(response: httpx.Response, name: str) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, str) else ""
