"""Which commit a change is compared with, in whole and in shallow checkouts."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from action.pull import GIT, Shop, git, spec


@pytest.fixture(scope="module")
def base(repository: Path) -> ModuleType:
    """The module of the action."""
    found = importlib.util.spec_from_file_location("base", repository / ".ci" / "action" / "base.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)


def asked(base: ModuleType, workspace: Path, monkeypatch: pytest.MonkeyPatch, event: Any, named: str = "") -> Any:
    monkeypatch.chdir(workspace)
    commit = base.base_commit(named, event)
    if commit is not None:
        # What adc compares with is the commit itself: nothing that others did on the base is part of the change.
        assert git(workspace, "merge-base", commit, "HEAD")
    return commit


@pytest.mark.parametrize("depth", [1, 2, 0])
def test_a_merge_is_compared_with_what_it_goes_into(
    base: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    stale = shop.push({"specs/two.ad": spec("two", "evening")})
    main = shop.on_main({"specs/one.ad": spec("one", "noon")})
    event = shop.push({})
    event["pull_request"]["base"] = stale["pull_request"]["base"]  # as a host tells it that has not looked again
    assert asked(base, shop.check_out(depth=depth), monkeypatch, event) == main


@pytest.mark.parametrize("depth", [1, 0])
def test_a_head_is_compared_with_the_base_of_the_pull_request(
    base: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    shop.push({"specs/two.ad": spec("two", "evening")})
    shop.on_main({"specs/one.ad": spec("one", "noon")})
    event = shop.push({"specs/two.ad": spec("two", "night")})
    workspace = shop.check_out("refs/heads/change", depth)
    commit = asked(base, workspace, monkeypatch, event)
    assert commit == event["pull_request"]["base"]["sha"]
    assert git(workspace, "merge-base", commit, "HEAD") == git(shop.clone, "merge-base", "main", "change")


@pytest.mark.parametrize("depth", [1, 0])
def test_a_named_base(base: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    event = shop.push({"specs/two.ad": spec("two", "evening")})
    git(shop.clone, "push", "--quiet", "origin", "main:refs/heads/stable")
    workspace = shop.check_out(depth=depth)
    assert asked(base, workspace, monkeypatch, event, "stable") == git(shop.clone, "rev-parse", "main")


@pytest.mark.parametrize("named", ["nowhere", "--upload-pack=touch made"])
def test_a_base_that_is_not_there(base: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    workspace = shop.check_out(depth=1) if shop.push({}) else None
    assert workspace
    with pytest.raises(base.Unreachable, match=f"there is no revision `{named}`"):
        asked(base, workspace, monkeypatch, {}, named)
    assert not list(workspace.parent.rglob("made"))


def test_a_push_is_compared_with_what_was_there(base: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = git(shop.clone, "rev-parse", "main")
    shop.on_main({"specs/two.ad": spec("two", "evening")})
    workspace = shop.check_out("refs/heads/main")
    assert asked(base, workspace, monkeypatch, {"before": before}) == before
    assert asked(base, workspace, monkeypatch, {"before": "0" * 40}) is None
    assert asked(base, workspace, monkeypatch, {}) is None


def test_a_group_of_the_merge_queue(base: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.push({"specs/two.ad": spec("two", "evening")})
    main = git(shop.clone, "rev-parse", "main")
    assert asked(base, shop.check_out(), monkeypatch, {"merge_group": {"base_sha": main}}) == main


def test_history_that_cannot_be_fetched_is_asked_for(
    base: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = shop.push({"specs/two.ad": spec("two", "evening")})
    workspace = shop.check_out()
    git(workspace, "remote", "set-url", "origin", (shop.folder / "gone.git").as_uri())
    with pytest.raises(base.Unreachable, match="set `fetch-depth: 0` for actions/checkout"):
        asked(base, workspace, monkeypatch, event)
