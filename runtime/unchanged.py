"""Whether a build or a check has nothing to do, answered in a blink.

After a finished build a small note is written beside the store: every file that the build depended on with its
digest and its stat, the films that were delivered, and a stamp of the program itself. The next build reads the note
and compares. A check remembers what it had to say in the same way, and a compilation its plan. Only the standard
library's lightest parts are used, and neither the parser, the templates nor an HTTP client are imported: this is the
most frequent outcome of all, in editors and in CI.

A stat (size, times, inode) is believed only where it was taken before the bytes were hashed, and well after the file
last changed: a file that is edited while its film is being made, or written within the same tick as the stat, could
otherwise pass for what was built. Where it is not believed, the bytes are hashed again at the next look.

A note is a line of JSON. What is large, and only wanted where the line still holds, follows it as bytes.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Stat: TypeAlias = list[int]
    Seen: TypeAlias = tuple[Stat | None, str]
    """A file's stat, where it may be believed, and the digest of its bytes."""
    Note: TypeAlias = Mapping[str, Any]

_SETTLED_NS = 2_000_000_000
"""A stat taken less than two seconds after the last change is not believed; coarser than any file system's clock."""


def note_path(store: str, spec: str, engine: str, out: str, *chosen: str) -> str:
    """Where the note about this spec, engine and output lives; `chosen` are choices made for this build."""
    import zlib

    place = "\0".join((os.path.realpath(spec), engine, os.path.abspath(out), *chosen))
    name = os.path.splitext(os.path.basename(spec))[0]
    # Two places with one checksum only cost a rebuild of the note: the places are compared inside it.
    return os.path.join(store, "notes", f"{name}-{engine}-{zlib.crc32(place.encode()):08x}.json")


def program_stamp() -> str:
    """A stamp of this program's own files: another version, template, schema or model file changes it."""
    from adc.runtime.version import __version__

    parts = [__version__, sys.version]
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for room in ("compiler", "grammar", "schemas", "runtime"):
        parts.extend(_stamps(os.path.join(package, room)))
    return "\n".join(parts)


def _stamps(folder: str) -> list[str]:
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    found.extend(_stamps(entry.path))
            else:
                stat = entry.stat()
                found.append(f"{entry.name} {stat.st_size} {stat.st_mtime_ns}")
    return sorted(found)


def finished(note: str, *, stamp: str, out: str, now_ns: int | None = None) -> list[str] | None:
    """The films of the build that wrote `note`, where it would do nothing now; None where it might.

    It would do nothing where inputs and program are the same and every film is still in its place. `now_ns` is the
    time in nanoseconds since the epoch; None asks the clock.
    """
    said = recall(note, stamp=stamp, now_ns=now_ns)
    if said is None or said.get("out") != os.path.abspath(out):
        return None
    films = said.get("films")
    return films if isinstance(films, list) and films else None


def write_note(
    note: str,
    *,
    stamp: str,
    out: str,
    films: Mapping[str, str],
    inputs: Mapping[str, str],
    now_ns: int | None = None,
) -> None:
    """Write down a finished build: the films that it delivered and what they were made from.

    Both are absolute paths with the digests of the bytes that were built and built from. Raises OSError.
    """
    said = {"out": os.path.abspath(out), "films": list(films)}
    remember(note, said, stamp=stamp, files=[*inputs.items(), *films.items()], now_ns=now_ns)


def recall(note: str, *, stamp: str, now_ns: int | None = None) -> "Note | None":
    """What `remember` wrote, with its `files` by path; None where a file or the program has changed since."""
    found = recall_all(note, stamp=stamp, now_ns=now_ns)
    return found[0] if found else None


def recall_all(note: str, *, stamp: str, now_ns: int | None = None) -> "tuple[Note, bytes, int] | None":
    """As `recall`, with all bytes of the note, and where among them those begin that were written behind it."""
    now = time.time_ns() if now_ns is None else now_ns
    try:
        with open(note, "rb", buffering=0) as file:
            data = file.read()
        start = data.find(b"\n") + 1 or len(data)
        said: Note = json.loads(data[:start])
        body = memoryview(data)[start:]
        if said["stamp"] != stamp or ("body" in said and _sum(body) != said["body"]):
            return None
        files: dict[str, Seen] = said["files"]
        read: dict[str, Seen] = {}
        for path, (stat, digest) in files.items():
            if stat is None or _stat(path) != stat:
                read[path] = _look(path, now)
                if read[path][1] != digest:
                    return None
        if any(believed for believed, _ in read.values()):
            _write(note, {**said, "files": {**files, **read}}, body)  # so that the next look need not read these files
        return said, data, start
    except (AttributeError, OSError, ValueError, KeyError, TypeError):
        # A note that cannot be read is no note: everything is looked at anew.
        return None


def remember(
    note: str,
    said: "Note",
    *,
    stamp: str,
    files: Iterable[tuple[str, str]],
    body: bytes = b"",
    now_ns: int | None = None,
) -> None:
    """Write `said` down, to be recalled while `files`, absolute paths with the digests of their bytes, are unchanged.

    `body` is written behind it. Raises OSError where the note cannot be written.
    """
    now = time.time_ns() if now_ns is None else now_ns
    seen: dict[str, Seen] = {}
    for path, digest in files:
        try:
            stat, found = _look(path, now)
        except OSError:
            stat, found = None, ""
        seen[path] = (stat if found == digest else None), digest
    more = {"body": _sum(body)} if body else {}
    _write(note, {**said, **more, "stamp": stamp, "files": seen}, body)


def _sum(body: "bytes | memoryview") -> list[int]:
    """What tells bytes that were cut short, or that a disk has changed, from those that were written."""
    import zlib

    return [len(body), zlib.crc32(body)]


def _write(note: str, said: "Note", body: "bytes | memoryview") -> None:
    os.makedirs(os.path.dirname(note), exist_ok=True)
    aside = f"{note}.{os.getpid()}"
    with open(aside, "wb") as file:
        file.write(json.dumps(said).encode())
        if body:
            file.write(b"\n")
            file.write(body)
    os.replace(aside, note)


def _look(path: str, now: int) -> "Seen":
    """The digest of a file's bytes or a folder's names, and the stat from before, where that may be believed."""
    import hashlib

    stat = _stat(path)
    if os.path.isdir(path):
        found = hashlib.sha256("\n".join(sorted(os.listdir(path))).encode())
    elif not os.path.isfile(path):
        raise OSError(f"{path} is no file")  # a pipe would be waited for
    else:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256")
    digest = "sha256:" + found.hexdigest()
    return stat if now - max(stat[1], stat[2]) > _SETTLED_NS else None, digest


def _stat(path: str) -> "Stat":
    stat = os.stat(path)
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
