"""The compiler's files, on disk: rooted at the spec's folder, fenced by the project's root."""

import errno
import os
import stat
from pathlib import Path

from adc.compiler.files import Escapes

ROOTS = (".git", ".hg", "pyproject.toml")
"""What marks the root of a project."""


def project_root(spec: Path) -> Path:
    """The folder that imports and pictures may not leave.

    It is the nearest folder above the spec that holds one of `ROOTS`; without any, the folder above the spec's own, so
    that `specs/` may share pictures with its neighbours. The current folder plays no part.
    """
    folder = Path(os.path.abspath(spec)).parent
    return next(
        (each for each in (folder, *folder.parents) if any((each / mark).exists() for mark in ROOTS)), folder.parent
    )


class DiskFiles:
    """Reads files relative to `folder`, and nothing outside `root`, symbolic links followed."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root.resolve()

    def read(self, path: str) -> bytes:
        """The bytes of `path`. Raises `Escapes` outside the root, and OSError as the system does."""
        try:
            full = (self.folder / path).resolve()
        except RuntimeError as error:  # how Python before 3.13 tells a loop of symbolic links
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from error
        if not full.is_relative_to(self.root):
            raise Escapes(path)
        if not full.is_dir() and full.exists() and not stat.S_ISREG(full.stat().st_mode):
            # A pipe or a device would be waited for, or read, for ever.
            raise OSError(errno.EINVAL, "not a regular file", path)
        return full.read_bytes()
