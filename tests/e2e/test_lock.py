"""The lock as people meet it: written by what buys, enough to build from, kept while the world moves."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import Ran, adc, steps_that
from support.project import edit, write_project
from support.sim import KEY, Sim, sim_at
from support.story import distinct

from adc.runtime.database import Database
from adc.runtime.lock import Decision, Lock, read_lock
from adc.runtime.sim.faults import Fail
from adc.runtime.step_cache import StepCache
from adc.runtime.store import Store

BOUGHT = {
    "maya.pack.front",
    "maya.pack.profile",
    "hook.keyframe",
    "hook.clip",
    "proof.clip",
    "proof.voiceover",
    "window.clip",
}

NOBODY = "http://127.0.0.1:9"
"""A stand-in that does not answer: whoever asks it fails."""

VARIANTS = """\
variant opener {
  doubt  "I almost gave up."
  secret "Nobody told me."
}

"""

AT_THE_LOCK = """
import errno, os, signal, sys

how, rename = sys.argv[1], os.replace


def replace(source, target, **words):
    if str(target).endswith(".lock"):
        if how == "SIGKILL":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(getattr(errno, how), os.strerror(getattr(errno, how)))
    return rename(source, target, **words)


os.replace = replace
from adc.runtime.cli.main import main

sys.exit(main(sys.argv[2:]))
"""
"""An adc that dies, or whose disk refuses, at the moment when the lock is written."""


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    """A stand-in that draws another picture for every request."""
    with sim_at(tmp_path / "sim", draw=distinct, runners=4) as running:
        yield running


class Desk:
    """A project, and a stand-in to buy from."""

    def __init__(self, project: Path, sim: Sim, store: Path) -> None:
        self.project = project
        self.sim = sim
        self.store = store
        self.using: Path | None = None
        """An adc of another day, in place of today's."""

    def adc(self, *words: str, url: str = "") -> Ran:
        env = {"ADC_FAL_URL": url or self.sim.url, "FAL_KEY": KEY}
        ran = adc(*words, folder=self.project, env=env | ({"PYTHONPATH": str(self.using)} if self.using else {}))
        assert "Traceback" not in ran.err, ran.err
        return ran

    def build(self, *words: str) -> set[str]:
        """Build the film, which has to end well; gives the steps that were bought."""
        before = len(self.sim.billed())
        ran = self.adc("build", "tiny.ad", "--yes", *words)
        assert ran.code == 0, ran.err
        bought = steps_that("bought", ran)
        assert len(self.sim.billed()) - before == len(bought)
        return bought

    def refused(self, *words: str) -> str:
        """A command that is refused before anything is made; gives what it says."""
        film, lock, before = self.film, self.text, len(self.sim.billed())
        ran = self.adc(*words)
        assert ran.code == 4, ran.out + ran.err
        assert (self.film, self.text, len(self.sim.billed())) == (film, lock, before)
        return ran.err

    @property
    def lock(self) -> Lock:
        return read_lock(self.path)

    @property
    def path(self) -> Path:
        return self.project / "tiny.ad.sim.lock"

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def film(self) -> bytes:
        return (self.project / "out" / "tiny.mp4").read_bytes()

    def one(self, step: str) -> Decision:
        (found,) = (one for one in self.lock.decisions if one.step == step)
        return found

    def lose(self, *steps: str) -> None:
        """Delete what was bought for steps, as a store does that is cleared or was never copied."""
        with Store.open(self.store) as store:
            for step in steps:
                store.path(self.one(step).artifact).unlink()

    def has(self, step: str) -> bool:
        with Store.open(self.store) as store, Database.open(self.store) as database:
            return StepCache(database, store).lookup(self.one(step).key) is not None


