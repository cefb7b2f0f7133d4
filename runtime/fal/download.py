"""Bought files, brought home at once: fal promises no more than days, and nothing else is as expensive to lose.

The bytes go to a file aside. Where a connection broke, the next one asks for what is missing, on the condition that
the file is still the same (its ETag). A host that sends all of it again is let: what comes again is written over what
is here. The end is where the host announced it. Then the bytes are flushed to the disk, and only a file that has been
decoded (see `media.check`, and `weights` for a trained LoRA) gets its name; its declared type counts for nothing. A
page of words in its place and the cut-off copy of some cache do not decode: the file is fetched again, past the caches.

What does not arrive whole stays bought: the same command fetches it again. An address that has run out (`Expired`) may
have a successor in the model's answer; a file that is no longer there (`Gone`) has none. No message holds an address.
"""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import httpx

from adc.compiler.catalogue import Makes
from adc.runtime.errors import Broken, Expired, Gone, MediaError, StoreError, StoreFull
from adc.runtime.fal import weights
from adc.runtime.fal.patience import PASSING, Note, Patience, Sleep, Tries
from adc.runtime.fal.storage import WITHOUT_KEY
from adc.runtime.fal.wire import FAILURES, named
from adc.runtime.media.check import SUFFIXES, check_media
from adc.runtime.store import FULL

_COPIES: Final = 4
"""Whole copies that are fetched of a file that does not decode."""

_FIRST_PAUSE: Final = 0.5
_EXPIRED: Final = (400, 401, 403)
"""What hosts answer to a signed address that has run out."""

_GONE: Final = (404, 410)
_STALL_SECONDS: Final = 60.0
"""How long a connection may bring no byte before another takes its place."""

_TIMEOUT: Final = httpx.Timeout(_STALL_SECONDS, connect=15.0)
_IDENTITY: Final = {"Accept-Encoding": "identity"}  # else the announced length is that of compressed bytes
_PAST_CACHES: Final = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class Fetching:
    """A file to fetch: `what` names it to people, `stem` is its name in `folder` without a suffix."""

    url: str
    kind: Makes
    folder: Path
    stem: str
    what: str


async def download(
    http: httpx.AsyncClient,
    wanted: Fetching,
    *,
    sleep: Sleep,
    patience: Patience | None = None,
    note: Note | None = None,
) -> Path:
    """The file, whole and decoded. `patience` says how long an outage is waited for; without one that is not long.

    Raises Broken where it could not be fetched, Gone where it never can be, Expired where its address has run out, and
    StoreFull or StoreError where the disk does not take it.
    """
    patience = patience or Patience.short()
    pages, pause, left, again = Tries(patience, sleep, note), _FIRST_PAUSE, _COPIES, False
    while True:
        copy = _Copy(wanted, past_caches=again)
        again = True
        try:
            await _fill(http, copy, lambda: Tries(patience, sleep, note), patience)
            return await anyio.to_thread.run_sync(_named, copy.part, wanted.kind)
        except MediaError as error:
            if _is_page(copy.part):
                # A network that wants a login answers like this, and the file is where it was.
                if not await pages.again(error):
                    told = f"{wanted.what} is bought but did not arrive (a page came in its place)"
                    raise Broken(f"{told}; the same command fetches it again") from None
                continue
            left -= 1
            if not left:
                raise Gone(f"what was bought for {wanted.what} is not good: {error}") from None
        except OSError as error:
            why = error.strerror or "the disk refused it"
            told = f"{wanted.what} is bought but cannot be kept ({why}); the same command fetches it again"
            raise (StoreFull if error.errno in FULL else StoreError)(told) from None
        await sleep(pause)
        pause *= 2


