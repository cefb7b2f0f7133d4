"""A kept plan is the plan: what is read back is equal to what was packed, and so is every key made of it."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.spec_cases import pictures

from adc.compiler import kept
from adc.compiler.catalogue import builtin
from adc.compiler.digest import Engine, plan_keys, step_key
from adc.compiler.files import MemoryFiles
from adc.compiler.frozen import replace
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import (
    Deliverable,
    FileRef,
    Json,
    Placed,
    Plan,
    PlanFile,
    Price,
    Ref,
    Step,
    StepRef,
    dump,
    references,
)

ENGINES = (Engine("fal"), Engine("draft/9", reads_brief=True), Engine('a "film" \\ für \u2028'))
FILE, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64

floats = st.floats() | st.sampled_from([1e-7, 1e16, 1e22, -0.0, 5e-324, 0.1, 123456789012345680.0])
texts = st.text(max_size=9) | st.sampled_from(
    ["", "\0", "\x7f\x1f", "\u2028", "😀", '"$file":', '{"$file":"x"}', "\\u0000"]
)
files: st.SearchStrategy[Json] = st.sampled_from([FileRef(FILE), FileRef('sha256:ü"\\')]).map(lambda ref: ref.to_json())
made: st.SearchStrategy[Json] = st.sampled_from(["image", "text"]).map(lambda name: StepRef("first", name).to_json())


def quoting(parts: list[Json]) -> Json:
    """A text with texts inside that other steps make."""
    return {"$text": parts}


values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**62, 2**70)
    | floats
    | texts
    | files
    | made
    | st.lists(texts | files | made, max_size=3).map(quoting),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
arguments_ = st.dictionaries(texts, values, max_size=5)


def plan_of(*steps: Step) -> Plan:
    """A plan of these steps, with something in each of its other fields."""
    return Plan(
        name="test",
        title='A "test"\nof ü',
        width=1080,
        height=1920,
        rate=30,
        frames=300,
        choices={"opener": "doubt", "city": "Boston"},
        files=(PlanFile(FILE, "refs/maya.png", 12),),
        steps=steps,
        timeline=(
            Placed("hook", "scene", ("first", "second"), 0, 240, "8 + 6", "8"),
            Placed("e", "card", (), 240, 60, "", "2"),
        ),
        deliverables=(Deliverable(steps[-1].id, "9:16", 1080, 1920),) if steps else (),
    )


FIRST = Step(
    id="first",
    kind="generate",
    endpoint="maker/still",
    arguments={"prompt": "two\ndrops", "image_url": FileRef(FILE).to_json(), "seed": 2**63, "scale": 7.5},
    output="image",
    purpose="scene hook",
    price=Price(Decimal("0.0350"), "1", "image", "estimated"),
    take=3,
    why="the cheapest",
    brief={"action": "two drops"},
    asks=OTHER,
    template="still/1",
)
SECOND = Step(
    id="second",
    kind="frame",
    endpoint=None,
    arguments={"z": StepRef("first", "image").to_json(), "a": [{"$text": ["so ", StepRef("first", "text").to_json()]}]},
    output="image",
    purpose="",
)


def content(ref: Ref) -> str:
    """Something else behind each reference."""
    return f"sha256:{ref}"


def read_back(plan: Plan) -> Plan:
    data = kept.pack(plan)
    assert data is not None
    return kept.unpack(data)


def test_what_is_read_back_is_the_plan() -> None:
    plan = plan_of(FIRST, SECOND)
    again = read_back(plan)
    assert again == plan
    assert dump(again) == dump(plan)
    assert [step.needs for step in again.steps] == [(), ("first",)]
    assert plan_keys(again) == plan_keys(plan)


@given(arguments_, arguments_, st.sampled_from(ENGINES), st.integers(1, 12))
def test_a_key_of_text_is_the_key_of_the_values(
    arguments: dict[str, Json], brief: dict[str, Json], engine: Engine, take: int
) -> None:
    step = replace(FIRST, id="third", arguments=arguments, brief=brief, take=take)
    data = kept.pack(plan_of(FIRST, step))
    if data is None:
        # a value that is not equal to itself (not a number) is not known to have been read back
        assert "nan" in repr((arguments, brief))
        return
    again = kept.unpack(data).steps[1]
    assert step_key(again, content, engine) == step_key(step, content, engine)
    assert again == step
    assert set(again.needs) == {ref.step for ref in references(step.arguments) if isinstance(ref, StepRef)}


def test_no_field_is_left_out_of_the_key() -> None:
    # A key of text is made in a frame of the material; a field that came into the material would have to be in both.
    other: dict[str, object] = {
        "id": "other",
        "kind": "film",
        "endpoint": "maker/other",
        "arguments": {"prompt": "three drops"},
        "output": "video",
        "purpose": "another",
        "price": Price(Decimal(3), "8", "second", "exact"),
        "take": 4,
        "why": "named",
        "brief": {"action": "three drops"},
        "asks": FILE,
        "template": "still/2",
    }
    assert other.keys() == set(Step.__match_args__)
    for name, value in other.items():
        changed = replace(FIRST, **{name: value})
        again = read_back(plan_of(changed)).steps[0]
        for engine in ENGINES:
            assert step_key(again, content, engine) == step_key(changed, content, engine), name


def test_a_changed_step_has_the_key_of_what_it_was_changed_to() -> None:
    step = read_back(plan_of(FIRST, SECOND)).steps[0]
    changed = replace(step, arguments={"prompt": "three drops"})
    assert changed.needs == ()
    for engine in ENGINES:
        expected = step_key(replace(FIRST, arguments={"prompt": "three drops"}), content, engine)
        assert step_key(changed, content, engine) == expected


def test_a_plan_with_a_changed_step_has_other_keys() -> None:
    again = read_back(plan_of(FIRST, SECOND))
    reworded = replace(again.steps[0], arguments={"prompt": "three drops"})
    changed = replace(again, steps=(reworded, again.steps[1]))
    expected = replace(plan_of(FIRST, SECOND), steps=(replace(FIRST, arguments={"prompt": "three drops"}), SECOND))
    assert plan_keys(changed) == plan_keys(expected)
    assert plan_keys(changed)["second"] != plan_keys(again)["second"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-40],
        lambda data: data + b"\n{}",
        lambda data: b"[]" + data[data.index(b"\n") :],
        lambda data: data.replace(b'"needs":', b'"nodes":'),
        lambda data: data.replace(b'"used":[[1,2],[0', b'"used":[[1,2],[9'),
        lambda data: data.replace(b"first\x1f", b"first\x1ffirst\x1f"),
    ],
)
def test_other_bytes_are_refused(spoil: Callable[[bytes], bytes]) -> None:
    data = kept.pack(plan_of(FIRST, SECOND))
    assert data is not None
    spoilt = spoil(data)
    assert spoilt != data
    with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
        kept.unpack(spoilt)


@pytest.mark.parametrize("name", ["\n", "ü😀", " ", ""])
def test_any_name_is_kept(name: str) -> None:
    plan = plan_of(replace(FIRST, purpose=name), replace(SECOND, id=f"second{name}"))
    assert read_back(plan) == plan


def test_a_name_that_cannot_be_written_down_keeps_its_plan_from_being_kept() -> None:
    assert kept.pack(plan_of(replace(FIRST, purpose="a\x1fb"))) is None
    assert kept.pack(plan_of(FIRST, replace(SECOND, id="a\x1fb"))) is None


def test_a_step_without_text_says_what_it_has_not() -> None:
    with pytest.raises(AttributeError, match="Step has no wording"):
        _ = FIRST.wording  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="Plan has no wording"):
        _ = plan_of(FIRST).wording  # type: ignore[attr-defined]


SPEC = """\
ad glow "Glow" { size 1080p 9:16 }
character maya "Maya" {
  reference "refs/maya.png"
  looks     auto
  pack      front
}
scene hook 5s {
  cast   maya
  start  keyframe "{{ maya }} on a bench"
  action "{{ maya }} leans in"
}
transition continue
scene proof 5s {
  cast   maya
  action "{{ maya }} walks"
}
card offer 2s { headline "Now" }
"""


def test_a_compiled_plan_is_kept_with_all_that_can_be_in_one() -> None:
    compiled = compile_spec("glow.ad", MemoryFiles({**pictures(), "glow.ad": SPEC.encode()}), builtin())
    assert compiled.plan is not None, compiled.diagnostics
    again = read_back(compiled.plan)
    assert again == compiled.plan
    assert any(isinstance(ref, FileRef) for step in again.steps for ref in references(step.arguments))
    assert b"$text" in dump(again)
