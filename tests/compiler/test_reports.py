"""Diagnostics for programs: JSON that keeps to its published format, and SARIF that code hosts take."""

import json
from importlib.resources import files
from pathlib import Path
from typing import cast

import pytest
from jsonschema import Draft202012Validator
from support.spec_cases import SPEC, pictures, read_cases

from adc.compiler.catalogue import builtin
from adc.compiler.codes import CODES
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import Json
from adc.compiler.reports.judged import Judged, end_of
from adc.compiler.reports.listing import listing
from adc.compiler.reports.sarif import sarif
from adc.compiler.source import Span, span_at

FORMAT = json.loads(files("adc.schemas").joinpath("diagnostic.v1.json").read_text(encoding="utf-8"))
TEXT = 'ad glow\nscene hook 8s {\n  action """\n    \U0001f389 x\n    """\n}\n'

LOCATION = {
    "type": "object",
    "anyOf": [{"required": ["physicalLocation"]}, {"required": ["logicalLocations"]}],
    "properties": {
        "physicalLocation": {
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "required": ["uri", "uriBaseId"],
                    "properties": {"uri": {"pattern": "^[!-~]+$"}, "uriBaseId": {"const": "%SRCROOT%"}},
                },
                "region": {
                    "required": ["startLine", "startColumn", "endLine", "endColumn"],
                    "additionalProperties": {"type": "integer", "minimum": 1},
                },
            },
        }
    },
}
TEXTUAL = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
SARIF = {
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results", "columnKind"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "fullDescription", "help"],
                                            "properties": {
                                                "shortDescription": TEXTUAL,
                                                "fullDescription": TEXTUAL,
                                                "help": TEXTUAL,
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "uniqueItems": True,
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXTUAL,
                                "locations": {"minItems": 1, "items": LOCATION},
                                "relatedLocations": {
                                    "uniqueItems": True,
                                    "items": {"required": ["id", "message"], **LOCATION},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
"""What SARIF 2.1.0 (3.13 to 3.28) asks of a log of our kind, and what GitHub needs of it."""


def judged(source: str, prefix: str = "specs/", **others: str) -> Judged:
    contents = {SPEC: source, **{path.replace("_", "."): text for path, text in others.items()}}
    project = MemoryFiles({**pictures(), **{path: text.encode() for path, text in contents.items()}})
    compiled = compile_spec(SPEC, project, builtin())
    return Judged(SPEC, "spec", prefix, compiled.diagnostics, compiled.texts, compiled.plan)


def at(value: Json, *keys: str | int) -> Json:
    """A part of JSON data."""
    for key in keys:
        value = value[key]  # type: ignore[index]
    return value


@pytest.fixture(scope="module")
def every_case(repository: Path) -> tuple[Judged, ...]:
    """What is said about all cases, as if each were a spec of one project."""
    compiled = [case.compile() for case in read_cases(repository / "tests" / "cases")]
    return tuple(Judged(SPEC, "spec", "specs/", one.diagnostics, one.texts, one.plan) for one in compiled)


def test_the_listing_of_every_case_keeps_to_the_format(every_case: tuple[Judged, ...]) -> None:
    Draft202012Validator.check_schema(FORMAT)
    Draft202012Validator(FORMAT).validate(listing(every_case))


def test_a_good_spec_is_listed_with_its_film() -> None:
    said = listing((judged('ad glow\nscene hook 8s { action "morning" }'),))
    assert at(said, "specs", 0, "spec") == "specs/main.ad"
    assert at(said, "specs", 0, "diagnostics") == []
    assert at(said, "specs", 0, "film", "seconds") == "8"
    assert at(said, "specs", 0, "film", "pieces") == 1
    assert at(said, "counts") == {"errors": 0, "warnings": 0}


def test_everything_that_a_diagnostic_says_is_listed() -> None:
    said = listing((judged('ad glow\nad serum\nscene hook 8s { action "morning" }', prefix=""),))
    assert at(said, "specs", 0, "film") is None
    assert at(said, "specs", 0, "diagnostics") == [
        {
            "code": "AD0402",
            "severity": "error",
            "message": "a spec declares exactly one `ad`",
            "label": "a second",
            "hint": "keep one; a second film is a file of its own",
            "span": {
                "path": "main.ad",
                "start": {"line": 2, "column": 1, "offset": 8},
                "end": {"line": 2, "column": 9, "offset": 16},
            },
            "notes": [
                {
                    "text": "the first is here",
                    "span": {
                        "path": "main.ad",
                        "start": {"line": 1, "column": 1, "offset": 0},
                        "end": {"line": 1, "column": 8, "offset": 7},
                    },
                }
            ],
        }
    ]
    assert at(said, "counts") == {"errors": 1, "warnings": 0}


@pytest.mark.parametrize(
    ("part", "end"),
    [("glow", (1, 8)), ("ad glow\n", (2, 1)), (TEXT[TEXT.index('"""') : TEXT.rindex('"""') + 3], (5, 8)), ("", (1, 1))],
)
def test_where_a_span_ends(part: str, end: tuple[int, int]) -> None:
    start = TEXT.index(part)
    assert end_of(span_at("main.ad", TEXT, start, start + len(part)), {"main.ad": TEXT}) == end


def test_columns_count_code_points() -> None:
    start = TEXT.index("x")
    assert end_of(span_at("main.ad", TEXT, start, start + 1), {"main.ad": TEXT}) == (4, 8)
    assert end_of(Span("--set", 0, 4, 1, 1), {}) == (1, 5)


def test_the_log_of_every_case_is_sarif(every_case: tuple[Judged, ...]) -> None:
    log = sarif(every_case, "1.2.3")
    Draft202012Validator(SARIF).validate(log)
    rules = at(log, "runs", 0, "tool", "driver", "rules")
    results = at(log, "runs", 0, "results")
    assert isinstance(rules, list)
    assert isinstance(results, list)
    assert {str(at(result, "level")) for result in results} == {"error", "warning"}
    for result in results:
        index = at(result, "ruleIndex")
        assert isinstance(index, int)
        assert at(rules[index], "id") == at(result, "ruleId")


def test_the_rules_are_the_codes_that_occur_with_their_pages() -> None:
    log = sarif((judged('ad glow\ncharacter maya\nscene hook 8s { action "morning" }'),), "1.2.3")
    (rule,) = cast("list[Json]", at(log, "runs", 0, "tool", "driver", "rules"))
    assert at(rule, "id") == "AD0208"
    assert at(rule, "shortDescription", "text") == CODES["AD0208"].title
    assert at(rule, "defaultConfiguration", "level") == "warning"
    assert "## Mended" in str(at(rule, "help", "markdown"))
    (result,) = cast("list[Json]", at(log, "runs", 0, "results"))
    assert at(result, "message", "text") == ("the character `maya` is used nowhere; add it to a scene: `cast maya`")
    assert at(result, "locations", 0, "physicalLocation") == {
        "artifactLocation": {"uri": "specs/main.ad", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 15},
    }


def test_what_two_specs_share_is_one_result() -> None:
    source = 'import "cast.ad"\nad glow\nscene hook 8s { action "{{ maya }}" }'
    one = judged(source, cast_ad="character maya { lokks }")
    assert len(cast("list[Json]", at(sarif((one, one), "1"), "runs", 0, "results"))) == 1


def test_the_other_place_is_a_related_location() -> None:
    log = sarif((judged('ad glow\nad serum\nscene hook 8s { action "morning" }'),), "1")
    (related,) = cast("list[Json]", at(log, "runs", 0, "results", 0, "relatedLocations"))
    assert at(related, "message", "text") == "the first is here"
    assert at(related, "physicalLocation", "region", "startLine") == 1


def test_paths_are_uris_and_options_are_no_files() -> None:
    span = Span("my ad.ad", 0, 0, 1, 1)
    found = Diagnostic("AD0301", "wrong", Span("--set", 0, 1, 1, 1), notes=(Label(span, "here"),))
    log = sarif((Judged("my ad.ad", "spec", "é/", (found,), {}, None),), "1")
    result = at(log, "runs", 0, "results", 0)
    assert at(result, "locations", 0) == {"logicalLocations": [{"name": "--set"}]}
    artifact = at(result, "relatedLocations", 0, "physicalLocation", "artifactLocation", "uri")
    assert artifact == "%C3%A9/my%20ad.ad"
    assert at(listing((Judged("my ad.ad", "spec", "é/", (found,), {}, None),)), "specs", 0, "spec") == "é/my ad.ad"


def test_nothing_found_is_a_log_without_results() -> None:
    log = sarif((judged('ad glow\nscene hook 8s { action "morning" }'),), "1")
    Draft202012Validator(SARIF).validate(log)
    assert at(log, "runs", 0, "results") == []
