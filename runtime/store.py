"""The store: blobs by digest, on disk, each there whole or not at all.

    <root>/blobs/ab/cdef…       one file a blob, read-only, named by the SHA-256 of its bytes
    <root>/work/<session>/…     what is being made now; a session is one process, and holds a lock in its folder
    <root>/adc.sqlite           the step cache and the ledger
    <root>/leases               which build makes which step key, as locks

A blob is written aside, flushed to the disk, and then renamed to its final name; that name is never written to
again. So a process may be killed anywhere: what it leaves behind is a session without a holder, which the next
opening removes. Bytes that are in the store already are not stored a second time.

Every refusal of the disk becomes a `StoreError`: a sentence that names the store and says
what helps. The next command is known to whoever knows the spec.
"""

import contextlib
import errno
import hashlib
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from adc.compiler.digest import digest_bytes
from adc.runtime.errors import StoreCorrupt, StoreError, StoreFull
from adc.runtime.glance import blob_file, is_whole
from adc.runtime.leases import Leases
from adc.runtime.ports import Blob
from adc.runtime.session import Session, sweep

ELSEWHERE = "choose another place for the store with --store DIR"
"""What helps where a store cannot be used; a sentence ends with it."""

_CHUNK = 1 << 20
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".json": "application/json",
    ".txt": "text/plain",
    ".zip": "application/zip",
    ".safetensors": "application/octet-stream",
}


def media_type_of(path: Path) -> str:
    """The media type that a file's suffix stands for; the same on every machine."""
    return _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def store_failure(root: Path, number: int | None, reason: str) -> StoreError:
    """The error that tells why the disk refused; `number` is the system's errno, `reason` its words."""
    if number in FULL:
        return StoreFull(
            f"There is no space left for the store at {root}; all that was finished is kept. Make some, or {ELSEWHERE}."
        )
    return StoreError(f"The store at {root} cannot be used: {reason.lower()}; {ELSEWHERE}.")


