"""A planted key is in nothing that the product prints or keeps, whatever the other side does with it."""

import base64
import html
import io
import itertools
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.buying import buyer_at, still
from support.command import Ran, adc
from support.keyrings import keys_in
from support.keys import KEYS
from support.project import quick_draw
from support.sim import picture, sim_at

from adc.runtime.errors import AdcError
from adc.runtime.fal.credentials import Key
from adc.runtime.fal.mask import Mask

HARD = "an&id<with>\"quotes'%25:sec\\ret/with+ev=ery#thing?$HOME"
"""A key in which every character has another writing somewhere."""


SPEC = """\
ad tiny "Tiny" {
  size 270p 9:16
}

character maya "Maya Brooks" {
  reference "refs/maya.png"
  looks     "a woman of about thirty with dark curly hair"
  voice     "Rachel"
  pack      front
}

scene hook 4s {
  using     veo3_1_lite
  cast      maya
  start     keyframe "{{ maya }} at a mirror" using nano_banana
  action    "{{ maya }} leans in"
  voiceover maya "Two drops."
}
"""
"""One of everything that is bought: an upload, a still, a keyframe, a clip, a voice."""


def writings(key: str) -> set[bytes]:
    """What must be nowhere: the key and its halves, in all the ways in which something here would write them."""
    parts = [key, *(half for half in key.split(":") if len(half) >= 12)]
    return {
        written.encode()
        for part in parts
        for written in (
            part,
            json.dumps(part)[1:-1],
            repr(part)[1:-1],
            html.escape(part),
            quote(part),
            quote(part, safe=""),
            base64.b64encode(part.encode()).decode().rstrip("=")[:-1],
        )
    }


def clean(data: bytes | str, key: str) -> None:
    """Fails where the data hold the key; the failure tells where and does not print it."""
    data = data.encode() if isinstance(data, str) else data
    for written in writings(key):
        at = data.find(written)
        around = data[max(0, at - 60) : at].decode(errors="replace")
        assert at < 0, f"the key stands behind {around!r}"


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


class Saying:
    """Runs commands in a folder, and has every word that they say looked at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *words: str, answer: str | None = None, codes: tuple[int, ...] = (0,)) -> Ran:
        ran = adc(*words, folder=self._folder, answer=answer)
        assert ran.code in codes, ran.err
        for said in (ran.out, ran.err):
            # The id of a key is no secret, and `adc auth` tells keys apart by it.
            clean(said.replace(Key(HARD, "").shown, "") if words[0] == "auth" else said, HARD)
            assert "Traceback" not in said
        return ran


def test_a_whole_build_and_every_command_after_it(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "tiny.ad").write_text(SPEC)
    say = Saying(project)
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as sim:
        monkeypatch.setenv("ADC_FAL_URL", sim.url)  # it is on this machine and asks for a key: it is shown the real one
        monkeypatch.setenv("FAL_KEY", HARD)
        say("build", "tiny.ad", codes=(4,))
        say("build", "tiny.ad", "--yes")
        say("build", "tiny.ad")
        say("plan", "tiny.ad")
        say("plan", "tiny.ad", "--json")
        say("plan", "tiny.ad", "--status")
        say("build", "tiny.ad", "--draft", "--out", "draft.mp4")
        say("check", "tiny.ad")
        say("check", "tiny.ad", "--format", "json")
        say("models")
        say("models", "kling_o1", "--json")
        say("pack", "tiny.ad", "maya")
        say("ledger")
        say("ledger", "--json")
        say("ledger", "--csv")
        say("ledger", "show", "1")
        say("fmt", "--diff", "tiny.ad", codes=(0, 1))
        say("auth", "status")
        assert len(sim.billed()) == 4
    files = files_of(tmp_path)
    for path in files:
        clean(path.read_bytes(), HARD)
    kinds = {"".join(path.suffixes) for path in files}
    assert kinds >= {"", ".sqlite", ".mp4", ".json", ".jsonl", ".png"}, "blobs, ledger, film, notes, bill"


@pytest.mark.parametrize("place", ["two halves", ".env", "the keyring"])
def test_the_other_places(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (project / "tiny.ad").write_text(SPEC)
    say = Saying(project)
    kept = tmp_path / "kept" / "keys.json"
    kept.parent.mkdir()
    with keys_in(kept, monkeypatch):
        if place == "two halves":
            monkeypatch.setenv("FAL_KEY_ID", HARD.partition(":")[0])
            monkeypatch.setenv("FAL_KEY_SECRET", HARD.partition(":")[2])
        elif place == ".env":
            quoted = HARD.replace("\\", "\\\\").replace("'", "\\'")
            (project / ".env").write_text(f"FAL_KEY='{quoted}'\n")
        else:
            say("auth", "login", "--fal-url", "http://stand-in.example", answer=HARD)
        assert Key(HARD, "").shown in say("auth", "status").out
        assert "this build spends" in say("plan", "tiny.ad").out
        say("plan", "tiny.ad", "--status")
        say("build", "tiny.ad", codes=(4,))
    for path in files_of(tmp_path):
        if path not in (kept, project / ".env"):
            clean(path.read_bytes(), HARD)


ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "HTML": html.escape,
    "percent": lambda text: quote(text, safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}
PLACES = ("submit", "stream", "status", "result", "initiate", "upload", "download")
SHAPES = ("detail", "findings", "error", "nested", "html", "text", "head", "reason", "event", "crash")


@dataclass(frozen=True, slots=True)
class Echo:
    """What a server does wrong at one place: the status, the shape of its answer and how it writes the key in it."""

    place: str
    status: int
    shape: str
    writing: str


ECHO = st.builds(
    Echo,
    st.sampled_from(PLACES),
    st.sampled_from([200, 202, 302, 400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503, 504]),
    st.sampled_from(SHAPES),
    st.sampled_from(sorted(ECHOES)),
)


class _Body(httpx.AsyncByteStream):
    """A body that has not been read when it arrives, as those of the network."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data


