"""Which ffmpeg there is, and how its build is told apart.

The encoder's build decides the film's bytes, so it is part of the film's step key. Keys are made on every build, even
when there is nothing to do; therefore nothing here starts a process or imports a media library to find the name: the
binary that pip installs with imageio-ffmpeg carries its version in its file name, and its size tells two builds of a
version apart. Any other ffmpeg is known by its size and time of change.

The order is: the one the user names in `IMAGEIO_FFMPEG_EXE` (imageio-ffmpeg's own variable), the bundled one, then
`ffmpeg` on the search path.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from adc.runtime.errors import ToolError

THREADS = 2
"""x264's bytes change with its thread count, so it does not follow the machine's."""

_SIMD = ("sse", "ssse", "avx", "fma", "bmi", "f16c", "popcnt", "abm", "gfni", "vaes", "asimd", "neon", "sve")


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """An ffmpeg binary. `build` names its version and build; it is the same text wherever that build is installed."""

    path: str
    build: str


@lru_cache(maxsize=1)
def ffmpeg() -> Ffmpeg:
    """The ffmpeg that films are made with. Raises ToolError when there is none."""
    return find(os.environ.get("IMAGEIO_FFMPEG_EXE", ""), _bundled_folder(), shutil.which("ffmpeg"))


def find(named: str, bundled: Path | None, on_path: str | None) -> Ffmpeg:
    """The first that exists of: the user's own, one in the folder of bundled ones, the one on the search path."""
    if named:
        if not os.access(named, os.X_OK):
            raise ToolError(f"IMAGEIO_FFMPEG_EXE names {named}, which is not a program that can be run.")
        return _other(named)
    if bundled is not None and bundled.is_dir():
        for binary in sorted(bundled.glob("ffmpeg-*")):
            return Ffmpeg(str(binary), f"{binary.name}+{binary.stat().st_size}")
    if on_path:
        return _other(on_path)
    raise ToolError("ffmpeg is missing.", next_command="pip install imageio-ffmpeg")


def _bundled_folder() -> Path | None:
    spec = find_spec("imageio_ffmpeg")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "binaries"


def _other(path: str) -> Ffmpeg:
    status = os.stat(path)
    return Ffmpeg(path, f"ffmpeg+{status.st_size}+{status.st_mtime_ns}")


@lru_cache(maxsize=1)
def processor() -> str:
    """A short name for what this processor's vector units can do: x264 and swscale choose their code by it."""
    flags: set[str] = set()
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
            line = next((line for line in lines if line.startswith(("flags", "Features"))), "")
        flags = {flag for flag in line.partition(":")[2].split() if flag.startswith(_SIMD)}
    except OSError:
        pass  # not Linux: the architecture alone has to do
    machine = os.uname().machine
    return machine + "-" + hashlib.sha256(" ".join(sorted(flags)).encode()).hexdigest()[:8]


def encoder() -> str:
    """Everything about this machine that decides an encoded film's bytes, as one text for the step key."""
    return f"{ffmpeg().build} threads={THREADS} {processor()}"
