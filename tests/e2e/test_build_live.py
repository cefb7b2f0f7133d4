"""Buying a film through the real protocol, from a stand-in over real sockets, and paying for it once."""

import json
import os
import re
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from support.command import ADC, Ran, adc, steps_that
from support.films import decode, loudness
from support.project import SCENES, edit, quick_draw
from support.sim import KEY, Sim, sim_at

from adc.runtime.draft.draw import draw
from adc.runtime.sim.faults import Lose, Refuse

PAID = {
    "maya.pack.front",
    "maya.pack.profile",
    "hook.keyframe",
    "hook.clip",
    "proof.clip",
    "proof.voiceover",
    "window.clip",
}


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    """A stand-in whose films are small and quickly made."""
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


def build(project: Path, sim: Sim, *words: str, key: str = KEY, answer: str | None = None) -> Ran:
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": key}
    ran = adc("build", "tiny.ad", *words, folder=project, env=env, answer=answer)
    for text in (ran.out, ran.err):
        assert KEY not in text
        assert "Traceback" not in text
    return ran


def purchases(tmp_path: Path) -> list[tuple[str, str, Decimal]]:
    """Step, state and dollars of each attempt in the ledger."""
    with sqlite3.connect(tmp_path / "store" / "adc.sqlite") as database:
        rows = database.execute("SELECT step, state, usd_paid FROM attempts ORDER BY id").fetchall()
    database.close()
    return [(step, state, Decimal(usd or 0)) for step, state, usd in rows]


def test_a_film_bought_from_the_draft_engine(project: Path, tmp_path: Path) -> None:
    with sim_at(tmp_path / "sim", draw=draw, runners=4) as drawing:
        ran = build(project, drawing, "--yes")
    assert ran.code == 0, ran.err
    film = decode(project / "out" / "tiny.mp4")
    assert (len(film.frames), film.width, film.height) == (330, 270, 480)
    onset = film.onset(*SCENES["hook"], rate=30)
    assert onset is not None
    assert onset <= 0.05
    assert loudness(project / "out" / "tiny.mp4") == pytest.approx(-14, abs=1)


def test_a_bought_film(project: Path, tmp_path: Path, sim: Sim) -> None:
    plan = json.loads(adc("plan", "tiny.ad", "--json", folder=project).out)
    ran = build(project, sim, "--yes")
    assert ran.code == 0, ran.err
    assert steps_that("bought", ran) == PAID
    assert "tiny.ad.sim.lock is new: it says what was bought for this film; commit it with the spec" in ran.out
    film = decode(project / "out" / "tiny.mp4")
    assert (len(film.frames), film.width, film.height) == (330, 270, 480)

    # The bill, the ledger and the plan agree to the cent, and each paid step stands there once.
    assert len(sim.billed()) == len(PAID)
    bought = purchases(tmp_path)
    assert Counter(step for step, _, _ in bought) == Counter(PAID)
    assert {state for _, state, _ in bought} == {"fetched"}
    assert sim.total() == sum(usd for _, _, usd in bought) == Decimal(plan["usd"])

    again = build(project, sim, "--yes")
    assert again.out == "nothing to do: out/tiny.mp4 is up to date\n"
    (project / "out" / "tiny.mp4").unlink()
    delivered = build(project, sim)  # nothing to buy, so nothing to ask
    assert delivered.code == 0, delivered.err
    # What the lock holds needs nothing that is bought: the pictures behind the clips are not looked at again.
    assert steps_that("cached", delivered) == {"hook.clip", "proof.clip", "window.clip", "proof.voiceover"} | {
        "proof.last_frame",
        "offer.card",
        "film.master",
    }
    assert not steps_that("made", delivered)
    assert len(sim.billed()) == len(PAID)


def test_a_change_buys_only_what_hangs_on_it(project: Path, sim: Sim) -> None:
    assert build(project, sim, "--yes").code == 0
    before = len(sim.billed())
    edit(project, "lifts {{ serum }}", "raises {{ serum }}")
    ran = build(project, sim, "--yes")
    assert steps_that("bought", ran) == {"proof.clip", "window.clip"}
    assert len(sim.billed()) == before + 2


def test_a_draft_never_stands_in_for_a_purchase_nor_the_other_way_round(project: Path, sim: Sim) -> None:
    drafted = adc("build", "tiny.ad", folder=project)
    assert steps_that("made", drafted) >= PAID
    assert steps_that("bought", build(project, sim, "--yes")) == PAID
    edit(project, "lifts {{ serum }}", "raises {{ serum }}")
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    again = adc("build", "tiny.ad", "--draft", folder=project, env=env)
    assert steps_that("made", again) == {"proof.clip", "proof.last_frame", "window.clip", "film.master"}
    assert len(sim.billed()) == len(PAID)


