"""Prompts: what each family of models is told about the same scene, and templates that go wrong."""

import json

import pytest
from support.scripts import SPAN, endpoint, maya, phone, says, scene, script, serum, text, voiceover
from syrupy.assertion import SnapshotAssertion

from adc.compiler.catalogue import builtin
from adc.compiler.definitions import Lora, Scene, Text
from adc.compiler.frozen import replace
from adc.compiler.prompts import (
    TemplateProblem,
    bind,
    compose_avoid,
    compose_clip,
    compose_still,
    compose_view,
    render,
)
from adc.compiler.quotes import to_come
from adc.compiler.request import fill
from adc.compiler.vocabulary import VIEWS

PACKED = maya("front", "three_quarter", "profile", "smile")
SILENT = scene(PACKED, serum(), style=phone(reference=True), lines=(voiceover(PACKED, "Two drops."),))
SPOKEN = scene(PACKED, serum(), style=phone(), lines=(says(PACKED, 'I almost "gave up" on {{ serum }}.'),))
BENCH = text("{{ maya }} on a park bench, golden hour")

KLING_O1 = "kling-video/o1/reference-to-video"
KLING_O3 = "kling-video/o3/standard/reference-to-video"


def clip(piece: Scene, path: str, *, start: bool = False, end: bool = False) -> str:
    """The prompt of a clip whose lines on camera the model says itself, where it can."""
    chosen = endpoint(path)
    spoken = tuple(line for line in piece.lines if line.on_camera) if chosen.takes.speech else ()
    return compose_clip(script(piece), piece, chosen, start=start, end=end, spoken=spoken)


@pytest.mark.parametrize(
    ("piece", "path", "start", "end"),
    [
        pytest.param(SILENT, KLING_O1, False, False, id="elements"),
        pytest.param(SILENT, KLING_O1, True, False, id="elements from a start frame"),
        pytest.param(SPOKEN, KLING_O3, True, True, id="elements from a start to an end frame, spoken"),
        pytest.param(SPOKEN, "veo3.1", False, False, id="words"),
        pytest.param(SPOKEN, "veo3.1/image-to-video", True, False, id="words and a start frame"),
        pytest.param(SILENT, "veo3.1/reference-to-video", False, False, id="words and pictures without names"),
        pytest.param(SILENT, "kling-video/o3/standard/image-to-video", True, True, id="frames"),
        pytest.param(scene(parts={"action": "clouds pass"}), "kling-video/o1/image-to-video", True, False, id="nobody"),
    ],
)
def test_a_clip(snapshot: SnapshotAssertion, piece: Scene, path: str, start: bool, end: bool) -> None:
    assert clip(piece, path, start=start, end=end) == snapshot


@pytest.mark.parametrize("path", ["nano-banana-pro/edit", "flux-2/edit", "flux-2", "ideogram/character"])
def test_a_keyframe(snapshot: SnapshotAssertion, path: str) -> None:
    assert compose_still(script(SILENT), SILENT, endpoint(path), BENCH) == snapshot


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_a_pack(snapshot: SnapshotAssertion, view: str) -> None:
    assert compose_view(PACKED, view, script=script(SILENT), endpoint=endpoint("ideogram/character")) == snapshot


def test_a_view_of_somebody_without_words_keeps_the_outfit_of_the_photo() -> None:
    plain = maya("front", looks=None, wears=None)
    told = compose_view(plain, "front", script=script(scene(plain)), endpoint=endpoint("ideogram/character"))
    assert "The same outfit as in the reference photo." in told
    assert "The same person as in the reference photo. Same age" in told


def test_every_endpoint_is_told_about_a_scene_in_clean_lines() -> None:
    for each in builtin().endpoints:
        if each.role not in ("clip", "still"):
            continue
        if each.role == "still":
            told = compose_still(script(SPOKEN), SPOKEN, each, BENCH)
        else:
            told = compose_clip(script(SPOKEN), SPOKEN, each, start=each.takes.start_frame != "no")
        assert told, each.id
        assert all(line == line.strip() and line for line in told.split("\n")), each.id
        assert "  " not in told, each.id
        assert "{{" not in told, each.id
        assert ".." not in told, each.id


def test_who_moves_the_lips_to_a_voice_that_comes_later_is_told_so() -> None:
    piece = scene(PACKED, lines=(says(PACKED, "Truly."),))
    told = compose_clip(script(piece), piece, endpoint(KLING_O1), start=False, mimes=PACKED)
    assert "@Element1 speaks to the camera throughout, lips moving naturally." in told
    assert "Truly" not in told
    assert "lips stay closed" not in told


