"""The files that the code under test opens, so that a test can see them closed."""

import io
from typing import Any

import anyio
import pytest


def opened_files(monkeypatch: pytest.MonkeyPatch) -> list[io.IOBase]:
    """Every file that is opened through anyio from now on, for as long as the test."""
    opened: list[io.IOBase] = []
    real = anyio.open_file

    async def open_file(*arguments: Any) -> Any:
        file = await real(*arguments)
        opened.append(file.wrapped)
        return file

    monkeypatch.setattr(anyio, "open_file", open_file)
    return opened
