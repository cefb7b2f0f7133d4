"""Repairs the shape of a file: whatever tokens go in, a sentence of the grammar comes out.

One walk reports commas and braces out of place, open texts and open blocks, and takes out or puts in what is needed to
go on. So the parser behind it never meets an error, and one mistake is told once.

A block that is not closed, or not opened, is the one error that could drown everything behind it. Where the braces of a
file do not add up, a declaration that begins in the first column closes what is open: people start declarations there,
whatever else they forget. And where a declaration of the first column has no block, indented statements behind it
were meant to be one.
"""

from collections.abc import Sequence
from typing import NamedTuple

from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.lexer import Token
from adc.compiler.literals import Report
from adc.compiler.source import Span

DEEPEST = 12
TOP_ONLY = frozenset({"ad", "card", "character", "import", "param", "product", "scene", "transition", "variant"})
DECLARING = TOP_ONLY | {"model", "style", "voice"}
"""The words of all declarations; the last three also begin statements of a block."""

OPENABLE = DECLARING - {"import", "param", "transition"}
"""Declarations that have a block."""

LONGEST_HEADER = 6
"""Words of a declaration that a hint repeats."""

STRUCTURE = frozenset({"_BREAK", "COMMA", "LBRACE", "RBRACE"})


def span_of(path: str, token: Token) -> Span:
    """Where a token of the lexer stands."""
    return Span(path, token.start_pos, token.end_pos, token.line, token.column)


class _Open(NamedTuple):
    """An open brace. `kept` is False for one too deep, `written` for one that was forgotten."""

    brace: Token
    kept: bool = True
    written: bool = True


