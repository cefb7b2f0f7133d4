"""A session: one process's corner of the store's work folder, where things are made before they are kept.

A session is a folder with a lease inside. While the process lives it holds the lease, so that another that opens the
store leaves the folder alone; when it dies, in whatever way, the lease is free and the next opening removes the
folder. Making a session and sweeping take turns under one lock: no session is ever seen without its lease.
"""

import contextlib
import itertools
import shutil
import tempfile
import threading
from pathlib import Path

from adc.runtime import lease

_TURN = ".lock"
_OWN = ".lease"
_PREFIX = "session-"


class Session:
    """This process's session in `work`; made when it is first needed. Its methods may be called from any thread."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._held: tuple[Path, lease.Lease] | None = None
        self._numbers = itertools.count(1)

    def folder(self) -> Path:
        """The session's folder. Raises OSError."""
        with self._mutex:
            if self._held is None:
                turn = lease.take(self._work / _TURN)
                try:
                    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._work))
                    self._held = folder, lease.take(folder / _OWN)
                finally:
                    turn.release()
            return self._held[0]

    def new_folder(self) -> Path:
        """A new, empty folder in the session. Raises OSError."""
        folder = self.folder() / str(next(self._numbers))
        folder.mkdir()
        return folder

    def close(self) -> None:
        """Remove the session with all that is in it."""
        with self._mutex:
            if self._held is not None:
                folder, held = self._held
                self._held = None
                shutil.rmtree(folder, ignore_errors=True)
                held.release()


def sweep(work: Path) -> None:
    """Remove the sessions of dead processes. Raises OSError."""
    if not any(work.glob(f"{_PREFIX}*")):
        return
    turn = lease.take(work / _TURN)
    try:
        for folder in work.glob(f"{_PREFIX}*"):
            with contextlib.suppress(FileNotFoundError):  # its owner may be removing it at this very moment
                held = lease.try_take(folder / _OWN)
                if held is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    held.release()
    finally:
        turn.release()
