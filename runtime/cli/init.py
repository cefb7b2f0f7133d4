"""`adc init [FOLDER]`: a first spec by the answers to three questions; nothing that exists is ever written over."""

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from adc.runtime.cli.choices import shown
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.first_spec import LOOKS, SECONDS, SHAPES, Answers, first_spec

IGNORED = "# What adc makes and leaves behind: films, drafts, the files of `adc sim`.\nout/\nsim/\n*.mp4\n"
LONGEST = 40
"""Letters of a name; more could not be read on the end card in its time."""

T = TypeVar("T")


class _NoMore(Exception):
    """The answers ended before the questions."""


class _Unusable(Exception):
    """An answer that cannot be used; `str()` says why."""


def run(arguments: Namespace) -> int:
    """Ask, then write. Returns an `Exit` code."""
    try:
        answers = Answers() if arguments.yes else _asked()
    except _NoMore:
        sys.stderr.write("\nthe answers ended before the questions; nothing was written\n")
        sys.stderr.write(f"next: {shlex.join(['adc', 'init', *_folder(arguments.folder), '--yes'])}\n")
        return Exit.USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; nothing was written\n")
        return Exit.INTERRUPTED
    files = {os.path.join(arguments.folder, path): text for path, text in first_spec(answers).items()}
    ignore = os.path.join(arguments.folder, ".gitignore")
    keeps = os.path.lexists(ignore)
    if not keeps:
        files[ignore] = IGNORED
    refs = os.path.join(arguments.folder, "refs")
    blocked = _in_the_way([*files, os.path.join(refs, "")])
    if blocked:
        sys.stderr.write(f"{_typed(blocked)} is there already; nothing was written\n")
        return Exit.REFUSED
    try:
        _write(files)
        os.makedirs(refs, exist_ok=True)
    except OSError as error:
        place = _typed(os.fspath(error.filename or arguments.folder))
        sys.stderr.write(f"{place} cannot be written: {(error.strerror or str(error)).lower()}\n")
        return Exit.FAILED
    for path in [*files, os.path.join(refs, "")]:
        print(f"wrote {_typed(path)}")
    if keeps:
        print(f"kept {_typed(ignore)}; see that it names out/ and *.mp4")
    print(f"\nnext: {shlex.join(['adc', 'build', _typed(next(iter(files)))])}")
    return Exit.OK


def _asked() -> Answers:
    """The answers. Raises `_NoMore`."""
    usual = Answers()
    product = _ask("What is the ad for?", usual.product, _titled)
    person, looks = _ask("Who speaks in it? A name, and how they look", f"{usual.speaker}, {usual.looks}", _described)
    seconds, shape = _ask("How long, and which shape?", f"{usual.seconds}s {usual.shape}", _measured)
    return replace(usual, product=product, speaker=person, looks=looks, seconds=seconds, shape=shape)


def _ask(question: str, usual: str, read: Callable[[str], T]) -> T:
    """The answer to a question, asked until it can be used; an empty line is the usual one. Raises `_NoMore`."""
    while True:
        sys.stderr.write(f"{question} [{usual}] ")
        sys.stderr.flush()
        line = sys.stdin.buffer.readline().decode("utf-8", "replace")
        if not line:
            raise _NoMore
        try:
            return read(_tidy(line) or usual)
        except _Unusable as reason:
            sys.stderr.write(f"{reason}\n")


def _tidy(line: str) -> str:
    """The answer without what no text of a spec can hold, and with single blanks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in line).split())


def _titled(answer: str) -> str:
    if not any(letter.isalnum() for letter in answer):
        raise _Unusable("a name has letters")
    if len(answer) > LONGEST:
        raise _Unusable(f"this has {len(answer)} letters; a card holds {LONGEST}")
    return answer


def _described(answer: str) -> tuple[str, str]:
    """`Maya, about thirty` is a name and a description, which may be missing."""
    name, _, looks = answer.partition(",")
    return _titled(name.strip()), looks.strip() if any(letter.isalnum() for letter in looks) else LOOKS


def _measured(answer: str) -> tuple[int, str]:
    """`15s 9:16`, in any order; what is missing is as usual."""
    seconds, shape = Answers().seconds, Answers().shape
    for word in answer.replace(",", " ").split():
        if word in SHAPES:
            shape = word
        elif word.removesuffix("s").isdecimal() and int(word.removesuffix("s")) in SECONDS:
            seconds = int(word.removesuffix("s"))
        else:
            limits = f"{SECONDS[0]}s to {SECONDS[-1]}s"
            raise _Unusable(f"{word} is neither a time from {limits} nor a shape: {', '.join(SHAPES)}")
    return seconds, shape


def _in_the_way(paths: list[str]) -> str:
    """The first file that stands where one of these, or a folder for it, is to be; empty where none does."""
    for path in paths:
        folder, name = os.path.split(path)
        if name and os.path.lexists(path):
            return path
        while folder and not os.path.isdir(folder):
            if os.path.lexists(folder):
                return folder
            folder = os.path.dirname(folder)
    return ""


def _write(files: Mapping[str, str]) -> None:
    """Write all files, or none. Raises OSError."""
    written: list[str] = []
    try:
        for path, text in files.items():
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError:
        for path in written:
            os.unlink(path)
        raise


def _typed(path: str) -> str:
    """A path as people would type it here; a folder keeps the slash at its end."""
    return shown(path) + ("/" if path.endswith("/") else "")


def _folder(folder: str) -> tuple[str, ...]:
    return () if folder == "." else (folder,)
