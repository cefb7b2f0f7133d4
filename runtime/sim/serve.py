"""Starting the stand-in: in the foreground for `adc sim`, in a thread for tests.

The server needs two packages that a build does without; where they are missing, one sentence says how to get them.
"""

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from adc.compiler.catalogue import Catalogue
from adc.runtime.errors import StoreError, ToolError
from adc.runtime.sim.bill import Bill
from adc.runtime.sim.clock import Clock
from adc.runtime.sim.faults import Faults
from adc.runtime.sim.files import Files
from adc.runtime.sim.runs import Draw, Runs

if TYPE_CHECKING:
    import uvicorn

RUNNERS = 2
"""Requests that run at once; a new account at fal has two. Source: https://fal.ai/docs/model-apis/concurrency-limits"""

_KEEP_ALIVE = 60
"""Seconds; longer than any client keeps an idle connection, so that none is closed under a request."""

_LAST_PORT = 65535


def _plain(flag: str, value: str) -> str:
    return f"adc sim --{flag} {value}"


def serve(
    *,
    host: str,
    port: int,
    folder: Path,
    bill: Path,
    catalogue: Catalogue,
    draw: Draw,
    latency: float = 0.0,
    runners: int = RUNNERS,
    faults: Faults | None = None,
    announce: Callable[[str], None] = print,
    instead: Callable[[str, str], str] = _plain,
) -> None:
    """Serve until Ctrl-C; `announce` is told the address once connections are taken. Raises ToolError and StoreError.

    `folder` keeps files and requests and `bill` the bill, all of which another stand-in in the same folder goes on
    with; `latency` is how many seconds longer every run takes than its drawing. `instead` writes the command to type
    next, in which a flag has another value than it had.
    """
    server = _server(folder, bill, catalogue, draw, latency, runners, faults or Faults(), time, instead)
    listening = _listen(host, port, instead)
    announce(_url(listening))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        return
    finally:
        listening.close()


@contextmanager
def start_in_thread(
    *,
    folder: Path,
    bill: Path,
    catalogue: Catalogue,
    draw: Draw,
    latency: float = 0.0,
    runners: int = RUNNERS,
    faults: Faults | None = None,
    clock: Clock = time,
) -> Iterator[str]:
    """A stand-in on a free port of this machine, for as long as the `with`. Gives its address.

    Raises ToolError and StoreError.
    """
    server = _server(folder, bill, catalogue, draw, latency, runners, faults or Faults(), clock, _plain)
    listening = _listen("127.0.0.1", 0, _plain)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="sim")
    thread.start()  # connections wait in the socket's queue until the server is up
    try:
        yield _url(listening)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _server(
    folder: Path,
    bill: Path,
    catalogue: Catalogue,
    draw: Draw,
    latency: float,
    runners: int,
    faults: Faults,
    clock: Clock,
    instead: Callable[[str, str], str],
) -> "uvicorn.Server":
    try:
        import uvicorn

        from adc.runtime.sim.app import StandIn
        from adc.runtime.sim.damage import Connection
    except ImportError as error:
        raise ToolError(
            f"the stand-in needs a package that is not installed ({error.name})",
            next_command="pip install 'adc[sim]'",
        ) from error
    files = Files(folder.absolute())
    try:
        runs = Runs(
            catalogue=catalogue,
            files=files,
            bill=Bill(bill),
            draw=draw,
            latency=latency,
            runners=runners,
            faults=faults,
            clock=clock,
        )
    except OSError as error:
        raise StoreError(
            f"the folder {folder} cannot be used ({error.strerror}); choose another with --folder",
            next_command=instead("folder", "DIR"),
        ) from error
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise StoreError(
            f"{folder} holds requests or a bill that a stand-in did not write ({type(error).__name__})",
            next_command=instead("folder", "DIR"),
        ) from error
    config = uvicorn.Config(
        StandIn(catalogue, runs, files, faults, clock).app(),
        loop="asyncio",
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,  # `names` reads the one that matters
        date_header=False,  # the application has a clock of its own
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _listen(host: str, port: int, instead: Callable[[str, str], str]) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        match error.errno:
            case errno.EADDRINUSE:
                another = instead("port", str(port + 1 if port < _LAST_PORT else 0))
            case errno.EACCES:
                another = instead("port", "0")  # low ports are the system's, so the next would be refused as well
            case _:
                another = instead("host", "127.0.0.1")
        raise ToolError(f"port {port} of {host} cannot be used ({error.strerror})", next_command=another) from error
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
