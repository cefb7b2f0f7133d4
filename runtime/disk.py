"""The compiler's files, on disk: rooted at the spec's folder, fenced by the project's root."""

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    AnyPath: TypeAlias = str | os.PathLike[str]

ROOTS = (".git", ".hg", "pyproject.toml")
"""What marks the root of a project."""


def project_root(spec: "AnyPath") -> str:
    """The folder that imports and pictures may not leave, as an absolute path.

    It is the nearest folder above the spec that holds one of `ROOTS`; without any, the folder above the spec's own, so
    that `specs/` may share pictures with its neighbours. The current folder plays no part.
    """
    first = folder = os.path.dirname(os.path.abspath(spec))
    while not any(os.path.exists(os.path.join(folder, mark)) for mark in ROOTS):
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.dirname(first)
        folder = above
    return folder


def digest_of_file(path: "AnyPath") -> str:
    """`sha256:<hex>` of the bytes of a file. Raises OSError."""
    import hashlib

    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


class DiskFiles:
    """Reads files relative to `folder`, and nothing outside `root`, symbolic links followed."""

    def __init__(self, folder: "AnyPath", root: "AnyPath") -> None:
        self._folder = os.path.join(folder, "")
        self.root = os.path.join(os.path.realpath(root), "")

    def read(self, path: str) -> bytes:
        """The bytes of `path`. Raises `Escapes` outside the root, and OSError as the system does."""
        full = self._inside(path)
        mode = os.stat(full).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            # A pipe or a device would be waited for, or read, for ever.
            raise OSError(errno.EINVAL, "not a regular file", path)
        with open(full, "rb") as file:
            return file.read()

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of what is in `folder`, sorted; raises as `read` does."""
        return tuple(sorted(os.listdir(self._inside(folder))))

    def _inside(self, path: str) -> str:
        full = os.path.realpath(os.path.join(self._folder, path))
        if not os.path.join(full, "").startswith(self.root):
            from adc.compiler.files import Escapes

            raise Escapes(path)
        return full
