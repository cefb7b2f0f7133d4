"""Fifty edits of one spec, each with the steps that have to be bought again because of it, worked out by hand.

Every edit builds on the one before. `bought` is the truth: what a person who knows the language would say. Edits that
only change what is cut, drawn or placed here buy nothing; what was bought once for the same words is not bought again.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from support.project import draw_picture
from support.sim import film, sound, tiny_media

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json

SPEC = """\
ad story "A story" {
  size    144p 9:16
  budget  $40
}

character maya "Maya Brooks" {
  reference "refs/maya.png"
  looks     "a woman of about thirty with dark curly hair"
  wears     "cream knit sweater"
  voice     "Rachel"
  pack      front, profile
}

product serum "Glow Serum" {
  reference "refs/serum.png"
  looks     "amber glass bottle"
}

scene hook 2s {
  using  veo3_1_lite
  cast   maya
  start  keyframe "{{ maya }} at a mirror" using nano_banana
  action "{{ maya }} leans in"
  says   maya "I gave up."
}

scene proof 2s {
  using     kling_o1_standard
  cast      maya, serum
  action    "{{ maya }} lifts {{ serum }}"
  voiceover maya "Two drops."
}

transition continue

scene window 2s {
  using  kling_o1_standard
  cast   maya
  action "{{ maya }} turns to the window"
}

card offer 1s {
  headline "Glow Serum"
  button   "Shop now"
}
"""

_PARK = """\
scene park 2s {
  using  kling_o1_standard
  cast   maya
  action "{{ maya }} sits down on a park bench"
}"""

_SHELF = """\
scene shelf 2s {
  using  kling_o1_standard
  cast   serum
  action "{{ serum }} stands on a shelf"
}"""

PACK = frozenset({"maya.pack.front", "maya.pack.profile"})
CLIPS = frozenset({"hook.clip", "proof.clip", "window.clip"})
ALL = PACK | CLIPS | {"hook.keyframe", "proof.voiceover"}
"""What the first build buys."""

LOOK = frozenset({"hook.keyframe", "hook.clip", "demo.clip", "window.clip", "park.clip"})
"""What another look of the whole film buys, once there is a park."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A commit: its title, what is done to the project's folder, and what has to be bought for it."""

    title: str
    make: Callable[[Path], None]
    bought: frozenset[str] = frozenset()


def _words(*changes: tuple[str, str]) -> Callable[[Path], None]:
    """Replace words of the spec, each of which stands there once."""

    def make(project: Path) -> None:
        spec = project / "story.ad"
        text = spec.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, (old, text.count(old))
            text = text.replace(old, new)
        spec.write_text(text, encoding="utf-8")

    return make


def _picture(name: str, tone: tuple[int, int, int]) -> Callable[[Path], None]:
    return lambda project: draw_picture(project / "refs" / name, tone)


def _end(words: str) -> Callable[[Path], None]:
    """Put pieces before the end card."""
    return _words(("card offer", f"{words}\n\ncard offer"))


def _block(text: str, scene: str) -> str:
    """A scene with the empty line behind it."""
    start = text.index(f"scene {scene} ")
    end = text.index("\n}\n", start) + 3
    return text[start : end + (text[end : end + 1] == "\n")]


def _cut(scene: str) -> Callable[[Path], None]:
    def make(project: Path) -> None:
        spec = project / "story.ad"
        text = spec.read_text(encoding="utf-8")
        spec.write_text(text.replace(_block(text, scene), ""), encoding="utf-8")

    return make


def _first(scene: str) -> Callable[[Path], None]:
    """Move a scene to the head of the film."""

    def make(project: Path) -> None:
        spec = project / "story.ad"
        text = spec.read_text(encoding="utf-8")
        block = _block(text, scene)
        spec.write_text(text.replace(block, "").replace("scene hook ", f"{block}scene hook "), encoding="utf-8")

    return make


