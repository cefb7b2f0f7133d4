"""`adc check [SPEC...]`: what the compiler says about specs, without making anything.

It runs at every save and in every commit, and mostly nothing has changed. Then the answer of the last check that
found no error is told again, warnings included, from one note a file; neither the compiler nor even the parser of the
command line is imported for it. Notes can be lost without harm, so they lie in the user's cache.
"""

import os
import sys

from adc.runtime.cli.colour import coloured
from adc.runtime.unchanged import program_stamp, recall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from adc.runtime.unchanged import Note

STRICT = "--strict"


def run(arguments: "Namespace") -> int:
    """Check the specs. Returns an `Exit` code."""
    from adc.runtime.cli.judge import judge

    return judge(arguments.specs, arguments.format, strict=arguments.strict)


def quick(words: "Sequence[str]") -> int | None:
    """Check what plain words name, without a parser of the command line; None where they hold other flags."""
    paths = [word for word in words if word != STRICT]
    if any(path.startswith("-") for path in paths):
        return None
    if _answered(words, paths):
        return 0
    import gc

    gc.disable()  # all that is made here is needed to the end, which is near
    from adc.runtime.cli.judge import judge

    return judge(paths, "text", strict=STRICT in words)


def _answered(words: "Sequence[str]", paths: "Sequence[str]") -> bool:
    """Whether the answer could be written from notes. All is well then: nothing else is remembered."""
    strict, colour, stamp = STRICT in words, coloured(sys.stdout), program_stamp()
    files = list(named_files(paths))
    notes = {path: _recalled(place(path, strict=strict, colour=colour), stamp) for path, _ in files}
    imported = {
        read
        for path, note in notes.items()
        if note and note["kind"] == "spec"
        for read in note["files"]
        if read != os.path.abspath(path)
    }
    answers = [notes[path] for path, named in files if named or os.path.abspath(path) not in imported]
    if not answers or None in answers:
        return False
    sys.stdout.write("".join(note["told"] for note in answers if note))
    return True


def _recalled(place: str, stamp: str) -> "Note | None":
    note = recall(note_path(place), stamp=stamp)
    return note if note and note["place"] == place else None


def named_files(paths: "Sequence[str]") -> "Iterator[tuple[str, bool]]":
    """The files that `paths` name, and those found in folders, each once; and whether it was named. None: this folder.

    Files found in hidden folders are left out.
    """
    named = {os.path.abspath(path) for path in paths if not os.path.isdir(path)}
    seen: set[str] = set()
    for path in paths or (".",):
        for file in _below(path) if os.path.isdir(path) else (path,):
            absolute = os.path.abspath(file)
            if absolute not in seen:
                seen.add(absolute)
                yield file, absolute in named


def _below(folder: str) -> "Iterator[str]":
    for below, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.normpath(os.path.join(below, name)) for name in sorted(names) if name.endswith(".ad"))


def place(path: str, *, strict: bool, colour: bool) -> str:
    """Which answer a note holds: it depends on the file, on how its path is written, and on these two choices."""
    return "\0".join((os.path.realpath(path), os.getcwd(), path, str(strict), str(colour)))


def note_path(place: str) -> str:
    """Where the note about a place lies. Two places with one checksum only cost a check: a note says its place."""
    import zlib

    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    # Asking the library that knows every system's folders would cost more than the whole answer.
    folder = os.environ.get("ADC_STORE") or os.path.join(cache, "adc")
    checksum = zlib.crc32(place.encode(errors="surrogateescape"))
    return os.path.join(os.path.abspath(os.path.expanduser(folder)), "notes", f"check-{checksum:08x}.json")
