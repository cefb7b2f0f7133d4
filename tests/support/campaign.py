"""A small ad with everything that is bought: words and a LoRA for a person, clips split and dubbed, music, choices.

Drawn by `draw`, it is quick to make, and yet every request has a result of its own, as with real models.
"""

import zlib
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from support.project import draw_picture
from support.sim import picture, sound, tiny_media

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json

SPEC = """\
param city "Denver"
param opening 3s

variant opener {
  doubt   "I gave up."
  secret  "Nobody in {{ city }} told me."
}

variant closer {
  soft  "See you."
  hard  "Buy it now."
}

ad campaign "Campaign" {
  size     270p 9:16
  rate     10fps
  budget   $9
  captions bold
  music    "soft lo-fi, no vocals" {
    level -22dB
    duck  9dB
  }
  deliver  9:16, 1:1
}

voice warm {
  using eleven_v3
  id    "Rachel"
}

character maya "Maya Brooks" {
  reference "refs/maya.png"
  looks     auto
  voice     warm
  pack      front
  lora {
    photos  "photos/*.png"
    trigger "MAYAB"
  }
}

scene hook opening {
  using  kling_o3
  cast   maya
  action "{{ maya }} leans in"
  says   maya "{{ opener }}"
}

transition continue

scene proof 11s {
  using     kling_o1_standard
  cast      maya
  action    "{{ maya }} walks through {{ city }}"
  voiceover maya "Two drops."
  super     "Day 30" at top from 1s for 1s
}

transition morph 3s "morning becomes evening"

scene park 3s {
  cast   maya
  start  keyframe "{{ maya }} on a park bench"
  action "{{ maya }} turns to us"
}

transition fade 500ms

scene walk 6s {
  using  kling_o1_standard
  cast   maya
  action "{{ maya }} walks home"
  shot 3s { camera "wide" }
  shot 3s {
    camera "close"
    says   maya "{{ closer }}"
  }
}

card offer 1s { headline "Only in {{ city }}" }
"""

COMMON = {
    "maya.looks",
    "maya.pack.front",
    "maya.lora",
    "park.keyframe",
    "park.clip",
    "walk.clip.1",
    "walk.clip.2",
    "music",
}
"""What is bought whatever is said in the first two scenes."""

PAID = COMMON | {
    "hook.clip",
    "proof.voiceover",
    "proof.clip.1",
    "proof.clip.2",
    "park.morph",
    "walk.voice.2",
    "walk.lipsync.2",
}


def write_campaign(folder: Path) -> Path:
    """Write the spec and its pictures into `folder`, and give it back."""
    draw_picture(folder / "refs" / "maya.png", (150, 95, 70))
    for number in range(4):
        draw_picture(folder / "photos" / f"{number}.png", (150, 95, 60 + 10 * number))
    (folder / "campaign.ad").write_text(SPEC, encoding="utf-8")
    return folder


async def draw(
    endpoint: Endpoint, arguments: Mapping[str, Json], _brief: Mapping[str, Json], folder: Path
) -> dict[str, Path]:
    """Small real media of the length that was asked for, another for each request."""
    seed = zlib.crc32(_bytes(dict(arguments)))
    match endpoint.makes:
        case "image":
            path = picture(folder / "image.png", f"#{seed & 0xFFFFFF:06x}")
        case "video":
            path = clip(folder / "video.mp4", _seconds(arguments), seed)
        case "audio":
            length = arguments.get("seconds_total", 0.4 + seed % 1000 / 5000)
            path = sound(folder / "audio.wav", float(str(length)))
        case _:
            return dict(tiny_media(endpoint, folder))
    return dict.fromkeys(endpoint.outputs, path)


def clip(path: Path, seconds: float, seed: int) -> Path:
    """An MP4 at 10 fps of a coarse pattern that moves by a pixel each frame: quick to encode, here and in a film."""
    pattern = np.random.default_rng(seed).integers(0, 255, (12, 8, 3), dtype=np.uint8).repeat(40, 0).repeat(40, 1)
    with av.open(path, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 480, "yuv420p"
        for number in range(round(seconds * 10)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(pattern, number, axis=1)), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def _bytes(value: Json) -> bytes:
    """What a request says, with the bytes of its files in the place of their addresses."""
    if isinstance(value, dict):
        return b"".join(name.encode() + _bytes(item) for name, item in sorted(value.items()))
    if isinstance(value, list):
        return b"".join(map(_bytes, value))
    if isinstance(value, str) and value.startswith("/"):
        return Path(value).read_bytes()
    return repr(value).encode()


def _seconds(arguments: Mapping[str, Json]) -> float:
    """The length that was asked for, or that of the clip that was sent."""
    if "duration" in arguments:
        return float(str(arguments["duration"]).rstrip("s"))
    with av.open(str(arguments["video_url"])) as sent:
        assert sent.duration is not None
        return sent.duration / 1_000_000
