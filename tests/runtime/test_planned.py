"""A kept plan is used while nothing has changed, and never afterwards."""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.project import draw_picture

from adc.compiler.plan import Plan, dump
from adc.runtime.cli import planned, session
from adc.runtime.cli.arguments import parser
from adc.runtime.cli.planned import Planned, plan_in_commit, planned_of, planned_or_complain

SPEC = """\
import "shared.ad"

param city "Denver"

variant opener {
  doubt   "I gave up."
  secret  "Nobody told me."
}

ad glow "Glow" { size 270p 9:16 }

character maya "Maya Brooks" { reference "refs/maya.png" }

scene hook 5s {
  cast   maya
  style  plain
  action "{{ maya }} leans in, in {{ city }}"
  says   maya "{{ opener }}"
}
"""
SHARED = 'style plain { look "shot on a phone" }\n'
UNUSED = 'style spare { look "plain" }\n'
DECIDED = '{"schema":"adc/lock/1","ad":"glow","templates":{}}\n'

Compiled = Callable[[], int]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec that imports a file and has a picture; it is the current one."""
    folder = tmp_path / "project"
    draw_picture(folder / "refs" / "maya.png", (150, 95, 70))
    (folder / "glow.ad").write_text(SPEC, encoding="utf-8")
    (folder / "shared.ad").write_text(SHARED, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """How often anything was compiled."""
    times: list[Namespace] = []
    really = session.compile_or_complain

    def counted(arguments: Namespace, *, quiet: bool = False) -> session.Compilation | None:
        times.append(arguments)
        return really(arguments, quiet=quiet)

    monkeypatch.setattr(session, "compile_or_complain", counted)
    return lambda: len(times)


def look(*words: str, spec: str = "glow.ad") -> Planned:
    found = planned_or_complain(parser().parse_args(["plan", spec, *words]))
    assert found is not None
    return found


def notes() -> Iterator[Path]:
    return (Path(os.environ["ADC_STORE"]) / "notes").glob("*-plan-*")


def test_what_is_recalled_is_what_was_compiled(project: Path, compiled: Compiled) -> None:
    first, again = look(), look()
    assert compiled() == 1
    assert again == first
    assert dump(again.plan) == dump(first.plan)
    compilation = session.compile_or_complain(parser().parse_args(["plan", "glow.ad"]))
    assert compilation is not None
    assert again == planned_of(compilation)
    assert again.offered == {"opener": ("doubt", "secret")}


@pytest.mark.parametrize("name", ["glow.ad", "shared.ad", "refs/maya.png"])
def test_a_changed_file_is_compiled_anew_even_with_its_old_size_and_times(
    project: Path, compiled: Compiled, name: str
) -> None:
    look()
    path, before = project / name, (project / name).stat()
    data = path.read_bytes()
    path.write_bytes(data.replace(b"leans in", b"walks by").replace(b"on a phone", b"in a dream"))
    if name.endswith(".png"):
        draw_picture(path, (151, 95, 70))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    changed = look()
    assert compiled() == 2
    path.write_bytes(data)
    assert look() != changed


@pytest.mark.parametrize(
    "words",
    [("--set", "city=Boston"), ("--variant", "opener=secret"), ("--variant", "opener=doubt"), ("--refresh",)],
)
def test_each_choice_has_a_plan_of_its_own(project: Path, compiled: Compiled, words: tuple[str, ...]) -> None:
    usual = look()
    chosen = look(*words)
    assert compiled() == 2
    assert (look(), look(*words)) == (usual, chosen)
    assert compiled() == 2


def test_the_later_of_two_values_counts(project: Path, compiled: Compiled) -> None:
    look("--set", "city=Boston", "--set", "city=Austin")
    assert look("--set", "city=Austin") != look("--set", "city=Boston")
    assert compiled() == 2


def test_a_lock_that_comes_changes_or_goes_is_seen(project: Path, compiled: Compiled) -> None:
    look()
    lock = project / "glow.ad.lock"
    lock.write_text(DECIDED, encoding="utf-8")
    look()
    assert compiled() == 2
    lock.write_text(DECIDED.replace('"templates":{}', '"templates":{"still":1}'), encoding="utf-8")
    look()
    look()
    assert compiled() == 3
    lock.unlink()
    look()
    assert compiled() == 3  # the note from before the lock holds again


def test_the_lock_of_a_stand_in_is_another(project: Path, compiled: Compiled) -> None:
    (project / "glow.ad.lock").write_text(DECIDED, encoding="utf-8")
    look()
    look("--fal-url", "http://127.0.0.1:9")
    assert compiled() == 2


def test_another_program_looks_anew(project: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    look()
    monkeypatch.setattr(planned, "program_stamp", lambda: "another version, template, schema or model")
    look()
    assert compiled() == 2


def test_the_root_of_the_project_is_part_of_it(project: Path, compiled: Compiled) -> None:
    look()
    (project / ".git").mkdir()  # from here on, nothing above this folder may be imported
    look()
    assert compiled() == 2


def test_a_spec_of_the_same_name_elsewhere_is_another(project: Path, compiled: Compiled, tmp_path: Path) -> None:
    look()
    other = tmp_path / "other"
    draw_picture(other / "refs" / "maya.png", (150, 95, 70))
    (other / "glow.ad").write_text(SPEC.replace("5s", "6s"), encoding="utf-8")
    (other / "shared.ad").write_text(SHARED, encoding="utf-8")
    assert look(spec=str(other / "glow.ad")).plan.frames != look().plan.frames
    assert compiled() == 2


def test_a_file_that_is_edited_while_it_is_compiled_is_not_taken_for_what_was(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = session.compile_or_complain

    def meanwhile(arguments: Namespace, *, quiet: bool = False) -> session.Compilation | None:
        found = really(arguments, quiet=quiet)
        (project / "glow.ad").write_text(SPEC.replace("5s", "6s"), encoding="utf-8")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(session, "compile_or_complain", meanwhile)
        before = look()
    assert look().plan.frames > before.plan.frames


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:-20] + b"x" + data[-19:],
        lambda data: data.partition(b"\n")[0],
        lambda data: data.partition(b"\n")[0] + b"\n",
        lambda data: data.replace(b'"body": [', b'"bode": ['),
        lambda data: b"\xff" * len(data),
    ],
)
def test_a_broken_note_is_no_note(project: Path, compiled: Compiled, spoil: Callable[[bytes], bytes]) -> None:
    whole = look()
    (note,) = notes()
    data = note.read_bytes()
    note.write_bytes(spoil(data))
    assert look() == whole
    assert note.read_bytes() == data or compiled() == 1
    assert look() == whole


def test_a_store_that_takes_no_note_only_costs_time(project: Path, compiled: Compiled, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = ("--store", str(tmp_path / "file" / "store"))
    assert look(*store) == look(*store)
    assert compiled() == 2


def test_warnings_are_told_again_as_they_would_be(
    project: Path, compiled: Compiled, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "glow.ad").write_text(SPEC + UNUSED, encoding="utf-8")
    look()
    told = capsys.readouterr().err
    assert "warning[AD" in told
    look()
    assert capsys.readouterr().err == told
    assert compiled() == 1

    quiet = planned_or_complain(parser().parse_args(["plan", "glow.ad"]), quiet=True)
    assert quiet is not None
    assert capsys.readouterr().err == ""

    strict = parser().parse_args(["plan", "glow.ad", "--strict"])
    assert planned_or_complain(strict) is None
    recalled = capsys.readouterr().err
    assert compiled() == 1
    assert session.compile_or_complain(strict) is None
    assert capsys.readouterr().err == recalled == told + planned.WARNED

    monkeypatch.chdir(project.parent)
    look(spec="project/glow.ad")
    assert capsys.readouterr().err == told.replace("--> glow.ad", "--> project/glow.ad")


def test_an_error_is_told_each_time(project: Path, compiled: Compiled, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "glow.ad").write_text(SPEC.replace("cast   maya", "cast   mya"), encoding="utf-8")
    arguments = parser().parse_args(["plan", "glow.ad"])
    assert [planned_or_complain(arguments), planned_or_complain(arguments)] == [None, None]
    first, empty, second = capsys.readouterr().err.partition("nothing was made and nothing was spent\n")
    assert first + empty == second
    assert compiled() == 2


def test_many_at_once_say_the_same(project: Path) -> None:
    command = [sys.executable, "-m", "adc", "plan", "glow.ad"]
    for _ in range(2):
        ran = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        assert len({process.communicate(timeout=60)[0] for process in ran}) == 1
        assert [process.returncode for process in ran] == [0] * 4
    assert len(list(notes())) == 1


def test_a_commit_is_compiled_once(project: Path) -> None:
    arguments, plan = parser().parse_args(["plan", "glow.ad"]), look().plan
    asked: list[str] = []

    def at(commit: str, path: str = "glow.ad") -> Plan | None:
        def compiled() -> Plan | None:
            asked.append(f"{commit}:{path}")
            return None if commit == "broken" else plan

        return plan_in_commit(arguments, (commit, path), compiled)

    assert at("abc") == at("abc") == at("bbc") == at("bbc") == at("abc") == plan
    assert asked == ["abc:glow.ad", "bbc:glow.ad"]
    assert at("abc", "was.ad") == at("add") == plan
    assert (at("broken"), at("broken")) == (None, None)
    assert asked[2:] == ["abc:was.ad", "add:glow.ad", "broken:glow.ad", "broken:glow.ad"]


def test_a_commit_is_compiled_anew_by_another_program(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, plan = parser().parse_args(["plan", "glow.ad"]), look().plan
    assert plan_in_commit(arguments, ("abc", "glow.ad"), lambda: plan) == plan
    monkeypatch.setattr(planned, "program_stamp", lambda: "another version, template, schema or model")
    assert plan_in_commit(arguments, ("abc", "glow.ad"), lambda: None) is None
