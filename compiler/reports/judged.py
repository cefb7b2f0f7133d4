"""What a report is made of: each file that was judged, and what was found."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.frozen import frozen
from adc.compiler.plan import Plan
from adc.compiler.source import Span

Kind: TypeAlias = Literal["spec", "library"]


@frozen
class Judged:
    """A spec or a library, and what the compiler says about it.

    `path` and the paths of `diagnostics` and `texts` are relative to the folder `prefix`, which is empty or ends in `/`
    and is itself relative to the project. `plan` is None for a library, and where there are errors.
    """

    path: str
    kind: Kind
    prefix: str
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]
    plan: Plan | None


def how_many(severity: Severity, judged: tuple[Judged, ...]) -> int:
    """How many diagnostics of a severity there are in all."""
    return sum(one.severity is severity for each in judged for one in each.diagnostics)


def end_of(span: Span, texts: Mapping[str, str]) -> tuple[int, int]:
    """Line and column, from 1, of the place behind the last character of `span`."""
    text = texts.get(span.path)
    if text is None:
        return span.line, span.column + span.end - span.start
    within = text[span.start : span.end]
    breaks = within.count("\n")
    return span.line + breaks, len(within) - within.rfind("\n") if breaks else span.column + len(within)
