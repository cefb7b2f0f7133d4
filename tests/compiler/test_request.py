"""Requests: facts into skeletons, options over them, and the seller's schema as the judge, before anything is sent."""

from decimal import Decimal

import pytest
from support.scripts import SPAN, endpoint, name

from adc.compiler.definitions import Option
from adc.compiler.plan import FileRef, Json, StepRef
from adc.compiler.request import (
    UNKNOWN_CHARS,
    Problem,
    apply_options,
    fill,
    option_problems,
    portions,
    problems,
    resolution,
)

FRONT, SMILE, PROFILE, BACK, NEUTRAL, BOTTLE, LOOK, START = (
    StepRef(step, "image").to_json()
    for step in ("front", "smile", "profile", "back", "neutral", "bottle", "look", "start")
)
MAYA: Json = {"frontal": FRONT, "angles": [SMILE, PROFILE]}
SERUM: Json = {"frontal": BOTTLE}
KLING_O1 = endpoint("kling-video/o1/reference-to-video")


def option(key: str, value: bool | int | Decimal | str) -> Option:
    return Option(name(key), value, SPAN)


def test_kling_o1_gets_elements_and_the_start_frame_as_its_first_picture() -> None:
    facts: dict[str, Json] = {
        "prompt": "p", "seconds": 8, "aspect": "9:16", "start_frame": START, "style": LOOK, "subjects": [MAYA, SERUM],
    }  # fmt: skip
    assert fill(KLING_O1, facts) == {
        "prompt": "p",
        "duration": "8",
        "aspect_ratio": "9:16",
        "elements": [
            {"frontal_image_url": FRONT, "reference_image_urls": [SMILE, PROFILE]},
            {"frontal_image_url": BOTTLE, "reference_image_urls": [BOTTLE]},
        ],
        "image_urls": [START, LOOK],
    }


def test_an_element_takes_three_angles_and_no_more() -> None:
    subject: Json = {"frontal": FRONT, "angles": [SMILE, PROFILE, BACK, NEUTRAL]}
    filled = fill(KLING_O1, {"prompt": "p", "subjects": [subject]})
    assert filled["elements"] == [{"frontal_image_url": FRONT, "reference_image_urls": [SMILE, PROFILE, BACK]}]


def test_what_is_absent_leaves_no_trace() -> None:
    assert fill(KLING_O1, {"prompt": "p", "style": None}) == {"prompt": "p"}
    assert fill(endpoint("minimax/speech-2.8-hd"), {"text": "Hi", "voice": None}) == {
        "prompt": "Hi",
        "audio_setting": {"sample_rate": 44100, "format": "mp3"},
        "output_format": "url",
    }


def test_kling_o3_has_an_argument_of_its_own_for_the_start_frame() -> None:
    filled = fill(
        endpoint("kling-video/o3/standard/reference-to-video"),
        {"prompt": "p", "seconds": 15, "aspect": "9:16", "start_frame": START, "style": LOOK, "subjects": [MAYA]},
    )
    assert filled["start_image_url"] == START
    assert filled["image_urls"] == [LOOK]
    assert filled["generate_audio"] is False


def test_veo_is_silent_unless_somebody_speaks_and_its_prompt_is_never_rewritten() -> None:
    facts: dict[str, Json] = {"prompt": "p", "seconds": 8, "aspect": "9:16", "resolution": "1080p"}
    silent = fill(endpoint("veo3.1"), facts)
    assert silent == {
        "prompt": "p",
        "duration": "8s",
        "aspect_ratio": "9:16",
        "resolution": "1080p",
        "generate_audio": False,
        "auto_fix": False,
    }
    spoken = fill(endpoint("veo3.1"), {**facts, "speech": True, "avoid": "text", "seed": 7})
    assert (spoken["generate_audio"], spoken["negative_prompt"], spoken["seed"]) == (True, "text", 7)


