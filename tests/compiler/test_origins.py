"""From a place of a request back to the words of the spec that filled it."""

import re
from collections.abc import Iterator

import pytest
from support.spec_cases import pictures

from adc.compiler.catalogue import builtin
from adc.compiler.files import MemoryFiles
from adc.compiler.origins import origin_of, places_of, span_of
from adc.compiler.pipeline import Compiled, compile_spec
from adc.compiler.plan import Json, as_ref

CAST = """
voice warm {
  using  eleven_multilingual
}
character maya "Maya" {
  reference  "refs/maya.png"
  looks      "freckles, bare skin"
  pack       front, profile
  voice      warm
}
character tom {
  reference  "refs/serum.jpg"
  looks      auto
}
character lea {
  reference  "refs/maya.png"
  lora {
    photos   "refs/maya/*.jpg"
    trigger  "LEA"
    steps    500
  }
}
"""

SPEC = """
import "cast.ad"

ad glow {
  size   1080p 9:16
  style  phone
  music  "soft lo-fi"
}

style phone {
  look       "shot on a phone"
  reference  "refs/look.webp"
}

param backdrop "a bare wall"

scene hook 5s {
  using   kling_o1
  cast    maya, tom
  action  "{{ maya }} presses her bare cheek, {{ backdrop }}"
  seed    7
}

transition continue

scene proof 5s {
  using      kling_o1
  cast       tom
  action     "{{ tom }} smiles"
  voiceover  maya "Two drops."
  voiceover  "Every morning."
}

transition morph 5s "the light turns"

scene park 6s {
  using   veo3_1
  cast    maya
  start   keyframe "{{ maya }} on a bench" using nano_banana
  avoid   "text"
  set auto_fix true
  action  "she gets up"
  says    maya "Hello."
}

scene walk 9s {
  using    kling_o3
  cast     maya
  action   "{{ maya }} walks"
  shot 4s { camera "wide" }
  shot 5s {
    action   "she stops"
    start    keyframe "a bridge" using nano_banana
    voiceover "There."
  }
}

scene nook 5s {
  cast   lea
  start  keyframe "{{ lea }} in a chair"
  action "{{ lea }} reads"
}
"""


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    """The spec, which has a step of most kinds."""
    files = MemoryFiles({**pictures(), "main.ad": SPEC.encode(), "cast.ad": CAST.encode()})
    found = compile_spec("main.ad", files, builtin())
    assert found.plan is not None, found.diagnostics
    return found


def said(compiled: Compiled, step_id: str, path: str) -> str:
    """The words of the spec behind a place of a step's request."""
    assert compiled.plan is not None
    assert compiled.script is not None
    origin = origin_of(compiled.script, compiled.texts, compiled.plan, step_id)
    endpoint = compiled.plan.step(step_id).endpoint
    assert endpoint is not None
    span = span_of(origin, compiled.catalogue.endpoint(endpoint), path)
    line = compiled.texts[span.path].split("\n")[span.line - 1]
    words = compiled.texts[span.path][span.start : span.end]
    assert line[span.column - 1 :].startswith(words.partition("\n")[0])
    return " ".join(words.split())


@pytest.mark.parametrize(
    ("step", "path", "words"),
    [
        ("hook.clip", "prompt", 'action "{{ maya }} presses her bare cheek, {{ backdrop }}"'),
        ("hook.clip", "duration", "5s"),
        ("hook.clip", "aspect_ratio", "size 1080p 9:16"),
        ("hook.clip", "elements/0/frontal_image_url", "maya"),
        ("hook.clip", "elements/1/reference_image_urls/0", "tom"),
        ("hook.clip", "elements/1", "tom"),
        ("hook.clip", "elements", "cast maya, tom"),
        ("hook.clip", "image_urls/0", '"refs/look.webp"'),
        ("hook.clip", "nothing/of/ours", "hook"),
        ("hook.clip", "", "hook"),
        ("proof.clip", "image_urls/0", "transition continue"),
        ("proof.clip", "image_urls/1", '"refs/look.webp"'),
        ("proof.voiceover.1", "text", 'voiceover maya "Two drops."'),
        ("proof.voiceover.2", "text", 'voiceover "Every morning."'),
        ("proof.voiceover.1", "voice", 'voiceover maya "Two drops."'),
        ("park.morph", "prompt", 'transition morph 5s "the light turns"'),
        ("park.morph", "end_image_url", 'transition morph 5s "the light turns"'),
        ("park.keyframe", "prompt", 'start keyframe "{{ maya }} on a bench" using nano_banana'),
        ("park.clip", "image_url", 'start keyframe "{{ maya }} on a bench" using nano_banana'),
        ("park.clip", "negative_prompt", 'avoid "text"'),
        ("park.clip", "generate_audio", 'says maya "Hello."'),
        ("park.clip", "auto_fix", "set auto_fix true"),
        ("walk.clip.1", "prompt", 'action "{{ maya }} walks"'),
        ("walk.clip.1", "duration", "4s"),
        ("walk.clip.2", "prompt", 'action "she stops"'),
        ("walk.clip.2", "elements/0/frontal_image_url", "maya"),
        ("walk.keyframe.2", "prompt", 'start keyframe "a bridge" using nano_banana'),
        ("walk.voiceover", "text", 'voiceover "There."'),
        ("maya.pack.profile", "prompt", "pack front, profile"),
        ("maya.pack.profile", "reference_image_urls/0", 'reference "refs/maya.png"'),
        ("tom.looks", "prompt", "looks auto"),
        ("tom.looks", "image_url", 'reference "refs/serum.jpg"'),
        ("lea.lora", "images_data_url", 'photos "refs/maya/*.jpg"'),
        ("lea.lora", "trigger_word", 'trigger "LEA"'),
        ("lea.lora", "steps", "steps 500"),
        ("nook.keyframe", "loras/0/path", "cast lea"),
        ("music", "prompt", 'music "soft lo-fi"'),
    ],
)
def test_a_place_of_a_request_is_a_place_of_the_spec(compiled: Compiled, step: str, path: str, words: str) -> None:
    assert said(compiled, step, path) == words