def test_a_clip_of_several_is_told_which_it_is() -> None:
    first, second = (
        compose_clip(script(SILENT), SILENT, endpoint(KLING_O1), start=number > 1, part=(number, 2))
        for number in (1, 2)
    )
    assert "This is part 1 of 2 of one continuous take." in first
    assert "This is part 2 of 2 of one continuous take: carry the movement on, do not begin it again." in second
    assert "continuous take" not in clip(SILENT, KLING_O1)


def test_words_that_come_later_are_marked_where_a_model_is_told_and_nowhere_else() -> None:
    person = replace(maya(looks=None), looks_auto=SPAN)
    piece = scene(person)
    assert f"Maya Brooks: {to_come('maya.looks')}, wearing a cream knit sweater." in clip(piece, "veo3.1")
    assert render(text("{{ maya.looks }}"), bind(script(piece), piece, None)) == "as in the picture"


def test_somebody_trained_is_called_by_the_trigger_word() -> None:
    person = replace(maya(), lora=Lora((), "MAYAB", 1000, None, (), SPAN))
    piece = scene(person)
    told = compose_still(script(piece), piece, endpoint("flux-lora"), BENCH)
    assert told.startswith("MAYAB on a park bench, golden hour.")
    assert "MAYAB: late twenties" in told
    assert "Maya Brooks" not in told, "one name for one person"


def test_what_somebody_looks_like_may_name_the_others() -> None:
    """Whoever comes first: by the time one of them is described, all have a name."""
    person = maya(looks="as tall as {{ tom }}, holding {{ serum }}")
    tom = replace(maya(looks="shorter than {{ maya }}"), name="tom", display="Tom")
    told = clip(scene(person, tom, serum()), "veo3.1")
    assert "Maya Brooks: as tall as Tom, holding Glow Serum" in told
    assert "Tom: shorter than Maya Brooks" in told


def test_elements_in_the_prompt_are_the_elements_of_the_request() -> None:
    """Somebody without a picture is told in words and moves nobody's number."""
    piece = scene(maya(reference=False), serum())
    told = clip(piece, KLING_O1)
    assert "Action: Maya Brooks leans to the mirror and lifts @Element1." in told
    assert "@Element2" not in told
    sent = fill(endpoint(KLING_O1), {"prompt": told, "subjects": [{"frontal": "bottle"}]})
    assert json.dumps(sent["elements"]).count("frontal_image_url") == 1


def test_a_start_frame_moves_the_style_picture_only_where_it_is_a_picture_itself() -> None:
    assert "@Image2 gives the look only" in clip(SILENT, KLING_O1, start=True)
    assert "@Image1 gives the look only" in clip(SILENT, KLING_O1)
    assert "@Image1 gives the look only" in clip(SILENT, KLING_O3, start=True)


def test_only_a_model_that_speaks_is_given_lines() -> None:
    assert "says to the camera, lips in sync: \"I almost 'gave up' on Glow Serum.\"" in clip(SPOKEN, KLING_O3)
    assert "Nobody speaks: lips stay closed." in clip(SPOKEN, KLING_O1)
    assert "Nobody speaks" not in clip(scene(serum()), KLING_O1)


def test_a_voice_over_can_be_given_to_the_model() -> None:
    lines = (voiceover(PACKED, "Two drops."), voiceover(None, "Every morning."))
    told = compose_clip(script(SILENT), SILENT, endpoint("veo3.1"), start=False, spoken=lines)
    assert 'Voice-over in the voice of Maya Brooks, off camera, lips closed: "Two drops."' in told
    assert 'Voice-over by a narrator, off camera: "Every morning."' in told


def test_what_to_keep_out_is_said_once() -> None:
    piece = scene(maya(), avoid="text on the mirror.", style=phone())
    veo, kling = endpoint("veo3.1"), endpoint(KLING_O1)
    assert compose_avoid(script(piece), piece, veo) == "watermark, extra fingers, text on the mirror"
    assert "Keep out" not in compose_clip(script(piece), piece, veo, start=False)  # it has an argument for it
    assert compose_clip(script(piece), piece, kling, start=False).endswith(
        "Keep out: watermark, extra fingers, text on the mirror."
    )
    assert compose_avoid(script(scene()), scene(), veo) == ""


def test_the_style_of_the_ad_is_that_of_a_scene_without_one() -> None:
    piece = scene(maya())
    told = compose_clip(script(piece, style=phone()), piece, endpoint("veo3.1"), start=False)
    assert "Look: shot on a phone, natural skin texture." in told


