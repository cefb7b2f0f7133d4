"""`adc why`: each way in which a step can become another is told as what it is, with what follows and since when."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from support.command import Ran, adc, steps_that
from support.project import draw_picture, edit, quick_draw, write_project
from support.sim import KEY, Sim, sim_at
from syrupy.assertion import SnapshotAssertion

from adc.compiler.catalogue import Catalogue, Endpoint, builtin
from adc.compiler.families import Families
from adc.compiler.families import builtin as wordings
from adc.compiler.frozen import replace
from adc.compiler.plan import Json
from adc.runtime import engines
from adc.runtime.cli import session, since
from adc.runtime.cli.main import main
from adc.runtime.media import tools

ELSEWHERE = "http://127.0.0.1:1"
"""The address of a stand-in that nobody has to reach."""

DAY = "2026-03-02T09:00:00+0000"


def git(project: Path, *words: str) -> None:
    """Run git as somebody, on one day."""
    who = {f"GIT_{role}_{what}": "nobody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    days = {"GIT_AUTHOR_DATE": DAY, "GIT_COMMITTER_DATE": DAY}
    words = ("-c", "commit.gpgsign=false", *words)
    subprocess.run(["git", *words], cwd=project, check=True, capture_output=True, env={**os.environ, **who, **days})


def commit(project: Path, subject: str) -> None:
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", subject)


@dataclass(frozen=True)
class Ad:
    """A project in a repository whose film has been built and committed, with its store."""

    project: Path
    store: Path

    def why(self, *words: str, capsys: pytest.CaptureFixture[str]) -> Ran:
        """Ask in this process, where tests can change the catalogue; days, commits and digests are masked."""
        code = main(["why", *words])
        out, err = capsys.readouterr()
        return Ran(code, masked(out), masked(err))

    def build(self, sim: Sim, *words: str) -> Ran:
        env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY, "ADC_STORE": str(self.store)}
        return adc("build", "tiny.ad", "--yes", *words, folder=self.project, env=env)

    def lose(self, step: str) -> None:
        """Remove the files of a step from the store."""
        found = json.loads(adc("plan", "tiny.ad", "--status", folder=self.project, env=self.env).out)
        key = found["status"][step]["key"]
        for file in self.files(key):
            file.unlink()

    def files(self, key: str) -> Iterator[Path]:
        """The blobs behind a key."""
        import sqlite3

        connection = sqlite3.connect(self.store / "adc.sqlite")
        ((outputs,),) = connection.execute("SELECT outputs FROM results WHERE key = ?", (key,)).fetchall()
        connection.close()
        for blob in json.loads(outputs).values():
            name = blob["digest"].removeprefix("sha256:")
            yield self.store / "blobs" / name[:2] / name[2:]

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command about what was bought."""
        return {"ADC_FAL_URL": ELSEWHERE, "FAL_KEY": KEY, "ADC_STORE": str(self.store)}


def masked(text: str) -> str:
    """The text without what is another every day and on every machine."""
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b", "DAY", text)
    text = re.sub(r"\b(since|before|at) [0-9a-f]{10}\b", r"\1 COMMIT", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "DIGEST", text)


def prepared(folder: Path) -> Path:
    project = write_project(folder)
    (project / ".gitignore").write_text("out/\n", encoding="utf-8")
    git(project, "init", "-q", "-b", "main")
    commit(project, "An ad for a serum")
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Ad:
    """The film, bought at a stand-in; each test works on a copy."""
    folder = tmp_path_factory.mktemp("built")
    ad = Ad(prepared(folder / "project"), folder / "store")
    with sim_at(folder / "sim", draw=quick_draw, runners=4) as sim:
        ran = ad.build(sim)
        assert ran.code == 0, ran.err
    commit(ad.project, "Built")
    return ad