def test_ideogram_gets_one_reference_and_a_shape() -> None:
    facts: dict[str, Json] = {"prompt": "p", "aspect": "3:4", "subjects": [MAYA], "style": LOOK}
    assert fill(endpoint("ideogram/character"), facts) == {
        "prompt": "p",
        "reference_image_urls": [FRONT],
        "image_size": "portrait_4_3",
        "rendering_speed": "BALANCED",
        "expand_prompt": False,
        "num_images": 1,
    }
    given = fill(endpoint("ideogram/character"), {"prompt": "p", "aspect": "16:9", "reference": BOTTLE})
    assert (given["reference_image_urls"], given["image_size"]) == ([BOTTLE], "landscape_16_9")


def test_a_flat_list_shows_everybody_before_it_shows_anybody_twice() -> None:
    flux = endpoint("flux-2/edit")
    subjects: Json = [{"frontal": FRONT, "angles": [SMILE, PROFILE, BACK]}, SERUM]
    assert fill(flux, {"prompt": "p", "subjects": subjects, "style": LOOK})["image_urls"] == [
        FRONT,
        SMILE,
        BOTTLE,
        LOOK,
    ]
    assert fill(flux, {"prompt": "p", "subjects": subjects})["image_urls"] == [FRONT, SMILE, PROFILE, BOTTLE]
    assert portions(flux, [1, 1, 1, 1, 1], style=True) == (1, 1, 1, 1, 1)


def test_a_misspelt_fact_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="start_frmae"):
        fill(KLING_O1, {"prompt": "p", "start_frmae": START})


@pytest.mark.parametrize(
    ("endpoint_id", "short_side", "expected"),
    [
        ("veo3.1", 720, "720p"),
        ("veo3.1", 1080, "1080p"),
        ("veo3.1", 1081, "4k"),
        ("veo3.1/lite", 2160, "1080p"),
        ("nano-banana-pro", 1080, "2K"),
        ("nano-banana-2", 360, "0.5K"),
        ("kling-video/o1/reference-to-video", 1080, None),
    ],
)
def test_resolution_is_the_smallest_that_is_enough(endpoint_id: str, short_side: int, expected: str | None) -> None:
    assert resolution(endpoint(endpoint_id), short_side) == expected


def test_options_are_laid_over_the_request_as_plain_numbers() -> None:
    options = (
        option("guidance_scale", Decimal("2.5")),
        option("num_inference_steps", Decimal("30")),
        option("seed", 3),
    )
    merged = apply_options({"prompt": "p", "seed": 1}, options)
    assert merged == {"prompt": "p", "seed": 3, "guidance_scale": 2.5, "num_inference_steps": 30}
    assert isinstance(merged["num_inference_steps"], int)
    assert problems(endpoint("flux-2"), merged) == ()


def test_options_that_would_not_do_what_they_say() -> None:
    found = option_problems(
        endpoint("veo3.1/image-to-video"),
        [
            option("resolutoin", "4k"),
            option("duration", "8s"),
            option("image_url", "x"),
            option("safety_tolerance", "2"),
        ],
    )
    assert found == (
        Problem("resolutoin", "fal-ai/veo3.1/image-to-video has no `resolutoin`; did you mean `resolution`?"),
        Problem("duration", "`duration` follows from the scene and cannot be set"),
        Problem("image_url", "`image_url` follows from the scene and cannot be set"),
    )
    assert option_problems(endpoint("nano-banana"), [option("sync_mode", True)]) == (
        Problem("sync_mode", "`sync_mode` is fixed: with another value the answer would not be one file"),
    )
    assert option_problems(endpoint("veo3.1"), [option("generate_audio", True), option("resolution", "4k")]) == ()
    assert (
        "it has `generate_audio`"
        in option_problems(endpoint("kling-video/o3/standard/text-to-video"), [option("quux", 1)])[0].message
    )


