"""What each sentence of the language means, told by the plans that come of it."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
from support.planned import compiled, planned, prompt
from support.spec_cases import pictures
from syrupy.assertion import SnapshotAssertion

from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import Json, Plan, dump, references, to_json
from adc.compiler.vocabulary import FADES

MAYA = 'character maya "Maya Brooks" { reference "refs/maya.png" }\n'


def film(plan: Plan) -> dict[str, Json]:
    return dict(plan.step("film.master").arguments)


def segments(plan: Plan) -> list[dict[str, Json]]:
    found = film(plan)["segments"]
    assert isinstance(found, list)
    return [segment for segment in found if isinstance(segment, dict)]


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def step(name: str, output: str = "video") -> Json:
    return {"$step": name, "output": output}


def codes(source: str) -> list[str]:
    return [diagnostic.code for diagnostic in compiled(source).diagnostics]


# Declarations


def test_an_ad_needs_two_lines() -> None:
    plan = planned('ad hello\nscene hook 5s { action "a hand turns a bottle" }')
    assert (plan.title, plan.width, plan.height, plan.rate, plan.frames) == ("Hello", 1080, 1920, 30, 150)
    assert [(each.step, each.aspect) for each in plan.deliverables] == [("film.master", "9:16")]


def test_an_import_brings_names_in_flat_or_under_a_name() -> None:
    brand = (
        'style phone { look "as in {{ city }}" }\nparam city "Denver"\nvoice warm { id "Rachel of {{ city }}" }\n'
        + ('character maya "Maya Brooks" { reference "refs/maya.png"\n looks "from {{ city }}"\n voice warm }')
    )
    scene = 'scene a 8s {{\n cast {0}maya\n action "{{{{ {0}maya }}}} smiles"\n voiceover {0}maya "Two drops."\n}}'
    for head, prefix in (('import "brand.ad"', ""), ('import "brand.ad" as brand', "brand.")):
        source = f"{head}\nad glow {{ style {prefix}phone }}\n{scene.format(prefix)}"
        plan = planned(source, {"brand.ad": brand})
        told = prompt(plan.step("a.clip"))
        assert "@Element1 is Maya Brooks, from Denver." in told
        assert "Look: as in Denver." in told
        assert "Rachel of Denver" in str(plan.step("a.voiceover").arguments)


def test_a_voice_that_an_import_writes_inside_a_character_knows_the_names_of_its_file() -> None:
    plan = planned(
        'import "brand.ad" as brand\nad glow\nscene a 8s {\n action "x"\n voiceover brand.maya "Two drops."\n}',
        {"brand.ad": 'param city "Denver"\ncharacter maya { voice "Aria of {{ city }}" }'},
    )
    assert "Aria of Denver" in plan.step("a.voiceover").arguments.values()


def test_what_an_import_imports_is_called_by_both_names() -> None:
    plan = planned(
        'import "a.ad" as one\nad glow\nscene a 8s {\n cast one.two.maya\n action "{{ one.two.maya }} smiles"\n}',
        {"a.ad": 'import "b.ad" as two', "b.ad": 'character maya { reference "refs/maya.png" }'},
    )
    assert "Action: @Element1 smiles." in prompt(plan.step("a.clip"))


def test_a_voice_says_what_its_character_says_off_camera() -> None:
    plan = planned(
        'ad glow\nvoice warm {\n using eleven_v3\n id "Rachel"\n set stability 0.5\n}\n'
        'character maya { voice warm }\nscene a 8s {\n action "morning"\n voiceover maya "Two drops."\n}'
    )
    voice = plan.step("a.voiceover")
    assert voice.endpoint == "fal-ai/elevenlabs/tts/eleven-v3"
    assert (voice.arguments["text"], voice.arguments["voice"]) == ("Two drops.", "Rachel")
    assert str(voice.arguments["stability"]) == "0.5"
    assert film(plan)["voices"] == [{"audio": step("a.voiceover", "audio"), "at": 0, "frames": 240}]


def test_a_voice_may_be_written_as_a_text_in_the_character() -> None:
    plan = planned(
        'ad glow\ncharacter maya { voice "Aria" }\nscene a 8s {\n action "morning"\n voiceover maya "Two drops."\n}'
    )
    assert "Aria" in plan.step("a.voiceover").arguments.values()


# Character identity


def test_looks_auto_is_bought_once_and_quoted_by_every_prompt() -> None:
    plan = planned(
        "ad glow\n" + MAYA.replace("}", "\n looks auto\n wears \"a sweater\"\n}") +
        'scene a 8s {\n cast maya\n action "{{ maya }} smiles"\n}\nscene b 8s {\n cast maya\n action "she waves"\n}'
    )  # fmt: skip
    looks = plan.step("maya.looks")
    assert (looks.output, ids(plan).count("maya.looks")) == ("text", 1)
    assert ids(plan).index("maya.looks") < ids(plan).index("a.clip")
    for clip in ("a.clip", "b.clip"):
        told = plan.step(clip).arguments["prompt"]
        assert isinstance(told, dict)
        pieces = told["$text"]
        assert isinstance(pieces, list)
        assert pieces[0] == "@Element1 is Maya Brooks, "
        assert pieces[1] == step("maya.looks", "text")
        assert str(pieces[2]).startswith(", wearing a sweater.")


def test_music_may_wait_for_looks_auto_as_any_prompt() -> None:
    plan = planned(
        'ad glow { music "for {{ maya }}, {{ maya.looks }}" }\n' + MAYA.replace("}", "\n looks auto\n}") +
        'scene a 8s {\n cast maya\n prompt "a woman smiles"\n}'
    )  # fmt: skip
    assert plan.step("music").needs == ("maya.looks",)
    assert {"$text": ["for Maya Brooks, ", step("maya.looks", "text")]} in plan.step("music").arguments.values()


def test_looks_that_no_prompt_quotes_are_not_bought() -> None:
    plan = planned(
        "ad glow\n" + MAYA.replace("}", "\n looks auto\n}") +
        'scene a 8s {\n cast maya\n prompt "a woman smiles"\n}'
    )  # fmt: skip
    assert "maya.looks" not in ids(plan)


def test_a_pack_is_the_frontal_picture_and_the_angles() -> None:
    plan = planned(
        "ad glow\n" + MAYA.replace("}", "\n pack front, profile\n}") +
        'scene a 8s {\n using kling_o1\n cast maya\n action "she smiles"\n}'
    )  # fmt: skip
    assert plan.step("a.clip").arguments["elements"] == [
        {
            "frontal_image_url": step("maya.pack.front", "image"),
            "reference_image_urls": [step("maya.pack.profile", "image")],
        }
    ]


TRAINED = """ad glow
character maya "Maya Brooks" {
  reference "refs/maya.png"
  lora {
    photos   "refs/maya/*.jpg"
    trigger  "MAYAB"
    steps    500
  }
}
"""


def test_a_lora_is_trained_once_and_then_makes_the_keyframes() -> None:
    plan = planned(
        TRAINED + 'scene a 8s {\n cast maya\n action "x"\n start keyframe "{{ maya }} on a bench"\n}\n'
        'scene b 8s {\n cast maya\n action "x"\n start keyframe "{{ maya }} at sea"\n}'
    )
    archive, lora = plan.step("maya.photos"), plan.step("maya.lora")
    entries = archive.arguments["entries"]
    assert isinstance(entries, list)
    assert [str(entry["name"]) for entry in entries if isinstance(entry, dict)] == [f"00{n}.jpg" for n in range(1, 5)]
    assert lora.arguments["images_data_url"] == step("maya.photos", "archive")
    assert (lora.arguments["trigger_word"], lora.arguments["steps"], lora.price.usd) == ("MAYAB", 500, Decimal("1"))
    for scene, words in (("a", "MAYAB on a bench."), ("b", "MAYAB at sea.")):
        keyframe = plan.step(f"{scene}.keyframe")
        assert keyframe.endpoint == "fal-ai/flux-lora"
        assert prompt(keyframe).startswith(words)
        assert "Maya Brooks" not in prompt(keyframe)
        assert step("maya.lora", "weights") in [each.to_json() for each in references(keyframe.arguments)]
        clip = plan.step(f"{scene}.clip")
        assert clip.arguments["elements"], "clips know her by the reference all the same"


def test_a_keyframe_by_another_model_leaves_the_lora_untrained() -> None:
    source = TRAINED + 'scene a 8s {\n cast maya\n action "x"\n start keyframe "{{ maya }}" using nano_banana\n}'
    found = compiled(source)
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["AD0208"]
    assert found.plan is not None
    assert "maya.lora" not in ids(found.plan)


def test_only_those_whose_lora_makes_the_still_are_called_by_its_trigger() -> None:
    tom = TRAINED.partition("\n")[2].replace("maya", "tom", 1).replace("Maya Brooks", "Tom").replace("MAYAB", "TOMX")
    found = compiled(
        TRAINED + tom + 'scene a 8s {\n cast maya, tom\n action "x"\n'
        ' start keyframe "{{ maya }} and {{ tom }}" using maya.lora\n}\n'
        'scene b 8s {\n cast tom\n action "x"\n start keyframe "{{ tom }}"\n}'
    )
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["AD0502"], "Tom is told in words"
    plan = found.plan
    assert plan is not None
    assert prompt(plan.step("a.keyframe")).startswith("MAYAB and Tom.")
    assert prompt(plan.step("b.keyframe")).startswith("TOMX.")


def test_the_photos_of_a_character_are_those_of_her_lora() -> None:
    source = TRAINED.replace('    photos   "refs/maya/*.jpg"\n', "").replace(
        "  lora", '  photos    "refs/maya/*.jpg"\n  lora'
    )
    scene = 'scene a 8s {\n cast maya\n action "x"\n start keyframe "{{ maya }}"\n}'
    assert planned(source + scene).step("maya.photos") == planned(TRAINED + scene).step("maya.photos")


# Scene statements


def test_says_is_said_by_a_model_that_speaks() -> None:
    plan = planned("ad glow\n" + MAYA + 'scene a 8s {\n cast maya\n action "x"\n says maya "Hello."\n}')
    assert 'says to the camera, lips in sync: "Hello."' in prompt(plan.step("a.clip"))
    assert plan.step("a.clip").arguments["generate_audio"] is True
    assert ids(plan) == ["a.clip", "film.master"]


def test_says_is_a_voice_over_the_lips_of_a_mute_model() -> None:
    plan = planned(
        "ad glow\n" + MAYA + 'scene a 8s {\n using kling_o1\n cast maya\n action "x"\n says maya "Hello."\n}'
    )
    assert ids(plan) == ["a.clip", "a.voice", "a.lipsync", "film.master"]
    assert "@Element1 speaks to the camera throughout" in prompt(plan.step("a.clip"))
    lipsync = plan.step("a.lipsync").arguments
    assert lipsync["video_url"] == step("a.clip")
    assert lipsync["audio_url"] == step("a.voice", "audio")
    assert plan.step("a.voice").arguments["text"] == "Hello."
    assert segments(plan)[0]["video"] == step("a.lipsync")


def test_a_voice_over_is_mixed_over_the_clip_or_said_by_its_model() -> None:
    scene = 'scene a 8s {{\n action "morning light"\n voiceover "Two drops."{}\n}}'
    mixed, told = planned("ad glow\n" + scene.format("")), planned("ad glow\n" + scene.format(" by model"))
    assert ids(mixed) == ["a.voiceover", "a.clip", "film.master"]
    assert "Two drops." not in prompt(mixed.step("a.clip"))
    assert ids(told) == ["a.clip", "film.master"]
    assert 'Voice-over by a narrator, off camera: "Two drops."' in prompt(told.step("a.clip"))
    assert film(told)["voices"] == []


@pytest.mark.parametrize(
    ("start", "argument", "first"),
    [
        ('"refs/look.webp"', None, None),
        ('keyframe "a mirror"', "image", "b.keyframe"),
        ("frame of a", "image", "a.last_frame"),
    ],
)
def test_a_scene_starts_from_a_file_a_keyframe_or_a_frame(start: str, argument: str | None, first: str | None) -> None:
    plan = planned(f'ad glow\nscene a 8s {{ action "x" }}\nscene b 8s {{\n action "y"\n start {start}\n}}')
    given = plan.step("b.clip").arguments["image_url"]
    if first is None:
        assert given == {"$file": plan.files[0].digest}
    else:
        assert given == step(first, "image")
        assert plan.step(first).output == argument


@pytest.mark.parametrize(
    ("end", "last"), [('keyframe "the open door"', "a.end_keyframe"), ("frame of b", "b.first_frame")]
)
def test_a_scene_ends_on_a_frame(end: str, last: str) -> None:
    plan = planned(
        f'ad glow\nscene a 5s {{\n using kling_o1\n action "x"\n start "refs/maya.png"\n end {end}\n}}\n'
        'scene b 8s { action "y" }'
    )
    clip = plan.step("a.clip")
    assert clip.endpoint == "fal-ai/kling-video/o1/image-to-video"
    assert step(last, "image") in clip.arguments.values()
    assert "Arrive exactly at the end frame" in prompt(clip)
    assert ids(plan).index(last) < ids(plan).index("a.clip")


def test_the_frame_that_a_scene_lends_is_where_it_ends_on_screen_or_begins() -> None:
    plan = planned(
        'ad glow\nscene a 7.2s { action "x" }\nscene b 5s {\n using kling_o1\n action "y"\n'
        " start frame of a\n end frame of c\n}\nscene c 4s { action \"z\" }"
    )  # fmt: skip
    assert plan.step("a.last_frame").arguments == {"video": step("a.clip"), "frames": 216, "rate": 30, "skip": 0}
    assert plan.step("c.first_frame").arguments == {"video": step("c.clip"), "frames": 1, "rate": 30, "skip": 0}


def test_a_super_has_a_place_and_a_time_and_keeps_to_what_no_platform_covers() -> None:
    scene = 'scene a 4s {{ action "x" }}\nscene b 8s {{\n action "x"\n super "Day 30"{}\n}}'
    everywhere = planned("ad glow { platform tiktok, reels }\n" + scene.format(" at bottom from 1s for 3s"))
    assert film(everywhere)["supers"] == [{"text": "Day 30", "place": "bottom", "at": 150, "frames": 90}]
    safe = film(everywhere)["safe"]
    assert isinstance(safe, list)
    left, top, right, bottom = (edge for edge in safe if isinstance(edge, int))
    assert 0 <= left < right < 1080
    assert 0 < top < bottom < 1920
    assert film(planned("ad glow\n" + scene.format("")))["supers"] == [
        {"text": "Day 30", "place": "top", "at": 120, "frames": 240}
    ]
    assert film(planned("ad glow\n" + scene.format(" for 2s at center")))["supers"] == [
        {"text": "Day 30", "place": "center", "at": 120, "frames": 60}
    ]


def test_shots_are_chained_clips_that_override_the_scene() -> None:
    plan = planned(
        "ad glow\n" + MAYA + 'scene a 9s {\n using kling_o1\n cast maya\n action "she walks"\n camera "wide"\n'
        ' shot 4s { light "dusk" }\n shot 5s {\n  using kling_o3\n  camera "close"\n  says maya "Hello."\n }\n}'
    )
    first, second = plan.step("a.clip.1"), plan.step("a.clip.2")
    assert "Camera: wide." in prompt(first)
    assert "Light: dusk." in prompt(first)
    assert "Hello" not in prompt(first)
    assert "Camera: close." in prompt(second)
    assert "Action: she walks." in prompt(second)
    assert "Light" not in prompt(second)
    assert '"Hello."' in prompt(second)
    assert second.endpoint == "fal-ai/kling-video/o3/standard/reference-to-video"
    assert second.arguments["start_image_url"] == step("a.last_frame.1", "image")
    assert plan.step("a.last_frame.1").arguments["frames"] == 120
    assert [(each["frames"], each["skip"]) for each in segments(plan)] == [(120, 0), (150, 1)]
    assert [(placed.id, placed.frames, placed.bought) for placed in plan.timeline] == [("a", 270, "4 + 5")]


SHOTS = """
ad glow { captions plain }
character maya "Maya Brooks" { reference "refs/maya.png" }
character tom "Tom" { voice "Adam" }
scene before 2s { action "rain" }
scene walk 19s {
  cast    maya
  action  "{{ maya }} walks"
  start   keyframe "{{ maya }} at a door"
  end     keyframe "{{ maya }} at the sea"
  shot 3s {
    using      kling_o1
    camera     "wide"
    super      "Day 1" at top from 1s
    voiceover  "One."
  }
  shot 12s {
    using      kling_o1_standard
    voiceover  tom "Two drops."
    voiceover  "Every morning."
  }
  shot 4s {
    using   kling_o3
    camera  "close"
    says    maya "I love it here."
    super   "Day 30" at bottom for 2s
  }
}
scene after 4s { action "the end" }
"""


def test_shots_by_different_models_with_words_in_each() -> None:
    """Clips and voices are numbered through the scene; frames and times of a shot count from its own start."""
    plan = planned(SHOTS)
    walk = {each.id: each for each in plan.steps if each.id.startswith("walk.")}
    assert list(walk) == [
        *("walk.voiceover.1", "walk.keyframe.1", "walk.clip.1", "walk.voiceover.2", "walk.voiceover.3"),
        *("walk.last_frame.1", "walk.clip.2", "walk.last_frame.2", "walk.clip.3", "walk.end_keyframe.3"),
        *("walk.last_frame.3", "walk.clip.4"),
    ]
    clips = [walk[f"walk.clip.{number}"] for number in range(1, 5)]
    assert [(each.endpoint or "").removeprefix("fal-ai/kling-video/") for each in clips] == [
        "o1/reference-to-video",
        "o1/standard/reference-to-video",
        "o1/standard/reference-to-video",
        "o3/standard/reference-to-video",
    ]
    assert [each.arguments["duration"] for each in clips] == ["3", "6", "6", "4"]
    assert [each.price.usd for each in clips] == [
        Decimal("0.336"),
        Decimal("0.504"),
        Decimal("0.504"),
        Decimal("0.448"),
    ]
    assert [each.purpose for each in clips] == [
        "scene walk, shot 1, 3 s",
        "scene walk, shot 2, clip 1 of 2, 6 s",
        "scene walk, shot 2, clip 2 of 2, 6 s",
        "scene walk, shot 3, 4 s",
    ]
    assert [walk[f"walk.last_frame.{number}"].purpose for number in (1, 2, 3)] == [
        f"where clip {number} of walk ends" for number in (1, 2, 3)
    ]
    assert step("walk.keyframe.1", "image") in clips[0].arguments["image_urls"]  # type: ignore[operator]
    assert clips[3].arguments["start_image_url"] == step("walk.last_frame.3", "image")
    assert clips[3].arguments["end_image_url"] == step("walk.end_keyframe.3", "image")
    assert plan.usd == sum((each.price.usd for each in plan.steps), Decimal(0))


def test_the_words_of_shots_lie_where_their_shots_do() -> None:
    plan = planned(SHOTS)
    assert [(placed.id, placed.start, placed.frames, placed.bought, placed.kept) for placed in plan.timeline] == [
        ("before", 0, 60, "4", "2"),
        ("walk", 60, 570, "3 + 6 + 6 + 4", "19"),
        ("after", 630, 120, "4", "4"),
    ]
    assert [(each["frames"], each["skip"]) for each in segments(plan)[1:5]] == [(90, 0), (180, 1), (180, 1), (120, 1)]
    voices = film(plan)["voices"]
    assert isinstance(voices, list)
    assert [(each["at"], each["frames"]) for each in voices if isinstance(each, dict)] == [
        (60, 90),
        (150, 150),
        (300, 210),
    ]
    assert film(plan)["supers"] == [
        {"text": "Day 1", "place": "top", "at": 90, "frames": 60},
        {"text": "Day 30", "place": "bottom", "at": 510, "frames": 60},
    ]
    captions = film(plan)["captions"]
    assert isinstance(captions, dict)
    lines = captions["lines"]
    assert isinstance(lines, list)
    assert [(line["text"], line["who"], line["at"]) for line in lines if isinstance(line, dict)] == [
        ("One.", "", 60),
        ("Two drops.", "Tom", 150),
        ("Every morning.", "", 300),
        ("I love it here.", "Maya Brooks", 510),
    ]


def test_a_voice_over_may_lie_over_all_shots() -> None:
    plan = planned(
        "ad glow { captions plain }\n" + MAYA + 'scene z 2s { action "x" }\n'
        'scene a 8s {\n cast maya\n action "she walks"\n voiceover "Two drops. Every morning."\n'
        ' shot 4s { camera "wide" }\n shot 4s { camera "close" }\n}'
    )
    assert plan.step("a.voiceover").arguments["text"] == "Two drops. Every morning."
    assert film(plan)["voices"] == [{"audio": step("a.voiceover", "audio"), "at": 60, "frames": 240}]
    captions = film(plan)["captions"]
    assert isinstance(captions, dict)
    assert captions["lines"] == [{"text": "Two drops. Every morning.", "who": "", "at": 60, "frames": 240}]


def test_voice_overs_of_shots_lie_where_their_shots_do() -> None:
    plan = planned(
        'ad glow\nscene a 8s {\n action "x"\n shot 3s { voiceover "One." }\n shot 5s { voiceover "Two." }\n}'
    )
    assert film(plan)["voices"] == [
        {"audio": step("a.voiceover.1", "audio"), "at": 0, "frames": 90},
        {"audio": step("a.voiceover.2", "audio"), "at": 90, "frames": 150},
    ]


def test_a_shot_within_may_end_on_a_frame_of_another_scene() -> None:
    plan = planned(
        "ad glow\n" + MAYA + 'scene a 9s {\n cast maya\n action "x"\n shot 4s {\n  start "refs/look.webp"\n'
        '  end frame of b\n }\n shot 5s { camera "close" }\n}\nscene b 5s { action "y" }'
    )
    assert plan.step("b.first_frame").output == "image"
    assert step("b.first_frame", "image") in plan.step("a.clip.1").arguments.values()


def test_a_long_scene_becomes_the_fewest_clips_each_from_the_last_frame_of_the_one_before() -> None:
    plan = planned("ad glow\n" + MAYA + 'scene a 16s {\n using kling_o1\n cast maya\n action "she walks"\n}')
    assert ids(plan) == ["a.clip.1", "a.last_frame.1", "a.clip.2", "film.master"]
    first, second = plan.step("a.clip.1"), plan.step("a.clip.2")
    assert first.arguments["duration"] == second.arguments["duration"] == "8"
    assert second.arguments["image_urls"] == [step("a.last_frame.1", "image")]
    assert "part 2 of 2 of one continuous take" in prompt(second)
    assert "clip 2 of 2" in second.purpose
    assert [(each["id"], each["frames"], each["skip"]) for each in segments(plan)] == [("a.1", 240, 0), ("a.2", 240, 1)]


def test_lines_of_a_long_scene_are_said_in_the_clip_in_which_they_begin() -> None:
    words = "I almost gave up on my skin. " * 6
    plan = planned(
        "ad glow\n" + MAYA + f'scene a 16s {{\n using kling_o1\n cast maya\n action "x"\n says maya "{words}"\n'
        ' says maya "Truly."\n}'
    )
    assert plan.step("a.voice.2").arguments["text"] == "Truly."
    assert [each["video"] for each in segments(plan)] == [step("a.lipsync.1"), step("a.lipsync.2")]


def test_a_take_changes_nothing_but_the_attempt_and_its_seed() -> None:
    source = 'ad glow\nscene a 8s {{ action "x" }}\nscene b 8s {{\n action "y"\n{}}}'
    one, two = planned(source.format("")), planned(source.format(" take 2\n"))
    assert (one.step("b.clip").take, two.step("b.clip").take) == (1, 2)
    seeds = [plan.step("b.clip").arguments["seed"] for plan in (one, two)]
    assert len(set(seeds)) == 2, "with the same seed a model would make the same again"
    rest = [{**plan.step("b.clip").arguments, "seed": 0} for plan in (one, two)]
    assert rest[0] == rest[1]
    assert one.step("a.clip") == two.step("a.clip")


def test_avoid_reference_style_seed_and_set_are_as_named() -> None:
    plan = planned(
        'ad glow\nstyle phone {\n look "soft"\n avoid "watermark"\n reference "refs/look.webp"\n}\n' + MAYA +
        'scene a 8s {\n using veo3_1\n cast maya\n action "x"\n style phone\n avoid "text"\n'
        ' reference "refs/serum.jpg"\n}\n'
        'scene b 8s {\n using veo3_1\n action "y"\n avoid "text"\n seed 7\n set safety_tolerance "2"\n}'
    )  # fmt: skip
    first, second = plan.step("a.clip").arguments, plan.step("b.clip").arguments
    pictures = {file.path: {"$file": file.digest} for file in plan.files}
    assert first["image_urls"] == [pictures["refs/maya.png"], pictures["refs/serum.jpg"]]
    assert "refs/look.webp" not in pictures, "the scene's own reference stands in for that of its style"
    assert "Look: soft." in str(first["prompt"])
    assert "watermark, text" in str(first)
    assert (second["seed"], second["negative_prompt"], second["safety_tolerance"]) == (7, "text", "2")


# Transitions


def test_a_cross_fade_overlaps_its_neighbours() -> None:
    plan = planned(
        'ad glow { duration 10.5s }\nscene a 4s { action "x" }\ntransition wipe_left 1s\n'
        'scene b 4s { action "y" }\ntransition dissolve\ncard c 4s { headline "Glow" }'
    )
    assert [(placed.start, placed.frames) for placed in plan.timeline] == [(0, 120), (90, 120), (195, 120)]
    assert [segment.get("fade") for segment in segments(plan)] == [
        None,
        {"kind": "wipeleft", "frames": 30},
        {"kind": "dissolve", "frames": 15},
    ]


@pytest.mark.parametrize("kind", FADES)
def test_every_cross_fade_has_its_name_in_ffmpeg(kind: str) -> None:
    plan = planned(f'ad glow\nscene a 4s {{ action "x" }}\ntransition {kind} 1s\nscene b 4s {{ action "y" }}')
    assert segments(plan)[1]["fade"] == {"kind": kind.replace("_", ""), "frames": 30}


def test_continue_drops_the_frame_that_is_on_screen_already() -> None:
    plan = planned('ad glow\nscene a 4s { action "x" }\ntransition continue\nscene b 4s { action "y" }')
    assert plan.step("b.clip").arguments["image_url"] == step("a.last_frame", "image")
    assert [(each["frames"], each["skip"]) for each in segments(plan)] == [(120, 0), (120, 1)]


def test_a_morph_is_a_clip_of_kling_o3_from_frame_to_frame() -> None:
    plan = planned(
        'ad glow { duration 13s }\nscene a 4s { action "x" }\ntransition morph 5s "the light turns golden"\n'
        'scene b 4s { action "y" }'
    )
    morph = plan.step("b.morph")
    assert morph.endpoint == "fal-ai/kling-video/o3/standard/image-to-video"
    assert morph.arguments["image_url"] == step("a.last_frame", "image")
    assert morph.arguments["end_image_url"] == step("b.first_frame", "image")
    assert (morph.arguments["duration"], morph.price.usd) == ("5", Decimal("0.42"))
    assert "the light turns golden" in prompt(morph)
    assert [(placed.id, placed.kind, placed.start) for placed in plan.timeline] == [
        ("a", "scene", 0),
        ("b.morph", "morph", 120),
        ("b", "scene", 270),
    ]
    assert [(each["frames"], each["skip"]) for each in segments(plan)] == [(120, 0), (150, 1), (120, 1)]


def test_a_morph_lasts_five_seconds_where_nothing_is_written_and_is_bought_as_long_as_it_must() -> None:
    source = 'ad glow\nscene a 4s {{ action "x" }}\ntransition morph{}\nscene b 4s {{ action "y" }}'
    assert planned(source.format("")).timeline[1].frames == 150
    short = planned(source.format(" 1.5s"))
    assert (short.timeline[1].frames, short.timeline[1].bought) == (45, "3")
    assert "buys 3 s, keeps 1.5 s" in short.step("b.morph").purpose


# The film


def test_music_is_bought_for_the_length_of_the_film() -> None:
    plan = planned(
        'ad glow { music "soft lo-fi" { level -20dB\n duck 6dB } }\nscene a 8s { action "x" }\n'
        'card b 2.5s { headline "Glow" }'
    )
    assert film(plan)["music"] == {"audio": step("music", "audio"), "level": "-20", "duck": "6"}
    assert "soft lo-fi" in plan.step("music").arguments.values()
    assert "11" in str(plan.step("music").arguments)


def test_music_may_be_a_recording() -> None:
    plan = planned('ad glow { music "refs/song.wav" }\nscene a 8s { action "x" }')
    assert film(plan)["music"] == {"audio": {"$file": plan.files[0].digest}, "level": "-22", "duck": "9"}
    assert "music" not in ids(plan)


def test_every_shape_is_a_film_of_its_own_with_cards_that_are_laid_out_for_it() -> None:
    plan = planned('ad glow { deliver 9:16, 1:1 }\nscene a 8s { action "x" }\ncard b 3s { headline "Glow" }')
    assert [(each.step, each.width, each.height) for each in plan.deliverables] == [
        ("film.master", 1080, 1920),
        ("film.1x1", 1080, 1080),
    ]
    square = plan.step("film.1x1").arguments["segments"]
    assert isinstance(square, list)
    assert isinstance(square[1], dict)
    assert square[1]["image"] == step("b.card.1x1", "image")
    assert (plan.step("b.card.1x1").arguments["width"], plan.step("b.card.1x1").arguments["height"]) == (1080, 1080)
    assert ids(plan).count("a.clip") == 1


def test_captions_show_all_that_is_said() -> None:
    plan = planned(
        "ad glow { captions karaoke }\n" + MAYA + 'scene a 8s {\n cast maya\n action "x"\n says maya "Hello."\n'
        ' voiceover "Two drops."\n}'
    )
    captions = film(plan)["captions"]
    assert isinstance(captions, dict)
    assert captions["style"] == "karaoke"
    lines = captions["lines"]
    assert isinstance(lines, list)
    assert [(line["text"], line["who"]) for line in lines if isinstance(line, dict)] == [
        ("Hello.", "Maya Brooks"),
        ("Two drops.", ""),
    ]
    assert "captions" not in film(planned('ad glow\nscene a 8s { action "x" }'))


def test_loudness_is_told_where_it_is_not_the_usual() -> None:
    assert film(planned('ad glow { loudness -16LUFS }\nscene a 8s { action "x" }'))["loudness"] == "-16"
    assert "loudness" not in film(planned('ad glow\nscene a 8s { action "x" }'))


# Models and durations


def test_the_cheapest_that_can_takes_the_scene_and_the_plan_says_why() -> None:
    plan = planned("ad glow\n" + MAYA + 'scene a 8s { action "x" }\nscene b 8s {\n cast maya\n action "y"\n}')
    assert (plan.step("a.clip").endpoint, plan.step("b.clip").endpoint) == (
        "fal-ai/veo3.1/lite",
        "fal-ai/kling-video/o1/standard/reference-to-video",
    )
    assert plan.step("a.clip").why.startswith("the cheapest of ")
    assert "that take references" in plan.step("b.clip").why


def test_a_model_that_knows_the_faces_only_at_first_takes_a_long_scene_with_a_warning() -> None:
    source = "ad glow\n" + MAYA + 'scene a 20s {\n cast maya\n action "she walks"\n}'
    veo = Catalogue(builtin().of_model("veo3_1"))
    found = compile_spec("main.ad", MemoryFiles({**pictures(), "main.ad": source.encode()}), veo)
    assert [(one.code, one.span.line, one.label) for one in found.diagnostics] == [
        ("AD0502", 3, "veo3_1 sees them in 1 of 3 clips; each other starts on the frame before it")
    ]
    named = planned(source.replace("cast maya\n", "cast maya\n using veo3_1\n"))
    assert [("image_urls" in named.step(f"a.clip.{number}").arguments) for number in (1, 2, 3)] == [True, False, False]


def test_a_still_and_a_voice_are_bought_once_however_many_scenes_ask_for_the_same() -> None:
    scene = 'scene {} 8s {{\n cast maya\n action "x"\n start keyframe "{{{{ maya }}}} waits"\n voiceover "Two."\n{}}}\n'
    other = planned("ad glow\n" + MAYA + scene.format("a", "") + scene.format("b", ' light "dusk"\n'))
    assert ids(other) == ["a.voiceover", "a.keyframe", "a.clip", "b.keyframe", "b.clip", "film.master"]
    same = planned("ad glow\n" + MAYA + scene.format("a", "") + scene.format("b", ""))
    assert ids(same) == ["a.voiceover", "a.keyframe", "a.clip", "b.clip", "film.master"]
    again = planned("ad glow\n" + MAYA + scene.format("a", "") + scene.format("b", " take 2\n"))
    assert "b.keyframe" in ids(again), "another take is another still"


def test_what_is_bought_longer_than_it_is_kept_is_told() -> None:
    plan = planned('ad glow\nscene a 7.2s {\n using veo3_1\n action "x"\n}')
    assert plan.step("a.clip").purpose == "scene a, buys 8 s, keeps 7.2 s"
    assert (plan.timeline[0].bought, plan.timeline[0].kept, plan.frames) == ("8", "7.2", 216)


def test_where_nothing_takes_references_with_a_start_frame_it_stands_in_with_a_warning() -> None:
    source = (
        "ad glow { size 1080p 4:5 }\n"
        + MAYA
        + ('scene a 8s {\n cast maya\n action "x"\n start keyframe "{{ maya }}"\n}')
    )
    assert codes(source) == ["AD0502"]


# Text


def test_texts_read_characters_products_params_variants_the_scene_and_the_ad() -> None:
    plan = planned(
        'param city "Denver"\nvariant tone { warm "golden" }\nad glow "Glow 30"\nproduct serum "Glow Serum"\n' + MAYA +
        'card a 3.5s {\n headline "{{ maya }} and {{ serum }}"\n'
        ' line "{{ city }} {{ tone }} {{ scene.name }} {{ ad }}"\n}'
    )  # fmt: skip
    card = plan.step("a.card").arguments
    assert (card["headline"], card["lines"]) == ("Maya Brooks and Glow Serum", ["Denver golden a Glow 30"])


def test_a_value_that_goes_wrong_inside_another_text_is_told_once_where_it_stands() -> None:
    found = compiled(
        'ad glow { music "for {{ maya }}" }\nproduct serum\ncharacter maya { looks "{{ serum.colour }}" }\n'
        'scene a 8s {\n cast maya\n action "{{ maya }}"\n voiceover maya "Two drops."\n super "{{ maya }}"\n}\n'
        'card b 3s { headline "{{ maya }}" }'
    )
    (diagnostic,) = found.diagnostics
    assert (diagnostic.code, diagnostic.span.line) == ("AD0602", 3)


# All of it

EVERYTHING = """
import "cast/maya.ad" as brand

