"""Diagnostics as an editor shows them, and the mends that it can make by itself."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from lsprotocol import types

from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.source import Span

SOURCE = "adc"
UNUSED = frozenset({"AD0208"})
"""Codes about something that could as well be removed, which editors show faded."""

_MEANT = re.compile(r"did you mean `([^`\n]+)`\?")

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


def mends(uri: str, asked: Sequence[types.Diagnostic]) -> Iterator[types.CodeAction]:
    """The likeliest mend of each diagnostic whose hint has one that needs no thought."""
    for diagnostic in asked:
        meant = _MEANT.search(diagnostic.data or diagnostic.message) if diagnostic.source == SOURCE else None
        if meant:
            edit = types.TextEdit(diagnostic.range, meant.group(1))
            yield types.CodeAction(
                title=f"Change to `{meant.group(1)}`",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[diagnostic],
                is_preferred=True,
                edit=types.WorkspaceEdit(changes={uri: [edit]}),
            )


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
