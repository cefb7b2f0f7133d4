"""Repairs the shape of a file: whatever tokens go in, a sentence of the grammar comes out.

One walk reports strange characters, commas and braces out of place, open texts and open blocks, and takes out or puts
in what is needed to go on. So the parser behind it never meets an error, and one mistake is told once.

An open block is the one error that could drown everything behind it. Where the braces of a file do not add up, a
declaration that begins in the first column closes what is open: people start declarations there, whatever
else they forget.
"""

import unicodedata
from collections.abc import Iterator

from lark import Token

from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.literals import Report
from adc.compiler.source import Span

DEEPEST = 12
TOP_ONLY = frozenset({"ad", "card", "character", "import", "param", "product", "scene", "transition", "variant"})
QUOTES = "“”„'"
STRUCTURE = frozenset({"_BREAK", "COMMA", "LBRACE", "RBRACE"})


def span_of(path: str, token: Token) -> Span:
    """Where a token of the lexer stands."""
    assert token.start_pos is not None
    assert token.line is not None
    assert token.column is not None
    return Span(path, token.start_pos, token.start_pos + len(token), token.line, token.column)


class Mender:
    """One walk over the tokens. `out` is always the beginning of a correct file."""

    def __init__(self, path: str, tokens: list[Token], report: Report) -> None:
        self.path = path
        self.tokens = tokens
        self.report = report
        self.out: list[Token] = []
        self.open: list[tuple[Token, bool]] = []
        """Open braces, and whether each was kept."""
        kinds = [token.type for token in tokens]
        self.unbalanced = kinds.count("LBRACE") > kinds.count("RBRACE")
        self.open_text = False

    @property
    def last(self) -> str:
        """The kind of the last token that was kept."""
        return self.out[-1].type if self.out else "_BREAK"

    def mend(self) -> list[Token]:
        """The tokens of a correct file."""
        tokens = list(self._without_junk())
        for token in tokens:
            if self.unbalanced and token.column == 1 and token in TOP_ONLY and self.last == "_BREAK":
                self._close_all(token)
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

    def _without_junk(self) -> Iterator[Token]:
        """The tokens that mean something. What stands between other quotes is a text, `//` begins a comment."""
        run: list[Token] = []
        comment = False
        for token in self.tokens:
            comment = comment and token.type != "_BREAK"
            if comment:
                continue
            if token.type == "JUNK" and run and run[-1].end_pos == token.start_pos:
                run.append(token)
                continue
            comment = self._junk(run) and token.type != "_BREAK"
            run = [token] if token.type == "JUNK" else []
            if not comment and (token.type != "JUNK" or len(token) > 1):
                yield token if token.type != "JUNK" else Token.new_borrow_pos("TEXT", str(token), token)
        self._junk(run)

    def _junk(self, run: list[Token]) -> bool:
        """Report characters that stand side by side; whether they were meant to begin a comment."""
        if not run:
            return False
        first, last = span_of(self.path, run[0]), span_of(self.path, run[-1])
        text = "".join(run)
        hint = "remove it"
        if text[0] in QUOTES:
            hint = 'texts stand between straight double quotes: `"…"`'
        elif text[0] in ":=":
            hint = f"a keyword and its value are parted by a blank: `duration 30s`, not `duration{text[0]} 30s`"
        elif text[0] == ";":
            hint = "a line end ends a statement"
        elif text[0] == "/":
            hint = "comments begin with `#`"
        shown = text if text.isprintable() else unicodedata.name(text[0], f"U+{ord(text[0]):04X}")
        span = Span(self.path, first.start, last.end, first.line, first.column)
        self.report(Diagnostic("AD0106", f"`{shown}` has no meaning here", span, "not part of the language", hint))
        return text.startswith("//")

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
            if len(self.open) == DEEPEST:
                message = "blocks are nested too deep"
                self.report(Diagnostic("AD0115", message, span_of(self.path, token), f"level {DEEPEST + 1}"))
            kept = False
        elif self.last in STRUCTURE:
            kept = self._reattach(token)
        self.open.append((token, kept))
        self._put("LBRACE" if kept else "_BREAK", token)

    def _reattach(self, token: Token) -> bool:
        """Whether the block could be given to the statement on an earlier line that was left without one."""
        end = len(self.out)
        while end and self.out[end - 1].type == "_BREAK":
            end -= 1
        orphan = end > 0 and self.out[end - 1].type not in STRUCTURE
        label = "move it to the end of the statement before" if orphan else "no statement stands before it"
        message = "a block begins on a line of its own" if orphan else "this block belongs to no statement"
        hint = "write `scene hook 8s {` on one line" if orphan else "a block follows a statement: `scene hook 8s { … }`"
        self.report(Diagnostic("AD0111", message, span_of(self.path, token), label, hint))
        if orphan:
            del self.out[end:]
        elif self.last == "RBRACE":
            self._put("_BREAK", token)
        return orphan

    def _close_block(self, token: Token) -> None:
        self._drop_comma()
        if not self.open:
            if not self.open_text:
                self.report(
                    Diagnostic("AD0110", "this `}` closes nothing", span_of(self.path, token), hint="remove it")
                )
            self._put("_BREAK", token)
            return
        _, kept = self.open.pop()
        self._put("RBRACE" if kept else "_BREAK", token)

    def _close_all(self, before: Token | None) -> None:
        while self.open:
            brace, kept = self.open.pop()
            if not self.open_text:
                notes = (Label(span_of(self.path, before), "a `}` seems to be missing before this"),) if before else ()
                message = "this block is never closed"
                span = span_of(self.path, brace)
                self.report(Diagnostic("AD0109", message, span, "opened here", "write a `}` at its end", notes))
            self._put("RBRACE" if kept else "_BREAK", before or brace)
        if before and self.last != "_BREAK":
            self._put("_BREAK", before)

    def _put(self, kind: str, near: Token) -> None:
        self.out.append(Token.new_borrow_pos(kind, "", near))


def _comma(span: Span, hint: str = "") -> Diagnostic:
    return Diagnostic("AD0113", "nothing stands on one side of this comma", span, hint=hint or "remove it")
