"""Taking the key out of an answer: every way to write it, wherever it is cut, and nothing else."""

import base64
import gzip
import html
import json
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote, quote_plus

import anyio.lowlevel
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.keys import KEYS

from adc.runtime.fal.hosts import hosts_at
from adc.runtime.fal.mask import Mask
from adc.runtime.fal.wire import connect

pytestmark = pytest.mark.anyio

ID, SECRET = "0b3f2c1e-8a5d-4f60-9c1b-2d3e4f5a6b7c", "0123456789abcdef0123456789abcdef"
KEY = f"{ID}:{SECRET}"


def _lower(text: str) -> str:
    return "".join(f"%{part[:2].lower()}{part[2:]}" if number else part for number, part in enumerate(text.split("%")))


WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "JSON with every slash escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, all of it escaped": lambda text: "".join(f"\\u{ord(one):04X}" for one in text),
    "a Python string": lambda text: repr(text)[1:-1],
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "HTML by hexadecimal numbers": lambda text: "".join(f"&#x{ord(one):X};" for one in text),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)[1:-1]),
    "JSON in percent": lambda text: quote(json.dumps(text)[1:-1], safe=""),
    "percent": lambda text: quote(text, safe=""),
    "percent, as in a path": quote,
    "percent, as in a form": quote_plus,
    "percent, lower case": lambda text: _lower(quote(text, safe="")),
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent, all of it": lambda text: "".join(f"%{ord(one):02x}" for one in text),
}


@settings(deadline=None)
@given(key=KEYS, writing=st.sampled_from(sorted(WRITINGS)), before=st.text(max_size=5), after=st.text(max_size=5))
def test_a_key_is_found_however_it_is_written(key: str, writing: str, before: str, after: str) -> None:
    mask = Mask(key)
    for part in (key, *(half for half in key.split(":") if len(half) >= 12)):
        written = WRITINGS[writing](part)
        data = f"{before}{written}{after}".encode()
        masked = mask.bytes(data)
        assert written.encode() not in masked
        assert len(masked) == len(data)


@settings(deadline=None)
@given(key=KEYS, before=st.binary(max_size=5), after=st.binary(max_size=5), urlsafe=st.booleans())
def test_a_key_is_found_in_base64_wherever_it_stands(key: str, before: bytes, after: bytes, urlsafe: bool) -> None:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    code = encode(before + key.encode() + after)
    masked = Mask(key).bytes(b'{"a": "' + code + b'"}')
    assert masked.startswith(b'{"a": "')
    assert masked.endswith(b'"}')
    left = base64.b64decode(masked[7:-2].replace(b"*", b"A"), altchars=b"-_" if urlsafe else None)
    for part in (key, *(half for half in key.split(":") if len(half) >= 12)):
        assert part.encode()[1:-1] not in left


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=200))
def test_nothing_else_is_touched(data: bytes, text: str) -> None:
    mask = Mask(KEY)
    for whole in (data, text.encode(), json.dumps({"status": text}).encode()):
        assert mask.bytes(whole) == whole


@pytest.mark.parametrize("key", ["bad", "id:secret", "fal:test", "prompt", "stand-in"])
def test_what_may_be_a_word_is_none(key: str) -> None:
    text = f"the prompt of a stand-in is in fal:test and {key}".encode()
    assert Mask(key).bytes(text) == text


class Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces; `given` counts those that were asked for."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.given = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            await anyio.lowlevel.checkpoint()
            self.given += 1
            yield piece

    async def aclose(self) -> None:
        self.closed = True


class Answering(httpx.AsyncBaseTransport):
    """Answers everything in one way."""

    def __init__(self, stream: Pieces, headers: dict[str, str] | None = None, reason: bytes = b"OK") -> None:
        self._stream, self._headers, self._reason = stream, headers or {}, reason
        self.heard: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        return httpx.Response(
            500, stream=self._stream, headers=self._headers, extensions={"reason_phrase": self._reason}
        )


HOSTS = hosts_at("http://sim")
STARS = "*" * len(ID) + ":" + "*" * len(SECRET)


@pytest.mark.parametrize("size", [1, 7, 50, 4096])
async def test_a_key_that_comes_in_pieces(size: int) -> None:
    body = f"line\nKey {KEY}, again {KEY}\nlast {quote(KEY)}".encode()
    stream = Pieces(*(body[at : at + size] for at in range(0, len(body), size)))
    transport = Answering(stream, {"x-echo": f"Key {KEY}", "content-length": str(len(body))}, f"No {KEY}".encode())
    async with connect(HOSTS, KEY, transport=transport) as http:
        response = await http.get("http://sim/a")
    assert transport.heard[0].headers["Authorization"] == f"Key {KEY}"
    percent = STARS.replace(":", "%3A")
    assert response.text == f"line\nKey {STARS}, again {STARS}\nlast {percent}"
    assert response.headers["x-echo"] == f"Key {STARS}"
    assert response.headers["content-length"] == str(len(response.content))
    assert response.reason_phrase == f"No {STARS}"
    assert stream.closed


async def test_a_compressed_answer() -> None:
    stream = Pieces(gzip.compress(json.dumps({"detail": KEY}).encode()))
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    async with connect(HOSTS, KEY, transport=Answering(stream, headers)) as http:
        response = await http.get("http://sim/a")
    assert response.json() == {"detail": STARS}


async def test_a_broken_compression_is_an_error_of_httpx_as_ever() -> None:
    async with connect(HOSTS, KEY, transport=Answering(Pieces(b"no gzip"), {"content-encoding": "gzip"})) as http:
        with pytest.raises(httpx.DecodingError):
            await http.get("http://sim/a")


async def test_an_event_is_not_held_up_by_the_next() -> None:
    stream = Pieces(b'data: {"a": 1}\n', b"\n", b"data: never\n\n")
    transport = Answering(stream)
    async with connect(HOSTS, KEY, transport=transport) as http, http.stream("GET", "http://sim/a") as response:
        async for line in response.aiter_lines():
            assert line == 'data: {"a": 1}'
            break
        assert stream.given < 3


@pytest.mark.parametrize("before", [0, 1 << 20, (1 << 20) - 20])
async def test_a_long_line_is_passed_on_in_parts_without_the_key(before: int) -> None:
    body = b"x" * before + KEY.encode() + b"y" * (3 << 20) + KEY.encode()
    stream = Pieces(*(body[at : at + 65536] for at in range(0, len(body), 65536)))
    async with connect(HOSTS, KEY, transport=Answering(stream)) as http, http.stream("GET", "http://sim/a") as response:
        parts = [part async for part in response.aiter_bytes()]
    assert max(map(len, parts)) < 2 << 20
    assert b"".join(parts) == body.replace(KEY.encode(), STARS.encode())


async def test_what_is_asked_of_others_goes_without_the_key_and_comes_as_it_is() -> None:
    transport = Answering(Pieces(KEY.encode()))
    async with connect(HOSTS, KEY, transport=transport) as http:
        response = await http.get("http://files.example/a")
    assert "Authorization" not in transport.heard[0].headers
    assert response.text == KEY
