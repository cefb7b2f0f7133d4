"""A look at a store sees what opening it would, and leaves nothing behind."""

import sqlite3
from pathlib import Path

import pytest
from support.fakes import Shelf, shelf_at

from adc.compiler.digest import digest_bytes
from adc.compiler.plan import FREE
from adc.runtime import glance
from adc.runtime.glance import FILE, Glance, glance_at
from adc.runtime.ports import Purchase, Receipt, Result

pytestmark = pytest.mark.anyio


def key(number: int) -> str:
    return digest_bytes(b"%d" % number)


async def record(shelf: Shelf, number: int) -> Result:
    outputs = {
        "image": shelf.store.put_bytes(b"picture %d" % number, "image/png"),
        "mask": shelf.store.put_bytes(b"mask", "image/png"),
    }
    result = Result(outputs, Receipt("fal"))
    await shelf.cache.record(key(number), f"step {number}", result)
    return result


async def ask(shelf: Shelf, number: int, *, failed: bool = False) -> None:
    attempt = await shelf.ledger.intend(Purchase(key(number), "ad", "step", "maker/still", "fal", {}, {}, FREE))
    if failed:
        await shelf.ledger.failed(attempt, reason="refused")


def seen(root: Path) -> Glance:
    found = glance_at(str(root))
    assert found is not None
    return found


async def test_it_sees_what_the_step_cache_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "_AT_ONCE", 3)
    with shelf_at(tmp_path) as shelf:
        results = {number: await record(shelf, number) for number in range(10)}
        shelf.store.path(results[3].outputs["image"].digest).unlink()
        cut = shelf.store.path(results[4].outputs["image"].digest)
        cut.unlink()
        cut.write_bytes(b"pic")
        asked = [key(number) for number in (*range(20), 0, 0)]
        found = shelf.cache.outputs(asked)
    whole = set(range(10)) - {3, 4}
    assert found == {
        key(number): {name: blob.digest for name, blob in results[number].outputs.items()} for number in whole
    }
    look = seen(tmp_path)
    assert look.outputs(asked) == found
    assert look.outputs([]) == {}
    look.close()


async def test_it_tells_what_is_under_way(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await record(shelf, 0)
        await ask(shelf, 1)
        await ask(shelf, 2, failed=True)
        look = seen(tmp_path)
        assert set(look.outputs([key(number) for number in range(4)])) == {key(0)}
        states = [look.opened(key(number)) for number in range(4)]
        assert [None if one is None else one.state for one in states] == [None, "intended", None, None]
        look.close()


async def test_a_result_that_is_recorded_meanwhile_is_seen(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        look = seen(tmp_path)
        assert look.outputs([key(0)]) == {}
        await record(shelf, 0)
        assert set(look.outputs([key(0)])) == {key(0)}
        look.close()


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    assert glance_at(str(tmp_path)) is None
    assert glance_at(str(tmp_path / "nowhere")) is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    with shelf_at(tmp_path):
        pass
    look = seen(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        look._connection.execute("DELETE FROM results")
    look.close()


@pytest.mark.parametrize("data", [b"", b"no database, but as long as one has to be" * 100])
def test_what_cannot_be_read_is_left_to_who_opens_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    assert glance_at(str(tmp_path)) is None


@pytest.mark.parametrize("version", [1, 99])
def test_a_store_of_another_version_is_left_to_who_opens_it(tmp_path: Path, version: int) -> None:
    with shelf_at(tmp_path):
        pass
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    assert glance_at(str(tmp_path)) is None
