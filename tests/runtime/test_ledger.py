"""The ledger is written before it happens, and only moves as drawn."""

import itertools
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from support.fakes import Shelf, shelf_at

from adc.compiler.digest import digest_bytes
from adc.runtime.ledger import MOVES
from adc.runtime.ports import AttemptState, Ledger, Receipt, Result

pytestmark = pytest.mark.anyio

SIGNED = "https://media.example/hook.mp4?signature=topsecret"


async def intend(ledger: Ledger, key: str = "k1", ad: str = "glow_serum") -> int:
    return await ledger.intend(
        key=key, ad=ad, step="hook.clip", endpoint="studio/clip", arguments={"image_url": SIGNED}, usd=Decimal("1.40")
    )


async def move(ledger: Ledger, attempt: int, to: AttemptState) -> None:
    match to:
        case "submitted":
            await ledger.submitted(attempt, request_id="r-1", status_url=SIGNED + "&s", response_url=SIGNED + "&r")
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

        await move(ledger, attempt, "completed")
        opened = await ledger.open_attempt("k1")
        assert opened is not None
        assert (opened.state, opened.usd, opened.result) == ("completed", Decimal("1.12"), {"video": {"url": SIGNED}})

        await fetched(shelf, "k1")
    with shelf_at(tmp_path) as shelf:
        (entry,) = shelf.ledger.attempts()
        assert (entry.state, entry.usd_planned, entry.usd_paid) == ("fetched", Decimal("1.40"), Decimal("1.12"))
        assert (entry.billed_units, entry.step, entry.arguments) == ("8", "hook.clip", {"image_url": SIGNED})
        assert list(entry.moments) == ["intended", "submitted", "completed", "fetched"]
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
