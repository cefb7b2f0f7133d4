"""Warnings that a line allows: `# allow AD0413` at its end silences this warning where it stands.

    camera  "slow push-in"      # allow AD0413
    voiceover "Two drops."      # allow AD0416, AD0413 the cut is slower than the estimate

What follows the codes is a reason for the next reader. A diagnostic stands on the first line of its span; one inside
a long text stands on the line where that text ends too, since there is no room for a comment before. Only warnings
can be allowed: an error would reach the bill. A permission that nothing needs any more is told, but only in the spec
itself and only where there are no errors, because warnings wait for those; another film may need what a library allows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from adc.compiler.codes import CODES, WARNINGS, nearest_code
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.frozen import frozen
from adc.compiler.source import Span

_ALLOW = re.compile(r"#+\s*allow(?=\s+ad\d)", re.IGNORECASE)
_CODE = re.compile(r"[\s,]*(ad\d\w*)", re.IGNORECASE)


@frozen
class _Allowed:
    """A code in a comment at `span`; `lines` are those that the comment speaks for."""

    code: str
    span: Span
    lines: range


def allow(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], spec: str | None) -> list[Diagnostic]:
    """The diagnostics without the warnings that `texts` allow, and with what is wrong about the permissions.

    Warnings wait until there are no errors, so where a permission is one, only errors are left.
    `spec` is the file in which a permission that silences nothing is told; None where that cannot be judged. Texts
    whose path begins with `--` stand on the command line, where there are no comments.
    """
    files = {path: text for path, text in texts.items() if "allow" in text and not path.startswith("--")}
    allowed = [one for path, text in files.items() for one in _allowed(path, text)]
    if not allowed:
        return list(diagnostics)
    silenced = {
        diagnostic
        for diagnostic in diagnostics
        if diagnostic.severity is Severity.WARNING and any(_covers(one, diagnostic) for one in allowed)
    }
    kept = [diagnostic for diagnostic in diagnostics if diagnostic not in silenced]
    idle = [one for one in allowed if not any(_covers(one, diagnostic) for diagnostic in silenced)]
    wrong = [_wrong(one) for one in idle if one.code not in WARNINGS]
    errors = [diagnostic for diagnostic in kept if diagnostic.severity is Severity.ERROR]
    if errors or wrong:
        return [*(errors if wrong else kept), *wrong]
    return [*kept, *(_needless(one) for one in idle if one.span.path == spec)]


def _wrong(one: _Allowed) -> Diagnostic:
    if one.code in CODES:
        message = f"`{one.code}` is an error, and errors cannot be allowed"
        hint = f"remove it; `adc explain {one.code}` says how the error is mended"
        return Diagnostic("AD0142", message, one.span, "only warnings can be allowed", hint)
    message = f"there is no code `{one.code}`"
    return Diagnostic("AD0141", message, one.span, "not known", nearest_code(one.code))


def _needless(one: _Allowed) -> Diagnostic:
    message = f"nothing on this line gives `{one.code}`"
    hint = "remove it, or write it at the end of the line that it is about"
    return Diagnostic("AD0140", message, one.span, "allows nothing", hint, severity=Severity.WARNING)


def _covers(one: _Allowed, diagnostic: Diagnostic) -> bool:
    span = diagnostic.span
    return one.code == diagnostic.code and one.span.path == span.path and span.line in one.lines


def _allowed(path: str, text: str) -> Iterator[_Allowed]:
    """The permissions of a file. Its comments are those of the lexer, so that a text may hold the same words."""
    from adc.compiler.lexer import COMMENT, lexemes

    begins: dict[int, int] = {}
    """Where the long text that ends on a line begins."""
    for kind, start, end, line, column in lexemes(text, comments=True):
        if kind.endswith("LONG_TEXT"):
            begins[line + text.count("\n", start, end)] = begins.get(line, line)
        elif kind == COMMENT and (found := _ALLOW.match(text, start, end)):
            place = found.end()
            while code := _CODE.match(text, place, end):
                place, at = code.end(), code.start(1)
                span = Span(path, at, place, line, column + at - start)
                yield _Allowed(code[1], span, range(begins.get(line, line), line + 1))
