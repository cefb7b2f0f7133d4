"""An upgrade of adc after a film was bought: what it words otherwise is not bought again until somebody asks for it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Ran, adc, steps_that
from support.project import edit, quick_draw
from support.sim import KEY, Sim, sim_at

ELEMENTS = {"proof.clip", "window.clip"}
"""What the family of models with elements makes of the small project."""


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


@pytest.fixture
def newer(tmp_path: Path, repository: Path) -> Path:
    """A folder with an adc that has a second wording for the models with elements."""
    rooms = tmp_path / "newer" / "adc"
    shutil.copytree(repository / "compiler", rooms / "compiler", ignore=shutil.ignore_patterns("__pycache__"))
    for room in ("grammar", "runtime", "schemas"):
        (rooms / room).symlink_to(repository / room)
    wording = rooms / "compiler" / "templates" / "elements" / "2.j2"
    wording.write_text('Shown as it was never shown before. {% include "elements/1" %}', encoding="utf-8")
    return rooms.parent


def run(project: Path, sim: Sim, *words: str, using: Path | None = None) -> Ran:
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY} | ({"PYTHONPATH": str(using)} if using else {})
    ran = adc(words[0], "tiny.ad", *words[1:], folder=project, env=env)
    assert "Traceback" not in ran.err, ran.err
    return ran


def test_a_new_wording_is_for_what_is_new_and_for_whoever_asks(project: Path, sim: Sim, newer: Path) -> None:
    assert run(project, sim, "build", "--yes").code == 0
    bought = len(sim.billed())

    unchanged = run(project, sim, "build", "--yes", using=newer)
    assert unchanged.code == 0, unchanged.err
    assert steps_that("bought", unchanged) == set()
    assert len(sim.billed()) == bought
    assert "never shown before" not in run(project, sim, "plan", "--json", using=newer).out

    # An edited scene keeps the wording of the others: one ad speaks with one voice.
    edit(project, "{{ maya }} turns to the window", "{{ maya }} turns to the door")
    edited = run(project, sim, "build", "--yes", using=newer)
    assert steps_that("bought", edited) == {"window.clip"}
    assert "never shown before" not in run(project, sim, "plan", "--json", using=newer).out

    refreshed = run(project, sim, "build", "--yes", "--refresh", using=newer)
    assert refreshed.code == 0, refreshed.err
    assert steps_that("bought", refreshed) == ELEMENTS
    settled = run(project, sim, "plan", "--json", using=newer)
    assert settled.out.count("Shown as it was never shown before.") == len(ELEMENTS)
    assert steps_that("bought", run(project, sim, "build", "--yes", using=newer)) == set()


def test_without_a_lock_the_newest_wording_is_used(project: Path, sim: Sim, newer: Path) -> None:
    assert run(project, sim, "build", "--yes").code == 0
    (project / "tiny.ad.sim.lock").unlink()
    ran = run(project, sim, "build", "--yes", using=newer)
    assert ran.code == 0, ran.err
    assert steps_that("bought", ran) == ELEMENTS


def test_the_lock_of_a_newer_adc_is_refused_before_anything_is_bought(project: Path, sim: Sim, newer: Path) -> None:
    assert run(project, sim, "build", "--yes", using=newer).code == 0
    bought = len(sim.billed())
    lock = (project / "tiny.ad.sim.lock").read_text(encoding="utf-8")
    assert re.search(r'"elements": ?2', lock.splitlines()[0])
    for command in (["plan"], ["build", "--yes"], ["plan", "--frozen"], ["build", "--locked"]):
        ran = run(project, sim, *command)
        assert ran.code == 1
        assert ran.out == ""
        assert ran.err == (
            "tiny.ad.sim.lock: the lock cannot be used: prompts are to be worded as in elements/2, and this adc knows "
            "elements/1: a newer adc has it; nothing was made and nothing was spent\n"
            f"next: adc {command[0]} tiny.ad --fal-url {sim.url} --refresh\n"
        )
    assert len(sim.billed()) == bought
    assert (project / "tiny.ad.sim.lock").read_text(encoding="utf-8") == lock
