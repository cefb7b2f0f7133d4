"""What each command imports before it knows what there is to do: start-up is paid at every call.

The commands run in a process of their own, which tells the modules that were not there before.
"""

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from adc.compiler.digest import digest_bytes
from adc.runtime.cli.choices import store_folder
from adc.runtime.unchanged import note_path, program_stamp, write_note

TOLD = """
import sys
before = set(sys.modules)
from adc.runtime.cli.main import main
try:
    code = main()
except SystemExit as ended:
    code = ended.code
print(*(set(sys.modules) - before), file=sys.stderr)
sys.exit(code)
"""

ENTRY = {"adc", "adc.runtime", "adc.runtime.cli", "adc.runtime.cli.main"}
SLOW = {"asyncio", "ctypes", "hashlib", "http", "socket", "sqlite3", "ssl"}
"""Parts of the standard library that cost as much as the whole answer."""


def imports(*words: str, folder: Path) -> tuple[str, set[str]]:
    """What `adc` prints for these words, and the modules that it imported for them."""
    ran = subprocess.run(
        [sys.executable, "-c", TOLD, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, set(ran.stderr.split())


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "adc"}


def others(modules: set[str]) -> set[str]:
    """The packages that are neither ours nor the standard library's."""
    return {name.partition(".")[0] for name in modules} - {"adc"} - sys.stdlib_module_names


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as a draft of `film.ad` leaves it, whose files last changed long before that."""
    store, spec, out = os.environ["ADC_STORE"], tmp_path / "film.ad", tmp_path / "out" / "film.mp4"
    out.parent.mkdir()
    spec.write_bytes(b"ad film {}")
    out.write_bytes(b"film")
    inputs, films = {str(spec): digest_bytes(b"ad film {}")}, {str(out): digest_bytes(b"film")}
    note = note_path(store, str(spec), "draft", str(out))
    later = max(path.stat().st_ctime_ns for path in (spec, out)) + 10**10
    write_note(note, stamp=program_stamp(), out=str(out), films=films, inputs=inputs, now_ns=later)
    return tmp_path


def test_the_version_costs_one_constant(tmp_path: Path) -> None:
    said, modules = imports("--version", folder=tmp_path)
    assert said.startswith("adc ")
    assert modules == ENTRY | {"adc.runtime.version"}


@pytest.mark.parametrize("words", [("--help",), ("build", "--help")])
def test_help_costs_the_parser_of_the_command_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    said, modules = imports(*words, folder=tmp_path)
    assert said.startswith("usage: adc ")
    assert ours(modules) == ENTRY | {f"adc.runtime.cli.{name}" for name in ("arguments", "choices", "plain")}
    assert others(modules) | (modules & SLOW) == set()


def test_nothing_to_do_costs_neither_the_compiler_nor_any_library(built: Path) -> None:
    said, modules = imports("build", "film.ad", folder=built)
    assert said == "nothing to do: out/film.mp4 is up to date\n"
    assert others(modules) | (modules & SLOW) == set()
    assert not {name for name in ours(modules) if name.startswith("adc.compiler")}


def test_the_users_data_folder_costs_the_library_that_knows_it(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = os.environ["ADC_STORE"]
    monkeypatch.delenv("ADC_STORE")
    monkeypatch.setenv("HOME", str(built / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    place = Path(store_folder(Namespace(store=None)))
    place.parent.mkdir(parents=True)
    os.replace(store, place)
    said, modules = imports("build", "film.ad", folder=built)
    assert said == "nothing to do: out/film.mp4 is up to date\n"
    assert others(modules) == {"platformdirs"}


def test_a_plan_that_was_looked_at_before_costs_neither_the_compiler_nor_any_library(tmp_path: Path) -> None:
    (tmp_path / "film.ad").write_text('ad film "Film" {}\nscene hook 5s { action "a bottle" }\n', encoding="utf-8")
    before, _ = imports("plan", "film.ad", folder=tmp_path)
    said, modules = imports("plan", "film.ad", folder=tmp_path)
    assert said == before
    assert "hook.clip" in said
    compiler = {f"adc.compiler.{name}" for name in ("derivations", "digest", "frozen", "kept", "plan", "units")}
    assert {name for name in ours(modules) if name.startswith("adc.compiler.")} == compiler
    slow = {"argparse", "asyncio", "ctypes", "dataclasses", "http", "inspect", "pathlib", "shutil", "socket", "ssl"}
    assert others(modules) | (modules & slow) == set()
