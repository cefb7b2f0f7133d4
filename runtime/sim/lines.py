"""A file of JSON lines that only grows, and that is whole again after its writer was killed in the middle of a line."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adc.compiler.plan import Json


class Lines:
    """Appends to one file. What was appended is on the disk, so a kill or a power cut leaves it there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def read(self) -> list[Any]:
        """Every whole line; a torn last one is cut off the file. Raises ValueError for a line that is not JSON."""
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(self._path, len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def append(self, entry: Mapping[str, Json]) -> None:
        """Write a line and wait until it is on the disk."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
