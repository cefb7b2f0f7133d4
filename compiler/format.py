"""The canonical layout of a spec: the same statements, comments and values, with every blank where it belongs.

    scene hook 8s {
      # A full-line comment stands where its statement stands.
      using   veo3_1                            # comments of lines that follow each other share a column
      cast    maya, serum
      action  \"\"\"
        She leans in,
        slowly.
      \"\"\"
    }

In a block, the values of a group of statements stand in a column, two blanks behind the longest keyword. A blank line,
a comment line or a block ends a group. What opens a block is written as at the top of a file, parted by single blanks
(`shot 3s {`), unless it begins with a text: that is a statement like its neighbours which has more to say
(`music "soft lo-fi" {`), and the last of its group.

A block that stands on its statement's line stays there while it fits. A comment behind it speaks of the whole line, and
may silence a warning there, so it keeps the line together at any length. Every comment stays with the statement that it
stands behind.

The work is done on tokens, so nothing is understood and nothing can be lost: the source becomes a tree of lines and
blocks, the tree becomes lines, and last the comments of neighbouring lines are given a column.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TypeAlias

from adc.compiler.frozen import frozen, replace
from adc.compiler.lexer import Token, scan
from adc.compiler.parse import parse

INDENT = 2
WIDEST = 100
"""Columns that a block on one line may reach, and the last at which a comment may begin by choice."""

GAP = 2
"""Blanks between a keyword and its value in a column, and the fewest before a comment."""

_LONG = '"""'
_BLANKS = " \t"


def format_text(source: str) -> str:
    """`source` in canonical layout; as it is where it has errors of syntax, which `parse` tells.

    The result has plain line ends and no byte order mark. Formatting it again changes nothing, and it means what
    `source` means: the same statements with the same values.
    """
    plain = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _, errors = parse("", plain)
    if errors:
        return source
    items = _Reader(scan(plain, comments=True)).items()
    lines = _aligned(list(_lines(items, 0)))
    return "".join(f"{line}\n" for line in lines)


@frozen
class _Comment:
    """A comment. `column` counts from 0, `gap` is how far behind the code it was written."""

    text: str
    column: int = 0
    gap: int = 0


@frozen
class _Block:
    """What stands between braces. `opening` is the comment behind the `{`.

    `on_one_line` says that the statement was written on one line, block and all; `tight` that the `}` was written on
    the line of the last statement.
    """

    items: "tuple[_Item, ...]"
    opening: _Comment | None
    on_one_line: bool
    tight: bool


@frozen
class _Statement:
    """A statement with the comment behind its last line."""

    tokens: tuple[Token, ...]
    block: _Block | None
    comment: _Comment | None


@frozen
class _Gap:
    """Blank lines, however many."""


_Item: TypeAlias = _Statement | _Comment | _Gap


