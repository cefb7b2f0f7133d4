"""Drafted stills and sounds: every endpoint of the catalogue makes what it promises, in the size asked for."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.boards import bottle, difference, listen, onset, portrait

from adc.compiler.catalogue import Catalogue, Endpoint, builtin
from adc.compiler.digest import digest_bytes
from adc.compiler.plan import FREE, FileRef, Json, Ref, Step, StepRef
from adc.compiler.request import fill
from adc.runtime.draft.bed import bed
from adc.runtime.draft.draw import draw
from adc.runtime.draft.framing import seen_from
from adc.runtime.draft.handler import DraftHandler
from adc.runtime.draft.speech import speak, voices_for
from adc.runtime.fal import weights
from adc.runtime.media.typography import fit, font, printable
from adc.runtime.ports import Workspace

pytestmark = pytest.mark.anyio

CATALOGUE: Catalogue = builtin()


def ids(makes: str) -> list[str]:
    return [endpoint.id for endpoint in CATALOGUE.endpoints if endpoint.makes == makes]


def ids_of(*roles: str) -> list[str]:
    return [endpoint.id for endpoint in CATALOGUE.endpoints if endpoint.role in roles]


def asked(endpoint: Endpoint, **wanted: Json) -> dict[str, Json]:
    """Those of the wanted arguments that the endpoint knows."""
    properties = endpoint.input_schema["properties"]
    assert isinstance(properties, dict)
    return {name: value for name, value in wanted.items() if name in properties}


@pytest.mark.parametrize("endpoint_id", [each.id for each in CATALOGUE.of_role("still")])
async def test_every_endpoint_of_stills_makes_one(endpoint_id: str, tmp_path: Path) -> None:
    endpoint = CATALOGUE.endpoint(endpoint_id)
    maya = str(portrait(tmp_path / "maya.png"))
    urls: list[Json] = [maya, str(bottle(tmp_path / "serum.png"))]
    arguments = asked(
        endpoint,
        prompt="Maya Brooks, front view, 100% {natural}",
        image_urls=urls,
        image_url=maya,
        reference_image_urls=urls[:1],
        aspect_ratio="9:16",
        image_size="portrait_16_9",
    )
    made = await draw(endpoint, arguments, {}, tmp_path)
    assert set(made) == set(endpoint.outputs)
    with Image.open(next(iter(made.values()))) as picture:
        assert picture.format == "PNG"
        assert picture.width / picture.height == pytest.approx(9 / 16, rel=0.01)
        assert len(picture.convert("RGB").resize((64, 64)).getcolors(4096) or []) > 100


@pytest.mark.parametrize("endpoint_id", ids_of("voice"))
async def test_every_voice_endpoint_speaks(endpoint_id: str, tmp_path: Path) -> None:
    endpoint = CATALOGUE.endpoint(endpoint_id)
    arguments = asked(endpoint, text="Two drops. Every morning.", prompt="Two drops. Every morning.")
    made = await draw(endpoint, arguments, {"who": "Maya Brooks", "text": "Two drops. Every morning."}, tmp_path)
    samples, rate, _ = listen(next(iter(made.values())))
    assert rate == 48_000
    assert np.abs(samples).max() > 0.02
    assert onset(samples, rate) <= 0.03


@pytest.mark.parametrize("endpoint_id", ids_of("music", "sound"))
async def test_music_and_sounds_last_as_long_as_asked_and_are_the_same_each_time(
    endpoint_id: str, tmp_path: Path
) -> None:
    endpoint = CATALOGUE.endpoint(endpoint_id)
    facts: dict[str, Json] = {"prompt": "soft lo-fi, hopeful", "seconds": 12, "milliseconds": 12_000}
    files: list[Path] = []
    for name in ("once", "again"):
        folder = tmp_path / name
        folder.mkdir()
        files.append((await draw(endpoint, fill(endpoint, facts), {}, folder))["audio"])
    samples, rate, _ = listen(files[0])
    assert len(samples) == 12 * rate
    assert np.abs(samples[rate : 11 * rate]).max() > 0.02
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("endpoint_id", ids("text"))
async def test_a_description_makes_nothing_up(endpoint_id: str, tmp_path: Path) -> None:
    endpoint = CATALOGUE.endpoint(endpoint_id)
    photo = str(portrait(tmp_path / "maya.png"))
    made = await draw(endpoint, asked(endpoint, image_url=photo, prompt="Describe her."), {}, tmp_path)
    assert made["text"].read_text(encoding="utf-8") == "as in the photo"


@pytest.mark.parametrize("endpoint_id", ids("weights"))
async def test_weights_are_a_whole_file_that_says_that_nothing_was_trained(endpoint_id: str, tmp_path: Path) -> None:
    made = await draw(CATALOGUE.endpoint(endpoint_id), {"steps": 1000}, {}, tmp_path)
    weights.check(made["weights"])
    assert b"nothing was trained" in made["weights"].read_bytes()


async def test_a_text_that_another_step_made_is_part_of_the_words(tmp_path: Path) -> None:
    looks = tmp_path / "looks.txt"
    looks.write_text("dark curls", encoding="utf-8")
    drawn: list[str] = []
    for words in ("dark curls", "red hair"):
        looks.write_text(words, encoding="utf-8")
        folder = tmp_path / words
        folder.mkdir()
        prompt: Json = {"$text": ["Maya Brooks, ", StepRef("maya.looks", "text").to_json(), ", smiles."]}
        step = Step("maya", "generate", "fal-ai/flux-2", {"prompt": prompt}, "image", "a still", FREE)
        space = Workspace(folder, "key", path_of=lambda _ref: looks, digest_of=lambda _ref: "sha256:0")
        made = await DraftHandler(CATALOGUE).run(step, space)
        drawn.append(digest_bytes(made.files["image"].read_bytes()))
    assert drawn[0] != drawn[1]


async def test_speech_lasts_no_longer_than_it_may(tmp_path: Path) -> None:
    endpoint = CATALOGUE.endpoint(ids_of("voice")[0])
    text = "Nobody told me this about serums, and I have tried nearly everything."
    made = await draw(endpoint, {"text": text}, {"who": "Maya Brooks", "text": text, "most": "2.4"}, tmp_path)
    samples, rate, _ = listen(made["audio"])
    assert 1.5 < len(samples) / rate <= 2.4


async def test_words_that_cannot_fit_are_cut_and_said_so() -> None:
    said = await speak([("Maya Brooks", "one two three four five six seven eight nine ten eleven twelve")], 0.5)
    assert len(said.samples) <= 0.5 * 48_000
    assert "cut after" in said.note
    assert all(word.start < 0.5 for word in said.words)


async def test_every_word_has_its_time() -> None:
    lines = [
        ("Maya Brooks", "I'd pay 20% more, of course, for the best of them!"),
        ("A Friend", "Really? It’s well-made."),
    ]
    said = await speak(lines, None)
    assert [word.text for word in said.words] == " ".join(text for _, text in lines).split()
    times = [time for word in said.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(word.start < word.end for word in said.words)
    assert said.words[-1].end <= len(said.samples) / 48_000 + 0.01
    assert [word.line for word in said.words] == [0] * 11 + [1] * 3


async def test_nothing_to_say_is_silence() -> None:
    said = await speak([("", "")], 2.0)
    assert len(said.samples) == 0
    assert said.words == ()


def test_speakers_have_voices_of_their_own() -> None:
    voices = voices_for(["Maya Brooks", "Ana", "Maya Brooks", "Paul"])
    assert len(voices) == 3
    assert len(set(voices.values())) == 3
    assert voices_for(["Maya Brooks"])["Maya Brooks"] == voices["Maya Brooks"]


def test_music_is_as_long_as_asked_and_changes_with_the_words() -> None:
    one, other = bed("soft lo-fi", 3.5), bed("driving rock", 3.5)
    assert len(one) == len(other) == round(3.5 * 48_000)
    assert not np.array_equal(one, other)
    assert 0.02 < np.abs(one).max() < 0.5
    assert abs(one[-1]) < 0.001


def test_each_view_is_framed_in_its_own_way(tmp_path: Path) -> None:
    with Image.open(portrait(tmp_path / "maya.png")) as picture:
        views = [
            np.asarray(seen_from(picture, view, (256, 256))) for view in ("front", "three_quarter", "profile", "smile")
        ]
    for number, one in enumerate(views):
        for other in views[number + 1 :]:
            assert difference(one, other) > 2


def test_what_the_font_lacks_is_dropped() -> None:
    assert printable("Glow 🧴 serum\n日本 — “100%” {now}") == "Glow serum — “100%” {now}"
    assert printable("✨🎉") == ""


def test_text_is_fitted_to_its_room() -> None:
    block = fit("Maya leans to the mirror " * 20, 300, [40, 30, 20], 3, 400).cut(3, 300)
    assert len(block.lines) == 3
    assert block.face.size == 20
    assert block.lines[-1].endswith("…")
    assert all(font(20, 400).getlength(line) <= 300 for line in block.lines)
    assert fit("Glow", 300, [40, 30, 20], 3, 400).face.size == 40


async def test_the_handler_gives_the_engine_paths_for_references(tmp_path: Path) -> None:
    endpoint = CATALOGUE.endpoint(ids("image")[0])
    maya = portrait(tmp_path / "maya.png")
    digest = digest_bytes(maya.read_bytes())
    reference = FileRef(digest).to_json()
    step = Step(
        id="maya.pack.front",
        kind="generate",
        endpoint=endpoint.id,
        arguments={"prompt": "front view", "image_urls": [reference]},
        output="image",
        purpose="a view of Maya Brooks",
        price=FREE,
        brief={"view": "front", "cast": [{"name": "maya", "display": "Maya Brooks", "picture": reference}]},
    )
    asked_for: list[Ref] = []

    def path_of(ref: Ref) -> Path:
        asked_for.append(ref)
        return maya

    handler = DraftHandler(CATALOGUE)
    made = await handler.run(step, Workspace(tmp_path, "sha256:0", path_of, lambda _ref: digest))
    assert made.receipt.engine == "draft"
    assert made.receipt.usd == 0
    assert set(asked_for) == {FileRef(digest)}
    assert not handler.remote
    assert handler.engine(step).reads_brief
    with Image.open(next(iter(made.files.values()))) as picture:
        picture.load()
