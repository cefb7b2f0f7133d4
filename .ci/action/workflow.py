"""How a step speaks to GitHub Actions: annotations, outputs, the summary of the run, and text that is only text."""

import os
import secrets
from pathlib import Path
from typing import Literal

Level = Literal["error", "warning", "notice"]

MOST_SUMMARY = 1_000_000
"""Bytes that a step may say in the summary: a little less than GitHub takes, which is 1 MiB."""


def annotate(level: Level, message: str, **place: str | int) -> None:
    """Show a message on the run's page, and beside the line of a change where `place` has `file` and `line`.

    `place` takes what the command takes: file, line, endLine, col, title. What is empty or 0 is left out.
    """
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value)
    print(f"::{level}{' ' if properties else ''}{properties}::{_data(message)}", flush=True)


def show(text: str) -> None:
    """Print what others wrote. No line of it is taken for a command, even where it looks like one."""
    if text:
        word = secrets.token_hex(16)
        print(f"::stop-commands::{word}", text.rstrip("\n"), f"::{word}::", sep="\n", flush=True)


def output(name: str, value: str) -> None:
    """Set an output of this step to a value of one line."""
    if len(value.splitlines()) > 1:
        raise ValueError(f"the output {name} has more than one line")
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def summarise(markdown: str) -> None:
    """Add Markdown to the summary of the run."""
    _append("GITHUB_STEP_SUMMARY", markdown.rstrip("\n") + "\n\n")


def _append(variable: str, text: str) -> None:
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
