"""Refused requests as people see them: the source underlined, with a hint; and how a command ends."""

import json

import httpx
import pytest
from support.spec_cases import pictures
from syrupy.assertion import SnapshotAssertion

from adc.compiler import explain
from adc.compiler.catalogue import builtin
from adc.compiler.choices import Choices
from adc.compiler.codes import CODES
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import Compiled, compile_spec
from adc.compiler.plan import Json, Plan
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.findings import diagnostics, exit_of, told
from adc.runtime.errors import (
    AdcError,
    ContentRefused,
    ModelFailed,
    Rejected,
    SpendRefused,
    StoreFull,
    Unauthorised,
)
from adc.runtime.fal.answers import classify

SPEC = """ad glow { size 1080p 9:16 }

character maya "Maya" {
  reference  "refs/maya.png"
  looks      "freckles, a bare shoulder"
}

param tool "a syringe"

scene hook 5s {
  using   kling_o1
  cast    maya
  action  "{{ maya }} presses {{ tool }} to her bare skin, no blood, and smiles"
  camera  "slow push-in"
}

scene calm 5s {
  using   kling_o3
  start   "refs/maya.png"
  action  "she leans to the mirror"
}

scene odd 5s {
  using   veo3_1
  action  "a bottle stands on a table"
  set auto_fix true
}
"""

FLAGGED = "The content was flagged by a content checker"


def planned(found: Compiled) -> Plan:
    """The plan of what was compiled."""
    assert found.plan is not None, found.diagnostics
    return found.plan


def compiled() -> Compiled:
    """The spec, which compiles."""
    found = compile_spec("main.ad", MemoryFiles({**pictures(), "main.ad": SPEC.encode()}), builtin())
    assert found.plan is not None, found.diagnostics
    return found


def refused(*findings: tuple[str, str, list[Json]], status: int = 422) -> Rejected:
    """The error for an answer with findings: type, message and place of each."""
    detail: list[Json] = [{"type": kind, "msg": message, "loc": ["body", *place]} for kind, message, place in findings]
    error = classify(httpx.Response(status, json={"detail": detail or "no"}), "result" if detail else "submit", "x")
    assert isinstance(error, Rejected)
    return error


def shown(step: str, error: Rejected) -> str:
    """What is told of a refusal."""
    found = compiled()
    assert found.script is not None
    return told(planned(found), found.script, found.texts, step, error, prefix="specs/")


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("hook.clip", refused(("content_policy_violation", FLAGGED, ["prompt"]))),
        ("hook.clip", refused(("content_policy_violation", FLAGGED, []))),
        ("hook.clip", refused(("content_policy_violation", FLAGGED, ["elements", 0, "frontal_image_url"]))),
        ("calm.clip", refused(("content_policy_violation", FLAGGED, ["prompt"]))),
        ("hook.clip", refused(("face_detection_error", "No face found", ["elements", 0, "frontal_image_url"]))),
        ("calm.clip", refused(("image_too_small", "Image must be at least 300 wide", ["start_image_url"]))),
        ("calm.clip", refused(("image_too_small", "Image must be at least 300 wide", ["image_url"]))),
        ("hook.clip", refused(("literal_error", "Input should be '5' or '10'", ["duration"]))),
        ("odd.clip", refused(("feature_not_supported", "auto_fix is not available", ["auto_fix"]))),
        ("odd.clip", refused(("a_type_of_tomorrow", "", ["resolution"]))),
        ("odd.clip", refused(("missing", "Field required", ["nowhere"]))),
        ("odd.clip", refused(("string_too_long", "Too long", ["prompt"]), ("value_error", "Bad", ["aspect_ratio"]))),
        ("odd.clip", refused(("value_error", "Bad", ["prompt"]), ("value_error", "Bad", ["prompt"]))),
        ("odd.clip", refused()),
    ],
    ids=[
        "words",
        "words, no place named",
        "a picture's content",
        "words without any on the list",
        "a picture of the cast",
        "an argument that was not sent",
        "a start frame",
        "a duration",
        "an option",
        "a shape, no message",
        "a place that nobody knows",
        "two findings",
        "one finding twice",
        "no findings",
    ],
)
def test_a_refusal_points_at_the_spec(step: str, error: Rejected, snapshot: SnapshotAssertion) -> None:
    assert shown(step, error) == snapshot


def test_a_filters_refusal_without_a_reason_still_has_advice() -> None:
    text = shown("hook.clip", ContentRefused("refused"))
    assert "error[AD0702]" in text
    assert "instead of `syringe`, `dropper`" in text


def test_advice_names_no_more_than_a_few_words() -> None:
    many = SPEC.replace("and smiles", "a gun, a knife, a bomb, a wound, a drug")
    found = compile_spec("main.ad", MemoryFiles({**pictures(), "main.ad": many.encode()}), builtin())
    assert found.script is not None
    (one,) = diagnostics(planned(found), found.script, found.texts, "hook.clip", ContentRefused("refused"))
    assert one.hint.count("instead of") == 4


def test_the_step_is_found_whatever_the_choices_of_the_build_were() -> None:
    """The script has the choices in it, so its plan is the one that was sent."""
    files = MemoryFiles({**pictures(), "main.ad": SPEC.encode()})
    found = compile_spec("main.ad", files, builtin(), Choices({"tool": "a dropper"}, {}))
    assert found.script is not None
    (one,) = diagnostics(planned(found), found.script, found.texts, "hook.clip", ContentRefused("refused"))
    assert "syringe" not in one.hint


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("AD07")])
def test_the_answer_on_a_page_gives_its_code(code: str) -> None:
    example = explain.page(code).wrong
    assert example.answer is not None, "the family of what only models find"
    error = classify(
        httpx.Response(example.answer.status, json=json.loads(example.answer.body)), "result", example.answer.step
    )
    assert isinstance(error, Rejected)
    found = example.compile()
    assert found.script is not None
    assert {one.code for one in diagnostics(planned(found), found.script, found.texts, example.answer.step, error)} == {
        code
    }


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([ContentRefused("a")], Exit.CONTENT),
        ([ContentRefused("a"), ContentRefused("b")], Exit.CONTENT),
        ([ContentRefused("a"), Rejected("b")], Exit.FAILED),
        ([ContentRefused("a"), ModelFailed("b")], Exit.FAILED),
        ([Rejected("a")], Exit.FAILED),
        ([Unauthorised("a"), StoreFull("b")], Exit.FAILED),
        ([SpendRefused("a")], Exit.REFUSED),
        ([SpendRefused("a"), ContentRefused("b")], Exit.REFUSED),
        ([], Exit.FAILED),
    ],
)
def test_how_a_command_ends(errors: list[AdcError], expected: Exit) -> None:
    assert exit_of(errors) is expected
    assert exit_of(iter(errors)) is expected


def test_exit_codes_are_a_promise() -> None:
    assert {each.name: int(each) for each in Exit} == {
        "OK": 0,
        "SPEC": 1,
        "USAGE": 2,
        "FAILED": 3,
        "REFUSED": 4,
        "CONTENT": 5,
        "INTERRUPTED": 130,
    }
