"""What git tells `adc why`: the commit that files are at, and the commits that changed them."""

import subprocess
from pathlib import Path

import pytest

from adc.runtime.git import GitError, Repository

AUTHOR = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *AUTHOR, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def commit(repo: Path, subject: str, **files: str) -> str:
    for name, text in files.items():
        path = repo / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty", "-m", subject)
    return git(repo, "rev-parse", "HEAD")


def test_the_commit_that_files_are_at(repo: Path) -> None:
    head = commit(repo, "One", one_ad="one", other_ad="other")
    repository = Repository(repo)
    assert repository.standing(["one.ad"]) == head
    (repo / "other.ad").write_text("edited")
    assert repository.standing(["one.ad"]) == head
    (repo / "one.ad").write_text("edited")
    assert repository.standing(["one.ad"]) == f"{head}-dirty"
    assert repository.standing(["new.ad"]) == head
    (repo / "new.ad").write_text("not known to git")
    assert repository.standing(["new.ad"]) == f"{head}-dirty"


def test_the_commits_that_changed_a_file_the_newest_first(repo: Path) -> None:
    first = commit(repo, "One", one_ad="one", other_ad="other")
    commit(repo, "Other", other_ad="another")
    third = commit(repo, "Two", one_ad="two")
    repository = Repository(repo)
    assert [one.id for one in repository.history(["one.ad"], 9)] == [third, first]
    assert [one.subject for one in repository.history(["one.ad", "other.ad"], 2)] == ["Two", "Other"]
    assert repository.history(["gone.ad"], 9) == ()


def test_what_was_merged_counts_as_the_merge(repo: Path) -> None:
    commit(repo, "One", one_ad="one")
    git(repo, "checkout", "-q", "-b", "branch")
    commit(repo, "On a branch", one_ad="two")
    git(repo, "checkout", "-q", "main")
    commit(repo, "Elsewhere", other_ad="other")
    git(repo, "merge", "-q", "--no-ff", "-m", "Merged", "branch")
    assert [one.subject for one in Repository(repo).history(["one.ad"], 9)] == ["Merged", "One"]


def test_a_subject_may_have_any_letters(repo: Path) -> None:
    subject = "a \u2028 b \x85 c \x0b d: “e” 100%"
    commit(repo, subject, one_ad="one")
    assert [one.subject for one in Repository(repo).history(["one.ad"], 9)] == [subject]


def test_a_name_is_a_name_and_no_pattern(repo: Path) -> None:
    commit(repo, "One", one_ad="one")
    (repo / "*.ad").write_text("a star")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Star")
    assert [one.subject for one in Repository(repo).history(["*.ad"], 9)] == ["Star"]


def test_thousands_of_files_are_asked_for_by_their_folder(repo: Path) -> None:
    commit(repo, "One", ads__one_ad="one")
    commit(repo, "Other", other_ad="other")
    repository = Repository(repo)
    inside = [f"ads/{number}.png" for number in range(5000)]
    assert [one.subject for one in repository.history(["ads/one.ad", *inside], 9)] == ["One"]
    assert [one.subject for one in repository.history(["other.ad", *inside], 9)] == ["Other", "One"]
    (repo / "ads" / "1.png").write_text("new")
    assert repository.standing(inside).endswith("-dirty")


def test_a_repository_without_a_commit(repo: Path) -> None:
    repository = Repository(repo)
    with pytest.raises(GitError, match="there is no commit yet"):
        repository.history(["one.ad"], 9)
    with pytest.raises(GitError):
        repository.standing(["one.ad"])
