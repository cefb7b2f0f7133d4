"""One SQLite file beside the blobs, written by group commit.

A write is durable when it returns: the journal is a write-ahead log (on a network share, where that cannot be, the
older rollback journal), flushed at every commit. A flush costs the same for one row as for a hundred, so the writes
that arrive while the disk is busy are gathered and committed together: a hundred steps that start at once wait for one
flush, not for a hundred in a row.

The gathering needs no thread of its own. Who finds no batch waiting begins one and leads it: it waits for the batch
before, applies the changes of all who have come meanwhile, and commits; then all wake. Applying a change touches
memory alone and is done in the event loop; what may wait for the disk, or for another process, goes to a thread.

A batch in which a change raises is undone and done again with a savepoint for each, so that the others lose nothing;
a change may therefore be applied twice, and must do nothing but write to the connection it is given. A write that
has been called is always carried through, even when its caller is cancelled: what it says about money has happened.

Reads are plain calls on a second connection. They see what is committed, and never wait for a write.
"""

import errno
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from adc.runtime.errors import StoreError
from adc.runtime.glance import FILE, VERSION
from adc.runtime.store import ELSEWHERE, store_failure

T = TypeVar("T")

SCHEMA = """
CREATE TABLE results (
    key TEXT PRIMARY KEY,
    step TEXT NOT NULL,
    engine TEXT NOT NULL,
    usd TEXT NOT NULL,
    request_id TEXT NOT NULL,
    billed_units TEXT NOT NULL,
    outputs TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    ad TEXT NOT NULL,
    step TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    arguments TEXT NOT NULL,
    state TEXT NOT NULL,
    usd_planned TEXT NOT NULL,
    usd_paid TEXT,
    billed_units TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT '',
    status_url TEXT NOT NULL DEFAULT '',
    response_url TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT 'null',
    reason TEXT NOT NULL DEFAULT '',
    intended_at TEXT NOT NULL,
    submitted_at TEXT,
    completed_at TEXT,
    fetched_at TEXT,
    failed_at TEXT,
    ambiguous_at TEXT,
    abandoned_at TEXT
);

-- The law against buying twice: a key has at most one attempt that has not ended without a result.
CREATE UNIQUE INDEX one_open_attempt ON attempts (key) WHERE state NOT IN ('failed', 'abandoned');

CREATE TABLE uploads (
    digest TEXT NOT NULL,
    host TEXT NOT NULL,
    url TEXT NOT NULL,
    uploaded_at TEXT NOT NULL,
    PRIMARY KEY (digest, host)
) WITHOUT ROWID;
"""

# What each version added. A store of an older adc is brought up to date when it is opened.
MIGRATIONS = {
    2: """
ALTER TABLE attempts ADD COLUMN engine TEXT NOT NULL DEFAULT 'fal';
ALTER TABLE attempts ADD COLUMN inputs TEXT NOT NULL DEFAULT '{}';
ALTER TABLE attempts ADD COLUMN units_planned TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN mark TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN charge TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN running_at TEXT;
UPDATE attempts SET charge = 'no' WHERE state = 'failed';
UPDATE attempts SET charge = 'maybe' WHERE state = 'abandoned';
CREATE UNIQUE INDEX one_row_a_request ON attempts (request_id) WHERE request_id != '';
ALTER TABLE uploads ADD COLUMN expires_at TEXT NOT NULL DEFAULT ''
""",
    3: """
CREATE TABLE made_from (
    key TEXT PRIMARY KEY,
    ad TEXT NOT NULL,
    choices TEXT NOT NULL,
    engine TEXT NOT NULL,
    step TEXT NOT NULL,
    at TEXT NOT NULL,
    facts BLOB NOT NULL
);
CREATE TABLE last (
    ad TEXT NOT NULL,
    choices TEXT NOT NULL,
    engine TEXT NOT NULL,
    step TEXT NOT NULL,
    key TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (ad, engine, choices, step)
) WITHOUT ROWID
""",
}

_MOUNTS = Path("/proc/self/mountinfo")
_OVER_A_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "sshfs", "9p", "afs", "ceph", "glusterfs", "lustre"}
)

_PATIENCE_SECONDS = 30.0
"""How long a write waits for another process's; a commit takes milliseconds."""


class _Change:
    """A write on its way, and afterwards what it raised."""

    def __init__(self, apply: Callable[[sqlite3.Connection], None]) -> None:
        self.apply = apply
        self.error: Exception | None = None


class _Batch:
    """Changes that are committed together."""

    def __init__(self) -> None:
        self.changes: list[_Change] = []
        self.done = anyio.Event()


