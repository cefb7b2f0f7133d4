"""Where something stands: a span of one source file, as plain numbers.

Spans travel with every node, definition and diagnostic. They hold no text, so comparing, hashing and
serialising them is cheap; whoever draws a span is given the texts by path.
"""

from typing import NamedTuple


class Span(NamedTuple):
    """Half-open range `[start, end)` of characters in `path`; `line` and `column` of its start count from 1."""

    path: str
    start: int
    end: int
    line: int
    column: int


def span_at(path: str, text: str, start: int, end: int) -> Span:
    """The span of `text[start:end]`, with its line and column counted."""
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Span(path, start, end, line, column)
