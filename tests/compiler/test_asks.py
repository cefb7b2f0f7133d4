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
    Edit("1080p 9:16", "2160p 9:16", _UPSCALES, f"{_CLIPS} {_KEYFRAMES} talk.morph"),
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
    Edit(
        'reference  "refs/maya.png"',
        'reference  "refs/other.png"',
        f"maya.looks maya.pack.front maya.pack.profile {_MAYA}",
    ),
    Edit('wears      "a cream', 'wears      "a blue', f"maya.pack.front maya.pack.profile {_MAYA}"),
    Edit("looks      auto", 'looks      "dark curls"', f"maya.pack.front maya.pack.profile talk.clip {_MAYA}"),
    Edit("looks      auto", "looks      auto using openrouter_vision", "maya.looks"),
    Edit("pack       front, profile", "pack       front, smile", f"{_MAYA}"),
    Edit("pack       front, profile", "pack       profile, front, smile", f"{_MAYA}"),
    Edit(
        'looks      "short grey hair"',
        'looks      "long grey hair"',
        "hook.clip bench.keyframe bench.clip",
        "talk.clip",
    ),
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
    Edit('avoid      "cars"', "style crisp", "hook.clip"),
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
    Edit("start  clip of wave\n", "", "tide.clip", "wave.clip"),
    Edit("scene long 14s", "scene long 16s", "long.clip.1 long.clip.2 music"),
    Edit("{{ maya }} sits", "{{ maya }} lies", "cuts.clip.1"),
    Edit("{{ maya }} stands", "{{ maya }} runs", "cuts.clip.2"),
    Edit(
        'shot 4s { action "{{ maya }} stands',
        'shot 4s { start "refs/other.png"\naction "{{ maya }} stands',
        "cuts.clip.2",
    ),
]


@pytest.mark.parametrize("edit", TOLD, ids=str)
def test_what_a_model_is_told_is_asked_for(edit: Edit) -> None:
    after = plan_of(edit.make(), OTHERS)
    roots = set(edit.roots.split())
    every = roots | set(edit.also.split())
    expected = and_what_uses(story(), every) | and_what_uses(after, every)
    assert changed(asks(story()), asks(after)) == expected & asks(story()).keys() & asks(after).keys()
    assert roots - changed(keys(story()), keys(after)) == set(), "their models are told"


# What hides in how a spec is told.