def leaves(value: Json, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The places of a request that hold no further ones."""
    if isinstance(value, dict | list) and as_ref(value) is None:
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, str(name)))
    else:
        yield "/".join(path)


def test_every_place_of_every_request_is_somewhere(compiled: Compiled) -> None:
    assert compiled.plan is not None
    bought = [step for step in compiled.plan.steps if step.kind == "generate"]
    assert {path.partition(".")[2] for path in (step.id for step in bought)} >= {"clip", "keyframe", "lora", "looks"}
    for step in bought:
        for path in (*leaves(step.arguments), "", "0", "prompt/0/x"):
            assert said(compiled, step.id, path)


def test_a_scene_that_is_split_starts_its_later_clips_at_its_name() -> None:
    spec = """
    ad glow
    character maya { reference "refs/maya.png" }
    scene long 20s {
      using   kling_o1
      cast    maya
      start   "refs/maya.png"
      action  "{{ maya }} walks"
    }
    """
    found = compile_spec("main.ad", MemoryFiles({**pictures(), "main.ad": spec.encode()}), builtin())
    assert said(found, "long.clip.1", "image_urls/0") == 'start "refs/maya.png"'
    assert said(found, "long.clip.2", "image_urls/0") == "long"
    assert said(found, "long.clip.2", "prompt") == 'action "{{ maya }} walks"'


def test_a_lip_synced_line_stands_behind_the_voice_and_the_clip() -> None:
    spec = """
    ad glow
    character maya { reference "refs/maya.png" }
    scene talk 5s {
      using   kling_o1
      cast    maya
      start   "refs/maya.png"
      action  "{{ maya }} turns"
      says    maya "Two drops."
    }
    """
    found = compile_spec("main.ad", MemoryFiles({**pictures(), "main.ad": spec.encode()}), builtin())
    assert said(found, "talk.voice", "text") == 'says maya "Two drops."'
    assert said(found, "talk.lipsync", "audio_url") == 'says maya "Two drops."'
    assert said(found, "talk.lipsync", "video_url") == "talk"


def test_voice_overs_are_counted_without_those_of_the_model() -> None:
    spec = """
    ad glow
    scene talk 8s {
      using      veo3_1
      action     "a bottle"
      voiceover  "By the model." by model
      voiceover  "The first."
      voiceover  "The second."
    }
    """
    found = compile_spec("main.ad", MemoryFiles({"main.ad": spec.encode()}), builtin())
    assert said(found, "talk.voiceover.2", "text") == 'voiceover "The second."'


@pytest.mark.parametrize(
    ("step", "word", "statements"),
    [
        ("hook.clip", "bare", ["cast.ad looks", "main.ad action"]),
        ("hook.clip", "wall", ["main.ad param"]),
        ("hook.clip", "maya", []),
        ("hook.clip", "phone", ["main.ad look"]),
        ("park.clip", "text", []),
        ("music", "lo-fi", ["main.ad music"]),
        ("maya.pack.front", "freckles", ["cast.ad looks"]),
        ("walk.clip.1", "stops", []),
        ("walk.clip.2", "stops", ["main.ad action"]),
    ],
)
def test_where_the_words_of_a_prompt_stand(compiled: Compiled, step: str, word: str, statements: list[str]) -> None:
    """Names between braces are no words, and what is avoided or shown as a super is not in the prompt."""
    assert compiled.plan is not None
    assert compiled.script is not None
    origin = origin_of(compiled.script, compiled.texts, compiled.plan, step)
    spans = list(places_of(origin, compiled.texts, re.compile(rf"\b{word}\b")))
    lines = [(span.path, compiled.texts[span.path].split("\n")[span.line - 1]) for span in spans]
    assert [f"{path} {line.split()[0]}" for path, line in lines] == statements
    assert {compiled.texts[span.path][span.start : span.end] for span in spans} <= {word}
