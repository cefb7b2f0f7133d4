"""Bought files on their way home: whatever a host, a proxy or a disk does, whole or said to be missing, never wrong."""

import errno
import gzip
import io
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from support.handles import opened_files
from support.sim import KEY, film, picture, sound

from adc.compiler.catalogue import Makes
from adc.runtime.draft.marker import marker
from adc.runtime.errors import Broken, Expired, Gone, StoreError, StoreFull
from adc.runtime.fal.download import Fetching, download
from adc.runtime.fal.hosts import FAL
from adc.runtime.fal.patience import AWAY, BACK, Patience
from adc.runtime.fal.wire import connect

pytestmark = pytest.mark.anyio

URL = "https://v3.fal.media/files/film.mp4?X-Signature=secret"
PAGE = b"<html><body>Your session has expired.</body></html>"

Answer = Callable[[httpx.Request, bytes], httpx.Response]


class Stream(httpx.AsyncByteStream):
    """A body in pieces, which may break off."""

    def __init__(self, body: bytes, failure: type[httpx.TransportError] | None = None) -> None:
        self._body = body
        self._failure = failure

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 1000):
            yield self._body[start : start + 1000]
        if self._failure:
            raise self._failure("a test")


@dataclass
class Host(httpx.AsyncBaseTransport):
    """A file host. `script` is what it does first, one answer a request; afterwards it answers as it should."""

    media: bytes
    script: list[Answer] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await anyio.lowlevel.checkpoint()
        return (self.script.pop(0) if self.script else good())(request, self.media)

    def ranges(self) -> list[str]:
        """The range that each request asked for."""
        return [request.headers.get("Range", "") for request in self.asked]


