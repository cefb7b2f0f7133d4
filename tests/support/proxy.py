"""A proxy as companies have them: it is asked for tunnels, and opens them with a certificate of its own.

It knows fal's hosts only, and behind each of them stands the stand-in. One tunnel carries one request, which is told
the scheme that the client used and that its connection is closed after it.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import trustme
from anyio.abc import ByteStream, SocketAttribute
from anyio.from_thread import start_blocking_portal
from anyio.streams.tls import TLSStream

HOSTS = ("queue.fal.run", "rest.fal.ai", "v3.fal.media", "api.fal.ai")
_REPLACED = (b"connection:", b"x-forwarded-proto:")
_ENDS = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError)
"""A client that goes away, or that does not trust the certificate."""


@dataclass
class Proxy:
    """A running proxy: its address, the certificate to trust, and what it was asked for."""

    url: str
    certificate: Path
    behind: str
    tls: ssl.SSLContext
    tunnels: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    async def serve(self, client: ByteStream) -> None:
        """One tunnel."""
        async with client:
            with suppress(*_ENDS):
                method, target, *_ = (await _head(client)).decode().split()
                assert method == "CONNECT", method
                self.tunnels.append(target)
                if target not in {f"{host}:443" for host in HOSTS}:
                    await client.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    return
                await client.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                async with await TLSStream.wrap(client, server_side=True, ssl_context=self.tls) as inside:
                    await self._forward(inside, target.partition(":")[0])

    async def _forward(self, client: ByteStream, host: str) -> None:
        first, *headers = (await _head(client)).rstrip().split(b"\r\n")
        self.requests.append(f"{host} {first.decode().rpartition(' ')[0]}")
        kept = [line for line in headers if not line.lower().startswith(_REPLACED)]
        behind = urlsplit(self.behind)
        async with await anyio.connect_tcp(str(behind.hostname), behind.port or 80) as server:
            await server.send(b"\r\n".join([first, *kept, b"Connection: close", b"X-Forwarded-Proto: https", b"", b""]))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_pipe, client, server)
                await _pipe(server, client)
                tasks.cancel_scope.cancel()


@contextmanager
def proxy_before(stand_in: str, folder: Path) -> Iterator[Proxy]:
    """A proxy with the stand-in behind it, for as long as the `with`."""
    authority = trustme.CA()
    certificate = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(tls)
    with start_blocking_portal() as portal:
        listener = portal.call(partial(anyio.create_tcp_listener, local_host="127.0.0.1"))
        port = listener.extra(SocketAttribute.local_port)
        proxy = Proxy(f"http://127.0.0.1:{port}", certificate, stand_in, tls)
        serving = portal.start_task_soon(listener.serve, proxy.serve)
        try:
            yield proxy
        finally:
            serving.cancel()
            portal.call(listener.aclose)


async def _head(stream: ByteStream) -> bytes:
    """The head of a request, and not a byte of its body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await stream.receive(1)
    return head


async def _pipe(source: ByteStream, sink: ByteStream) -> None:
    """Everything from one side to the other, until one of them is done."""
    with suppress(*_ENDS):
        async for piece in source:
            await sink.send(piece)
