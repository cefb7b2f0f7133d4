"""A shop with a pull request, on a host that is a stand-in for GitHub."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from action.github import GitHub, github_at_work
from action.pull import FILES, Shop


@pytest.fixture
def github() -> Iterator[GitHub]:
    """The stand-in, without comments."""
    with github_at_work() as github:
        yield github


@pytest.fixture
def shop(github: GitHub, repository: Path, tmp_path: Path) -> Shop:
    """The shop with an ad and a library on `main`."""
    (tmp_path / "shop").mkdir()
    shop = Shop(tmp_path / "shop", github, repository)
    shop.begin(FILES)
    return shop