def good(
    upto: int | None = None,
    *,
    failure: type[httpx.TransportError] | None = None,
    mark: str = '"one"',
    heeds: bool = True,
    announces: bool = True,
    media: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """The file, or what is missing of it, up to its byte `upto`.

    `heeds` says whether the host knows ranges, `announces` whether it tells how long the file is.
    """

    def answer(request: httpx.Request, whole: bytes) -> httpx.Response:
        body = whole if media is None else media
        told = {"ETag": mark, **(headers or {})} if mark else dict(headers or {})
        asked = request.headers.get("Range", "")
        same = request.headers.get("If-Range", mark) == mark
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and heeds and same else 0
        if start:
            told["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if announces:
            told["Content-Length"] = str(len(body) - start)
        return httpx.Response(206 if start else 200, headers=told, stream=Stream(body[start:upto], failure))

    return answer


def cut(upto: int, **ways: Any) -> Answer:
    """The same, and the connection breaks off there."""
    return good(upto, failure=httpx.ReadError, **ways)


def plain(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request, _media: httpx.Response(status, headers=named, stream=Stream(body))


def fails(error: type[httpx.TransportError]) -> Answer:
    def answer(request: httpx.Request, _media: bytes) -> httpx.Response:
        raise error("a test", request=request)

    return answer


@dataclass
class Fetcher:
    host: Host
    http: httpx.AsyncClient
    folder: Path
    slept: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def fetch(self, kind: Makes = "video", *, url: str = URL, patience: Patience | None = None) -> Path:
        wanted = Fetching(url, kind, self.folder, "video", "hook.clip")
        return await download(self.http, wanted, sleep=self.sleep, patience=patience, note=self.notes.append)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    content = film(tmp_path_factory.mktemp("film") / "film.mp4").read_bytes()
    assert len(content) > 20_000
    return content


@asynccontextmanager
async def fetcher_at(folder: Path, media: bytes, script: Sequence[Answer] = ()) -> AsyncIterator[Fetcher]:
    host = Host(media, list(script))
    (folder / "work").mkdir()
    async with connect(FAL, KEY, transport=host) as http:
        yield Fetcher(host, http, folder / "work")


async def _arrives(folder: Path, media: bytes, script: Sequence[Answer]) -> Fetcher:
    """The fetcher after the whole file has come, and nothing else."""
    async with fetcher_at(folder, media, script) as fetcher:
        path = await fetcher.fetch(patience=Patience())
        assert path.read_bytes() == media
        assert os.listdir(fetcher.folder) == ["video.mp4"]
        assert fetcher.host.script == []
    return fetcher


# Cut off, and gone on with


async def test_what_is_missing_is_asked_for_if_the_file_is_the_same(tmp_path: Path, media: bytes) -> None:
    fetcher = await _arrives(tmp_path, media, [cut(5000), cut(9000)])
    assert fetcher.host.ranges() == ["", "bytes=5000-", "bytes=9000-"]
    assert [request.headers.get("If-Range") for request in fetcher.host.asked] == [None, '"one"', '"one"']
    assert {request.headers["Accept-Encoding"] for request in fetcher.host.asked} == {"identity"}
    assert all("Authorization" not in request.headers for request in fetcher.host.asked)


async def test_a_weak_mark_is_no_condition(tmp_path: Path, media: bytes) -> None:
    fetcher = await _arrives(tmp_path, media, [cut(5000, mark='W/"one"'), good(mark="")])
    assert fetcher.host.ranges() == ["", "bytes=5000-"]
    assert all("If-Range" not in request.headers for request in fetcher.host.asked)


async def test_a_proxy_that_ignores_ranges_loses_nothing_that_is_here(tmp_path: Path, media: bytes) -> None:
    script = [cut(9000, heeds=False), cut(4000, heeds=False), cut(12000, heeds=False)]
    fetcher = await _arrives(tmp_path, media, script)
    assert fetcher.host.ranges() == ["", "bytes=9000-", "bytes=9000-", "bytes=12000-"]


@pytest.mark.parametrize("mark", ['"one"', ""])
async def test_a_file_that_has_changed_is_fetched_anew(tmp_path: Path, media: bytes, mark: str) -> None:
    older = bytes(len(media) - 500)
    fetcher = await _arrives(tmp_path, media, [cut(5000, media=older, mark=mark), good(mark='"two"' if mark else "")])
    assert fetcher.host.ranges()[:2] == ["", "bytes=5000-"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Content_Range": "bytes 7000-9999/10000"},
        {"Content_Range": "bytes 5000-9999/10000", "ETag": '"two"'},
        {"Content_Range": "bytes 5000-9999/10000"},
        {"Content_Range": "pages 1-2/3"},
        {"Content_Type": "multipart/byteranges"},
    ],
)
async def test_a_stretch_that_does_not_fit_is_not_used(tmp_path: Path, media: bytes, wrong: dict[str, str]) -> None:
    fetcher = await _arrives(tmp_path, media, [cut(5000), plain(206, bytes(5000), **wrong)])
    assert fetcher.host.ranges() == ["", "bytes=5000-", ""]


async def test_a_host_that_knows_of_nothing_more_is_asked_for_all(tmp_path: Path, media: bytes) -> None:
    nothing_more = plain(416, Content_Range=f"bytes */{len(media)}")
    fetcher = await _arrives(tmp_path, media, [cut(len(media), announces=False), nothing_more])
    assert fetcher.host.ranges() == ["", f"bytes={len(media)}-", ""]


async def test_a_connection_that_breaks_behind_the_last_byte_is_no_loss(tmp_path: Path, media: bytes) -> None:
    fetcher = await _arrives(tmp_path, media, [cut(len(media))])
    assert len(fetcher.host.asked) == 1


async def test_an_end_before_the_announced_one_is_not_the_end(tmp_path: Path, media: bytes) -> None:
    fetcher = await _arrives(tmp_path, media, [good(5000), good(9000)])
    assert fetcher.host.ranges() == ["", "bytes=5000-", "bytes=9000-"]


async def test_a_file_of_untold_length_ends_with_its_connection(tmp_path: Path, media: bytes) -> None:
    await _arrives(tmp_path, media, [good(announces=False)])


async def test_a_stalled_connection_is_replaced(tmp_path: Path, media: bytes) -> None:
    fetcher = await _arrives(
        tmp_path, media, [good(upto, failure=httpx.ReadTimeout) for upto in range(1000, 20_000, 1000)]
    )
    assert {request.extensions["timeout"]["read"] for request in fetcher.host.asked} == {60.0}


async def test_a_proxy_that_compresses_is_understood(tmp_path: Path, media: bytes) -> None:
    packed = {"Content-Encoding": "gzip"}
    half = good(2000, failure=httpx.ReadError, media=gzip.compress(media), headers=packed, mark="")
    odd = plain(206, gzip.compress(media)[2000:], Content_Range="bytes 2000-9999/10000", **packed)
    await _arrives(tmp_path, media, [half, odd, good(media=gzip.compress(media), headers=packed, mark="")])


# Somewhere else, later, or not at all


async def test_a_redirect_is_followed_without_the_key(tmp_path: Path, media: bytes) -> None:
    elsewhere = "https://storage.example/film?token=secret"
    async with fetcher_at(tmp_path, media, [plain(307, Location=elsewhere)]) as fetcher:
        path = await fetcher.fetch(url=f"{FAL.rest}/files/film.mp4")
        assert path.read_bytes() == media
    assert [request.url.host for request in fetcher.host.asked] == ["rest.fal.ai", "storage.example"]
    assert all("Authorization" not in request.headers for request in fetcher.host.asked)


async def test_hiccups_are_waited_out_as_long_as_the_host_asks(tmp_path: Path, media: bytes) -> None:
    busy = [plain(503), plain(429, Retry_After="17"), fails(httpx.ConnectError), plain(302)]
    fetcher = await _arrives(tmp_path, media, busy)
    assert fetcher.slept[1] == 17.0
    assert sum(fetcher.slept) < 60


async def test_ten_minutes_without_a_network_cost_nothing_but_time(tmp_path: Path, media: bytes) -> None:
    async with fetcher_at(tmp_path, media) as fetcher:

        def away(request: httpx.Request, _media: bytes) -> httpx.Response:
            if sum(fetcher.slept) < 600:
                fetcher.host.script.append(away)
                raise httpx.ConnectError("a test", request=request)
            return good()(request, media)

        fetcher.host.script += [cut(5000), away]
        path = await fetcher.fetch(patience=Patience())
        assert path.read_bytes() == media
        assert sum(fetcher.slept) >= 600
    assert fetcher.notes == [AWAY, BACK]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (plain(503), "status 503"),
        (plain(405), "status 405"),
        (fails(httpx.ConnectTimeout), "ConnectTimeout"),
        (cut(5000), "ReadError"),
        (good(5000), "the connection keeps breaking off"),
    ],
)
async def test_what_does_not_arrive_stays_bought(tmp_path: Path, media: bytes, answer: Answer, why: str) -> None:
    stuck = [answer, *[good(5000, heeds=False) if why.startswith("the conn") else answer] * 99]
    async with fetcher_at(tmp_path, media, stuck) as fetcher:
        with pytest.raises(Broken) as caught:
            await fetcher.fetch()
        assert sum(fetcher.slept) <= 61
    assert type(caught.value) is Broken
    assert str(caught.value) == f"hook.clip is bought but did not arrive ({why}); the same command fetches it again"


