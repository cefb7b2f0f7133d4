"""What is done to clips, pictures and sounds that are there: gone on from, enlarged, cut out, heard; and effects."""

from decimal import Decimal

import pytest
from support.spec_cases import pictures

from adc.compiler.catalogue import builtin
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import FileRef, Json, Plan, Step, StepRef, references


def plan_of(text: str) -> Plan:
    compiled = compile_spec("main.ad", MemoryFiles({**pictures(), "main.ad": text.encode()}), builtin())
    assert compiled.diagnostics == ()
    assert compiled.plan is not None
    return compiled.plan


def film(plan: Plan, part: str) -> list[dict[str, Json]]:
    found = plan.step("film.master").arguments[part]
    assert isinstance(found, list)
    return [item for item in found if isinstance(item, dict)]


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def with_role(plan: Plan, role: str) -> list[Step]:
    return [step for step in plan.steps if step.endpoint and builtin().endpoint(step.endpoint).role == role]


HOOK = 'scene hook 7.5s { action "she leans to the mirror" }\n'
PROOF = 'scene proof 6s {\n  start clip of hook\n  action "she smiles"\n}\n'


def test_a_scene_goes_on_from_the_whole_clip_of_another() -> None:
    plan = plan_of(f"ad one\n{HOOK}{PROOF}")
    proof = plan.step("proof.clip")
    assert proof.endpoint == "fal-ai/veo3.1/fast/extend-video"
    assert proof.arguments["video_url"] == StepRef("hook.clip", "video").to_json()
    assert proof.arguments["duration"] == "7s"
    assert proof.price.usd == Decimal("0.70")
    assert "goes on from hook.clip" in proof.purpose
    assert str(proof.arguments["prompt"]).startswith("Go on from where the given clip ends")


def test_the_film_shows_what_has_not_been_seen_of_the_lengthened_clip() -> None:
    plan = plan_of(f"ad one\n{HOOK}{PROOF}")
    hook, proof = film(plan, "segments")
    assert "last" not in hook
    assert proof["last"] == "7.5", "half a second of the first clip was cut, and comes before the new seven"
    assert (proof["frames"], proof["skip"]) == (180, 0)
    assert [(placed.bought, placed.kept) for placed in plan.timeline] == [("8", "7.5"), ("7", "6")]


def test_a_clip_may_be_lengthened_again_and_its_last_frame_taken() -> None:
    plan = plan_of(
        f"ad one\n{HOOK}{PROOF}"
        'scene park 7s {\n  start clip of proof\n  action "she laughs"\n}\n'
        'transition continue\nscene end 4s { action "she leaves" }\n'
    )
    assert plan.step("park.clip").arguments["video_url"] == StepRef("proof.clip", "video").to_json()
    _, _, park, _ = film(plan, "segments")
    assert park["last"] == "8.5", "of the 7.5 s that proof could show, 1.5 are left"
    assert plan.step("park.last_frame").arguments == {
        "video": StepRef("park.clip", "video").to_json(),
        "frames": 210,
        "rate": 30,
        "skip": 0,
        "last": "8.5",
    }


def test_a_scene_that_is_gone_on_from_is_cast_among_those_who_can_be() -> None:
    alone = plan_of(
        'ad one\ncharacter maya { reference "refs/maya.png" }\nscene hook 8s {\n  cast maya\n  action "x"\n}\n'
    )
    assert "kling" in str(alone.step("hook.clip").endpoint)
    lent = plan_of(
        'ad one\ncharacter maya { reference "refs/maya.png" }\nscene hook 8s {\n  cast maya\n  action "x"\n}\n'
        'scene proof 7s {\n  cast maya\n  start clip of hook\n  action "y"\n}\n'
    )
    assert lent.step("hook.clip").endpoint == "fal-ai/veo3.1/reference-to-video"
    assert "as in the clip" in str(lent.step("proof.clip").arguments["prompt"])


def test_a_clip_that_is_gone_on_from_is_no_larger_than_may_be_sent() -> None:
    plan = plan_of(
        f"ad one {{ size 4k }}\n{HOOK.replace('{ ', '{' + chr(10) + '  using veo3_1' + chr(10) + '  ', 1)}{PROOF}"
    )
    assert plan.step("hook.clip").arguments["resolution"] == "1080p"


