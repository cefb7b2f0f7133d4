"""A look at a store that opens nothing for writing: which of thousands of keys have a result, which are under way.

A plan is shown far more often than anything is made. Opening a store sweeps up after dead builds, takes locks and
brings the libraries that writing needs; to look, one connection that may only read and a stat for each blob are enough.
Keys are asked for by the hundred, in the order of the index, so that neighbouring rows are read together.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from adc.compiler.derivations import OLDER, older_keys
from adc.compiler.digest import Engine, step_key
from adc.compiler.frozen import frozen
from adc.compiler.plan import Ref, Step

if TYPE_CHECKING:
    from adc.runtime.ports import AttemptState

FILE = "adc.sqlite"
"""The name of the database in a store."""

VERSION = 3
"""The version of its schema."""

Outputs: TypeAlias = Mapping[str, str]
"""The digests of a result's outputs, by name."""

Read: TypeAlias = Callable[[str, Sequence[object]], Iterable[Sequence[Any]]]
"""What gives the rows of a query."""

_AT_ONCE = 500
"""Keys in one query; the smallest limit of any SQLite in use is 999."""


def blob_file(blobs: str, digest: str) -> str:
    """Where a blob lies in the folder `blobs` of a store."""
    name = digest.removeprefix("sha256:")
    return f"{blobs}/{name[:2]}/{name[2:]}"


def is_whole(blobs: str, digest: str, size: int | None = None) -> bool:
    """Whether the blob is there, and of `size` bytes where that is given."""
    try:
        found = os.stat(blob_file(blobs, digest)).st_size
    except OSError:
        return False
    return size is None or found == size


def outputs_of(keys: Iterable[str], read: Read, blobs: str) -> dict[str, Outputs]:
    """The outputs of those of the keys that have a result with all of its blobs in the folder `blobs`."""
    rows = _rows("SELECT key, outputs FROM results WHERE key", "", keys, read)
    # one document is read faster than as many as there are rows
    documents = json.loads(f"[{','.join([text for _, text in rows])}]")
    found: dict[str, Outputs] = {}
    for (key, _), outputs in zip(rows, documents, strict=True):
        digests = {}
        for name, blob in outputs.items():
            if not is_whole(blobs, blob["digest"], blob["bytes"]):
                break
            digests[name] = blob["digest"]
        else:
            found[key] = digests
    return found


def _rows(select: str, more: str, keys: Iterable[str], read: Read) -> list[Sequence[Any]]:
    ordered = sorted(set(keys))
    found: list[Sequence[Any]] = []
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        found += read(f"{select} IN ({','.join('?' * len(some))}){more}", some)
    return found


@frozen
class Open:
    """An attempt that is open, as far as a look at it goes."""

    state: "AttemptState"


class Glance:
    """A store as it is now. Made by `glance_at`. Its methods raise sqlite3.Error where the database cannot be read."""

    def __init__(self, root: str, connection: sqlite3.Connection) -> None:
        self._blobs = os.path.join(root, "blobs")
        self._connection = connection
        self._open: dict[str, Open] = {}

    def outputs(self, keys: Iterable[str]) -> Mapping[str, Outputs]:
        """The outputs of those of the keys that have a result. What is open for the others is looked up with them."""
        keys = set(keys)
        found = outputs_of(keys, self._connection.execute, self._blobs)
        states = _rows(
            "SELECT key, state FROM attempts WHERE key",
            " AND state NOT IN ('failed', 'abandoned')",
            keys - found.keys(),
            self._connection.execute,
        )
        self._open |= {key: Open(state) for key, state in states}
        return found

    def opened(self, key: str) -> Open | None:
        """The attempt that is open for a key which has been asked for."""
        return self._open.get(key)

    def known_key(self, step: Step, engine: Engine, digest_of: Callable[[Ref], str]) -> str:
        """The key by which the store knows a step: that of today, unless only an older adc has made it."""
        key = step_key(step, digest_of, engine)
        if not OLDER or self._knows(key):
            return key
        return next((each for each in older_keys(step, digest_of, engine) if self._knows(each)), key)

    def _knows(self, key: str) -> bool:
        return bool(self.outputs((key,))) or key in self._open

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def glance_at(root: str) -> Glance | None:
    """A look at the store in a folder; None where there is none yet, or none that can be read as it is.

    Who needs it then opens the store, which makes one, brings an older one up to date, or says what is wrong.
    """
    path = os.path.join(root, FILE)
    if not os.path.isfile(path):
        return None
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=30.0, isolation_level=None)
        connection.execute("PRAGMA query_only = ON")
        if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return Glance(root, connection)
    except sqlite3.Error:
        pass
    if connection is not None:
        connection.close()
    return None