async def test_a_host_that_never_gets_further_is_given_up(tmp_path: Path, media: bytes) -> None:
    """Shrinking and growing again is no progress."""
    script = [cut(9000), plain(206, b""), cut(8000), plain(206, b"")] * 20
    async with fetcher_at(tmp_path, media, script) as fetcher:
        with pytest.raises(Broken):
            await fetcher.fetch()
        assert len(fetcher.host.asked) < 12


@pytest.mark.parametrize("status", [404, 410])
async def test_a_file_is_gone_when_the_host_keeps_saying_so(tmp_path: Path, media: bytes, status: int) -> None:
    async with fetcher_at(tmp_path, media, [plain(status)] * 99) as fetcher:
        with pytest.raises(Gone) as caught:
            await fetcher.fetch(patience=Patience())
        assert 30 <= sum(fetcher.slept) <= 60
    assert type(caught.value) is Gone
    assert str(caught.value) == f"hook.clip was bought, and its file is no longer at fal (status {status})"


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_an_address_that_has_run_out_is_told_apart(tmp_path: Path, media: bytes, status: int) -> None:
    async with fetcher_at(tmp_path, media, [cut(5000), *[plain(status, b"X-Signature=secret")] * 99]) as fetcher:
        with pytest.raises(Expired) as caught:
            await fetcher.fetch()
    assert str(caught.value) == f"hook.clip was bought, and the address of its file has run out (status {status})"


async def test_a_new_file_may_take_a_moment_to_be_everywhere(tmp_path: Path, media: bytes) -> None:
    await _arrives(tmp_path, media, [plain(404), plain(403), plain(404)])


# What came is not the file