class _Reader:
    """One walk over the tokens of a correct file."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def _kind(self) -> str:
        return self._tokens[self._next].type if self._next < len(self._tokens) else ""

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def items(self) -> tuple[_Item, ...]:
        """The lines up to the end of the block or file; blank ones count only between others."""
        found: list[_Item] = []
        breaks = 0
        while self._kind() not in ("", "RBRACE"):
            if self._kind() == "_BREAK":
                self._take()
                breaks += 1
                continue
            if found and breaks > 1:
                found.append(_Gap())
            breaks = 0
            found.append(_Comment(_words(self._take())) if self._kind() == "COMMENT" else self._statement())
        return tuple(found)

    def _statement(self) -> _Statement:
        first = self._next
        tokens: list[Token] = []
        while self._kind() not in ("", "_BREAK", "COMMENT", "LBRACE", "RBRACE"):
            tokens.append(self._take())
        if self._kind() != "LBRACE":
            return _Statement(tuple(tokens), None, self._comment())
        self._take()
        opening = self._comment()
        items = self.items()
        tight = bool(items) and self._tokens[self._next - 1].type != "_BREAK"
        self._take()
        on_one_line = not any("\n" in token for token in self._tokens[first : self._next])
        comment = self._comment()
        block = _Block(items, opening, on_one_line, tight)
        if comment and tight and not on_one_line:
            block, comment = _handed_in(block, comment), None
        return _Statement(tuple(tokens), block, comment)

    def _comment(self) -> _Comment | None:
        """The comment behind what was taken last, if there is one."""
        if self._kind() != "COMMENT":
            return None
        before = self._tokens[self._next - 1]
        token = self._take()
        return _Comment(_words(token), token.column - 1, token.start_pos - before.end_pos)


def _handed_in(block: _Block, comment: _Comment) -> _Block:
    """The block with a comment that stands behind its `}`, given to the last statement, on whose line it stands."""
    *before, last = block.items
    assert isinstance(last, _Statement)
    if last.block and last.block.tight and not last.block.on_one_line:
        last = replace(last, block=_handed_in(last.block, comment))
    else:
        last = replace(last, comment=comment)
    return replace(block, items=(*before, last))


def _words(comment: Token) -> str:
    return comment.expandtabs(2 * INDENT).rstrip()


@frozen
class _Line:
    """A line of the result; a long text in `code` makes it several."""

    code: str
    comment: _Comment | None = None

    @property
    def end(self) -> int:
        """The column behind the last line of the code."""
        return len(self.code) - (self.code.rfind("\n") + 1)


def _lines(items: Sequence[_Item], depth: int) -> Iterator[_Line]:
    """The lines of a block's items, or of a file's at depth 0."""
    margin = " " * INDENT * depth
    for item, column in zip(items, _columns(items) if depth else [0] * len(items), strict=True):
        match item:
            case _Gap():
                yield _Line("")
            case _Comment(text=text):
                yield _Line(margin + text)
            case _Statement(block=None):
                yield _Line(margin + _head(item, column, depth), item.comment)
            case _Statement(block=_Block() as block):
                if _may_stay(block):
                    short = margin + _short(item, column, depth)
                    if len(short) <= WIDEST or item.comment or not block.items:
                        yield _Line(short, item.comment)
                        continue
                yield _Line(f"{margin}{_head(item, column, depth)} {{", block.opening)
                yield from _lines(block.items, depth + 1)
                yield _Line(f"{margin}}}", item.comment)


def _columns(items: Sequence[_Item]) -> list[int]:
    """How wide the keyword of each item is made; 0 where it keeps its own width and a single blank."""
    widths = [0] * len(items)
    group: list[int] = []

    def close() -> None:
        for place in group:
            widths[place] = max(_keyword_width(items[other]) for other in group)
        group.clear()

    for place, item in enumerate(items):
        simple = isinstance(item, _Statement) and item.block is None
        if simple or _begins_with_text(item):
            group.append(place)
        if not simple:
            close()
    close()
    return widths


def _keyword_width(item: _Item) -> int:
    return len(item.tokens[0]) if isinstance(item, _Statement) else 0


def _begins_with_text(item: _Item) -> bool:
    return isinstance(item, _Statement) and len(item.tokens) > 1 and item.tokens[1].type.endswith("TEXT")


def _head(statement: _Statement, column: int, depth: int) -> str:
    """Keyword and values. The keyword is `column` wide, and then two blanks; or it is as wide as it is, and one."""
    keyword, *values = statement.tokens
    written = str(keyword)
    if values and column:
        written = keyword.ljust(column + GAP - 1)
    for token in values:
        if token.type == "COMMA":
            written += ","
        else:
            written += " " + (_long_text(token, depth) if token.type == "LONG_TEXT" else token)
    return written


def _short(statement: _Statement, column: int, depth: int) -> str:
    """The statement with its block on the same line, as far as that goes; statements in it have single blanks."""
    head = _head(statement, column, depth)
    if statement.block is None:
        return head
    inner = [_short(item, 0, depth) for item in statement.block.items if isinstance(item, _Statement)]
    return " ".join([head, "{", *inner, "}"])


def _may_stay(block: _Block) -> bool:
    """Whether a block may stand on its statement's line: it did, or there is nothing in it."""
    return block.on_one_line or not (block.items or block.opening)


def _long_text(token: Token, depth: int) -> str:
    """The same text with its lines one level deeper than its statement, and closing quotes like a closing brace.

    Its value is kept to the letter: the lines lose the indent that they share, which is no part of the value, and get
    another. So blanks at the end of a line, which are part of it, stay too.
    """
    first, *rest = token[len(_LONG) : -len(_LONG)].split("\n")
    if not rest:
        return str(token)
    shared = min((_indent(line) for line in rest if line.strip()), default=0)
    margin = " " * INDENT * (depth + 1)
    lines = [margin + line[shared:] if line.strip() else "" for line in rest]
    if not lines[-1]:
        lines[-1] = " " * INDENT * depth
    return "\n".join([_LONG + (first if first.strip() else ""), *lines]) + _LONG


def _indent(line: str) -> int:
    return len(list(takewhile(_BLANKS.__contains__, line)))


def _aligned(lines: Sequence[_Line]) -> Iterator[str]:
    """The lines with their comments, those of neighbouring lines in one column."""
    run: list[_Line] = []
    for line in lines:
        if line.comment is None or "\n" in line.code:
            yield from _run(run)
            run = []
        if line.comment is None:
            yield line.code
        else:
            run.append(line)
    yield from _run(run)


def _run(run: Sequence[_Line]) -> Iterator[str]:
    comments = [line.comment for line in run if line.comment is not None]
    if not comments:
        return
    column = max(line.end for line in run) + GAP
    # Comments that all stand further off were put there on purpose: in a column of the whole page.
    if min(comment.gap for comment in comments) > GAP and column <= comments[0].column < WIDEST:
        column = comments[0].column
    for line, comment in zip(run, comments, strict=True):
        yield f"{line.code}{' ' * (column - line.end)}{comment.text}"
