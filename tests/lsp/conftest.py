"""One server for all tests of a file: that is how editors use it. Each test has a project of its own."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.editor import Editor, editor


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The server's client runs on asyncio, and so do the tests."""
    return "asyncio"


@pytest.fixture(scope="module")
async def vim(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """An editor with a running server."""
    async with editor(tmp_path_factory.mktemp("editor")) as found:
        yield found


@pytest.fixture
def project(tmp_path: Path, repository: Path) -> Path:
    """The specs of the repository, as a project."""
    folder = tmp_path / "project"
    shutil.copytree(repository / "specs", folder)
    (folder / "pyproject.toml").touch()
    return folder
