"""Leases: who makes what, of all the builds that share a store. Whoever has the lease of a step key makes it, alone.

A lease is a lock on one byte of a file, at a place that follows from the key. The operating system gives it back when
its holder dies, in whatever way, and network file systems keep such locks among machines; so there is nothing to
clean up, no clock to compare, and no process id that could since have gone to another program.

Two keys whose places are one byte would wait for each other: of a million keys, one pair in nine million stores.
"""

import errno
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

_PAUSE = 0.5
"""Seconds between two looks at a lease that another build holds."""

_PLACES = 1 << 62


class Leases:
    """Those of one process; opened once for a store, since closing the file gives back every lock on it."""

    def __init__(self, path: Path, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._sleep = sleep

    def close(self) -> None:
        """Give everything back."""
        os.close(self._descriptor)

    def try_take(self, key: str) -> bool:
        """Take the lease of a key where it is free. Raises OSError where the file system knows no locks."""
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(key))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def give_back(self, key: str) -> None:
        """Let others have the lease of a key."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, _place(key))

    @asynccontextmanager
    async def hold(self, key: str, waiting: Callable[[], None]) -> AsyncIterator[bool]:
        """Hold the lease of a key; `waiting` is called once where another build has it. Gives whether one had it.

        A key must not be held twice at once by one process: the operating system would not notice.
        """
        waited = False
        while not self.try_take(key):
            if not waited:
                waiting()
                waited = True
            await self._sleep(_PAUSE)
        try:
            yield waited
        finally:
            self.give_back(key)


def _place(key: str) -> int:
    """Where the byte of a key is: the first bits of its digest."""
    return int(key.removeprefix("sha256:")[:16], 16) % _PLACES
