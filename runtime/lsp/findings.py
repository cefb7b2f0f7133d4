"""Diagnostics as an editor shows them, and the mends that it can make by itself."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from lsprotocol import types

from adc.compiler.codes import WARNINGS
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.place import Outline
from adc.compiler.source import Span
from adc.runtime.lsp.positions import Lines

SOURCE = "adc"
UNUSED = frozenset({"AD0208"})
"""Codes about something that could as well be removed, which editors show faded."""

_MEANT = re.compile(
    r"(?:did you mean|names stand without quotes:|texts stand between quotes:(?= `\")|call it) `([^`\n]+)`"
)
"""Hints with what can stand in place of what is underlined."""

_ALLOWING = re.compile(r"#+\s*allow(?:[\s,]+ad\d+)+", re.IGNORECASE)
_COMMENT = re.compile(r"#+[ \t]*")

Locate = Callable[[Span], types.Location]
"""The place of a span for an editor."""


def to_editor(diagnostic: Diagnostic, locate: Locate) -> types.Diagnostic:
    """A diagnostic with everything that it says: the label and the hint stand on lines of their own."""
    said = (diagnostic.message, diagnostic.label, diagnostic.hint and f"hint: {diagnostic.hint}")
    page = _page(diagnostic.code)
    return types.Diagnostic(
        range=locate(diagnostic.span).range,
        message="\n".join(words for words in said if words),
        severity=_severity(diagnostic),
        code=diagnostic.code,
        code_description=types.CodeDescription(page) if page else None,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if diagnostic.code in UNUSED else None,
        related_information=[
            types.DiagnosticRelatedInformation(locate(note.span), note.text) for note in diagnostic.notes
        ]
        or None,
        data=diagnostic.hint or None,
    )


def mends(uri: str, outline: Outline, lines: Lines, asked: Sequence[types.Diagnostic]) -> Iterator[types.CodeAction]:
    """What an editor can do by itself about each diagnostic: the mend that needs no thought, or to silence it."""
    for diagnostic in asked:
        if diagnostic.source != SOURCE:
            continue
        meant = _meant(diagnostic, lines)
        if meant:
            edit = types.TextEdit(diagnostic.range, meant)
            yield _action(f"Change to `{meant}`", uri, edit, diagnostic, is_preferred=True)
        if diagnostic.code in WARNINGS and diagnostic.severity is types.DiagnosticSeverity.Warning:
            edit = _silenced(str(diagnostic.code), outline, lines, diagnostic.range.start)
            yield _action(f"Allow `{diagnostic.code}` on this line", uri, edit, diagnostic)


def _action(
    title: str, uri: str, edit: types.TextEdit, diagnostic: types.Diagnostic, *, is_preferred: bool | None = None
) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic],
        is_preferred=is_preferred,
        edit=types.WorkspaceEdit(changes={uri: [edit]}),
    )


def _meant(diagnostic: types.Diagnostic, lines: Lines) -> str:
    """What is meant in place of what the diagnostic underlines; empty where the hint does not say."""
    found = _MEANT.search(diagnostic.data or diagnostic.message)
    if found is None:
        return ""
    meant = found.group(1)
    offset = lines.offset(diagnostic.range.start)
    line = lines.text[lines.text.rfind("\n", 0, offset) + 1 : offset].split()
    return "" if line and meant.split()[0] == line[0] else meant  # a whole statement, of which a part is underlined


def _silenced(code: str, outline: Outline, lines: Lines, start: types.Position) -> types.TextEdit:
    """The comment that allows a code, at the end of the line or of the long text that begins there."""
    offset = lines.offset(start)
    held = [end for begin, end in outline.long_texts if lines.position(begin).line <= start.line and offset <= end]
    place = max([offset, *held[:1]])
    end = outline.source.find("\n", place)
    end = len(outline.source) if end < 0 else end
    comment = next((found for found in outline.comments if place <= found[0] < end), None)
    if comment is None:
        kept = len(outline.source[:end].rstrip(" \t"))
        return types.TextEdit(lines.range(kept, end), f"  # allow {code}")
    allowing = _ALLOWING.match(outline.source, *comment)
    if allowing is not None:
        return types.TextEdit(lines.range(allowing.end(), allowing.end()), f", {code}")
    words = _COMMENT.match(outline.source, *comment)
    behind = words.end() if words else comment[1]
    return types.TextEdit(lines.range(comment[0], behind), f"# allow {code} ")


def within(found: Iterable[Diagnostic], path: str, offset: int) -> Iterator[Diagnostic]:
    """The diagnostics that hold an offset of a file."""
    return (one for one in found if one.span.path == path and one.span.start <= offset <= one.span.end)


def _severity(diagnostic: Diagnostic) -> types.DiagnosticSeverity:
    is_error = diagnostic.severity is Severity.ERROR
    return types.DiagnosticSeverity.Error if is_error else types.DiagnosticSeverity.Warning


@cache
def _page(code: str) -> str:
    """The address of the page that `adc explain` prints; empty where the installation has none on the disk."""
    page = files("adc.compiler") / "pages" / f"{code}.md"
    return page.resolve().as_uri() if isinstance(page, Path) and page.is_file() else ""