@pytest.mark.parametrize("wrong", [PAGE, b"", b"{}", b"cut", b"flipped"])
async def test_what_does_not_decode_is_fetched_again_past_the_caches(
    tmp_path: Path, media: bytes, wrong: bytes
) -> None:
    body = {b"cut": media[: len(media) // 2], b"flipped": media[:4] + bytes(4000) + media[4004:]}.get(wrong, wrong)
    fetcher = await _arrives(tmp_path, media, [good(media=body)] * 3)
    assert [request.headers.get("Cache-Control") for request in fetcher.host.asked] == [None, *["no-cache"] * 3]
    assert fetcher.host.ranges() == [""] * 4


async def test_what_never_decodes_is_no_file_to_wait_for(tmp_path: Path, media: bytes) -> None:
    async with fetcher_at(tmp_path, media, [good(media=b"{}")] * 4) as fetcher:
        with pytest.raises(Gone, match=r"bought for hook\.clip is not good: video\.part holds no media") as caught:
            await fetcher.fetch()
        assert not isinstance(caught.value, Expired)
        assert not list(fetcher.folder.glob("*.mp4"))


async def test_a_page_in_its_place_is_no_file_at_all(tmp_path: Path, media: bytes) -> None:
    async with fetcher_at(tmp_path, media, [good(media=PAGE)] * 80) as fetcher:
        with pytest.raises(
            Broken, match=r"hook\.clip is bought but did not arrive \(a page came in its place\)"
        ) as caught:
            await fetcher.fetch()
        assert not isinstance(caught.value, Gone)
        assert sum(fetcher.slept) > 10


@pytest.mark.parametrize(("kind", "suffix"), [("image", ".png"), ("audio", ".wav"), ("weights", ".safetensors")])
async def test_a_file_is_what_its_bytes_are(tmp_path: Path, kind: Makes, suffix: str) -> None:
    path = tmp_path / "made"
    match kind:
        case "image":
            picture(path)
        case "audio":
            sound(path)
        case _:
            path.write_bytes(marker())
    wrong = good(headers={"Content-Type": "text/html; charset=utf-8"})
    async with fetcher_at(tmp_path, path.read_bytes(), [wrong]) as fetcher:
        assert (await fetcher.fetch(kind)).name == "video" + suffix


# The disk


class _Filling(io.BytesIO):
    """A file on a disk that has little room left."""

    def write(self, data: Any, /) -> int:
        if self.tell() > 3000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


async def test_a_disk_that_fills_up_in_the_middle_is_said_and_loses_nothing(
    tmp_path: Path, media: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    filling = _Filling()

    async def open_file(*_arguments: object) -> anyio.AsyncFile[bytes]:
        return anyio.wrap_file(filling)

    async with fetcher_at(tmp_path, media) as fetcher:
        with monkeypatch.context() as patch:
            patch.setattr(anyio, "open_file", open_file)
            with pytest.raises(StoreFull) as caught:
                await fetcher.fetch()
        assert filling.closed
        assert (await fetcher.fetch()).read_bytes() == media
    assert str(caught.value) == (
        "hook.clip is bought but cannot be kept (No space left on device); the same command fetches it again"
    )


@pytest.mark.parametrize(("number", "kind"), [(errno.EDQUOT, StoreFull), (errno.EIO, StoreError)])
async def test_a_disk_that_refuses_at_the_last_moment_is_heard(
    tmp_path: Path, media: bytes, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[StoreError]
) -> None:
    def fsync(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    async with fetcher_at(tmp_path, media) as fetcher:
        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(StoreError) as caught:
            await fetcher.fetch()
        assert type(caught.value) is kind
        assert os.listdir(fetcher.folder) == ["video.part"]


async def test_ctrl_c_leaves_no_file_open(tmp_path: Path, media: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = opened_files(monkeypatch)
    with anyio.CancelScope() as scope:

        class Pressed(Stream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield media[:1000]
                scope.cancel()
                yield media[1000:]

        def pressed(_request: httpx.Request, _media: bytes) -> httpx.Response:
            return httpx.Response(200, stream=Pressed(b""))

        async with fetcher_at(tmp_path, media, [pressed]) as fetcher:
            await fetcher.fetch()
    assert scope.cancelled_caught
    assert [file.closed for file in opened] == [True]
