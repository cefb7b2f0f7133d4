"""What changes between two plans: what is told, what is bought because of it and why, and that the sums are right."""

from decimal import Decimal
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.edits import EDITS, SPEC, Edit, edited, glow
from support.planned import planned

from adc.compiler.diff import Difference, Part, StepFate, compare, compare_all, decided, nothing, standing, together
from adc.compiler.digest import plan_keys
from adc.compiler.frozen import replace
from adc.compiler.plan import Plan, Price, Step
from adc.compiler.rewording import reworded

BY_NAME = pytest.mark.parametrize("edit", EDITS, ids=[edit.name for edit in EDITS])


def bought(difference: Difference) -> set[str]:
    return {step.id for part in difference.parts for step in part.having("bought")}


def part(difference: Difference, name: str) -> Part:
    return next(part for part in difference.parts if part.name == name)


def step(difference: Difference, step_id: str) -> StepFate:
    return next(step for part in difference.parts for step in part.steps if step.id == step_id)


@BY_NAME
def test_an_edit_buys_what_it_must_and_says_what_it_is(edit: Edit) -> None:
    difference = compare(glow(), edit.after())
    told = {(part.name, one.about, one.name) for part in difference.parts for one in part.changes}
    assert (bought(difference), told) == (edit.bought, edit.told)
    assert difference.differs == (edit.name != "nothing")
    for step_id, because in edit.again.items():
        assert (step(difference, step_id).why, step(difference, step_id).because) == ((), because)
    if edit.states:
        assert {part.name: part.state for part in difference.parts if part.state != "kept"} == edit.states


@BY_NAME
def test_what_is_bought_is_what_the_keys_say(edit: Edit) -> None:
    before, after = glow(), edit.after()
    had = set(plan_keys(before).values())
    keys = plan_keys(after)
    new = {keys[step.id] for step in after.steps if step.kind == "generate"} - had
    assert {keys[step_id] for step_id in bought(compare(before, after))} == new


def sums_are_right(difference: Difference) -> None:
    every = [step for part in difference.parts for step in part.steps]
    assert sum((step.before for step in every), Decimal(0)) == difference.before.usd
    assert sum((step.after for step in every), Decimal(0)) == difference.after.usd
    assert sum((step.after for step in every if step.fate == "bought"), Decimal(0)) == difference.bought.usd
    assert difference.usd == difference.after.usd - difference.before.usd


@pytest.mark.parametrize(("one", "other"), list(pairwise([*EDITS, EDITS[0]])), ids=lambda edit: edit.name)
def test_sums_add_up_and_turn_round(one: Edit, other: Edit) -> None:
    before, after = one.after(), other.after()
    there, back = compare(before, after), compare(after, before)
    sums_are_right(there)
    sums_are_right(back)
    assert back.usd == -there.usd
    assert (back.before, back.after) == (there.after, there.before)
    swapped = {"added": "removed", "removed": "added"}
    states = {(part.was or part.name, swapped.get(part.state, part.state)) for part in there.parts}
    assert {(part.name, part.state) for part in back.parts} == states
    assert sum(len(part.changes) for part in there.parts) == sum(len(part.changes) for part in back.parts)


@settings(deadline=None)
@given(st.data())
def test_a_plan_does_not_differ_from_itself(data: st.DataObject) -> None:
    plan = data.draw(st.sampled_from(EDITS)).after()
    difference = compare(plan, plan)
    assert not difference.differs
    assert difference.bought.steps == 0
    assert all(not part.changes for part in difference.parts)


def test_parts_stand_in_the_order_of_the_film_with_what_is_gone_where_it_was() -> None:
    start, end = SPEC.index("transition fade"), SPEC.index("card offer")
    after = glow(SPEC[:start] + SPEC[end:])
    difference = compare(glow(), after)
    assert [one.name for one in difference.parts] == [
        *("hook", "proof", "window", "street", "offer", "music", "film", "maya")
    ]
    assert part(difference, "street").state == "removed"
    assert {one.fate for one in part(difference, "street").steps} == {"gone"}


def test_scenes_that_change_places_have_moved_and_cost_nothing() -> None:
    start, end = SPEC.index("scene hook"), SPEC.index("scene proof")
    last = SPEC.index("card offer")
    after = glow(SPEC[:start] + SPEC[end:last] + SPEC[start:end] + SPEC[last:])
    difference = compare(glow(), after)
    assert part(difference, "hook").state == "moved"
    assert {one.name for one in difference.parts if one.moved} == {"hook"}
    assert difference.bought.steps == 0


