"""The ledger is written before it happens, and only moves as drawn."""

import itertools
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from support.fakes import Shelf, shelf_at

from adc.compiler.digest import digest_bytes
from adc.compiler.plan import Json, Price
from adc.runtime.database import SCHEMA
from adc.runtime.errors import SpendRefused
from adc.runtime.ledger import MOVES
from adc.runtime.ports import AttemptState, DayCap, Ledger, Purchase, Receipt, Result

pytestmark = pytest.mark.anyio

SIGNED = "https://media.example/hook.mp4?signature=topsecret"


async def intend(ledger: Ledger, key: str = "k1", ad: str = "glow_serum") -> int:
    return await ledger.intend(purchase(key, ad))


def purchase(key: str, ad: str = "glow_serum", usd: str = "1.40", engine: str = "fal") -> Purchase:
    price = Price(Decimal(usd), "10", "second", "exact")
    arguments: Json = {"image_url": SIGNED}
    return Purchase(key, ad, "hook.clip", "studio/clip", engine, arguments, {SIGNED: "sha256:00"}, price)


async def move(ledger: Ledger, attempt: int, to: AttemptState) -> None:
    match to:
        case "submitted":
            await ledger.submitted(
                attempt, request_id=f"r-{attempt}", status_url=SIGNED + "&s", response_url=SIGNED + "&r"
            )
        case "running":
            await ledger.running(attempt)
        case "completed":
            await ledger.completed(attempt, result={"video": {"url": SIGNED}}, usd=Decimal("1.12"), billed_units="8")
        case "failed":
            await ledger.failed(attempt, reason="the model refused")
        case "ambiguous":
            await ledger.ambiguous(attempt, reason="the answer was lost")
        case "abandoned":
            await ledger.abandon(attempt, reason="bought again")
        case _:
            raise ValueError(to)


WAYS: dict[AttemptState, tuple[AttemptState, ...]] = {
    "intended": (),
    "submitted": ("submitted",),
    "running": ("submitted", "running"),
    "completed": ("submitted", "completed"),
    "failed": ("failed",),
    "ambiguous": ("ambiguous",),
    "abandoned": ("ambiguous", "abandoned"),
}


async def fetched(shelf: Shelf, key: str) -> None:
    blob = shelf.store.put_bytes(b"clip", "video/mp4")
    await shelf.cache.record(key, "hook.clip", Result({"video": blob}, Receipt("fal", Decimal("1.12"), "r-1", "8")))


