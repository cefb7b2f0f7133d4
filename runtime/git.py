"""The files of a git revision, read as the compiler reads a folder, without checking anything out.

One `git cat-file --batch` answers for every file and folder, symbolic links followed inside the revision as they would
be on disk. Nothing is written: no work tree, no index, no object. What stands for a picture in Git LFS is looked up
among the files that LFS has brought already; nothing is downloaded.
"""

import os
import posixpath
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from adc.compiler.files import Escapes
from adc.runtime.disk import ROOTS
from adc.runtime.environment import without_key
from adc.runtime.errors import AdcError

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""How a file begins that stands for one in Git LFS."""

_POINTER_MOST = 1024
"""Bytes that such a file has at most."""


_PATHS_MOST = 500
"""Paths that a command line names."""


class GitError(AdcError):
    """A revision cannot be read."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id, the day it was made, and the first line of what was written with it."""

    id: str
    date: str
    subject: str


class Repository:
    """The repository that a folder is in; `root` is its work tree. Raises GitError where there is none, or no git."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        said = self._said("rev-parse", "--show-toplevel", "--git-common-dir", or_else=self._outside)
        root, _, common = said.rpartition("\n")
        self.root = Path(root)
        self._objects = folder / common

    def commit(self, revision: str) -> str:
        """The id of the commit that a revision names. Raises GitError."""
        return self._said(
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            f"{revision}^{{commit}}",
            or_else=lambda: f"git knows no revision {revision}{self._shallow()}",
        )

    def fork_of(self, one: str, other: str) -> str:
        """The newest commit that both revisions come from. Raises GitError."""
        return self._said(
            "merge-base",
            "--end-of-options",
            self.commit(one),
            self.commit(other),
            or_else=lambda: f"{one} and {other} have no commit in common{self._shallow()}",
        ).partition("\n")[0]

    def place(self, path: Path) -> str:
        """Where a file of the work tree is in the repository. Raises GitError where it is outside."""
        full = Path(os.path.realpath(path.parent)) / path.name
        try:
            return full.relative_to(os.path.realpath(self.root)).as_posix()
        except ValueError:
            raise GitError(f"{path} is not in the repository {self.root}") from None

    def renamed_from(self, path: str, commit: str, until: str | None) -> str | None:
        """What a file was called in a commit which has none of its name: the one that git takes it to have been.

        `until` is the commit that has `path`, None for the work tree.
        """
        ends = [commit] if until is None else [commit, until]
        how = ("--find-renames", "--diff-filter=R", "--name-status", "-z", "--no-relative", "--no-ext-diff")
        said = self._said("diff", *how, *ends, "--")
        words = iter(said.split("\0"))
        return next((old for _, old, new in zip(words, words, words, strict=False) if new == path), None)

    def standing(self, paths: Sequence[str]) -> str:
        """The commit of the work tree, with `-dirty` where one of these files is another. Raises GitError."""
        commit = self.commit("HEAD")
        dirty = self._said("status", "--porcelain", "--", *_pathspecs(paths))
        return f"{commit}-dirty" if dirty else commit

    def history(self, paths: Sequence[str], most: int) -> tuple["Commit", ...]:
        """The newest commits of the branch that changed one of these files, at most `most`, the newest first.

        What was merged counts as the merge. Raises GitError.
        """
        said = self._said(
            "log",
            "--first-parent",
            f"--max-count={most}",
            "--format=%H%x00%cs%x00%s",
            "HEAD",
            "--",
            *_pathspecs(paths),
            or_else=lambda: "there is no commit yet",
        )
        return tuple(Commit(*line.split("\0")) for line in said.split("\n") if line)

    @contextmanager
    def files(self, commit: str, folder: str, called: str) -> Iterator["RevisionFiles"]:
        """The files of a commit, paths relative to a folder of it. `called` is what people call the commit."""
        command = ["git", "-C", str(self.root), "cat-file", "--batch", "--follow-symlinks"]
        with subprocess.Popen(  # noqa: S603  # a fixed command; what is asked goes through its input
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=without_key()
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            batch = _Batch(process.stdin, process.stdout, commit)
            yield RevisionFiles(batch, folder, called, self._objects / "lfs" / "objects")

    def _outside(self) -> str:
        return f"{self._folder} is in no git repository, so there is no revision to compare with"

    def _shallow(self) -> str:
        """What to add where something is missing from a clone that has only a part of the history."""
        if self._said("rev-parse", "--is-shallow-repository") != "true":
            return ""
        return (
            "; this clone has only a part of the history: `git fetch --unshallow` brings the rest, in a workflow "
            "`fetch-depth: 0`"
        )

    def _said(self, *words: str, or_else: Callable[[], str] | None = None) -> str:
        """What git says, without the last line's end. Raises GitError with `or_else`, or with git's own last line."""
        try:
            done = subprocess.run(  # noqa: S603  # revisions stand behind --end-of-options
                ["git", *words],  # noqa: S607  # the git that people use
                cwd=self._folder,
                env=without_key(LC_ALL="C"),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            if not self._folder.is_dir():
                raise GitError(f"there is no folder {self._folder}") from None
            raise GitError("git is not installed, and revisions are read with it") from None
        if done.returncode == 0:
            return os.fsdecode(done.stdout).rstrip("\n")
        own = os.fsdecode(done.stderr).strip()
        refused = "dubious ownership" in own
        if or_else is not None and not refused:
            raise GitError(or_else())
        raise GitError(f"git said: {own.splitlines()[0] if own else 'nothing'}")


def _pathspecs(paths: Sequence[str]) -> list[str]:
    """The paths as git takes them; where they are too many for a command line, the folder that has them all."""
    named = paths if len(paths) <= _PATHS_MOST else [posixpath.commonpath(paths)]
    return [f":(top,literal){path}" for path in named]


class _Batch:
    """A running `git cat-file --batch`, asked for one object of a commit after the other."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes], commit: str) -> None:
        self._requests = requests
        self._answers = answers
        self.commit = commit

    def get(self, path: str) -> tuple[str, bytes, int]:
        """The type of what is at a path from the root, its bytes, and how many bytes an id of the repository has.

        The type is `missing` where nothing is, `symlink` for what a link leads to outside. Raises GitError.
        """
        if "\n" in path or "\0" in path:
            return "missing", b"", 0  # a line is a question, and no file of a spec is called so
        try:
            self._requests.write(os.fsencode(f"{self.commit}:{path}\n"))
            self._requests.flush()
        except BrokenPipeError:
            raise GitError("git stopped while it was asked for files") from None
        head = self._answers.readline().split()
        if not head:
            raise GitError("git stopped while it was asked for files")
        if not head[-1].isdigit():
            return "missing", b"", 0
        data = self._answers.read(int(head[-1]))
        self._answers.read(1)
        return head[-2].decode(), data, len(head[0]) // 2


