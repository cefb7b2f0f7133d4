"""Text to nodes, reporting every error on the way and always giving back what could be understood.

A sound file goes from the lexer straight into the LALR parser, which makes nodes as it goes: no tokens, no tree. Where
that meets anything out of place, the file is read again with its tokens mended first: `slips` reports what has no
meaning, `mend` whatever breaks the shape of a file, and both repair it, so that what reaches the parser then is always
a sentence of the grammar.

The loop below runs Lark's table of the grammar (see `tables`). Lark's own loop makes a token for each terminal and a
tree for each rule, which takes several times as long.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

from adc.compiler.collector import at_rest
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.lexer import BEGIN, END, Lexeme, Place, lexemes, tables
from adc.compiler.literals import Report, value
from adc.compiler.mend import DECLARING, DEEPEST, OPENABLE, STRUCTURE, Mender
from adc.compiler.nodes import Document, Listed, Statement, Word
from adc.compiler.source import Span

Rows: TypeAlias = Sequence[Mapping[str, int]]
Block: TypeAlias = tuple[Statement, ...]

BROKEN = frozenset({"JUNK", "UNCLOSED_TEXT", "UNCLOSED_LONG_TEXT"})
"""Terminals that the grammar has only for the sake of their messages."""

_NOWHERE = -10_000
"""Stands for a step that the table does not have."""


def parse(path: str, source: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    """The nodes of `source`, which has plain line ends. Never raises, whatever the text."""
    found: list[Diagnostic] = []
    with at_rest():
        statements = _statements(path, source, lexemes(source), _sound_rows(), found.append)
        if statements is None or unopened(statements):
            from adc.compiler.slips import meant  # only a broken file needs it

            found.clear()
            mended = Mender(path, meant(path, source, found.append), found.append).mend()
            lexed = [(token.type, token.start_pos, token.end_pos, token.line, token.column) for token in mended]
            lexed.append((END, len(source), len(source), 0, 0))
            statements = _statements(path, source, lexed, tables().actions, found.append)
            assert statements is not None, "mended tokens are a sentence of the grammar"
    return Document(path, statements), tuple(sorted(found, key=lambda diagnostic: diagnostic.span))


def sound(path: str, source: str, begin: Place = BEGIN) -> Block | None:
    """The statements of `source` from `begin` on, outside of all braces; None where anything is wrong with them."""
    found: list[Diagnostic] = []
    statements = _statements(path, source, lexemes(source, begin=begin), _sound_rows(), found.append)
    return None if found or statements is None or unopened(statements) else statements


def unopened(statements: Block) -> bool:
    """Whether indented statements follow a declaration without a block, which the grammar cannot see."""
    return any(
        one.block is None
        and one.span.column == 1 < other.span.column
        and one.keyword.written in OPENABLE
        and other.keyword.written not in DECLARING
        for one, other in pairwise(statements)
    )


@cache
def _sound_rows() -> Rows:
    """The actions of the table without those that only a broken file needs."""
    return tuple(
        {terminal: step for terminal, step in row.items() if terminal not in BROKEN} for row in tables().actions
    )


def _statements(path: str, source: str, stream: Iterable[Lexeme], rows: Rows, report: Report) -> Block | None:
    """The statements that `stream` spells, or None at the first lexeme that cannot stand where it stands."""
    rules, gotos = tables().rules, tables().gotos
    states = [0]
    built: list[Any] = []
    """What stands for each symbol on the stack; None for braces, commas and line ends."""
    depth = 0
    row = rows[0]
    for kind, start, end, line, column in stream:
        while (step := row.get(kind, _NOWHERE)) < 0:
            if step == _NOWHERE:
                return None
            origin, length = rules[-1 - step]
            if length == 1:
                part = built.pop()
                if origin == "list":
                    built.append((part,))
                elif origin == "statement":
                    built.append(_statement(part, None, report))
                elif origin == "start":
                    return tuple(part)
                else:
                    built.append(part if type(part) is list else [] if part is None else [part])
            elif length:
                parts = built[-length:]
                del built[-length:], states[1 - length :]
                if origin == "statement":
                    built.append(_statement(parts[0], parts[1], report))
                elif origin == "block":
                    built.append(tuple(parts[1]))
                elif origin == "list":
                    built.append((parts[0], *parts[1]))
                else:
                    gathered = parts.pop(0) if type(parts[0]) is list else []
                    gathered += [part for part in parts if part is not None]
                    built.append(gathered)
            else:
                built.append([])
                states.append(0)
            states[-1] = state = gotos[states[-2]][origin]
            row = rows[state]
        states.append(step)
        row = rows[step]
        if kind == "NAME":
            built.append(Word(source[start:end], Span(path, start, end, line, column)))
        elif kind in STRUCTURE:
            built.append(None)
            if kind == "LBRACE":
                depth += 1
                if depth > DEEPEST:
                    return None
            elif kind == "RBRACE":
                depth -= 1
        else:
            built.append(value(kind, Span(path, start, end, line, column), source, report))
    return None


def _statement(lists: list[Listed], block: Block | None, report: Report) -> Statement | None:
    keyword, *rest = lists[0]
    first, last = keyword.span, lists[-1][-1].span
    if not isinstance(keyword, Word):
        message = f"a statement begins with a keyword, not with `{keyword.written}`"
        report(Diagnostic("AD0112", message, first, "a word is expected here"))
        return None
    if rest:
        message = f"no comma follows the keyword `{keyword.written}`"
        report(Diagnostic("AD0113", message, rest[0].span, hint="commas part the items of a list"))
        lists[1:1] = [tuple(rest)]
    span = Span(first.path, first.start, last.end, first.line, first.column)
    return Statement(keyword, tuple(lists[1:]), block, span)