class Store:
    """The blobs and workspaces under `root`. Made by `Store.open`; its methods may be called from any thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = root / "blobs"
        self.blobs = str(self._blobs)
        self._work = root.resolve() / "work"
        self._session = Session(self._work)

    @classmethod
    def open(cls, root: Path) -> "Store":
        """The store at `root`, made where there is none; what dead builds left in `work` is removed.

        Raises StoreError.
        """
        store = cls(root)
        with store._refusals():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (store._blobs, store._work):
                folder.mkdir(exist_ok=True)
            sweep(store._work)
        return store

    def close(self) -> None:
        """Remove this process's workspaces."""
        self._session.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # Blobs

    def put_file(self, path: Path, media_type: str, *, expect: str | None = None) -> Blob:
        """Store the bytes of a file; they are durable on return.

        A file in a workspace is moved; any other is copied and left alone. Raises StoreCorrupt where the bytes are
        not those of the digest `expect`, StoreFull and StoreError where the disk refuses, and OSError where `path`
        itself cannot be read.
        """
        if self._may_be_moved(path):
            return self._keep(path, path.name, media_type, expect)
        with path.open("rb") as source:
            blob = _blob_of(source, media_type)
            if self.has(blob.digest, blob.bytes):
                return self._checked(blob, path.name, expect)
            source.seek(0)
            with self._refusals(), self._aside() as file:
                shutil.copyfileobj(source, file, _CHUNK)
                file.flush()
                # The copy is what counts: the source may have changed since it was hashed.
                return self._keep(Path(file.name), path.name, media_type, expect)

    def put_bytes(self, data: bytes, media_type: str) -> Blob:
        """Store `data`; it is durable on return. Raises StoreFull and StoreError."""
        blob = Blob(digest_bytes(data), len(data), media_type)
        if not self.has(blob.digest, blob.bytes):
            with self._refusals(), self._aside() as file:
                file.write(data)
                file.flush()
                self._name(Path(file.name), file.fileno(), blob)
        return blob

    def has(self, digest: str, size: int | None = None) -> bool:
        """Whether the blob is here, and of `size` bytes where that is given; one that is not whole is not here."""
        return is_whole(self.blobs, digest, size)

    def path(self, digest: str) -> Path:
        """The readable file of a blob, never to be written to. Raises StoreError where it is not here."""
        place = self._place(digest)
        if not place.is_file():
            raise StoreError(f"A file ({digest[:19]}…) has gone from the store at {self.root}; build again to have it.")
        return place

    def verify(self, digest: str) -> None:
        """Read a blob whole and compare. Raises StoreCorrupt, after moving a damaged blob to `<root>/damaged`."""
        place = self.path(digest)
        with self._refusals():
            with place.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if f"sha256:{found}" == digest:
                return
            damaged = self.root / "damaged"
            damaged.mkdir(exist_ok=True)
            os.replace(place, damaged / place.name)
        raise StoreCorrupt(f"A file in the store at {self.root} was damaged; it is kept aside in {damaged}.")

    def _place(self, digest: str) -> Path:
        return Path(blob_file(self.blobs, digest))

    def _may_be_moved(self, path: Path) -> bool:
        """Whether a file lies in a workspace and nothing else shares its bytes."""
        if self._work not in path.parents:
            return False
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_nlink == 1

    def _keep(self, aside: Path, name: str, media_type: str, expect: str | None) -> Blob:
        with aside.open("rb") as file:
            blob = self._checked(_blob_of(file, media_type), name, expect)
            with self._refusals():
                self._name(aside, file.fileno(), blob)
        return blob

    def _checked(self, blob: Blob, name: str, expect: str | None) -> Blob:
        if expect not in (None, blob.digest):
            raise StoreCorrupt(f"{name} has changed: its bytes are not those that were expected.")
        return blob

    @contextlib.contextmanager
    def _aside(self) -> Iterator["tempfile._TemporaryFileWrapper[bytes]"]:
        """A new file in the session; what was not given a name by the end is removed, so that it fills no disk."""
        with tempfile.NamedTemporaryFile(dir=self._session.folder(), delete=False) as file:
            try:
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)

    def _name(self, aside: Path, descriptor: int, blob: Blob) -> None:
        """Flush a file that was written aside, give it its final name, and make the name durable too."""
        if self.has(blob.digest, blob.bytes):
            return
        os.fsync(descriptor)
        os.fchmod(descriptor, 0o444)
        place = self._place(blob.digest)
        try:
            os.replace(aside, place)
        except FileNotFoundError:
            place.parent.mkdir(exist_ok=True)
            _flush_folder(self._blobs)
            os.replace(aside, place)
        _flush_folder(place.parent)

    # Workspaces

    def workspace(self) -> Path:
        """A new, empty folder on the store's disk, for one step; `discard` it afterwards. Raises StoreError."""
        with self._refusals():
            return self._session.new_folder()

    def discard(self, folder: Path) -> None:
        """Remove a workspace with all that is left in it. Once is enough, twice does no harm."""
        try:
            folder.rmdir()
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)

    def leases(self) -> AbstractContextManager[Leases]:
        """This process's leases. Raises StoreError."""
        return leases_at(self.root)

    def _refusals(self) -> AbstractContextManager[None]:
        return _refusals_of(self.root)


@contextlib.contextmanager
def leases_at(root: Path) -> Iterator[Leases]:
    """This process's leases of step keys, among all the builds that share the store at `root`. Raises StoreError."""
    with _refusals_of(root):
        held = Leases(root / "leases")
    try:
        yield held
    finally:
        held.close()


@contextlib.contextmanager
def _refusals_of(root: Path) -> Iterator[None]:
    """What the disk of the store refuses, in its sentence."""
    try:
        yield
    except OSError as error:
        raise store_failure(root, error.errno, error.strerror or str(error)) from error


def _blob_of(file: io.BufferedReader, media_type: str) -> Blob:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Blob(f"sha256:{digest}", file.tell(), media_type)


def _flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
