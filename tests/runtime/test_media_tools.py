"""Which ffmpeg is taken, and that naming it costs no process and no media library."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from adc.runtime.errors import ToolError
from adc.runtime.media import tools


def binary(path: Path, data: bytes = b"#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755)
    return path


def test_the_bundled_one_is_known_by_name_and_size_wherever_it_lies(tmp_path: Path) -> None:
    one = binary(tmp_path / "one" / "ffmpeg-linux-x86_64-v9.0.2")
    two = binary(tmp_path / "two" / "ffmpeg-linux-x86_64-v9.0.2")
    os.utime(two, (1, 1))
    found = [tools.find("", path.parent, "/usr/bin/ffmpeg") for path in (one, two)]
    assert [item.path for item in found] == [str(one), str(two)]
    assert found[0].build == found[1].build == "ffmpeg-linux-x86_64-v9.0.2+10"
    binary(two, b"another build")
    assert tools.find("", two.parent, None).build != found[0].build


def test_the_users_own_goes_first_and_the_search_path_last(tmp_path: Path) -> None:
    own, other = binary(tmp_path / "own" / "ffmpeg"), binary(tmp_path / "path" / "ffmpeg")
    bundled = binary(tmp_path / "bundled" / "ffmpeg-macos-v9").parent
    assert tools.find(str(own), bundled, str(other)).path == str(own)
    assert tools.find("", tmp_path / "none", str(other)).path == str(other)
    before = tools.find("", None, str(other)).build
    os.utime(other, (1, 1))
    assert tools.find("", None, str(other)).build != before


def test_without_any_the_error_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="ffmpeg is missing") as caught:
        tools.find("", tmp_path, None)
    assert caught.value.next_command == "pip install imageio-ffmpeg"
    with pytest.raises(ToolError, match="not a program"):
        tools.find(str(tmp_path / "nothing"), None, None)


def test_naming_the_engines_imports_no_media_library() -> None:
    code = """
import sys
from adc.compiler.plan import Step
from adc.runtime.handlers import card, film, frame
step = Step("film.master", "film", None, {}, "video", "")
for handler in (film.FilmHandler("draft"), card.CardHandler(), frame.FrameHandler()):
    handler.engine(step)
heavy = {"av", "numpy", "PIL", "ffmpeg", "imageio_ffmpeg", "anyio", "subprocess", "asyncio"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
