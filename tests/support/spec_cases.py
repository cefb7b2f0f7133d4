"""Reads `tests/cases/*.ad`: small wrong specs with what must be said written beside the offending line.

    --- a name that is not declared            begins a case
      cast  mya   ### AD0201 did you mean      a code that must be reported on this line, and a part of its words
    >>> cast/maya.ad latin-1                   begins another file of the case, in another encoding if need be
    >>> --set city                             and on the next line `city=Denver`: what is chosen for the build

A case is a project of its own. The first file is `main.ad`; the pictures of `PICTURES` are always there. What stands
behind `###` is taken out before the compiler sees the text, and nothing may be reported that is not expected.
"""

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from adc.compiler.catalogue import builtin
from adc.compiler.choices import DEFAULTS, Choices
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import Compiled, compile_spec

SPEC = "main.ad"
_EXPECTATION = re.compile(r"[ \t]*###[ \t]*(?=AD[0-9]{4})")


@dataclass(frozen=True, slots=True)
class Expected:
    """A code that must be reported on a line, with a part of what it says."""

    path: str
    line: int
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Case:
    """One project and what is wrong with it."""

    name: str
    contents: dict[str, bytes]
    expected: tuple[Expected, ...]
    choices: Choices = DEFAULTS

    def compile(self) -> Compiled:
        """What the compiler says about it."""
        return compile_spec(SPEC, MemoryFiles({**pictures(), **self.contents}), builtin(), self.choices)


def picture(width: int, height: int, form: str = "PNG") -> bytes:
    """A picture of one colour."""
    data = io.BytesIO()
    Image.new("RGB", (width, height), "#c08060").save(data, form)
    return data.getvalue()


@cache
def pictures() -> dict[str, bytes]:
    """The pictures that every case may refer to."""
    good = picture(1024, 1024)
    return {
        "refs/maya.png": good,
        "refs/serum.jpg": picture(800, 1200, "JPEG"),
        "refs/look.webp": picture(640, 480, "WEBP"),
        "refs/small.png": picture(1024, 299),
        "refs/tall.png": picture(320, 1000),
        "refs/heavy.png": good[:-12] + b"\0" * 10_000_000 + good[-12:],
        "refs/vast.png": good[:16] + struct.pack(">II", 30_000, 30_000) + good[24:],
        "refs/cut.png": good[: len(good) // 2],
        "refs/page.png": b"<!doctype html><title>404</title>",
        **{f"refs/maya/{number}.jpg": picture(600 + number, 800, "JPEG") for number in range(1, 5)},
    }


def read_cases(folder: Path) -> list[Case]:
    """All cases of a folder."""
    files = sorted(folder.glob("*.ad"))
    return [case for file in files for case in _cases(file.stem, file.read_text(encoding="utf-8"))]


def _cases(stem: str, text: str) -> Iterator[Case]:
    for part in re.split(r"^--- ?", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        contents: dict[str, bytes] = {}
        expected: list[Expected] = []
        chosen: dict[str, dict[str, str]] = {"--set": {}, "--variant": {}}
        for path, encoding, source in _files(body):
            lines = source.split("\n")
            for number, line in enumerate(lines, 1):
                wanted = _EXPECTATION.split(line)
                lines[number - 1] = wanted[0]
                place = f"{path} {encoding}" if path in chosen else path
                expected += [Expected(place, number, each[:6], each[6:].strip()) for each in wanted[1:]]
            if path in chosen:
                chosen[path][encoding] = lines[0].partition("=")[2]
            else:
                contents[path] = "\n".join(lines).encode(encoding)
        choices = Choices(chosen["--set"], chosen["--variant"])
        yield Case(f"{stem}: {title.strip()}", contents, tuple(expected), choices)


def _files(body: str) -> Iterator[tuple[str, str, str]]:
    if not body.startswith(">>>"):
        body = f">>> {SPEC}\n{body}"
    for part in re.split(r"^>>> ", body, flags=re.MULTILINE)[1:]:
        head, _, source = part.partition("\n")
        path, _, encoding = head.partition(" ")
        yield path, encoding.strip() or "utf-8", source.rstrip("\n") if source.strip() else source[:-1]


def words(diagnostic: Diagnostic) -> str:
    """Everything that a diagnostic says."""
    return " | ".join(
        (diagnostic.message, diagnostic.label, diagnostic.hint, *(note.text for note in diagnostic.notes))
    )
