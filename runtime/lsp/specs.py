"""A spec under edit: what is known of it now, and what is still true of what was known before the last keystroke.

Three looks are taken at a spec. `skim` parses it, `look` binds names and checks too, and both are quick. `compile`
casts and prices, which takes longer, so it waits until nobody types. What only a later look can find stays meanwhile,
moved along with the text, and is dropped where the text itself is changed.

A file without an ad or a scene is a library. It is judged as a spec that imports it would see it: by the specs of the
project that do, else as `adc check` judges it, by a film that lies nowhere. Such a film is not cast or priced.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from adc.compiler import resolve
from adc.compiler.allow import allow
from adc.compiler.catalogue import Catalogue
from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.frozen import replace
from adc.compiler.index import Index
from adc.compiler.library import FILM, film
from adc.compiler.nodes import Document
from adc.compiler.pipeline import Compiled, compile_spec
from adc.compiler.plan import Plan
from adc.compiler.reparse import Edit, edit, parsed
from adc.compiler.resolve import Loaded
from adc.compiler.source import Span
from adc.runtime.disk import project_root
from adc.runtime.lsp.buffers import Buffers, OpenFiles
from adc.runtime.lsp.positions import Lines

MOST_FILES = 500
"""Specs and libraries of a project that are looked through for who imports whom."""

MOST_FOLDERS = 2000

_SPEC_ONLY = re.compile(rf"^(?:{'|'.join(sorted(resolve.SPEC_ONLY))})\b", re.MULTILINE)
_DECLARES = re.compile(rf"^(?:{'|'.join(sorted({*resolve.SPACES, 'import'}))})\b", re.MULTILINE)
_IMPORT = re.compile(r'^import[ \t]+"([^"\n]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Reading:
    """One look at a spec. Paths inside are relative to its folder, as the compiler has them."""

    folder: str
    texts: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    index: Index

    def inside(self, path: str) -> str:
        """The compiler's name of a file."""
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def outside(self, name: str) -> str:
        """The path of a file by its compiler's name."""
        return os.path.normpath(os.path.join(self.folder, name))

    def lines(self, name: str) -> Lines:
        """A text with its positions, by its compiler's name."""
        if name not in self._lines:
            self._lines[name] = Lines(self.texts.get(name, ""))
        return self._lines[name]

    @cached_property
    def _lines(self) -> dict[str, Lines]:
        return {}

    @cached_property
    def files(self) -> frozenset[str]:
        """The paths of the spec and what it imports."""
        return frozenset(self.outside(name) for name in self.texts if name != FILM)