param city "Denver"
param opening 8s

ad full "Glow Serum" {
  duration  49s
  size      1080p 9:16
  rate      30fps
  budget    $45
  style     phone
  captions  bold
  music     "soft lo-fi, hopeful, no vocals" {
    level  -22dB
    duck   9dB
  }
  deliver   9:16, 1:1
  platform  tiktok, reels
  loudness  -16LUFS
}

style phone {
  look       "shot on a phone, soft window light"
  avoid      "watermark, extra fingers"
  reference  "refs/look.webp"
}

product serum "Glow Serum" {
  reference  "refs/serum.jpg"
  looks      "amber glass dropper bottle with a white label"
}

variant opener {
  doubt   "I almost gave up on my skin."
  secret  "Nobody in {{ city }} told me this about serums."
}

scene hook opening {
  cast     brand.maya, serum
  setting  "a small bright bathroom, morning"
  action   "{{ brand.maya }} leans to the mirror and lifts {{ serum }}"
  camera   "handheld selfie, slow push-in"
  says     brand.maya "{{ opener }}"
}

transition continue

scene proof 16s {
  using     kling_o1
  cast      brand.maya, serum
  action    "{{ brand.maya }} presses two drops into her cheek"
  voiceover brand.maya "Two drops. Every morning. Thirty days."
  super     "Day 30" at top from 1s for 3s
}

