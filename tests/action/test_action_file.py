"""`action.yml` itself: that it wires what there is, and gives no text of a pull request to a shell."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from action.runner import read_action

REFERENCE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
SCRIPT = re.compile(r'"\$GITHUB_ACTION_PATH/([^"]+)"')


@pytest.fixture(scope="module")
def action(repository: Path) -> Any:
    return read_action(repository)


def runs(action: Any) -> list[Any]:
    return [step for step in action["runs"]["steps"] if "run" in step]


def test_every_script_is_there_and_can_be_run(action: Any, repository: Path) -> None:
    scripts = [repository / name for step in runs(action) for name in SCRIPT.findall(step["run"])]
    assert len(scripts) == len(runs(action))
    for script in scripts:
        assert os.access(script, os.X_OK), script
        assert script.read_text(encoding="utf-8").startswith("#!"), script


def test_every_script_is_named(action: Any, repository: Path) -> None:
    named = {name for step in runs(action) for name in SCRIPT.findall(step["run"])}
    there = (path for path in (repository / ".ci" / "action").iterdir() if path.is_file() and os.access(path, os.X_OK))
    assert named == {str(path.relative_to(repository)) for path in there}


def test_no_expression_is_pasted_into_a_shell(action: Any) -> None:
    assert [step["name"] for step in runs(action) if "${{" in step["run"]] == []


def test_every_input_is_used_and_described(action: Any) -> None:
    text = yaml.safe_dump(action["runs"])
    for name, one in action["inputs"].items():
        assert re.search(rf"\binputs\.{re.escape(name)}\b(?!-)", text), name
        assert one["description"], name
        assert isinstance(one["default"], str), f"{name}: inputs are text, so that `true` stays `true`"


def test_references_lead_somewhere(action: Any) -> None:
    ids = {step["id"] for step in action["runs"]["steps"] if "id" in step}
    text = yaml.safe_dump([action["runs"], action["outputs"]])
    assert set(re.findall(r"\binputs\.([\w-]+)", text)) <= action["inputs"].keys()
    assert set(re.findall(r"\bsteps\.(\w+)\.", text)) <= ids


def test_only_the_comment_is_given_the_token(action: Any) -> None:
    given = [step["name"] for step in action["runs"]["steps"] if "github-token" in yaml.safe_dump(step)]
    assert given == ["Comment"]
    assert "github.event" not in yaml.safe_dump(action)


def test_other_actions_are_pinned_to_a_major_version(action: Any) -> None:
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", one) for one in used)


def test_the_python_that_it_asks_for_is_one_that_adc_runs_on(action: Any) -> None:
    major, minor = map(int, action["inputs"]["python-version"]["default"].split("."))
    assert (major, minor) >= (3, 11)


@pytest.mark.parametrize("page", ["README.md", ".ci/action/README.md"])
def test_the_workflows_of_the_documentation_are_whole(action: Any, repository: Path, page: str) -> None:
    text = (repository / page).read_text(encoding="utf-8")
    workflows = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]
    jobs = [job for one in workflows if "jobs" in one for job in one["jobs"].values()]
    assert jobs
    for job in jobs:
        assert job["runs-on"]
        own = [step for step in job["steps"] if "/adc@" in step.get("uses", "")]
        assert own
        for step in own:
            assert step.get("with", {}).keys() <= action["inputs"].keys()


def test_the_documentation_has_every_input_and_output(action: Any, repository: Path) -> None:
    text = (repository / ".ci" / "action" / "README.md").read_text(encoding="utf-8")
    for kind in ("inputs", "outputs"):
        for name in action[kind]:
            assert f"| `{name}` |" in text, name
