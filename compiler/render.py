"""Diagnostics as text for a terminal: the line as it was written, what is wrong underlined, and the mend.

    error[AD0201]: `mya` is not declared
      --> specs/glow.ad:12:9
       |
    12 |   cast  mya, serum
       |         ^^^ no character or product has this name
       = hint: did you mean `maya`?

A terminal counts cells, not characters: tabs reach to the next stop, East Asian characters take two cells, marks
none. Control characters are shown as pictures of themselves, because the text may come from anyone.
"""

import posixpath
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.source import Span

TAB = 4
WIDEST = 110
LEAD = 40
_CONTROL_PICTURES = 0x2400
_PAINT = {"error": "1;31", "warning": "1;33", "gutter": "1;34", "hint": "1;36", "bold": "1"}


def render(
    diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], *, prefix: str = "", colour: bool = False
) -> str:
    """All diagnostics and the closing count; empty where there are none.

    `texts` are the sources by path; `prefix` is put before each path (the folder of the spec, ending in `/`).
    """
    if not diagnostics:
        return ""
    return f"{draw(diagnostics, texts, prefix=prefix, colour=colour)}\n{count(diagnostics)}\n"


def draw(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], *, prefix: str = "", colour: bool = False) -> str:
    """The diagnostics alone, parted by empty lines. The arguments are those of `render`."""
    page = _Page(texts, prefix, colour)
    return "\n".join("\n".join(page.diagnostic(diagnostic)) + "\n" for diagnostic in diagnostics)


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are of each severity: `2 errors, 1 warning`."""
    counts = ((kind, sum(item.severity is kind for item in diagnostics)) for kind in Severity)
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts if count)


def shown_path(path: str, prefix: str) -> str:
    """`path` behind `prefix`. A source that is no file, such as `--set`, stands in no folder."""
    return path if path.startswith("--") else posixpath.normpath(posixpath.join(prefix, path))


class _Page:
    def __init__(self, texts: Mapping[str, str], prefix: str, colour: bool) -> None:
        self.texts = texts
        self.prefix = prefix
        self.colour = colour

    def diagnostic(self, diagnostic: Diagnostic) -> Iterator[str]:
        kind = str(diagnostic.severity)
        last = max(self._last_line(span) for span in (diagnostic.span, *(note.span for note in diagnostic.notes)))
        gutter = len(str(last))
        head = self._paint(f"{kind}[{diagnostic.code}]", kind)
        yield head + self._paint(f": {_printable(diagnostic.message)}", "bold")
        yield from self._quote(diagnostic.span, diagnostic.label, gutter, kind, "^")
        for note in diagnostic.notes:
            yield from self._quote(note.span, note.text, gutter, "gutter", "-")
        if diagnostic.hint:
            mark = self._paint("= ", "gutter") + self._paint("hint: ", "hint")
            yield f"{' ' * gutter} {mark}{_printable(diagnostic.hint)}"

    def _quote(self, span: Span, label: str, gutter: int, kind: str, mark: str) -> Iterator[str]:
        """The place, its first line and, where the span goes on, its last line, underlined."""
        path = _printable(shown_path(span.path, self.prefix))
        yield f"{' ' * gutter}{self._paint('-->', 'gutter')} {path}:{span.line}:{span.column}"
        text = self.texts.get(span.path)
        if text is None:
            if label:
                yield f"{' ' * gutter} {self._paint('=', 'gutter')} {_printable(label)}"
            return
        lines = text.split("\n")
        first, last = span.line, self._last_line(span)
        yield self._row("", "", gutter)
        start = span.column - 1
        end = start + (span.end - span.start) if first == last else len(lines[first - 1])
        yield from self._underlined(
            lines[first - 1], first, start, end, "" if last > first else label, gutter, kind, mark
        )
        if last > first:
            if last > first + 1:
                yield self._row("…", "", gutter)
            line = lines[last - 1]
            indent = len(line) - len(line.lstrip())
            reach = span.end - (text.rfind("\n", 0, span.end) + 1)
            yield from self._underlined(line, last, min(indent, reach), reach, label, gutter, kind, mark)

    def _underlined(
        self, line: str, number: int, start: int, end: int, label: str, gutter: int, kind: str, mark: str
    ) -> Iterator[str]:
        left, line = _crop(line, start)
        before, cells = _cells(line[: start - left + bool(left)]), _cells(line)
        marked = _cells(line[: end - left + bool(left)])
        width = max(1, min(_width(marked), _width(cells)) - _width(before))
        yield self._row(str(number), cells, gutter)
        under = self._paint(mark * width + (f" {_printable(label)}" if label else ""), kind)
        yield self._row("", " " * _width(before) + under, gutter)

    def _row(self, number: str, content: str, gutter: int) -> str:
        return f"{self._paint(f'{number:>{gutter}} |', 'gutter')} {content}".rstrip()

    def _last_line(self, span: Span) -> int:
        """The line of the last character, not counting a line end that closes the span."""
        text = self.texts.get(span.path, "")
        return span.line + text.count("\n", span.start, max(span.start, span.end - 1))

    def _paint(self, text: str, kind: str) -> str:
        return f"\x1b[{_PAINT[kind]}m{text}\x1b[0m" if self.colour else text


def _crop(line: str, start: int) -> tuple[int, str]:
    """A part of a very long line around `start`, and how many characters were cut off before it."""
    if len(line) <= WIDEST:
        return 0, line
    left = max(0, min(start - LEAD, len(line) - WIDEST))
    part = line[left : left + WIDEST]
    return left, ("…" if left else "") + part + ("…" if left + WIDEST < len(line) else "")


def _cells(text: str) -> str:
    """`text` as it is shown: tabs as blanks, control characters as pictures."""
    shown = ""
    for character in text:
        if character == "\t":
            shown += " " * (TAB - _width(shown) % TAB)
        else:
            shown += _printable(character)
    return shown


def _printable(text: str) -> str:
    return "".join(
        _picture(character) if unicodedata.category(character) in ("Cc", "Cs") else character for character in text
    )


def _picture(character: str) -> str:
    code = ord(character)
    return chr(_CONTROL_PICTURES + code) if code < 0x20 else "\ufffd"


def _width(text: str) -> int:
    """How many cells of a terminal `text` takes."""
    return sum(_cell_width(character) for character in text)


def _cell_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
