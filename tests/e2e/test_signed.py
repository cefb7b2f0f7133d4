"""Signed plans as people use them: what was agreed to is built, and nothing where something that matters has moved."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.campaign import draw
from support.command import Ran, adc, steps_that
from support.killing import CHILD
from support.project import draw_picture, quick_draw
from support.sim import KEY, Sim, sim_at
from syrupy.assertion import SnapshotAssertion

from adc.runtime.database import Database
from adc.runtime.ledger import StoreLedger
from adc.runtime.sim.faults import Fail, Refuse

SPEC = """\
import "cast/maya.ad"

ad dab {
  duration 5s
  size     144p 9:16
  rate     10fps
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

CAST = """\
character maya "Maya Brooks" {
  reference "../refs/maya.png"
  looks     "a woman of about thirty"
  voice     "Rachel"
  pack      front
}
"""

PAID = {"hook.clip", "hook.voiceover", "maya.pack.front", "window.clip"}
CLIP = "fal-ai/veo3.1/lite/image-to-video"
ROOMS = ("compiler", "grammar", "runtime", "schemas")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    draw_picture(folder / "specs" / "refs" / "maya.png", (150, 95, 70))
    (folder / "specs" / "cast").mkdir()
    (folder / "specs" / "cast" / "maya.ad").write_text(CAST, encoding="utf-8")
    (folder / "specs" / "dab.ad").write_text(SPEC, encoding="utf-8")
    (folder / ".git").mkdir()  # the root of the project
    return folder


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


def run(project: Path, sim: Sim, *words: str, **env: str) -> Ran:
    """Run adc beside the project's specs, at the stand-in; no word that it says is a key."""
    ran = adc(*words, folder=project, env={"ADC_FAL_URL": sim.url, "FAL_KEY": KEY, **env})
    for text in (ran.out, ran.err):
        assert KEY not in text
        assert "Traceback" not in text
    return ran


def sign(project: Path, sim: Sim, *words: str, **env: str) -> Path:
    """Sign the spec, and give the plan's file."""
    ran = run(project, sim, "plan", "specs/dab.ad", *words, "-o", "ad.plan", **env)
    assert ran.code == 0, ran.err
    return project / "ad.plan"


def build(project: Path, sim: Sim, *words: str, **env: str) -> Ran:
    """Build what was signed."""
    return run(project, sim, "build", "ad.plan", "--yes", "--wait", "0", *words, **env)


def edit(project: Path, old: str, new: str, path: str = "specs/dab.ad") -> None:
    """Replace some text of a file."""
    text = (project / path).read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    (project / path).write_text(text.replace(old, new), encoding="utf-8")


def document(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def masked(text: str, sim: Sim) -> str:
    """What a command says, without what is another on every machine."""
    return re.sub(r"\b[0-9a-f]{12}\b", "(digest)", text.replace(sim.url, "URL"))


def other_adc(tmp_path: Path, repository: Path, edits: Mapping[str, Callable[[str], str]]) -> dict[str, str]:
    """Another adc, with files that are edited: what the environment of a command has to be to run it."""
    place = tmp_path / "other" / "adc"
    for room in ROOMS:
        shutil.copytree(repository / room, place / room, ignore=shutil.ignore_patterns("__pycache__", "editors"))
    for path, change in edits.items():
        before = (place / path).read_text(encoding="utf-8")
        assert change(before) != before, path
        (place / path).write_text(change(before), encoding="utf-8")
    return {"PYTHONPATH": str(place.parent), "PYTHONDONTWRITEBYTECODE": "1"}


def model(change: Callable[[dict[str, Any]], None]) -> Callable[[str], str]:
    """An edit of a file of the catalogue."""

    def edited(text: str) -> str:
        entry = json.loads(text)
        change(entry)
        return json.dumps(entry)

    return edited


LITE = "schemas/models/fal-ai--veo3.1--lite--image-to-video.json"


def dearer(entry: dict[str, Any]) -> None:
    entry["price"]["usd"] = json.loads(re.sub(r'"0\.0(\d)"', r'"0.1\1"', json.dumps(entry["price"]["usd"])))


# What was signed is built


def test_what_was_signed_is_built_and_then_there_is_nothing_to_do(project: Path, sim: Sim) -> None:
    ran = run(project, sim, "plan", "specs/dab.ad", "-o", "ad.plan")
    assert ran.code == 0, ran.err
    assert "\nad.plan is signed, to be bought at a stand-in: $0.53 for 4 purchases\n" in ran.out
    assert ran.out.endswith(f"next: adc build ad.plan --fal-url {sim.url}\n")
    assert sim.billed() == []

    made = build(project, sim)
    assert made.code == 0, made.err
    assert steps_that("bought", made) == PAID
    assert sim.total() == Decimal(document(project / "ad.plan")["usd"])
    assert [path.name for path in (project / "out").iterdir()] == ["dab.mp4"]

    assert build(project, sim).out == "nothing to do: out/dab.mp4 is up to date\n"
    (project / "out" / "dab.mp4").unlink()
    delivered = build(project, sim)  # its own lock has come, and its own purchases: nothing has moved
    assert delivered.code == 0, delivered.err
    assert len(sim.billed()) == len(PAID)


def test_the_file_follows_its_published_schema(project: Path, sim: Sim, repository: Path) -> None:
    for words in ((), ("--draft",)):
        found = document(sign(project, sim, *words))
        for name, part in (("signed", found), ("plan", found["plan"])):
            schema = json.loads((repository / "schemas" / f"{name}.v1.json").read_text(encoding="utf-8"))
            jsonschema.validate(part, schema)
    assert found["bill"] == []
    assert found["usd"] == "0"
    assert found["engine"] == "draft"


def test_the_same_situation_is_the_same_bytes_anywhere(project: Path, tmp_path: Path, sim: Sim) -> None:
    first = sign(project, sim, PYTHONHASHSEED="1", TZ="UTC+1").read_bytes()
    elsewhere = tmp_path / "other place" / "deep"
    shutil.copytree(project, elsewhere / "project", ignore=shutil.ignore_patterns("ad.plan"))
    ran = adc(
        *("plan", str(elsewhere / "project" / "specs" / "dab.ad"), "-o", "project/ad.plan", "--store", "store"),
        folder=elsewhere,
        env={"ADC_FAL_URL": sim.url.replace("127.0.0.1", "localhost"), "FAL_KEY": "x:y", "PYTHONHASHSEED": "2"},
    )
    assert ran.code == 0, ran.err
    assert (elsewhere / "project" / "ad.plan").read_bytes() == first
    assert document(project / "ad.plan")["spec"] == "specs/dab.ad"
    assert set(document(project / "ad.plan")["inputs"]) == {"dab.ad", "cast/maya.ad", "refs/maya.png"}


def test_no_key_no_address_and_no_place_is_in_it(project: Path, tmp_path: Path, sim: Sim) -> None:
    assert run(project, sim, "build", "specs/dab.ad", "--yes").code == 0  # uploads, signed addresses, requests
    edit(project, "leans in", "leans back")
    text = sign(project, sim).read_text(encoding="utf-8")
    for secret in (KEY, *KEY.split(":"), sim.url, "http", str(tmp_path), str(Path.home()), os.environ["ADC_STORE"]):
        assert secret not in text
    assert "request_id" not in text


def test_it_is_known_by_its_content(project: Path, sim: Sim) -> None:
    sign(project, sim).rename(project / "agreed.json")
    ran = run(project, sim, "build", "agreed.json", "--yes")
    assert ran.code == 0, ran.err
    assert (project / "out" / "dab.mp4").exists()


def test_it_is_found_from_another_folder(project: Path, tmp_path: Path, sim: Sim) -> None:
    (project / "plans").mkdir()
    assert run(project, sim, "plan", "specs/dab.ad", "-o", "plans/ad.plan").code == 0
    shown = run(tmp_path, sim, "plan", str(project / "plans" / "ad.plan"))
    assert shown.code == 0, shown.err
    assert "nothing has moved since" in shown.out


def test_what_says_the_same_has_not_moved(project: Path, sim: Sim) -> None:
    sign(project, sim)
    edit(project, "scene hook 3s {", "# the first three seconds decide\nscene hook 3s {")
    draw_picture(project / "specs" / "refs" / "other.png", (1, 2, 3))
    ran = build(project, sim)
    assert ran.code == 0, ran.err
    assert steps_that("bought", ran) == PAID


def test_params_and_variants_are_those_that_were_typed(project: Path, sim: Sim) -> None:
    edit(project, "ad dab {", 'param what "window"\n\nvariant way {\n  in "in"\n  out "out"\n}\n\nad dab {')
    edit(project, "leans in", "leans {{ way }}")
    edit(project, "the window opens", "the {{ what }} opens")
    sign(project, sim, "--set", "what=door", "--variant", "way=out")
    ran = build(project, sim)
    assert ran.code == 0, ran.err
    assert any("door opens" in prompt for prompt in prompts())
    assert [path.name for path in (project / "out").iterdir()] == ["dab.out.mp4"]
    edit(project, "leans {{ way }}", "leans {{ way }} more")
    refused = build(project, sim)
    assert (
        f"next: adc plan specs/dab.ad --set what=door --variant way=out --fal-url {sim.url} -o ad.plan" in refused.err
    )


def prompts() -> set[str]:
    """What the models were told."""
    with Database.open(Path(os.environ["ADC_STORE"])) as database:
        requests = [entry.arguments for entry in StoreLedger(database).attempts()]
    return {str(each["prompt"]) for each in requests if isinstance(each, dict) and "prompt" in each}


# What has moved


def nothing_was_bought(ran: Ran, sim: Sim) -> None:
    assert ran.code == 4, ran.out + ran.err
    assert sim.billed() == []
    assert "nothing was sent and nothing was spent" in ran.err
    assert ran.err.splitlines()[-1].startswith("next: adc ")


def texts(*edits: tuple[str, str] | tuple[str, str, str]) -> Callable[[Path], object]:
    """Edits of texts of a project."""

    def edited(project: Path) -> None:
        for each in edits:
            edit(project, *each)

    return edited


def another_picture(project: Path) -> None:
    draw_picture(project / "specs" / "refs" / "maya.png", (150, 95, 71))


def everything(project: Path) -> None:
    texts(("the window opens", "the door opens"), ("about thirty", "about forty", "specs/cast/maya.ad"))(project)
    another_picture(project)


RAIN = 'scene more 3s {\n  using veo3_1_lite\n  action "rain"\n}\n'

MOVES: dict[str, Callable[[Path], object]] = {
    "the text of the spec": texts(("leans in", "leans back")),
    "a scene that is new": texts(("duration 5s", "duration 8s"), ("transition continue", RAIN)),
    "only what is shown": texts(("ad dab {", 'ad dab "Dab on" {')),
    "an import": texts(("about thirty", "about forty", "specs/cast/maya.ad")),
    "a reference picture": another_picture,
    "text, import and picture": everything,
    "a picture that is gone": lambda project: (project / "specs" / "refs" / "maya.png").unlink(),
    "a spec with a mistake": texts(("cast      maya", "cast      mya")),
    "a spec that is gone": lambda project: (project / "specs" / "dab.ad").unlink(),
}


@pytest.mark.parametrize("what", MOVES)
def test_a_file_that_moved(project: Path, sim: Sim, what: str, snapshot: SnapshotAssertion) -> None:
    sign(project, sim)
    MOVES[what](project)
    ran = build(project, sim)
    nothing_was_bought(ran, sim)
    assert masked(ran.err, sim) == snapshot


ENTRIES: dict[str, Mapping[str, Callable[[str], str]]] = {
    "a price": {LITE: model(dearer)},
    "a schema": {LITE: model(lambda entry: entry["input"]["properties"].update(mood={"type": "string"}))},
    "a request": {LITE: model(lambda entry: entry["request"].update(auto_fix=True))},
    "a note": {LITE: model(lambda entry: entry["notes"].append("It likes rain."))},
    "the version": {"runtime/version.py": lambda text: text.replace('"0.', '"9.')},
    "the derivation": {"compiler/digest.py": lambda text: text.replace("DERIVATION = 1", "DERIVATION = 7")},
}


@pytest.mark.parametrize("what", ENTRIES)
def test_an_adc_that_is_another(
    project: Path, tmp_path: Path, repository: Path, sim: Sim, what: str, snapshot: SnapshotAssertion
) -> None:
    sign(project, sim)
    ran = build(project, sim, **other_adc(tmp_path, repository, ENTRIES[what]))
    nothing_was_bought(ran, sim)
    assert masked(ran.err, sim) == snapshot


def test_a_price_that_moved_only_in_its_date_has_its_own_words(
    project: Path, tmp_path: Path, repository: Path, sim: Sim
) -> None:
    sign(project, sim)
    later = model(lambda entry: entry["price"].update(as_of="2030-01-01"))
    ran = build(project, sim, **other_adc(tmp_path, repository, {LITE: later}))
    nothing_was_bought(ran, sim)
    assert "what the catalogue says of veo3_1_lite, for window.clip, was " in ran.err
    assert "the price of" not in ran.err


def test_a_store_that_lost_something(project: Path, tmp_path: Path, sim: Sim, snapshot: SnapshotAssertion) -> None:
    assert run(project, sim, "build", "specs/dab.ad", "--yes").code == 0
    edit(project, "the window opens", "the door opens")
    sign(project, sim)
    bought = len(sim.billed())
    lose(tmp_path / "store", "hook.clip")
    shutil.rmtree(tmp_path / "sim" / "files")  # and it cannot be fetched again
    ran = build(project, sim)
    assert ran.code == 4
    assert len(sim.billed()) == bought
    assert masked(ran.err, sim) == snapshot


def lose(store: Path, *steps: str) -> None:
    """Lose what steps made, with all that the ledger knows of it: another store, in effect."""
    with Database.open(store) as database:
        rows = database.read("SELECT key, step, outputs FROM results")
    with closing(sqlite3.connect(store / "adc.sqlite")) as connection, connection:
        for row in rows:
            if row["step"] in steps:
                connection.execute("DELETE FROM attempts WHERE key = ?", (row["key"],))
                for blob in json.loads(row["outputs"]).values():
                    name = blob["digest"].removeprefix("sha256:")
                    (store / "blobs" / name[:2] / name[2:]).unlink()


def test_what_is_lost_and_free_is_made_again(project: Path, tmp_path: Path, sim: Sim) -> None:
    assert run(project, sim, "build", "specs/dab.ad", "--yes").code == 0
    (project / "specs" / "dab.ad.sim.lock").unlink()
    sign(project, sim)
    bought = len(sim.billed())
    lose(tmp_path / "store", "hook.last_frame", "film.master")
    (project / "out" / "dab.mp4").unlink()
    ran = build(project, sim)
    assert ran.code == 0, ran.err
    assert steps_that("made", ran) == {"hook.last_frame", "film.master"}
    assert len(sim.billed()) == bought


def test_a_take_that_was_accepted(project: Path, sim: Sim, snapshot: SnapshotAssertion) -> None:
    assert run(project, sim, "build", "specs/dab.ad", "--yes").code == 0
    edit(project, "the window opens", "the door opens")
    sign(project, sim)
    taken = run(project, sim, "take", "hook", "specs/dab.ad", "--yes")
    assert taken.code == 0, taken.err
    bought = len(sim.billed())
    waiting = run(project, sim, "build", "ad.plan")  # a take that nobody has decided about moves nothing
    assert "there is no terminal to ask at" in waiting.err
    assert run(project, sim, "accept", "hook@2", "specs/dab.ad").code == 0
    ran = build(project, sim)
    assert ran.code == 4, ran.out + ran.err
    assert len(sim.billed()) == bought
    assert masked(ran.err, sim) == snapshot
    sign(project, sim)
    assert build(project, sim).code == 0
    assert len(sim.billed()) == bought + 1


@pytest.mark.parametrize(
    ("signed", "here", "said", "goes_on"),
    [
        (
            {"ADC_FAL_URL": "", "FAL_KEY": KEY},
            {"ADC_FAL_URL": "", "FAL_KEY": ""},
            "it was signed to be bought at fal, $0.53 for 4 purchases; without a key it would be a free draft here",
            "adc auth login",
        ),
        (
            {"ADC_FAL_URL": "", "FAL_KEY": KEY},
            {},
            "it was signed to be bought at fal, $0.53 for 4 purchases; here it would be bought at a stand-in",
            "adc plan specs/dab.ad --fal-url URL -o ad.plan",
        ),
        (
            {},
            {"ADC_FAL_URL": "", "FAL_KEY": KEY},
            "it was signed to be bought at a stand-in, $0.53 for 4 purchases; here it would be bought at fal",
            "adc plan specs/dab.ad -o ad.plan",
        ),
        (
            {},
            {"ADC_FAL_URL": "", "FAL_KEY": ""},
            "it was signed to be bought at a stand-in, $0.53 for 4 purchases; without a key it would be a free draft",
            "adc plan specs/dab.ad -o ad.plan",
        ),
    ],
    ids=["no key", "a stand-in in fal's place", "fal in a stand-in's place", "no stand-in"],
)
def test_another_seller(
    project: Path, sim: Sim, signed: dict[str, str], here: dict[str, str], said: str, goes_on: str
) -> None:
    sign(project, sim, **signed)
    ran = build(project, sim, **here)
    nothing_was_bought(ran, sim)
    assert said in ran.err
    assert masked(ran.err, sim).endswith(f"next: {goes_on}\n")


def test_a_draft_that_was_signed_is_a_draft_whoever_has_a_key(project: Path, sim: Sim) -> None:
    assert (
        "ad.plan is signed, as a free draft: nothing to buy\n"
        in run(project, sim, "plan", "specs/dab.ad", "--draft", "-o", "ad.plan").out
    )
    ran = build(project, sim)
    assert ran.code == 0, ran.err
    assert "draft, 5 s" in ran.out
    assert sim.billed() == []


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def in_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def write(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    found = document(file)
    change(found)
    file.write_text(json.dumps(found), encoding="utf-8")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "edited": lambda file: write(file, lambda found: found["bill"].append(found["bill"][0])),
    "a price that was edited": lambda file: write(file, lambda found: found.update(usd="0.01")),
    "without its digest": lambda file: write(file, lambda found: found.pop("digest")),
    "cut short": cut_short,
    "empty": lambda file: file.write_bytes(b""),
    "gone": lambda file: file.unlink(),
    "of a newer schema": lambda file: write(file, lambda found: found.update(schema="adc/signed/2")),
    "a plan that nobody signed": lambda file: file.write_text(json.dumps(document(file)["plan"])),
    "JSON of something else": lambda file: file.write_text('{"name": "dab"}'),
    "a list": lambda file: file.write_text("[1]"),
    "deep": lambda file: file.write_text("[" * 100_000),
    "a spec": lambda file: file.write_text(SPEC),
    "bytes": lambda file: file.write_bytes(bytes(range(256))),
    "a folder": in_a_folder,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_file_that_is_no_whole_signed_plan(project: Path, sim: Sim, how: str, snapshot: SnapshotAssertion) -> None:
    DAMAGE[how](sign(project, sim))
    for command in ("build", "plan"):
        ran = run(project, sim, command, "ad.plan")
        nothing_was_bought(ran, sim)
        assert ran.out == ""
        assert ran.err == snapshot(name=how)


def test_written_in_another_layout_it_is_the_same(project: Path, sim: Sim) -> None:
    write(sign(project, sim), lambda found: None)
    assert "nothing has moved since" in run(project, sim, "plan", "ad.plan").out


# Only what is on the list is bought


def test_a_lower_bill_is_no_reason_to_refuse(project: Path, sim: Sim) -> None:
    sign(project, sim)
    sim.faults.add(Refuse("submit", 422), rate=1.0, endpoint=CLIP)
    failed = run(project, sim, "build", "specs/dab.ad", "--yes")
    assert failed.code == 3, failed.err
    assert len(sim.billed()) == 3
    shown = run(project, sim, "plan", "ad.plan").out
    assert re.search(r"^a part of it is there already; left: \$0\.\d\d for 1 purchase$", shown, re.M), shown
    sim.faults.clear()
    ran = build(project, sim)
    assert ran.code == 0, ran.err
    assert steps_that("bought", ran) == {"window.clip"}
    assert sim.total() == Decimal(document(project / "ad.plan")["usd"])


UNCHECKED = """
import sys
from adc.runtime.cli import signed

signed.moved = lambda *_, **__: ()
from adc.runtime.cli.main import main

sys.exit(main(sys.argv[1:]))
"""
"""A build that looks at nothing before it begins to buy."""


def test_what_is_not_on_the_list_is_not_bought_even_where_nobody_looked(project: Path, sim: Sim) -> None:
    sign(project, sim)
    edit(project, "leans in", "leans back")
    env = {**os.environ, "ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    words = [sys.executable, "-c", UNCHECKED, "build", "ad.plan", "--yes"]
    ran = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 4, ran.stderr
    assert "hook.clip is none of the purchases of ad.plan; nothing was sent for it" in ran.stderr
    assert f"next: adc plan specs/dab.ad --fal-url {sim.url} -o ad.plan" in ran.stderr
    assert {line["endpoint"] for line in sim.billed()} <= set(document(project / "ad.plan")["models"])
    with Database.open(Path(os.environ["ADC_STORE"])) as database:
        assert {entry.step for entry in StoreLedger(database).attempts()} <= {"maya.pack.front", "hook.voiceover"}


def test_what_was_spent_in_vain_is_not_spent_again_without_signing_anew(project: Path, sim: Sim) -> None:
    sign(project, sim)
    sim.faults.add(Fail(422, "content_policy_violation", "flagged", billed=True), times=3, endpoint=CLIP)
    failed = build(project, sim)
    assert failed.code != 0
    assert "more than the $0.12 that ad.plan has for it, of which $0.12 is spent or committed" in failed.err
    spent = sim.total()
    assert spent == Decimal(document(project / "ad.plan")["usd"])

    again = build(project, sim)
    assert again.code == 4
    assert "window.clip was to be bought for $0.12, and $0.12 was spent on it in vain since: $0.12 more" in again.err
    assert sim.total() == spent

    sim.faults.clear()
    sign(project, sim)
    assert document(project / "ad.plan")["bill"] == [
        {"step": "window.clip", "usd": "0.1200", "mark": "estimated", "spent": "0.1200", "wasted": "0.1200"}
    ]
    assert build(project, sim).code == 0


@pytest.mark.parametrize(("write_number", "when"), [(2, "before"), (5, "after"), (9, "before"), (14, "after")])
def test_a_killed_build_goes_on_by_the_same_command(
    project: Path, tmp_path: Path, sim: Sim, write_number: int, when: str
) -> None:
    sign(project, sim)
    child = [sys.executable, "-c", CHILD, str(write_number), when, "build", "ad.plan", "--yes", "--wait", "0"]
    env = {**os.environ, "ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    died = subprocess.run(child, cwd=project, env=env, capture_output=True, check=False, timeout=120)
    assert died.returncode == -signal.SIGKILL
    ran = build(project, sim)
    if ran.code != 0:  # it died between a purchase and its answer: people look at the seller's list
        told = re.search(r"next: adc ledger resolve (\d+)", ran.err)
        assert told, ran.err
        settled = run(project, sim, "ledger", "resolve", told[1], "--not-bought", "--yes")
        assert settled.code == 0, settled.err
        ran = build(project, sim)
    assert ran.code == 0, ran.err
    with Database.open(tmp_path / "store") as database:
        bought = Counter(entry.step for entry in StoreLedger(database).attempts() if entry.state == "fetched")
    assert bought == Counter(PAID)
    assert len(sim.billed()) == len(PAID)
    assert sim.total() == Decimal(document(project / "ad.plan")["usd"])


def test_other_caps_still_count(project: Path, sim: Sim) -> None:
    sign(project, sim)
    ran = build(project, sim, "--max-cost", "0.10")
    assert ran.code == 4
    assert "more than the --max-cost of $0.10 allows" in ran.err
    assert "next: adc build ad.plan --fal-url" in ran.err
    assert sim.billed() == []


def test_without_a_yes_somebody_is_asked(project: Path, sim: Sim) -> None:
    sign(project, sim)
    ran = run(project, sim, "build", "ad.plan")
    assert ran.code == 4
    assert "would spend up to $0.53 and there is no terminal to ask at" in ran.err
    assert f"next: adc build ad.plan --fal-url {sim.url} --yes\n" in ran.err


# Words beside it


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--set", "a=b"), "--set"),
        (("--variant", "a=b"), "--variant"),
        (("--all-variants", "--draft"), "--all-variants, --draft"),
        (("--refresh",), "--refresh"),
        (("--strict", "--draft"), "--draft"),
    ],
)
def test_the_plan_says_itself_what_is_chosen(project: Path, sim: Sim, words: tuple[str, ...], named: str) -> None:
    sign(project, sim)
    for command in ("build", "plan"):
        ran = run(project, sim, command, "ad.plan", *words)
        assert ran.code == 2
        assert ran.err == f"ad.plan says itself what is chosen and for whom; leave out {named}\n"


def test_signing_writes_over_nothing_but_plans(project: Path, sim: Sim) -> None:
    ran = run(project, sim, "plan", "specs/dab.ad", "-o", "specs/dab.ad")
    assert ran.code == 4
    assert "specs/dab.ad is no plan, and was not written over; nothing was signed\n" in ran.err
    assert (project / "specs" / "dab.ad").read_text(encoding="utf-8") == SPEC
    (project / "plans").mkdir()
    ran = run(project, sim, "plan", "specs/dab.ad", "-o", "plans")
    assert ran.code == 3
    assert "plans is a folder; nothing was signed" in ran.err
    sign(project, sim)
    sign(project, sim)
    assert not list(project.glob(".ad.plan*"))


def test_a_spec_with_errors_leaves_the_plan_that_is_there(project: Path, sim: Sim) -> None:
    before = sign(project, sim).read_bytes()
    edit(project, "cast      maya", "cast      mya")
    assert run(project, sim, "plan", "specs/dab.ad", "-o", "ad.plan").code == 1
    assert (project / "ad.plan").read_bytes() == before


# Showing it


def test_what_was_signed_is_shown(project: Path, sim: Sim, snapshot: SnapshotAssertion) -> None:
    sign(project, sim)
    ran = run(project, sim, "plan", "ad.plan")
    assert ran.code == 0
    assert masked(ran.out, sim) == snapshot(name="as it was signed")
    draw_picture(project / "specs" / "refs" / "maya.png", (150, 95, 71))
    moved = run(project, sim, "plan", "ad.plan")
    assert moved.code == 0
    assert masked(moved.out, sim) == snapshot(name="moved")


def test_it_is_shown_without_a_key(project: Path, sim: Sim) -> None:
    sign(project, sim, ADC_FAL_URL="")
    ran = run(project, sim, "plan", "ad.plan", ADC_FAL_URL="", FAL_KEY="")
    assert ran.code == 0, ran.err
    assert "without a key it would be a free draft here" in ran.out


def test_the_plan_in_it_is_printed_as_any_plan(project: Path, sim: Sim) -> None:
    file = sign(project, sim)
    plain = run(project, sim, "plan", "specs/dab.ad", "--json").out
    edit(project, "leans in", "leans back")
    assert run(project, sim, "plan", "ad.plan", "--json").out == plain
    assert json.loads(plain) == document(file)["plan"]
    status = json.loads(run(project, sim, "plan", "ad.plan", "--status").out)
    assert status["plan"] == document(file)["plan"]
    assert status["usd_ahead"] == document(file)["usd"]


# Several at once

MANY = """\
variant opener {
  short "Hi."
  long  "Hi there, how are you?"
}

ad many {
  size 270p 9:16
  rate 10fps
}

character maya {
  reference "refs/maya.png"
  pack      front
}

scene hook 3s {
  using  kling_o3
  cast   maya
  action "{{ maya }} waves"
  says   maya "{{ opener }}"
}

scene end 3s {
  using  kling_o3
  cast   maya
  action "{{ maya }} leaves"
}
"""


def test_all_variants_are_signed_together(project: Path, tmp_path: Path, repository: Path) -> None:
    (project / "specs" / "many.ad").write_text(MANY, encoding="utf-8")
    with sim_at(tmp_path / "sim", draw=draw, runners=4) as sim:
        ran = run(project, sim, "plan", "specs/many.ad", "--all-variants", "-o", "ad.plan")
        assert ran.code == 0, ran.err
        found = document(project / "ad.plan")
        schema = json.loads((repository / "schemas" / "signed.v1.json").read_text(encoding="utf-8"))
        jsonschema.validate(found, schema)
        bills = [{item["step"] for item in ad["bill"]} for ad in found["ads"]]
        assert bills == [{"maya.pack.front", "hook.clip", "end.clip"}, {"hook.clip"}]
        assert " for 4 purchases\n" in ran.out

        edit(project, '"Hi."', '"Hello."', "specs/many.ad")
        refused = build(project, sim)
        nothing_was_bought(refused, sim)
        assert "hook.clip is another" in refused.err
        assert f"next: adc plan specs/many.ad --all-variants --fal-url {sim.url} -o ad.plan" in refused.err
        edit(project, '"Hello."', '"Hi."', "specs/many.ad")

        made = build(project, sim)
        assert made.code == 0, made.err
        assert len(sim.billed()) == 4
        assert sim.total() == Decimal(found["usd"])
        assert {path.name for path in (project / "out").iterdir()} == {"many.short.mp4", "many.long.mp4"}
        assert build(project, sim).code == 0
        told = "nothing to do: out/many.short.mp4 is up to date\nnothing to do: out/many.long.mp4 is up to date\n"
        assert build(project, sim).out == told
        assert len(sim.billed()) == 4
