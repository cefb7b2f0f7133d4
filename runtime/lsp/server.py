"""The language server: an editor's requests answered, and diagnostics told as somebody types.

Every spec that is looked at has one task (`_attend`), and a change only says that it is stale. Syntax is told as soon
as it is parsed, names and checks right after, and the compilation when nobody has typed for a moment; none of them
where the text has changed meanwhile, so the editor hears of the newest text only. The work is done in threads, so that
requests are answered in between; what is found is kept by the event loop alone.
"""

import asyncio
import gc
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from adc.compiler.catalogue import Catalogue
from adc.compiler.source import Span
from adc.runtime.lsp.buffers import Buffers
from adc.runtime.lsp.findings import to_editor
from adc.runtime.lsp.names import Place
from adc.runtime.lsp.positions import Lines
from adc.runtime.lsp.specs import Reading, Spec, importers, is_library
from adc.runtime.lsp.view import View
from adc.runtime.version import __version__

_LOG = logging.getLogger(__name__)

QUIET = 0.2
"""Seconds without a keystroke after which a spec is cast and priced."""


class SpecServer(LanguageServer):
    """What is open, what is known of it, and what the editor has been told."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__("adc", __version__)
        self.catalogue = catalogue
        self.buffers = Buffers()
        self.specs: dict[str, Spec] = {}
        self.stale: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.uris: dict[str, str] = {}
        """The addresses of open files as the editor writes them, by path."""
        self.told: dict[str, list[types.Diagnostic]] = {}
        self._importers: dict[str, tuple[str, ...]] = {}
        self.threads = ThreadPoolExecutor(2, "spec")

    def path(self, uri: str) -> str:
        """The path that an address stands for; a buffer that has never been saved is in the current folder."""
        found = to_fs_path(uri) if uri.startswith("file:") else None
        return os.path.normpath(found or os.path.abspath(uri.rpartition(":")[2].strip("/") or "untitled"))

    def uri(self, path: str) -> str:
        """The address of a path."""
        return self.uris.get(path) or from_fs_path(path) or Path(path).as_uri()

    def concerned(self, path: str) -> list[Spec]:
        """The specs that the file `path` is a part of; a library that nobody imports stands for itself."""
        lines = self.buffers.lines(path)
        library = lines is not None and is_library(lines.text)
        if library and path not in self._importers:
            self._importers[path] = importers(path, self.buffers)
        names = self._importers[path] if library else (path,)
        known = (spec.path for spec in self.specs.values() if not spec.library and spec.imports(path))
        wanted = [(name, False) for name in dict.fromkeys((*names, *known)) if name != path or not library]
        if path in self.specs and (path, self.specs[path].library) not in wanted:
            del self.specs[path]  # it was a library and is a spec now, or is imported now
        for name, alone in wanted or [(path, True)]:
            self.specs.setdefault(name, Spec(name, self.buffers, self.catalogue, library=alone))
        return [self.specs[name] for name, _ in wanted or [(path, True)]]

    def spec(self, path: str) -> Spec:
        """What is known of the spec at `path`, whoever has asked for it."""
        return self.specs.get(path) or Spec(path, self.buffers, self.catalogue)

    def opened(self, uri: str, text: str) -> None:
        """The editor has opened a file."""
        path = self.path(uri)
        self.uris[path] = uri
        self.buffers.open[path] = Lines(text)
        self._importers.clear()
        self.changed(path)

    def closed(self, uri: str) -> None:
        """The editor has closed a file: what counts is on the disk again, and what nobody looks at is forgotten."""
        path = self.path(uri)
        self.buffers.open.pop(path, None)
        self._importers.clear()
        gone = [spec for spec in self.specs.values() if not any(map(spec.imports, self.buffers.open))]
        for spec in gone:
            del self.specs[spec.path]
        for file in {path, *(file for spec in gone for file in spec.files)}:
            self.tell(file)
        self.uris.pop(path, None)
        self.refresh()

    def refresh(self) -> None:
        """Something on the disk has changed: look at everything again."""
        self._importers.clear()
        for spec in self.specs.values():
            self._stir(spec.path)

    def changed(self, path: str) -> None:
        """The text of a file is another one: whatever it is a part of has to be looked at."""
        for spec in self.concerned(path):
            self._stir(spec.path)

    def _stir(self, path: str) -> None:
        self.stale.setdefault(path, asyncio.Event()).set()
        if path not in self.tasks:
            task = self.tasks[path] = asyncio.ensure_future(self._attend(path))
            task.add_done_callback(partial(self._ended, path))

    def _ended(self, path: str, task: asyncio.Task[None]) -> None:
        """A task that has broken off is a bug: it is told, and the next change begins another one."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("looking at %s broke off", path, exc_info=error)
            told = f"looking at {path} broke off: {error!r}"
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, told))

    async def _attend(self, path: str) -> None:
        """Look at a spec until nothing about it changes any more."""
        loop, stale = asyncio.get_running_loop(), self.stale[path]
        try:
            while stale.is_set():
                stale.clear()
                spec = self.specs.get(path)
                if spec is None:
                    return
                skimmed = await loop.run_in_executor(self.threads, spec.skim)
                if stale.is_set() or self.specs.get(path) is not spec:
                    continue
                if skimmed is not None:
                    spec.told = skimmed
                    self._tell(spec)
                loaded = await loop.run_in_executor(self.threads, spec.look)
                if stale.is_set() or self.specs.get(path) is not spec:
                    continue
                spec.take_look(loaded)
                self._tell(spec)
                try:
                    await asyncio.wait_for(stale.wait(), QUIET)
                except TimeoutError:
                    if not spec.library:
                        compiled = await loop.run_in_executor(self.threads, spec.compile)
                        if not stale.is_set() and self.specs.get(path) is spec:
                            spec.take_compiled(compiled)
                            self._tell(spec)
                    await loop.run_in_executor(self.threads, gc.collect)
        finally:
            del self.tasks[path]

    def _tell(self, spec: Spec) -> None:
        """Tell the editor what is new about the files of a spec."""
        for path in spec.files:
            self.tell(path)

    def tell(self, path: str) -> None:
        """Publish what all specs say about a file, where that is news; its version says which text is meant."""
        said = {
            one: reading
            for spec in self.specs.values()
            if (reading := spec.reading) and spec.imports(path)
            for one in spec.told
            if reading.outside(one.span.path) == path
        }
        found = [to_editor(one, partial(self.location, reading)) for one, reading in said.items()]
        version = None
        if path in self.buffers.open:
            version = self.workspace.get_text_document(self.uri(path)).version
        elif self.told.get(path, []) == found:
            return
        self.told[path] = found
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(self.uri(path), found, version))

    def location(self, reading: Reading, span: Span) -> types.Location:
        """Where a span is for the editor."""
        path = reading.outside(span.path)
        lines = self.buffers.open.get(path) or reading.lines(span.path)
        return types.Location(self.uri(path), lines.range(span.start, span.end))

    def place(self, place: Place) -> types.Location:
        """Where a place is for the editor."""
        path, start, end = place
        lines = self.buffers.lines(path) or Lines("")
        return types.Location(self.uri(path), lines.range(start, end))

    def view(self, uri: str, position: types.Position) -> View | None:
        """A position in the spec that it belongs to, as the text is now; None where the file cannot be read."""
        path = self.path(uri)
        lines = self.buffers.lines(path)
        if lines is None:
            return None
        spec = self.concerned(path)[0]
        return View(spec, self.reading(spec), path, lines, lines.offset(position))

    def reading(self, spec: Spec) -> Reading:
        """What is known of a spec, of its newest text."""
        stale = self.stale.get(spec.path)
        if spec.reading is None or (stale is not None and stale.is_set()) or self._outdated(spec.reading):
            return spec.take_look(spec.look())
        return spec.reading

    def _outdated(self, reading: Reading) -> bool:
        """Whether an open file has another text than the one that was read."""
        texts = ((self.buffers.open.get(reading.outside(name)), text) for name, text in reading.texts.items())
        return any(lines is not None and lines.text != text for lines, text in texts)
