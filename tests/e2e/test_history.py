"""A history of fifty edits, each with the known set of steps to buy again: everybody who tells has to tell the truth.

`adc plan` before the build, `adc diff` against the commit before, `adc why` of each step that is bought, the build
itself and the stand-in's bill: all five agree with the truth at every commit, and so with each other.

The whole history takes minutes: `pytest -m whole tests/e2e/test_history.py`. With everything else its first edits run.
"""

import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from support.command import Ran, adc, steps_that
from support.sim import KEY, Sim, sim_at
from support.story import ALL, CLIPS, EDITS, Edit, distinct, write_story

SLICE = 3
"""Edits that run with everything else."""


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    """A stand-in that draws another picture for every request."""
    with sim_at(tmp_path / "sim", draw=distinct, runners=8) as running:
        yield running


def git(project: Path, *words: str) -> None:
    author = ("-c", "user.name=adc", "-c", "user.email=adc@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *author, *words], cwd=project, check=True, capture_output=True)


class Teller:
    """Runs the command in the project, against the stand-in."""

    def __init__(self, project: Path, sim: Sim) -> None:
        self.project = project
        self.sim = sim

    def adc(self, *words: str) -> Ran:
        ran = adc(*words, folder=self.project, env={"ADC_FAL_URL": self.sim.url, "FAL_KEY": KEY})
        assert ran.code == 0, (words, ran.err)
        return ran

    def planned(self) -> tuple[frozenset[str], Decimal]:
        """What the plan says will be bought, and for how much."""
        said = json.loads(self.adc("plan", "story.ad", "--status").out)
        paid = {step["id"] for step in said["plan"]["steps"] if step["kind"] == "generate"}
        ahead = {
            step
            for step, one in said["status"].items()
            if step in paid and (one["status"] == "will run" or (one["status"] == "after" and one["key"] is None))
        }
        return frozenset(ahead), Decimal(said["usd_ahead"])

    def differing(self) -> frozenset[str]:
        """What `adc diff` says is bought again since the commit before."""
        said = json.loads(self.adc("diff", "HEAD~1", "story.ad", "--format", "json").out)
        (ad,) = said["ads"]
        steps = [step for part in ad["parts"] for step in part["steps"]]
        return frozenset(step["id"] for step in steps if step["fate"] == "bought")

    def reason(self, step: str) -> tuple[str, bool]:
        """How `adc why` says that a step stands, and whether it names a cause: its own, or one behind it."""
        said = json.loads(self.adc("why", step, "story.ad", "--json").out)
        (one,) = [each for each in said["steps"] if each["step"] == step]
        return one["status"], bool(one["reasons"] or said["behind"]) or one["past"] is None

    def built(self) -> tuple[frozenset[str], Decimal]:
        """What the build says it bought, and what the stand-in has billed for it."""
        before = self.sim.total()
        ran = self.adc("build", "story.ad", "--yes")
        return frozenset(steps_that("bought", ran)), self.sim.total() - before


def begin(tmp_path: Path, sim: Sim) -> Teller:
    project = tmp_path / "project"
    write_story(project)
    git(project, "init", "-q")
    (project / ".gitignore").write_text("out/\n", encoding="utf-8")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "A story")
    teller = Teller(project, sim)
    assert teller.planned()[0] == ALL
    assert teller.built()[0] == ALL
    return teller


def follow(teller: Teller, edit: Edit, bought_before: set[str]) -> list[str]:
    """Make the edit, commit it, and give every disagreement with the truth."""
    edit.make(teller.project)
    git(teller.project, "add", "-A")
    git(teller.project, "commit", "-qm", edit.title)
    planned, usd = teller.planned()
    wrong = []
    if planned != edit.bought:
        wrong.append(f"{edit.title}: the plan says {sorted(planned)}, the truth is {sorted(edit.bought)}")
    differing = teller.differing()
    # What was there once is not bought again, though two commits differ in it.
    if not differing >= edit.bought or differing - edit.bought - bought_before:
        wrong.append(f"{edit.title}: the difference says {sorted(differing)}, the truth is {sorted(edit.bought)}")
    for step in sorted(edit.bought):
        status, caused = teller.reason(step)
        if status not in ("will run", "after") or not caused:
            wrong.append(
                f"{edit.title}: of {step}, which is bought, why says {status}{'' if caused else ' and no cause'}"
            )
    kept = min(CLIPS - edit.bought - {"proof.clip"}, default=None)
    if kept is not None and teller.reason(kept)[0] not in ("cached", "spared"):
        wrong.append(f"{edit.title}: of {kept}, which is there, why says {teller.reason(kept)[0]}")
    bought, billed = teller.built()
    if bought != edit.bought:
        wrong.append(f"{edit.title}: {sorted(bought)} was bought, the truth is {sorted(edit.bought)}")
    if billed != usd:
        wrong.append(f"{edit.title}: the plan says ${usd}, and ${billed} was billed")
    bought_before |= bought
    return wrong


def history(tmp_path: Path, sim: Sim, edits: tuple[Edit, ...]) -> None:
    teller = begin(tmp_path, sim)
    before = set(ALL)
    wrong = [told for edit in edits for told in follow(teller, edit, before)]
    assert not wrong, "\n".join(wrong)


def test_the_first_edits(tmp_path: Path, sim: Sim) -> None:
    history(tmp_path, sim, EDITS[:SLICE])


@pytest.mark.whole
def test_fifty_edits(tmp_path: Path, sim: Sim) -> None:
    assert len(EDITS) == 50
    history(tmp_path, sim, EDITS)