@pytest.fixture
def ad(built: Ad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ad:
    copy = Ad(tmp_path / "project", tmp_path / "store")
    shutil.copytree(built.project, copy.project)
    shutil.copytree(built.store, copy.store)
    monkeypatch.chdir(copy.project)
    for name, value in copy.env.items():
        monkeypatch.setenv(name, value)
    return copy


def test_never_made(
    project: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("ADC_FAL_URL", ELSEWHERE)
    assert main(["why", "proof"]) == 0
    assert capsys.readouterr().out == snapshot
    assert main(["why", "proof", "--draft"]) == 0
    assert "proof.clip will be drawn for free once there is what maya.pack.profile makes" in capsys.readouterr().out


def test_nothing_to_do(ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]) -> None:
    assert ad.why("hook", capsys=capsys).out == snapshot
    assert ad.why("film.master", capsys=capsys).out == snapshot


def test_a_prompt_that_was_edited_and_then_committed(
    ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }} to the light")
    assert ad.why("proof.clip", capsys=capsys).out == snapshot
    commit(ad.project, "Raise it to the light")
    edit(ad.project, "Two drops.", "Three drops.")
    commit(ad.project, "Another voiceover")
    assert "since COMMIT of DAY: Raise it to the light" in ad.why("proof.clip", capsys=capsys).out
    assert "since COMMIT of DAY: Another voiceover" in ad.why("proof.voiceover", capsys=capsys).out


def test_what_is_made_of_it_is_followed_to_the_edit(
    ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }}")
    commit(ad.project, "Raise it")
    assert ad.why("window.clip", capsys=capsys).out == snapshot
    assert ad.why("film.master", capsys=capsys).out == snapshot


def test_other_bytes_of_a_picture(ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]) -> None:
    draw_picture(ad.project / "refs" / "serum.png", (10, 20, 30))
    assert ad.why("proof.clip", capsys=capsys).out == snapshot
    commit(ad.project, "A new label")
    assert "since COMMIT of DAY: A new label" in ad.why("proof.clip", capsys=capsys).out


def test_another_picture(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    draw_picture(ad.project / "refs" / "bottle.png", (10, 20, 30))
    edit(ad.project, "refs/serum.png", "refs/bottle.png")
    told = ad.why("proof.clip", capsys=capsys).out
    assert "refs/serum.png DIGEST -> refs/bottle.png DIGEST" in told


def test_another_model(ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]) -> None:
    edit(ad.project, "using  veo3_1_lite", "using  veo3_1_fast")
    assert ad.why("hook.clip", capsys=capsys).out == snapshot


def test_another_take(ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]) -> None:
    edit(ad.project, "using  veo3_1_lite\n", "using  veo3_1_lite\n  take   2\n")
    assert ad.why("hook.clip", capsys=capsys).out == snapshot


