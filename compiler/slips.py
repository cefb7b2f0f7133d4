"""Tokens that mean something: what has no meaning is reported, and replaced by what its writer plainly meant.

People bring habits from elsewhere: other quotes, other comments, `key: value`, a semicolon, `&` in a list. Each is told
once, in words of its own, and then read as intended, so that nothing follows from it. A comment or a text that the
lexer saw in pieces is skipped in the source and the lexer begins again behind it.
"""

import re
import unicodedata

from adc.compiler.diagnostics import Diagnostic
from adc.compiler.lexer import BEGIN, Lexeme, Place, Token, lexemes
from adc.compiler.literals import Report
from adc.compiler.mend import OPENABLE, TOP_ONLY
from adc.compiler.source import Span
from adc.compiler.vocabulary import TABLES, TOP

CLOSING = {"'": "'", "`": "`", "“": "”", "”": "”", "„": "“", "‟": "”", "‘": "’", "‚": "’", "«": "»"}
BLOCK_COMMENTS = {"/*": "*/", "<!--": "-->"}
LINE_ENDS = frozenset("\v\x1c\x1d\x1e\x85\u2028\u2029")
WIDEST = 120
"""A line that is longer is not repeated in a hint."""

_PUNCTUATION = frozenset("'’.!?/…-–—")
_TEXTUAL = frozenset(
    {
        word
        for table in TABLES
        if table is not TOP
        for word, usage in table.usage.items()
        if usage.startswith(f'{word} "')
    }
    | {"says", "voiceover"}
)
"""Statements that take a text."""

_FOREIGN = {
    "JSON": re.compile(r'[\[{][\s\[{]*"[^"\n]*"\s*[:,\]]'),
    "YAML": re.compile(
        r"(?:---[ \t]*\n|[^\W\d][\w-]*:(?=\s))(?=(?s:.*?)^[ \t]*(?:-[ \t]+)?[^\W\d][\w-]*:[ \t]*$)", re.M
    ),
}
_LEAD = re.compile(r"(?:\s|#.*)*")
_NAME_IN_BRACES = re.compile(r"\{\{[ \t]*([^\W\d][\w.]*)[ \t]*\}\}")
_TEXT_OF_LINES = re.compile(r'"[^"\n]*(?:\n[^"\n]*){1,20}"(?=[ \t]*(?:\}[ \t]*)?(?:#.*)?$)', re.M)
LONGEST_STATEMENT = 200
"""Tokens of a statement, beyond which nobody asks any more how it began."""

_REST = re.compile(r"[ \t]*(?:#.*)?$", re.M)
_MARKS = re.compile(r'(?P<text>"[^"]*")|[\[\]();]')
_BRACKETS = re.compile(r"\([^()\n]*\)|\[[^\[\]\n]*\]")
_BRACE_IN_COMMENT = re.compile(r"#.*\{[ \t]*")
_INDENTED_NEXT = re.compile(r"[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*[ \t]+[^\s#]")
_PAID_FOR = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "video": "clip", "image": "picture"}
_WORD_AHEAD = re.compile(r"[ \t]*[^\W\d]")
_PATH = re.compile(r"[\w./-]*/[\w./-]*")


def meant(path: str, source: str, report: Report) -> list[Token]:
    """The tokens of `source` without `JUNK`. None at all where it is a file of another language."""
    lead = _LEAD.match(source)
    start = lead.end() if lead else 0
    for language, form in _FOREIGN.items():
        if form.match(source, start):
            report(_foreign(path, source, start, language))
            return []
    if _is_prose(source):
        report(_prose(path, source, start))
        return []
    reader = _Reader(path, source, report)
    place: Place | None = BEGIN
    while place is not None:
        place = reader.until_jump(place)
    return reader.tokens