@dataclass
class Echoing(httpx.AsyncBaseTransport):
    """A seller that sells a picture, and repeats what it was sent where `echo` says so. `shown` is what it saw."""

    echo: Echo
    photo: bytes
    shown: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = _place(request)
        key = request.headers.get("Authorization", "").removeprefix("Key ")
        self.shown.append(key)
        sent = (await request.aread()).decode(errors="replace")
        if place == self.echo.place:
            return self._echo(request, key, sent)
        status, body = _sold(place, self.photo)
        return httpx.Response(status, stream=_Body(body), headers={"x-fal-request-id": "r"}, request=request)

    def _echo(self, request: httpx.Request, key: str, sent: str) -> httpx.Response:
        told = ECHOES[self.echo.writing](f"Authorization: Key {key}")
        if self.echo.shape == "crash":
            raise RuntimeError(f"a bug, with {request!r} and {request.headers!r}")
        headers: dict[str, str] = {"content-type": "application/json", "x-fal-request-id": "r"}
        extensions: dict[str, bytes] = {}
        body: object = {"detail": "no", "request_id": "r"}
        match self.echo.shape:
            case "detail":
                body = {"detail": f"refused: {told} {sent}", "error_type": told, "request_id": told}
            case "findings":
                finding = {"loc": ["body", told], "msg": f"bad {told}", "type": told, "input": sent, "ctx": {"a": told}}
                body = {"detail": [finding], told: told}
            case "error":
                body = {"error": {"type": told, "message": told}, "status": told, "logs": [{"message": told}]}
            case "nested":
                body = {"images": [{"url": f"http://sim/files/{told}"}], "status_url": f"http://sim/{told}", "a": told}
            case "html":
                headers["content-type"] = "text/html"
                body = f"<html><pre>{told}\n{sent}</pre></html>"
            case "text":
                body = told
            case "head":
                headers |= {"x-fal-error-type": told, "retry-after": told, "x-fal-request-id": told, "location": told}
                headers["x-fal-billable-units"] = told
            case "reason":
                extensions["reason_phrase"] = told.encode()
            case "event":
                headers["content-type"] = "text/event-stream"
                body = f'data: {{"status": "IN_PROGRESS", "logs": [{{"message": {json.dumps(told)}}}]}}\n\n'
        data = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(
            self.echo.status, stream=_Body(data.encode()), headers=headers, request=request, extensions=extensions
        )


