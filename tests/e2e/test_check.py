"""`adc check` as people run it: what it says, in which form, how it ends, and when it need not look again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import Ran, adc
from support.project import edit

GOOD = 'ad {name} {{ budget $5 }}\nscene hook 4s {{ action "morning light on tiles" }}\n'
OK = "ok, 4 s, 1 piece, $0.20\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of two specs, a library that one of them imports, and one that nobody does."""
    (tmp_path / "pyproject.toml").touch()
    specs = tmp_path / "specs"
    (specs / "cast").mkdir(parents=True)
    (specs / "one.ad").write_text('import "cast/maya.ad"\n' + GOOD.format(name="one"))
    (specs / "two.ad").write_text(GOOD.format(name="two"))
    (specs / "cast" / "maya.ad").write_text("character maya\n")
    (specs / "cast" / "unused.ad").write_text("product serum\nstyle phone\n")
    (specs / ".old").mkdir()
    (specs / ".old" / "three.ad").write_text("not a spec at all")
    return tmp_path


def twice(*words: str, folder: Path) -> Ran:
    """Run a check, and once more: what is remembered is what was said."""
    first = adc("check", *words, folder=folder)
    assert adc("check", *words, folder=folder) == first
    return first


def warn(folder: Path) -> Path:
    """Give `two.ad` a warning in its third line."""
    spec = folder / "specs" / "two.ad"
    spec.write_text(GOOD.format(name="two") + "product serum\n")
    return spec


def test_a_good_spec_is_told_in_a_line(folder: Path) -> None:
    assert twice("specs/two.ad", folder=folder) == Ran(0, f"specs/two.ad: {OK}", "")


def test_folders_hold_specs_and_what_they_import(folder: Path) -> None:
    everything = f"specs/one.ad: {OK}specs/two.ad: {OK}specs/cast/unused.ad: ok, a library of 2 declarations\n"
    assert twice("specs", folder=folder) == Ran(0, everything, "")
    assert twice(folder=folder).out == everything
    assert twice(folder=folder / "specs").out == everything.replace("specs/", "")


def test_a_library_that_is_named_is_judged_as_one(folder: Path) -> None:
    line = "specs/cast/maya.ad: ok, a library of 1 declaration\n"
    assert twice("specs/cast/maya.ad", folder=folder) == Ran(0, line, "")
    assert line not in twice("specs", folder=folder).out
    assert twice("specs", "specs/cast/maya.ad", folder=folder).out.count(line) == 1
    (folder / "specs" / "cast" / "maya.ad").write_text("character maya { lokks }")
    ran = twice("specs/cast/maya.ad", folder=folder)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("error[AD0203]: ")
    assert " --> specs/cast/maya.ad:1:18\n" in ran.out
    assert ran.out.endswith("\nspecs/cast/maya.ad: 1 error\n")


def test_film_without_an_ad_is_no_library(folder: Path) -> None:
    (folder / "specs" / "three.ad").write_text('scene hook 4s { action "x" }')
    ran = twice("specs", folder=folder)
    assert ran.code == 1
    assert "error[AD0401]" in ran.out
    assert ran.out.count(": ok, ") == 3


def test_what_is_wrong_is_told_again_and_again(folder: Path) -> None:
    (folder / "specs" / "two.ad").write_text("ad two\nscene hook 4s { actoin }\n")
    ran = twice("specs/two.ad", "specs/one.ad", folder=folder)
    assert ran.code == 1
    assert " --> specs/two.ad:2:17\n" in ran.out
    assert ran.out.endswith(f"\nspecs/two.ad: 1 error\nspecs/one.ad: {OK}")


def test_warnings_are_told_again_and_again(folder: Path) -> None:
    warn(folder)
    ran = twice("specs/two.ad", folder=folder)
    assert ran.code == 0
    assert ran.out.startswith("warning[AD0208]")
    assert ran.out.endswith("\nspecs/two.ad: ok, 4 s, 1 piece, $0.20, 1 warning\n")


def test_a_change_is_seen_in_the_spec_and_in_what_it_imports(folder: Path) -> None:
    assert twice("specs", folder=folder).code == 0
    maya = folder / "specs" / "cast" / "maya.ad"
    maya.write_text("character mayo\nproduct maya { reference }\n")
    assert adc("check", "specs", folder=folder).code == 1
    maya.write_text("character maya\n")
    assert adc("check", "specs", folder=folder).code == 0
    maya.unlink()
    assert adc("check", "specs", folder=folder).code == 1


