"""Where a position of a file is: in which block, in which statement, behind which words.

This is the file as somebody is typing it, so it is read without judging: a block that is not closed goes to the next
declaration in the first column, a text that is not closed to the end of its line. Offsets count the characters of a
text with plain line ends.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from adc.compiler.frozen import frozen
from adc.compiler.lexer import COMMENT, Lexeme, lexemes
from adc.compiler.vocabulary import TABLES, TOP, Table

_ELSEWHERE = {word for table in TABLES if table is not TOP for word in table.usage}
TOP_ONLY = frozenset(TOP.usage) - _ELSEWHERE
"""Keywords that stand outside of all braces and nowhere else."""

_OPEN_TAG = re.compile(r"\{\{(?:(?!\}\}).)*\Z|\{%(?:(?!%\}).)*\Z", re.DOTALL)
_COMPLETE = frozenset({"COMMA", "TEXT", "LONG_TEXT"})
"""What nothing can be typed on to."""

_WORD = re.compile(r"[\w.-]*\Z")


Inside: TypeAlias = Literal["statement", "text", "tag", "comment"]


@dataclass(slots=True)
class Part:
    """A statement as it stands: `words` are its keyword and values, `block` is None where it opens no brace.

    It reaches from `start` to `end`, block included. `header` is where its words end; from `opened`, the opening
    brace, to `inner_end` a position is in the block.
    """

    words: list[str]
    start: int
    end: int
    header: int
    block: "list[Part] | None" = None
    opened: int = 0
    inner_end: int = 0

    @property
    def keyword(self) -> str:
        """The first word."""
        return self.words[0]

    def holds(self, offset: int) -> bool:
        """Whether a position is in the block."""
        return self.opened < offset <= self.inner_end


@frozen
class Outline:
    """A file as statements within statements, with its comments and long texts as `(start, end)`."""

    source: str
    parts: tuple[Part, ...]
    comments: tuple[tuple[int, int], ...]
    long_texts: tuple[tuple[int, int], ...]
    lexemes: tuple[Lexeme, ...] = field(repr=False)


@frozen
class Place:
    """What is around an offset.

    `owners` are the statements whose blocks hold it, the outermost first, and `table` has the statements of the
    innermost block, or is None where that is not known. `before` are the words of the statement that stand wholly
    before the offset; `word` is what has been typed of the next, from `start` on. Inside a text, `word` is the text
    up to the offset, and inside its tags `tag` is what has been typed since the tag was opened; `is_branch` where that
    was with `{%`. Inside a comment, `word` is the comment up to the offset.
    """

    inside: Inside
    owners: tuple[Part, ...]
    siblings: tuple[Part, ...]
    table: Table | None
    before: tuple[str, ...]
    word: str
    start: int
    tag: str = ""
    is_branch: bool = False


def outline(source: str) -> Outline:
    """The statements of `source`. Never raises, whatever the text."""
    found = tuple(lexemes(source, comments=True))
    top: list[Part] = []
    open_parts: list[Part] = []
    bodies: list[list[Part]] = [top]
    current: Part | None = None
    comments: list[tuple[int, int]] = []
    long_texts: list[tuple[int, int]] = []

    def close(inner_end: int, end: int) -> None:
        part = open_parts.pop()
        bodies.pop()
        part.inner_end, part.end = inner_end, end

    for kind, start, end, _line, column in found:
        match kind:
            case "COMMENT":
                comments.append((start, end))
            case "_BREAK":
                current = None
            case "LBRACE":
                owner = current or next(iter(bodies[-1][-1:]), None)
                if owner is None or owner.block is not None:
                    owner = Part([""], start, end, start)
                    bodies[-1].append(owner)
                owner.block, owner.opened = [], start
                open_parts.append(owner)
                bodies.append(owner.block)
                current = None
            case "RBRACE":
                if open_parts:
                    close(start, end)
                current = None
            case _:
                written = source[start:end]
                if kind.endswith("LONG_TEXT"):
                    long_texts.append((start, end))
                if current is None:
                    if column == 1 and written in TOP_ONLY:
                        while open_parts:
                            close(start - 1, start - 1)
                    current = Part([], start, end, end)
                    bodies[-1].append(current)
                current.words.append(written)
                current.end = current.header = end
    while open_parts:
        close(len(source), len(source))
    return Outline(source, tuple(top), tuple(comments), tuple(long_texts), found)


def walk(parts: tuple[Part, ...] | list[Part]) -> Iterator[Part]:
    """All statements, the outer before the inner."""
    for part in parts:
        yield part
        yield from walk(part.block or ())


def table_of(owners: tuple[Part, ...]) -> Table | None:
    """The statements that may stand in the innermost of these blocks; None where the language does not say."""
    table: Table | None = TOP
    for owner in owners:
        table = table.blocks.get(owner.keyword) if table else None
    return table


def place_at(outline: Outline, offset: int) -> Place:
    """What is around `offset`."""
    owners: list[Part] = []
    body: tuple[Part, ...] | list[Part] = outline.parts
    while inner := next((part for part in body if part.block is not None and part.holds(offset)), None):
        owners.append(inner)
        body = inner.block or ()
    number = bisect_left(outline.lexemes, offset, key=lambda lexeme: lexeme[1]) - 1
    before = _words_before(outline, number, offset)

    def place(inside: Inside, word: str, start: int, tag: str = "") -> Place:
        around = tuple(owners)
        table = table_of(around)
        return Place(inside, around, tuple(body), table, before, word, start, tag[2:], tag.startswith("{%"))

    kind, start, end, *_ = outline.lexemes[number] if number >= 0 else ("", 0, 0)
    if kind == COMMENT and start < offset <= end:
        return place("comment", outline.source[start:offset], start)
    quotes = 3 if kind.endswith("LONG_TEXT") else 1
    closing = 0 if kind.startswith("UNCLOSED") else quotes
    if kind.endswith("TEXT") and start + quotes <= offset <= end - closing:
        typed = outline.source[start + quotes : offset]
        tag = _OPEN_TAG.search(typed)
        return place("tag" if tag else "text", typed, start + quotes, tag.group() if tag else "")
    line_start = outline.source.rfind("\n", 0, offset) + 1
    found = _WORD.search(outline.source, line_start, offset)
    word = found.group() if found else ""
    return place("statement", word, offset - len(word))


def _words_before(outline: Outline, number: int, offset: int) -> tuple[str, ...]:
    """The words of the statement at `offset` that stand wholly before it."""
    words: list[str] = []
    for kind, start, end, *_ in reversed(outline.lexemes[: number + 1]):
        if kind in ("_BREAK", "LBRACE", "RBRACE"):
            break
        if end < offset or (end == offset and kind in _COMPLETE):
            words.append(outline.source[start:end])
    return tuple(reversed(words))
