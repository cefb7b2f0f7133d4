"""Step keys: what must change them, and what must not."""

import hashlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.digest import Engine, digest_bytes, material, step_key
from adc.compiler.frozen import replace
from adc.compiler.plan import FileRef, Json, Price, Ref, Step, StepRef, as_ref, canonical

LIVE = Engine("fal")
DRAFT = Engine("draft/1", reads_brief=True)

STEP = Step(
    id="proof.clip",
    kind="generate",
    endpoint="maker/model/image-to-video",
    arguments={
        "prompt": "two drops",
        "image_url": StepRef("hook.last_frame", "image").to_json(),
        "elements": [{"frontal_image_url": FileRef("sha256:aa").to_json()}],
    },
    output="video",
    purpose="scene proof, 10 s",
    brief={"action": "two drops"},
)


def contents(ref: Ref) -> str:
    """The same content for every reference, apart from files, which are their own digest."""
    return ref.digest if isinstance(ref, FileRef) else "sha256:frame"


def key(step: Step, engine: Engine = LIVE) -> str:
    return step_key(step, contents, engine)


def test_the_key_is_pinned() -> None:
    # A key that moves buys everybody's films again. Change this only with a migration.
    assert key(STEP) == "sha256:543a26b6f758a420943d8ec71600340eed31926777c5347f525a6c78b67343e1"


def test_names_and_prices_do_not_matter() -> None:
    renamed = replace(STEP, id="evidence.clip", purpose="scene evidence", why="named", brief={"action": "other"})
    assert key(replace(renamed, price=Price(Decimal(3), "8", "second", "exact"))) == key(STEP)


def test_the_step_that_made_an_input_does_not_matter_but_its_content_does() -> None:
    moved = replace(STEP, arguments={**STEP.arguments, "image_url": StepRef("intro.last_frame", "image").to_json()})
    assert key(moved) == key(STEP)
    assert step_key(STEP, lambda ref: "sha256:new", LIVE) != key(STEP)


def test_everything_that_decides_the_result_matters() -> None:
    changed = [
        replace(STEP, endpoint="maker/model/other"),
        replace(STEP, take=2),
        replace(STEP, output="image"),
        replace(STEP, arguments={**STEP.arguments, "prompt": "three drops"}),
        replace(STEP, arguments={**STEP.arguments, "seed": 7}),
    ]
    assert len({key(step) for step in [STEP, *changed]}) == len(changed) + 1


def test_a_draft_is_never_the_real_thing() -> None:
    assert len({key(STEP, LIVE), key(STEP, DRAFT), key(STEP, Engine("sim"))}) == 3


def test_only_a_draft_reads_the_brief() -> None:
    told = replace(STEP, brief={"action": "three drops"})
    assert key(told, LIVE) == key(STEP, LIVE)
    assert key(told, DRAFT) != key(STEP, DRAFT)


json_values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=6), json_values, max_size=5), st.randoms())
def test_the_order_of_arguments_does_not_matter(arguments: dict[str, Json], chance: object) -> None:
    names = list(arguments)
    chance.shuffle(names)  # type: ignore[attr-defined]
    shuffled = {name: arguments[name] for name in names}
    assert key(replace(STEP, arguments=shuffled)) == key(replace(STEP, arguments=arguments))
    assert digest_bytes(canonical(shuffled)) == digest_bytes(canonical(arguments))


@given(json_values, json_values)
def test_different_arguments_have_different_keys(one: Json, other: Json) -> None:
    keys = {key(replace(STEP, arguments={"value": value})) for value in (one, other)}
    assert (len(keys) == 1) == (canonical(one) == canonical(other))


def written_out(value: Json) -> Json:
    """A value with the content in the place of each reference, by a walk of this test's own."""
    ref = as_ref(value)
    if ref is not None:
        return {"$blob": contents(ref)}
    if isinstance(value, dict):
        return {name: written_out(item) for name, item in value.items()}
    return [written_out(item) for item in value] if isinstance(value, list) else value


any_json: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["$file", "\0", "\x7f", "\u2028", "\U0001f600"])
    | st.sampled_from([FileRef("sha256:aa"), StepRef("a", "image")]).map(lambda ref: ref.to_json()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["$file", "$step", "$text"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), any_json, max_size=4), st.sampled_from([LIVE, DRAFT]))
def test_keys_are_what_they_always_were(arguments: dict[str, Json], engine: Engine) -> None:
    """The first derivation, written out: a key that moves buys everybody's films again."""
    brief: dict[str, Json] = {"action": "two drops", "of": list(arguments)}
    step = replace(STEP, arguments=arguments, brief=brief)
    document: dict[str, Json] = {
        "derivation": 1,
        "engine": engine.name,
        "kind": "generate",
        "endpoint": "maker/model/image-to-video",
        "output": "video",
        "take": 1,
        "arguments": written_out(arguments),
        **({"brief": brief} if engine.reads_brief else {}),
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert key(step, engine) == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert canonical(material(step, contents, engine)) == text.encode()


def test_text_that_is_no_text_has_no_key() -> None:
    with pytest.raises(UnicodeEncodeError):
        key(replace(STEP, arguments={"prompt": "half a \ud83d pair"}))
