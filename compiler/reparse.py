"""Parses a file again after an edit: what stands before it is taken over, and what stands behind is moved along.

An edit is inside of a few statements of a file. Those are parsed by themselves; where they are sound, and so was the
file before, the whole is what a parse of the whole would give. Where they are not, a brace or a quote that was opened
here may swallow what follows, and the whole file is parsed.
"""

from bisect import bisect_left, bisect_right
from functools import lru_cache

from adc.compiler.collector import at_rest
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.frozen import frozen, replace
from adc.compiler.lexer import BEGIN
from adc.compiler.nodes import Document, Statement, String, Value, Word
from adc.compiler.parse import parse, sound, unopened
from adc.compiler.source import Span

MOST_KEPT = 16
"""Files whose last sound text is remembered."""

_sound: dict[str, tuple[str, Document]] = {}


@frozen
class Edit:
    """`before[start:end]` was replaced, and the text became longer by `longer` characters."""

    start: int
    end: int
    longer: int


@lru_cache(maxsize=16)
def parsed(path: str, source: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    """What `parse` gives, in a part of the time where only a part of the file is new."""
    before = _sound.get(path)
    document = again(before[1], before[0], source) if before else None
    found: tuple[Diagnostic, ...] = ()
    if document is None:
        document, found = parse(path, source)
    if not found:
        if len(_sound) >= MOST_KEPT:
            _sound.clear()
        _sound[path] = source, document
    return document, found


def edit(before: str, after: str) -> Edit:
    """The smallest edit that makes `after` of `before`."""
    most = min(len(before), len(after))
    start = bisect_left(range(most), True, key=lambda at: before[: at + 1] != after[: at + 1])
    same = bisect_left(
        range(most - start), True, key=lambda at: before[len(before) - at - 1 :] != after[len(after) - at - 1 :]
    )
    return Edit(start, len(before) - same, len(after) - len(before))


def again(document: Document, before: str, after: str) -> Document | None:
    """The document of `after`, made of that of `before`, which is sound; None where it takes a parse of the whole."""
    change = edit(before, after)
    old = document.statements
    if before == after:
        return document
    lines = [statement.span.start - statement.span.column + 1 for statement in old]
    first = max(bisect_right(lines, change.start) - 1, 0)
    behind = bisect_right(lines, change.end)  # the line end before it is not part of the edit
    begin = BEGIN if first == 0 else (lines[first], old[first].span.line, lines[first])
    end = lines[behind] + change.longer if behind < len(old) else len(after)
    with at_rest():
        new = sound(document.path, after[:end], begin)
        if new is None:
            return None
        more = after.count("\n") - before.count("\n")
        tail = tuple(_moved(statement, change.longer, more) for statement in old[behind:])
    around = (*old[max(first - 1, 0) : first], *new, *tail[:1])
    return None if unopened(around) else Document(document.path, (*old[:first], *new, *tail))


def _moved(statement: Statement, by: int, lines: int) -> Statement:
    """A statement that stands that many characters and lines further down."""
    path, start, end, line, column = statement.keyword.span
    keyword = Word(statement.keyword.written, Span(path, start + by, end + by, line + lines, column))
    return Statement(
        keyword,
        tuple([tuple([_value(value, by, lines) for value in listed]) for listed in statement.lists]),
        None if statement.block is None else tuple([_moved(inner, by, lines) for inner in statement.block]),
        Span(path, start + by, statement.span.end + by, line + lines, column),
    )


def _value(value: Value, by: int, lines: int) -> Value:
    path, start, end, line, column = value.span
    span = Span(path, start + by, end + by, line + lines, column)
    if isinstance(value, Word):
        return Word(value.written, span)
    if isinstance(value, String):
        places = value.offsets
        moved = (
            range(places.start + by, places.stop + by)
            if isinstance(places, range)
            else tuple([place + by for place in places])
        )
        return String(value.value, value.written, span, moved)
    return replace(value, span=span)
