"""Versions of wordings: a new one is for what is new, a pinned one keeps prompts and keys as they were."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.planned import compiled
from support.scripts import maya, phone, says, scene, script, serum, text

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.definitions import PARTS
from adc.compiler.digest import Engine, step_key
from adc.compiler.families import Families, UnknownWording
from adc.compiler.families import builtin as shipped
from adc.compiler.pins import Pins
from adc.compiler.plan import FileRef, Plan, Ref, dump
from adc.compiler.prompts import compose_clip, compose_still, compose_view, worded

AD = """\
ad glow
character maya "Maya Brooks" {
  reference "refs/maya.png"
  looks "late twenties, freckles"
  pack front, profile
}
scene hook 5s {
  using  kling_o1
  cast   maya
  action "{{ maya }} leans in"
}
scene park 4s {
  using  veo3_1_fast
  cast   maya
  start  keyframe "{{ maya }} on a bench" using nano_banana
  action "{{ maya }} smiles"
}
scene bottle 5s {
  using  kling_o3
  start  "refs/maya.png"
  action "light moves over it"
}
scene own 5s {
  using  kling_o1
  cast   maya
  prompt "{{ maya }} dances"
}
"""

WORDED = {
    "maya.pack.front": "ideogram/1",
    "maya.pack.profile": "ideogram/1",
    "hook.clip": "elements/1",
    "park.keyframe": "still/1",
    "park.clip": "veo/1",
    "bottle.clip": "frames/1",
    "own.clip": "",
}

FAMILIES = ["elements", "frames", "ideogram", "still", "veo"]


def with_second(family: str) -> Families:
    """What ships, and a further version of one family."""
    return Families({**shipped().templates, f"{family}/2": f'In other words. {{% include "{family}/1" %}}'})


def planned(families: Families | None = None, templates: Mapping[str, int] | None = None) -> Plan:
    found = compiled(AD, pins=Pins(templates=templates or {}), families=families)
    assert found.diagnostics == ()
    assert found.plan is not None
    return found.plan


def keys(plan: Plan) -> dict[str, str]:
    def digest_of(ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else "sha256:made"

    return {step.id: step_key(step, digest_of, Engine("fal")) for step in plan.steps}


def asks(plan: Plan) -> dict[str, str]:
    return {step.id: step.asks for step in plan.steps}


def test_a_plan_says_which_wording_made_each_prompt() -> None:
    assert {step.id: step.template for step in planned().steps if step.kind == "generate"} == WORDED


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_wording_is_used_and_makes_other_keys(family: str) -> None:
    before, after = planned(), planned(with_second(family))
    moved = {step_id for step_id, key in keys(after).items() if key != keys(before)[step_id]}
    assert moved == {step_id for step_id, wording in WORDED.items() if wording == f"{family}/1"}
    for step in after.steps:
        assert step.template == (f"{family}/2" if step.id in moved else WORDED.get(step.id, ""))
        assert ("In other words." in json.dumps(step.arguments)) == (step.id in moved)
    assert asks(after) == asks(before), "the spec asks for the same"


@pytest.mark.parametrize("family", FAMILIES)
def test_with_the_old_wording_pinned_nothing_moves(family: str) -> None:
    assert dump(planned(with_second(family), {family: 1})) == dump(planned())
    assert planned(with_second(family), {family: 2}) == planned(with_second(family))


def test_what_is_only_as_it_is_because_of_a_pin_is_known() -> None:
    second = with_second("elements")
    assert compiled(AD, families=second, pins=Pins(templates={"elements": 1})).pinned == {"hook.clip"}
    assert compiled(AD, families=second, pins=Pins(templates={"elements": 2})).pinned == frozenset()
    assert compiled(AD, pins=Pins(templates={"elements": 1})).pinned == frozenset()


@pytest.mark.parametrize(
    ("families", "known"), [(None, "elements/1"), (with_second("elements"), "elements/1 to elements/2")]
)
def test_a_wording_of_a_newer_adc_is_named_with_what_there_is(families: Families | None, known: str) -> None:
    with pytest.raises(UnknownWording) as caught:
        planned(families, {"elements": 3})
    assert str(caught.value) == (
        f"prompts are to be worded as in elements/3, and this adc knows {known}: a newer adc has it"
    )


def test_a_pin_for_a_family_that_words_nothing_here_is_not_used() -> None:
    silent = 'ad glow\nscene hook 4s {\n  using veo3_1_fast\n  action "a cork is pulled"\n}\n'
    pinned = compiled(silent, pins=Pins(templates={"elements": 3, "of_tomorrow": 1}))
    assert pinned.plan == compiled(silent).plan is not None


def named_by_endpoints() -> set[str]:
    return {each.template for each in builtin().endpoints if each.role in ("clip", "still")}


def test_every_family_of_the_catalogue_has_its_versions_without_a_gap() -> None:
    versions: dict[str, list[int]] = {}
    included = set()
    for wording, template in shipped().templates.items():
        family, _, version = wording.partition("/")
        versions.setdefault(family, []).append(int(version))
        included |= {name.partition("/")[0] for name in re.findall(r'{% include "([^"]*)" %}', template)}
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in versions.values())
    assert set(versions) == named_by_endpoints() | included
    assert sorted(named_by_endpoints()) == FAMILIES


def test_what_a_version_takes_from_another_file_is_a_version_too(repository: Path) -> None:
    """Otherwise an old wording would move with a file that may be edited."""
    for file in (repository / "compiler" / "templates").rglob("*.j2"):
        told = file.read_text(encoding="utf-8")
        assert f"{file.parent.name}/{file.stem}" in shipped().templates
        taken = re.findall(r"{%-?\s*(?:include|import|from|extends)\b[^%]*", told)
        assert all(re.fullmatch(r'{% include "[a-z]+/[0-9]+" ', each) for each in taken), file


@pytest.mark.parametrize("wording", sorted(each for each in shipped().templates if each.split("/")[0] in FAMILIES))
def test_every_version_can_still_word_every_scene(wording: str) -> None:
    """A fact that an old version reads is never taken away: an unknown one would raise."""
    family = wording.partition("/")[0]
    told = []

    def write(_endpoint: Endpoint, facts: Mapping[str, object]) -> str:
        told.append(worded(shipped(), wording, facts))
        return told[-1]

    person = maya("front", "smile")
    parts = {str(part): "soft" for part in PARTS}
    full = scene(person, serum(), style=phone(reference=True), lines=(says(person, "Truly."),), parts=parts)
    for endpoint in (each for each in builtin().endpoints if each.template == family):
        for piece in (full, scene()):
            if endpoint.role == "still":
                compose_still(script(piece), piece, endpoint, text("a bench"), write)
            else:
                compose_clip(script(piece), piece, endpoint, start=True, end=True, spoken=piece.lines, write=write)
        if family == "ideogram":
            compose_view(person, "back", script=script(full), endpoint=endpoint, write=write)
    assert told
    assert all(told)
