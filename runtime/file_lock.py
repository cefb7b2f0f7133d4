"""A lock on a file: its holder is alone with what the file stands for, until it lets go or dies in whatever way.

The operating system gives the lock back, so there is nothing to clean up after a crash and no process id that could
since have gone to another program. It keeps processes apart, not builds that share a step: for those see `leases`.
"""

import fcntl
import os
from pathlib import Path


class FileLock:
    """A lock that is held until `release`, or until the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go."""
        os.close(self._descriptor)


def lock(path: Path) -> FileLock:
    """The lock on `path`, as soon as it is free. Raises OSError where the file cannot be opened or locked."""
    return FileLock(_locked(path, fcntl.LOCK_EX))


def try_lock(path: Path) -> FileLock | None:
    """The lock on `path`, or None while another holds it. Raises OSError as `lock` does."""
    try:
        return FileLock(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
    except BlockingIOError:
        return None


def _locked(path: Path, how: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
