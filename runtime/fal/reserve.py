"""Space that is set aside before a purchase, so that a full disk cannot keep what was bought from being written down.

A request that was accepted and could not be noted would be lost with its price. So nothing is sent unless a little
file could be written first; when the ledger finds the disk full, that file gives way, and the row is written again.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio.to_thread

from adc.runtime.errors import StoreError, StoreFull
from adc.runtime.store import ELSEWHERE, FULL

BYTES = 256 * 1024
"""Many times what one commit of the ledger takes; others may commit in the same moment, each with a reserve."""


class Reserve:
    """The space set aside in the workspace of one step. `what` names the step to people."""

    def __init__(self, folder: Path, what: str) -> None:
        self._path = folder / "reserve"
        self._what = what

    async def __aenter__(self) -> "Reserve":
        """Set the space aside. Raises StoreFull where there is not even that much."""
        try:
            # No zeros: some disks keep those as a hole, which sets nothing aside.
            await anyio.to_thread.run_sync(self._path.write_bytes, bytes(range(256)) * (BYTES // 256))
        except OSError as error:
            self._give_back()
            sentence = f"the disk takes no more ({error.strerror}), so nothing was sent for {self._what}; {ELSEWHERE}"
            raise (StoreFull if error.errno in FULL else StoreError)(sentence) from error
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._give_back()

    async def write(self, write: Callable[[], Awaitable[None]]) -> None:
        """Carry out a write of the ledger; on a full disk once more, in the space set aside. Raises StoreError."""
        try:
            await write()
        except StoreFull:
            self._give_back()
            await write()

    def _give_back(self) -> None:
        self._path.unlink(missing_ok=True)
