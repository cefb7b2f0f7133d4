"""What a spec asks of a step: no edit is ever taken for a world that has moved on, and nothing else for an edit.

`asks.ad` uses nearly everything that a model can be told by. An edit is two texts, and the steps whose `asks` it
changes by itself; those that use them change with them.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.planned import SONG, compiled
from support.spec_cases import SPEC, picture, pictures

from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.digest import plan_keys
from adc.compiler.families import Families
from adc.compiler.families import builtin as shipped
from adc.compiler.files import MemoryFiles
from adc.compiler.format import format_text
from adc.compiler.frozen import replace
from adc.compiler.pins import NO_PINS, Pins
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import Json, Plan

STORY: Final = (Path(__file__).parent / "asks.ad").read_text(encoding="utf-8")


OTHERS: Final = {
    "refs/other.png": picture(900, 1200),
    **{f"refs/maya/other/{number}.jpg": picture(700, 900 + number, "JPEG") for number in range(4)},
}
"""Further pictures to refer to."""


def plan_of(
    source: str,
    others: Mapping[str, bytes] | None = None,
    *,
    variants: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    pins: Pins = NO_PINS,
    families: Families | None = None,
    catalogue: Catalogue | None = None,
) -> Plan:
    found = compiled(
        source, others, variants=variants, settings=params, pins=pins, families=families, catalogue=catalogue
    )
    assert found.plan is not None, found.diagnostics
    return found.plan


@cache
def story() -> Plan:
    return plan_of(STORY)


def asks(plan: Plan) -> dict[str, str]:
    return {step.id: step.asks for step in plan.steps if step.kind == "generate"}


def keys(plan: Plan) -> dict[str, str]:
    derived = plan_keys(plan)
    return {step_id: derived[step_id] for step_id in asks(plan)}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {step_id for step_id in before.keys() & after.keys() if before[step_id] != after[step_id]}


def and_what_uses(plan: Plan, steps: set[str]) -> set[str]:
    found = set(steps)
    for step in plan.steps:
        if not found.isdisjoint(step.needs):
            found.add(step.id)
    return {step.id for step in plan.steps if step.kind == "generate" and step.id in found}


@dataclass(frozen=True)
class Edit:
    """`old` becomes `new` at its only place; the steps of `roots` ask for something else by that.

    So do those of `also`, whose models happen not to be told of it.
    """

    old: str
    new: str
    roots: str
    also: str = ""

    def make(self, source: str = STORY) -> str:
        assert source.count(self.old) == 1, self.old
        return source.replace(self.old, self.new)

    def __str__(self) -> str:
        return f"{self.old.strip()[:40]} > {self.new.strip()[:40]}".replace("\n", " ")


_MAYA = "hook.clip long.clip.1 long.clip.2 cuts.clip.1 cuts.clip.2"
_SCENES = f"{_MAYA} bench.clip window.clip wave.clip tide.clip own.clip"
_CLIPS = f"{_SCENES} talk.clip"
_KEYFRAMES = "bench.keyframe own.keyframe"
_UPSCALES = (
    "hook.upscale bench.upscale window.upscale talk.upscale talk.morph_upscale tide.upscale long.upscale.1 "
    "long.upscale.2 cuts.upscale.1 cuts.upscale.2"
)

TOLD: Final = [
    # The whole film.
    Edit("1080p 9:16", "1080p 16:9", f"{_CLIPS} {_KEYFRAMES} talk.morph"),
    Edit("1080p 9:16", "2160p 9:16", f"own.keyframe tide.upscale {_UPSCALES}", f"{_CLIPS} bench.keyframe talk.morph"),
    Edit('"soft piano in', '"loud piano in', "music"),
    Edit('{{ city }}"\n}', '{{ city }}" { using eleven_music }\n}', "music"),
    Edit("card offer 2s", "card offer 3s", "music"),
    Edit('"A story"', '"A tale"', "talk.morph"),
    Edit('look       "shot on a phone"', 'look       "shot on tape"', f"{_SCENES} {_KEYFRAMES} talk.morph"),
    Edit('avoid      "text"', 'avoid      "grain"', f"{_SCENES} {_KEYFRAMES} talk.morph", "talk.clip"),
    Edit('param city "Boston"', 'param city "Denver"', "hook.clip music"),
    Edit('doubt   "I gave up."', 'doubt   "I gave up!"', "hook.voiceover"),
    # Voices.
    Edit('id     "Rachel"', 'id     "Aria"', "hook.voiceover"),
    Edit("stability 0.5", "stability 1", "hook.voiceover"),
    Edit("using  eleven_v3", "using  eleven_turbo", "hook.voiceover"),
    # A model of one's own.
    Edit("lengths  5s, 10s", "lengths  6s, 10s", "own.clip"),
    Edit('"fal-ai/wan/v2.2/image-to-video"', '"fal-ai/wan/v2.1/image-to-video"', "own.clip"),
    Edit('send     start "image_url"', 'send     start "start_url"', "own.clip"),
    Edit('as "5"', 'as "5s"', "own.clip"),
    Edit("set      safe true", "set      safe false", "own.clip"),
    # Who is in it.
    Edit('reference  "refs/maya.png"', 'reference  "refs/other.png"', f"maya.looks maya.pack.front maya.pack.profile {_MAYA}"),
    Edit('wears      "a cream', 'wears      "a blue', f"maya.pack.front maya.pack.profile {_MAYA}"),
    Edit("looks      auto", 'looks      "dark curls"', f"maya.pack.front maya.pack.profile talk.clip {_MAYA}"),
    Edit("looks      auto", "looks      auto using openrouter_vision", "maya.looks"),
    Edit("pack       front, profile", "pack       front, smile", f"{_MAYA}"),
    Edit("pack       front, profile", "pack       profile, front, smile", f"{_MAYA}"),
    Edit('looks      "short grey hair"', 'looks      "long grey hair"', "hook.clip bench.keyframe bench.clip", "talk.clip"),
    Edit('reference  "refs/maya/1.jpg"', 'reference  "refs/maya/2.jpg"', "hook.clip bench.clip talk.clip"),
    Edit("steps    1000", "steps    1200", "lena.lora"),
    Edit('"LENAB"', '"LENAC"', "lena.lora"),
    Edit('photos   "refs/maya/*.jpg"', 'photos   "refs/maya/other/*.jpg"', "lena.lora"),
    Edit("steps    1000", "steps    1000\n    using    flux_2_trainer", "lena.lora"),
    Edit('looks      "an amber', 'looks      "a green', "hook.clip"),
    Edit('reference  "refs/serum.jpg"', 'reference  "refs/look.webp"', "serum.cutout hook.clip"),
    Edit("  cutout\n", "", "hook.clip"),
    Edit('product serum "Glow Serum"', 'product serum "Serum"', "hook.clip"),
    Edit('product serum "Glow Serum" {', 'character serum "Glow Serum" {', "", "hook.clip"),
    # A scene.
    Edit("cast       maya, lena, serum", "cast       lena, maya, serum", "hook.clip"),
    Edit("cast       maya, lena, serum", "cast       maya, lena", "hook.clip"),
    Edit("{{ maya }} hands {{ lena }}", "{{ lena }} hands {{ maya }}", "hook.clip"),
    Edit('setting    "a bathroom"', 'setting    "a kitchen"', "hook.clip"),
    Edit("a cup in", "a glass in", "hook.clip"),
    Edit('camera     "close"', 'camera     "wide"', "hook.clip"),
    Edit('light      "soft"', 'light      "hard"', "hook.clip"),
    Edit('mood       "calm"', 'mood       "glad"', "hook.clip"),
    Edit('avoid      "cars"', 'avoid      "dogs"', "hook.clip"),
    Edit('avoid      "cars"', 'style crisp', "hook.clip"),
    Edit('  avoid      "cars"\n', '  reference  "refs/other.png"\n  avoid      "cars"\n', "hook.clip"),
    Edit('"{{ opener }}"', '"{{ opener }} Truly."', "hook.voiceover"),
    Edit("voiceover  maya", "voiceover", "hook.voiceover"),
    Edit('"a tap drips"', '"a door shuts"', "hook.effect"),
    Edit('"a tap drips" for 1s', '"a tap drips" for 2s', "hook.effect"),
    Edit("scene hook 5s", "scene hook 6s", "hook.clip music"),
    Edit("using      kling_o1_standard\n  cast       maya", "using      kling_o1\n  cast       maya", "hook.clip"),
    Edit("scene hook 5s {", "scene hook 5s {\n  take 2", "hook.clip hook.upscale hook.effect"),
    Edit("scene bench 4s {", "scene bench 4s {\n  seed 7", "bench.keyframe bench.clip"),
    # What it starts from and ends on.
    Edit('keyframe "{{ lena }} on a bench"', 'keyframe "{{ lena }} on a wall"', "bench.keyframe"),
    Edit(" using lena.lora", " using nano_banana", "bench.keyframe"),
    Edit('light   "golden"', 'light   "grey"', "bench.keyframe bench.clip"),
    Edit("end     frame of talk", "end     frame of wave", "bench.clip"),
    Edit("  end     frame of talk\n", "", "bench.clip"),
    Edit('says    lena "Hello."', 'says    lena "Hi."', "bench.clip"),
    Edit('sound   "birds"', 'sound   "cars"', "bench.clip"),
    Edit("transition continue\n\nscene window 4s {", 'scene window 4s {\n  start "refs/other.png"', "window.clip"),
    Edit("leaves fall", "snow falls", "talk.morph"),
    Edit("morph 3s", "morph 4s", "talk.morph music"),
    Edit("{{ lena }} speaks of", "{{ lena }} talks of", "talk.clip"),
    Edit("speaks of {{ maya.looks }}", "speaks of {{ lena.looks }}", "talk.clip"),
    Edit('says    lena "Two drops."', 'says    lena "Three drops."', "talk.voice", "talk.clip"),
    Edit('safety_tolerance "5"', 'safety_tolerance "6"', "wave.clip"),
    Edit("start  clip of wave\n", "", "wave.clip tide.clip"),
    Edit("scene long 14s", "scene long 16s", "long.clip.1 long.clip.2 music"),
    Edit("{{ maya }} sits", "{{ maya }} lies", "cuts.clip.1"),
    Edit("{{ maya }} stands", "{{ maya }} runs", "cuts.clip.2"),
    Edit("shot 4s { action \"{{ maya }} stands", "shot 4s { start \"refs/other.png\"\naction \"{{ maya }} stands", "cuts.clip.2"),
]


@pytest.mark.parametrize("edit", TOLD, ids=str)
def test_what_a_model_is_told_is_asked_for(edit: Edit) -> None:
    after = plan_of(edit.make(), OTHERS)
    roots = set(edit.roots.split())
    every = roots | set(edit.also.split())
    expected = and_what_uses(story(), every) | and_what_uses(after, every)
    assert changed(asks(story()), asks(after)) == expected & asks(story()).keys() & asks(after).keys()
    assert roots - changed(keys(story()), keys(after)) == set(), "their models are told"