def test_nothing_is_spent_without_a_yes(project: Path, sim: Sim) -> None:
    ran = build(project, sim)
    assert ran.code == 4
    assert re.search(r"would spend up to \$\d+\.\d\d and there is no terminal to ask at; nothing was spent", ran.err)
    assert f"next: adc build tiny.ad --fal-url {sim.url} --yes\n" in ran.err
    assert sim.billed() == []


def test_a_refused_key_stops_everything(project: Path, sim: Sim) -> None:
    ran = build(project, sim, "--yes", key="bad")
    assert ran.code == 3
    assert "FAL_KEY" in ran.err
    assert f"to go on: adc build tiny.ad --fal-url {sim.url}\n" in ran.err
    assert sim.billed() == []
    assert build(project, sim, "--yes").code == 0
    assert len(sim.billed()) == len(PAID)


def test_a_lost_answer_is_never_bought_again_blindly(project: Path, tmp_path: Path, sim: Sim) -> None:
    sim.faults.add(Lose("submit"))
    sim.faults.add(Refuse("history", 403), rate=1.0)
    ran = build(project, sim, "--yes", "--remote", "1", "--wait", "0")
    assert ran.code == 3
    lost = [step for step, state, _ in purchases(tmp_path) if state == "ambiguous"]
    assert len(lost) == 1
    assert "next: adc ledger resolve 1" in ran.err
    before = len(sim.billed())

    store = str(tmp_path / "store")
    stubborn = build(project, sim, "--yes", "--wait", "0", "--store", store)
    assert stubborn.code == 3
    assert f"next: adc ledger resolve --store {store} 1" in stubborn.err
    bought = len(sim.billed())
    assert bought >= before

    unwilling = build(project, sim, "--yes", "--on-ambiguous", "fail")
    assert unwilling.code == 4
    assert "this build did not begin" in unwilling.err
    assert "may have been bought for" in unwilling.err
    assert "next: adc ledger resolve" in unwilling.err
    assert len(sim.billed()) == bought

    decided = build(project, sim, "--yes", "--on-ambiguous", "rebuy")
    assert decided.code == 0, decided.err
    states = Counter((step, state) for step, state, _ in purchases(tmp_path))
    assert states[lost[0], "abandoned"] == states[lost[0], "fetched"] == 1
    assert len(sim.billed()) == len(PAID) + 1  # the lost one was billed too, and the user said so


def test_a_lost_answer_is_found_in_the_history(project: Path, tmp_path: Path, sim: Sim) -> None:
    for _ in range(3):
        sim.faults.add(Lose("submit"))
    ran = build(project, sim, "--yes")
    assert ran.code == 0, ran.err
    assert len(sim.billed()) == len(PAID)
    assert {state for _, state, _ in purchases(tmp_path)} == {"fetched"}


def interrupted(project: Path, sim: Sim, at: str, number: int) -> int:
    """Start a build, signal it when it has written a line that holds `at`, and give its exit code."""
    env = {**os.environ, "ADC_FAL_URL": sim.url, "FAL_KEY": KEY, "PYTHONUNBUFFERED": "1"}
    words = [*ADC, "build", "tiny.ad", "--yes"]
    with subprocess.Popen(
        words, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if at in line:
                process.send_signal(number)
                break
        else:
            pytest.fail(f"the build never said {at!r}")
        process.stdout.read()
        return process.wait()


@pytest.mark.parametrize(
    "at", ["start    maya.pack.front", "1/10", "start    hook.clip", "bought   proof.clip", "9/10"]
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_after_an_interruption_the_same_command_goes_on(
    project: Path, tmp_path: Path, sim: Sim, at: str, number: signal.Signals
) -> None:
    code = interrupted(project, sim, at, number)
    assert code == (130 if number is signal.SIGINT else -signal.SIGKILL)
    ran = build(project, sim, "--yes", "--wait", "0")
    bills = len(sim.billed())
    if ran.code == 0:
        assert bills == len(PAID)
    else:
        # Killed between sending and hearing: it may have been bought, so the user is asked.
        assert number is signal.SIGKILL
        unsure = [step for step, state, _ in purchases(tmp_path) if state in ("intended", "ambiguous")]
        assert unsure
        assert "adc ledger resolve" in ran.err
        assert build(project, sim, "--yes", "--on-ambiguous", "rebuy").code == 0
        assert len(PAID) <= len(sim.billed()) <= len(PAID) + len(unsure)
    assert len(decode(project / "out" / "tiny.mp4").frames) == 330
