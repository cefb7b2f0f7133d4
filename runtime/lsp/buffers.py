"""The files as the editor has them: open buffers over the disk.

Paths are absolute and normalised. A file is read again only when its size or time has changed, so that a keystroke
does not read every picture of an ad anew.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from adc.compiler.files import Escapes
from adc.runtime.disk import DiskFiles, project_root
from adc.runtime.lsp.positions import Lines

MOST_KEPT = 256
"""Files of the disk that are remembered."""


class Buffers:
    """What is open, by path, and what was last read from the disk."""

    def __init__(self) -> None:
        self.open: dict[str, Lines] = {}
        self._kept: dict[str, tuple[tuple[int, int], bytes]] = {}

    def files(self, spec: str, extra: Mapping[str, bytes] | None = None) -> "OpenFiles":
        """The compiler's view of the project of `spec`; `extra` are files beside it that exist nowhere."""
        return OpenFiles(self, Path(spec), extra or {})

    def lines(self, path: str) -> Lines | None:
        """A file as the editor has it; None where there is none that can be read."""
        if path in self.open:
            return self.open[path]
        try:
            return Lines(Path(path).read_bytes().decode())
        except (OSError, UnicodeDecodeError):
            return None

    def kept(self, path: str) -> bytes | None:
        """What was read of a file, while it is as it was then: the same object every time. Raises OSError."""
        known = self._kept.get(path)
        return known[1] if known and known[0] == _stamp(path) else None

    def keep(self, path: str, data: bytes) -> None:
        """Remember what was just read. Raises OSError."""
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[path] = _stamp(path), data


class OpenFiles:
    """A `Files` port: relative to the spec's folder, fenced by the project's root, open buffers first."""

    def __init__(self, buffers: Buffers, spec: Path, extra: Mapping[str, bytes]) -> None:
        self.folder = spec.parent
        self._buffers = buffers
        self._extra = extra
        self._disk = DiskFiles(self.folder, project_root(spec))

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises as `Files.read` says."""
        if path in self._extra:
            return self._extra[path]
        full = os.path.normpath(self.folder / path)
        lines = self._buffers.open.get(full)
        if lines is not None:
            if not Path(full).resolve().is_relative_to(self._disk.root):
                raise Escapes(path)
            return lines.text.encode()
        data = self._buffers.kept(full)
        if data is None:
            data = self._disk.read(path)
            self._buffers.keep(full, data)
        return data

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder; raises as `Files.names` says."""
        return self._disk.names(folder)


def _stamp(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size
