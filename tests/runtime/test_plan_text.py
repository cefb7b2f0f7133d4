"""A plan as text: it reads well, one edit moves few lines, and nothing that decides what is made is lost by it."""

import json
from collections.abc import Iterator
from difflib import ndiff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command import adc
from support.planned import planned
from support.project import SPEC, write_project
from syrupy.assertion import SnapshotAssertion

from adc.compiler.frozen import replace
from adc.compiler.plan import FileRef, Json, Plan, Step, StepRef, as_ref, dump, load
from adc.runtime.reporters.plan_text import WIDTH, plan_text

ALL_KINDS = """\
ad all "All kinds" {
  size     720p 9:16
  deliver  9:16, 1:1
  captions bold
  music    "soft \\"lo-fi\\", hopeful"
}

variant opener {
  doubt   "I almost gave up."
  secret  "Nobody told me."
}

character maya "Maya Brooks" {
  reference "refs/maya.png"
  looks     auto
  voice     "Rachel"
}

scene hook 5.5s {
  using  kling_o3
  cast   maya
  action "{{ maya }} turns. She smiles, and then she waits for a long while until the light has gone"
  says   maya "{{ opener }}"
  super  "Day 30" at top from 1s for 3s
  take   2
}

transition dissolve 500ms

card offer 3s { headline "Glow" }
"""


LOOKS = Step("maya.looks", "generate", "maker/describer", {}, "text", "what Maya looks like")


def text_of(arguments: dict[str, Json]) -> str:
    """A plan whose last step has these arguments."""
    clip = Step("hook.clip", "generate", "maker/model", arguments, "video", "scene hook, 5 s")
    return plan_text(Plan("tiny", "", 1080, 1920, 30, 150, {}, (), (LOOKS, clip), (), ()))


def test_a_whole_plan(snapshot: SnapshotAssertion) -> None:
    assert plan_text(planned(ALL_KINDS)) == snapshot


def test_the_command_prints_it(project: Path, tmp_path: Path) -> None:
    ran = adc("plan", "tiny.ad", "--text", folder=project)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == plan_text(load(adc("plan", "tiny.ad", "--json", folder=project).out.encode()))
    assert str(tmp_path) not in ran.out
    assert "hook.clip: scene hook, 4 s\n  fal-ai/veo3.1/lite/image-to-video, video, " in ran.out


def test_the_command_prints_every_variant(project: Path) -> None:
    variant = 'variant opener {\n  one "I almost gave up."\n  two "Then I found it."\n}\n'
    spec = SPEC.replace('"I almost gave up."', '"{{ opener }}"') + variant
    (project / "tiny.ad").write_text(spec, encoding="utf-8")
    ran = adc("plan", "tiny.ad", "--text", "--all-variants", folder=project)
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.split("\n\n\n")
    assert "  opener=one\n" in first
    assert "Then I found it." in second


def test_text_and_json_are_not_one_document(project: Path) -> None:
    assert adc("plan", "tiny.ad", "--text", "--json", folder=project).code == 2


def test_a_plan_that_was_kept_reads_the_same() -> None:
    plan = planned(ALL_KINDS)
    assert plan_text(load(dump(plan))) == plan_text(plan)


def test_one_edit_moves_few_lines() -> None:
    before = plan_text(planned(ALL_KINDS)).splitlines()
    after = plan_text(planned(ALL_KINDS.replace("She smiles", "She laughs"))).splitlines()
    moved = [line for line in ndiff(before, after) if line[0] in "+-"]
    assert [line.strip("+- ").partition(",")[0] for line in moved] == ["She smiles", "She laughs"]


def test_why_a_model_was_cast_is_no_part_of_it() -> None:
    plan = planned(ALL_KINDS)
    steps = tuple(replace(step, why="the cheapest of 99", brief={}, asks="") for step in plan.steps)
    assert plan_text(replace(plan, steps=steps)) == plan_text(plan)


def test_lines_are_short() -> None:
    assert max(map(len, plan_text(planned(ALL_KINDS)).splitlines())) <= WIDTH


