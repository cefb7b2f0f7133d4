"""The words of the language as tables: which statements a declaration has, and how each is written.

`usage` is what a diagnostic shows as the right form. `later` are words that the language reference has and this
version does not build: they get a message of their own, because whoever wrote them made no mistake.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """The statements of one place. Those in `many` may be repeated."""

    place: str
    usage: Mapping[str, str]
    many: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()


TOP = Table(
    "a file",
    {
        "import": 'import "cast/maya.ad"',
        "ad": 'ad glow_serum "Glow Serum" { … }',
        "character": 'character maya "Maya Brooks" { … }',
        "product": 'product serum "Glow Serum" { … }',
        "style": "style phone { … }",
        "scene": "scene hook 8s { … }",
        "card": "card offer 3s { … }",
        "transition": "transition continue",
    },
    later=frozenset({"param", "variant", "voice", "model"}),
)

AD = Table(
    "`ad`",
    {
        "duration": "duration 30s",
        "size": "size 1080p 9:16",
        "rate": "rate 30fps",
        "budget": "budget $15",
        "style": "style phone",
    },
    later=frozenset({"captions", "music", "deliver", "platform", "loudness"}),
)

CHARACTER = Table(
    "`character`",
    {
        "reference": 'reference "refs/maya.png"',
        "looks": 'looks "late twenties, freckles"',
        "wears": 'wears "cream knit sweater"',
        "voice": 'voice "warm, unhurried"',
        "pack": "pack front, three_quarter, profile, smile",
    },
    later=frozenset({"photos", "lora"}),
)

PRODUCT = Table(
    "`product`",
    {"reference": 'reference "refs/serum.png"', "looks": 'looks "amber glass dropper bottle"'},
    later=frozenset({"photos"}),
)

STYLE = Table(
    "`style`",
    {
        "look": 'look "shot on a phone, soft window light"',
        "avoid": 'avoid "text, watermark"',
        "reference": 'reference "refs/look.jpg"',
    },
)

SCENE = Table(
    "`scene`",
    {
        "using": "using kling_o1",
        "cast": "cast maya, serum",
        "setting": 'setting "a small bright bathroom"',
        "action": 'action "{{ maya }} lifts {{ serum }}"',
        "camera": 'camera "slow push-in"',
        "light": 'light "morning sun"',
        "mood": 'mood "hopeful"',
        "sound": 'sound "a tap drips"',
        "prompt": 'prompt "{{ maya }} smiles"',
        "says": 'says maya "I almost gave up."',
        "voiceover": 'voiceover maya "Two drops."',
        "avoid": 'avoid "text, watermark"',
        "style": "style phone",
        "start": 'start "refs/first.png"',
        "seed": "seed 7",
        "take": "take 2",
        "set": "set cfg_scale 0.5",
    },
    many=frozenset({"says", "voiceover", "set"}),
    later=frozenset({"end", "super", "shot", "reference"}),
)

CARD = Table(
    "`card`",
    {
        "background": 'background "#f4efe8"',
        "headline": 'headline "Glow Serum"',
        "line": 'line "20% off your first bottle"',
        "button": 'button "Shop now"',
        "logo": 'logo "refs/logo.png"',
        "image": 'image "refs/bottle.png"',
    },
    many=frozenset({"line"}),
)

TABLES = (TOP, AD, CHARACTER, PRODUCT, STYLE, SCENE, CARD)

VIEWS = ("front", "three_quarter", "profile", "smile", "neutral", "back")
"""What a `pack` may hold."""

TRANSITIONS = ("cut", "continue")
LATER_TRANSITIONS = frozenset(
    {"morph", "dissolve", "fade", "fade_black", "fade_white", "radial", "pixelize", "zoom_in"}
    | {
        f"{kind}_{side}"
        for kind in ("wipe", "slide", "smooth", "cover", "reveal")
        for side in ("left", "right", "up", "down")
    }
)


def likeliest(word: str, options: Iterable[str]) -> str:
    """The hint that names the option most like `word`, or an empty one."""
    plain = {option.casefold(): option for option in sorted(options)}
    near = difflib.get_close_matches(word.casefold(), plain, n=1)
    return f"did you mean `{plain[near[0]]}`?" if near else ""
