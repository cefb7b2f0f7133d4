"""Running ffmpeg so that it either leaves a whole file or none.

The process writes aside and the file gets its name at the very end. Exit code 0 is not believed by itself: nothing
written is a failure too. Cancelling, a time-out and an error all end the process before this returns; if this whole
program is killed, ffmpeg ends at its next word of progress, for nobody reads the pipe.
"""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.text import TextReceiveStream

from adc.runtime.environment import without_key
from adc.runtime.errors import StoreFull, ToolError
from adc.runtime.store import ELSEWHERE, FULL

TAIL = 2000
"""How many of the last characters of ffmpeg's talk are kept for the error."""

_SOURCE = re.compile(r"\[[^\]]* @ 0x[0-9a-f]+\] ?")
_FULL = re.compile(r"No space left on device|Disk quota exceeded|File too large|Error closing file")
"""What ffmpeg says when the disk takes no more; the last of them is often all it says."""

ALWAYS = ("-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-progress", "pipe:1")


async def encode(
    program: str,
    arguments: Sequence[str],
    output: Path,
    *,
    limit: float,
    progress: Callable[[float], None] = lambda _seconds: None,
) -> None:
    """Run ffmpeg with `arguments` and let it write `output`; the format must be among the arguments.

    `progress` hears the seconds of film that are done. Raises ToolError with the end of what ffmpeg said when it
    cannot be started, fails, takes more than `limit` seconds, or writes nothing, and StoreFull where the disk takes
    no more; `output` does not exist then.
    """
    aside = output.with_name(f".part-{output.name}")
    talk = ""
    try:
        with anyio.fail_after(limit):
            code, talk = await _run([program, *ALWAYS, *arguments, f"file:{aside}"], progress)
        if code:
            raise failure(code, talk, output.name)
        if not aside.exists() or not aside.stat().st_size:
            raise ToolError(f"ffmpeg reported success and wrote nothing: {_last_words(talk)}")
        os.replace(aside, output)
    except TimeoutError:
        raise ToolError(f"ffmpeg did not finish {output.name} within {limit:.0f} seconds and was stopped.") from None
    except OSError as error:
        if error.errno in FULL:
            raise _full(output.name) from error
        raise ToolError(f"ffmpeg could not be run: {error.strerror}.") from error
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()


async def _run(command: list[str], progress: Callable[[float], None]) -> tuple[int, str]:
    """Exit code and last words of the process. It is gone when this returns or raises."""
    # A session of its own: Ctrl-C then reaches ffmpeg only through our cancelling, never as a failure of its own.
    process = await anyio.open_process(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=without_key(),
    )
    talk: list[str] = []
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        async with anyio.create_task_group() as both:
            both.start_soon(_follow, process.stdout, progress)
            both.start_soon(listen, process.stderr, talk)
        code = await process.wait()
    finally:
        await _end(process)
    return code, "".join(talk)


async def _follow(stream: ByteReceiveStream, progress: Callable[[float], None]) -> None:
    rest = ""
    async for text in TextReceiveStream(stream, errors="replace"):
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            name, _, value = line.partition("=")
            if name == "out_time_us" and value.strip().isdigit():
                progress(int(value) / 1_000_000)


async def listen(stream: ByteReceiveStream, talk: list[str]) -> None:
    """Keep the end of what ffmpeg says as the one text in `talk`."""
    async for text in TextReceiveStream(stream, errors="replace"):
        talk[:] = ["".join((*talk, text))[-TAIL:]]


async def _end(process: Process) -> None:
    with anyio.CancelScope(shield=True):
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.aclose()


def failure(code: int, talk: str, name: str) -> ToolError | StoreFull:
    """What an exit code other than 0 means, after ffmpeg said `talk` and should have written `name`."""
    if _FULL.search(talk) or code == -signal.SIGXFSZ:
        return _full(name)
    return ToolError(f"ffmpeg {_ending(code)}: {_last_words(talk)}")


def _full(name: str) -> StoreFull:
    return StoreFull(f"There is no space left to write {name}; make some, or {ELSEWHERE}.")


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"failed with exit code {code}"


def _last_words(talk: str) -> str:
    """Its first complaint, which names the cause, and its last, which says what came of it."""
    lines = [_SOURCE.sub("", line).strip() for line in talk.splitlines() if line.strip()]
    return "; ".join(dict.fromkeys((lines[0], lines[-1]))) if lines else "it said nothing"