def _is_page(part: Path) -> bool:
    """Whether a file is a page of the web."""
    with part.open("rb") as file:
        return file.read(512).lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _named(part: Path, kind: Makes) -> Path:
    """Make a whole file durable, see that it is of its kind, and give it its name. Raises MediaError and OSError."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    path = part.with_suffix(_suffix(part, kind))
    os.replace(part, path)
    return path


def _suffix(part: Path, kind: Makes) -> str:
    if kind == "weights":
        weights.check(part)
        return weights.SUFFIX
    return SUFFIXES[check_media(part, kind)]


class _Copy:
    """One copy of the file on its way: what is here, and what the host has said of the whole."""

    def __init__(self, wanted: Fetching, *, past_caches: bool) -> None:
        self.wanted = wanted
        self.part = wanted.folder / f"{wanted.stem}.part"
        self._headers = _IDENTITY | (_PAST_CACHES if past_caches else {})
        self._by_range = True
        self.drop()

    def drop(self) -> None:
        """Begin anew."""
        self.part.unlink(missing_ok=True)
        self._total: int | None = None
        self._mark = ""
        self._ended = False

    @property
    def have(self) -> int:
        """Bytes that are here, from the first on."""
        return self.part.stat().st_size if self.part.exists() else 0

    @property
    def is_whole(self) -> bool:
        """Whether all is here: by the announced length, else because the host has come to its end."""
        return self._ended if self._total is None else self._total == self.have

    def headers(self) -> dict[str, str]:
        """Those of a request for what is missing."""
        if not self.have or not self._by_range:
            return self._headers
        same = {"If-Range": self._mark} if self._mark else {}
        return self._headers | {"Range": f"bytes={self.have}-"} | same

    def place(self, response: httpx.Response) -> int | None:
        """Where the bytes of an answer belong; None for those that fit nowhere, and then all begins anew."""
        mark = response.headers.get("ETag", "")
        mark = "" if mark.startswith("W/") else mark  # a weak one does not promise the same bytes
        start, total = _stretch(response)
        is_other = (mark and self._mark and mark != self._mark) or (
            total is not None and (total < self.have or self._total not in (None, total))
        )
        if is_other or start is None or start > self.have:
            self._by_range = self._by_range and start is not None
            self.drop()
            if start != 0:
                return None
        self._mark = mark or self._mark
        self._total = self._total if total is None else total
        return start

    async def keep(self, start: int, pieces: AsyncIterator[bytes]) -> None:
        """Write what comes from a connection. Raises OSError, and what httpx raises."""
        file = await anyio.open_file(self.part, "r+b" if self.have else "wb")
        with closing(file.wrapped):  # at once, also where this is cancelled
            await file.seek(start)
            async for piece in pieces:
                await file.write(piece)
        self._ended = True


def _stretch(response: httpx.Response) -> tuple[int | None, int | None]:
    """Where the answer's bytes begin in the file, and how long the whole file is; None for what it does not tell."""
    if response.status_code == 206:
        told = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if told is None or _is_encoded(response):
            return None, None
        return int(told[1]), None if told[2] == "*" else int(told[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() and not _is_encoded(response) else None


def _is_encoded(response: httpx.Response) -> bool:
    """Whether a proxy has compressed the file though nobody asked for it: its lengths are not those of the file."""
    return response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")


async def _fill(http: httpx.AsyncClient, copy: _Copy, begin: Callable[[], Tries], patience: Patience) -> None:
    """Fetch a whole copy, however many connections that takes. Raises Broken, Gone and OSError.

    Tries `begin` anew whenever there is more of the file than ever before.
    """
    what, tries, most = copy.wanted.what, begin(), 0
    while True:
        came: httpx.Response | Exception
        try:
            came = await _connection(http, copy, patience)
        except FAILURES as error:
            came = error
        if copy.is_whole:
            return
        if copy.have > most:
            most, tries = copy.have, begin()
        if not await tries.again(came, doubtful=_refuses(came)):
            why = "the connection keeps breaking off" if _is_file(came) else named(came)
            raise _gone(came, what) or Broken(
                f"{what} is bought but did not arrive ({why}); the same command fetches it again"
            )


async def _connection(http: httpx.AsyncClient, copy: _Copy, patience: Patience) -> httpx.Response:
    """Fetch what is missing, as far as one connection goes. Raises what httpx raises, and OSError."""
    async with http.stream(
        "GET", copy.wanted.url, headers=copy.headers(), timeout=_TIMEOUT, follow_redirects=True, auth=WITHOUT_KEY
    ) as response:
        start = copy.place(response) if _is_file(response) else None
        if start is not None:
            patience.answered(response)
            await copy.keep(start, response.aiter_bytes() if _is_encoded(response) else response.aiter_raw())
        elif response.status_code == 416:
            copy.drop()  # the host knows no bytes behind those that are here, and they are not all
    return response


def _is_file(came: httpx.Response | Exception) -> bool:
    return isinstance(came, httpx.Response) and came.status_code in (200, 206)


def _refuses(came: httpx.Response | Exception) -> bool:
    """Whether the host does not want to send the file, now or ever: no outage, and so not waited out."""
    return isinstance(came, httpx.Response) and 400 <= came.status_code < 500 and came.status_code not in PASSING


def _gone(came: httpx.Response | Exception, what: str) -> Gone | None:
    """The error for an answer that says that the file is not to be had."""
    status = came.status_code if isinstance(came, httpx.Response) else 0
    if status in _EXPIRED:
        return Expired(f"{what} was bought, and the address of its file has run out (status {status})")
    if status in _GONE:
        return Gone(f"{what} was bought, and its file is no longer at fal (status {status})")
    return None
