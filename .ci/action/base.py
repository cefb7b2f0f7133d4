"""Which commit a change is compared with, fetched where the checkout is shallow.

`actions/checkout` fetches a single commit unless it is told otherwise. For a pull request that is a merge that GitHub
made of it: what the change does is then the difference to the first parent, and one more level of history is enough to
know it. Any other comparison needs the history up to where the two part.
"""

import os
import subprocess
from collections.abc import Mapping
from typing import Any


class Unreachable(Exception):
    """The commit is not here and cannot be fetched; the message says what to do, for people."""


def base_commit(named: str, event: Mapping[str, Any]) -> str | None:
    """The commit that HEAD is compared with, as its whole digest; None where the event has none.

    It is the revision that was named, else the base of the pull request or of the merge queue's group, else what the
    branch was before a push. It shares history with HEAD. Raises Unreachable.
    """
    if named:
        return _with_history(_named(named))
    if pull := event.get("pull_request"):
        first, *others = _parents_of_head()
        if pull["head"]["sha"] in others:
            return _with_history(first, fetched=("--depth=2", _commit("HEAD")))
        return _with_history(pull["base"]["sha"])
    if group := event.get("merge_group"):
        return _with_history(group["base_sha"])
    before = event.get("before", "")
    # A branch that is new was nothing before, and git writes that in zeros.
    return _with_history(before) if before.strip("0") else None


def _parents_of_head() -> list[str]:
    """As they are written in the commit: in a shallow clone, git's own lists leave them out."""
    head, _, _ = _git("cat-file", "commit", "HEAD").partition("\n\n")
    return [line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent ")] or [""]


def _named(revision: str) -> str:
    found = _commit(revision) or _commit(f"origin/{revision}")
    if not found and _did("fetch", "--quiet", "--no-tags", "--depth=1", "--", "origin", revision):
        found = _commit("FETCH_HEAD")
    if not found:
        raise Unreachable(
            f"there is no revision `{revision}` here or in `origin`: `base` names a branch, tag or commit"
        )
    return found


def _with_history(commit: str, fetched: tuple[str, ...] = ()) -> str:
    """The commit, once its history and HEAD's are known to where they meet.

    `fetched` is how deep git fetch goes, and from which commit; without it, all the way. Raises Unreachable.
    """
    if not _did("merge-base", commit, "HEAD"):
        depth, *wanted = fetched or ("--unshallow", commit, _commit("HEAD"))
        _did("fetch", "--quiet", "--no-tags", depth, "--", "origin", *wanted)
    if not _did("merge-base", commit, "HEAD"):
        raise Unreachable(
            f"the history between {commit[:10]} and this checkout is not here and could not be fetched: "
            "set `fetch-depth: 0` for actions/checkout"
        )
    return commit


def _commit(revision: str) -> str:
    """The digest of a revision's commit; empty where there is none."""
    ran = _run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _git(*words: str) -> str:
    ran = _run(*words)
    if ran.returncode:
        raise Unreachable(f"git {words[0]}: {ran.stderr.strip()}")
    return ran.stdout


def _did(*words: str) -> bool:
    return _run(*words).returncode == 0


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        ["git", *words],  # noqa: S607
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
