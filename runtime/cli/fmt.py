"""`adc fmt [PATH...]`: the canonical layout of `.ad` files, written in place, or only checked, shown or piped through.

A file is replaced whole or not at all, and not even touched where nothing would change or its syntax has errors.
"""

import difflib
import errno
import os
import re
import stat
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adc.compiler.diagnostics import Diagnostic
from adc.compiler.files import MemoryFiles
from adc.compiler.format import format_text
from adc.compiler.parse import parse
from adc.compiler.render import render
from adc.compiler.shelf import Shelf
from adc.compiler.source import Span
from adc.runtime.cli.check import named_files
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.exits import Exit

STDIN = "-"
_PAINT = {"---": "1", "+++": "1", "@": "36", "-": "31", "+": "32"}


def run(arguments: Namespace) -> int:
    """Format what the arguments name. Returns an `Exit` code."""
    if STDIN in arguments.paths:
        if len(arguments.paths) > 1:
            sys.stderr.write("`-` is the standard input and stands alone; nothing was formatted\n")
            return Exit.USAGE
        return _pipe(arguments)
    try:
        return _Round(arguments).over(arguments.paths)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; every file is either formatted or as it was\n")
        return Exit.INTERRUPTED


@dataclass(frozen=True, slots=True)
class _Formatted:
    """The bytes of a file before and after."""

    before: bytes
    after: bytes

    @property
    def changed(self) -> bool:
        """Whether formatting does anything."""
        return self.before != self.after


def _formatted(name: str, prefix: str, data: bytes) -> _Formatted | None:
    """The file in canonical layout; None where it is not in order, which is told on stderr."""
    found: list[Diagnostic] = []
    shelf = Shelf(MemoryFiles({name: data}), found.append)
    text = shelf.source(name, Span(name, 0, 0, 1, 1))
    if text is not None:
        found.extend(parse(name, text)[1])
    if text is None or found:
        sys.stderr.write(render(found, shelf.texts, prefix=prefix, colour=coloured(sys.stderr)))
        return None
    return _Formatted(data, format_text(text).encode())


def _pipe(arguments: Namespace) -> int:
    """From stdin to stdout."""
    formatted = _formatted("<stdin>", "", sys.stdin.buffer.read())
    if formatted is None:
        return Exit.SPEC
    if arguments.diff:
        _show(_difference("<stdin>", formatted))
    elif not arguments.check:
        sys.stdout.buffer.write(formatted.after)
    return Exit.SPEC if arguments.check and formatted.changed else Exit.OK


class _Round:
    """One walk over files. `changed`, `kept` and `left` are counts, `code` is the worst that happened."""

    def __init__(self, arguments: Namespace) -> None:
        self.check = bool(arguments.check)
        self.diff = bool(arguments.diff)
        self.changed = 0
        self.kept = 0
        self.left = 0
        self.code = Exit.OK

    def over(self, paths: Sequence[str]) -> Exit:
        """Format these files and what is in these folders; without any, what is in the current one."""
        files = [file for file, _ in named_files(paths)]
        if not files:
            places = ", ".join(f"`{path}`" for path in paths or (".",))
            sys.stderr.write(f"no .ad file in {places}\n")
            return Exit.SPEC
        for file in files:
            self._file(file)
        # The count is no part of a difference that is piped on.
        (sys.stderr if self.diff else sys.stdout).write(f"{self._summary()}\n")
        return self.code

    def _file(self, path: str) -> None:
        try:
            data = _read(path)
        except OSError as error:
            self._failed(path, error)
            return
        folder, name = os.path.split(path)
        formatted = _formatted(name, f"{folder}/" if folder else "", data)
        if formatted is None:
            self.left += 1
            self._worst(Exit.SPEC)
        elif not formatted.changed:
            self.kept += 1
        elif self.check or self.diff:
            self.changed += 1
            if self.check:
                self._worst(Exit.SPEC)
            if self.diff:
                _show(_difference(path, formatted))
            else:
                print(f"would format {path}", flush=True)
        else:
            self._replace(path, formatted.after)

    def _replace(self, path: str, data: bytes) -> None:
        try:
            _write(path, data)
        except OSError as error:
            self._failed(path, error)
        else:
            self.changed += 1
            print(f"formatted {path}", flush=True)

    def _failed(self, path: str, error: OSError) -> None:
        self.left += 1
        sys.stderr.write(f"{path}: {(error.strerror or str(error)).lower()}\n")
        self._worst(Exit.FAILED)

    def _worst(self, code: Exit) -> None:
        self.code = max(self.code, code)

    def _summary(self) -> str:
        verb = "would be formatted" if self.check or self.diff else "formatted"
        left = f", {self.left} not touched" if self.left else ""
        return f"{_count(self.changed)} {verb}, {self.kept} already in layout{left}"


def _count(files: int) -> str:
    return f"{files} file" if files == 1 else f"{files} files"


def _read(path: str) -> bytes:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    with open(path, "rb") as file:
        return file.read()


def _write(path: str, data: bytes) -> None:
    """Replace the file that `path` leads to, keeping its mode: written aside and flushed, then renamed."""
    target = os.path.realpath(path)
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it may not be written to", path)
    aside = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}")
    try:
        with open(aside, "xb") as file:
            os.chmod(aside, stat.S_IMODE(os.stat(target).st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, target)
    except BaseException:
        if os.path.exists(aside):
            os.unlink(aside)
        raise


def _difference(path: str, formatted: _Formatted) -> Iterator[str]:
    """A unified difference that `patch -p0` takes."""
    before, after = (_lines(data.decode()) for data in (formatted.before, formatted.after))
    for line in difflib.unified_diff(before, after, path, path):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _show(lines: Iterable[str]) -> None:
    paints = _PAINT if coloured(sys.stdout) else {}
    for line in lines:
        paint = next((code for start, code in paints.items() if line.startswith(start)), "")
        sys.stdout.write(f"\x1b[{paint}m{line[:-1]}\x1b[0m\n" if paint else line)