def other(value: Json) -> Json:
    """A value that is not this one."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value} "
    return "something"


def variations(value: Json) -> Iterator[Json]:
    """The value with one thing in it changed, once for each thing."""
    ref = as_ref(value)
    if isinstance(ref, FileRef):
        yield FileRef("sha256:" + "0" * 64).to_json()
    elif isinstance(ref, StepRef):
        if ref.step != LOOKS.id:
            yield StepRef(LOOKS.id, ref.output).to_json()
        yield StepRef(ref.step, f"{ref.output}2").to_json()
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from ({**value, name: changed} for changed in variations(item))
            yield {key: rest for key, rest in value.items() if key != name}
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in variations(item))
            yield [*value[:at], *value[at + 1 :]]
    else:
        yield other(value)


def test_whatever_decides_a_result_is_seen() -> None:
    plan = planned(ALL_KINDS)
    before = plan_text(plan)
    tried = 0
    for at, step in enumerate(plan.steps):
        changes = [
            *(replace(step, arguments=changed) for changed in variations(step.arguments) if isinstance(changed, dict)),
            replace(step, take=step.take + 1),
            *([replace(step, endpoint="maker/model"), replace(step, output="words")] if step.endpoint else []),
        ]
        for changed in changes:
            after = replace(plan, steps=(*plan.steps[:at], changed, *plan.steps[at + 1 :]))
            assert plan_text(after) != before, changed
            tried += 1
    assert tried > 100


def test_pictures_and_films_are_seen() -> None:
    plan = planned(ALL_KINDS)
    file, (film, square), placed = plan.files[0], plan.deliverables, plan.timeline[0]
    for after in (
        replace(plan, files=(replace(file, digest="sha256:" + "0" * 64),)),
        replace(plan, deliverables=(film, replace(square, width=540))),
        replace(plan, timeline=(replace(placed, kept="5"), *plan.timeline[1:])),
        replace(plan, frames=plan.frames + 1),
        replace(plan, choices={"opener": "secret"}),
    ):
        assert plan_text(after) != plan_text(plan)


PIECES = ("a", "Bb", "word", ".", "!", '"', " ", "  ", "\n", "\t", "\u00a0", "\u200b", "\u2028", "é", "\\n", "x" * 30)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_a_text_can_be_read_back(text: str) -> None:
    """However it was broken into lines: what stands further to the right goes on after a blank."""
    paragraph = text_of({"prompt": text}).rpartition("\n\n")[2]
    _, _, first, *rest = paragraph.splitlines()
    assert [line for line in paragraph.splitlines() if line.rstrip() != line] == []
    if first != "  prompt: |":
        assert not rest
        assert string(first.removeprefix("  prompt: ")) == text
        return
    lines: list[str] = []
    for line in rest:
        if line.startswith("      "):
            lines[-1] += f" {line.strip(' ')}"
        else:
            lines.append(string(line.removeprefix("    ")))
    assert "\n".join(lines) == text


def string(line: str) -> str:
    """A line as it was: in quotes where a reader would not see all of it."""
    return str(json.loads(line)) if line.startswith('"') else line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("8", '"8"'),
        (8, "8"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ({"b": [1, 2], "a c": True}, '{"a c": true, b: [1, 2]}'),
        (StepRef("maya.looks", "text").to_json(), "text of maya.looks"),
        (FileRef("sha256:" + "a" * 64).to_json(), "file sha256:" + "a" * 64),
        ([StepRef("maya.looks", "text").to_json(), "text of maya.looks"], '[text of maya.looks, "text of maya.looks"]'),
    ],
)
def test_values_on_a_line(value: Json, line: str) -> None:
    assert text_of({"it": value}).splitlines()[-1] == f"  it: {line}"


def test_words_that_another_step_writes() -> None:
    told: Json = {"$text": ["She is ", StepRef("maya.looks", "text").to_json(), ", and waits."]}
    assert text_of({"prompt": told}).endswith("  prompt: |\n    She is {{ text of maya.looks }}, and waits.\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")
