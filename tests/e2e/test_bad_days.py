"""Bad days of the seller and of the network, as people meet them: what they read, what it cost, and how it goes on."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from support.command import Ran, adc, steps_that
from support.films import decode
from support.killing import FRAMES, PAID, write_spec
from support.project import quick_draw
from support.sim import KEY, Sim, sim_at

from adc.runtime.database import Database
from adc.runtime.ledger import Entry, StoreLedger
from adc.runtime.sim.faults import Drop, Empty, Expire, Fail, Fault, Faults, Lose, Place, Refuse, Vanish

CLIP = "*o1/standard/reference-to-video"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_spec(tmp_path / "project")


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


def build(folder: Path, sim: Sim, *words: str) -> Ran:
    ran = adc("build", "dab.ad", "--yes", *words, folder=folder, env={"ADC_FAL_URL": sim.url, "FAL_KEY": KEY})
    assert "Traceback" not in ran.err
    return ran


def entries(tmp_path: Path) -> tuple[Entry, ...]:
    with Database.open(tmp_path / "store") as database:
        return StoreLedger(database).attempts()


def bought_once(sim: Sim, tmp_path: Path) -> bool:
    """Whether each paid step has one result that was paid for, and bill and ledger agree to the cent."""
    found = entries(tmp_path)
    fetched = Counter(entry.step for entry in found if entry.state == "fetched")
    return fetched == Counter(PAID) and sim.total() == sum((entry.usd for entry in found), Decimal(0))


def test_a_refused_prompt_has_its_own_exit_and_keeps_the_rest(folder: Path, tmp_path: Path, sim: Sim) -> None:
    edit_spec(folder, "leans in", "leans in over the blood on the sink")
    sim.faults.add(Fail(422, "content_policy_violation", "flagged", billed=True), times=3, endpoint=CLIP)
    careful = build(folder, sim)
    assert careful.code == 5
    assert "bought   hook.voiceover" in careful.out
    assert "there is no money for another try" in careful.err  # nobody said that more than the plan may be spent
    assert [entry.state for entry in entries(tmp_path) if entry.step == "hook.clip"] == ["failed"]
    sim.faults.add(Fail(422, "content_policy_violation", "flagged", billed=True), times=1, endpoint=CLIP)
    ran = build(folder, sim, "--max-cost", "5")
    assert ran.code == 5
    states = [entry.state for entry in entries(tmp_path) if entry.step == "hook.clip"]
    assert states == ["failed"] * 4  # at most two more tries in a build
    assert "AD0702" in ran.err
    assert " --> dab.ad:" in ran.err
    assert "blood" in ran.err
    again = build(folder, sim)
    assert again.code == 0, again.err
    assert steps_that("bought", again) == {"hook.clip", "window.clip"}
    assert bought_once(sim, tmp_path)


def edit_spec(folder: Path, old: str, new: str) -> None:
    spec = folder / "dab.ad"
    text = spec.read_text()
    assert text.count(old) == 1
    spec.write_text(text.replace(old, new))


def test_a_refused_value_is_underlined_in_the_spec(folder: Path, tmp_path: Path, sim: Sim) -> None:
    sim.faults.add(Fail(422, "image_load_error", "cannot be read"), times=1, endpoint=CLIP)
    ran = build(folder, sim)
    assert ran.code == 3
    assert "AD0701" in ran.err or "AD0703" in ran.err
    assert " --> dab.ad:" in ran.err
    assert [entry.state for entry in entries(tmp_path) if entry.step == "hook.clip"] == ["failed"]


def test_an_empty_account_stops_everything_and_the_same_command_goes_on(folder: Path, tmp_path: Path, sim: Sim) -> None:
    sim.faults.balance = Decimal("0.1503")  # enough for the portrait and the voice
    ran = build(folder, sim)
    assert ran.code == 3
    assert "locked" in ran.err or "balance" in ran.err
    assert f"to go on: adc build dab.ad --fal-url {sim.url}" in ran.err
    assert steps_that("bought", ran) == {"maya.pack.front", "hook.voiceover"}
    sim.faults.balance = None
    again = build(folder, sim)
    assert again.code == 0, again.err
    assert steps_that("bought", again) == {"hook.clip", "window.clip"}
    assert bought_once(sim, tmp_path)


def test_an_answer_without_media_is_bought_again_only_when_told_to(folder: Path, tmp_path: Path, sim: Sim) -> None:
    sim.faults.add(Empty(billed=True), times=1, endpoint=CLIP)
    ran = build(folder, sim)
    assert ran.code == 3
    assert "its answer has no video" in ran.err
    lost = next(entry.id for entry in entries(tmp_path) if entry.state == "completed")
    assert f"next: adc ledger resolve {lost} --given-up" in ran.err
    assert build(folder, sim).code == 3
    paid = len(sim.billed())
    assert adc("ledger", "resolve", str(lost), "--given-up", "--yes", folder=folder).code == 0
    told = build(folder, sim)
    assert told.code == 0, told.err
    assert len(sim.billed()) == paid + 2  # the clip once more, and the one behind it
    found = entries(tmp_path)
    assert sim.total() == sum((entry.usd for entry in found), Decimal(0))
    assert [entry.step for entry in found if entry.wasted] == ["hook.clip"]


def test_a_result_that_has_expired_is_taken_from_the_history(folder: Path, tmp_path: Path, sim: Sim) -> None:
    sim.faults.add(Expire("result", reads=0, status=410), rate=1.0)
    ran = build(folder, sim)
    assert ran.code == 0, ran.err
    assert bought_once(sim, tmp_path)


def test_a_request_that_fal_has_forgotten_is_the_users_to_settle(folder: Path, tmp_path: Path, sim: Sim) -> None:
    sim.faults.add(Vanish(billed=True), times=1, endpoint="*veo*")
    ran = build(folder, sim, "--wait", "0")
    assert ran.code == 3
    (lost,) = [entry for entry in entries(tmp_path) if entry.state == "ambiguous"]
    assert lost.step == "window.clip"
    assert f"adc ledger resolve {lost.id}" in ran.err
    plan = adc("plan", "dab.ad", folder=folder, env={"ADC_FAL_URL": sim.url, "FAL_KEY": KEY})
    assert "unsure" in plan.out
    assert "fal's history is asked before it is bought again" in plan.out
    words = ("ledger", "resolve", str(lost.id), "--given-up", "--yes")
    assert adc(*words, folder=folder).code == 0
    again = build(folder, sim)
    assert again.code == 0, again.err
    assert sim.total() == sum((entry.usd for entry in entries(tmp_path)), Decimal(0))


PLACES: tuple[Place, ...] = ("submit", "status", "stream", "result", "initiate", "upload", "download", "history")


def fault_of(place: Place, kind: str) -> Fault:
    match kind:
        case "drop":
            return Drop(place)
        case "lose":
            return Lose(place)
        case "proxy":
            return Refuse(place, 502, by_fal=False, html=True)
    return Refuse(place, 429, headers={"Retry-After": "0"})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_at_a_fifth_of_all_calls(folder: Path, tmp_path: Path, seed: int) -> None:
    faults = Faults(seed=seed)
    for place in PLACES:
        for kind in ("drop", "lose", "proxy", "busy"):
            faults.add(fault_of(place, kind), rate=0.055)  # one of the four: a fifth
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4, faults=faults) as sim:
        ran, builds = build(folder, sim, "--wait", "0"), 1
        while ran.code != 0 and builds < 12:
            settle(folder, tmp_path, sim)
            ran, builds = build(folder, sim, "--wait", "0"), builds + 1
        assert ran.code == 0, ran.err
        assert len(decode(folder / "out" / "dab.mp4").frames) == FRAMES
        assert bought_once(sim, tmp_path)


def settle(folder: Path, tmp_path: Path, sim: Sim) -> None:
    """What the seller's own list says of each purchase that nobody is sure of."""
    billed = {line["request_id"] for line in sim.billed()}
    for entry in entries(tmp_path):
        if entry.state in ("intended", "ambiguous"):
            known = {other.request_id for other in entries(tmp_path)}
            assert len(billed - known) <= 1, "of what is open, the next build finds all but the last by itself"
            words = ("--request", (billed - known).pop()) if billed - known else ("--not-bought",)
            env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
            done = adc("ledger", "resolve", str(entry.id), *words, "--yes", folder=folder, env=env)
            assert done.code == 0, done.err
