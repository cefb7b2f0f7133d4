"""Blobs are there whole or not at all; the disk's refusals are sentences."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from adc.compiler.digest import digest_bytes
from adc.runtime.errors import StoreCorrupt, StoreError, StoreFull
from adc.runtime.store import Store, media_type_of

PICTURE = b"a picture" * 1000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def refusing(number: int) -> Callable[..., NoReturn]:
    def refuse(*_arguments: object, **_more: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return refuse


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name not in (".lock", ".lease")]


def test_bytes_are_stored_under_their_digest_and_read_only(store: Store) -> None:
    blob = store.put_bytes(PICTURE, "image/png")

    name = hashlib.sha256(PICTURE).hexdigest()
    assert blob.digest == f"sha256:{name}"
    assert (blob.bytes, blob.media_type) == (9000, "image/png")
    path = store.path(blob.digest)
    assert path == store.root / "blobs" / name[:2] / name[2:]
    assert path.read_bytes() == PICTURE
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_file_of_a_workspace_is_moved(store: Store) -> None:
    path = store.workspace() / "made.png"
    path.write_bytes(PICTURE)
    inode = path.stat().st_ino

    blob = store.put_file(path, "image/png")

    assert not path.exists()
    assert store.path(blob.digest).stat().st_ino == inode


def test_any_other_file_is_copied_and_left_alone(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "maya.png"
    path.write_bytes(PICTURE)

    blob = store.put_file(path, "image/png", expect=digest_bytes(PICTURE))

    assert path.read_bytes() == PICTURE
    path.write_bytes(b"changed later")
    assert store.path(blob.digest).read_bytes() == PICTURE
    assert files_under(store.root / "work") == []


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_in_a_workspace_does_not_take_the_file_behind_it(
    store: Store, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    original = tmp_path / "refs.png"
    original.write_bytes(PICTURE)
    path = store.workspace() / "made.png"
    link(original, path)

    blob = store.put_file(path, "image/png")

    assert original.read_bytes() == PICTURE
    assert store.path(blob.digest).stat().st_ino != original.stat().st_ino


def test_the_same_bytes_are_stored_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "maya.png"
    path.write_bytes(PICTURE)
    first = store.put_file(path, "image/png")
    inode = store.path(first.digest).stat().st_ino

    assert store.put_file(path, "image/png") == first
    assert store.put_bytes(PICTURE, "image/png") == first
    made = store.workspace() / "again.png"
    made.write_bytes(PICTURE)
    assert store.put_file(made, "image/png") == first
    assert store.path(first.digest).stat().st_ino == inode


def test_a_file_with_other_bytes_than_expected_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "maya.png"
    path.write_bytes(PICTURE)

    with pytest.raises(StoreCorrupt, match=r"maya\.png has changed"):
        store.put_file(path, "image/png", expect=digest_bytes(b"other"))

    assert files_under(store.root / "blobs") == []


def test_a_file_that_cannot_be_read_is_not_blamed_on_the_store(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put_file(tmp_path / "absent.png", "image/png")


def test_a_blob_cut_short_counts_as_missing_and_is_replaced(store: Store) -> None:
    blob = store.put_bytes(PICTURE, "image/png")
    path = store.path(blob.digest)
    path.unlink()
    path.write_bytes(PICTURE[:100])

    assert not store.has(blob.digest, blob.bytes)
    assert store.put_bytes(PICTURE, "image/png") == blob
    assert store.path(blob.digest).read_bytes() == PICTURE


def test_a_blob_that_is_not_there_is_a_sentence(store: Store) -> None:
    digest = digest_bytes(b"never stored")
    assert not store.has(digest)
    with pytest.raises(StoreError, match="has gone from the store"):
        store.path(digest)


def test_verify_finds_a_changed_byte_and_keeps_the_damaged_file_aside(store: Store) -> None:
    blob = store.put_bytes(PICTURE, "image/png")
    store.verify(blob.digest)
    path = store.path(blob.digest)
    path.unlink()
    path.write_bytes(b"b" + PICTURE[1:])
    assert store.has(blob.digest, blob.bytes)

    with pytest.raises(StoreCorrupt, match="was damaged"):
        store.verify(blob.digest)

    assert not store.has(blob.digest)
    assert [kept.read_bytes() for kept in files_under(store.root / "damaged")] == [b"b" + PICTURE[1:]]


@pytest.mark.parametrize(
    ("call", "number", "error", "sentence"),
    [
        ("fsync", errno.ENOSPC, StoreFull, "There is no space left"),
        ("fsync", errno.EDQUOT, StoreFull, "There is no space left"),
        ("replace", errno.EROFS, StoreError, "cannot be used: read-only file system"),
        ("fsync", errno.EIO, StoreError, "cannot be used: input/output error"),
        ("open", errno.EACCES, StoreError, "cannot be used: permission denied"),
    ],
)
def test_the_disks_refusal_is_a_sentence_and_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: type[StoreError], sentence: str
) -> None:
    store.workspace()
    with monkeypatch.context() as patched:
        patched.setattr(os, call, refusing(number))
        with pytest.raises(StoreError, match=sentence) as caught:
            store.put_bytes(PICTURE, "image/png")

    assert type(caught.value) is error
    assert str(store.root) in str(caught.value)
    assert "--store DIR" in str(caught.value)
    assert caught.value.next_command == "", "the store does not know the spec"
    assert files_under(store.root / "blobs") == []
    assert files_under(store.root / "work") == []


def test_a_write_that_the_system_cuts_off_is_a_full_store(tmp_path: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
from adc.runtime.errors import StoreFull
from adc.runtime.store import Store

store = Store.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
store.put_bytes(b"small", "text/plain")
try:
    store.put_bytes(b"x" * 100_000, "text/plain")
except StoreFull as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.stderr == ""
    assert "There is no space left" in ended.stdout
    assert [path.read_bytes() for path in files_under(tmp_path / "blobs")] == [b"small"]


def test_a_root_that_is_a_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be used"):
        Store.open(tmp_path / "store")


def test_workspaces_are_empty_apart_and_removed(store: Store) -> None:
    first, second = store.workspace(), store.workspace()
    assert first != second
    (first / "frames").mkdir()
    (first / "frames" / "1.png").write_bytes(PICTURE)

    store.discard(first)
    assert not first.exists()
    assert list(second.iterdir()) == []
    store.close()
    assert not second.exists()


def test_opening_sweeps_what_the_dead_left_and_nothing_of_the_living(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from adc.runtime.store import Store

folder = Store.open(Path(sys.argv[1])).workspace()
(folder / "half.mp4").write_bytes(b"half")
print(folder, flush=True)
os.kill(os.getpid(), 9)
"""
    root = tmp_path / "store"
    dead = subprocess.run(
        [sys.executable, "-c", program, str(root)], check=False, capture_output=True, text=True, timeout=60
    )
    left = Path(dead.stdout.strip())
    assert (left / "half.mp4").exists()
    with Store.open(root) as living:
        assert not left.exists()
        folder = living.workspace()
        with Store.open(root):
            assert folder.is_dir()


def test_media_types_go_by_suffix() -> None:
    assert media_type_of(Path("hook.MP4")) == "video/mp4"
    assert media_type_of(Path("refs/maya.jpeg")) == "image/jpeg"
    assert media_type_of(Path("looks.txt")) == "text/plain"
    assert media_type_of(Path("archive.zip")) == "application/zip"
    assert media_type_of(Path("maya.safetensors")) == "application/octet-stream"
    assert media_type_of(Path("noise")) == "application/octet-stream"
