"""A repository of somebody who makes ads: the small project of `support.project` with `specs/` and `tests/`."""

from pathlib import Path

import pytest
from support.project import write_project

OPENER = """
variant opener {
  doubt   "I almost gave up."
  secret  "Nobody told me."
}

param city "Denver"
"""


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Its root folder. `specs/tiny.ad` has the variant `opener` and the param `city`; `tests/` has no tests yet."""
    root = tmp_path / "theirs"
    spec = write_project(root / "specs") / "tiny.ad"
    text = spec.read_text(encoding="utf-8")
    text = text.replace('"I almost gave up."', '"{{ opener }}"').replace('"Shop now"', '"{{ city }}"') + OPENER
    spec.write_text(text, encoding="utf-8")
    (root / "tests").mkdir()
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n', encoding="utf-8")
    return root