def test_a_prompt_of_ones_own_replaces_the_composition() -> None:
    piece = scene(PACKED, prompt="  {{ maya }} dances.\n\n  {{ maya }} bows   in {{ scene.name }}. ")
    assert clip(piece, KLING_O1) == "@Element1 dances.\n@Element1 bows in hook."
    described = "late twenties, shoulder-length dark curls, freckles, wearing a cream knit sweater"
    assert clip(piece, "veo3.1") == f"Maya Brooks ({described}) dances.\nMaya Brooks bows in hook."


def test_names_mean_what_is_spoken_where_no_model_is_told() -> None:
    piece = scene(PACKED, serum())
    scope = bind(script(piece), piece, None)
    assert (
        render(text("{{ maya }} and {{ serum }}, {{ ad }}"), scope)
        == "Maya Brooks and Glow Serum, Glow Serum: 30 seconds"
    )
    words = (
        "{{ maya.name }} {{ maya.display }} {{ maya.wears|upper }} {{ scene.name }} {{ scene.seconds }} {{ ad.name }}"
    )
    assert render(text(words), scope) == "maya Maya Brooks A CREAM KNIT SWEATER hook 8 glow_serum"
    assert render(text("{{ ad.title }}"), bind(script(piece), None, None)) == "Glow Serum: 30 seconds"


def test_looks_may_name_the_scene() -> None:
    piece = scene(maya(looks="as in {{ scene.name }}"))
    assert "Maya Brooks: as in hook, wearing" in clip(piece, "veo3.1")


@pytest.mark.parametrize(
    ("value", "message", "at", "hint"),
    [
        ("{{ maya }} and {{ mya }}", "`mya` is not declared", "mya", "did you mean `maya`?"),
        ("my mya {{ mya }}", "`mya` is not declared", "mya", "did you mean `maya`?"),
        ("{{ quux }}", "`quux` is not declared", "quux", "known here: `ad`, `maya`, `scene`, `serum`"),
        ("so {{ maya.lokos }}", "`maya` has no `lokos`", "lokos", "did you mean `looks`?"),
        ("{{ serum.wears }}", "`serum` has no `wears`", "wears", "it has `display`, `looks`, `name`"),
        ("{{ maya.looks.colour }}", "`this value` has no `colour`", "colour", ""),
        ("one\n{{ maya \ntwo", "this template cannot be read: expected token 'end of print statement', got "
         "'two'", "{{ maya ", ""),
        ("{{ maya|random }}", "this template cannot be read: No filter named 'random'", "{{ maya|random }}", ""),
        ("1 {{ 1 / 0 }}", "this template cannot be rendered: division by zero", "{{ 1 / 0 }}", ""),
        ("{{ 'x' * 9999999999 }}", "this template cannot be rendered: `*` is only for numbers",
         "{{ 'x' * 9999999999 }}", ""),
        ("{{ 9 ** 999999 }}", "this template cannot be rendered: `**` is not available", "{{ 9 ** 999999 }}", ""),
        ("{{ maya.__class__ }}", "this template cannot be rendered: access to attribute '__class__' of 'Names' object "
         "is unsafe", "{{ maya.__class__ }}", ""),
        ("{{ range(3) }}", "`range` is not declared", "range", "known here: `ad`, `maya`, `scene`, `serum`"),
        ("{% include 'secrets' %}", "this template cannot be rendered: no loader for this environment specified",
         "{% include 'secrets' %}", ""),
    ],
)  # fmt: skip
def test_a_template_that_goes_wrong_is_placed_in_its_string(value: str, message: str, at: str, hint: str) -> None:
    piece = scene(maya(), serum(), prompt=value)
    with pytest.raises(TemplateProblem) as caught:
        clip(piece, "veo3.1")
    problem = caught.value
    assert (problem.message, problem.hint) == (message, hint)
    assert problem.text is piece.prompt
    assert value[problem.start : problem.end] == at
    assert problem.start >= value.find("{"), "the place is in a tag, not in the words around it"


def test_a_problem_in_the_looks_is_placed_there_and_not_in_the_scene() -> None:
    person = maya(looks="{{ hair }} curls")
    piece = scene(person)
    with pytest.raises(TemplateProblem, match="`hair` is not declared") as caught:
        clip(piece, "veo3.1")
    assert caught.value.text is person.looks


def test_arithmetic_of_ordinary_size_is_fine() -> None:
    assert render(Text("{{ 3 * 4 }} %", text("").span), {}) == "12 %"
