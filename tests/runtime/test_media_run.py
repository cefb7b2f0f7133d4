"""ffmpeg as a process: whole file or none, no orphan, its last words in the error."""

import os
from pathlib import Path

import anyio
import pytest

from adc.runtime.errors import StoreFull, ToolError
from adc.runtime.media import run, tools

pytestmark = pytest.mark.anyio


def program(folder: Path, script: str) -> str:
    """A stand-in for ffmpeg; `$output` is the file it is asked to write."""
    path = folder / "ffmpeg"
    path.write_text(f'#!/bin/sh\neval output=\\${{$#}}; output="${{output#file:}}"\n{script}\n')
    path.chmod(0o755)
    return str(path)


async def encode(folder: Path, script: str, limit: float = 60) -> Path:
    output = folder / "film.mp4"
    await run.encode(program(folder, script), [], output, limit=limit)
    return output


async def test_the_file_gets_its_name_at_the_end(tmp_path: Path) -> None:
    output = await encode(tmp_path, 'case "$output" in */film.mp4) exit 1;; esac; printf whole > "$output"')
    assert output.read_text() == "whole"
    assert sorted(os.listdir(tmp_path)) == ["ffmpeg", "film.mp4"]


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ("exit 0", ToolError, "reported success and wrote nothing: it said nothing"),
        (": > $output", ToolError, "wrote nothing"),
        (
            "printf half > $output; echo first >&2; echo 'Invalid data' >&2; exit 3",
            ToolError,
            "code 3: first; Invalid data",
        ),
        ("printf half > $output; kill -9 $$", ToolError, "ended by signal 9"),
        (
            "printf half > $output; echo 'x: No space left on device' >&2; exit 1",
            StoreFull,
            "no space left to write film.mp4",
        ),
        (
            "echo '[out#0/mp4 @ 0x55dd0] Error closing file: x' >&2; exit 1",
            StoreFull,
            "no space left to write film.mp4",
        ),
        ("kill -XFSZ $$", StoreFull, "no space left to write film.mp4"),
        (
            "echo '[v#0:0/x264 @ 0x55dd0] [enc:x264 @ 0x7f1a] Bad options' >&2; exit 1",
            ToolError,
            "^ffmpeg failed with exit code 1: Bad options$",
        ),
    ],
)
async def test_a_failure_leaves_nothing(tmp_path: Path, script: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        await encode(tmp_path, script)
    assert os.listdir(tmp_path) == ["ffmpeg"]


async def test_only_the_end_of_what_it_says_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        await encode(tmp_path, "i=0; while [ $i -lt 4000 ]; do echo 'a line of talk' >&2; i=$((i+1)); done; exit 1")
    assert len(str(caught.value)) < 100


async def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="ffmpeg could not be run: No such file"):
        await run.encode(str(tmp_path / "none"), [], tmp_path / "film.mp4", limit=60)


async def test_one_that_never_ends_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="did not finish"):
        await encode(tmp_path, 'printf half > "$output"; exec tail -f /dev/null', limit=0.2)
    assert os.listdir(tmp_path) == ["ffmpeg"]


async def test_cancelling_leaves_no_orphan(tmp_path: Path) -> None:
    script = 'printf half > "$output"; echo $$ > pid; echo out_time_us=1500000; exec tail -f /dev/null'
    script = script.replace("> pid", f"> {tmp_path / 'pid'}")
    heard: list[float] = []
    with anyio.CancelScope() as scope:

        def progress(seconds: float) -> None:
            heard.append(seconds)
            scope.cancel()

        await run.encode(program(tmp_path, script), [], tmp_path / "film.mp4", limit=60, progress=progress)
    assert scope.cancelled_caught
    assert heard == [1.5]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert sorted(os.listdir(tmp_path)) == ["ffmpeg", "pid"]


async def test_the_real_ffmpeg_tells_its_progress_and_its_errors(tmp_path: Path) -> None:
    heard: list[float] = []
    source = ["-f", "lavfi", "-i", "color=s=64x64:r=30:d=1"]
    output = tmp_path / "film.mp4"
    await run.encode(
        tools.ffmpeg().path, [*source, "-c:v", "mpeg4", "-f", "mp4"], output, limit=60, progress=heard.append
    )
    assert heard[-1] == pytest.approx(1.0, abs=0.05)
    with pytest.raises(ToolError, match="Unknown encoder 'none'"):
        await run.encode(tools.ffmpeg().path, [*source, "-c:v", "none", "-f", "mp4"], tmp_path / "b.mp4", limit=60)
    assert os.listdir(tmp_path) == ["film.mp4"]