def test_another_length_is_told_by_its_argument(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    edit(ad.project, "scene window 3s", "scene window 5s")
    edit(ad.project, "duration 11s", "duration 13s")
    told = ad.why("window.clip", capsys=capsys).out
    assert "window.clip will be bought again" in told
    assert re.search(r"  duration +3 -> 5\n", told), told


# What moves beside the spec


def serving(monkeypatch: pytest.MonkeyPatch, change: Callable[[Endpoint], Endpoint], model: str) -> None:
    """The catalogue of a later day."""
    endpoints = tuple(change(one) if one.model == model else one for one in builtin().endpoints)
    monkeypatch.setattr(session, "builtin", lambda: Catalogue(endpoints))


def asked_otherwise(endpoint: Endpoint) -> Endpoint:
    assert isinstance(endpoint.request, dict)
    return replace(endpoint, request={**endpoint.request, "auto_fix": True})


def schema_otherwise(endpoint: Endpoint) -> Endpoint:
    schema: dict[str, Json] = {**endpoint.input_schema, "description": "another day's"}
    return replace(endpoint, input_schema=schema)


def dearer(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, price=replace(endpoint.price, usd="0.2", by=(), extras=()))


@pytest.mark.parametrize("change", [dearer, schema_otherwise])
def test_a_price_and_a_schema_are_in_no_key(
    ad: Ad, change: Callable[[Endpoint], Endpoint], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = ad.why("window.clip", capsys=capsys).out
    serving(monkeypatch, change, "kling_o1_standard")
    assert ad.why("window.clip", capsys=capsys).out == before


def test_another_way_to_fill_a_request_makes_it_stale(
    ad: Ad, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    serving(monkeypatch, asked_otherwise, "veo3_1_lite")
    assert ad.why("hook.clip", capsys=capsys).out == snapshot
    edit(ad.project, "leans in", "leans back")
    told = ad.why("hook.clip", capsys=capsys).out
    assert "another way to fill a request" in told
    assert "[-in-]{+back+}" in told


def test_another_wording(
    ad: Ad, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lock keeps the wording; without one, what was bought is made again, and only that is to blame."""
    second = Families({**wordings().templates, "elements/2": wordings().templates["elements/1"] + "Be quick."})
    monkeypatch.setattr("adc.compiler.pipeline.builtin", lambda: second)
    assert "is what the lock has" in ad.why("proof.clip", capsys=capsys).out
    (ad.project / "tiny.ad.sim.lock").unlink()
    assert ad.why("proof.clip", capsys=capsys).out == snapshot


def test_another_build_of_ffmpeg(
    ad: Ad, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools, "encoder", lambda: "ffmpeg 99.0")
    told = re.sub(r"film/3 final \S.*? ->", "film/3 final HERE ->", ad.why("film.master", capsys=capsys).out)
    assert told == snapshot


def test_frames_that_are_cut_otherwise_leave_what_the_lock_holds(
    ad: Ad, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "FRAME", replace(engines.FRAME, name="frame/99"))
    told = ad.why("proof.last_frame", capsys=capsys).out
    assert "proof.last_frame will be cut again for free: another program makes it" in told
    assert "window.clip, as the lock has it" in told
    assert "engine     frame/1 -> frame/99" in told
    assert "window.clip is what the lock has" in ad.why("window.clip", capsys=capsys).out


# The store and the lock


def test_a_file_that_is_gone(ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]) -> None:
    ad.lose("proof.clip")
    assert ad.why("proof.clip", capsys=capsys).out == snapshot


def test_what_was_asked_for_before_is_in_the_store_still(
    ad: Ad, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as sim:
        edit(ad.project, "leans in", "leans back")
        assert steps_that("bought", ad.build(sim)) == {"hook.clip"}
    edit(ad.project, "leans back", "leans in")
    told = ad.why("hook.clip", capsys=capsys).out
    assert "hook.clip is in the store already; the last time it was another: its prompt changed" in told
    assert "[-back-]{+in+}" in told


def test_a_scene_that_was_renamed_and_edited(
    ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(ad.project, "scene proof", "scene evidence")
    assert "evidence.clip is what the lock has" in ad.why("evidence.clip", capsys=capsys).out
    edit(ad.project, "lifts {{ serum }}", "shows {{ serum }}")
    commit(ad.project, "Evidence")
    assert ad.why("evidence", capsys=capsys).out == snapshot


def test_without_a_repository_nobody_says_since_when(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(ad.project / ".git")
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }}")
    told = ad.why("proof.clip", capsys=capsys).out
    assert "[-lifts-]{+raises+}" in told
    assert "since" not in told
    assert "committed" not in told


def test_only_so_many_commits_are_looked_at(
    ad: Ad, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }}")
    commit(ad.project, "Raise it")
    for name in ("Now", "Today", "Here"):
        edit(ad.project, 'button   "', f'button   "{name} ')
        commit(ad.project, name)
    monkeypatch.setattr(since, "MOST", 2)
    assert "since before COMMIT of DAY: Today" in ad.why("proof.clip", capsys=capsys).out
    monkeypatch.setattr(since, "MOST", 5)
    assert "since COMMIT of DAY: Raise it" in ad.why("proof.clip", capsys=capsys).out


def test_a_commit_that_cannot_be_compiled_is_passed_over(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }}")
    commit(ad.project, "Raise it")
    edit(ad.project, "duration 11s", "duration eleven")
    commit(ad.project, "A slip")
    edit(ad.project, "duration eleven", "duration 11s")
    commit(ad.project, "Mended")
    assert "since COMMIT of DAY: Raise it" in ad.why("proof.clip", capsys=capsys).out


# Forms and mistakes


def test_json_keeps_to_its_schema(ad: Ad, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads((repository / "schemas" / "why.v1.json").read_text(encoding="utf-8"))
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }}")
    for asked in ("proof", "window.clip", "hook", "film.master", "maya"):
        assert main(["why", asked, "tiny.ad", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, schema)
        if asked == "window.clip":
            (step,) = document["steps"]
            assert step["reasons"][0]["because"] == ["proof.last_frame", "proof.clip"]
            (root,) = document["behind"]
            assert (root["step"], root["reasons"][0]["place"]) == ("proof.clip", "prompt")
            assert root["reasons"][0]["since"] == {"how": "uncommitted", "commit": None}


def test_colour_marks_what_is_told_without_it_too(
    ad: Ad, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }}")
    plain = ad.why("proof.clip", capsys=capsys).out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = ad.why("proof.clip", capsys=capsys).out
    assert "\x1b[31m[-lifts-]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_the_spec_may_be_named_or_not(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    left_out = ad.why("hook.clip", capsys=capsys)
    assert left_out.code == 0
    assert ad.why("hook.clip", "tiny.ad", capsys=capsys) == left_out


def test_a_step_that_is_not_there(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("hokk.clip", "tiny.ad"), ("hook.clib", "tiny.ad"), ("proff", "tiny.ad")):
        ran = ad.why(*words, capsys=capsys)
        assert ran.code == 2
        assert re.search(r"tiny.ad has no scene or step `\w+(\.\w+)?`; did you mean `(hook\.clip|proof)`\?", ran.err)
    ran = ad.why("xyz", "tiny.ad", capsys=capsys)
    assert f"; `adc plan tiny.ad --fal-url {ELSEWHERE}` lists them" in ran.err


def test_a_spec_with_errors_is_told_as_everywhere(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    edit(ad.project, "duration 11s", "duration eleven")
    ran = ad.why("hook.clip", "tiny.ad", capsys=capsys)
    assert ran.code == 1
    assert "error[AD" in ran.err or "AD0" in ran.err
    assert ran.out == ""


def test_a_store_that_cannot_be_used_is_a_sentence(ad: Ad, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = ad.why("hook.clip", "tiny.ad", "--store", str(tmp_path / "file"), capsys=capsys)
    assert ran.code == 3
    assert "next: adc why hook.clip tiny.ad --store" in ran.err


def test_a_line_for_each_step_of_a_plan_that_runs(
    ad: Ad, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "tiny.ad", "--explain"]) == 0
    assert capsys.readouterr().out == "nothing will run\n"
    edit(ad.project, "lifts {{ serum }}", "raises {{ serum }}")
    draw_picture(ad.project / "refs" / "maya.png", (10, 20, 30))
    assert main(["plan", "tiny.ad", "--explain"]) == 0
    assert capsys.readouterr().out == snapshot


def test_a_signed_plan_says_itself_what_has_moved(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "tiny.ad", "-o", "ad.plan"]) == 0
    capsys.readouterr()
    assert main(["plan", "ad.plan", "--explain"]) == 2
    assert "leave out --explain" in capsys.readouterr().err
    assert ad.why("hook.clip", "ad.plan", capsys=capsys).code == 2


def test_what_was_made_under_other_choices_is_told_as_such(ad: Ad, capsys: pytest.CaptureFixture[str]) -> None:
    edit(ad.project, "ad tiny", 'param way "in"\n\nad tiny')
    edit(ad.project, "leans in", "leans {{ way }}")
    assert "is what the lock has" in ad.why("hook.clip", capsys=capsys).out
    told = ad.why("hook.clip", "--set", "way=back", capsys=capsys).out
    assert "[-in-]{+back+}" in told
    assert "with the usual choices" in told


def test_a_draft_is_told_by_its_words(
    project: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert adc("build", "tiny.ad", "--draft", folder=project).code == 0
    edit(project, "turns to the window", "turns to the door")
    assert main(["why", "window.clip"]) == 0
    assert masked(capsys.readouterr().out) == snapshot
