"""Behind a proxy of a company: `HTTPS_PROXY` and `SSL_CERT_FILE` count everywhere, and its failures cost nothing."""

from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream
from support.command import Ran, adc, steps_that
from support.project import draw_picture, quick_draw
from support.proxy import Proxy, proxy_before
from support.sim import KEY, Sim, sim_at

from adc.runtime.errors import AdcError, Unreachable
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.submit import submit
from adc.runtime.fal.wire import connect

HOSTS = Hosts("https://queue.example", "https://rest.example", "https://api.example")


SPEC = """\
ad small "Small" {
  duration 4s
  size     270p 9:16
  rate     30fps
}

character maya "Maya Brooks" {
  reference "maya.png"
  looks     "a woman of about thirty with dark curly hair"
  voice     "Rachel"
}

scene hook 4s {
  using     kling_o1_standard
  cast      maya
  action    "{{ maya }} smiles at the camera"
  voiceover maya "Two drops."
}
"""
"""A photo to upload, a clip and a voice to fetch."""


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


@pytest.fixture
def proxy(sim: Sim, tmp_path: Path) -> Iterator[Proxy]:
    with proxy_before(sim.url, tmp_path) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    draw_picture(folder / "maya.png", (150, 95, 70))
    (folder / "small.ad").write_text(SPEC, encoding="utf-8")
    return folder


def build(project: Path, **env: str) -> Ran:
    """A live build: with a key, and without the address of a stand-in."""
    ran = adc("build", "small.ad", "--yes", folder=project, env={"FAL_KEY": KEY, **env})
    for text in (ran.out, ran.err):
        assert KEY not in text
        assert "Traceback" not in text
    return ran


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_film_is_bought_through_a_proxy_with_a_certificate_of_its_own(
    project: Path, sim: Sim, proxy: Proxy, name: str
) -> None:
    ran = build(project, **{name: proxy.url, "SSL_CERT_FILE": str(proxy.certificate)})
    assert ran.code == 0, ran.err
    bought = steps_that("bought", ran)
    assert len(sim.billed()) == len(bought) > 0
    # Requests, uploads and downloads went through it, by fal's own names.
    heard = {" ".join(request.split()[:2]) for request in proxy.requests}
    assert {"queue.fal.run POST", "queue.fal.run GET", "rest.fal.ai POST"} <= heard
    assert {"v3.fal.media PUT", "v3.fal.media GET"} <= heard
    assert (project / "out" / "small.mp4").exists()


def test_without_its_certificate_the_build_says_so_and_buys_nothing(project: Path, sim: Sim, proxy: Proxy) -> None:
    ran = build(project, HTTPS_PROXY=proxy.url)
    assert ran.code == 3
    assert proxy.tunnels
    assert proxy.requests == []
    assert sim.billed() == []
    assert "certificate is not trusted" in ran.err
    assert "nothing was bought" in ran.err


def test_hosts_that_no_proxy_names_are_reached_past_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "queue.example, .example.org")
    client = connect(HOSTS, KEY)
    ways = {
        url: client._transport_for_url(httpx.URL(url)) for url in ("https://queue.example/a", "https://rest.example")
    }
    assert ways["https://queue.example/a"] is client._transport
    assert ways["https://rest.example"] is not client._transport


@pytest.mark.parametrize(
    ("env", "sentence", "command"),
    [
        (
            {"SSL_CERT_FILE": "/nowhere/at/all.pem"},
            "SSL_CERT_FILE .* cannot be used",
            "unset SSL_CERT_FILE SSL_CERT_DIR",
        ),
        ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE .* cannot be used", "unset SSL_CERT_FILE SSL_CERT_DIR"),
        ({"ALL_PROXY": "socks5://planted-key-id@127.0.0.1:9"}, "is a SOCKS proxy", "pip install 'httpx[socks]'"),
        ({"HTTPS_PROXY": "ftp://planted-key-id@127.0.0.1"}, "no usable address", "export HTTPS_PROXY=http://host:port"),
        ({"HTTPS_PROXY": "http://planted-key-id@[::"}, "no usable address", "export HTTPS_PROXY=http://host:port"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], sentence: str, command: str
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AdcError, match=sentence) as caught:
        connect(HOSTS, KEY)
    assert caught.value.next_command == command
    assert "planted" not in str(caught.value)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 Connection established\r\n\r\n",
        b"HTTP/1.1 200 Connection established\r\n\r\nno TLS at all",
    ],
    ids=["hangs-up", "502", "407", "no-http", "hangs-up-after", "no-tls"],
)
async def test_a_proxy_that_fails_before_the_request_left_leaves_no_doubt(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    heard: list[bytes] = []

    async def fail(stream: SocketStream) -> None:
        async with stream:
            heard.append(await stream.receive())
            await stream.send(answer)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as proxy, anyio.create_task_group() as tasks:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.extra(SocketAttribute.local_port)}")
        tasks.start_soon(proxy.serve, fail)
        async with connect(HOSTS, KEY) as http:
            with pytest.raises(Unreachable, match="nothing was bought"):
                await submit(http, HOSTS, "fal-ai/model", {"prompt": "a"}, "hook.clip")
        tasks.cancel_scope.cancel()
    assert heard
    assert all(head.startswith(b"CONNECT queue.example:443") and KEY.encode() not in head for head in heard)
