"""Killed anywhere, the store opens again and is whole: what was awaited is there, and nothing is half there.

The writer stops before every call that changes the disk and says so; it is killed there, for each such call of a
purchase in turn. So the points are many, the same on every machine, and none is met by luck.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from support.fakes import Shelf, shelf_at

from adc.compiler.digest import digest_bytes
from adc.runtime.ports import Receipt, Result

pytestmark = pytest.mark.anyio

WRITER = """
import os, sqlite3, sys
from decimal import Decimal
from pathlib import Path

import anyio
from adc.compiler.digest import digest_bytes
from adc.compiler.plan import Price
from adc.runtime.database import Database
from adc.runtime.ledger import StoreLedger
from adc.runtime.ports import Purchase, Receipt, Result
from adc.runtime.step_cache import StepCache
from adc.runtime.store import Store


def say(text):
    os.write(1, text.encode() + b"\\n")


def halting(function, name):
    def halt(*arguments, **more):
        say("at " + name)
        os.read(0, 1)  # go on, or be killed here
        return function(*arguments, **more)
    return halt


class Halting(sqlite3.Connection):
    def execute(self, statement, *arguments):
        if statement == "COMMIT":
            say("at commit")
            os.read(0, 1)
        return super().execute(statement, *arguments)


async def buy(ledger, store, cache, number):
    key = digest_bytes(b"key %d" % number)
    price = Price(Decimal("1.40"), "10", "second", "exact")
    attempt = await ledger.intend(Purchase(key, "ad", "clip", "studio/clip", "fal", {}, {}, price))
    say(f"intended {number}")
    await ledger.submitted(attempt, request_id=f"r{number}", status_url="s", response_url="r")
    say(f"submitted {number}")
    await ledger.completed(attempt, result={}, usd=Decimal("1.12"), billed_units="8")
    say(f"completed {number}")
    made = store.workspace() / "clip.mp4"
    made.write_bytes(b"clip %d" % number * 1000)
    blob = store.put_file(made, "video/mp4")
    say(f"stored {number}")
    await cache.record(key, "clip", Result({"video": blob}, Receipt("fal", Decimal("1.12"), f"r{number}", "8")))
    say(f"fetched {number}")


async def main():
    connect = sqlite3.connect
    sqlite3.connect = lambda *arguments, **more: connect(*arguments, factory=Halting, **more)
    root = Path(sys.argv[1])
    with Store.open(root) as store, Database.open(root) as database:
        for name in ("fsync", "replace", "fchmod", "mkdir"):
            setattr(os, name, halting(getattr(os, name), name))
        for number in range(2):
            await buy(StoreLedger(database), store, StepCache(database, store), number)
    say("end")


anyio.run(main)
"""

STATES = ["intended", "submitted", "completed", "stored", "fetched"]


def until_killed(root: Path, die: Callable[[list[str]], bool]) -> list[str]:
    """Let the writer go on until `die` says so at one of its halts, and kill it there; what it had said by then."""
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        for line in iter(writer.stdout.readline, b""):
            said.append(line.decode().strip())
            if said[-1].startswith("at "):
                if die(said):
                    writer.kill()
                    break
                writer.stdin.write(b".")
    return said


def halts(said: list[str]) -> list[str]:
    return [text.removeprefix("at ") for text in said if text.startswith("at ")]


def check(shelf: Shelf, said: list[str]) -> None:
    """Everything that the writer had awaited is there; what it was about to do is there whole or not at all."""
    for path in (shelf.store.root / "blobs").rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.parent.name + path.name
    entries = {entry.key: entry for entry in shelf.ledger.attempts()}
    for number in range(2):
        key = digest_bytes(b"key %d" % number)
        known = [state for state in STATES if f"{state} {number}" in said]
        entry = entries.get(key)
        if known:
            assert entry is not None
            reached = STATES.index(entry.state)
            assert reached >= STATES.index(known[-1]) or (entry.state, known[-1]) == ("completed", "stored")
        result = shelf.cache.lookup(key)
        assert (result is not None) == (entry is not None and entry.state == "fetched")
        if "stored" in known:
            assert shelf.store.has(digest_bytes(b"clip %d" % number * 1000), 6000)
    assert list((shelf.store.root / "work").glob("session-*")) == []


async def test_killed_before_each_change_of_the_disk(tmp_path: Path) -> None:
    whole = until_killed(tmp_path / "whole", lambda _said: False)
    assert whole[-1] == "end"
    changes = halts(whole)
    for number in range(len(changes)):
        root = tmp_path / f"killed-{number}"
        said = until_killed(root, lambda said, number=number: len(halts(said)) > number)  # type: ignore[misc]
        assert halts(said) == changes[: number + 1]
        with shelf_at(root) as shelf:
            check(shelf, said)


async def test_a_blob_is_flushed_before_it_has_its_name_and_named_before_it_is_recorded(tmp_path: Path) -> None:
    said = until_killed(tmp_path, lambda _said: False)
    steps = said[said.index("completed 0") + 1 : said.index("fetched 0")]
    flushed, stored = steps.index("at fsync"), steps.index("stored 0")
    named = len(steps) - 1 - steps[::-1].index("at replace")
    assert flushed < named < stored < steps.index("at commit")
    assert "at fsync" in steps[named:stored]


async def test_the_next_build_finishes_what_a_killed_one_bought(tmp_path: Path) -> None:
    """Killed between the model's answer and the store: the purchase is open, and storing it settles it."""
    until_killed(tmp_path, lambda said: "completed 0" in said)
    key = digest_bytes(b"key 0")
    with shelf_at(tmp_path) as shelf:
        attempt = await shelf.ledger.open_attempt(key)
        assert attempt is not None
        assert (attempt.state, attempt.request_id, attempt.usd) == ("completed", "r0", Decimal("1.12"))
        blob = shelf.store.put_bytes(b"clip 0" * 1000, "video/mp4")
        await shelf.cache.record(key, "clip", Result({"video": blob}, Receipt("fal", attempt.usd, attempt.request_id)))
        assert [entry.state for entry in shelf.ledger.attempts()] == ["fetched"]
