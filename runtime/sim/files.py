"""The files of the stand-in: what clients upload and what it has drawn, on disk, each at an address of its own.

    folder/uploads/<id>/<name>      folder/results/<request id>/<name>
    folder/parts/<id>/<number>      pieces of an upload that comes in several

Files outlive the process; a client that remembers an upload finds it again after a restart with the same folder.
"""

import filecmp
import json
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from adc.compiler.catalogue import Makes
from adc.compiler.plan import Json
from adc.runtime.media.check import media_type_of


@dataclass(frozen=True, slots=True)
class Files:
    """Gives addresses to files below `folder`, and finds files by address."""

    folder: Path

    def place(self, name: str) -> str:
        """A new place for an upload, as the path of its address below `files/`."""
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", PurePosixPath(name).name)[-80:].lstrip(".") or "file"
        return f"uploads/{uuid.uuid4().hex}/{safe}"

    def path(self, place: str) -> Path | None:
        """The file behind a place, whether it exists or not; None for what no place looks like."""
        known = re.fullmatch(r"(uploads|results)/[0-9a-f-]+/[A-Za-z0-9_-][A-Za-z0-9._-]*", place)
        return self.folder / place if known else None

    def parts(self, upload: str) -> Path:
        """The folder of the parts of an upload that comes in several."""
        return self.folder / "parts" / upload

    def folder_of(self, run: str) -> Path:
        """The folder that a run draws into."""
        folder = self.folder / "results" / run
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def local(self, url: str) -> Path | None:
        """The file that an address of ours stands for, if it is there.

        The host does not matter: one client may know us by several names, and nobody guesses the path of a file.
        """
        scheme, _, rest = url.partition("://")
        place = rest.partition("/files/")[2] if scheme in ("http", "https") else ""
        path = self.path(place)
        return path if path is not None and path.is_file() else None

    def localised(self, value: Json) -> Json:
        """A copy of arguments with the local path in the place of each of our addresses."""
        if isinstance(value, dict):
            return {name: self.localised(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.localised(item) for item in value]
        path = self.local(value) if isinstance(value, str) else None
        return value if path is None else str(path)

    def entry(self, path: Path) -> Json:
        """The file object of an answer, a picture's with its size; its address has no host yet (see `absolute`).

        Raises ValueError for a file drawn elsewhere.
        """
        place = path.relative_to(self.folder).as_posix()
        if self.path(place) is None:
            raise ValueError(f"{path.name} cannot be served")
        media_type = media_type_of(path) or "application/octet-stream"
        return {
            "url": f"/files/{place}",
            "content_type": media_type,
            "file_name": path.name,
            "file_size": path.stat().st_size,
            **(_size(path) if media_type.startswith("image/") else {}),
        }

    def told(self, path: Path, makes: Makes) -> Json:
        """What an answer says of an output: words and data as they are, anything else as its file object."""
        if path.suffix == ".json":
            data: Json = json.loads(path.read_bytes())
            return data
        return path.read_text(encoding="utf-8") if makes == "text" else self.entry(path)

    def keep(self, part: Path, path: Path) -> bool:
        """Give what has arrived whole its name. False, and `part` is dropped, where other bytes have it already."""
        if path.exists() and not filecmp.cmp(part, path, shallow=False):
            part.unlink()
            return False
        os.replace(part, path)
        return True


def absolute(value: Json, base: str) -> Json:
    """A copy of an answer whose file objects have addresses at `base`."""
    if isinstance(value, dict):
        found = {name: absolute(item, base) for name, item in value.items()}
        url = found.get("url")
        return {**found, "url": base + url} if isinstance(url, str) and url.startswith("/files/results/") else found
    if isinstance(value, list):
        return [absolute(item, base) for item in value]
    return value


def _size(path: Path) -> dict[str, Json]:
    with Image.open(path) as picture:
        return {"width": picture.width, "height": picture.height}