transition morph 5s "the bathroom light becomes afternoon sun"

scene park 4s {
  cast    brand.maya
  start   keyframe "{{ brand.maya }} on a park bench, golden hour"
  action  "{{ brand.maya }} turns to us and smiles"
}

transition dissolve 1s

scene walk 9s {
  using   kling_o1
  cast    brand.maya
  action  "{{ brand.maya }} walks through {{ city }}"
  shot 4s { camera "wide" }
  shot 5s {
    camera  "close"
    says    brand.maya "I love it here."
  }
}

transition wipe_left

scene last 4s {
  action     "an empty street"
  start      "refs/look.webp"
  end        frame of hook
  voiceover  "Glow." by model
}

transition fade_black 500ms

card offer 5s {
  background  "#f4efe8"
  headline    "Glow Serum"
  line        "20% off your first bottle"
  button      "Shop now"
  logo        "refs/maya.png"
}
"""

BRAND = """
voice warm {
  using  eleven_v3
  id     "Rachel"
}

character maya "Maya Brooks" {
  reference  "../refs/maya.png"
  looks      auto
  wears      "a cream knit sweater"
  voice      warm
  pack       front, profile
  lora {
    photos   "../refs/maya/*.jpg"
    trigger  "MAYAB"
    steps    1000
  }
}
"""


def test_a_spec_that_uses_nearly_everything(repository: Path, snapshot: SnapshotAssertion) -> None:
    plan = planned(EVERYTHING, {"cast/maya.ad": BRAND})
    jsonschema.validate(to_json(plan), json.loads((repository / "schemas" / "plan.v1.json").read_text("utf-8")))
    assert Fraction(plan.frames, plan.rate) == 49
    assert dump(plan).decode() == snapshot