def test_a_scene_longer_than_a_continuation_is_a_continuation_of_it() -> None:
    plan = plan_of(f"ad one\n{HOOK}" + PROOF.replace("6s", "20s"))
    clips = [plan.step(f"proof.clip.{number}") for number in (1, 2, 3)]
    assert {clip.endpoint for clip in clips} == {"fal-ai/veo3.1/fast/extend-video"}
    lengthened = [StepRef(each, "video").to_json() for each in ("hook.clip", "proof.clip.1", "proof.clip.2")]
    assert [clip.arguments["video_url"] for clip in clips] == lengthened
    assert not any("last_frame" in each for each in ids(plan))
    assert str(clips[1].why).endswith("; 3 clips, each lengthens the one before by 7 s at most")
    assert [str(clip.purpose).rpartition("goes on from ")[2] for clip in clips] == [
        "hook.clip",
        "proof.clip.1",
        "proof.clip.2",
    ]
    _, *shown = film(plan, "segments")
    assert [(each["last"], each["frames"], each["skip"]) for each in shown] == [
        ("7.5", 210, 0),  # half a second of hook is bought and not seen, so each clip has it over
        ("7.5", 210, 0),
        ("7.5", 180, 0),
    ]


def test_a_lengthened_clip_of_many_has_its_last_frame_taken() -> None:
    long = PROOF.replace("6s", "12s")
    plan = plan_of(f'ad one\n{HOOK}{long}transition continue\nscene end 4s {{ action "she leaves" }}\n')
    assert plan.step("proof.last_frame.2").arguments == {
        "video": StepRef("proof.clip.2", "video").to_json(),
        "frames": 150,
        "rate": 30,
        "skip": 0,
        "last": "7.5",
    }


def test_clips_are_enlarged_where_they_are_smaller_than_the_film() -> None:
    plan = plan_of(
        'ad one { upscale }\nscene hook 5s {\n  using kling_o3\n  action "x"\n}\n'
        'scene proof 5s {\n  using kling_o3_pro\n  action "y"\n}\n'
    )
    (larger,) = with_role(plan, "upscale")
    assert larger.id == "hook.upscale"
    assert larger.arguments["upscale_factor"] == 1.5
    assert (larger.price.usd, larger.price.mark) == (Decimal("0.10"), "exact")
    videos = [segment["video"] for segment in film(plan, "segments")]
    assert videos == [StepRef("hook.upscale", "video").to_json(), StepRef("proof.clip", "video").to_json()]


@pytest.mark.parametrize(
    ("size", "model", "factor", "usd"),
    [("720p", "kling_o3_pro", None, "0"), ("1440p", "kling_o3_pro", 1.3334, "0.40"), ("4320p", "kling_o3", 4, "0.40")],
)
def test_the_factor_follows_from_both_sizes(size: str, model: str, factor: float | None, usd: str) -> None:
    text = f'ad one {{\n  size {size}\n  upscale\n}}\nscene hook 5s {{\n  using {model}\n  action "x"\n}}\n'
    compiled = compile_spec("main.ad", MemoryFiles({"main.ad": text.encode()}), builtin())
    assert compiled.plan is not None
    steps = with_role(compiled.plan, "upscale")
    assert [step.arguments["upscale_factor"] for step in steps] == ([] if factor is None else [factor])
    assert sum((step.price.usd for step in steps), Decimal(0)) == Decimal(usd)


def test_frames_are_taken_before_a_clip_is_enlarged() -> None:
    text = (
        'scene hook 5s {\n  using kling_o3\n  action "x"\n}\ntransition continue\n'
        'scene proof 5s {\n  using kling_o3\n  action "y"\n}\n'
    )
    plain, larger = plan_of(f"ad one\n{text}"), plan_of(f"ad one {{ upscale }}\n{text}")
    assert larger.step("proof.clip") == plain.step("proof.clip"), "wishing for it buys no clip anew"
    assert larger.step("hook.last_frame") == plain.step("hook.last_frame")


