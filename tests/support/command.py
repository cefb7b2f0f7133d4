"""Runs the installed command as people do: a process of its own, in a folder, with an environment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADC = (sys.executable, "-X", "utf8", "-W", "error", str(Path(sys.executable).parent / "adc"))
"""The script that the installation put beside its Python, with warnings as errors."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended, and what it wrote."""

    code: int
    out: str
    err: str


def adc(*words: str, folder: Path, env: Mapping[str, str] | None = None, answer: str | None = None) -> Ran:
    """Run `adc` with these words in `folder`; `answer` is its standard input, which is no terminal."""
    done = subprocess.run(
        [*ADC, *words],
        cwd=folder,
        env={**os.environ, **(env or {})},
        input=answer,
        stdin=subprocess.DEVNULL if answer is None else None,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def steps_that(verb: str, ran: Ran) -> set[str]:
    """The steps that a build reported with this word: `cached`, `made`, `bought`, `FAILED`, `blocked`."""
    return {line.split()[2] for line in ran.out.splitlines() if line.split()[1:2] == [verb]}