def test_a_file_that_is_not_there(folder: Path) -> None:
    ran = adc("check", "specs/three.ad", folder=folder)
    assert ran.code == 1
    assert ran.out.startswith("error[AD0101]: there is no file `three.ad`\n --> specs/three.ad:1:1\n")


def test_a_folder_without_specs(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert adc("check", "empty", folder=folder) == Ran(1, "", "no .ad file in `empty`\n")
    assert adc("check", folder=folder / "empty") == Ran(1, "", "no .ad file in `.`\n")


def test_strict_counts_warnings_as_errors(folder: Path) -> None:
    warn(folder)
    assert twice("specs/two.ad", folder=folder).code == 0
    ran = twice("--strict", "specs/two.ad", folder=folder)
    assert ran.code == 1
    assert ran.out.endswith("\nspecs/two.ad: 1 warning, which --strict counts as errors\n")
    spec = folder / "specs" / "two.ad"
    spec.write_text(spec.read_text().replace("product serum", "product serum # allow AD0208"))
    assert twice("--strict", "specs/two.ad", folder=folder) == Ran(0, f"specs/two.ad: {OK}", "")


def test_json(folder: Path) -> None:
    warn(folder)
    ran = adc("check", "--format", "json", "two.ad", "one.ad", folder=folder / "specs")
    assert (ran.code, ran.err) == (0, "")
    said = json.loads(ran.out)
    assert [one["spec"] for one in said["specs"]] == ["specs/two.ad", "specs/one.ad"]
    assert said["counts"] == {"errors": 0, "warnings": 1}
    assert said["specs"][0]["diagnostics"][0]["span"]["path"] == "specs/two.ad"
    assert said["specs"][1]["film"] == {"seconds": "4", "pieces": 1, "usd": "0.2000"}
    assert adc("check", "--format", "json", "--strict", "two.ad", folder=folder / "specs").code == 1


def test_sarif(folder: Path) -> None:
    warn(folder)
    ran = adc("check", "--format", "sarif", folder=folder)
    assert (ran.code, ran.err) == (0, "")
    (result,) = json.loads(ran.out)["runs"][0]["results"]
    assert result["ruleId"] == "AD0208"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "specs/two.ad"


def test_colour_where_it_is_asked_for(folder: Path) -> None:
    warn(folder)
    for _ in range(2):
        assert "\x1b[1;33m" in adc("check", "specs", folder=folder, env={"NO_COLOR": "", "FORCE_COLOR": "1"}).out
        assert "\x1b" not in adc("check", "specs", folder=folder, env={"NO_COLOR": "", "FORCE_COLOR": "0"}).out
        assert "\x1b" not in adc("check", "specs", folder=folder, env={"NO_COLOR": "1", "FORCE_COLOR": "1"}).out


def test_a_note_that_cannot_be_kept_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").touch()
    monkeypatch.setenv("ADC_STORE", str(folder / "file"))
    assert twice("specs/two.ad", folder=folder) == Ran(0, f"specs/two.ad: {OK}", "")


def test_without_a_store_notes_lie_in_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADC_STORE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    assert twice("specs/two.ad", folder=folder).code == 0
    assert len(list((folder / "cache" / "adc" / "notes").iterdir())) == 1


def test_what_is_unchanged_costs_neither_the_compiler_nor_the_command_lines_parser(folder: Path) -> None:
    assert adc("check", "specs", folder=folder).code == 0
    told = (
        "import sys; from adc.runtime.cli.main import main; main(['check', 'specs']);"
        "print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", told], cwd=folder, capture_output=True, text=True, check=True)
    assert f"specs/two.ad: {OK}" in ran.stdout
    modules = set(ran.stderr.split())
    assert not {name for name in modules if name.startswith(("adc.compiler", "lark", "jinja2", "jsonschema"))}
    assert not modules & {"argparse", "platformdirs", "pathlib", "typing"}


def test_strict_stops_plan_and_build_before_anything_is_made(project: Path) -> None:
    edit(project, '  action "{{ maya }} turns', '  prompt "{{ maya }} at the window"\n  action "{{ maya }} turns')
    assert adc("plan", "tiny.ad", folder=project).code == 0
    for command in ("plan", "build"):
        ran = adc(command, "tiny.ad", "--strict", folder=project)
        assert (ran.code, ran.out) == (1, "")
        assert "warning[AD0413]" in ran.err
        assert ran.err.endswith("--strict counts warnings as errors; nothing was made and nothing was spent\n")
    assert not (project / "out").exists()
