"""Runs `action.yml` as GitHub's runner does: each step by bash, in the checkout, with its environment and conditions.

Only what the action uses of the language of expressions is understood; anything else is an error of the test.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

BASH = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")
"""What `shell: bash` stands for."""
TOKEN = "a-token-of-the-run"
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_WORD = re.compile(r"\s*('[^']*'|&&|\|\||==|!=|!|[()]|[A-Za-z_][\w.-]*|$)")
_OPERATORS = {"&&": " and ", "||": " or ", "!": " not ", "==": "==", "!=": "!=", "(": "(", ")": ")"}


@dataclass(slots=True)
class Step:
    """How a step ended: `success`, `failure` or `skipped`; its outputs, and what it said."""

    outcome: str = "skipped"
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run of the action ended. `steps` are by their names."""

    steps: Mapping[str, Step]
    outputs: Mapping[str, str]

    @property
    def failed(self) -> bool:
        """Whether the job goes red."""
        return any(step.outcome == "failure" for step in self.steps.values())

    @property
    def log(self) -> str:
        """Everything that was said."""
        return "".join(step.log for step in self.steps.values())

    @property
    def summary(self) -> str:
        """The summary of the run."""
        return "".join(step.summary for step in self.steps.values())


def read_action(repository: Path) -> Any:
    """`action.yml` as data."""
    return yaml.safe_load((repository / "action.yml").read_text(encoding="utf-8"))


def run_action(
    repository: Path, workspace: Path, inputs: Mapping[str, str], environment: Mapping[str, str]
) -> Finished:
    """Run the action on a checkout. What it `uses` is not run; a Python that needs no network stands in for it."""
    action = read_action(repository)
    assert not inputs.keys() - action["inputs"].keys()
    runner = workspace.parent / "runner"
    shutil.rmtree(runner, ignore_errors=True)
    runner.mkdir()
    given = {
        name: _text(one.get("default", ""), {"github": {"token": TOKEN}}) for name, one in action["inputs"].items()
    }
    contexts: dict[str, Any] = {"inputs": {**given, **inputs}, "steps": {}, "failed": False}
    finished: dict[str, Step] = {}
    for number, step in enumerate(action["runs"]["steps"]):
        files = {name: runner / f"{name}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        done = finished[step["name"]] = Step()
        if _holds(step.get("if", "success()"), contexts):
            if "uses" in step:
                done.outcome, done.outputs = "success", {"python-path": str(_python(runner))}
            else:
                _run(
                    step,
                    done,
                    contexts,
                    workspace,
                    {**environment, **{name: str(file) for name, file in files.items()}},
                )
        contexts["failed"] |= done.outcome == "failure"
        if "id" in step:
            contexts["steps"][step["id"]] = {"outcome": done.outcome, "outputs": done.outputs}
    outputs = {name: _text(one["value"], contexts) for name, one in action["outputs"].items()}
    return Finished(finished, outputs)


def _run(step: Any, done: Step, contexts: Mapping[str, Any], workspace: Path, environment: Mapping[str, str]) -> None:
    assert step["shell"] == "bash"
    script = Path(environment["RUNNER_TEMP"]) / "script.sh"
    script.write_text(_text(step["run"], contexts), encoding="utf-8")
    own = {name: _text(value, contexts) for name, value in step["env"].items()}
    ran = subprocess.run(
        [*BASH, script],
        cwd=workspace,
        env={**environment, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    done.outcome = "failure" if ran.returncode else "success"
    done.log = ran.stdout
    done.outputs = dict(
        line.split("=", 1) for line in Path(environment["GITHUB_OUTPUT"]).read_text(encoding="utf-8").splitlines()
    )
    done.summary = Path(environment["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")


def _text(template: str, contexts: Mapping[str, Any]) -> str:
    return _EXPRESSION.sub(lambda found: str(_value(found[1], contexts)), template)


def _holds(condition: str, contexts: Mapping[str, Any]) -> bool:
    """Whether a step runs: `success()` is part of every condition that asks for no status itself."""
    whole = _EXPRESSION.fullmatch(condition.strip())
    source = whole[1] if whole else condition
    wanted = re.search(r"\b(success|failure|cancelled|always)\(", source)
    return bool(_value(source if wanted else f"success() && ({source})", contexts))


def _value(source: str, contexts: Mapping[str, Any]) -> Any:
    """The value of an expression; a name that is not there is empty."""
    words, at = [], 0
    while at < len(source.rstrip()):
        found = _WORD.match(source, at)
        assert found, source
        words.append(found[1])
        at = found.end()
    python = "".join(
        _OPERATORS.get(word) or (word if word.startswith("'") else _reference(word, contexts)) for word in words
    )
    return eval(python, {"__builtins__": {}})  # made of nothing but strings, operators and truths


def _reference(word: str, contexts: Mapping[str, Any]) -> str:
    statuses = {"success": not contexts.get("failed"), "failure": bool(contexts.get("failed")), "cancelled": False}
    if word in statuses:
        return f"(lambda: {statuses[word]})"
    value: Any = contexts
    for part in word.split("."):
        value = value.get(part, "")
        if value == "":
            break
    assert isinstance(value, str), word
    return repr(value)


def _python(runner: Path) -> Path:
    """A Python whose environments are made without the network: they lead to the adc that is tested.

    What pip is asked for is written into a file beside it.
    """
    python = runner / "python"
    python.write_text(
        f"""#!/bin/sh
set -e
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$4/bin"
  ln -sf "$0" "$4/bin/python"
  ln -sf '{Path(sys.executable).with_name("adc")}' "$4/bin/adc"
elif [ "$1 $2" = "-m pip" ]; then
  printf '%s\\n' "$@" >'{runner}/asked-of-pip'
else
  exec '{sys.executable}' "$@"
fi
""",
        encoding="utf-8",
    )
    python.chmod(0o755)
    return python


def clean_environment() -> dict[str, str]:
    """The environment of this process without what a developer's git or a real runner would bring into a test."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "INPUT_"))}