def test_scenes_that_change_names_are_not_bought() -> None:
    swapped = (
        SPEC.replace("scene hook", "scene x").replace("scene street", "scene hook").replace("scene x", "scene street")
    )
    difference = compare(glow(), glow(swapped))
    assert difference.bought.steps == 0
    assert {(one.was, one.name) for one in difference.parts if one.was} == {("hook", "street"), ("street", "hook")}


def test_a_copy_of_a_scene_is_had_already() -> None:
    start, end = SPEC.index("scene hook"), SPEC.index("scene proof")
    copied = SPEC.replace("card offer", SPEC[start:end].replace("hook", "again") + "card offer")
    difference = compare(glow(), glow(copied))
    copy = step(difference, "again.clip")
    assert (copy.fate, copy.because, copy.after) == ("shared", "hook.clip", Decimal(0))
    assert bought(difference) == {"music"}
    sums_are_right(difference)


def test_two_new_scenes_that_are_the_same_are_bought_once() -> None:
    scene = 'scene {0} 4s {{\n  using veo3_1_lite\n  action "a dog barks"\n}}\n'
    difference = compare(glow(), glow(SPEC + scene.format("one") + scene.format("two")))
    assert {"one.clip", "two.clip"} & bought(difference) == {"one.clip"}
    assert step(difference, "two.clip").because == "one.clip"
    sums_are_right(difference)


def test_a_scene_that_is_split_keeps_what_it_can() -> None:
    shots = '  shot 2s { camera "wide" }\n  shot 2s { camera "close" }\n}\n\ncard offer'
    after = glow(SPEC.replace("}\n\ncard offer", shots).replace("veo3_1_lite", "kling_o3"))
    before = glow(SPEC.replace("veo3_1_lite", "kling_o3"))
    street = part(compare(before, after), "street")
    assert [(one.id, one.was, one.new) for one in street.steps if one.kind == "paid"] == [
        ("street.clip.1", "street.clip", False),
        ("street.clip.2", "", True),
    ]


def test_a_price_alone_buys_nothing_and_is_told() -> None:
    before = glow()
    dearer = [
        replace(one, price=Price(Decimal(3), "4", "second", "exact")) if one.id == "street.clip" else one
        for one in before.steps
    ]
    difference = compare(before, replace(before, steps=tuple(dearer)))
    assert difference.bought.steps == 0
    assert [(one.about, one.after) for one in part(difference, "street").changes] == [("price", "3")]
    assert difference.usd == Decimal(3) - before.step("street.clip").price.usd


def test_another_wording_is_told_beside_its_words() -> None:
    before = glow()
    worded = [
        replace(one, template="elements/2", arguments={**one.arguments, "prompt": "Now: lean in."})
        if one.id == "hook.clip"
        else one
        for one in before.steps
    ]
    hook = part(compare(before, replace(before, steps=tuple(worded))), "hook")
    assert {one.about for one in hook.changes} == {"words", "template"}
    assert hook.having("bought")[0].why == ("words",)


def test_an_unknown_price_is_named() -> None:
    before = glow()
    unknown = [
        replace(one, price=Price(Decimal(0), "", "", "unknown"), take=2) if one.id == "street.clip" else one
        for one in before.steps
    ]
    difference = compare(before, replace(before, steps=tuple(unknown)))
    assert difference.bought.unknown == ("street.clip",)


def test_everything_is_new_where_there_was_nothing() -> None:
    plan = glow()
    difference = compare(nothing(plan), plan)
    assert {part.state for part in difference.parts} == {"added"}
    assert difference.bought == difference.after
    back = compare(plan, nothing(plan))
    assert {part.state for part in back.parts} == {"removed"}
    assert (back.usd, back.bought.steps) == (-plan.usd, 0)


def test_words_that_another_step_finds_stand_by_its_name() -> None:
    looks = SPEC.replace('looks     "a woman of about thirty with dark curly hair"', "looks     auto")
    (one,) = (change for change in part(compare(glow(), glow(looks)), "hook").changes if change.about == "words")
    assert "{maya.looks}" in str(one.after)
    removed = "".join(run.text for run in one.runs if run.kind == "removed")
    assert "a woman of about thirty" in removed


def test_a_person_renamed_is_the_same_person() -> None:
    renamed = SPEC.replace("character maya", "character ann").replace("cast   maya", "cast   ann")
    renamed = renamed.replace("{{ maya }}", "{{ ann }}").replace("cast      maya", "cast      ann")
    difference = compare(glow(), glow(renamed.replace("voiceover maya", "voiceover ann")))
    assert (part(difference, "ann").state, part(difference, "ann").was) == ("renamed", "maya")
    assert difference.bought.steps == 0
    assert not part(difference, "hook").changes