class _Reader:
    def __init__(self, path: str, source: str, report: Report) -> None:
        self.path = path
        self.source = source
        self.report = report
        self.tokens: list[Token] = []
        self.marked_line = 0
        """The last line on which a needless mark was reported: one is enough."""
        self.last_end = {mark: source.rfind(mark) for mark in BLOCK_COMMENTS.values()}

    def until_jump(self, place: Place) -> Place | None:
        """Read on from `place` to the end, or to where the lexer has to begin again."""
        for lexeme in lexemes(self.source, comments=True, begin=place):
            kind, start, end, line, column = lexeme
            if kind == "$END":
                break
            jump = None
            if kind == "COMMENT":
                self._comment(lexeme)
            elif kind == "ODD" and self.source[end - 1] == ":" and self._opens(end):
                jump = self._without_colon(lexeme)
            elif kind == "JUNK":
                jump = self._junk(lexeme)
            elif kind == "UNCLOSED_TEXT" and (text := _TEXT_OF_LINES.match(self.source, start)):
                jump = self._text_of_lines(lexeme, text.end())
            elif kind == "LBRACE" and (name := _NAME_IN_BRACES.match(self.source, start)):
                jump = self._name_in_braces(lexeme, name)
            else:
                self.tokens.append(Token(kind, self.source[start:end], start, line, column))
            if jump is not None:
                return self._behind(lexeme, jump)
        return None

    def _behind(self, lexeme: Lexeme, jump: int) -> Place:
        _, start, _, line, column = lexeme
        breaks = self.source.count("\n", start, jump)
        line_start = self.source.rindex("\n", start, jump) + 1 if breaks else start - column + 1
        return jump, line + breaks, line_start

    @property
    def _last(self) -> str:
        return self.tokens[-1].type if self.tokens else "_BREAK"

    def _junk(self, lexeme: Lexeme) -> int | None:
        """Report junk and put in its place what was meant; where to go on if not right behind it."""
        _, start, end, line, _ = lexeme
        junk = self.source[start:end]
        first = junk[0]
        if self._last == "_BREAK" and self.source.startswith("```", start):
            hint = "remove it, here and at the end: a spec is the lines between"
            span = Span(self.path, start, self._line_end(start), line, lexeme[4])
            message, label = "a fence of Markdown is no part of a spec", "not part of the language"
            self.report(Diagnostic("AD0106", message, span, label, hint))
            return span.end
        if junk == ":" and self._opens(end):
            return None  # `scene hook 8s:` and an indented line: the block that is missing is told
        if junk in _PUNCTUATION and self._is_bare(self._line_tokens(), start):
            return self._bare(lexeme)
        if junk in ("/", ".", "..") and (path := self._path(lexeme)):
            return path
        if first in "([" and (group := _BRACKETS.match(self.source, start)) and len(self._line_tokens()) > 1:
            return self._remark(lexeme, group)
        if len(junk) > 1 and first in CLOSING:
            inner = junk[1 : -1 if junk[-1] in "\"'`“”’»" else None].replace('"', r"\"")
            shown = f'"{inner}"' if len(inner) < WIDEST else '"…"'
            self._tell(lexeme, "these are not the quotes of a text", "other quotes", _quotes(shown))
            self._put("TEXT", lexeme, junk)
        elif junk.startswith(("//", "--")) or (first == ";" and self._last == "_BREAK"):
            self._tell(lexeme, f"`{junk}` begins no comment", "not part of the language", "comments begin with `#`")
            return self._line_end(start)
        elif junk in BLOCK_COMMENTS:
            hint = "comments begin with `#` and end with their line"
            self._tell(lexeme, f"`{junk}` begins no comment", "not part of the language", hint)
            mark = BLOCK_COMMENTS[junk]
            found = self.source.find(mark, end) if self.last_end[mark] >= end else -1
            return found + len(mark) if found >= 0 else self._line_end(start)
        elif first == ";" or first in LINE_ENDS:
            self._separator(lexeme, junk)
        elif first in "([" and _REST.match(self.source, end):
            self._tell(
                lexeme, f"`{first}` opens no block", "not part of the language", "blocks stand between `{` and `}`"
            )
            self._put("LBRACE", lexeme, first)
        elif first in ")]" and self._last == "_BREAK":
            self._tell(
                lexeme, f"`{first}` closes no block", "not part of the language", "blocks stand between `{` and `}`"
            )
            self._put("RBRACE", lexeme, first)
        elif junk in ("&", "+") and self._last == "NAME" and _WORD_AHEAD.match(self.source, end):
            self._tell(lexeme, *_meaningless(junk), "commas part the items of a list: `cast maya, serum`")
            self._put("COMMA", lexeme, junk)
        elif first in ":=()[]":
            if line != self.marked_line:
                self.marked_line = line
                self._tell(lexeme, *_meaningless(junk), self._without_mark(lexeme))
        else:
            self._tell(lexeme, *_meaningless(junk), self._hint(lexeme))
        return None

    def _line_tokens(self) -> list[Token]:
        """The tokens of the statement that is being read; none where it has more than people write."""
        place = len(self.tokens)
        least = max(0, place - LONGEST_STATEMENT)
        while place > least and self.tokens[place - 1].type not in ("_BREAK", "LBRACE", "RBRACE"):
            place -= 1
        return self.tokens[place:] if place > least or not least else []

    def _opens(self, end: int) -> bool:
        """Whether a colon that ends at `end` stands where the `{` of a declaration should."""
        header = self._line_tokens()
        begins = bool(header) and header[0].column == 1 and header[0] in OPENABLE
        return begins and _INDENTED_NEXT.match(self.source, end) is not None

    def _without_colon(self, lexeme: Lexeme) -> int:
        """Read `8s:` as `8s`."""
        _, start, end, line, column = lexeme
        for kind, first, last, _, _ in lexemes(self.source[start : end - 1]):
            if kind != "$END":
                self.tokens.append(Token(kind, self.source[start + first : start + last], start + first, line, column))
        return end

    def _comment(self, lexeme: Lexeme) -> None:
        """Report a comment in the middle of a declaration that takes in its brace: `scene #1 8s {`."""
        _, start, end, line, column = lexeme
        header = self._line_tokens()
        comment = self.source[start:end]
        if not header or header[0] not in OPENABLE | {"shot"} or not _BRACE_IN_COMMENT.fullmatch(comment):
            return
        words = comment.rstrip("{ \t").lstrip("# ")
        numbered = f"{header[-1]}_{words}" if words[:1].isdigit() else f"{header[-1]} {words}"
        mended = " ".join((*header[: max(1, len(header) - 1)], numbered)).strip()
        span = Span(self.path, start, end, line, column)
        message = "a `#` begins a comment, and this one takes in the `{` of a block"
        self.report(Diagnostic("AD0119", message, span, "not read", f"write it without the `#`: `{mended} {{`"))
        self._put("JUNK", lexeme, comment)
        self.tokens.append(Token("LBRACE", "", end, line, column + end - start))

    def _path(self, lexeme: Lexeme) -> int | None:
        """Report a path without quotes, or `$0.05/s`, as a whole; where it ends. None where the stroke is alone."""
        _, start, _, line, column = lexeme
        left = start
        while left > start - column + 1 and re.match(r"[\w.-]", self.source[left - 1]):
            left -= 1
        found = _PATH.match(self.source, left)
        if found is None or found.end() - left < 2:
            return None
        written, end = found.group(), found.end()
        while self.tokens and self.tokens[-1].end_pos > left:
            left = min(left, self.tokens.pop().start_pos)
        words = self._line_tokens()
        message, label = "this path has no quotes", "not part of the language"
        hint = f'a path stands between quotes: `"{written}"`'
        if self.source[left] == "$":
            amount, _, unit = self.source[left:end].partition("/")
            message, hint = "what is paid for is written in words", f"write `{amount} per {_PAID_FOR.get(unit, unit)}`"
        elif words and words[0] == "using":
            message, hint = "a model is named by its short name", "`adc models` lists them: `using veo3_1`"
        elif self._is_bare(words, start):
            return self._bare(lexeme)
        span = Span(self.path, left, end, line, column - (start - left))
        self.report(Diagnostic("AD0106", message, span, label, hint))
        self.tokens.append(Token("JUNK", self.source[left:end], left, line, span.column))
        return end

    def _is_bare(self, words: list[Token], start: int) -> bool:
        """Whether a line is a statement of a text that has no quotes, and is read as far as its second word."""
        end = self._line_end(start)
        rest = self.source[words[0].start_pos : end] if words else ""
        return len(words) > 1 and words[0] in _TEXTUAL and not any(mark in rest for mark in '"“{}#')

    def _bare(self, lexeme: Lexeme) -> int:
        """Report a text without quotes as a whole: `action she doesn't smile`."""
        words = self._line_tokens()
        spoken = words[0] in ("says", "voiceover") and len(words) > 2
        first = words[2 if spoken else 1]
        end = self._line_end(lexeme[1])
        text = self.source[first.start_pos : end].rstrip()
        del self.tokens[self.tokens.index(first) :]
        header = " ".join(words[: 2 if spoken else 1])
        hint = f'texts stand between quotes: `{header} "{text}"`' if len(text) < WIDEST else _quotes('"…"')
        span = Span(self.path, first.start_pos, first.start_pos + len(text), first.line, first.column)
        self.report(Diagnostic("AD0106", "this text has no quotes", span, "words without quotes", hint))
        self.tokens.append(Token("JUNK", text, first.start_pos, first.line, first.column))
        return end

    def _remark(self, lexeme: Lexeme, group: re.Match[str]) -> int:
        """Report brackets behind the first value of a statement, and go on behind them."""
        _, start, _, line, column = lexeme
        line_start = start - column + 1
        rest = self.source[group.end() : self._line_end(start)].strip()
        without = f"{self.source[line_start:start].strip()} {rest}".strip()
        hint = f"write it without them: `{without}`" if len(without) < WIDEST and "`" not in without else "remove them"
        span = Span(self.path, start, group.end(), line, column)
        self.report(Diagnostic("AD0106", "brackets have no meaning here", span, "not part of the language", hint))
        return group.end()

    def _separator(self, lexeme: Lexeme, junk: str) -> None:
        _, _, end, _, _ = lexeme
        hint = "a line end ends a statement; begin a new line here"
        if _REST.match(self.source, end):
            hint = "a line end ends a statement; remove it"
        self._tell(lexeme, *_meaningless(junk), hint)
        self._put("_BREAK", lexeme, junk)

    def _without_mark(self, lexeme: Lexeme) -> str:
        """The hint for `duration: 8s` or `cast = [maya, serum]`: the line as it should be."""
        _, start, end, _, column = lexeme
        line_start = start - column + 1
        line_end = self._line_end(start)
        before, after = self.source[line_start:start].strip(), self.source[end:line_end].strip(" \t,")
        if not after or after.startswith("#"):
            return "remove it"
        after = _MARKS.sub(lambda found: found["text"] or "", after)
        mended = f"{before.strip(chr(34))} {after}".strip()
        if line_end - line_start > WIDEST or "`" in mended or not (before and after):
            mended = "duration 30s"
        return f"a keyword and its value are parted by a blank: `{mended}`"

    def _hint(self, lexeme: Lexeme) -> str:
        _, start, end, _, column = lexeme
        junk = self.source[start:end]
        if junk in CLOSING or junk in CLOSING.values():
            return _quotes('"…"')
        if junk == "/":
            left = max(start - column + 1, start - WIDEST)
            before = re.search(r"[\w./-]*$", self.source[left:start])
            found = _PATH.match(self.source, left + before.start() if before else start, start + WIDEST)
            return f'a path stands between quotes: `"{found.group()}"`' if found else "remove it"
        if unicodedata.category(junk[0]) in ("Cf", "Cc"):
            return "it cannot be seen and often comes with pasted text; remove it"
        return "remove it"

    def _text_of_lines(self, lexeme: Lexeme, end: int) -> int:
        _, start, stop, line, column = lexeme
        hint = 'a text of several lines stands between `"""` and `"""`'
        span = Span(self.path, start, stop, line, column)
        self.report(Diagnostic("AD0107", "this text goes on over its line", span, "begins here", hint))
        self._put("TEXT", lexeme, self.source[start:end])
        return end

    def _name_in_braces(self, lexeme: Lexeme, found: re.Match[str]) -> int:
        _, start, _, line, column = lexeme
        name = found.group(1)
        span = Span(self.path, start, found.end(), line, column)
        message, label = f"`{name}` stands in braces outside of a text", "no text around it"
        hint = f'a name by itself is written `{name}`; a text with it `"… {{{{ {name} }}}} …"`'
        self.report(Diagnostic("AD0121", message, span, label, hint))
        self.tokens.append(Token("NAME", name, found.start(1), line, column + found.start(1) - start))
        return found.end()

    def _line_end(self, start: int) -> int:
        found = self.source.find("\n", start)
        return len(self.source) if found < 0 else found

    def _put(self, kind: str, lexeme: Lexeme, value: str) -> None:
        _, start, _, line, column = lexeme
        self.tokens.append(Token(kind, value, start, line, column))

    def _tell(self, lexeme: Lexeme, message: str, label: str, hint: str) -> None:
        _, start, end, line, column = lexeme
        self.report(Diagnostic("AD0106", message, Span(self.path, start, end, line, column), label, hint))


