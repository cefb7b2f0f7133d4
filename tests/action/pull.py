"""A repository with ads on a host, a pull request to it, and the checkouts that a run is given of that."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from action.github import REPOSITORY, GitHub
from action.runner import Finished, clean_environment, run_action

SPEC = 'ad {name} {{ budget $5 }}\n\nscene hook 4s {{ action "{action}" }}\n'
LIBRARY = 'product serum { looks "amber glass bottle" }\n'
MERGE = "refs/pull/7/merge"


def spec(name: str, action: str = "morning light on tiles") -> str:
    """An ad of one scene in the canonical layout; it costs $0.20."""
    return SPEC.format(name=name, action=action)


FILES = {"README.md": "Ads.\n", "specs/two.ad": spec("two"), "specs/cast/all.ad": LIBRARY}


@dataclass(frozen=True, slots=True)
class Shop:
    """The host's repository, a clone of it to work in, and where checkouts of runs go."""

    folder: Path
    github: GitHub
    repository: Path

    @property
    def clone(self) -> Path:
        """Where changes are made."""
        return self.folder / "clone"

    def begin(self, files: Mapping[str, str]) -> None:
        """Make the repository, with these files on `main`."""
        git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", "host.git")
        git(self.folder, "clone", "--quiet", "host.git", "clone")
        git(self.clone, "checkout", "--quiet", "-b", "main")
        self.commit(files)
        git(self.clone, "push", "--quiet", "origin", "main")

    def commit(self, files: Mapping[str, str | None]) -> str:
        """Commit these files on the branch that is checked out; None takes one away. Returns the commit."""
        for path, text in files.items():
            file = self.clone / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink() if text is None else file.write_text(text, encoding="utf-8")
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--allow-empty", "--message", "a change")
        return git(self.clone, "rev-parse", "HEAD")

    def on_main(self, files: Mapping[str, str | None]) -> str:
        """Commit on `main`, as others do while a pull request is open. Returns the commit."""
        git(self.clone, "checkout", "--quiet", "main")
        commit = self.commit(files)
        git(self.clone, "push", "--quiet", "origin", "main")
        return commit

    def push(self, files: Mapping[str, str | None]) -> dict[str, Any]:
        """Commit on the branch of the pull request, and push it. Returns the event; the host's merge is made anew."""
        git(self.clone, "checkout", "--quiet", *([] if "change" in self._branches() else ["-b"]), "change")
        head = self.commit(files)
        git(self.clone, "checkout", "--quiet", "--detach", "origin/main")
        git(self.clone, "merge", "--quiet", "--no-ff", "--message", "merge", "change")
        git(self.clone, "push", "--quiet", "--force", "origin", "change", f"HEAD:{MERGE}")
        base = git(self.clone, "rev-parse", "origin/main")
        return {"number": 7, "pull_request": {"number": 7, "head": {"sha": head}, "base": {"sha": base}}}

    def _branches(self) -> list[str]:
        return git(self.clone, "branch", "--format=%(refname:short)").splitlines()

    def check_out(self, ref: str = MERGE, depth: int = 1) -> Path:
        """A checkout as actions/checkout makes it: detached, and one commit deep where nothing else is said."""
        workspace = Path(self.folder / f"run-{len(list(self.folder.glob('run-*')))}" / "workspace")
        workspace.mkdir(parents=True)
        git(workspace, "init", "--quiet")
        git(workspace, "remote", "add", "origin", (self.folder / "host.git").as_uri())
        wanted = (
            ("+refs/heads/*:refs/remotes/origin/*", f"+{ref}:refs/remotes/run")
            if not depth
            else (f"+{ref}:refs/remotes/run",)
        )
        git(workspace, "fetch", "--quiet", "--no-tags", *([f"--depth={depth}"] if depth else []), "origin", *wanted)
        git(workspace, "checkout", "--quiet", "--detach", "refs/remotes/run")
        return workspace

    def run(self, event: Mapping[str, Any], workspace: Path | None = None, /, **inputs: str) -> Finished:
        """Run the action for an event, in a fresh checkout where none is given. Inputs are written with `_` for `-`."""
        workspace = workspace or self.check_out()
        told = workspace.parent / "event.json"
        told.write_text(json.dumps(event), encoding="utf-8")
        environment = {
            **clean_environment(),
            **GIT,
            "GITHUB_ACTION_PATH": str(self.repository),
            "GITHUB_API_URL": self.github.url,
            "GITHUB_EVENT_PATH": str(told),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(workspace.parent / "runner"),
        }
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return run_action(self.repository, workspace, named, environment)


GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{f"GIT_{who}_{what}": f"maker@{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
"""Git without the settings of this machine."""


def git(folder: Path, *words: str) -> str:
    """Run git in a folder; what it writes, without the line's end."""
    environment = {**clean_environment(), **GIT}
    ran = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
