"""What the draft engine reads from a request: pictures by the names of their arguments, length and size by schema."""

from collections.abc import Callable
from fractions import Fraction
from importlib import resources
from pathlib import Path

import pytest
from PIL import Image

from adc.compiler.catalogue import Catalogue, Endpoint, builtin
from adc.compiler.plan import Json
from adc.runtime.draft import request
from adc.runtime.draft.move import move_for

CATALOGUE: Catalogue = builtin()


def one(holds: Callable[[Endpoint], bool]) -> Endpoint:
    return next(endpoint for endpoint in CATALOGUE.endpoints if holds(endpoint))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    names = ("front", "side", "bottle", "start", "end")
    for name in names:
        (tmp_path / f"{name}.png").write_bytes(b"")
    return {name: str(tmp_path / f"{name}.png") for name in names}


def test_an_element_is_its_frontal_picture(files: dict[str, str]) -> None:
    endpoint = one(lambda e: e.takes.reference_form == "elements")
    arguments: dict[str, Json] = {
        "elements": [
            {"frontal_image_url": files["front"], "reference_image_urls": [files["side"]]},
            {"frontal_image_url": files["bottle"], "reference_image_urls": [files["bottle"]]},
        ],
        "end_image_url": files["end"],
        "image_urls": [files["start"]],
    }
    found = request.pictures(endpoint, arguments, {})
    assert [path.stem for path in found.references] == ["front", "bottle", "start"]
    assert found.start is None
    assert found.end is not None
    continued = request.pictures(endpoint, arguments, {"continues": True})
    assert continued.start is not None
    assert continued.start.stem == "start"
    assert [path.stem for path in continued.references] == ["front", "bottle"]


def test_a_lone_picture_starts_a_clip_and_is_a_reference_for_a_still(files: dict[str, str]) -> None:
    clip, still = one(lambda e: e.makes == "video"), one(lambda e: e.makes == "image")
    assert request.pictures(clip, {"image_url": files["start"]}, {}).start == Path(files["start"])
    assert request.pictures(still, {"image_url": files["start"]}, {}).references == (Path(files["start"]),)


def test_masks_and_what_is_no_file_are_not_pictures(files: dict[str, str]) -> None:
    still = one(lambda e: e.makes == "image")
    arguments: dict[str, Json] = {
        "mask_url": files["front"],
        "image_urls": ["https://example.invalid/a.png"],
        "prompt": files["front"],
    }
    assert request.pictures(still, arguments, {}).references == ()


@pytest.mark.parametrize(
    ("arguments", "length"),
    [({"duration": "7"}, 7), ({"duration": "8s"}, 8), ({"duration": 5}, 5), ({"music_length_ms": 12_500}, "25/2")],
)
def test_length_is_read_in_every_form(arguments: dict[str, Json], length: int | str) -> None:
    endpoint = one(lambda e: e.makes == "audio")
    assert request.seconds(endpoint, arguments) == Fraction(length)


def test_length_falls_back_to_the_schema() -> None:
    endpoint = one(lambda e: e.makes == "video" and "duration" in str(e.input_schema))
    assert request.seconds(endpoint, {}) in [Fraction(seconds) for seconds in endpoint.takes.seconds]


def test_the_shape_follows_the_argument_then_the_start_frame() -> None:
    endpoint = one(lambda e: e.makes == "video" and "9:16" in e.takes.aspects)
    square = Image.new("RGB", (800, 800))
    nearly = Image.new("RGB", (1080, 1918))
    assert request.clip_size(endpoint, {"aspect_ratio": "9:16"}, {"aspect": "16:9"}, square) == (540, 960)
    assert request.clip_size(endpoint, {}, {"aspect": "9:16"}, square) == (540, 540)
    assert request.clip_size(endpoint, {}, {"aspect": "9:16"}, nearly) == (540, 960)
    assert request.clip_size(endpoint, {}, {"aspect": "9:16"}, None) == (540, 960)


def test_the_size_of_a_still() -> None:
    endpoint = one(lambda e: e.makes == "image")
    assert request.still_size(endpoint, {"image_size": {"width": 720, "height": 1280}}, {}) == (720, 1280)
    assert request.still_size(endpoint, {"image_size": "landscape_4_3"}, {}) == (1024, 768)


def test_speech_is_heard_only_from_models_that_speak() -> None:
    speaking = one(lambda e: e.makes == "video" and e.takes.speech)
    silent = one(lambda e: e.makes == "video" and not e.takes.speech)
    assert request.speaks(speaking, {"generate_audio": True})
    assert not request.speaks(speaking, {"generate_audio": False})
    assert not request.speaks(silent, {"generate_audio": True})


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("slow push-in", lambda a, b: b.zoom > a.zoom),
        ("pull back to reveal", lambda a, b: b.zoom < a.zoom),
        ("pan left", lambda a, b: b.x < a.x),
        ("pan right", lambda a, b: b.x > a.x),
        ("tilt down", lambda a, b: b.y > a.y),
        ("orbit around her", lambda a, b: b.x > a.x),
        ("static, locked off", lambda a, b: a != b),
        ("", lambda a, b: a != b),
    ],
)
def test_the_move_follows_the_words(words: str, seen: Callable[[object, object], bool]) -> None:
    move = move_for(words)
    assert seen(move.at(0, 8), move.at(8, 8))


def test_a_hand_shakes_and_a_framing_stays_inside_the_picture() -> None:
    assert move_for("handheld selfie").sway > 0
    assert move_for("slow push-in").sway == 0
    for words in ("handheld pan left", "orbit", "handheld walk", "tilt up"):
        for tenth in range(81):
            left, top, right, bottom = move_for(words).at(tenth / 10, 8).box(100, 200)
            assert 0 <= left < right <= 100
            assert 0 <= top < bottom <= 200


@pytest.mark.parametrize(
    ("prompt", "starts"),
    [
        ("@Image1 is the start frame: begin on it exactly and carry its place, light and movement on.", True),
        ("Begin with @image1 as the first frame", True),
        ("Take the opening frame from @Image1. She smiles.", True),
        ("@Image1 gives the look only. Keep every face as given, from the first frame to the last.", False),
        ("@Image10 is the start frame.", False),
        ("She smiles.", False),
    ],
)
def test_a_prompt_may_say_that_the_first_picture_is_the_start(
    files: dict[str, str], prompt: str, *, starts: bool
) -> None:
    arguments: dict[str, Json] = {"prompt": prompt, "image_urls": [files["start"], files["front"]]}
    takes, other = (
        one(lambda e: e.takes.start_as_image),
        one(lambda e: e.makes == "video" and not e.takes.start_as_image),
    )
    found = request.pictures(takes, arguments, {})
    assert found.start == (Path(files["start"]) if starts else None)
    assert len(found.references) == (1 if starts else 2)
    assert request.pictures(other, arguments, {}).start is None


def test_the_prompts_of_the_templates_say_it() -> None:
    template = (resources.files("adc.compiler") / "templates" / "elements" / "1.j2").read_text(encoding="utf-8")
    line = next(line for line in template.splitlines() if line.startswith("@Image1"))
    takes = one(lambda e: e.takes.start_as_image)
    here = str(Path(__file__))
    assert request.pictures(takes, {"prompt": line, "image_urls": [here]}, {}).start == Path(here)
