"""Runs the `adc` that was installed beside this Python."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended, and what it wrote."""

    code: int
    out: str
    err: str


def adc(*words: str) -> Ran:
    """Run `adc` with these words in the current folder."""
    done = subprocess.run(  # noqa: S603
        [Path(sys.executable).with_name("adc"), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
