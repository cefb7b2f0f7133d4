"""Diagnostics as JSON data of `schemas/diagnostic.v1.json`, for editors, scripts and agents."""

from fractions import Fraction

from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.plan import Json, Plan
from adc.compiler.render import shown_path
from adc.compiler.reports.judged import Judged, end_of, how_many
from adc.compiler.source import Span
from adc.compiler.units import seconds_text

SCHEMA = "adc/diagnostic/1"


def listing(judged: tuple[Judged, ...]) -> Json:
    """Everything that was found, file by file."""
    return {"schema": SCHEMA, "specs": [_entry(each) for each in judged], "counts": _counts(judged)}


def _entry(judged: Judged) -> Json:
    return {
        "spec": shown_path(judged.path, judged.prefix),
        "kind": judged.kind,
        "film": _film(judged.plan) if judged.plan else None,
        "diagnostics": [_diagnostic(one, judged) for one in judged.diagnostics],
        "counts": _counts((judged,)),
    }


def _film(plan: Plan) -> Json:
    return {
        "seconds": seconds_text(Fraction(plan.frames, plan.rate)),
        "pieces": len(plan.timeline),
        "usd": str(plan.usd),
    }


def _counts(judged: tuple[Judged, ...]) -> Json:
    return {"errors": how_many(Severity.ERROR, judged), "warnings": how_many(Severity.WARNING, judged)}


def _diagnostic(one: Diagnostic, judged: Judged) -> Json:
    return {
        "code": one.code,
        "severity": str(one.severity),
        "message": one.message,
        "label": one.label,
        "hint": one.hint,
        "span": _span(one.span, judged),
        "notes": [_note(note, judged) for note in one.notes],
    }


def _note(note: Label, judged: Judged) -> Json:
    return {"text": note.text, "span": _span(note.span, judged)}


def _span(span: Span, judged: Judged) -> Json:
    line, column = end_of(span, judged.texts)
    return {
        "path": shown_path(span.path, judged.prefix),
        "start": {"line": span.line, "column": span.column, "offset": span.start},
        "end": {"line": line, "column": column, "offset": span.end},
    }
