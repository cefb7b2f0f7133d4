"""The compiler's one door to files: a port, and a project that lives in memory.

Paths are POSIX, relative to the folder of the spec, and normalised: `refs/maya.png`, `../brand/logo.png`. They are
what plans and diagnostics show, so the same project compiles to the same bytes wherever it lies.
"""

import posixpath
from collections.abc import Mapping
from typing import Protocol


class Escapes(OSError):
    """The path is absolute or leads out of the project."""


class Files(Protocol):
    """Reads the files of one project."""

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises `Escapes` for a path out of the project, and `FileNotFoundError`, `IsADirectoryError`,
        `PermissionError` or another `OSError` as the world has it.
        """
        ...


class MemoryFiles:
    """A project in memory: paths to bytes. `above` is how many folders over the spec's belong to the project."""

    def __init__(self, contents: Mapping[str, bytes], *, above: int = 0) -> None:
        self._contents = dict(contents)
        self._above = above

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises as `Files.read` says."""
        path = posixpath.normpath(path)
        if path.startswith("/") or path.split("/").count("..") > self._above:
            raise Escapes(path)
        if path in self._contents:
            return self._contents[path]
        if path == "." or any(other.startswith(path + "/") for other in self._contents):
            raise IsADirectoryError(path)
        raise FileNotFoundError(path)


def beside(path: str, reference: str) -> str:
    """The normalised path of a file that `path` refers to as `reference`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), reference))