def _place(request: httpx.Request) -> str:
    path = request.url.path
    if path.startswith("/storage/"):
        return "initiate"
    if path.startswith("/files/"):
        return "upload" if request.method in ("PUT", "POST") else "download"
    if path.endswith("/status/stream"):
        return "stream"
    if path.endswith("/status"):
        return "status"
    return "submit" if request.method == "POST" else "result"


_NUMBERS = itertools.count(1)


def _sold(place: str, photo: bytes) -> tuple[int, bytes]:
    """The status and body of a good answer."""
    match place:
        case "initiate":
            return 200, b'{"upload_url": "http://sim/files/in.png", "file_url": "http://sim/files/in.png"}'
        case "submit":
            return 200, b'{"request_id": "r-%d"}' % next(_NUMBERS)
        case "stream":
            return 405, b"{}"
        case "status":
            return 200, b'{"status": "COMPLETED", "logs": null}'
        case "result":
            return 200, b'{"images": [{"url": "http://sim/files/out.png"}]}'
        case "upload":
            return 200, b""
        case _:
            return 200, photo


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """All that any library logs, at its most talkative."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield heard
    root.setLevel(level)
    root.removeHandler(handler)


async def _bought(key: str, transport: Echoing, folder: Path) -> list[str]:
    """Buy a picture. Gives all that could be told of it, with a traceback as a crash would print it."""
    told: list[str] = []
    async with buyer_at("http://sim", folder, key=key, transport=transport) as buyer:
        try:
            made = await buyer.buy(still())
            told.append(repr(made))
        except AdcError as error:
            told += [str(error), error.next_command, repr(vars(error)), *traceback.format_exception(error)]
        except RuntimeError as error:
            assert transport.echo.shape == "crash"
            told += traceback.format_exception(error)
        told += [*buyer.notes, repr(buyer.entries()), repr(buyer), repr(vars(buyer.handler))]
        for entry in buyer.entries():
            told += [json.dumps(entry.result), json.dumps(entry.arguments), entry.status_url, entry.reason]
        for path in files_of(folder):  # with the write-ahead log, while the store is open
            clean(path.read_bytes(), key)
    return told


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=KEYS, echo=ECHO)
def test_a_server_that_repeats_the_key_does_not_bring_it_back(
    tmp_path_factory: pytest.TempPathFactory, key: str, echo: Echo
) -> None:
    folder = tmp_path_factory.mktemp("bought")
    photo = picture(folder / "sold.png").read_bytes()
    transport = Echoing(echo, photo)
    with everything_logged() as heard:
        told = anyio.run(_bought, key, transport, folder)
    assert key in transport.shown
    clean("\n".join(told), key)
    clean(heard.getvalue(), key)
    for path in files_of(folder):
        clean(path.read_bytes(), key)


@pytest.mark.parametrize("echo", [Echo("result", 200, "nested", "as it is"), Echo("status", 202, "error", "percent")])
def test_without_the_mask_the_same_test_sees_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, echo: Echo
) -> None:
    monkeypatch.setattr(Mask, "bytes", lambda _mask, data: data)
    transport = Echoing(echo, picture(tmp_path / "sold.png").read_bytes())
    with pytest.raises(AssertionError, match="the key stands behind"):
        clean("\n".join(anyio.run(_bought, HARD, transport, tmp_path)), HARD)


def test_a_bug_that_escapes_prints_no_key(project: Path, tmp_path: Path) -> None:
    """The worst of bugs: one that prints the client, the request and the answer."""
    code = """
import sys
from adc.runtime.fal import submit
from adc.runtime.cli.main import main

async def buggy(http, hosts, endpoint, arguments, step, *rest, **more):
    response = await http.post(hosts.submit_url(endpoint), json=arguments)
    raise RuntimeError(repr([vars(http), response, vars(response), response.request.headers, response.headers]))

import adc.runtime.fal.handler
adc.runtime.fal.handler.submit = buggy
sys.exit(main(sys.argv[1:]))
"""
    with sim_at(tmp_path / "sim", draw=quick_draw) as sim:
        env = {**os.environ, "FAL_KEY": HARD, "ADC_FAL_URL": sim.url}
        words = [sys.executable, "-c", code, "build", "tiny.ad", "--yes"]
        ran = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 1
    assert "RuntimeError" in ran.stderr
    clean(ran.stdout + ran.stderr, HARD)
