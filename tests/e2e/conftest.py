"""The small project of `support.project`, on disk."""

from pathlib import Path

import pytest
from support.project import write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's folder, with `tiny.ad` in it."""
    return write_project(tmp_path / "project")