def _meaningless(junk: str) -> tuple[str, str]:
    name = unicodedata.name(junk[0], f"U+{ord(junk[0]):04X}")
    shown = junk if junk.isprintable() and not junk.isspace() and junk != "`" else name
    return f"`{shown}` has no meaning here", "not part of the language"


def _quotes(shown: str) -> str:
    return f"texts stand between straight double quotes: `{shown}`"


def _is_prose(source: str) -> bool:
    """Whether nothing in a file looks like a spec: neither a brace nor a line that begins like a declaration."""
    lines = (line.split(None, 1) for line in source.split("\n"))
    begins = {words[0] for words in lines if len(words) > 1}
    return "{" not in source and "}" not in source and not begins & {*TOP_ONLY, *OPENABLE} and len(begins) > 1


def _prose(path: str, source: str, start: int) -> Diagnostic:
    line = source.count("\n", 0, start) + 1
    column = start - source.rfind("\n", 0, start)
    end = source.find("\n", start)
    span = Span(path, start, len(source) if end < 0 else end, line, column)
    message, label = "these are words for people, and no spec", "no line begins like one of a spec"
    hint = 'a spec is written line by line: `ad my_ad`, then `scene hook 8s {`, `action "she smiles"` and `}`'
    return Diagnostic("AD0120", message, span, label, hint)


def _foreign(path: str, source: str, start: int, language: str) -> Diagnostic:
    line = source.count("\n", 0, start) + 1
    span = Span(path, start, start + 1, line, start - source.rfind("\n", 0, start))
    hint = "a spec is written line by line, as in `scene hook 8s { … }`"
    return Diagnostic("AD0120", f"this file is {language}, and no spec", span, f"{language} begins here", hint)
