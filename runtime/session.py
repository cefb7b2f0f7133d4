"""A session: one process's corner of the store's work folder, where things are made before they are kept.

A session is a folder with a lock inside. While the process lives it holds the lock, so that another that opens the
store leaves the folder alone; when it dies, in whatever way, the lock is free and the next opening removes the
folder. Making a session and sweeping take turns under a lock on the whole: no session is ever seen without its own.
"""

import contextlib
import itertools
import shutil
import tempfile
import threading
from pathlib import Path

from adc.runtime.file_lock import FileLock, lock, try_lock

_TURN = ".lock"
_OWN = ".lease"  # the name that an older adc on the same store looks for
_PREFIX = "session-"


class Session:
    """This process's session in `work`; made when it is first needed. Its methods may be called from any thread."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._held: tuple[Path, FileLock] | None = None
        self._numbers = itertools.count(1)

    def folder(self) -> Path:
        """The session's folder. Raises OSError."""
        with self._mutex:
            if self._held is None:
                turn = lock(self._work / _TURN)
                try:
                    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._work))
                    self._held = folder, lock(folder / _OWN)
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
    turn = lock(work / _TURN)
    try:
        for folder in work.glob(f"{_PREFIX}*"):
            with contextlib.suppress(FileNotFoundError):  # its owner may be removing it at this very moment
                held = try_lock(folder / _OWN)
                if held is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    held.release()
    finally:
        turn.release()