def _apart(project: Path) -> None:
    """Move her into a file of her own."""
    spec = project / "story.ad"
    text = spec.read_text(encoding="utf-8")
    start = text.index("character maya ")
    end = text.index("}\n", start) + 2
    (project / "cast").mkdir()
    declared = text[start:end].replace('"refs/', '"../refs/')
    (project / "cast" / "maya.ad").write_text(declared, encoding="utf-8")
    spec.write_text(f'import "cast/maya.ad"\n\n{text[:start]}{text[end:].lstrip()}', encoding="utf-8")


def _branded(project: Path) -> None:
    """Import her under a name."""
    spec = project / "story.ad"
    text = spec.read_text(encoding="utf-8").replace('import "cast/maya.ad"', 'import "cast/maya.ad" as brand')
    for old in ("cast   maya", "cast      maya", "says   maya", "voiceover maya"):
        text = text.replace(old, old.replace("maya", "brand.maya"))
    spec.write_text(text.replace("{{ maya }}", "{{ brand.maya }}"), encoding="utf-8")


_PROOF = "scene proof 2s {\n  using     kling_o1"
_TAKE = 'turns to the garden"\n  take   2'
_CHOICES = 'variant opener {\n  doubt  "I gave up."\n  secret "Nobody told me."\n}\n\nscene hook 2s'

