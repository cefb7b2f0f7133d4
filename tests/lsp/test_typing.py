"""What is offered in the middle of typing each statement of the language: half a line, an open brace, an open text."""

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, at

pytestmark = pytest.mark.anyio

SPEC = """import "cast/maya.ad"
import "brand.ad" as brand

ad glow "Glow" {
  style  phone
  <ad>
}

param city "Denver"
param opening 8s

variant opener {
  doubt   "I almost gave up."
  secret  "Nobody in {{ city }} told me."
}

style phone { look "soft" }

voice warm {
  using  eleven_v3
  <voice>
}

model wan "fal-ai/wan/v2.2/image-to-video" {
  lengths  5s, 10s
  <model>
}

model painter "fal-ai/painter" { makes image }

character zoe "Zoe" {
  voice  warm
  <character>
  lora {
    trigger  "ZOEX"
    <lora>
  }
}

scene hook opening {
  cast    zoe
  action  "{{ maya }} leans in"
  <scene>
}

<top>

scene next 9s {
  using  kling_o1
  shot 4s {
    camera  "close"
    <shot>
  }
}

card offer 3s {
  headline  "Glow"
  <card>
}
"""
BRAND = 'product serum "Serum" { looks "amber" }\nvoice cool { id "X" }\nparam pause 1s\n'

OFFERED = [
    ("<ad>", "", {"music", "deliver", "captions"}, {"style", "scene"}),
    ("<ad>", "captions ", {"karaoke"}, {"top"}),
    ("<ad>", "platform tiktok, ", {"reels"}, {"tiktok"}),
    ("<ad>", "deliver ", {"9:16"}, {"city"}),
    ("<ad>", "duration ", {"30s", "opening", "brand.pause"}, {"city"}),
    ("<ad>", 'music "soft" {', {"level", "duck", "using", "set"}, {"action"}),
    ("<ad>", 'music "soft" { using ', {"stable_audio"}, {"kling_o1", "wan"}),
    ("<ad>", 'music "soft" { set ', {"num_inference_steps"}, {"stability"}),
    ("<ad>", 'music "', {"cast/"}, {"brand.ad"}),
    ("<voice>", "set ", {"stability"}, {"text"}),
    ("<voice>", 'set apply_text_normalization "', {"auto", "on"}, {'"on"'}),
    ("<voice>", "set apply_text_normalization ", {'"on"'}, {"on"}),
    ("<model>", "makes ", {"video", "music"}, set()),
    ("<model>", "start ", {"required"}, {"keyframe"}),
    ("<model>", "speech ", {"yes"}, set()),
    ("<model>", "send ", {"start", "length"}, set()),
    ("<model>", "price $0.05 ", {"per"}, set()),
    ("<model>", "price $0.05 per ", {"second"}, {"per"}),
    ("<character>", "", {"looks", "pack", "photos"}, {"voice", "lora"}),
    ("<character>", "looks ", {"auto"}, set()),
    ("<character>", "voice ", {"warm", "brand.cool"}, {"phone"}),
    ("<character>", "pack front, ", {"profile"}, {"front"}),
    ("<character>", 'photos "refs/', {"*.png", "look.png"}, set()),
    ("<lora>", "using ", {"flux_lora_fast_training"}, {"kling_o1"}),
    ("<lora>", "set ", {"create_masks"}, set()),
    ("<scene>", "using ", {"kling_o1", "wan"}, {"painter", "flux_2", "zoe.lora"}),
    ("<scene>", "mood ", {"city", "opener"}, {"opening"}),
    ("<scene>", "start ", {"keyframe", "frame of"}, {"city"}),
    ("<scene>", 'start keyframe "x" using ', {"flux_2", "painter", "zoe.lora"}, {"wan", "kling_o1", "maya.lora"}),
    ("<scene>", "end frame ", {"of"}, {"frame of"}),
    ("<scene>", "end frame of ", {"next"}, {"hook"}),
    ("<scene>", 'super "Day 30" at ', {"top", "bottom_left"}, {"from"}),
    ("<scene>", 'super "Day 30" at t', {"top", "top_left"}, set()),
    ("<scene>", 'super "Day 30" at top from ', {"1s", "opening"}, {"for"}),
    ("<scene>", 'super "Day 30" at top from 1s ', {"for"}, {"at", "from"}),
    ("<scene>", 'voiceover maya "x" ', {"by model"}, {"city"}),
    ("<scene>", 'voiceover maya "x" by ', {"model"}, {"by model"}),
    ("<scene>", 'says maya "{{ ', {"maya", "opener", "brand.serum", "scene"}, {"phone", "hook"}),
    ("<scene>", 'says maya "{{ opener.', {"key"}, {"wears"}),
    ("<scene>", 'mood "{{ brand.', {"serum"}, {"maya"}),
    ("<scene>", 'mood "{{ brand.serum.', {"looks"}, {"wears"}),
    ("<scene>", 'mood "{{ scene.', {"seconds"}, set()),
    ("<scene>", 'mood "{% ', {"if", "endif"}, {"maya"}),
    ("<scene>", 'mood "{% if ', {"maya"}, {"endif"}),
    ("<scene>", 'mood """\n    {{ ', {"maya"}, set()),
    ("<scene>", 'mood "-- ', set(), {"maya", "camera"}),
    ("<scene>", "-- ", set(), {"maya"}),
    ("<scene>", "shot ", {"4s", "opening"}, {"city"}),
    ("<scene>", "shot 2s {", {"camera", "says"}, {"shot", "headline"}),
    ("<scene>", "shot 2s { using ", {"kling_o1"}, set()),
    ("<top>", "scene x ", {"opening"}, {"city"}),
    ("<top>", "scene x 8s { ca", {"cast", "camera"}, {"card"}),
    ("<top>", "param x ", set(), {"city", "opening"}),
    ("<top>", 'variant x { a "{{ ', {"maya", "city"}, set()),
    ("<top>", "transition dissolve", {"dissolve", "morph"}, set()),
    ("<top>", 'transition morph 5s "{{ ', {"maya"}, set()),
    ("<top>", 'import "brand.ad" ', {"as"}, set()),
    ("<top>", "character x { lo", {"looks", "lora"}, set()),
    ("<shot>", 'super "x" at ', {"center"}, set()),
    ("<shot>", "", {"says", "using"}, {"camera", "shot"}),
    ("<card>", 'line "{{ ', {"city"}, set()),
    ("<card>", 'line "x" # allow ', {"AD0414", "AD0208"}, {"AD0101"}),
    ("<card>", 'line "x" # allow AD0414, AD', {"AD0208"}, {"AD0101"}),
    ("<card>", 'line "x" # all', set(), {"AD0414"}),
]


