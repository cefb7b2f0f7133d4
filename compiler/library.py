"""Judges a library, a file of declarations that others import: by a film in which all whom it declares have a part.

The film is one scene of a spec that lies nowhere; what is said about that spec itself is left out.
"""

from collections.abc import Mapping

from adc.compiler.allow import allow
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.files import Files
from adc.compiler.frozen import frozen
from adc.compiler.nodes import Document, Word
from adc.compiler.resolve import SPEC_ONLY, load
from adc.compiler.vocabulary import TOP

FILM = "--library"
"""The path of the spec that has everybody in it; a text that begins like an option is no file of a project."""


@frozen
class Library:
    """What is said about a library. `texts` and `inputs` are those of a compiled spec; `declared` counts its own."""

    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]
    inputs: Mapping[str, str]
    declared: int


def is_library(document: Document) -> bool:
    """Whether a file only declares what others may import, so that nobody misses an `ad` in it."""
    words = {statement.keyword.written for statement in document.statements}
    return bool(words.intersection(TOP.usage)) and not words & SPEC_ONLY


def judge_library(library: Document, files: Files) -> Library:
    """Judge a library that was read through `files`. Never raises for what a user may write."""
    loaded = load(FILM, _WithFilm(files, film(library)))
    found = [one for one in loaded.diagnostics if one.span.path != FILM]
    texts = {name: text for name, text in loaded.texts.items() if name != FILM}
    inputs = {name: digest for name, digest in loaded.inputs.items() if name != FILM}
    declared = sum(statement.keyword.written != "import" for statement in library.statements)
    return Library(tuple(allow(found, texts, None)), texts, inputs, declared)


def film(library: Document) -> bytes:
    """The spec in which all whom the library declares have a part."""
    path = library.path.replace("\\", r"\\").replace('"', r"\"")
    names = dict.fromkeys(
        name.written
        for statement in library.statements
        for name in statement.values[:1]
        if statement.keyword.written in ("character", "product") and isinstance(name, Word)
    )
    cast = f"cast {', '.join(names)}\n" if names else ""
    return f'import "{path}"\nad library\nscene library 5s {{\n{cast}action "a film"\n}}\n'.encode()


class _WithFilm:
    """The files of the project, and the film."""

    def __init__(self, files: Files, film: bytes) -> None:
        self._files = files
        self._film = film

    def read(self, path: str) -> bytes:
        """As `Files.read` says."""
        return self._film if path == FILM else self._files.read(path)

    def names(self, folder: str) -> tuple[str, ...]:
        """As `Files.names` says."""
        return self._files.names(folder)
