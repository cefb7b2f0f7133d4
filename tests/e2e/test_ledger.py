"""`adc ledger`: lists and sums for people and programs, one attempt, and what the user says of lost ones."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import anyio
import jsonschema
import pytest
from support.buying import buyer_at, voice
from support.command import ADC, Ran, adc
from support.ledgers import CLIP, LOST, SECRET, STILL, Book, a_month, key_of, write_ledger
from support.sim import Sim, sim_at
from syrupy.assertion import SnapshotAssertion

from adc.runtime.cli.arguments import STATES
from adc.runtime.database import Database
from adc.runtime.errors import Ambiguous
from adc.runtime.leases import Leases
from adc.runtime.ledger import Entry, Line, StoreLedger
from adc.runtime.ports import Attempt, AttemptState
from adc.runtime.sim.faults import Drop, Lose, Refuse

FOUND = "764cabcf-b745-4b3e-ae38-1200304cf45b"
ENDED = "the build ended before an answer was written down"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store whose ledger holds a month."""
    write_ledger(tmp_path / "store", a_month)
    return tmp_path / "store"


def ledger(store: Path, *words: str, zone: str = "UTC0", **env: str) -> Ran:
    """Run `adc ledger`; whatever it says, no secret is in it."""
    ran = adc("ledger", *words, folder=store.parent, env={"ADC_STORE": str(store), "TZ": zone, "COLUMNS": "100", **env})
    for text in (ran.out, ran.err):
        assert SECRET not in text
        assert "Traceback" not in text
    return ran


def document(store: Path, *words: str, zone: str = "UTC0") -> dict[str, Any]:
    """What `--json` prints, held to its published form."""
    ran = ledger(store, *words, "--json", zone=zone)
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    published = json.loads((files("adc.schemas") / "ledger.v1.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(found)
    return found


def ids(store: Path, *words: str, zone: str = "UTC0") -> list[int]:
    """The attempts that a list has."""
    return [attempt["id"] for attempt in document(store, *words, zone=zone)["attempts"]]


@contextmanager
def opened(store: Path) -> Iterator[StoreLedger]:
    with Database.open(store) as database:
        yield StoreLedger(database)


def entry(store: Path, number: int) -> Entry:
    """An attempt as it stands now."""
    with opened(store) as kept:
        found = kept.entry(number)
    assert found is not None
    return found


# Lists


def test_the_list(store: Path, snapshot: SnapshotAssertion) -> None:
    ran = ledger(store)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot


@pytest.mark.parametrize("by", ["ad", "scene", "model", "day"])
def test_sums(store: Path, by: str, snapshot: SnapshotAssertion) -> None:
    ran = ledger(store, "--by", by)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot
    groups = document(store, "--by", by)["groups"]
    for figure in ("usd_paid", "usd_perhaps", "usd_wasted"):
        by_hand = {"usd_paid": "3.74", "usd_perhaps": "5.60", "usd_wasted": "2.80"}[figure]
        sums = {one["engine"]: Decimal(one[figure]) for one in document(store)["sums"]}
        assert sum(sums.values()) == Decimal(by_hand)
        assert sum(Decimal(group[figure]) for group in groups) == Decimal(by_hand)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (("--ad", "hello"), [8, 9, 10]),
        (("--scene", "hook"), [2, 3, 4]),
        (("--scene", "hook.clip.2"), [4]),
        (("--scene", "maya"), [1]),
        (("--scene", "hoo"), []),
        (("--scene", "h%"), []),
        (("--model", "kling_o1_standard", "--ad", "hello"), [8, 9]),
        (("--model", STILL), [1]),
        (("--model", "studio/own"), [10]),
        (("--engine", "sim"), [9]),
        (("--engine", "fal", "--state", "fetched"), [1, 2]),
        (("--wasted",), [3, 5]),
        (("--wasted", "--state", "failed"), [3]),
        (("--since", "2026-03-03"), [6, 7, 8, 9, 10]),
        (("--until", "2026-02-28"), [1]),
        (("--since", "2026-03-02", "--until", "2026-03-02"), [3, 4, 5]),
        (("--since", "2026-03-02T09:00:02", "--until", "2026-03-03T09:00:01"), [4, 5]),
        (("--since", "2026-03-02T11:00:02+02:00", "--until", "2026-03-02"), [4, 5]),
        (("--since", "2026-04-01"), []),
    ],
)  # fmt: skip
def test_what_is_asked_for(store: Path, words: tuple[str, ...], found: list[int]) -> None:
    assert ids(store, *words) == found