def test_a_dotted_option_reaches_into_a_group_and_leaves_the_rest() -> None:
    speech = endpoint("minimax/speech-2.8-hd")
    filled = fill(speech, {"text": "Two drops.", "voice": "Wise_Woman"})
    options = (option("voice_setting.speed", Decimal("1.1")), option("audio_setting.bitrate", 256000))
    assert option_problems(speech, options) == ()
    merged = apply_options(filled, options)
    assert merged["voice_setting"] == {"voice_id": "Wise_Woman", "speed": 1.1}
    assert merged["audio_setting"] == {"sample_rate": 44100, "format": "mp3", "bitrate": 256000}
    assert filled["voice_setting"] == {"voice_id": "Wise_Woman"}, "the request that was given is not changed"
    assert problems(speech, merged) == ()
    assert apply_options({}, options[:1]) == {"voice_setting": {"speed": 1.1}}
    refused = apply_options(filled, [option("voice_setting.speed", 9)])
    assert problems(speech, refused) == (Problem("voice_setting/speed", "9 is too much; it must be at most 2"),)


@pytest.mark.parametrize(
    ("endpoint_id", "name", "message"),
    [
        ("minimax/speech-2.8-hd", "voice_setting.sped", "`voice_setting` has no `sped`; did you mean `speed`?"),
        ("minimax/speech-2.8-hd", "voice_seting.speed",
         "fal-ai/minimax/speech-2.8-hd has no `voice_seting`; did you mean `voice_setting`?"),
        ("minimax/speech-2.8-hd", "voice_setting.speed.x",
         "`voice_setting.speed` is one value: it has no options inside"),
        ("veo3.1", "seed.x", "`seed` is one value: it has no options inside"),
        ("flux-2", "image_size.width", "`image_size` follows from the scene and cannot be set"),
        ("kling-video/o1/reference-to-video", "elements.frontal_image_url",
         "`elements` follows from the scene and cannot be set"),
        ("moondream3-preview/query", "image_url", "`image_url` follows from the scene and cannot be set"),
        ("flux-lora", "loras.scale", "`loras` follows from the scene and cannot be set"),
    ],
)  # fmt: skip
def test_a_dotted_option_that_is_not_there(endpoint_id: str, name: str, message: str) -> None:
    assert option_problems(endpoint(endpoint_id), [option(name, 1)]) == (Problem(name, message),)


def test_loras_are_sent_one_entry_each_and_counted() -> None:
    lora, serum = (StepRef(step, "weights").to_json() for step in ("maya.lora", "serum.lora"))
    flux = endpoint("flux-2/lora/edit")
    facts: dict[str, Json] = {
        "prompt": "p", "aspect": "9:16", "subjects": [MAYA], "loras": [{"weights": lora}, {"weights": serum}],
    }  # fmt: skip
    filled = fill(flux, facts)
    assert filled["loras"] == [{"path": lora}, {"path": serum}]
    assert filled["image_urls"] == [FRONT, SMILE, PROFILE]
    assert problems(flux, filled) == ()
    four: list[Json] = [{"weights": lora}] * 4
    assert problems(flux, fill(flux, {**facts, "loras": four})) == (
        Problem("loras", "4 LoRAs; fal-ai/flux-2/lora/edit takes at most 3"),
    )
    assert "loras" not in fill(endpoint("flux-lora"), {"prompt": "p", "loras": None})


def test_lengths_are_whole_numbers_where_the_seller_wants_numbers() -> None:
    facts: dict[str, Json] = {"prompt": "soft lo-fi", "seconds": 31, "milliseconds": 30_500}
    assert fill(endpoint("stable-audio-25/text-to-audio"), facts) == {"prompt": "soft lo-fi", "seconds_total": 31}
    assert fill(endpoint("elevenlabs/music"), facts) == {
        "prompt": "soft lo-fi",
        "music_length_ms": 30_500,
        "force_instrumental": True,
    }


def test_a_lip_sync_joins_a_clip_and_a_voice() -> None:
    clip, voice = StepRef("hook.clip", "video").to_json(), StepRef("hook.voice", "audio").to_json()
    filled = fill(endpoint("kling-video/lipsync/audio-to-video"), {"video": clip, "audio": voice})
    assert filled == {"video_url": clip, "audio_url": voice}


