"""Text to tokens, in one pass of one regular expression.

The patterns are those of `grammar/terminals.lark`, joined as alternatives of which the first that fits is taken. Every
text has tokens: what has no meaning is `JUNK`. Blanks belong to the match of what follows them, which saves half of all
matches, and comments are left out unless they are asked for.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

from adc.compiler.tables import Tables, read

BLANK, COMMENT, END = "BLANK", "COMMENT", "$END"
LONG = frozenset({"LONG_TEXT", "UNCLOSED_LONG_TEXT"})
"""Terminals that may hold line ends."""


Lexeme: TypeAlias = tuple[str, int, int, int, int]
"""A terminal's name, the characters `[start, end)` that it is, and the line and column of the first, from 1."""

Place: TypeAlias = tuple[int, int, int]
"""Where a lexer may begin: a character, the number of its line, and the first character of that line."""

BEGIN: Place = (0, 1, 0)


class Token(str):
    """A lexeme as the text that it is, with the attributes of Lark's tokens."""

    __slots__ = ("column", "end_pos", "line", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int
    line: int
    column: int

    def __new__(cls, kind: str, value: str, start: int, line: int, column: int) -> "Token":
        """The token `value` of the terminal `kind`, which begins at the character `start`."""
        token = str.__new__(cls, value)
        token.type = kind
        token.start_pos = start
        token.end_pos = start + len(value)
        token.line = line
        token.column = column
        return token

    @property
    def value(self) -> str:
        """The text by itself."""
        return str(self)


@cache
def tables() -> Tables:
    """The tables of the grammar, read once."""
    return read()


@cache
def _pattern() -> re.Pattern[str]:
    terminals = dict(tables().terminals)
    blank = terminals.pop(BLANK)
    alternatives = "|".join(f"(?P<{name}>{pattern})" for name, pattern in terminals.items())
    return re.compile(rf"(?:{blank})?+(?:{alternatives}|\Z)")


def lexemes(source: str, *, comments: bool = False, begin: Place = BEGIN) -> Iterator[Lexeme]:
    """The lexemes of `source` from `begin` on: `_BREAK` for each line end that is not in a long text, `$END` last."""
    position, line, line_start = begin
    for match in _pattern().finditer(source, position):
        kind = match.lastgroup
        if kind is None:
            break
        start, end = match.span(kind)
        if kind == "_BREAK":
            yield kind, start, end, line, start - line_start + 1
            line += 1
            line_start = end
        elif kind != COMMENT or comments:
            yield kind, start, end, line, start - line_start + 1
            if kind in LONG and (breaks := source.count("\n", start, end)):
                line += breaks
                line_start = source.rindex("\n", start, end) + 1
    yield END, len(source), len(source), line, len(source) - line_start + 1


def scan(source: str, *, comments: bool = False) -> list[Token]:
    """The tokens of `source` in order, each a text with `type`, `start_pos`, `end_pos`, `line` and `column`."""
    return [
        Token(kind, source[start:end], start, line, column)
        for kind, start, end, line, column in lexemes(source, comments=comments)
        if kind != END
    ]
