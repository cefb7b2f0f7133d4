"""The compiler's files, on disk: rooted at the spec's folder, fenced by the project's root."""

from pathlib import Path

from adc.compiler.files import Escapes


def project_root(spec: Path) -> Path:
    """The folder that imports and pictures may not leave.

    It is the nearest folder above the spec that git knows as a work tree; else the current folder where the spec is
    inside it; else the spec's own folder.
    """
    folder = spec.resolve().parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    here = Path.cwd().resolve()
    return here if folder.is_relative_to(here) else folder


class DiskFiles:
    """Reads files relative to `folder`, and nothing outside `root`, symbolic links followed."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root.resolve()

    def read(self, path: str) -> bytes:
        """The bytes of `path`. Raises `Escapes` outside the root, and OSError as the system does."""
        full = (self.folder / path).resolve()
        if not full.is_relative_to(self.root):
            raise Escapes(path)
        return full.read_bytes()
