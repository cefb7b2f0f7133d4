"""The money path with everything that is bought: to the cent, once, and nothing again that has not changed."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from support.campaign import PAID, draw, write_campaign
from support.command import ADC, Ran, adc, steps_that
from support.films import decode
from support.sim import KEY, Sim, sim_at

FILMS = {"film.master", "film.1x1"}
SHOWN = ("out/campaign.mp4", "out/campaign.1x1.mp4")


def build(project: Path, sim: Sim, *words: str) -> Ran:
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    ran = adc("build", "campaign.ad", *words, folder=project, env=env)
    assert KEY not in ran.out + ran.err
    assert "Traceback" not in ran.err
    return ran


def edit(project: Path, old: str, new: str) -> None:
    """Replace some text of the spec."""
    spec = project / "campaign.ad"
    text = spec.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    spec.write_text(text.replace(old, new), encoding="utf-8")


def attempts(store: Path) -> list[tuple[str, str, Decimal]]:
    """Step, state and dollars of each row of the ledger."""
    with sqlite3.connect(store / "adc.sqlite") as database:
        rows = database.execute("SELECT step, state, usd_paid FROM attempts ORDER BY id").fetchall()
    database.close()
    return [(step, state, Decimal(usd or 0)) for step, state, usd in rows]


def plan_of(project: Path, *words: str) -> dict[str, object]:
    plan = json.loads(adc("plan", "campaign.ad", "--json", *words, folder=project).out)
    assert isinstance(plan, dict)
    return plan


@pytest.fixture(scope="module")
def bought_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project, built live, its store, and the stand-in's bill."""
    folder = tmp_path_factory.mktemp("bought")
    project = write_campaign(folder / "project")
    with sim_at(folder / "sim", draw=draw, runners=4) as sim:
        ran = build(project, sim, "--yes", "--store", str(folder / "store"))
    assert ran.code == 0, ran.err
    (folder / "said").write_text(ran.out, encoding="utf-8")
    return folder


