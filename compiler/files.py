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

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of what is in a folder, sorted. Raises as `read` does, NotADirectoryError for a file."""
        ...


class MemoryFiles:
    """A project in memory: paths to bytes. `above` is how many folders over the spec's belong to the project."""

    def __init__(self, contents: Mapping[str, bytes], *, above: int = 0) -> None:
        self._contents = dict(contents)
        self._above = above

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises as `Files.read` says."""
        path = self._inside(path)
        if path in self._contents:
            return self._contents[path]
        if path == "." or any(other.startswith(path + "/") for other in self._contents):
            raise IsADirectoryError(path)
        raise FileNotFoundError(path)

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder; raises as `Files.names` says."""
        folder = self._inside(folder)
        prefix = "" if folder == "." else folder + "/"
        below = (path.removeprefix(prefix) for path in self._contents if path.startswith(prefix))
        found = tuple(sorted({name.partition("/")[0] for name in below}))
        if not found:
            raise NotADirectoryError(folder) if folder in self._contents else FileNotFoundError(folder)
        return found

    def _inside(self, path: str) -> str:
        path = posixpath.normpath(path)
        if path.startswith("/") or path.split("/").count("..") > self._above:
            raise Escapes(path)
        return path


def beside(path: str, reference: str) -> str:
    """The normalised path of a file that `path` refers to as `reference`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), reference))
