"""The time as the stand-in has it and writes it."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since 1970; tests bring their own."""


def moment(seconds: float) -> str:
    """A moment as fal writes it in answers, in ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date(seconds: float) -> str:
    """A moment as HTTP writes it in headers."""
    return formatdate(seconds, usegmt=True)


def seconds_of(text: str) -> float:
    """A moment in ISO 8601, a day alone being its beginning in UTC. Raises ValueError."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