class Mender:
    """One walk over the tokens. `out` is always the beginning of a correct file."""

    def __init__(self, path: str, tokens: list[Token], report: Report) -> None:
        self.path = path
        self.tokens = tokens
        self.report = report
        self.out: list[Token] = []
        self.open: list[_Open] = []
        kinds = [token.type for token in tokens]
        self.unbalanced = kinds.count("LBRACE") > kinds.count("RBRACE")
        self.open_text = False
        self.sunk = 0
        """How many braces are open in a block that is too deep, and left out; 0 where none is."""
        self.header: int | None = None
        """Where in `out` the last declaration of the first column begins, as long as it has no block."""

    @property
    def last(self) -> str:
        """The kind of the last token that was kept."""
        return self.out[-1].type if self.out else "_BREAK"

    def mend(self) -> list[Token]:
        """The tokens of a correct file."""
        for token in self.tokens:
            if self.sunk:
                self._sink(token)
                continue
            if self.last == "_BREAK" and token.type == "NAME":
                self._begin(token)
            match token.type:
                case "_BREAK":
                    self._break(token)
                case "COMMA":
                    self._comma(token)
                case "LBRACE":
                    self._open_block(token)
                case "RBRACE":
                    self._close_block(token)
                case _:
                    self._value(token)
        self._drop_comma()
        self._close_all(None)
        return self.out

    def _begin(self, keyword: Token) -> None:
        """See whether a statement that begins here says something about the braces before it."""
        first = keyword.column == 1
        word = keyword.casefold()
        if first and word in TOP_ONLY and (self.unbalanced or any(not brace.written for brace in self.open)):
            self._close_all(keyword)
        if first:
            self.header = len(self.out) if word in OPENABLE and not self.open else None
        elif self.header is not None and not self.open and word not in DECLARING:
            self._open_forgotten(self.header)

    def _open_forgotten(self, header: int) -> None:
        """Open the block of the declaration at `header`, which ends with the last line that was kept."""
        place = len(self.out)
        while self.out[place - 1].type == "_BREAK":
            place -= 1
        first, last = self.out[header], self.out[place - 1]
        span = Span(self.path, first.start_pos, last.end_pos, first.line, first.column)
        written = _header(self.out[header:place])
        hint = f"end this line with it, `{written} {{`, and the block with `}}`"
        self.report(Diagnostic("AD0119", "this block is never opened", span, "a `{` is missing at the end", hint))
        brace = Token("LBRACE", "", last.end_pos, last.line, last.column + len(last))
        self.out.insert(place, brace)
        self.open.append(_Open(brace, written=False))
        self.header = None

    def _value(self, token: Token) -> None:
        if self.last == "RBRACE":
            message = "a statement begins right behind a block"
            self.report(Diagnostic("AD0114", message, span_of(self.path, token), "begin a new line here"))
            self._put("_BREAK", token)
        if token.type.startswith("UNCLOSED"):
            self._open_text(token)
        self.out.append(token)

    def _open_text(self, token: Token) -> None:
        self.open_text = True
        span = span_of(self.path, token)
        long = token.type == "UNCLOSED_LONG_TEXT"
        mark = '"""' if long else '"'
        width = len(mark) if long else len(token.rstrip())
        self.report(
            Diagnostic(
                "AD0107",
                "this text has no closing quote",
                Span(span.path, span.start, span.start + width, span.line, span.column),
                "begins here" + (" and takes in the rest of the file" if long else ""),
                f"close it with `{mark}`"
                + ("" if long else '; a text of several lines stands between `"""` and `"""`'),
            )
        )

    def _comma(self, token: Token) -> None:
        if self.last in STRUCTURE:
            self.report(_comma(span_of(self.path, token)))
        else:
            self.out.append(token)

    def _drop_comma(self) -> None:
        if self.last == "COMMA":
            self.report(_comma(span_of(self.path, self.out.pop()), "a list ends on its line, and without a comma"))

    def _break(self, token: Token) -> None:
        self._drop_comma()
        self.out.append(token)

    def _open_block(self, token: Token) -> None:
        self._drop_comma()
        kept = True
        if len(self.open) >= DEEPEST:
            message = "blocks are nested too deep"
            hint = "no statement needs more than three; take the inner blocks out"
            self.report(Diagnostic("AD0115", message, span_of(self.path, token), f"level {DEEPEST + 1}", hint))
            self._leave_out()
            return
        if self.last in STRUCTURE:
            kept = self._reattach(token)
        self.open.append(_Open(token, kept))
        self.header = None
        self._put("LBRACE" if kept else "_BREAK", token)

    def _reattach(self, token: Token) -> bool:
        """Whether the block could be given to the statement on an earlier line that was left without one."""
        end = len(self.out)
        while end and self.out[end - 1].type == "_BREAK":
            end -= 1
        orphan = end > 0 and self.out[end - 1].type not in STRUCTURE
        label = "move it to the end of the statement before" if orphan else "no statement stands before it"
        message = "a block begins on a line of its own" if orphan else "this block belongs to no statement"
        begin = end
        while begin and self.out[begin - 1].type not in ("_BREAK", "LBRACE", "RBRACE"):
            begin -= 1
        hint = (
            f"write `{_header(self.out[begin:end])} {{` on one line"
            if orphan
            else "a block follows a statement: `scene hook 8s { … }`"
        )
        self.report(Diagnostic("AD0111", message, span_of(self.path, token), label, hint))
        if orphan:
            del self.out[end:]
        elif self.last == "RBRACE":
            self._put("_BREAK", token)
        return orphan

    def _leave_out(self) -> None:
        """Leave out the statement of the outermost block in whose blocks something is too deep."""
        self.sunk = len(self.open)
        outer = self.open[1].brace
        del self.open[1:]
        place = next(index for index, token in enumerate(self.out) if token.start_pos >= outer.start_pos)
        while self.out[place - 1].type not in ("_BREAK", "LBRACE", "RBRACE"):
            place -= 1
        del self.out[place:]

    def _sink(self, token: Token) -> None:
        if token.column == 1 and token.type == "NAME" and token in TOP_ONLY and self.unbalanced:
            self.sunk = 0
            self._begin(token)
            self._value(token)
        else:
            self.sunk += (token.type == "LBRACE") - (token.type == "RBRACE")

    def _close_block(self, token: Token) -> None:
        self._drop_comma()
        if not self.open:
            if not self.open_text:
                self.report(
                    Diagnostic("AD0110", "this `}` closes nothing", span_of(self.path, token), hint="remove it")
                )
            self._put("_BREAK", token)
            return
        kept = self.open.pop().kept
        self._put("RBRACE" if kept else "_BREAK", token)

    def _close_all(self, before: Token | None) -> None:
        while self.open:
            brace, kept, written = self.open.pop()
            if written and not self.open_text:
                notes = (Label(span_of(self.path, before), "a `}` seems to be missing before this"),) if before else ()
                message = "this block is never closed"
                span = span_of(self.path, brace)
                self.report(Diagnostic("AD0109", message, span, "opened here", "write a `}` at its end", notes))
            self._put("RBRACE" if kept else "_BREAK", before or brace)
        if before and self.last != "_BREAK":
            self._put("_BREAK", before)

    def _put(self, kind: str, near: Token) -> None:
        self.out.append(Token(kind, "", near.start_pos, near.line, near.column))


def _header(tokens: Sequence[Token]) -> str:
    """The words of a statement as a hint repeats them."""
    return " ".join(tokens).replace(" ,", ",") if len(tokens) < LONGEST_HEADER else f"{tokens[0]} …"


def _comma(span: Span, hint: str = "") -> Diagnostic:
    return Diagnostic("AD0113", "nothing stands on one side of this comma", span, hint=hint or "remove it")