@pytest.fixture
def desk(project: Path, sim: Sim, tmp_path: Path) -> Desk:
    return Desk(project, sim, tmp_path / "store")


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project whose film was bought, its store, and the stand-in that sold it; tests have copies."""
    folder = tmp_path_factory.mktemp("bought")
    write_project(folder / "project")
    with sim_at(folder / "sim", draw=distinct, runners=4) as sim:
        env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY, "ADC_STORE": str(folder / "store")}
        ran = adc("build", "tiny.ad", "--yes", folder=folder / "project", env=env)
    assert ran.code == 0, ran.err
    assert steps_that("bought", ran) == BOUGHT
    return folder


@pytest.fixture
def built(bought: Path, tmp_path: Path) -> Iterator[Desk]:
    """A project whose film was bought."""
    for part in ("project", "sim", "store"):
        shutil.copytree(bought / part, tmp_path / part)
    with sim_at(tmp_path / "sim", draw=distinct, runners=4) as sim:
        yield Desk(tmp_path / "project", sim, tmp_path / "store")


def anew(built: Desk, tmp_path: Path, repository: Path, change: Callable[[str, dict[str, Any]], None]) -> None:
    """Have an adc of a later day from now on: its catalogue is changed."""
    rooms = tmp_path / "newer" / "adc"
    shutil.copytree(repository / "schemas", rooms / "schemas", ignore=shutil.ignore_patterns("__pycache__"))
    for room in ("compiler", "grammar", "runtime"):
        (rooms / room).symlink_to(repository / room)
    for file in (rooms / "schemas" / "models").glob("*.json"):
        model = json.loads(file.read_text(encoding="utf-8"))
        change(model["model"], model)
        file.write_text(json.dumps(model), encoding="utf-8")
    built.using = rooms.parent


def written_otherwise(*models: str) -> Callable[[str, dict[str, Any]], None]:
    """Requests of these models have one argument less: what a seller's default was is left out."""

    def change(name: str, model: dict[str, Any]) -> None:
        if name in models:
            for argument in ("auto_fix", "output_format", "generate_audio"):
                model["request"].pop(argument, None)

    return change


STALE = {"hook.keyframe", "hook.clip"}
"""What is stale where requests of `nano_banana` and `veo3_1_lite` are written otherwise."""


@pytest.fixture
def stale(built: Desk, tmp_path: Path, repository: Path) -> Desk:
    """A project whose film was bought by an adc of an earlier day."""
    anew(built, tmp_path, repository, written_otherwise("nano_banana", "veo3_1_lite"))
    return built


# What is in it.


def test_whatever_buys_writes_the_lock_and_nothing_else_does(desk: Desk, repository: Path, tmp_path: Path) -> None:
    for words in (
        ["check", "tiny.ad"],
        ["plan", "tiny.ad"],
        ["build", "tiny.ad", "--draft"],
        ["plan", "tiny.ad", "--json"],
    ):
        assert desk.adc(*words).code == 0
        assert [path.name for path in desk.project.iterdir() if "lock" in path.name] == []
    assert desk.build() == BOUGHT
    schema = json.loads((repository / "schemas" / "lock.v1.json").read_text(encoding="utf-8"))
    lines = desk.text.split("\n\n")
    for line in lines:
        jsonschema.validate(json.loads(line), schema)
    assert len(lines) == len(BOUGHT) + 1
    assert {one.step for one in desk.lock.decisions} == BOUGHT
    bill = {line["request_id"] for line in desk.sim.billed()}
    assert {one.request for one in desk.lock.decisions} == bill
    assert sum(one.usd for one in desk.lock.decisions) == desk.sim.total()
    with Store.open(desk.store) as store:
        assert all(store.path(one.artifact).is_file() for one in desk.lock.decisions)
    for secret in (KEY, *KEY.split(":"), desk.sim.url, "http", str(tmp_path), "refs/", str(Path.home()), "/tmp"):
        assert secret not in desk.text
    assert desk.path.stat().st_mode & 0o777 == (desk.project / "tiny.ad").stat().st_mode & 0o777


def test_a_build_with_nothing_to_do_does_not_touch_the_lock(built: Desk) -> None:
    before = built.path.stat()
    assert built.build() == set()
    assert built.build("--out", "other.mp4") == set()
    after = built.path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_draft_beside_a_lock_leaves_it_alone(built: Desk) -> None:
    before = built.text
    edit(built.project, "turns to the window", "turns away")
    assert built.adc("build", "tiny.ad", "--draft").code == 0
    assert built.text == before


# --locked and --frozen.


@pytest.mark.parametrize("flag", ["--locked", "--frozen"])
def test_lock_and_store_are_enough(built: Desk, flag: str) -> None:
    film, text = built.film, built.text
    shutil.rmtree(built.project / "out")
    shutil.rmtree(built.store / "notes")
    ran = adc("build", "tiny.ad", flag, folder=built.project, env={"ADC_FAL_URL": NOBODY})
    assert ran.code == 0, ran.err
    assert (built.film, built.text) == (film, text)


def test_without_a_key_the_lock_of_fal_counts_where_nothing_may_be_bought(project: Path) -> None:
    """Without the flag a build without a key is a draft."""
    ran = adc("build", "tiny.ad", "--locked", folder=project)
    assert ran.code == 4
    assert "tiny.ad.lock does not have this film as the spec asks for it" in ran.err
    assert not (project / "out").exists()


