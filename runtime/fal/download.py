"""Bought files, brought home at once: fal promises no more than days, and nothing else is as expensive to lose.

The bytes go to a file aside, resume where a connection broke, and are counted against the announced length. The file
gets its name only after it has been decoded (see `media.check`, and `weights` for a trained LoRA). What does not arrive
whole stays bought: the same command fetches it again.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
import httpx

from adc.compiler.catalogue import Makes
from adc.runtime.errors import Broken, MediaError, StoreError, StoreFull
from adc.runtime.fal import weights
from adc.runtime.fal.wire import FAILURES, LONGEST_WAIT, Sleep, retry_after
from adc.runtime.media.check import SUFFIXES, check_media
from adc.runtime.store import FULL

_TRIES = 6
"""Connections in a row that may bring nothing new."""

_FIRST_PAUSE = 0.5
_GONE = (401, 403, 404, 410)
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_IDENTITY = {"Accept-Encoding": "identity"}  # else the announced length is that of compressed bytes


class Gone(Broken):
    """Fetching again is useless: the file is not there any more, or its bytes are not the media that was bought."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """A file to fetch: `what` names it to people, `stem` is its name in `folder` without a suffix."""

    url: str
    kind: Makes
    folder: Path
    stem: str
    what: str


async def download(http: httpx.AsyncClient, wanted: Fetching, *, sleep: Sleep) -> Path:
    """The file, whole and decoded. Raises Broken where it could not be fetched, Gone where it never can be."""
    for again in (True, False):
        part = wanted.folder / f"{wanted.stem}.part"
        _drop(part)
        await _fetch(http, wanted, part, sleep)
        try:
            suffix = await anyio.to_thread.run_sync(_checked, part, wanted.kind)
        except MediaError as error:
            if again:  # a cache on the way may have kept a bad copy; the second time is the last
                continue
            raise Gone(f"what was bought for {wanted.what} is not good: {error}") from None
        path = part.with_suffix(suffix)
        os.replace(part, path)
        return path
    raise AssertionError("the second time returns or raises")


def _checked(part: Path, kind: Makes) -> str:
    """The suffix of a file that is whole and of its kind. Raises MediaError."""
    if kind == "weights":
        weights.check(part)
        return weights.SUFFIX
    return SUFFIXES[check_media(part, kind)]


async def _fetch(http: httpx.AsyncClient, wanted: Fetching, part: Path, sleep: Sleep) -> None:
    """Fill `part` to its announced length, however many connections that takes."""
    fruitless, pause = 0, _FIRST_PAUSE
    while True:
        have = _size(part)
        try:
            asked = await _connection(http, wanted, part)
            if asked is None:
                return
            why = "the connection keeps breaking off"
        except FAILURES as error:
            asked, why = 0.0, type(error).__name__
        except OSError as error:
            why = error.strerror or "the disk refused it"
            what = f"{wanted.what} is bought but cannot be kept ({why}); the same command fetches it again"
            raise (StoreFull if error.errno in FULL else StoreError)(what) from None
        fruitless = 0 if _size(part) > have else fruitless + 1
        if fruitless >= _TRIES:
            raise Broken(f"{wanted.what} is bought but did not arrive ({why}); the same command fetches it again")
        await sleep(min(max(pause * 2**fruitless, asked), LONGEST_WAIT))


async def _connection(http: httpx.AsyncClient, wanted: Fetching, part: Path) -> float | None:
    """Fetch what is missing. Returns None when `part` is whole, else the seconds that the host asks to wait."""
    have = _size(part)
    # fal's files never change under their address, so a range needs no condition to fit what is there
    headers = _IDENTITY | ({"Range": f"bytes={have}-"} if have else {})
    async with http.stream("GET", wanted.url, headers=headers, timeout=_TIMEOUT, follow_redirects=True) as response:
        if response.status_code in _GONE:
            raise Gone(f"{wanted.what} was bought, and its file is no longer at fal (status {response.status_code})")
        start, total = _span(response)
        if response.status_code not in (200, 206) or start not in (0, have):
            _drop(part)
            return retry_after(response, 0.0)
        async with await anyio.open_file(part, "ab" if start else "wb") as file:
            async for piece in response.aiter_raw():
                await file.write(piece)
    return None if total in (None, _size(part)) else 0.0


def _span(response: httpx.Response) -> tuple[int, int | None]:
    """Where the answer's bytes begin, and how long the whole file is where that is told."""
    if response.status_code == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
        return (int(found[1]), int(found[2])) if found else (-1, None)
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
