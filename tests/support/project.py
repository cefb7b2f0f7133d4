"""A small project on disk: one person, one product, two chained scenes among three, a voice, a card."""

import zlib
from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageDraw
from support.sim import film, picture, sound, tiny_media

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json

SPEC = """\
ad tiny "Tiny" {
  duration 11s
  size     270p 9:16
  rate     30fps
  budget   $5
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

scene hook 4s {
  using  veo3_1_lite
  cast   maya
  start  keyframe "{{ maya }} at a mirror" using nano_banana
  action "{{ maya }} leans in"
  says   maya "I almost gave up."
}

scene proof 3s {
  using     kling_o1_standard
  cast      maya, serum
  action    "{{ maya }} lifts {{ serum }}"
  voiceover maya "Two drops."
}

transition continue

scene window 3s {
  using  kling_o1_standard
  cast   maya
  action "{{ maya }} turns to the window"
}

card offer 1s {
  headline "Glow Serum"
  button   "Shop now"
}
"""

SCENES = {"hook": (0, 120), "proof": (120, 90), "window": (210, 90), "offer": (300, 30)}
"""Start and length of each piece, in frames."""


def draw_picture(path: Path, tone: tuple[int, int, int]) -> None:
    """A picture with a shape on it, large enough for every model."""
    picture = Image.new("RGB", (600, 750), "#e8dcc8")
    ImageDraw.Draw(picture).ellipse((150, 120, 450, 520), fill=tone)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def write_project(folder: Path) -> Path:
    """Write the spec and its pictures into `folder`, and give it back."""
    draw_picture(folder / "refs" / "maya.png", (150, 95, 70))
    draw_picture(folder / "refs" / "serum.png", (200, 120, 30))
    (folder / "tiny.ad").write_text(SPEC, encoding="utf-8")
    return folder


def edit(project: Path, old: str, new: str) -> None:
    """Replace some text of the spec."""
    spec = project / "tiny.ad"
    text = spec.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    spec.write_text(text.replace(old, new), encoding="utf-8")


async def quick_draw(
    endpoint: Endpoint, arguments: Mapping[str, Json], brief: Mapping[str, Json], folder: Path
) -> dict[str, Path]:
    """Small real media of the length that was asked for, another for each prompt: a stand-in that draws it is quick."""
    match endpoint.makes:
        case "image":
            path = picture(folder / "image.png")
        case "video":
            seconds = float(str(arguments["duration"]).rstrip("s"))
            path = film(folder / "video.mp4", seconds, seed=zlib.crc32(str(arguments["prompt"]).encode()))
        case "audio":
            path = sound(folder / "audio.wav")
        case _:
            return dict(tiny_media(endpoint, folder))
    return dict.fromkeys(endpoint.outputs, path)