def test_every_piece_that_is_missing_is_named_with_its_reason(built: Desk) -> None:
    edit(built.project, "{{ maya }} lifts {{ serum }}", "{{ maya }} raises {{ serum }}")
    edit(built.project, "card offer 1s", 'scene more 3s {\n  using veo3_1_lite\n  action "rain"\n}\n\ncard offer 1s')
    edit(built.project, "duration 11s", "duration 14s")
    built.lose("hook.clip")
    err = built.refused("build", "tiny.ad", "--locked", "--yes")
    assert re.sub(r"spends \$[0-9.]+", "spends $9", err) == (
        "tiny.ad.sim.lock does not have this film as the spec asks for it, and nothing may be bought; nothing was "
        "spent:\n"
        f"  hook.clip: take 1 was accepted, and its file is not in the store at {built.store}\n"
        "  proof.clip: the spec asks for something else than what was accepted\n"
        "  window.clip: the spec asks for something else than what was accepted\n"
        "  more.clip: nothing was decided about it\n"
        "a build that may buy spends $9\n"
        f"next: adc build tiny.ad --fal-url {built.sim.url}\n"
    )


def test_what_was_rejected_is_missing(built: Desk) -> None:
    assert built.adc("reject", "window@1", "tiny.ad").code == 0
    assert "window.clip: its takes were rejected" in built.refused("build", "tiny.ad", "--locked")


@pytest.mark.parametrize("flag", ["--locked", "--frozen"])
def test_another_result_of_the_same_request_is_not_what_was_accepted(built: Desk, flag: str) -> None:
    artifact = built.one("window.clip").artifact
    theirs = "sha256:" + "0" * 64
    built.path.write_text(built.text.replace(artifact, theirs), encoding="utf-8")
    err = built.refused("build", "tiny.ad", flag)
    assert "\n  window.clip: take 1 was accepted, and the store has another file for it\nnext" in err


def test_a_lock_that_is_gone_is_made_again_from_the_store(built: Desk) -> None:
    text = built.text
    built.path.unlink()
    assert "maya.pack.front: it has another decision by now" in built.adc("build", "tiny.ad", "--frozen").err
    assert not built.path.exists()
    assert built.build() == set()
    assert built.text == text


def test_a_frozen_lock_has_no_line_too_many_and_none_too_few(built: Desk) -> None:
    edit(built.project, "scene window 3s", "scene garden 3s")
    err = built.refused("build", "tiny.ad", "--frozen")
    assert err.startswith("tiny.ad.sim.lock is out of date; nothing was spent:\n")
    assert "\n  garden.clip: it has another decision by now\n  window.clip: it has another decision by now\n" in err
    assert built.build("--locked") == set()
    assert built.adc("build", "tiny.ad", "--frozen").code == 0
    lines = [line for line in built.text.split("\n\n") if "proof.clip" not in line]
    built.path.write_text("\n\n".join(lines), encoding="utf-8")
    assert "\n  proof.clip: it has another decision by now\nnext" in built.refused("build", "tiny.ad", "--frozen")


def test_a_frozen_build_refuses_what_is_stale_even_where_the_film_is_up_to_date(stale: Desk) -> None:
    assert stale.build() == set()
    assert stale.adc("build", "tiny.ad").out == "nothing to do: out/tiny.mp4 is up to date\n"
    err = stale.refused("build", "tiny.ad", "--frozen")
    assert [line.strip() for line in err.splitlines()[1:3]] == [
        "hook.keyframe: what was accepted is stale",
        "hook.clip: what was accepted is stale",
    ]
    assert stale.build("--locked") == set()


@pytest.mark.parametrize("flag", ["--locked", "--frozen"])
def test_a_plan_says_what_a_build_would_refuse(built: Desk, flag: str) -> None:
    fine = built.adc("plan", "tiny.ad", flag, url=NOBODY)
    assert (fine.code, fine.err) == (0, "")
    edit(built.project, "turns to the window", "turns away")
    ran = built.adc("plan", "tiny.ad", flag)
    assert ran.code == 4
    assert "window.clip" in ran.out, "the plan itself is shown"
    assert "window.clip: the spec asks for something else than what was accepted" in ran.err
    assert ran.err.endswith(f"next: adc plan tiny.ad --fal-url {built.sim.url}\n")


