"""Caps: the ad's budget, --max-cost and the day's are kept, and every reason is told before the first request."""

import os
import shlex
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Ran, adc, steps_that
from support.project import edit, quick_draw
from support.sim import KEY, Sim, sim_at

PAID = 7


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


def build(project: Path, sim: Sim, *words: str, settings: str = "") -> Ran:
    file = project / "settings.toml"
    file.write_text(settings)
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY, "ADC_SETTINGS": str(file)}
    return adc("build", "tiny.ad", *words, folder=project, env=env)


def test_a_build_that_would_pass_a_cap_does_not_begin(project: Path, sim: Sim) -> None:
    ran = build(project, sim, "--yes", "--max-cost", "0.10", settings='per_day = "$0.20"\n')
    assert ran.code == 4
    assert sim.billed() == []
    assert "this build did not begin, and nothing was spent:" in ran.err
    assert "more than the --max-cost of $0.10 allows" in ran.err
    assert "more than the $0.20 a day of your settings allows" in ran.err
    assert f"next: adc plan tiny.ad --fal-url {sim.url}\n" in ran.err


def test_a_cap_that_is_too_low_is_offered_as_high_as_the_plan_needs(project: Path, sim: Sim) -> None:
    ran = build(project, sim, "--yes", "--max-cost", "0.10")
    assert ran.code == 4
    words = shlex.split(ran.err.rpartition("next: ")[2])
    assert words[:3] == ["adc", "build", "tiny.ad"]
    assert "--yes" not in words
    typed = build(project, sim, "--yes", *words[3:])
    assert typed.code == 0, typed.err


def test_what_fits_is_bought_and_what_is_here_costs_nothing_again(project: Path, sim: Sim) -> None:
    first = build(project, sim, "--yes", "--max-cost", "1.2", settings="per_day = 1.3\n")
    assert first.code == 0, first.err
    assert len(sim.billed()) == PAID
    edit(project, "lifts {{ serum }}", "raises {{ serum }}")
    # Two clips of three seconds are new; the day has not enough left, --max-cost has.
    second = build(project, sim, "--yes", "--max-cost", "1.2", settings="per_day = 1.3\n")
    assert second.code == 4
    assert "of your settings allows, of which" in second.err
    assert "--max-cost of $1.20 allows" not in second.err
    third = build(project, sim, "--yes", "--max-cost", "1.2", settings="per_day = 5\n")
    assert third.code == 0, third.err
    assert len(sim.billed()) == PAID + 2


def test_the_budget_of_an_ad_counts_what_its_film_has_cost(project: Path, sim: Sim) -> None:
    assert build(project, sim, "--yes").code == 0
    spent = sim.total()
    edit(project, "budget   $5", f"budget   ${spent}")
    assert build(project, sim, "--yes").code == 0
    edit(project, "lifts {{ serum }}", "raises {{ serum }}")
    ran = build(project, sim, "--yes")  # the film costs as much as before, and is paid for anew only in part
    assert ran.code == 0, ran.err
    assert len(sim.billed()) == PAID + 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("per_day = ", "are no TOML"),
        ('per_day = "lots"\n', "per_day in"),
        ("per_day = true\n", "per_day in"),
        ("per_week = 5\n", "have `per_week`, which is none; there is `per_day`"),
    ],
)
def test_settings_that_cannot_be_understood_stop_a_build(project: Path, sim: Sim, settings: str, told: str) -> None:
    ran = build(project, sim, "--yes", settings=settings)
    assert ran.code == 3
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert sim.billed() == []


def test_a_word_that_is_no_amount(project: Path, sim: Sim) -> None:
    ran = build(project, sim, "--max-cost", "lots")
    assert ran.code == 2
    assert "lots is not an amount of dollars, such as 5 or 2.50" in ran.err


def test_two_builds_at_once_buy_each_thing_once(project: Path, tmp_path: Path) -> None:
    ended: list[Ran] = []
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=2, latency=0.3) as slow:

        def one(number: int) -> None:
            env = {"ADC_FAL_URL": slow.url, "FAL_KEY": KEY, "ADC_STORE": os.environ["ADC_STORE"]}
            ended.append(adc("build", "tiny.ad", "--yes", "--out", f"{number}.mp4", folder=project, env=env))

        threads = [threading.Thread(target=one, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [ran.code for ran in ended] == [0, 0, 0], [ran.err for ran in ended]
        assert len(slow.billed()) == PAID
    bought = Counter(step for ran in ended for step in steps_that("bought", ran))
    assert set(bought.values()) == {1}
    assert len(bought) == PAID
    assert any("another build is making this" in ran.out for ran in ended)
    films = {(project / f"{number}.mp4").read_bytes() for number in range(3)}
    assert len(films) == 1