def spec(place: str, new: str) -> str:
    """The spec with `new` on the line of a place."""
    lines = (line.replace(place, new) for line in SPEC.split("\n"))
    return "\n".join(line for line in lines if not line.strip().startswith("<"))


@pytest.fixture
def draft(project: Path) -> Path:
    """The file that is typed into."""
    (project / "brand.ad").write_text(BRAND, encoding="utf-8")
    return project / "draft.ad"


def called(value: str | set[str]) -> str:
    """What a test is called by; words of a set in the same order in every process."""
    return (" ".join(sorted(value)) if isinstance(value, set) else value)[:40]


@pytest.mark.parametrize(("place", "new", "offered", "never"), OFFERED, ids=called)
async def test_half_a_line(vim: Editor, draft: Path, place: str, new: str, offered: set[str], never: set[str]) -> None:
    text = spec(place, f"{new}§")
    vim.open(draft, text.replace("§", ""))
    found = await vim.completions(draft, at(text, "§", plus=0))
    vim.close(draft)
    assert offered <= set(found)
    assert not never & set(found)


async def test_who_is_in_the_cast_is_offered_first(vim: Editor, draft: Path) -> None:
    text = spec("<scene>", "says §")
    vim.open(draft, text.replace("§", ""))
    found = await vim.completions(draft, at(text, "§", plus=0))
    vim.close(draft)
    assert list(found) == ["zoe", "maya"]


async def test_codes_come_with_what_they_mean(vim: Editor, draft: Path) -> None:
    text = 'ad glow\nscene a 5s { }\ncard b 3s { line " " } # allow §\n'
    vim.open(draft, text.replace("§", ""))
    found = await vim.completions(draft, at(text, "§", plus=0))
    vim.close(draft)
    assert found["AD0208"].detail == "unused declaration"


async def test_every_letter_of_the_language(vim: Editor, draft: Path) -> None:
    """Asked behind every few letters of a spec with everything in it, the server answers."""
    text = spec("<scene>", 'super "Day {{ city }}" at top from 1s for 2s # allow AD0424')
    vim.open(draft, "")
    for end in range(0, len(text) + 1, 7):
        vim.change(draft, text[:end])
        line, column = text.count("\n", 0, end), end - (text.rfind("\n", 0, end) + 1)
        await vim.completions(draft, types.Position(line, column))
        await vim.hover(draft, types.Position(line, max(column - 1, 0)))
    assert vim.client.error is None
    assert not vim.client.messages
    vim.close(draft)
