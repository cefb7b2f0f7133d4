"""Archives: the files under their names, and the same bytes whenever and wherever they are packed."""

import os
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from adc.compiler.digest import digest_bytes
from adc.compiler.plan import FileRef, Json, Ref, Step
from adc.runtime.handlers.archive import ArchiveHandler
from adc.runtime.ports import Workspace

pytestmark = pytest.mark.anyio


async def packed(folder: Path, names: dict[str, Path]) -> Path:
    """The archive of these files."""
    os.mkdir(folder)
    files = {f"sha256:{name}": path for name, path in names.items()}
    entries: list[Json] = [{"name": name, "file": FileRef(f"sha256:{name}").to_json()} for name in names]

    def path_of(ref: Ref) -> Path:
        assert isinstance(ref, FileRef)
        return files[ref.digest]

    step = Step("maya.lora.photos", "archive", None, {"entries": entries}, "archive", "photos to train from")
    made = await ArchiveHandler().run(step, Workspace(folder, "key", path_of, digest_of=str))
    assert list(made.files) == ["archive"]
    return made.files["archive"]


async def test_an_archive_holds_the_files_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"second")
    (tmp_path / "a").write_bytes(b"first" * 1000)
    path = await packed(tmp_path / "work", {"02.png": tmp_path / "b", "01.png": tmp_path / "a"})
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["02.png", "01.png"]
        assert archive.read("01.png") == b"first" * 1000
        assert {info.compress_type for info in archive.infolist()} == {ZIP_STORED}


async def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(b"pixels")
    first = await packed(tmp_path / "once", {"01.png": photo})
    photo.chmod(0o444)
    os.utime(photo, (0, 0))
    again = await packed(tmp_path / "again", {"01.png": photo})
    assert first.read_bytes() == again.read_bytes()
    # What was trained from an archive hangs on these very bytes: another digest here buys every training again.
    assert digest_bytes(first.read_bytes()) == "sha256:3c522ecca57650f5f728c96cabe581a196f542033443873d437630a44954c796"
