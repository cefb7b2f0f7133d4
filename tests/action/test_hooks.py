"""The hooks for pre-commit: what it would run, run as it would."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command import Ran, adc

GOOD = 'ad one { budget $5 }\n\nscene hook 4s { action "morning light on tiles" }\n'


@pytest.fixture(scope="module")
def hooks(repository: Path) -> dict[str, Any]:
    return {one["id"]: one for one in yaml.safe_load((repository / ".pre-commit-hooks.yaml").read_text("utf-8"))}


def run(hook: Any, folder: Path, *args: str) -> Ran:
    """Run a hook over everything in a folder, as `pre-commit run --all-files` does from its root."""
    files = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()]
    wanted = [path for path in files if re.search(hook["files"], path)]
    assert wanted
    program, *words = shlex.split(hook["entry"])
    assert program == "adc"
    words += args or hook.get("args", [])
    return adc(*words, *(wanted if hook.get("pass_filenames", True) else []), folder=folder)


def test_what_they_start_is_installed_with_the_repository(hooks: Any, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for hook in hooks.values():
        assert hook["language"] == "python"
        assert shlex.split(hook["entry"])[0] in project["scripts"]
        assert hook["name"]
        assert hook["description"]


def test_layout_is_mended_in_place(hooks: Any, tmp_path: Path) -> None:
    spec = tmp_path / "specs" / "one.ad"
    spec.parent.mkdir()
    spec.write_text(GOOD.replace(" { budget", "   {budget"), encoding="utf-8")
    (tmp_path / "notes.adoc").write_text("not a spec", encoding="utf-8")
    assert run(hooks["adc-fmt"], tmp_path).code == 0
    assert spec.read_text(encoding="utf-8") == GOOD
    assert run(hooks["adc-fmt"], tmp_path).out.startswith("0 files formatted")


def test_a_change_of_a_library_is_checked_where_it_is_imported(hooks: Any, tmp_path: Path) -> None:
    (tmp_path / "one.ad").write_text(
        'import "all.ad"\n\n' + GOOD.replace("{ action", "{\n  cast serum\n  action"), "utf-8"
    )
    library = tmp_path / "all.ad"
    library.write_text('product serum { looks "amber glass bottle" }\n', encoding="utf-8")
    assert run(hooks["adc-check"], tmp_path).code == 0
    library.write_text('product oil { looks "amber glass bottle" }\n', encoding="utf-8")
    ran = run(hooks["adc-check"], tmp_path)
    assert ran.code == 1
    assert "one.ad" in ran.out


def test_arguments_choose_a_folder(hooks: Any, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "one.ad").write_text(GOOD, encoding="utf-8")
    (tmp_path / "broken.ad").write_text("ad {", encoding="utf-8")
    assert run(hooks["adc-check"], tmp_path).code == 1
    assert run(hooks["adc-check"], tmp_path, "--strict", "specs").code == 0