class RevisionFiles:
    """The files of a commit, as the compiler's `Files`: relative to `folder`, and nothing outside its project."""

    def __init__(self, batch: _Batch, folder: str, called: str, lfs: Path) -> None:
        self._batch = batch
        self._folder = folder
        self._called = called
        self._lfs = lfs
        self._root = self._project_root()

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises as `Files.read` says, and GitError for one that Git LFS has not brought."""
        full = self._inside(path)
        kind, data, _ = self._batch.get(full)
        match kind:
            case "blob":
                return self._pointed(full, data)
            case "tree":
                raise IsADirectoryError(path)
            case "symlink":
                raise Escapes(path)
        raise FileNotFoundError(path)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self._batch.get(self._inside(path))[0] == "blob"

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of what is in a folder, sorted; raises as `Files.names` says."""
        kind, data, length = self._batch.get(self._inside(folder))
        match kind:
            case "tree":
                return tuple(sorted(_names(data, length)))
            case "blob":
                raise NotADirectoryError(folder)
            case "symlink":
                raise Escapes(folder)
        raise FileNotFoundError(folder)

    def _inside(self, path: str) -> str:
        full = posixpath.normpath(posixpath.join(self._folder, path))
        full = "" if full == "." else full
        outside = full.startswith(("../", "/")) or full == ".."
        if outside or not f"{full}/".startswith(self._root):
            raise Escapes(path)
        return full

    def _project_root(self) -> str:
        """As `disk.project_root` finds it: the nearest folder with a mark of a root; at most the repository itself."""
        folder = self._folder
        while folder:
            if any(self._batch.get(f"{folder}/{mark}")[0] != "missing" for mark in ROOTS):
                return f"{folder}/"
            folder = posixpath.dirname(folder)
        return ""

    def _pointed(self, path: str, data: bytes) -> bytes:
        """The bytes that a pointer of Git LFS stands for; other bytes as they are."""
        if len(data) > _POINTER_MOST or not data.startswith(_POINTER):
            return data
        words = dict(line.split(" ", 1) for line in data.decode("ascii", "replace").splitlines() if " " in line)
        oid = words.get("oid", "").removeprefix("sha256:")
        try:
            return (self._lfs / oid[:2] / oid[2:4] / oid).read_bytes()
        except OSError:
            raise GitError(
                f"{path} of {self._called} is in Git LFS, and its bytes are not on this machine",
                next_command=f"git lfs fetch origin {self._batch.commit}",
            ) from None


def _names(tree: bytes, length: int) -> Iterator[str]:
    """The names in a tree: each entry is a mode, a blank, a name that a zero ends, and an id of so many bytes."""
    at = 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        yield os.fsdecode(tree[tree.index(b" ", at) + 1 : end])
        at = end + 1 + length