def test_variants_share_what_they_have_in_common() -> None:
    said = SPEC.replace('action "a busy street at noon"', 'action "{{ what }}"')
    source = 'variant what {\n  noon "a busy street at noon"\n  night "an empty street at night"\n}\n' + said

    def of(choice: str, text: str = source) -> Plan:
        from support.edits import BOTTLE

        return planned(text, {"refs/bottle.png": BOTTLE}, variants={"what": choice})

    redressed = source.replace("cream knit", "red knit")
    found = compare_all([(of(choice), of(choice, redressed)) for choice in ("noon", "night")])
    first, second = found.ads
    assert first.bought.steps == 5
    assert second.bought.steps == 0
    assert found.bought == first.bought
    assert found.after.usd == of("noon").usd + of("night").step("street.clip").price.usd
    assert step(second, "hook.clip").fate == "shared"
    assert compare_all([(of("noon"), of("noon"))]).differs is False
    # What was in any of the ads before is had, even where this ad did not have it.
    moved = compare_all([(of("noon"), of("night")), (of("night"), of("noon"))])
    assert moved.bought.steps == 0


def test_what_is_held_is_put_into_the_same_values() -> None:
    plan = glow()
    fates = {one.id: fate_of(one, "bought" if one.id == "hook.clip" else "kept") for one in plan.steps}
    gone = StepFate("beach.clip", "paid", "gone", before=Decimal(2))
    difference = standing(plan, fates, [gone])
    assert {part.name: part.state for part in difference.parts if part.state != "kept"} == {
        "hook": "changed",
        "beach": "removed",
    }
    assert difference.bought.usd == plan.step("hook.clip").price.usd
    assert difference.usd == difference.bought.usd - 2
    assert difference.after.usd == plan.usd
    assert together([difference]).bought == difference.bought


def fate_of(one: Step, fate: str) -> StepFate:
    paid = one.kind == "generate"
    if fate == "bought":
        return StepFate(one.id, "paid", "bought", after=one.price.usd)
    return StepFate(one.id, "paid" if paid else "free", "kept", before=one.price.usd, after=one.price.usd)


def test_what_a_lock_has_was_bought_already() -> None:
    edit = next(one for one in EDITS if len(one.bought) > 1)
    found = compare_all([(glow(), edit.after())])
    had = min(edit.bought)
    after = decided(found, [{had}])
    assert bought(after.ads[0]) == edit.bought - {had}
    assert step(after.ads[0], had).fate == "decided"
    assert after.bought.usd == found.bought.usd - step(found.ads[0], had).after
    assert after.bought.steps == found.bought.steps - 1
    assert (after.before, after.after) == (found.before, found.after)


WORDS = st.lists(st.sampled_from(["sun", "rain", " ", "\n", ", ", ".", "it's", "über", "@Element1", "a"]), max_size=24)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_the_runs_of_two_texts_give_both(old: list[str], new: list[str]) -> None:
    before, after = "".join(old), "".join(new)
    runs = reworded(before, after)
    assert "".join(run.text for run in runs if run.kind != "added") == before
    assert "".join(run.text for run in runs if run.kind != "removed") == after
    assert all(run.text for run in runs)
    order = [(one.kind, other.kind) for one, other in pairwise(runs)]
    assert set(order) <= set(product(("kept", "removed", "added"), repeat=2)) - {
        *(("kept", "kept"), ("removed", "removed"), ("added", "added"), ("added", "removed")),
    }


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_two_texts_have_runs(before: str, after: str) -> None:
    runs = reworded(before, after)
    assert "".join(run.text for run in runs if run.kind != "added") == before
    assert "".join(run.text for run in runs if run.kind != "removed") == after


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("", "", ""),
        ("same words", "same words", "same words"),
        ("a sunny kitchen", "a dark kitchen", "a [sunny|dark] kitchen"),
        ("a sunny kitchen, noon", "a dark hall, noon", "a [sunny kitchen|dark hall], noon"),
        ("she waves", "she waves twice", "she waves[| twice]"),
        ("one.\ntwo.\nthree.", "one.\nthree.", "one.\n[two.\n|]three."),
        ("it's fine", "it is fine", "[it's|it is] fine"),
    ],
)
def test_words_are_compared_as_words(before: str, after: str, shown: str) -> None:
    told = ""
    for run in reworded(before, after):
        told += {"kept": run.text, "removed": f"[{run.text}|]", "added": f"[|{run.text}]"}[run.kind]
    assert told.replace("|][|", "|") == shown


def test_another_scene_in_another_place_is_no_rename() -> None:
    after = edited(
        'scene street 4s {\n  using  veo3_1_lite\n  action "a busy street at noon"',
        'scene lake 4s {\n  using  veo3_1_lite\n  action "rain falls on water"',
    )()
    difference = compare(glow(), after)
    assert (part(difference, "lake").state, part(difference, "street").state) == ("added", "removed")
