"""Names: where they are declared, where they are used, and how they are changed everywhere at once."""

import os
from collections.abc import Iterable, Iterator

from adc.compiler.files import beside
from adc.compiler.index import Declared, Link
from adc.runtime.lsp.completion import endings_of
from adc.runtime.lsp.specs import Reading
from adc.runtime.lsp.view import View

Place = tuple[str, int, int]
"""An absolute path, and `[start, end)` in it."""


def definition(view: View) -> Place | None:
    """Where the name at the position is declared; for the path of a file, that file."""
    link = view.reading.index.link_at(view.name, view.offset)
    if link is not None:
        return view.reading.outside(link.declared.path), link.declared.start, link.declared.end
    path = file_at(view)
    return (path, 0, 0) if path and os.path.isfile(path) else None


def file_at(view: View) -> str:
    """The path of the file that the text at the position names, or an empty text."""
    place = view.place
    if place.inside != "text" or len(place.before) != 1 or place.table is None:
        return ""
    if not endings_of(place.table, place.before[0]):
        return ""
    end = view.lines.text.find('"', view.offset)
    named = view.lines.text[place.start : end]
    return view.reading.outside(beside(view.name, named)) if named.isprintable() else ""


def references(
    view: View, declared: Declared, readings: Iterable[Reading], *, with_declaration: bool = True
) -> Iterator[Place]:
    """Every place that stands for what is declared, in all files of these specs, each once."""
    seen: set[Place] = set()
    home = view.reading.outside(declared.path)
    for reading in readings:
        path = reading.inside(home)
        for link in _links(reading, path, declared.start):
            place = reading.outside(link.path), link.start, link.end
            is_declaration = (link.path, link.start) == (path, declared.start)
            if place not in seen and (with_declaration or not is_declaration):
                seen.add(place)
                yield place


def _links(reading: Reading, path: str, start: int) -> Iterator[Link]:
    for name in reading.index.documents:
        for link in reading.index.links(name):
            if (link.declared.path, link.declared.start) == (path, start):
                yield link