def test_days_are_those_of_the_place_and_programs_read_utc(store: Path) -> None:
    # Half past three in the morning of the first of March is the evening before, five hours to the west.
    assert ids(store, "--until", "2026-02-28", zone="EST5") == [1, 2]
    assert ids(store, "--since", "2026-03-01", zone="EST5") == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "2026-02-28 22:30:01  glow_serum  hook.clip" in ledger(store, zone="EST5").out
    assert ledger(store, "--by", "day", zone="EST5").out.splitlines()[1].split()[:3] == ["2026-02-28", "fal", "2"]
    first = document(store, "--by", "day", zone="EST5")["groups"][0]
    assert (first["day"], first["attempts"]) == ("2026-02-28", 1)
    assert document(store, "--scene", "hook", zone="EST5")["attempts"][0]["intended_at"] == "2026-03-01T03:30:01.000Z"


def test_json_has_all_that_the_ledger_knows_and_money_as_text(store: Path) -> None:
    told = document(store)
    assert told["attempts"][1] == {
        "id": 2,
        "intended_at": "2026-03-01T03:30:01.000Z",
        "ad": "glow_serum",
        "scene": "hook",
        "step": "hook.clip",
        "model": "kling_o1_standard",
        "endpoint": CLIP,
        "engine": "fal",
        "state": "fetched",
        "usd": "1.12",
        "paid": "yes",
        "wasted": False,
        "usd_planned": "1.40",
        "units_planned": "10",
        "unit": "second",
        "mark": "exact",
        "usd_paid": "1.12",
        "billed_units": "8",
        "request_id": "r-2",
        "reason": "",
        "key": key_of(2),
        "moments": {
            "intended": "2026-03-01T03:30:01.000Z",
            "submitted": "2026-03-01T03:30:02.000Z",
            "running": "2026-03-01T03:30:03.000Z",
            "completed": "2026-03-01T03:30:04.000Z",
            "fetched": "2026-03-01T03:30:05.000Z",
        },
    }
    refused = told["attempts"][2]
    assert (refused["paid"], refused["wasted"], refused["usd"], refused["usd_paid"]) == ("yes", True, "1.40", None)
    assert refused["reason"] == "a filter refused what hook.clip says; see https://fal.ai/…"
    assert [attempt["paid"] for attempt in told["attempts"]] == [
        *("yes", "yes", "yes", "no", "perhaps", "perhaps", "perhaps", "perhaps", "yes", "perhaps")
    ]
    sums = {"fal": ("2.62", "5.60", "2.80", 1), "sim": ("1.12", "0", "0", 0)}
    figures = ("usd_paid", "usd_perhaps", "usd_wasted", "unpriced")
    assert {one["engine"]: tuple(one[name] for name in figures) for one in told["sums"]} == sums


