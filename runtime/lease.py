"""A lease: the sole right to something on disk, given back by the operating system when its holder dies.

It is a lock on an open file, so there is nothing to clean up after a crash and no process id that could since have
gone to another program. The file may hold a word about its holder, for people.
"""

import fcntl
import os
from pathlib import Path


class Lease:
    """A lock that is held until `release`, or until the process ends in whatever way."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, text: str) -> None:
        """Write a word about the holder into the file, for whoever finds the lease taken."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def release(self) -> None:
        """Give the lease back."""
        os.close(self._descriptor)


def take(path: Path) -> Lease:
    """The lease on `path`, as soon as it is free. Raises OSError where the file cannot be opened or locked."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        os.close(descriptor)
        raise
    return Lease(descriptor)


def try_take(path: Path) -> Lease | None:
    """The lease on `path`, or None while another holds it. Raises OSError as `take` does."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return Lease(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