def test_of_ways_to_treat_the_lock_there_is_one_at_a_time(project: Path) -> None:
    ran = adc("build", "tiny.ad", "--locked", "--refresh", folder=project)
    assert ran.code == 2
    assert "not allowed with argument" in ran.err


def test_a_draft_has_nothing_to_do_with_the_lock(project: Path) -> None:
    ran = adc("build", "tiny.ad", "--draft", "--locked", folder=project)
    assert ran.code == 0, ran.err


# Stale: kept until somebody asks for better.


def test_what_is_stale_is_kept_and_shown(stale: Desk) -> None:
    film, text = stale.film, stale.text
    plan = stale.adc("plan", "tiny.ad")
    shown = {line.split()[1] for line in plan.out.splitlines() if line.split()[:1] == ["stale"]}
    assert shown == STALE
    assert "stale: kept as it was accepted, for the spec asks for the same" in plan.out
    (stale.project / "out" / "tiny.mp4").unlink()
    assert stale.build() == set()
    assert (stale.film, stale.text) == (film, text)


def test_a_refresh_buys_what_is_stale_after_its_price_was_told(stale: Desk) -> None:
    asked = stale.refused("build", "tiny.ad", "--refresh")
    assert re.search(r"this build would spend (up to )?\$0\.\d+ and there is no terminal to ask at", asked)
    capped = stale.refused("build", "tiny.ad", "--refresh", "--yes", "--max-cost", "0.01")
    assert "--max-cost of $0.01" in capped
    planned = stale.adc("plan", "tiny.ad", "--refresh", "--status")
    status = json.loads(planned.out)["status"]
    assert {step for step in BOUGHT if status[step]["status"] in ("will run", "after")} == STALE
    assert stale.build("--refresh") == STALE
    assert stale.build("--refresh", "--out", "other.mp4") == set()
    assert stale.adc("build", "tiny.ad", "--frozen").code == 0


def test_an_edit_buys_what_it_changes_though_all_else_is_stale(stale: Desk) -> None:
    edit(stale.project, "turns to the window", "turns away")
    assert stale.build() == {"window.clip"}
    edit(stale.project, "leans in", "leans back")
    assert stale.build() == {"hook.clip"}, "its keyframe is stale, and kept"
    assert stale.one("hook.keyframe").date


def test_a_keyframe_that_was_lost_is_not_bought_for_a_clip_that_is_there(built: Desk) -> None:
    before = built.one("hook.keyframe")
    built.lose("hook.keyframe")
    shutil.rmtree(built.store / "notes")
    film = built.film
    assert built.build() == set()
    assert built.film == film
    assert built.one("hook.keyframe") == before
    assert not built.has("hook.keyframe")
    assert built.build("--locked") == set()


def test_a_keyframe_that_was_lost_is_fetched_where_an_edit_needs_it_again(desk: Desk) -> None:
    """The seller still has it: only the clip is paid for."""
    desk.build()
    before = desk.one("hook.keyframe")
    desk.lose("hook.keyframe")
    edit(desk.project, "leans in", "leans back")
    ran = desk.adc("build", "tiny.ad", "--yes")
    assert ran.code == 0, ran.err
    assert len(desk.sim.billed()) == len(BOUGHT) + 1
    assert desk.one("hook.keyframe") == before
    assert desk.has("hook.keyframe")


def test_a_model_that_became_cheaper_does_not_take_the_part(desk: Desk, tmp_path: Path, repository: Path) -> None:
    edit(desk.project, "  using  veo3_1_lite\n", "")
    desk.build()
    cast = desk.one("hook.clip").model
    film = desk.film

    def dearer(name: str, model: dict[str, Any]) -> None:
        if name == cast:
            model["price"] |= {"usd": "0.9", "by": []}

    anew(desk, tmp_path, repository, dearer)
    shutil.rmtree(desk.project / "out")
    assert desk.build() == set()
    assert desk.film == film
    assert "decided before" in desk.adc("plan", "tiny.ad", "--json").out
    edit(desk.project, "leans in", "leans back")
    assert desk.build() == {"hook.clip"}
    assert desk.one("hook.clip").model != cast


def test_a_renamed_scene_keeps_what_is_stale(stale: Desk) -> None:
    edit(stale.project, "scene hook 4s", "scene opening 4s")
    before = stale.one("hook.clip")
    assert stale.build() == set()
    assert stale.one("opening.clip").artifact == before.artifact
    assert {one.step for one in stale.lock.decisions} == {re.sub("^hook", "opening", step) for step in BOUGHT}