@pytest.mark.parametrize(
    ("one", "other", "step_id"),
    [
        pytest.param(
            'scene a 4s {\n using kling_o3\n start "refs/maya.png"\n end "refs/look.webp"\n action "rain"\n}',
            'scene a 4s {\n using kling_o3\n start "refs/look.webp"\n end "refs/maya.png"\n action "rain"\n}',
            "a.clip",
            id="the first and the last frame change places",
        ),
        pytest.param(
            'scene a 4s {\n using kling_o3\n start "refs/maya.png"\n end "refs/look.webp"\n action "rain"\n}',
            'scene a 4s {\n using kling_o3\n start "refs/maya.png"\n end "refs/maya.png"\n action "rain"\n}',
            "a.clip",
            id="a picture more than once",
        ),
        pytest.param(
            'character x "X" { reference "refs/maya.png" }\ncharacter y "Y" { reference "refs/serum.jpg" }\n'
            'scene a 4s {\n cast x, y\n action "{{ x }} waits"\n}',
            'character x "X" { reference "refs/serum.jpg" }\ncharacter y "Y" { reference "refs/maya.png" }\n'
            'scene a 4s {\n cast x, y\n action "{{ x }} waits"\n}',
            "a.clip",
            id="two people change faces",
        ),
        pytest.param(
            'character x "A man" { reference "refs/maya.png" }\ncharacter y "A man" { reference "refs/serum.jpg" }\n'
            'scene a 4s {\n cast x, y\n action "{{ x }} waits for {{ y }}"\n}',
            'character x "A man" { reference "refs/maya.png" }\ncharacter y "A man" { reference "refs/serum.jpg" }\n'
            'scene a 4s {\n cast x, y\n action "{{ y }} waits for {{ x }}"\n}',
            "a.clip",
            id="two who are called alike change parts",
        ),
        pytest.param(
            'character x "A man" { reference "refs/maya.png" }\ncharacter y "A man" { reference "refs/serum.jpg" }\n'
            'scene a 4s {\n using kling_o3\n cast x, y\n action "They wait"\n says x "Well."\n}',
            'character x "A man" { reference "refs/maya.png" }\ncharacter y "A man" { reference "refs/serum.jpg" }\n'
            'scene a 4s {\n using kling_o3\n cast x, y\n action "They wait"\n says y "Well."\n}',
            "a.clip",
            id="two who are called alike change lines",
        ),
        pytest.param(
            'character x "X" {\n reference "refs/maya.png"\n looks auto\n}\n'
            'character y "Y" {\n reference "refs/serum.jpg"\n looks auto\n}\n'
            'scene a 4s {\n using veo3_1\n action "{{ x.looks }} left of {{ y.looks }}"\n}',
            'character x "X" {\n reference "refs/maya.png"\n looks auto\n}\n'
            'character y "Y" {\n reference "refs/serum.jpg"\n looks auto\n}\n'
            'scene a 4s {\n using veo3_1\n action "{{ y.looks }} left of {{ x.looks }}"\n}',
            "a.clip",
            id="descriptions that are still to come change places",
        ),
        pytest.param(
            'character x "X" {\n reference "refs/maya.png"\n looks "tall"\n}\n'
            'scene a 4s {\n using kling_o1_standard\n cast x\n action "rain"\n}',
            'product x "X" {\n reference "refs/maya.png"\n looks "tall"\n}\n'
            'scene a 4s {\n using kling_o1_standard\n cast x\n action "rain"\n}',
            "a.clip",
            id="somebody becomes something",
        ),
        pytest.param(
            'character x "A man" { reference "refs/maya.png" }\n'
            "scene a 4s {\n using kling_o1_standard\n cast x\n action \"{{ x|replace('man', 'boy') }} waits\"\n}",
            'character x "A man" { reference "refs/maya.png" }\n'
            "scene a 4s {\n using kling_o1_standard\n cast x\n action \"{{ x|replace('@', '') }} waits\"\n}",
            "a.clip",
            id="a template that changes a name",
        ),
        pytest.param(
            'character x "A man"\nparam who "{{ x|upper }}"\nscene a 4s {\n cast x\n action "{{ who }} waits"\n}',
            'character x "A man"\nparam who "{{ x|lower }}"\nscene a 4s {\n cast x\n action "{{ who }} waits"\n}',
            "a.clip",
            id="a template that changes a name, in a param",
        ),
        pytest.param(
            'scene a 4s {\n using veo3_1\n prompt """\n  one\n  two\n """\n}',
            'scene a 4s {\n using veo3_1\n prompt "one two"\n}',
            "a.clip",
            id="the lines of a whole prompt",
        ),
        pytest.param(
            'character x { reference "refs/maya.png" }\nscene a 16s {\n cast x\n action "rain"\n}',
            'character x { reference "refs/maya.png" }\n'
            'scene a 16s {\n cast x\n end "refs/look.webp"\n action "rain"\n}',
            "a.clip.1",
            id="the first of two clips, where only the second meets what is new",
        ),
        pytest.param(
            'scene a 4s {\n using veo3_1\n action "x"\n}\nscene b 4s {\n using veo3_1\n action "y"\n}',
            'scene a 4s {\n using veo3_1\n action "x"\n}\n'
            'scene b 4s {\n using veo3_1\n start clip of a\n action "y"\n}',
            "a.clip",
            id="a clip that another one goes on from",
        ),
        pytest.param(
            'scene a 4s {\n using seedance_2\n action "x"\n set end_user_id "1"\n}',
            'scene a 4s {\n using seedance_2\n action "x"\n set end_user_id "True"\n}',
            "a.clip",
            id="an option",
        ),
        pytest.param(
            'ad x { captions bold using eleven_scribe }\ncharacter x "X" { voice "Aria" }\n'
            'scene a 4s {\n cast x\n action "x"\n voiceover x "Well."\n}',
            'ad x { captions bold using eleven_scribe }\ncharacter x "X" { voice "Aria" }\n'
            'scene a 4s {\n cast x\n action "x"\n voiceover x "Oh well."\n}',
            "a.voiceover.words",
            id="what a transcription hears",
        ),
    ],
)
def test_what_is_told_in_another_way_is_another_thing(one: str, other: str, step_id: str) -> None:
    before, after = (
        plan_of(source if source.startswith("ad ") else f"ad x {{ size 2160p }}\n{source}") for source in (one, other)
    )
    assert keys(before)[step_id] != keys(after)[step_id]
    assert asks(before)[step_id] != asks(after)[step_id]


