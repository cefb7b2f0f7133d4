"""Diagnostics as SARIF 2.1.0 (OASIS), the format in which code hosts show findings beside the lines of a change.

One run holds the findings of all specs, each once even where two specs import the file that has it. The rules are the
codes that occur, with their pages as help. Paths are relative to the project, which SARIF calls the source root;
columns count Unicode code points, which is what the run says in `columnKind`.
"""

import json
from urllib.parse import quote

from adc.compiler.codes import CODES, WARNINGS
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.explain import page
from adc.compiler.plan import Json
from adc.compiler.render import shown_path
from adc.compiler.reports.judged import Judged, end_of
from adc.compiler.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"


def sarif(judged: tuple[Judged, ...], version: str) -> Json:
    """The log of one run of `adc` in this version."""
    codes = sorted({one.code for each in judged for one in each.diagnostics})
    found = [_result(one, codes.index(one.code), each) for each in judged for one in each.diagnostics]
    distinct = {json.dumps(result): result for result in found}
    driver: Json = {"name": "adc", "version": version, "rules": [_rule(code) for code in codes]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {ROOT: {"description": {"text": "The folder of the project."}}},
                "results": list(distinct.values()),
            }
        ],
    }


def _rule(code: str) -> Json:
    title, meaning = CODES[code].title, CODES[code].meaning
    help_page = page(code)
    return {
        "id": code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": meaning},
        "defaultConfiguration": {"level": "warning" if code in WARNINGS else "error"},
        "help": {"text": help_page.text, "markdown": help_page.markdown},
    }


def _result(one: Diagnostic, rule: int, judged: Judged) -> Json:
    told = f"{one.message} ({one.label})" if one.label else one.message
    result: dict[str, Json] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": str(one.severity),
        "message": {"text": f"{told}; {one.hint}" if one.hint else told},
        "locations": [_location(one.span, judged)],
    }
    if one.notes:
        result["relatedLocations"] = [_related(number, note, judged) for number, note in enumerate(one.notes)]
    return result


def _related(number: int, note: Label, judged: Judged) -> Json:
    return {"id": number, "message": {"text": note.text}, **_location(note.span, judged)}


def _location(span: Span, judged: Judged) -> dict[str, Json]:
    path = shown_path(span.path, judged.prefix)
    if path.startswith("--"):
        return {"logicalLocations": [{"name": path}]}
    line, column = end_of(span, judged.texts)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path), "uriBaseId": ROOT},
            "region": {"startLine": span.line, "startColumn": span.column, "endLine": line, "endColumn": column},
        }
    }