# Choices.


@pytest.fixture
def varied(desk: Desk) -> Desk:
    """A project with a choice between two openings."""
    edit(desk.project, '"I almost gave up."', '"{{ opener }}"')
    edit(desk.project, "character maya", f"{VARIANTS}character maya")
    return desk


def test_variants_have_lines_of_their_own_and_share_what_is_bought(varied: Desk) -> None:
    assert varied.build() == BOUGHT
    assert varied.build("--variant", "opener=secret") == {"hook.clip"}
    first, second = (
        {one.step: one.artifact for one in varied.lock.decisions if one.of == f"opener={key}"}
        for key in ("doubt", "secret")
    )
    assert first.keys() == second.keys() == BOUGHT
    assert {step for step in BOUGHT if first[step] != second[step]} == {"hook.clip"}
    for words in ([], ["--variant", "opener=secret"], ["--all-variants"]):
        ran = adc("build", "tiny.ad", "--frozen", *words, folder=varied.project, env={"ADC_FAL_URL": NOBODY})
        assert ran.code == 0, ran.err


def test_all_variants_at_once_write_one_lock(varied: Desk) -> None:
    ran = varied.adc("build", "tiny.ad", "--all-variants", "--yes")
    assert ran.code == 0, ran.err
    assert len(varied.sim.billed()) == len(BOUGHT) + 1
    assert {one.of for one in varied.lock.decisions} == {"opener=doubt", "opener=secret"}


def test_two_builds_of_two_variants_at_once_write_one_good_lock(varied: Desk) -> None:
    ended: list[Ran] = []

    def one(key: str) -> None:
        ended.append(varied.adc("build", "tiny.ad", "--yes", "--variant", f"opener={key}", "--out", f"{key}.mp4"))

    threads = [threading.Thread(target=one, args=(key,)) for key in ("doubt", "secret")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ran.code for ran in ended] == [0, 0], [ran.err for ran in ended]
    assert len(varied.sim.billed()) == len(BOUGHT) + 1
    lines = {(one.of, one.step) for one in varied.lock.decisions}
    assert lines == {(f"opener={key}", step) for key in ("doubt", "secret") for step in BOUGHT}
    assert [path.name for path in varied.project.iterdir() if "lock" in path.name] == ["tiny.ad.sim.lock"]


def test_a_param_that_is_set_has_lines_of_its_own(desk: Desk) -> None:
    edit(desk.project, "turns to the window", "turns to the {{ place }}")
    edit(desk.project, "character maya", 'param place "window"\n\ncharacter maya')
    assert desk.build() == BOUGHT
    assert desk.build("--set", "place=old door") == {"window.clip"}
    assert {one.of for one in desk.lock.decisions} == {"", "place='old door'"}
    assert desk.build() == desk.build("--set", "place=old door") == set()
    assert "window.clip: nothing was decided about it" in desk.refused(
        "build", "tiny.ad", "--locked", "--set", "place=x"
    )


def test_the_same_value_by_hand_is_the_same_scene(desk: Desk) -> None:
    edit(desk.project, "turns to the window", "turns to the {{ place }}")
    edit(desk.project, "character maya", 'param place "window"\n\ncharacter maya')
    assert desk.build() == BOUGHT
    assert desk.build("--set", "place=window") == set()


# Other machines, other days.