EDITS = (
    Edit("Lean closer", _words(("leans in", "leans closer")), frozenset({"hook.clip"})),
    Edit("A comment", _words(("scene hook 2s {", "# the first seconds decide\nscene hook 2s {"))),
    Edit("More blanks", _words(('action    "{{ maya }} lifts', 'action       "{{ maya }} lifts'))),
    Edit("Raise it", _words(("lifts {{ serum }}", "raises {{ serum }}")), frozenset({"proof.clip", "window.clip"})),
    Edit("To the garden", _words(("to the window", "to the garden")), frozenset({"window.clip"})),
    Edit("Three drops", _words(("Two drops.", "Three drops.")), frozenset({"proof.voiceover"})),
    Edit("Another headline", _words(('headline "Glow Serum"', 'headline "Glow on"'))),
    Edit("A super", _words(("says   maya", 'super  "Day 1" at top\n  says   maya'))),
    Edit("The super moves", _words(('super  "Day 1" at top', 'super  "Day 1" at bottom for 1s'))),
    Edit("Another sweater", _words(("cream knit sweater", "sage green sweater")), PACK | {"hook.keyframe"} | CLIPS),
    Edit("Another photo of her", _picture("maya.png", (120, 80, 60)), PACK | {"hook.keyframe"} | CLIPS),
    Edit("Another bottle", _picture("serum.png", (90, 140, 60)), frozenset({"proof.clip", "window.clip"})),
    Edit("The better model", _words((f"{_PROOF}_standard", _PROOF)), frozenset({"proof.clip", "window.clip"})),
    Edit("Another try", _words(('turns to the garden"', _TAKE)), frozenset({"window.clip"})),
    Edit("Back to the first", _words((_TAKE, 'turns to the garden"'))),
    Edit("A better name", _words(("scene proof 2s", "scene demo 2s"))),
    Edit("Less money", _words(("budget  $40", "budget  $35"))),
    Edit("A longer look", _words(("scene window 2s", "scene window 3s"))),
    Edit("Longer than five seconds", _words(("scene window 3s", "scene window 6s")), frozenset({"window.clip"})),
    Edit("Short again", _words(("scene window 6s", "scene window 2s"))),
    Edit("Square as well", _words(("budget  $35", "budget  $35\n  deliver 9:16, 1:1"))),
    Edit("Captions", _words(("budget  $35", "budget  $35\n  captions bold"))),
    Edit("Music", _words(("captions bold", 'captions bold\n  music   "soft piano"')), frozenset({"music"})),
    Edit("Quieter", _words(('music   "soft piano"', 'music   "soft piano" { level -26dB }'))),
    Edit("Another tune", _words(('"soft piano" {', '"warm guitar" {')), frozenset({"music"})),
    Edit("A park, and music as long as the film", _end(_PARK), frozenset({"park.clip", "music"})),
    Edit("The park first", _first("park")),
    Edit("No park", _cut("park")),
    Edit("A shelf, and the park is back", _end(f"{_SHELF}\n\n{_PARK}"), frozenset({"shelf.clip", "music"})),
    Edit("No shelf", _cut("shelf")),
    Edit(
        "A look for everything",
        _words(
            ("captions bold", "captions bold\n  style   phone"),
            ("scene hook 2s", 'style phone { look "shot on a phone" }\n\nscene hook 2s'),
        ),
        LOOK,
    ),
    Edit(
        "A variant that says the same",
        _words(('says   maya "I gave up."', 'says   maya "{{ opener }}"'), ("scene hook 2s", _CHOICES)),
    ),
    Edit("The other choice changes", _words(("Nobody told me.", "They never said."))),
    Edit("The first choice changes", _words(("I gave up.", "I was done.")), frozenset({"hook.clip"})),
    Edit(
        "A param that says the same",
        _words(
            ("turns to the garden", "turns to the {{ place }}"),
            ("variant opener", 'param place "garden"\n\nvariant opener'),
        ),
    ),
    Edit("Another place", _words(('param place "garden"', 'param place "balcony"')), frozenset({"window.clip"})),
    Edit("A dissolve", _words(("scene demo 2s", "transition dissolve 500ms\n\nscene demo 2s"))),
    Edit("Another voice", _words(('voice     "Rachel"', 'voice     "Aria"')), frozenset({"demo.voiceover"})),
    Edit("A longer hook", _words(("scene hook 2s", "scene hook 5s")), frozenset({"hook.clip", "music"})),
    Edit("Half a second less", _words(("scene hook 5s", "scene hook 4500ms"))),
    Edit("Another start", _words(("at a mirror", "at a wide mirror")), frozenset({"hook.keyframe", "hook.clip"})),
    Edit(
        "Another model of stills",
        _words(('wide mirror" using nano_banana', 'wide mirror" using flux_2')),
        frozenset({"hook.keyframe", "hook.clip"}),
    ),
    Edit("A sound", _words(("says   maya", 'effect "a tap drips" for 1s\n  says   maya')), frozenset({"hook.effect"})),
    Edit("Her in a file of her own", _apart),
    Edit("Her by another name", _branded),
    Edit("By daylight", _words(('look "shot on a phone"', 'look "shot on a phone, daylight"')), LOOK),
    Edit(
        "A morph",
        _words(("scene park 2s", 'transition morph 3s "leaves fall"\n\nscene park 2s')),
        frozenset({"park.morph", "music"}),
    ),
    Edit("Another morph", _words(("leaves fall", "snow falls")), frozenset({"park.morph"})),
    Edit("No continuing", _words(("transition continue\n\n", "")), frozenset({"window.clip", "park.morph"})),
    Edit("The headline as it was", _words(('headline "Glow on"', 'headline "Glow Serum"'))),
)


def write_story(project: Path) -> None:
    """The first commit's files."""
    draw_picture(project / "refs" / "maya.png", (150, 95, 70))
    draw_picture(project / "refs" / "serum.png", (200, 120, 30))
    (project / "story.ad").write_text(SPEC, encoding="utf-8")


async def distinct(
    endpoint: Endpoint, arguments: Mapping[str, Json], _brief: Mapping[str, Json], folder: Path
) -> Mapping[str, Path]:
    """Small real media, other bytes for every request: what is asked for in another way looks different."""
    seed = zlib.crc32(repr((endpoint.id, sorted(arguments.items()))).encode())
    match endpoint.makes:
        case "image":
            path = folder / "image.png"
            Image.new("RGB", (720, 960), (seed & 255, seed >> 8 & 255, seed >> 16 & 255)).save(path)
        case "video":
            seconds = float(str(arguments["duration"]).rstrip("s"))
            path = film(folder / "video.mp4", seconds, seed=seed)
        case "audio":
            path = sound(folder / "audio.wav")
        case _:
            return tiny_media(endpoint, folder)
    return dict.fromkeys(endpoint.outputs, path)