def test_what_is_cut_out_is_bought_once_and_shown_instead_of_the_reference() -> None:
    plan = plan_of(
        'ad one\nproduct serum {\n  reference "refs/serum.jpg"\n  cutout\n}\n'
        'scene hook 5s {\n  using kling_o1\n  cast serum\n  action "{{ serum }} x"\n}\n'
        'scene proof 5s {\n  using kling_o1\n  cast serum\n  action "{{ serum }} y"\n}\n'
        'card offer 2s {\n  headline "Glow"\n  image serum\n}\n'
    )
    assert ids(plan).count("serum.cutout") == 1
    for step_id in ("hook.clip", "proof.clip", "offer.card"):
        found = set(references(plan.step(step_id).arguments))
        assert StepRef("serum.cutout", "image") in found
        assert not any(isinstance(each, FileRef) for each in found)


def test_a_card_shows_the_reference_of_a_product_as_it_is() -> None:
    plan = plan_of(
        'ad one\nproduct serum { reference "refs/serum.jpg" }\nscene hook 4s { action "x" }\n'
        'card offer 2s {\n  headline "Glow"\n  image serum\n}\n'
    )
    assert list(references(plan.step("offer.card").arguments)) == [FileRef(plan.files[0].digest)]


SPOKEN = """character maya { reference "refs/maya.png" }
scene hook 8s {
  using      %s
  cast       maya
  action     "{{ maya }} leans to the mirror"
  says       maya "It works."
  says       maya "I did not think so."
  voiceover  "Two drops."
}
"""


def test_every_sound_with_words_is_heard_once() -> None:
    plan = plan_of("ad one { captions bold using eleven_scribe }\n" + SPOKEN % "kling_o3")
    heard = {step.id: next(iter(step.needs)) for step in with_role(plan, "transcription")}
    assert heard == {"hook.words": "hook.clip", "hook.voiceover.words": "hook.voiceover"}
    captions = plan.step("film.master").arguments["captions"]
    assert isinstance(captions, dict)
    lines = captions["lines"]
    assert isinstance(lines, list)
    told = [(line["text"], line["heard"], line.get("clip")) for line in lines if isinstance(line, dict)]
    clip, voice = StepRef("hook.words", "words").to_json(), StepRef("hook.voiceover.words", "words").to_json()
    assert told == [("It works.", clip, "hook"), ("I did not think so.", clip, "hook"), ("Two drops.", voice, None)]


def test_of_a_dubbed_clip_the_voice_is_heard() -> None:
    plan = plan_of("ad one { captions bold using whisper }\n" + SPOKEN % "kling_o1")
    assert plan.step("hook.words").needs == ("hook.voice",)


def test_captions_that_nobody_hears_are_as_they_were() -> None:
    plan = plan_of("ad one { captions bold }\n" + SPOKEN % "kling_o3")
    assert with_role(plan, "transcription") == []
    assert "heard" not in str(plan.step("film.master").arguments)


def test_effects_are_bought_for_their_seconds_and_laid_at_their_time() -> None:
    plan = plan_of(
        'ad one\nscene hook 4s { action "x" }\nscene proof 6s {\n  action "y"\n'
        '  effect "a cork pops" from 1.5s for 1.2s\n  effect "rain" using eleven_sound_effects\n}\n'
    )
    effects = film(plan, "effects")
    assert [(effect["at"], effect["frames"]) for effect in effects] == [(165, 36), (120, 180)]
    assert plan.step("proof.effect.1").arguments == {"text": "a cork pops", "duration_seconds": 2}
    assert plan.step("proof.effect.2").arguments == {"text": "rain", "duration_seconds": 6}


def test_effects_of_shots_stand_in_their_shots() -> None:
    plan = plan_of(
        'ad one\nscene hook 10s {\n  action "x"\n'
        '  shot 4s { camera "wide" }\n'
        '  shot 6s {\n    camera "close"\n    effect "a cork pops" from 1s for 1s\n  }\n}\n'
    )
    assert [(effect["at"], effect["frames"]) for effect in film(plan, "effects")] == [(150, 30)]
    assert "hook.effect" in ids(plan)


def test_looks_are_described_by_the_model_that_is_named() -> None:
    text = (
        'ad one\nproduct serum {{\n  reference "refs/serum.jpg"\n  looks auto{}\n}}\n'
        'scene hook 4s {{\n  using veo3_1_lite\n  start "refs/serum.jpg"\n  cast serum\n'
        '  action "{{{{ serum }}}} x"\n}}\n'
    )
    assert plan_of(text.format("")).step("serum.looks").endpoint == "fal-ai/moondream3-preview/query"
    assert plan_of(text.format(" using openrouter_vision")).step("serum.looks").endpoint == "openrouter/router/vision"