def test_another_clone_that_shares_the_store_buys_nothing(built: Desk, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(built.project, clone, ignore=shutil.ignore_patterns("out"))
    for words in (["--frozen"], ["--yes"]):
        ran = adc("build", "tiny.ad", *words, folder=clone, env={"ADC_FAL_URL": NOBODY, "FAL_KEY": KEY})
        assert ran.code == 0, ran.err
    assert (clone / "out" / "tiny.mp4").read_bytes() == built.film
    assert (clone / "tiny.ad.sim.lock").read_text(encoding="utf-8") == built.text


def test_another_clone_keeps_what_is_stale_for_it(built: Desk, tmp_path: Path, repository: Path) -> None:
    """A teammate with a newer adc gets the very same film."""
    film = built.film
    clone = tmp_path / "clone"
    shutil.copytree(built.project, clone, ignore=shutil.ignore_patterns("out"))
    other = Desk(clone, built.sim, built.store)
    anew(other, tmp_path, repository, written_otherwise("nano_banana", "veo3_1_lite"))
    assert other.build() == set()
    assert (other.film, other.text) == (film, built.text)


def test_a_lock_with_a_conflict_stops_everything(built: Desk) -> None:
    head, *lines = built.text.rstrip("\n").split("\n\n")
    theirs = lines[0].replace('"take": 1', '"take": 2')
    built.path.write_text(
        "\n\n".join([head, f"<<<<<<< HEAD\n{lines[0]}\n=======\n{theirs}\n>>>>>>> theirs", *lines[1:]]),
        encoding="utf-8",
    )
    film = built.film
    for words in (["build", "tiny.ad", "--yes"], ["plan", "tiny.ad"], ["build", "tiny.ad", "--frozen"]):
        ran = built.adc(*words)
        assert ran.code == 1
        assert ran.err.startswith(
            "tiny.ad.sim.lock:3: the lock cannot be used: two versions of it were merged and differ here; keep the "
            "lines that you want; nothing was made and nothing was spent\nnext: adc "
        )
        assert ran.out == ""
    assert built.film == film
    assert built.adc("build", "tiny.ad", "--draft").code == 0


# What goes wrong at the last moment.


def at_the_lock(desk: Desk, how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AT_THE_LOCK, how, "build", "tiny.ad", "--yes"],
        cwd=desk.project,
        env={**os.environ, "ADC_FAL_URL": desk.sim.url, "FAL_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("how", ["EROFS", "EACCES", "ENOSPC"])
def test_where_the_lock_cannot_be_written_the_film_is_made_all_the_same(desk: Desk, how: str) -> None:
    ran = at_the_lock(desk, how)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == (
        f"tiny.ad.sim.lock cannot be written: {os.strerror(getattr(errno, how))}; what was bought is in the store, and "
        "the next build writes the lock\n"
    )
    assert desk.film
    assert [path.name for path in desk.project.iterdir() if "lock" in path.name] == []
    edit(desk.project, 'headline "Glow Serum"', 'headline "Glow"')
    assert desk.build() == set()
    assert {one.step for one in desk.lock.decisions} == BOUGHT


def test_a_build_that_dies_before_its_line_is_written_buys_nothing_twice(desk: Desk) -> None:
    assert at_the_lock(desk, "SIGKILL").returncode == -signal.SIGKILL
    assert len(desk.sim.billed()) == len(BOUGHT)
    assert not desk.path.exists()
    assert desk.build() == set()
    assert {one.step for one in desk.lock.decisions} == BOUGHT


def test_a_build_that_dies_leaves_the_lock_that_was(built: Desk) -> None:
    before = built.text
    edit(built.project, "turns to the window", "turns away")
    assert at_the_lock(built, "SIGKILL").returncode == -signal.SIGKILL
    assert built.text == before
    assert built.build() == set()
    assert built.text != before


def test_a_build_that_fails_keeps_the_lines_of_what_was_made(desk: Desk) -> None:
    desk.sim.faults.add(Fail(422, "content_policy_violation", "flagged"), times=3, endpoint="*veo3.1/lite*")
    ran = desk.adc("build", "tiny.ad", "--yes")
    assert ran.code == 5, ran.err
    made = BOUGHT - {"hook.clip"}
    kept = {one.step for one in desk.lock.decisions}
    assert kept == steps_that("bought", ran) == made
    assert desk.build() == {"hook.clip"}
    assert {one.step for one in desk.lock.decisions} == BOUGHT


def test_a_lock_that_breaks_while_a_film_is_made_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    """Somebody merges meanwhile: what was bought is not lost, and what they wrote is not written over."""
    broken = "<<<<<<< ours\n"
    spoil = AT_THE_LOCK.replace("os.replace = replace", "").replace(
        "sys.exit(",
        "from adc.runtime.cli import make\n"
        "execute = make.execute\n"
        "async def spoiling(*words, **named):\n"
        "    outcome = await execute(*words, **named)\n"
        f"    open('tiny.ad.sim.lock', 'w').write({broken!r})\n"
        "    return outcome\n"
        "make.execute = spoiling\n"
        "sys.exit(",
    )
    ran = subprocess.run(
        [sys.executable, "-c", spoil, "", "build", "tiny.ad", "--yes"],
        cwd=desk.project,
        env={**os.environ, "ADC_FAL_URL": desk.sim.url, "FAL_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == (
        "tiny.ad.sim.lock:1: the lock cannot be used: two versions of it were merged and differ here; keep the lines "
        "that you want; what was bought is in the store, and the next build writes the lock\n"
    )
    assert desk.film
    assert desk.text == broken
