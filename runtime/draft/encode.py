"""Frames into an MP4: a worker thread writes them into a pipe that ffmpeg reads.

The pipe is ours, so that the thread can block on it; when the build is cancelled ffmpeg is killed, the pipe breaks, and
the thread ends with it. One encoder thread, because the bytes that x264 makes depend on their number.
"""

import fcntl
import os
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.to_thread

from adc.runtime.environment import without_key
from adc.runtime.errors import ToolError
from adc.runtime.media import run, tools

PIPE_BYTES = 1 << 20
"""Room in the pipe where the system lets us ask for it: fewer switches between the two processes."""


def arguments_for(size: tuple[int, int], rate: int, sound: Path | None, target: Path) -> list[str]:
    """What ffmpeg is told: raw BT.709 frames on stdin and the sound from a file; H.264 and AAC out, bit-exact.

    The note of what the sound says (see `spoken`) goes with it.
    """
    colours = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    frames = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{size[0]}x{size[1]}", "-framerate", str(rate)]
    voice = ["-i", str(sound), "-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2"] if sound else []
    return [
        *("-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *(*frames, *colours, "-i", "pipe:0", *voice),
        *("-c:v", "libx264", "-preset", "superfast", "-crf", "19", "-threads", "1", "-pix_fmt", "yuv420p", *colours),
        *(
            "-fflags",
            "+bitexact",
            "-flags:v",
            "+bitexact",
            "-flags:a",
            "+bitexact",
            "-map_metadata",
            "1" if sound else "-1",
        ),
        *("-movflags", "+faststart", "-f", "mp4", str(target)),
    ]


async def encode(frames: Iterable[bytes], size: tuple[int, int], rate: int, sound: Path | None, target: Path) -> None:
    """Encode yuv420p `frames` to `target`, which appears whole or not at all.

    Raises ToolError when ffmpeg cannot be started or fails, and StoreFull. No process outlives a cancelled call.
    """
    aside = target.with_name(target.name + ".part")
    command = [tools.ffmpeg().path, *arguments_for(size, rate, sound, aside)]
    reading, writing = os.pipe()
    with suppress(OSError, AttributeError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        process = await anyio.open_process(
            command, stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=without_key()
        )
    except BaseException as error:
        os.close(writing)
        if isinstance(error, OSError):
            raise ToolError(f"ffmpeg could not be started: {error}") from error
        raise
    finally:
        os.close(reading)
    talk: list[str] = []
    async with process:
        try:
            assert process.stderr is not None
            async with anyio.create_task_group() as both:
                both.start_soon(run.listen, process.stderr, talk)
                await anyio.to_thread.run_sync(_write, frames, writing, abandon_on_cancel=True)
            code = await process.wait()
        except BaseException:
            process.kill()
            raise
    if code != 0:
        raise run.failure(code, "".join(talk), target.name)
    os.replace(aside, target)


def _write(frames: Iterable[bytes], pipe: int) -> None:
    """Write every frame, then close the pipe. A reader that has gone says why in its exit code."""
    with suppress(BrokenPipeError), os.fdopen(pipe, "wb", buffering=0) as file:
        for frame in frames:
            view = memoryview(frame)
            while view:
                view = view[file.write(view) :]