async def test_a_good_attempt_is_known_at_every_moment(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        ledger: Ledger = shelf.ledger
        assert await ledger.open_attempt("k1") is None
        attempt = await intend(ledger)
        opened = await ledger.open_attempt("k1")
        assert opened is not None
        assert (opened.id, opened.state, opened.usd, opened.request_id) == (attempt, "intended", Decimal("1.40"), "")

        await move(ledger, attempt, "submitted")
        opened = await ledger.open_attempt("k1")
        assert opened is not None
        assert (opened.state, opened.request_id, opened.response_url) == ("submitted", "r-1", SIGNED + "&r")
        assert (opened.arguments, opened.step, opened.engine) == ({"image_url": SIGNED}, "hook.clip", "fal")
        await move(ledger, attempt, "running")

        await move(ledger, attempt, "completed")
        opened = await ledger.open_attempt("k1")
        assert opened is not None
        assert (opened.state, opened.usd, opened.result) == ("completed", Decimal("1.12"), {"video": {"url": SIGNED}})

        await fetched(shelf, "k1")
    with shelf_at(tmp_path) as shelf:
        (entry,) = shelf.ledger.attempts()
        assert (entry.state, entry.usd_planned, entry.usd_paid) == ("fetched", Decimal("1.40"), Decimal("1.12"))
        assert (entry.billed_units, entry.step, entry.arguments) == ("8", "hook.clip", {"image_url": SIGNED})
        assert list(entry.moments) == ["intended", "submitted", "running", "completed", "fetched"]
        assert entry.moments["intended"] == "2026-03-02T09:00:01.000Z"
        assert sorted(entry.moments.values()) == list(entry.moments.values())


@pytest.mark.parametrize(
    ("state", "to"),
    [pair for pair in itertools.product(WAYS, get_args(AttemptState)) if pair[1] not in ("intended", "fetched")],
)
async def test_only_the_drawn_moves_are_made(tmp_path: Path, state: AttemptState, to: AttemptState) -> None:
    with shelf_at(tmp_path) as shelf:
        attempt = await intend(shelf.ledger)
        for step in WAYS[state]:
            await move(shelf.ledger, attempt, step)
        if to in MOVES[state]:
            await move(shelf.ledger, attempt, to)
            assert shelf.ledger.attempts()[0].state == to
        else:
            with pytest.raises(AssertionError, match=f"attempt {attempt} cannot become {to}"):
                await move(shelf.ledger, attempt, to)
            assert shelf.ledger.attempts()[0].state == state


async def test_every_state_is_drawn() -> None:
    assert set(MOVES) == set(get_args(AttemptState))


async def test_a_key_cannot_be_bought_twice(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        first = await intend(shelf.ledger)
        with pytest.raises(AssertionError, match=r"hook\.clip has an open attempt"):
            await intend(shelf.ledger)
        await move(shelf.ledger, first, "failed")
        second = await intend(shelf.ledger)
        await move(shelf.ledger, second, "ambiguous")
        with pytest.raises(AssertionError):
            await intend(shelf.ledger)
        await move(shelf.ledger, second, "abandoned")
        third = await intend(shelf.ledger)
        opened = await shelf.ledger.open_attempt("k1")
        assert opened is not None
        assert opened.id == third
        assert [entry.state for entry in shelf.ledger.attempts()] == ["failed", "abandoned", "intended"]


async def test_a_fetched_attempt_stays_open_until_its_media_is_lost_on_both_sides(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        attempt = await intend(shelf.ledger)
        await move(shelf.ledger, attempt, "submitted")
        await move(shelf.ledger, attempt, "completed")
        await fetched(shelf, "k1")
        opened = await shelf.ledger.open_attempt("k1")
        assert opened is not None
        assert opened.state == "fetched"
        await shelf.ledger.failed(attempt, reason="its media has expired")
        assert await shelf.ledger.open_attempt("k1") is None


async def test_recording_a_result_settles_no_other_attempt(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        for key in ("k1", "k2", "k3"):
            attempt = await intend(shelf.ledger, key)
            await move(shelf.ledger, attempt, "submitted")
            if key != "k3":
                await move(shelf.ledger, attempt, "completed")
        await fetched(shelf, "k1")
        await fetched(shelf, "k3")
        assert [entry.state for entry in shelf.ledger.attempts()] == ["fetched", "completed", "submitted"]


async def test_attempts_of_one_ad(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await intend(shelf.ledger, "k1", "glow_serum")
        await intend(shelf.ledger, "k2", "hello")
        assert [entry.key for entry in shelf.ledger.attempts("hello")] == ["k2"]
        assert len(shelf.ledger.attempts()) == 2


async def test_uploads_are_remembered_by_content_and_host(tmp_path: Path) -> None:
    digest = digest_bytes(b"picture")
    with shelf_at(tmp_path) as shelf:
        assert await shelf.ledger.upload_of(digest, "media.example") is None
        await shelf.ledger.uploaded(digest, "media.example", "https://media.example/1")
        await shelf.ledger.uploaded(digest, "media.example", "https://media.example/2")
    with shelf_at(tmp_path) as shelf:
        assert await shelf.ledger.upload_of(digest, "media.example") == "https://media.example/2"
        assert await shelf.ledger.upload_of(digest, "localhost") is None


async def test_the_printed_form_shows_no_address(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        attempt = await intend(shelf.ledger)
        await move(shelf.ledger, attempt, "submitted")
        await move(shelf.ledger, attempt, "completed")
        assert "topsecret" not in repr(shelf.ledger.attempts())


async def test_what_an_attempt_counts_for(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        for key in ("open", "free", "perhaps", "lost", "paid"):
            await intend(shelf.ledger, key)
        await shelf.ledger.failed(2, reason="a runner failed", charge="no")
        await shelf.ledger.failed(3, reason="refused", charge="maybe")
        await shelf.ledger.ambiguous(4, reason="the answer was lost")
        await move(shelf.ledger, 5, "submitted")
        await move(shelf.ledger, 5, "completed")
        counts = {entry.key: (entry.usd, entry.wasted) for entry in shelf.ledger.attempts()}
        planned, paid = Decimal("1.40"), Decimal("1.12")
        assert counts == {
            "open": (planned, False),
            "free": (Decimal(0), False),
            "perhaps": (planned, True),
            "lost": (planned, False),
            "paid": (paid, False),
        }
        await shelf.ledger.abandon(4, reason="it is not at fal", charge="no")
        assert shelf.ledger.committed("fal", "") == planned + planned + paid
        assert shelf.ledger.committed("fal", "2026-03-02T09:00:01.500Z") == planned + paid
        assert shelf.ledger.committed("sim", "") == 0


async def test_a_cap_of_the_day_holds_for_all_builds_together(tmp_path: Path) -> None:
    cap = DayCap(Decimal("3.00"), "2026-03-02T00:00:00.000Z")
    with shelf_at(tmp_path) as one, shelf_at(tmp_path) as other:
        first = await one.ledger.intend(purchase("k1"), cap)
        await other.ledger.intend(purchase("k2"), cap)
        await one.ledger.intend(purchase("k3", engine="sim"), cap)  # another seller's money
        with pytest.raises(SpendRefused, match=r"costs \$1\.40, and with the \$2\.80 of today .* \$3\.00 a day"):
            await one.ledger.intend(purchase("k4"), cap)
        await one.ledger.failed(first, reason="a runner failed", charge="no")
        await one.ledger.intend(purchase("k4"), cap)
        assert len(one.ledger.attempts()) == 4


async def test_requests_that_are_known(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await move(shelf.ledger, await intend(shelf.ledger), "submitted")
        await intend(shelf.ledger, "k2")
        assert await shelf.ledger.known_requests("studio/clip") == {"r-1"}
        assert await shelf.ledger.known_requests("studio/still") == frozenset()


async def test_an_upload_that_expires_soon_is_forgotten(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        await shelf.ledger.uploaded("sha256:1", "host", "https://media.example/1", "2026-03-03T08:00:00.000Z")
        await shelf.ledger.uploaded("sha256:2", "host", "https://media.example/2", "2026-03-05T08:00:00.000Z")
        assert await shelf.ledger.upload_of("sha256:1", "host") is None
        assert await shelf.ledger.upload_of("sha256:2", "host") == "https://media.example/2"


async def test_a_ledger_of_the_first_version_is_read(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "adc.sqlite")
    connection.executescript(SCHEMA)
    connection.execute("PRAGMA user_version = 1")
    connection.execute(
        "INSERT INTO attempts (key, ad, step, endpoint, arguments, state, usd_planned, intended_at)"
        " VALUES ('k1', 'hello', 'hook.clip', 'studio/clip', '{}', 'submitted', '1.40', '2026-03-01T09:00:00.000Z')"
    )
    connection.execute("INSERT INTO uploads VALUES ('sha256:1', 'host', 'https://media.example/1', 'then')")
    connection.commit()
    connection.close()
    with shelf_at(tmp_path) as shelf:
        (entry,) = shelf.ledger.attempts()
        assert (entry.state, entry.usd, entry.engine, entry.inputs) == ("submitted", Decimal("1.40"), "fal", {})
        assert await shelf.ledger.upload_of("sha256:1", "host") == "https://media.example/1"
        await shelf.ledger.running(entry.id)