class Database:
    """The database of one store. Made by `Database.open`; closed by `close`, after the last write has returned."""

    def __init__(self, root: Path, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self._root = root
        self._writer = writer
        self._reader = reader
        self._gathering: _Batch | None = None
        self._last: _Batch | None = None
        self._thread = anyio.CapacityLimiter(1)

    @classmethod
    def open(cls, root: Path) -> "Database":
        """The database of the store at `root`, made where there is none. Raises StoreError."""
        try:
            with ExitStack() as unless_opened:
                writer = unless_opened.enter_context(closing(_connect(root)))
                writer.execute(f"PRAGMA journal_mode = {journal(root)}")
                writer.execute("PRAGMA synchronous = FULL")
                _prepare(root, writer)
                reader = unless_opened.enter_context(closing(_connect(root)))
                reader.execute("PRAGMA query_only = ON")
                unless_opened.pop_all()
                return cls(root, writer, reader)
        except sqlite3.Error as error:
            raise _failure(root, error) from error

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._writer.close()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def read(self, query: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """The rows of a query, as committed. Raises StoreError."""
        try:
            return self._reader.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise _failure(self._root, error) from error

    async def write(self, apply: Callable[[sqlite3.Connection], T]) -> T:
        """Carry out `apply` in a transaction and return its value once it is durable.

        What `apply` raises undoes its own changes alone, and is raised here. Raises StoreError where the disk refuses.
        Cancellation does not stop a write.
        """
        answers: list[T] = []
        change = _Change(lambda connection: answers.append(apply(connection)))
        with anyio.CancelScope(shield=True):
            if self._gathering is None:
                await self._lead(change)
            else:
                batch = self._gathering
                batch.changes.append(change)
                await batch.done.wait()
        if change.error is not None:
            raise change.error
        return answers[-1]

    async def _lead(self, change: _Change) -> None:
        """Gather a batch while the one before it is being committed, then commit it."""
        batch, before = _Batch(), self._last
        self._gathering = self._last = batch
        batch.changes.append(change)
        try:
            if before is not None:
                await before.done.wait()
            await self._in_thread("BEGIN IMMEDIATE")
            self._gathering = None
            self._apply(batch.changes)
            await self._in_thread("COMMIT")
        except BaseException as error:
            # Whatever it was, no one in the batch may believe that the write is on the disk.
            if self._gathering is batch:
                self._gathering = None
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            for lost in batch.changes:
                lost.error = _failure(self._root, error)
            if not isinstance(error, sqlite3.Error):
                raise
        finally:
            batch.done.set()

    async def _in_thread(self, statement: str) -> None:
        await anyio.to_thread.run_sync(self._writer.execute, statement, limiter=self._thread)

    def _apply(self, changes: Sequence[_Change]) -> None:
        self._writer.execute("SAVEPOINT batch")
        try:
            for change in changes:
                change.apply(self._writer)
        except Exception:
            # Whatever it is, it belongs to whoever asked for that change; the next round tells whose it is.
            if not self._writer.in_transaction:
                raise  # a full disk: SQLite has undone everything itself
            self._writer.execute("ROLLBACK TO batch")
            self._apply_apart(changes)

    def _apply_apart(self, changes: Sequence[_Change]) -> None:
        for change in changes:
            self._writer.execute("SAVEPOINT change")
            try:
                change.apply(self._writer)
            except Exception as error:
                if not self._writer.in_transaction:
                    raise
                change.error = _failure(self._root, error) if isinstance(error, sqlite3.OperationalError) else error
                self._writer.execute("ROLLBACK TO change")
            self._writer.execute("RELEASE change")


def journal(root: Path, mounts: Path = _MOUNTS) -> str:
    """How a database at `root` keeps its transactions: by a write-ahead log, where its readers share memory.

    Over a network they do not, and a log would be read wrongly (https://sqlite.org/wal.html); the older journal, which
    is slower and as safe, serves there. `mounts` is the system's table of what lies where.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "WAL"  # not Linux: nothing tells, and a data folder is seldom a share
    place, kind = "", ""
    for line in lines:
        fields, _, after = line.partition(" - ")
        mounted = fields.split(" ")[4].replace("\\040", " ")
        if root.resolve().is_relative_to(mounted) and len(mounted) >= len(place):
            place, kind = mounted, after.split(" ")[0]
    return "TRUNCATE" if kind.partition(".")[2] in _OVER_A_NETWORK or kind in _OVER_A_NETWORK else "WAL"


def _connect(root: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(root / FILE, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(root: Path, connection: sqlite3.Connection) -> None:
    """Bring the schema to `VERSION`, under the write lock, so that two first openings do not meet."""
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)
    if version > VERSION:
        connection.execute("ROLLBACK")
        raise StoreError(
            f"The store at {root} was made by a newer adc (its version is {version}, this program's {VERSION}); "
            f"{ELSEWHERE}."
        )
    scripts = [SCHEMA] if version == 0 else []
    scripts += [script for number, script in MIGRATIONS.items() if number > version]
    for script in scripts:
        for statement in script.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _failure(root: Path, error: BaseException) -> StoreError:
    """SQLite's refusal in the words of the store. https://www.sqlite.org/rescode.html"""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return store_failure(root, errno.ENOSPC if code == sqlite3.SQLITE_FULL else None, str(error))
