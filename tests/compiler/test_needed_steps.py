"""No plan holds a step that its films do not need: what nobody sees or hears is not paid for."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.planned import compiled
from support.spec_cases import Case, read_cases

from adc.compiler.catalogue import builtin
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import Plan
from adc.runtime.disk import DiskFiles

ROOT = Path(__file__).parents[2]
CASES = [case for case in read_cases(ROOT / "tests" / "cases") if case.compile().plan]


def idle(plan: Plan) -> set[str]:
    """The steps that no deliverable needs, straight or through others."""
    needed = {film.step for film in plan.deliverables}
    for step in reversed(plan.steps):
        needed |= set(step.needs) if step.id in needed else set()
    return {step.id for step in plan.steps} - needed


@pytest.mark.parametrize("spec", sorted(path.name for path in (ROOT / "specs").glob("*.ad")))
def test_of_a_spec(spec: str) -> None:
    plan = compile_spec(spec, DiskFiles(ROOT / "specs", ROOT), builtin()).plan
    assert plan is not None
    assert idle(plan) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_of_a_case_that_is_no_error(case: Case) -> None:
    plan = case.compile().plan
    assert plan is not None
    assert idle(plan) == set()


def test_there_are_cases_that_are_no_errors() -> None:
    assert len(CASES) > 20


HEAD = """
style phone {
  look       "soft"
  reference  "refs/look.webp"
}
voice warm { id "Rachel" }
character maya {
  reference  "refs/maya.png"
  looks      auto
  voice      warm
  pack       front, profile
  lora       { photos "refs/maya/*.jpg" }
}
character tom { looks "tall" }
product serum {
  reference  "refs/serum.jpg"
  looks      auto
}
"""

LINES = (
    "cast maya",
    "cast maya, serum",
    "cast tom",
    "using kling_o1",
    "using kling_o3",
    "using veo3_1",
    "using seedance_2",
    'start "refs/look.webp"',
    'start keyframe "{{ maya }} waits"',
    'start keyframe "{{ maya }} waits" using nano_banana',
    "start frame of first",
    'end keyframe "a door"',
    "end frame of last",
    'prompt "{{ maya }} dances"',
    'says maya "Hello."',
    'voiceover maya "Two drops."',
    'voiceover "Every morning." by model',
    'super "Day 30"',
    "style phone",
    "seed 7",
    "take 2",
)
JOINS = ("", "transition continue", "transition morph 5s", "transition dissolve 1s")
AD = ("captions bold", 'music "for {{ maya }}, {{ maya.looks }}"', "deliver 9:16, 1:1", "style phone", "budget $500")


def block(lines: Iterable[str]) -> str:
    """The lines of a scene, one of each keyword."""
    return "\n".join({line.partition(" ")[0]: line for line in lines}.values())


scenes = st.tuples(
    st.sampled_from((5, 8, 19)),
    st.lists(st.sampled_from(LINES), max_size=5).map(block),
    st.none() | st.lists(st.lists(st.sampled_from(LINES), max_size=3).map(block), min_size=2, max_size=2),
)


def film(ad: Iterable[str], middle: Iterable[tuple[int, str, list[str] | None]], joins: Iterable[str]) -> str:
    """A spec of generated scenes between two plain ones."""
    parts = [f'{HEAD}\nad glow {{\n{block(ad)}\n}}\nscene first 5s {{ action "morning" }}']
    for number, ((seconds, lines, shots), join) in enumerate(zip(middle, joins, strict=False)):
        cut = [] if shots is None else zip((4, seconds - 4), shots, strict=True)
        split = "\n".join(f"shot {length}s {{\n{shot}\n}}" for length, shot in cut)
        parts += [join, f'scene s{number} {seconds}s {{\naction "she smiles"\n{lines}\n{split}\n}}']
    return "\n".join([*parts, 'scene last 5s { action "night" }', 'card offer 3s { headline "Glow" }'])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(AD), max_size=3),
    st.lists(scenes, min_size=1, max_size=3),
    st.lists(st.sampled_from(JOINS), min_size=3, max_size=3),
)
def test_of_any_film(ad: list[str], middle: list[tuple[int, str, list[str] | None]], joins: list[str]) -> None:
    plan = compiled(film(ad, middle, joins)).plan
    if plan is not None:
        assert idle(plan) == set()
        stills = [step for step in plan.steps if step.kind == "generate" and step.output in ("image", "audio")]
        asked = [(step.endpoint, repr(step.arguments), step.take) for step in stills]
        assert len(asked) == len(set(asked)), "the same still or voice is bought twice"
