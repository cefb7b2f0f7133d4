"""A small ad with a bit of everything, and edits of it, each with what follows: what is bought, and what is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from support.planned import planned
from support.spec_cases import picture

from adc.compiler.plan import Plan

SPEC = """\
ad glow "Glow" {
  size    270p 9:16
  rate    30fps
  music   "soft lo-fi, no vocals" { level -22dB }
  captions bold
}

character maya "Maya Brooks" {
  reference "refs/maya.png"
  looks     "a woman of about thirty with dark curly hair"
  wears     "cream knit sweater"
  voice     "Rachel"
  pack      front, profile
}

product serum "Glow Serum" {
  reference "refs/bottle.png"
  looks     "amber glass bottle"
}

scene hook 4s {
  using  kling_o1_standard
  cast   maya
  action "{{ maya }} leans in to the mirror"
  camera "handheld"
}

scene proof 3s {
  using     kling_o1_standard
  cast      maya, serum
  action    "{{ maya }} lifts {{ serum }} to the light"
  voiceover maya "Two drops."
  super     "Day 30" at top from 1s for 1s
}

transition continue

scene window 5s {
  using  kling_o1_standard
  cast   maya
  action "{{ maya }} turns to the window and opens it"
}

transition fade 500ms

scene street 4s {
  using  veo3_1_lite
  action "a busy street at noon"
}

card offer 2s {
  headline "Glow Serum"
  line     "20% off your first bottle"
}
"""

BOTTLE = picture(800, 900)
ANOTHER = picture(800, 901)

ALL_OF_MAYA = {"maya.pack.front", "maya.pack.profile", "hook.clip", "proof.clip", "window.clip"}


@cache
def glow(source: str = SPEC, bottle: bytes = BOTTLE) -> Plan:
    """The plan of the ad."""
    return planned(source, {"refs/bottle.png": bottle})


def edited(old: str, new: str) -> Callable[[], Plan]:
    """The ad with some text replaced; the text is in it once."""
    assert SPEC.count(old) == 1, old
    return lambda: glow(SPEC.replace(old, new))


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit, the steps that it buys, and what is told: the part, what about it, and the name of that.

    `again` are the steps that are bought for nothing of their own, with the step that they follow.
    """

    name: str
    after: Callable[[], Plan]
    bought: set[str] = field(default_factory=set)
    told: set[tuple[str, str, str]] = field(default_factory=set)
    again: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)


EDITS = [
    Edit("nothing", glow),
    Edit(
        "words of a scene",
        edited("leans in to the mirror", "leans back from the mirror"),
        {"hook.clip"},
        {("hook", "words", "prompt")},
    ),
    Edit(
        "words of a scene that another continues",
        edited("lifts {{ serum }} to the light", "hides {{ serum }}"),
        {"proof.clip", "window.clip"},
        {("proof", "words", "prompt")},
        {"window.clip": "proof.clip"},
    ),
    Edit(
        "what she wears",
        edited("cream knit", "red knit"),
        ALL_OF_MAYA,
        {(part, "words", "prompt") for part in ("maya", "hook", "proof", "window")},
    ),
    Edit(
        "the bytes of a picture",
        lambda: glow(bottle=ANOTHER),
        {"proof.clip", "window.clip"},
        {("proof", "picture", "elements.frontal_image_url"), ("proof", "picture", "elements.reference_image_urls")},
        {"window.clip": "proof.clip"},
    ),
    Edit(
        "time on screen",
        edited("scene hook 4s", "scene hook 6s"),
        {"hook.clip", "music"},
        {
            *(("hook", "time", name) for name in ("on screen", "bought")),
            *(("hook", "price", ""), ("film", "film", "length"), ("music", "option", "seconds_total")),
        },
    ),
    Edit(
        "a longer card",
        edited("card offer 2s", "card offer 2.4s"),
        set(),
        {("offer", "time", "on screen"), ("film", "film", "length")},
    ),
    Edit(
        "the model",
        edited("using  veo3_1_lite", "using  veo3_1_fast"),
        {"street.clip"},
        {("street", "model", ""), ("street", "price", "")},
    ),
    Edit(
        "another take",
        edited('a busy street at noon"', 'a busy street at noon"\n  take 2'),
        {"street.clip"},
        {
            ("street", "take", ""),
        },
    ),
    Edit(
        "a seed",
        edited('a busy street at noon"', 'a busy street at noon"\n  seed 7'),
        {"street.clip"},
        {("street", "option", "seed")},
    ),
    Edit(
        "an option",
        edited('a busy street at noon"', 'a busy street at noon"\n  set auto_fix true'),
        {"street.clip"},
        {("street", "option", "auto_fix")},
    ),
    Edit(
        "a voice-over",
        edited("Two drops.", "Three drops."),
        {"proof.voiceover"},
        {("proof", "words", "text"), ("proof", "price", "")},
    ),
    Edit("a super", edited("Day 30", "Day 31"), set(), {("proof", "super", "")}),
    Edit("the time of a super", edited("from 1s for 1s", "from 2s for 1s"), set(), {("proof", "super", "")}),
    Edit("a card", edited("20% off", "30% off"), set(), {("offer", "words", "lines")}),
    Edit(
        "a transition",
        edited("transition fade 500ms", "transition wipe_left 500ms"),
        set(),
        {("street", "transition", "")},
    ),
    Edit(
        "no transition",
        edited("transition continue\n\n", ""),
        {"window.clip"},
        {("window", "transition", ""), ("window", "uses", "image_urls"), ("window", "words", "prompt")},
    ),
    Edit("the level of the music", edited("level -22dB", "level -20dB"), set(), {("music", "film", "level")}),
    Edit(
        "the words of the music",
        edited("soft lo-fi", "loud techno"),
        {"music"},
        {("music", "words", "prompt")},
    ),
    Edit("the look of captions", edited("captions bold", "captions plain"), set(), {("film", "film", "captions")}),
    Edit("a title", edited('"Glow" {', '"Glow!" {'), set(), {("film", "film", "title")}),
    Edit(
        "a scene renamed",
        edited("scene hook", "scene opening"),
        states={"opening": "renamed", "film": "changed"},
    ),
    Edit(
        "a scene renamed and reworded",
        edited("scene hook 4s {", 'scene opening 4s {\n  mood "curious"'),
        {"opening.clip"},
        {("opening", "words", "prompt")},
        states={"opening": "changed", "film": "changed"},
    ),
    Edit(
        "a scene with another one in front of it, under its name",
        edited(
            "scene hook 4s {", 'scene hook 4s {\n  using veo3_1_lite\n  action "a dog barks"\n}\n\nscene hook2 4s {'
        ),
        {"hook.clip", "music"},
        {("film", "film", "length"), ("music", "option", "seconds_total")},
        states={"hook": "added", "hook2": "renamed", "film": "changed", "music": "changed"},
    ),
    Edit(
        "another scene in its place",
        edited('using  veo3_1_lite\n  action "a busy street at noon"', 'using  veo3_1_lite\n  action "rain on a lake"'),
        {"street.clip"},
        {("street", "words", "prompt")},
    ),
]