def test_a_text_that_is_not_there_yet_is_judged_by_a_usual_length() -> None:
    kling = endpoint("kling-video/o1/reference-to-video")
    looks = StepRef("maya.looks", "text").to_json()

    def prompt(known: int) -> dict[str, Json]:
        return fill(kling, {"prompt": {"$text": ["x" * known, looks]}, "subjects": [MAYA]})

    assert problems(kling, prompt(2500 - UNKNOWN_CHARS)) == ()
    assert problems(kling, prompt(2501 - UNKNOWN_CHARS)) == (
        Problem("prompt", "2,501 characters long; at most 2,500 are allowed"),
    )


REFUSED: list[tuple[str, dict[str, Json], str, str]] = [
    ("veo3.1", {"duration": "5s"}, "duration", '"5s" is not one of "4s", "6s", "8s"'),
    ("veo3.1", {"generate_audio": "yes"}, "generate_audio", '"yes" is not true or false'),
    ("veo3.1", {"seed": "x"}, "seed", '"x" is not a whole number'),
    ("veo3.1", {"seeds": 7}, "seeds", "fal-ai/veo3.1 has no `seeds`; did you mean `seed`?"),
    ("veo3.1/reference-to-video", {"image_urls": [], "duration": "6s"}, "duration",
     '"6s" is not allowed; it must be "8s"'),
    ("veo3.1/image-to-video", {}, "image_url", "`image_url` is missing; fal-ai/veo3.1/image-to-video needs it"),
    ("kling-video/o1/reference-to-video", {"prompt": "x" * 2501}, "prompt",
     "2,501 characters long; at most 2,500 are allowed"),
    ("kling-video/o3/pro/text-to-video", {"prompt": "x" * 2501}, "prompt",
     "2,501 characters long; at most 2,500 are allowed"),
    ("kling-video/o1/reference-to-video", {"elements": [{}]}, "elements/0/frontal_image_url",
     "`frontal_image_url` is missing; `elements/0` needs it"),
    ("kling-video/o1/reference-to-video", {"elements": [{"frontal_image_url": "u", "voice": "v"}]}, "elements/0/voice",
     "`elements/0` has no `voice`; it has `frontal_image_url`, `reference_image_urls`"),
    ("nano-banana", {"prompt": "ab"}, "prompt", "2 characters long; at least 3 are needed"),
    ("nano-banana", {"num_images": 9}, "num_images", "9 is too much; it must be at most 4"),
    ("flux-2", {"num_inference_steps": 1}, "num_inference_steps", "1 is too little; it must be at least 4"),
    ("flux-2", {"image_size": "poster"}, "image_size",
     '"poster" is not one of "square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", '
     '"landscape_16_9"'),
]  # fmt: skip


@pytest.mark.parametrize(("endpoint_id", "change", "path", "message"), REFUSED)
def test_what_the_endpoint_would_refuse_is_said_in_words(
    endpoint_id: str, change: dict[str, Json], path: str, message: str
) -> None:
    assert problems(endpoint(endpoint_id), {"prompt": "a scene", **change}) == (Problem(path, message),)


def test_files_and_steps_count_as_addresses() -> None:
    veo = endpoint("veo3.1/image-to-video")
    assert problems(veo, {"prompt": "p", "image_url": FileRef("sha256:00").to_json()}) == ()
    assert problems(veo, {"prompt": "p", "image_url": {"url": "x"}}) != ()


def test_more_references_than_the_endpoint_takes() -> None:
    subjects: list[Json] = [SERUM] * 6
    facts: dict[str, Json] = {"prompt": "p", "style": LOOK, "subjects": subjects}
    assert problems(KLING_O1, fill(KLING_O1, facts)) == ()
    assert problems(KLING_O1, fill(KLING_O1, {**facts, "start_frame": START})) == (
        Problem("elements", "8 references; fal-ai/kling-video/o1/reference-to-video takes at most 7"),
    )
    flux = endpoint("flux-2/edit")
    assert problems(flux, fill(flux, {"prompt": "p", "subjects": [SERUM] * 5})) == (
        Problem("image_urls", "5 references; fal-ai/flux-2/edit takes at most 4"),
    )
