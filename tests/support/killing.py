"""A build that is killed, as by a power cut, and then run again until it is done: what was bought, and what was lost.

The user of these builds is honest and slow-witted: they run the same command again, and where it says that something
may have been bought, they look at the seller's list and tell `adc ledger resolve` what they see.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from support.command import Ran, adc
from support.films import decode
from support.project import draw_picture, quick_draw
from support.sim import KEY, Sim, sim_at

from adc.runtime.database import Database
from adc.runtime.ledger import Entry, StoreLedger
from adc.runtime.sim.faults import Lose
from adc.runtime.store import Store

SPEC = """\
ad dab {
  duration 5s
  size     144p 9:16
  rate     10fps
}

character maya "Maya Brooks" {
  reference "refs/maya.png"
  looks     "a woman of about thirty"
  voice     "Rachel"
  pack      front
}

scene hook 3s {
  using     kling_o1_standard
  cast      maya
  action    "{{ maya }} leans in"
  voiceover maya "Two drops."
}

transition continue

scene window 2s {
  using  veo3_1_lite
  action "the window opens"
}
"""

PAID = ("hook.clip", "hook.voiceover", "maya.pack.front", "window.clip")
FRAMES = 50
_RUNS = 6

CHILD = """
import os, signal, sys
from adc.runtime import database

at, when = int(sys.argv[1]), sys.argv[2]
write, written = database.Database.write, 0


async def counted(self, apply):
    global written
    written += 1
    mine = written
    if mine == at and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    value = await write(self, apply)
    if mine == at and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return value


database.Database.write = counted
from adc.runtime.cli.main import main

sys.exit(main(sys.argv[3:]))
"""
"""A build that dies before or after its nth durable write; all but those of uploads are moves of the ledger."""


@dataclass(frozen=True, slots=True)
class Kill:
    """When a build dies: before or after its nth write, or after some seconds. `lost` is the share of lost answers."""

    write: int = 0
    when: str = "after"
    seconds: float = 0.0
    lost: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. `bought` counts the bills of each paid step, `reported` what the user heard to be uncertain.

    `unheard` are those that no build told of, `done` says that there is a whole film, and `intact` that every blob is.
    """

    kill: Kill
    died: bool
    runs: int
    bought: Counter[str]
    reported: int
    unheard: int
    done: bool
    intact: bool

    @property
    def good(self) -> bool:
        """Each paid step was bought once, nothing is lost, and nothing uncertain was passed over in silence."""
        once = all(self.bought[step] == 1 for step in PAID) and self.bought.total() == len(PAID)
        return once and self.done and self.intact and not self.unheard


def write_spec(folder: Path) -> Path:
    """The project that is built, and killed."""
    draw_picture(folder / "refs" / "maya.png", (150, 95, 70))
    (folder / "dab.ad").write_text(SPEC, encoding="utf-8")
    return folder


def survive(kill: Kill, folder: Path, *, seed: int = 0) -> Verdict:
    """Kill a build of its own stand-in and store, run it again until it is done, and judge."""
    project = write_spec(folder / "project")
    with sim_at(folder / "sim", draw=quick_draw, runners=4) as sim:
        chance = random.Random(seed)
        for _ in range(len(PAID)):
            if chance.random() < kill.lost:
                sim.faults.add(Lose("submit"))
        store = folder / "store"
        died = _killed(kill, project, sim, store)
        reported: set[int] = set()
        ran, runs = Ran(-1, "", ""), 0
        while ran.code != 0 and runs < _RUNS:
            ran = _build(project, sim, store)
            runs += 1
            reported |= _resolved(ran, project, sim, store)
        entries = _entries(store)
        bought = Counter(_step_of(request, entries) for request in _kept(sim))
        uncertain = {entry.id for entry in entries if "abandoned" in entry.moments}
        return Verdict(
            kill,
            died,
            runs,
            bought,
            len(reported),
            len(uncertain - reported),
            done=ran.code == 0 and len(decode(project / "out" / "dab.mp4").frames) == FRAMES,
            intact=_intact(store),
        )


def writes_of_a_build(folder: Path) -> int:
    """How many durable writes a build makes that nobody kills."""
    project = write_spec(folder / "project")
    with sim_at(folder / "sim", draw=quick_draw, runners=4) as sim:
        number = 0
        while True:
            number += 1
            if not _killed(Kill(write=number), project, sim, folder / f"store-{number}"):
                return number - 1


def _environment(sim: Sim, store: Path) -> dict[str, str]:
    return {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY, "ADC_STORE": str(store), "PYTHONPATH": ""}


def _build(project: Path, sim: Sim, store: Path) -> Ran:
    return adc("build", "dab.ad", "--yes", "--wait", "0", folder=project, env=_environment(sim, store))


def _killed(kill: Kill, project: Path, sim: Sim, store: Path) -> bool:
    """Whether the build died before it was done."""
    words: Sequence[str] = ("build", "dab.ad", "--yes", "--wait", "0")
    child = [sys.executable, "-c", CHILD, str(kill.write), kill.when, *words]
    process = subprocess.Popen(
        child,
        cwd=project,
        env={**os.environ, **_environment(sim, store)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        code = process.wait(kill.seconds or 120)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    return code == -signal.SIGKILL


def _resolved(ran: Ran, project: Path, sim: Sim, store: Path) -> set[int]:
    """Tell the ledger what the seller's list says about each purchase that the build was unsure of."""
    heard: set[int] = set()
    for entry in _entries(store):
        if entry.state != "ambiguous" or f"adc ledger resolve {entry.id}" not in ran.err:
            continue
        heard.add(entry.id)
        known = {other.request_id for other in _entries(store)}
        theirs = [
            item["request_id"]
            for item in _listed(sim, entry.endpoint)
            if item["request_id"] not in known and item["json_input"] == entry.arguments
        ]
        words = ("--request", theirs[0]) if theirs else ("--not-bought",)
        told = adc("ledger", "resolve", str(entry.id), *words, "--yes", folder=project, env=_environment(sim, store))
        assert told.code == 0, told.err
    return heard


def _listed(sim: Sim, endpoint: str) -> list[dict[str, Any]]:
    """What the seller's dashboard shows of an endpoint."""
    query = {"endpoint_id": endpoint, "expand": "payloads"}
    place = f"{sim.url}/v1/models/requests/by-endpoint"
    answer = httpx.get(place, params=query, headers={"Authorization": f"Key {KEY}"})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _entries(store: Path) -> tuple[Entry, ...]:
    if not (store / "adc.sqlite").exists():
        return ()
    with Database.open(store) as database:
        return StoreLedger(database).attempts()


def _kept(sim: Sim) -> Iterable[str]:
    """The requests that were billed and not given back."""
    kept: Counter[str] = Counter()
    for line in sim.billed():
        kept[line["request_id"]] += 1 if float(line["usd"]) > 0 else -1
    return kept.elements()


def _step_of(request: str, entries: Sequence[Entry]) -> str:
    return next((entry.step for entry in entries if entry.request_id == request), f"unknown {request}")


def _intact(store: Path) -> bool:
    """Whether every blob that a result names is there with its bytes. Raises StoreError where one is not."""
    with Store.open(store) as blobs, Database.open(store) as database:
        for row in database.read("SELECT outputs FROM results"):
            for blob in json.loads(row["outputs"]).values():
                blobs.verify(blob["digest"])
    return True
