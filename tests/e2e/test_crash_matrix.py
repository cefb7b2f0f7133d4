"""kill -9 at every durable write and at random moments, with and without lost answers: each paid step is bought once.

The whole is 500 random moments and every write before and after, and takes most of an hour:

    pytest -m whole -s tests/e2e/test_crash_matrix.py

prints the table. What runs with everything else is a slice of it.
"""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.killing import Kill, Verdict, survive, writes_of_a_build

WRITES = 24
"""More than a build of four purchases and a film makes; a test holds it."""

SECONDS = 3.0
"""Longer than most of a build takes, start-up included."""

MOMENTS = 500


def moments(number: int, *, lost: float, seed: int = 1) -> list[Kill]:
    """Random moments of a build."""
    chance = random.Random(seed)
    return [Kill(seconds=chance.uniform(0.2, SECONDS), lost=lost) for _ in range(number)]


def every_write(writes: int, *, lost: float = 0.0) -> list[Kill]:
    """Before and after each durable write."""
    return [Kill(write=number, when=when, lost=lost) for number in range(1, writes + 1) for when in ("before", "after")]


SLICE = [
    *every_write(WRITES)[1::14],
    *every_write(WRITES, lost=0.5)[2::18],
    *moments(1, lost=0.0),
    *moments(1, lost=0.5),
]


@pytest.mark.parametrize("kill", SLICE, ids=repr)
def test_a_killed_build_goes_on_and_buys_each_step_once(tmp_path: Path, kill: Kill) -> None:
    verdict = survive(kill, tmp_path)
    assert verdict.good, verdict


@pytest.mark.whole
def test_the_whole_matrix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writes = writes_of_a_build(tmp_path / "counting")
    rows = {
        "every write": every_write(writes),
        "every write, half the answers lost": every_write(writes, lost=0.5),
        "random moments": moments(MOMENTS // 2, lost=0.0),
        "random moments, half the answers lost": moments(MOMENTS // 2, lost=0.5, seed=2),
    }
    verdicts = {name: _survived(kills, tmp_path / str(number)) for number, (name, kills) in enumerate(rows.items())}
    with capsys.disabled():
        print("\n" + "\n".join(table(verdicts)))
    assert [verdict for row in verdicts.values() for verdict in row if not verdict.good] == []


def _survived(kills: Sequence[Kill], folder: Path) -> list[Verdict]:
    """Two at a time: most of a build is waiting for its processes."""
    with ThreadPoolExecutor(2) as pool:
        numbered = list(enumerate(kills))
        return list(pool.map(lambda one: survive(one[1], folder / str(one[0]), seed=one[0]), numbered))


def table(verdicts: dict[str, list[Verdict]]) -> list[str]:
    """The matrix as it is printed, and as README of the benchmarks shows it."""
    lines = [
        "| killed at | builds | died | bought once | twice or not | told as unsure | not told | film whole |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for name, row in verdicts.items():
        steps = sum(verdict.bought.total() for verdict in row)
        once = sum(count for verdict in row for count in verdict.bought.values() if count == 1)
        lines.append(
            f"| {name} | {len(row)} | {sum(one.died for one in row)} | {once} steps | {steps - once} "
            f"| {sum(one.reported for one in row)} | {sum(one.unheard for one in row)} "
            f"| {sum(one.done and one.intact for one in row)} |"
        )
    return lines
