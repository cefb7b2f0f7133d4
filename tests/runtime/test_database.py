"""Group commit: durable when it returns, few flushes, and one bad change harms no other."""

import sqlite3
from pathlib import Path

import anyio
import pytest

from adc.runtime import database as database_module
from adc.runtime.database import Database, journal
from adc.runtime.errors import StoreError, StoreFull
from adc.runtime.glance import VERSION

pytestmark = pytest.mark.anyio


def put(connection: sqlite3.Connection, digest: str) -> str:
    connection.execute("INSERT INTO uploads VALUES (?, 'host', 'url', 'now', '')", (digest,))
    return digest


def stored(database: Database) -> set[str]:
    return {row["digest"] for row in database.read("SELECT digest FROM uploads")}


async def test_a_write_returns_its_value_and_is_seen(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        assert await database.write(lambda connection: put(connection, "one")) == "one"
        assert stored(database) == {"one"}
    with Database.open(tmp_path) as database:
        assert stored(database) == {"one"}


async def test_a_hundred_writes_at_once_share_a_few_commits(tmp_path: Path) -> None:
    statements: list[str] = []
    with Database.open(tmp_path) as database:
        await database.write(lambda connection: connection.set_trace_callback(statements.append))
        statements.clear()
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(database.write, lambda connection, number=number: put(connection, str(number)))
        assert stored(database) == {str(number) for number in range(100)}
    assert 1 <= statements.count("COMMIT") <= 3


async def test_a_change_that_raises_is_undone_alone(tmp_path: Path) -> None:
    raised: dict[int, Exception] = {}

    async def write(number: int) -> None:
        def change(connection: sqlite3.Connection) -> None:
            put(connection, str(number))
            if number % 3 == 0:
                raise KeyError(number)

        try:
            await database.write(change)
        except KeyError as error:
            raised[number] = error

    with Database.open(tmp_path) as database:
        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(write, number)
        assert set(raised) == {0, 3, 6, 9}
        assert stored(database) == {"1", "2", "4", "5", "7", "8"}


async def test_a_write_that_was_called_is_carried_through_in_spite_of_cancellation(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await database.write(lambda connection: put(connection, "paid"))
        assert stored(database) == {"paid"}


async def test_a_full_disk_fails_every_write_of_the_batch_and_the_next_works(tmp_path: Path) -> None:
    failures: list[StoreError] = []

    async def write(number: int) -> None:
        try:
            await database.write(lambda connection: put(connection, str(number) * 200_000))
        except StoreError as error:
            failures.append(error)

    with Database.open(tmp_path) as database:
        pages = database.read("PRAGMA page_count")[0][0]
        await database.write(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 10}"))
        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(write, number)
        assert [type(failure) for failure in failures] == [StoreFull] * 5
        assert str(tmp_path) in str(failures[0])
        assert stored(database) == set()
        await database.write(lambda connection: put(connection, "small"))
        assert stored(database) == {"small"}


async def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "adc.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        Database.open(tmp_path)


async def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "adc.sqlite")
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="made by a newer adc"):
        Database.open(tmp_path)


async def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used: unable to open database file"):
        Database.open(tmp_path / "absent")


async def test_two_processes_worth_of_connections_write_side_by_side(tmp_path: Path) -> None:
    with Database.open(tmp_path) as one, Database.open(tmp_path) as other:
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                database = one if number % 2 else other
                tasks.start_soon(database.write, lambda connection, number=number: put(connection, str(number)))
        assert stored(one) == stored(other) == {str(number) for number in range(20)}


async def test_a_read_that_is_refused_is_a_sentence(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        await database.write(lambda connection: connection.execute("DROP TABLE results"))
        with pytest.raises(StoreError, match="cannot be used: no such table"):
            database.read("SELECT * FROM results")


MOUNTS = """\
22 1 0:20 / / rw,relatime - ext4 /dev/vda1 rw
30 22 0:45 / /mnt/team rw,relatime shared:1 - nfs4 server:/team rw
31 30 0:46 / /mnt/team/local\\040disk rw - ext4 /dev/vdb1 rw
32 22 0:47 / /mnt/home rw - fuse.sshfs me@host:/ rw
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/home/maya/store", "WAL"),
        ("/mnt/team/store", "TRUNCATE"),
        ("/mnt/teams/store", "WAL"),
        ("/mnt/team/local disk/store", "WAL"),
        ("/mnt/home/store", "TRUNCATE"),
    ],
)
def test_a_share_gets_the_older_journal(tmp_path: Path, place: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert journal(Path(place), mounts) == kind
    assert journal(Path(place), tmp_path / "not linux") == "WAL"


async def test_the_older_journal_keeps_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "journal", lambda _root: "TRUNCATE")
    with Database.open(tmp_path) as one, Database.open(tmp_path) as other:
        await one.write(lambda connection: put(connection, "one"))
        await other.write(lambda connection: put(connection, "two"))
        assert stored(one) == stored(other) == {"one", "two"}
        assert not (tmp_path / "adc.sqlite-wal").exists()