@pytest.fixture
def bought(bought_once: Path, tmp_path: Path) -> Path:
    """A copy of the built project, with a copy of its store where ADC_STORE says."""
    shutil.copytree(bought_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "project"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project, of which nothing is made yet."""
    return write_campaign(tmp_path / "project")


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    """A stand-in with a bill of its own."""
    with sim_at(tmp_path / "another sim", draw=draw, runners=4) as running:
        yield running


def test_plan_ledger_and_bill_agree_to_the_cent(bought_once: Path) -> None:
    plan = plan_of(bought_once / "project")
    rows = attempts(bought_once / "store")
    assert Counter(step for step, _, _ in rows) == Counter(PAID)
    assert {state for _, state, _ in rows} == {"fetched"}
    bill = [json.loads(line) for line in (bought_once / "sim" / "bill.jsonl").read_text().splitlines()]
    assert len(bill) == len(PAID)
    billed = sum((Decimal(line["usd"]) for line in bill), Decimal(0))
    assert billed == sum((usd for _, _, usd in rows), Decimal(0)) == Decimal(str(plan["usd"]))


def test_the_plan_follows_its_published_schema(bought_once: Path, repository: Path) -> None:
    schema = json.loads((repository / "schemas" / "plan.v1.json").read_text(encoding="utf-8"))
    plan = plan_of(bought_once / "project")
    jsonschema.validate(plan, schema)
    steps = plan["steps"]
    assert isinstance(steps, list)
    assert {step["output"] for step in steps} == {"text", "image", "video", "audio", "archive", "weights"}


def test_all_films_are_told_and_as_planned(bought_once: Path) -> None:
    said = (bought_once / "said").read_text(encoding="utf-8")
    sizes = ((270, 480), (270, 270))
    lines = [f"{film}: 26.5 s, {w}x{h}, 10 fps\n" for film, (w, h) in zip(SHOWN, sizes, strict=True)]
    assert said.endswith("\n" + "".join(lines))
    for film, size in zip(SHOWN, sizes, strict=True):
        decoded = decode(bought_once / "project" / film)
        assert (decoded.width, decoded.height) == size
        assert len(decoded.frames) == 265


@pytest.mark.parametrize(
    ("old", "new", "words", "buys"),
    [
        ("", "", ("--variant", "opener=secret"), {"hook.clip", "proof.clip.1", "proof.clip.2", "park.morph"}),
        ("", "", ("--variant", "closer=hard"), {"walk.voice.2", "walk.lipsync.2"}),
        ("", "", ("--set", "city=Boston"), {"proof.clip.1", "proof.clip.2", "park.morph"}),
        ("", "", ("--set", "opening=4s"), {"hook.clip", "proof.clip.1", "proof.clip.2", "park.morph", "music"}),
        ('camera "wide"', 'camera "from above"', (), {"walk.clip.1", "walk.clip.2", "walk.lipsync.2"}),
        ('camera "close"', 'camera "closer"', (), {"walk.clip.2", "walk.lipsync.2"}),
        ('"Day 30" at top', '"Day 31" at bottom', (), set()),
    ],
)
def test_a_change_buys_what_hangs_on_it_and_nothing_else(
    bought: Path, sim: Sim, old: str, new: str, words: tuple[str, ...], buys: set[str]
) -> None:
    if old:
        edit(bought, old, new)
    ran = build(bought, sim, "--yes", *words)
    assert ran.code == 0, ran.err
    assert steps_that("bought", ran) == buys
    assert len(sim.billed()) == len(buys)
    assert steps_that("made", ran) >= FILMS


@pytest.mark.parametrize(
    ("old", "new", "made"),
    [
        ("level -22dB", "level -30dB", FILMS),
        ("duck  9dB", "duck  12dB", FILMS),
        ("captions bold", "captions karaoke", FILMS),
        ("fade 500ms", "dissolve 500ms", FILMS),
        ('headline "Only', 'headline "Now', {"offer.card", "offer.card.1x1", *FILMS}),
        ("9:16, 1:1", "9:16, 4:5", {"offer.card.4x5", "film.4x5"}),
    ],
)
def test_what_is_made_here_costs_nothing_to_change(bought: Path, sim: Sim, old: str, new: str, made: set[str]) -> None:
    edit(bought, old, new)
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    said = json.loads(adc("plan", "campaign.ad", "--json", "--status", folder=bought, env=env).out)
    assert {step for step, one in said["status"].items() if one["status"] != "cached"} == made
    assert said["usd_ahead"] == "0"


def test_a_film_that_is_missing_or_damaged_comes_back(bought: Path, sim: Sim) -> None:
    everything = "nothing to do: out/campaign.mp4 and out/campaign.1x1.mp4 are up to date\n"
    assert build(bought, sim).code == 0  # the note of a build belongs to its folder, and this is a copy
    assert build(bought, sim).out == everything
    for film in SHOWN:
        whole = (bought / film).read_bytes()
        (bought / film).unlink()
        assert build(bought, sim).code == 0
        assert (bought / film).read_bytes() == whole
        (bought / film).write_bytes(whole[::-1])
        assert build(bought, sim).code == 0
        assert (bought / film).read_bytes() == whole
        assert build(bought, sim).out == everything
    assert sim.billed() == []


def killed_at(project: Path, sim: Sim, word: str, number: int) -> bool:
    """Start a build and kill it at that many lines that hold `word`. Whether it lived so long."""
    env = {**os.environ, "ADC_FAL_URL": sim.url, "FAL_KEY": KEY, "PYTHONUNBUFFERED": "1"}
    words = [*ADC, "build", "campaign.ad", "--yes", "--on-ambiguous", "rebuy"]
    with subprocess.Popen(
        words, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            number -= word in line
            if not number:
                process.kill()
                break
        process.stdout.read()
        return process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("seed", range(2))
def test_killed_ten_times_each_step_is_paid_once(project: Path, tmp_path: Path, sim: Sim, seed: int) -> None:
    chance = random.Random(seed)
    deaths = 0
    for _ in range(10):
        word = chance.choice(["start  ", "sending", "rendering", "fetching", "bought ", "made   "])
        deaths += killed_at(project, sim, word, chance.randint(1, 3))
    assert deaths >= 5
    ran = build(project, sim, "--yes", "--on-ambiguous", "rebuy")
    assert ran.code == 0, ran.err
    states = Counter((step, state) for step, state, _ in attempts(tmp_path / "store"))
    assert {step: count for (step, state), count in states.items() if state == "fetched"} == dict.fromkeys(PAID, 1)
    # Only what was on its way at a kill, unheard, may have been billed besides; such a row is marked as given up.
    given_up = sum(count for (_, state), count in states.items() if state == "abandoned")
    assert len(PAID) <= len(sim.billed()) <= len(PAID) + given_up
    assert sum(states.values()) == len(PAID) + given_up
    for film in SHOWN:
        assert len(decode(project / film).frames) == 265