class Spec:
    """The spec at `path`, or the library at `path` seen by itself."""

    def __init__(self, path: str, buffers: Buffers, catalogue: Catalogue, *, library: bool = False) -> None:
        self.path = path
        self.library = library
        self.catalogue = catalogue
        self.catalogue_now = catalogue
        """The catalogue, and the models that the spec declares itself as far as they are known."""
        self.plan: Plan | None = None
        """The last plan that there was."""
        self.script: Script | None = None
        """The spec as it was last understood."""
        self.plan_is_current = False
        self._buffers = buffers
        self._later: tuple[Diagnostic, ...] = ()
        """What only `compile` finds, where it stood in the text of `reading`."""
        self._quick: frozenset[Diagnostic] = frozenset()
        """What the last look has found."""
        self.reading: Reading | None = None
        self.told: tuple[Diagnostic, ...] = ()
        """What is said about the newest text: of the reading, or for a moment what `skim` has found."""

    @property
    def name(self) -> str:
        """What the compiler calls the file that it begins with."""
        return FILM if self.library else os.path.basename(self.path)

    @property
    def _files(self) -> OpenFiles:
        """The files of the project, and the film of a library."""
        lines = self._buffers.lines(self.path) if self.library else None
        own = os.path.basename(self.path)
        extra = {FILM: film(parsed(own, lines.text)[0])} if lines else {}
        return self._buffers.files(self.path, extra)

    def skim(self) -> tuple[Diagnostic, ...] | None:
        """What is wrong with the syntax of the open files, and all else that is known; None before the first look.

        Changes nothing, so any thread may ask. The look that follows need not parse these files again.
        """
        before = self.reading
        if before is None:
            return None
        texts = dict(before.texts)
        wrong: list[Diagnostic] = []
        for name in before.texts:
            lines = self._buffers.open.get(before.outside(name))
            if lines is not None:
                texts[name] = lines.text
                wrong += parsed(name, lines.text)[1]
        return tuple(dict.fromkeys((*wrong, *_carried(before.diagnostics, before.texts, texts))))

    def look(self) -> Loaded:
        """Read and check the spec as it is now. Changes nothing, so any thread may ask."""
        return resolve.load(self.name, self._files)

    def compile(self) -> Compiled:
        """Cast and price the spec as it is now. Changes nothing, so any thread may ask."""
        return compile_spec(self.name, self._files, self.catalogue)

    def take_look(self, loaded: Loaded) -> Reading:
        """Know what a look has found, and keep what is still true of the last compilation."""
        before = self.reading.texts if self.reading else {}
        self._later = tuple(_carried(self._later, before, loaded.texts))
        self._quick = frozenset(allow(loaded.diagnostics, loaded.texts, None))
        self.script = loaded.script or self.script
        if self.library and loaded.script is not None:
            self.catalogue_now = self.catalogue.adding(model.endpoint for model in loaded.script.models.values())
        self.plan_is_current = False
        found = (*self._quick, *self._later)
        return self._know(loaded.texts, found, loaded.documents)

    def take_compiled(self, compiled: Compiled) -> Reading:
        """Know what a compilation has found; the last look was at the same text."""
        self._later = tuple(one for one in compiled.diagnostics if one not in self._quick)
        self.script = compiled.script or self.script
        self.plan = compiled.plan or self.plan
        self.plan_is_current = compiled.plan is not None
        self.catalogue_now = compiled.catalogue
        return self._know(compiled.texts, compiled.diagnostics, compiled.documents)

    @property
    def files(self) -> frozenset[str]:
        """The paths of the spec and of what it imports, as far as it has been read."""
        return self.reading.files if self.reading else frozenset({self.path})

    def imports(self, path: str) -> bool:
        """Whether a file is the spec or imported by it."""
        return path in self.files

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder of the project, relative to the spec's. Raises OSError."""
        return self._buffers.files(self.path).names(folder)

    def is_folder(self, path: str) -> bool:
        """Whether a path relative to the spec's folder is a folder."""
        return os.path.isdir(os.path.join(os.path.dirname(self.path), path))

    def uri_beside(self, path: str, reference: str) -> str:
        """The address of a file that the file `path` refers to."""
        return Path(os.path.normpath(os.path.join(os.path.dirname(path), reference))).as_uri()

    def _know(
        self, texts: Mapping[str, str], found: Iterable[Diagnostic], documents: Mapping[str, Document]
    ) -> Reading:
        self.told = tuple(sorted((one for one in set(found) if one.span.path != FILM), key=lambda one: one.span))
        folder = os.path.dirname(self.path)
        self.reading = Reading(folder, dict(texts), self.told, Index(self.name, documents))
        return self.reading


def _carried(found: Iterable[Diagnostic], before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Diagnostics of one text in the next: moved along with what follows the edit, dropped where it touches them."""
    edits = {path: edit(text, after[path]) for path, text in before.items() if path in after}
    for one in found:
        moved = _moved(one.span, edits)
        notes = [(note, _moved(note.span, edits)) for note in one.notes]
        if moved is not None:
            labels = tuple(replace(note, span=span) for note, span in notes if span is not None)
            yield replace(one, span=moved, notes=labels)


def _moved(span: Span, edits: Mapping[str, Edit]) -> Span | None:
    if span.path not in edits:
        return None
    change = edits[span.path]
    if span.end <= change.start:
        return span
    if span.start < change.end:
        return None
    return span._replace(start=span.start + change.longer, end=span.end + change.longer)


def is_library(text: str) -> bool:
    """Whether a file declares something and has nothing that is built."""
    return bool(_DECLARES.search(text)) and not _SPEC_ONLY.search(text)


def importers(path: str, buffers: Buffers) -> tuple[str, ...]:
    """The specs of the project that import the file `path`, straight or through others."""
    texts = {other: lines.text for other, lines in buffers.open.items()}
    for other in _project_files(path):
        if other not in texts and (lines := buffers.lines(other)):
            texts[other] = lines.text
    imports = {
        other: {os.path.normpath(os.path.join(os.path.dirname(other), named)) for named in _IMPORT.findall(text)}
        for other, text in texts.items()
    }
    reached, new = {path}, {path}
    while new:
        new = {other for other, named in imports.items() if named & new} - reached
        reached |= new
    return tuple(sorted(other for other in reached - {path} if not is_library(texts[other])))


def _project_files(path: str) -> Iterator[str]:
    """The `.ad` files of the project, a bounded number of them."""
    count = 0
    for number, (folder, folders, names) in enumerate(os.walk(project_root(path))):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
        for name in sorted(names):
            if name.endswith(".ad"):
                yield os.path.join(folder, name)
                count += 1
        if number >= MOST_FOLDERS or count >= MOST_FILES:
            return
