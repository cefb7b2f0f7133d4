"""The files of a git revision: what is there, what is not, and one sentence for each way in which git says no."""

import hashlib
from pathlib import Path

import pytest
from support.history import commit, git, repository

from adc.compiler.files import Escapes
from adc.runtime.git import GitError, Repository

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo")


def test_files_are_those_of_the_revision(repo: Path) -> None:
    commit(
        repo, {"specs/a.ad": "one\n", "specs/refs/maya.png": b"\x89PNG\0", "brand/logo.png": b"logo", "über x.ad": "u"}
    )
    commit(repo, {"specs/a.ad": "two\n"})
    (repo / "specs" / "a.ad").write_text("three\n")
    found = Repository(repo / "specs")
    with found.files(found.commit("HEAD~1"), "specs", "HEAD~1") as files:
        assert files.read("a.ad") == b"one\n"
        assert files.read("refs/maya.png") == b"\x89PNG\0"
        assert files.read("../brand/logo.png") == b"logo"
        assert files.read("../über x.ad") == b"u"
        assert files.names(".") == ("a.ad", "refs")
        assert files.names("..") == ("brand", "specs", "über x.ad")
        assert (files.has("a.ad"), files.has("b.ad"), files.has("refs")) == (True, False, False)
        with pytest.raises(FileNotFoundError):
            files.read("b.ad")
        with pytest.raises(FileNotFoundError):
            files.read("a\n.ad")
        with pytest.raises(IsADirectoryError):
            files.read("refs")
        with pytest.raises(NotADirectoryError):
            files.names("a.ad")
        with pytest.raises(FileNotFoundError):
            files.names("nowhere")
    with found.files(found.commit("main"), "specs", "main") as files:
        assert files.read("a.ad") == b"two\n"


def test_nothing_outside_of_the_project_is_read(repo: Path) -> None:
    (repo / "specs").mkdir()
    (repo / "specs" / "out").symlink_to("/etc/hostname")
    (repo / "specs" / "within").symlink_to("../ads/pyproject.toml")
    (repo / "specs" / "circle").symlink_to("circle")
    (repo / "specs" / "dangling").symlink_to("nothing")
    commit(repo, {"ads/pyproject.toml": "", "ads/specs/a.ad": "a", "secret.txt": "no"})
    found = Repository(repo)
    with found.files(found.commit("main"), "specs", "main") as files:
        assert files.read("within") == b""
        for path in ("out", "../../etc/hostname", "/etc/hostname", "../.."):
            with pytest.raises(Escapes):
                files.read(path)
        for path in ("circle", "dangling"):
            with pytest.raises(FileNotFoundError):
                files.read(path)
    with found.files(found.commit("main"), "ads/specs", "main") as files:
        assert files.read("../pyproject.toml") == b""
        with pytest.raises(Escapes):
            files.read("../../secret.txt")
        with pytest.raises(Escapes):
            files.names("../..")


def test_a_repository_with_long_ids(tmp_path: Path) -> None:
    folder = repository(tmp_path / "long", "--object-format=sha256")
    commit(folder, {"a.ad": "a", "refs/b.png": "b"})
    found = Repository(folder)
    with found.files(found.commit("main"), "", "main") as files:
        assert files.names(".") == ("a.ad", "refs")
        assert files.read("refs/b.png") == b"b"


def test_where_two_branches_parted(repo: Path) -> None:
    start = commit(repo, {"a.ad": "a"})
    git(repo, "checkout", "-q", "-b", "work")
    ours = commit(repo, {"b.ad": "b"})
    git(repo, "checkout", "-q", "main")
    commit(repo, {"c.ad": "c"})
    found = Repository(repo)
    assert found.fork_of("main", "work") == start
    assert found.commit("work") == ours
    git(repo, "checkout", "-q", "--orphan", "alone")
    commit(repo, {"d.ad": "d"})
    with pytest.raises(GitError, match=r"main and alone have no commit in common$"):
        found.fork_of("main", "alone")


def test_a_file_that_was_renamed(repo: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(30))
    first = commit(repo, {"specs/old.ad": text})
    git(repo, "mv", "specs/old.ad", "specs/new.ad")
    found = Repository(repo / "specs")
    assert found.renamed_from("specs/new.ad", first, None) == "specs/old.ad"
    second = commit(repo, {"specs/new.ad": text + "and one\n"})
    assert found.renamed_from("specs/new.ad", first, second) == "specs/old.ad"
    assert found.renamed_from("specs/other.ad", first, second) is None


def test_no_revision_of_that_name(repo: Path) -> None:
    commit(repo, {"a.ad": "a"})
    found = Repository(repo)
    for name in ("nope", "--all", "HEAD:a.ad", "-x", ""):
        with pytest.raises(GitError, match="git knows no revision"):
            found.commit(name)


def test_a_clone_with_a_part_of_the_history_says_so(repo: Path, tmp_path: Path) -> None:
    first = commit(repo, {"a.ad": "a"})
    commit(repo, {"a.ad": "b"})
    git(tmp_path, "clone", "-q", "--depth", "1", repo.as_uri(), "clone")
    found = Repository(tmp_path / "clone")
    for name in (first, "HEAD~1"):
        with pytest.raises(GitError, match=r"only a part of the history: `git fetch --unshallow`.*`fetch-depth: 0`"):
            found.commit(name)


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is in no git repository, so there is no revision to compare with"):
        Repository(tmp_path)
    with pytest.raises(GitError, match="there is no folder"):
        Repository(tmp_path / "nowhere")


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not installed, and revisions are read with it"):
        Repository(tmp_path)


def test_a_file_outside_of_the_repository(repo: Path, tmp_path: Path) -> None:
    commit(repo)
    found = Repository(repo)
    assert found.place(repo / "specs" / "a.ad") == "specs/a.ad"
    with pytest.raises(GitError, match="is not in the repository"):
        found.place(tmp_path / "a.ad")


def test_a_picture_in_lfs_that_is_here_is_read_and_another_is_named(repo: Path) -> None:
    picture = b"\x89PNG of many bytes"
    oid = hashlib.sha256(picture).hexdigest()
    lfs = repo / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4]
    lfs.mkdir(parents=True)
    (lfs / oid).write_bytes(picture)
    commit(
        repo,
        {
            "refs/here.png": POINTER.format(oid=oid, size=len(picture)),
            "refs/away.png": POINTER.format(oid="0" * 64, size=9),
            "refs/odd.png": "version https://git-lfs.github.com/spec/v1\nnonsense\n",
        },
    )
    found = Repository(repo)
    with found.files(found.commit("main"), "", "main") as files:
        assert files.read("refs/here.png") == picture
        for name in ("away", "odd"):
            with pytest.raises(GitError) as caught:
                files.read(f"refs/{name}.png")
            assert str(caught.value) == f"refs/{name}.png of main is in Git LFS, and its bytes are not on this machine"
            assert caught.value.next_command == f"git lfs fetch origin {found.commit('main')}"


def test_the_key_is_not_told_to_git(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commit(repo, {"a.ad": "a"})
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$FAL_KEY" >> {tmp_path}/seen\nexec {git_path()} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:/usr/bin:/bin")
    monkeypatch.setenv("FAL_KEY", "id:secret")
    found = Repository(repo)
    with found.files(found.commit("main"), "", "main") as files:
        assert files.read("a.ad") == b"a"
    assert (tmp_path / "seen").read_text().split() == []


def git_path() -> str:
    import shutil

    path = shutil.which("git")
    assert path is not None
    return path