def test_a_sound_is_no_music() -> None:
    plan = plan_of('ad x { music "rain" }\nscene a 4s {\n action "x"\n effect "rain"\n}')
    assert plan.step("music").asks != plan.step("a.effect").asks


# What nobody is told.


def swapped(one: str, other: str) -> Callable[[str], str]:
    """Blocks of the story change places."""

    def make(source: str) -> str:
        blocks = source.split("\n\n")
        first, second = (next(i for i, block in enumerate(blocks) if block.startswith(start)) for start in (one, other))
        blocks[first], blocks[second] = blocks[second], blocks[first]
        return "\n\n".join(blocks)

    return make


def renamed(source: str, name: str, new: str) -> str:
    """The source with a name changed wherever it is one: outside of texts, and in their templates."""

    def in_text(text: re.Match[str]) -> str:
        return re.sub(r"{{.*?}}", lambda tag: re.sub(rf"\b{name}\b", new, tag[0]), text[0])

    parts = re.split(r'("[^"]*")', source)
    return "".join(
        re.sub(r".*", in_text, part) if index % 2 else re.sub(rf"\b{name}\b", new, part)
        for index, part in enumerate(parts)
    )


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda source: Edit(old, new, "").make(source)


UNTOLD: Final[Mapping[str, Callable[[str], str]]] = {
    "comments": lambda source: "# One\n" + source.replace("\n\n", "\n\n# Two\n"),
    "the layout": lambda source: re.sub(r"(?<=\S)  +", " ", source).replace("\n  ", "\n"),
    "the canonical layout": lambda source: format_text(source),
    "the order of declarations": swapped("character maya", "product serum"),
    "where a style stands": swapped("style phone", "character lena"),
    "the order of statements": replaced(
        'camera     "close"\n  light      "soft"', 'light      "soft"\n  camera     "close"'
    ),
    "another variant's text": replaced("Nobody told me.", "They never told me."),
    "the name of a choice": replaced("doubt   ", "doubted "),
    "a budget": replaced("  upscale\n", "  upscale\n  budget $99\n"),
    "the look of captions": replaced("captions  bold", "captions  plain"),
    "captions that wait for nobody": replaced("captions  bold using eleven_scribe", "captions  bold"),
    "a super": replaced('"Day 30" at top', '"Day 31" at bottom'),
    "when a sound is heard": replaced('"a tap drips" for 1s', '"a tap drips" from 1s for 1s'),
    "a card": replaced('headline  "Glow"', 'headline  "Glow on"'),
    "a colour of a card": replaced('headline  "Glow"', 'headline  "Glow"\n  background "#000000"'),
    "a platform": replaced("  upscale\n", "  upscale\n  platform tiktok\n"),
    "another shape to deliver": replaced("  upscale\n", "  upscale\n  deliver 9:16, 1:1\n"),
    "loudness": replaced("  upscale\n", "  upscale\n  loudness -16LUFS\n"),
    "how loud the music is": replaced('"soft piano in {{ city }}"\n', '"soft piano in {{ city }}" { level -26dB }\n'),
    "a cross-fade that keeps the times": replaced("scene wave 4s", "transition cut\n\nscene wave 4s"),
    "the price of a model of one's own": replaced("$0.05 per second", "$0.06 per second"),
    "a param's name": lambda source: source.replace("param city", "param place").replace("{{ city }}", "{{ place }}"),
    "a line break in a text": replaced(
        '"{{ maya }} hands {{ lena }} a cup in {{ city }}"',
        '"""\n    {{ maya }} hands {{ lena }}\n    a cup in {{ city }}\n  """',
    ),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_no_model_is_told_is_not_asked_for(name: str) -> None:
    source = UNTOLD[name](STORY)
    assert source != STORY
    after = plan_of(source)
    assert changed(asks(story()), asks(after)) == set()
    assert changed(keys(story()), keys(after)) == set()


RENAMED: Final = ("maya", "lena", "serum", "phone", "warm", "wan", "opener", "hook", "bench", "window", "talk", "cuts")


@pytest.mark.parametrize("name", RENAMED)
def test_a_name_is_not_asked_for(name: str) -> None:
    """A renamed scene keeps its take: its steps have other names, and ask for the same."""
    source = renamed(STORY, name, f"{name}_anew")
    assert source != STORY
    after = {re.sub(rf"^{name}_anew\b", name, step_id): asked for step_id, asked in asks(plan_of(source)).items()}
    assert after == asks(story())


# A world that moves on.


def with_prices(model: str, usd: str) -> Catalogue:
    """The catalogue on a day on which all that a model makes costs that much a unit."""

    def priced(value: Json) -> Json:
        return {name: priced(each) for name, each in value.items()} if isinstance(value, dict) else usd

    return Catalogue(
        tuple(
            replace(each, price=replace(each.price, usd=priced(each.price.usd))) if each.model == model else each
            for each in builtin().endpoints
        )
    )


def with_requests() -> Catalogue:
    """The catalogue of an adc that writes one more option of every request out."""
    endpoints = []
    for each in builtin().endpoints:
        assert isinstance(each.request, dict)
        properties = each.input_schema["properties"]
        assert isinstance(properties, dict)
        schema = {**each.input_schema, "properties": {**properties, "anew": {"type": "string"}}}
        endpoints.append(replace(each, request={**each.request, "anew": "yes"}, input_schema=schema))
    return Catalogue(tuple(endpoints))


def with_titles() -> Catalogue:
    return Catalogue(tuple(replace(each, title=f"{each.title} anew") for each in builtin().endpoints))


def with_wordings() -> Families:
    """A further version of every family."""
    templates = shipped().templates
    families = {wording.partition("/")[0] for wording in templates} - {"scene"}
    return Families({**templates, **{f"{each}/2": f'In other words. {{% include "{each}/1" %}}' for each in families}})


WORLDS: Final[Mapping[str, tuple[Callable[[], Plan], str]]] = {
    "prices": (lambda: plan_of(STORY, catalogue=with_prices("kling_o1_standard", "0.083")), ""),
    "the cheapest model": (
        lambda: plan_of(STORY, catalogue=with_prices("kling_o3", "0.001")),
        "cuts.clip.1 cuts.clip.2",
    ),
    "the cheapest still": (lambda: plan_of(STORY, catalogue=with_prices("flux_2_pro", "0.0001")), "own.keyframe"),
    "requests": (lambda: plan_of(STORY, catalogue=with_requests()), " ".join(asks(story()).keys() - {"own.clip"})),
    "titles": (lambda: plan_of(STORY, catalogue=with_titles()), ""),
    "wordings": (
        lambda: plan_of(STORY, families=with_wordings()),
        f"maya.pack.front maya.pack.profile {_SCENES} {_KEYFRAMES} talk.morph",
    ),
    "a model that was cast before": (
        lambda: plan_of(STORY, pins=Pins(models={"cuts.clip.1": "kling_o1", "own.keyframe": "flux_2"})),
        "cuts.clip.1 own.keyframe",
    ),
    "a take that was accepted": (
        lambda: plan_of(STORY, pins=Pins(takes={"hook.clip": 3, "hook.effect": 2, "talk.lipsync": 2})),
        "hook.clip hook.effect talk.lipsync",
    ),
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_world_changes_keys_and_not_what_is_asked_for(name: str) -> None:
    world, roots = WORLDS[name]
    after = world()
    assert changed(asks(story()), asks(after)) == set()
    moved = and_what_uses(story(), set(roots.split()))
    assert changed(keys(story()), keys(after)) == moved & asks(after).keys()


def test_a_picture_is_what_is_in_it() -> None:
    """The same bytes under another name are the same picture, and other bytes under the same name another."""
    same = plan_of(
        STORY.replace('"refs/look.webp"', '"refs/same.webp"'), {"refs/same.webp": pictures()["refs/look.webp"]}
    )
    assert asks(same) == asks(story())
    other = plan_of(STORY, {"refs/look.webp": picture(700, 500, "WEBP")})
    assert changed(asks(story()), asks(other)) == changed(keys(story()), keys(other)) != set()


def test_a_rough_plan_asks_for_nothing() -> None:
    files = MemoryFiles({**pictures(), SPEC: STORY.encode()})
    rough = compile_spec(SPEC, files, builtin(), rough=True).plan
    assert rough is not None
    assert {step.asks for step in rough.steps} == {""}


# Any edit at all.

MORE: Final = [
    'ad more { music "rain" }\ncharacter maya "A woman" { reference "refs/maya.png" }\n'
    'character lena "A woman" { reference "refs/maya/1.jpg" }\n'
    'scene a 4s {\n  cast maya, lena\n  action "{{ maya }} waits"\n  effect "rain" for 4s\n}\n'
    'scene b 16s {\n  cast lena\n  action "{{ lena }} walks"\n  light "soft"\n}\n'
    'scene c 4s {\n  start "refs/maya.png"\n  end "refs/look.webp"\n  action "rain"\n}\n',
    'ad more { size 720p }\ncharacter maya "Maya" {\n  reference "refs/maya.png"\n  looks auto\n}\n'
    'product serum "Maya" {\n  reference "refs/serum.jpg"\n  looks "dark {{ maya|upper }}"\n}\n'
    'scene a 8s {\n  using veo3_1\n  action "{{ maya.looks }} and {{ serum.looks }}"\n}\n'
    'scene b 7s {\n  using veo3_1\n  start clip of a\n  prompt "the tide"\n}\n'
    'scene c 4s {\n  cast serum, maya\n  start keyframe "{{ serum }} here" using nano_banana\n  action "foam"\n}\n',
]
"""Smaller ads, which edits hit more often where it matters."""

_TOKEN = re.compile(r'"[^"\n]*"|\$?\d+(?::\d+|\.\d+)?[A-Za-z]*|[a-z_][a-z_0-9.]*')


def sort_of(token: str) -> str:
    """Tokens of one sort may stand for each other."""
    if token[0] == '"':
        return "file" if token.rpartition(".")[2] in ('png"', 'jpg"', 'webp"') else "text"
    return re.sub(r"[\d.$:]", "", token) + "#" if token[0] in "$0123456789" else "name"


def edited(source: str, random: Random) -> str:
    """The source with one thing changed at random: a token or two, a line or two, a block, a word of a text."""
    tokens = list(_TOKEN.finditer(source))
    lines = source.split("\n")
    match random.choice(("token", "token", "token", "swap", "word", "cut", "copy", "lines", "block")):
        case "token" | "swap" as how:
            one = random.choice(tokens)
            like = [each for each in tokens if sort_of(each[0]) == sort_of(one[0]) and each[0] != one[0]]
            if not like:
                return source
            first, second = sorted((one, random.choice(like)), key=lambda each: each.start())
            kept = second[0] if how == "token" else first[0]
            between = source[first.end() : second.start()]
            return f"{source[: first.start()]}{second[0]}{between}{kept}{source[second.end() :]}"
        case "word":
            text = random.choice([each for each in tokens if sort_of(each[0]) == "text"])
            return f"{source[: text.end() - 1]} slowly{source[text.end() - 1 :]}"
        case "cut":
            del lines[random.randrange(len(lines))]
        case "copy":
            lines.insert(random.randrange(len(lines)), random.choice(lines))
        case "lines":
            one_line, other = random.randrange(len(lines)), random.randrange(len(lines))
            lines[one_line], lines[other] = lines[other], lines[one_line]
        case _:
            blocks = re.split(r"\n(?=[a-z])", source)
            blocks.insert(random.randrange(len(blocks)), blocks.pop(random.randrange(len(blocks))))
            return "\n".join(blocks)
    return "\n".join(lines)


def plans(source: str, random: Random, edits: int) -> Iterator[tuple[str, Plan]]:
    """Plans of the source and of what comes of it by edits, each on the one before or beside it."""
    kept = source
    for _ in range(edits):
        found = compile_spec(SPEC, MemoryFiles({**pictures(), "refs/song.wav": SONG, SPEC: source.encode()}), builtin())
        if found.plan is not None:
            yield source, found.plan
            kept = source
        source = edited(source if found.plan is not None and random.random() < 0.6 else kept, random)


@given(st.sampled_from([STORY, *MORE, *MORE]), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_asks_for_the_same_is_sent_the_same(source: str, random: Random) -> None:
    """Two steps of any specs: where their keys differ under one catalogue, one of the specs asks for something else.

    So no edit of a spec is ever taken for a world that has moved on, whose old takes would be kept.
    """
    known: dict[str, tuple[str, str, str]] = {}
    for text, plan in plans(source, random, edits=20):
        derived = plan_keys(plan)
        for step in plan.steps:
            if step.kind != "generate":
                continue
            told = json.dumps([step.id, step.endpoint, step.arguments], indent=1)
            key, before, spec = known.setdefault(step.asks, (derived[step.id], told, text))
            assert key == derived[step.id], f"{before}\n{told}\n{spec}\n-----\n{text}"