def _spelled(value: object) -> str:
    """A value of the JSON as a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def test_csv(store: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(ledger(store, "--csv").out)))
    attempts = document(store)["attempts"]
    assert [row["id"] for row in rows] == [str(attempt["id"]) for attempt in attempts]
    for row, attempt in zip(rows, attempts, strict=True):
        expected = {name: _spelled(value) for name, value in attempt.items() if name != "moments"}
        assert row == expected
    groups = list(csv.DictReader(io.StringIO(ledger(store, "--csv", "--by", "scene").out)))
    assert (groups[0]["ad"], groups[0]["scene"], groups[0]["usd_wasted"]) == ("glow_serum", "hook", "1.40")
    assert ledger(store, "--csv", "--ad", "nobody").out.count("\n") == 1, "the header alone"


def test_what_a_spreadsheet_would_carry_out_is_text(tmp_path: Path) -> None:
    async def write(book: Book) -> None:
        for reason in ('=HYPERLINK("https://evil.example/?x")', "@SUM(1)", "  +1", "-2\n=3"):
            await book.attempt("hook.clip", "failed", reason=reason)

    write_ledger(tmp_path / "store", write)
    rows = list(csv.DictReader(io.StringIO(ledger(tmp_path / "store", "--csv").out)))
    assert [row["reason"] for row in rows] == ['\'=HYPERLINK("https://evil.example/…")', "'@SUM(1)", "'+1", "'-2 =3"]


def test_what_fal_said_cannot_write_over_the_terminal(tmp_path: Path) -> None:
    async def write(book: Book) -> None:
        asked: dict[str, Any] = {"prompt": "She \x1b[31msmiles", "seed\x1b[2J": "\x9b2J\u202e"}
        await book.attempt("hook.clip", "ambiguous", reason="\x1b]0;owned\x07lost\r\nfree", arguments=asked)

    write_ledger(tmp_path / "store", write)
    for words in ((), ("--json",), ("--csv",), ("show", "1"), ("resolve",)):
        out = ledger(tmp_path / "store", *words).out
        assert [character for character in out if not character.isprintable() and character != "\n"] == []
        assert "lost free" in out


# What is not there


def test_looking_makes_no_store(tmp_path: Path) -> None:
    store = tmp_path / "none"
    for words in ((), ("--by", "ad"), ("drift",), ("resolve",)):
        assert ledger(store, *words).code == 0
    assert ledger(store).out == "nothing was bought yet: the ledger of none is empty\n"
    assert ledger(store, "resolve").out == "nothing has to be settled\n"
    assert document(store) == {"schema": "adc/ledger/1", "attempts": [], "sums": []}
    assert document(store, "--by", "day") == {"schema": "adc/ledger/1", "by": "day", "groups": [], "sums": []}
    assert ledger(store, "show", "1").code == 2
    assert ledger(store, "resolve", "1", "--not-bought", "--yes").code == 2
    assert not store.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--ad", "glow_serun"), "it knows no ad `glow_serun`; did you mean `glow_serum`?\n"),
        (("--scene", "prof"), "it knows no scene `prof`; did you mean `proof`?\n"),
        (("--model", "ideogram"), "it knows no model `ideogram`; did you mean `ideogram_character`?\n"),
        (("--ad", "quux"), "it knows no ad `quux`\n"),
        (("--ad", "hello", "--wasted"), ""),
    ],
)  # fmt: skip
def test_nothing_is_like_that(store: Path, words: tuple[str, ...], told: str) -> None:
    ran = ledger(store, *words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"none of the 10 attempts in the ledger is like that\n{told}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--since", "yesterday"), "yesterday is not a date, such as 2026-03-01"),
        (("--until", "2026-02-30"), "2026-02-30 is not a date"),
        (("--until", "9999-12-31"), "9999-12-31 is not a date"),
        (("--state", "lost"), "invalid choice: 'lost'"),
        (("--json", "--csv"), "not allowed with"),
        (("show", "none"), "none is not a whole number"),
        (("show", "11"), "there is no attempt 11; `adc ledger` lists them"),
        (("--ad", "hello", "show", "1"), "`adc ledger show` takes no --ad"),
        (("--json", "resolve"), "`adc ledger resolve` takes no --json"),
        (("--by", "ad", "drift"), "`adc ledger drift` takes no --by"),
        (("resolve", "6", "--request", "../../x"), "../../x is not the id of a request"),
        (("resolve", "6", "--request", "a", "--given-up"), "not allowed with"),
        (("resolve", "--given-up"), "which attempt? `adc ledger resolve` lists those"),
        (("resolve", "11", "--given-up"), "there is no attempt 11"),
    ],
)  # fmt: skip
def test_words_that_mean_nothing(store: Path, words: tuple[str, ...], told: str) -> None:
    ran = ledger(store, *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_ledger_that_cannot_be_read(store: Path) -> None:
    for kept in store.glob("adc.sqlite*"):
        kept.write_bytes(b"no database" * 1000)
    for words in ((), ("show", "1"), ("resolve",)):
        ran = ledger(store, *words)
        assert (ran.code, ran.out) == (3, "")
        assert "cannot be used" in ran.err
        assert "\nnext: adc ledger\n" in ran.err


def test_a_line_is_its_entry_without_what_is_large(store: Path) -> None:
    names = [field.name for field in fields(Line)]
    with opened(store) as kept:
        lines = kept.lines()
        assert len(lines) == 10
        for line, whole in zip(lines, kept.attempts(), strict=True):
            assert [getattr(line, name) for name in names] == [getattr(whole, name) for name in names]


def test_the_states_are_the_ledgers_own() -> None:
    assert get_args(AttemptState) == STATES


def test_the_store_may_be_named_before_or_after(store: Path, tmp_path: Path) -> None:
    for words in (("show", "2", "--store", str(store)), ("--store", str(store), "show", "2")):
        assert ledger(tmp_path / "none", *words).out.startswith("attempt 2: hook.clip of glow_serum\n")


# One attempt


@pytest.mark.parametrize("number", [1, 2, 3, 6, 9, 10])
def test_all_about_one(store: Path, number: int, snapshot: SnapshotAssertion) -> None:
    ran = ledger(store, "show", str(number))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot


def test_drift_minds_the_same_filters(store: Path) -> None:
    assert "kling_o1_standard" in ledger(store, "drift").out
    assert "nothing to compare" in ledger(store, "--scene", "maya", "drift").out
    told = json.loads(ledger(store, "--engine", "fal", "drift", "--json").out)
    assert [one["attempts"] for one in told["models"]] == [1]


# What the user has found out


def test_what_has_to_be_settled(store: Path, snapshot: SnapshotAssertion) -> None:
    ran = ledger(store, "resolve")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot
    assert ledger(store, "resolve", "6").out == snapshot
    assert entry(store, 6).state == "ambiguous"


def test_it_was_bought(store: Path) -> None:
    ran = ledger(store, "resolve", "6", "--request", FOUND, "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "attempt 6 was bought; the next build goes on with it\n"
    with opened(store) as kept:
        attempt = anyio.run(kept.open_attempt, key_of(6))
    assert isinstance(attempt, Attempt)
    place = f"https://queue.fal.run/fal-ai/kling-video/requests/{FOUND}"
    assert (attempt.state, attempt.request_id, attempt.response_url) == ("submitted", FOUND, place)
    assert attempt.status_url == f"{place}/status"
    again = ledger(store, "resolve", "6", "--not-bought", "--yes")
    assert (again.code, again.err) == (2, "attempt 6 is submitted: there is nothing to settle\n")


@pytest.mark.parametrize(("number", "known"), [(6, "r-2"), (7, "r-8")])
def test_one_request_is_not_two_purchases(store: Path, number: int, known: str) -> None:
    before = entry(store, number)
    ran = ledger(store, "resolve", str(number), "--request", known, "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert f"request {known} is attempt {known[2:]}" in ran.err
    assert entry(store, number) == before


def test_a_request_that_fal_forgot_may_be_asked_for_again(tmp_path: Path) -> None:
    async def write(book: Book) -> None:
        attempt = await book.attempt("hook.clip", "submitted")
        await StoreLedger(book.database).ambiguous(attempt, reason="fal does not know it")

    write_ledger(tmp_path / "store", write)
    assert "  request   r-1\n" in ledger(tmp_path / "store", "resolve").out
    assert ledger(tmp_path / "store", "resolve", "1", "--request", "r-1", "--yes").code == 0
    assert entry(tmp_path / "store", 1).state == "submitted"


def test_what_was_sent_to_a_stand_in_is_there(tmp_path: Path) -> None:
    async def write(book: Book) -> None:
        await book.attempt("hook.clip", "ambiguous", engine="sim")

    store = tmp_path / "store"
    write_ledger(store, write)
    words = ("resolve", "1", "--request", "r-9", "--yes")
    assert ledger(store, *words).err == "attempt 1 was sent to a stand-in: say where it is with --fal-url URL\n"
    assert ledger(store, *words, "--fal-url", "https://queue.fal.run").code == 3, "which would be asked as a stand-in"
    assert ledger(store, *words, ADC_FAL_URL="http://127.0.0.1:8765").code == 0
    assert entry(store, 1).response_url == "http://127.0.0.1:8765/fal-ai/kling-video/requests/r-9"


@pytest.mark.parametrize(
    ("number", "flag", "charge", "usd", "reason"),
    [
        (6, "--not-bought", "no", "0", f"{LOST}; not bought, says the user"),
        (6, "--given-up", "maybe", "1.40", f"{LOST}; given up, says the user"),
        (7, "--not-bought", "no", "0", f"{ENDED}; not bought, says the user"),
        (7, "--given-up", "maybe", "1.40", f"{ENDED}; given up, says the user"),
    ],
)  # fmt: skip
def test_it_is_bought_anew(store: Path, number: int, flag: str, charge: str, usd: str, reason: str) -> None:
    ran = ledger(store, "resolve", str(number), flag, "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert "the next build buys it" in ran.out
    assert ("$1.40 may be lost" in ran.out) == (charge == "maybe")
    settled = entry(store, number)
    assert (settled.state, settled.charge, settled.usd, settled.reason) == ("abandoned", charge, Decimal(usd), reason)
    assert (number in ids(store, "--wasted")) == (charge == "maybe")
    with opened(store) as kept:
        assert anyio.run(kept.open_attempt, key_of(number)) is None


@pytest.mark.parametrize("number", [1, 3, 5, 8])
def test_what_is_no_doubt_is_not_settled(store: Path, number: int) -> None:
    before = entry(store, number)
    ran = ledger(store, "resolve", str(number), "--given-up", "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"attempt {number} is {before.state}: there is nothing to settle\n"
    assert entry(store, number) == before


def test_nothing_is_settled_under_a_running_build(store: Path) -> None:
    build = Leases(store / "leases")
    try:
        assert build.try_take(key_of(6))
        assert build.try_take(key_of(7))
        for number, step in ((6, "proof.clip"), (7, "park.clip")):
            ran = ledger(store, "resolve", str(number), "--given-up", "--yes")
            assert (ran.code, ran.out) == (3, "")
            assert ran.err == (
                f"a build is at work on {step}; nothing was changed\n"
                f"next: when it has ended, adc ledger resolve {number}\n"
            )
        listed = ledger(store, "resolve").out
    finally:
        build.close()
    assert (entry(store, 6).state, entry(store, 7).state) == ("ambiguous", "intended")
    assert listed == (
        "attempt 6: proof.clip of glow_serum: a build is looking for it in fal's history\n\nnothing has to be settled\n"
    )


def test_without_a_terminal_and_a_yes_nothing_is_changed(store: Path) -> None:
    ran = ledger(store, "resolve", "6", "--given-up")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == "there is no terminal to ask at, and nothing was changed; --yes settles it without asking\n"
    assert entry(store, 6).state == "ambiguous"


@pytest.mark.parametrize(
    ("typed", "code", "state"),
    [(b"y\n", 0, "abandoned"), (b"n\n", 4, "ambiguous"), (b"\n", 4, "ambiguous"), (b"", 130, "ambiguous")],
    ids=["yes", "no", "enter", "interrupt"],
)
def test_at_a_terminal_it_asks(store: Path, typed: bytes, code: int, state: str) -> None:
    here, there = pty.openpty()
    words = [*ADC, "ledger", "resolve", "6", "--given-up"]
    with subprocess.Popen(words, stdin=there, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        asked = b""
        while not asked.endswith(b"[y/N] ") and (more := process.stderr.read(1)):
            asked += more
        if typed:
            os.write(here, typed)
        else:
            process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    os.close(here)
    os.close(there)
    question = b"attempt 6 (proof.clip of glow_serum) is given up, and $1.40 may be lost: is it so? [y/N] "
    assert (asked, process.returncode) == (question, code)
    assert (b"nothing was changed" in told) == (code != 0)
    assert entry(store, 6).state == state


# What the next build makes of it


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    """A stand-in whose history tells nothing."""
    with sim_at(tmp_path / "sim") as running:
        running.faults.add(Refuse("history", 403), rate=1.0)
        yield running


async def _lose(sim: Sim, folder: Path) -> None:
    async with buyer_at(sim.url, folder) as buyer:
        with pytest.raises(Ambiguous, match="may have been bought"):
            await buyer.buy(voice())


async def _build(sim: Sim, folder: Path) -> None:
    async with buyer_at(sim.url, folder) as buyer:
        await buyer.buy(voice())


def test_a_build_goes_on_with_the_request_that_the_user_has_found(tmp_path: Path, sim: Sim) -> None:
    sim.faults.add(Lose("submit"))
    anyio.run(_lose, sim, tmp_path)
    [line] = sim.billed()
    words = ("resolve", "1", "--request", line["request_id"], "--yes", "--fal-url", sim.url)
    assert ledger(tmp_path / "store", *words).code == 0
    anyio.run(_build, sim, tmp_path)
    assert sim.billed() == [line]
    assert entry(tmp_path / "store", 1).state == "completed"


def test_a_build_buys_what_the_user_knows_was_not_bought(tmp_path: Path, sim: Sim) -> None:
    sim.faults.add(Drop("submit"))
    anyio.run(_lose, sim, tmp_path)
    anyio.run(_lose, sim, tmp_path)  # building again does not buy it
    assert sim.billed() == []
    assert ledger(tmp_path / "store", "resolve", "1", "--not-bought", "--yes").code == 0
    anyio.run(_build, sim, tmp_path)
    assert len(sim.billed()) == 1
    [sums] = document(tmp_path / "store")["sums"]
    assert (sums["engine"], sums["attempts"], Decimal(sums["usd_paid"])) == ("sim", 2, sim.total())
