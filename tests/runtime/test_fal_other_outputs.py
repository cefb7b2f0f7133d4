"""Buying what is no film: words that stand in the answer, the weights of a LoRA, a clip dubbed by its length."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from support.buying import buyer_at
from support.sim import Sim, film, sim_at, sound, tiny_media

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.digest import digest_bytes
from adc.compiler.plan import FileRef, Json, Ref, Step, StepRef
from adc.compiler.price import price
from adc.runtime.draft.draw import draw
from adc.runtime.draft.marker import marker
from adc.runtime.errors import Gone, MediaError
from adc.runtime.fal import weights
from adc.runtime.fal.bring import text_at
from adc.runtime.handlers.archive import ArchiveHandler
from adc.runtime.ports import Made, Workspace

pytestmark = pytest.mark.anyio

LOOKS = StepRef("maya.looks", "text")
PHOTO: Json = FileRef("sha256:photo").to_json()


def step(endpoint: str, **arguments: Json) -> Step:
    """A step of this endpoint, priced as a plan prices it."""
    of = builtin().endpoint(endpoint)
    return Step("maya.part", "generate", endpoint, arguments, of.makes, "a test", price(of, arguments))


@dataclass(slots=True)
class Files:
    """Files behind references, by the name of their argument's step or digest."""

    folder: Path
    known: dict[Ref, Path] = field(default_factory=dict)

    def workspace(self, name: str) -> Workspace:
        folder = self.folder / name
        folder.mkdir(parents=True)
        return Workspace(
            folder,
            name,
            path_of=self.known.__getitem__,
            digest_of=lambda ref: digest_bytes(self.known[ref].read_bytes()),
        )


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim", draw=draw) as running:
        yield running


async def bought(sim: Sim, files: Files, wanted: Step) -> Made:
    async with buyer_at(sim.url, files.folder) as buyer:
        return await buyer.handler.run(wanted, files.workspace("work"))


async def test_a_description_is_bought_as_words(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        describe = step("fal-ai/moondream3-preview/query", image_url=PHOTO, prompt="Describe her.", reasoning=False)
        made = await buyer.buy(describe)
    assert made.files["text"].read_text(encoding="utf-8") == "as in the photo"
    assert made.receipt.usd == sim.total() == Decimal("0.004")


async def test_a_text_of_another_step_is_sent_as_part_of_the_words(sim: Sim, tmp_path: Path) -> None:
    words = tmp_path / "looks.txt"
    words.write_text("dark curls, freckles – “Maya”", encoding="utf-8")
    prompt: Json = {"$text": ["Maya Brooks, ", LOOKS.to_json(), ", smiles."]}
    await bought(sim, Files(tmp_path, {LOOKS: words}), step("fal-ai/flux-2", prompt=prompt))
    async with buyer_at(sim.url, tmp_path) as buyer:
        [entry] = buyer.entries()
    assert entry.arguments == {"prompt": "Maya Brooks, dark curls, freckles – “Maya”, smiles."}
    assert not (sim.folder / "uploads").exists(), "words are sent, not uploaded"


@pytest.mark.parametrize("words", ["", "  \n"])
async def test_an_answer_without_words_is_no_description(tmp_path: Path, words: str) -> None:
    async def silent(
        endpoint: Endpoint, _arguments: dict[str, Json], _brief: dict[str, Json], folder: Path
    ) -> Mapping[str, Path]:
        (folder / "text.txt").write_text(words)
        return dict.fromkeys(endpoint.outputs, folder / "text.txt")

    describe = step("fal-ai/moondream3-preview/query", image_url=PHOTO, prompt="Describe her.")
    with sim_at(tmp_path / "sim", draw=silent) as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            with pytest.raises(Gone, match=r"charged for maya\.part and its answer has no text"):
                await buyer.buy(describe)


def test_the_text_at_a_place() -> None:
    assert text_at({"output": " words\n"}, "output") == "words"
    assert text_at({"answers": ["a", {"text": "b"}]}, "answers/1/text") == "b"
    assert text_at({"output": {"url": "https://f.example/a"}}, "output") is None
    assert text_at(None, "output") is None


async def test_a_lora_is_trained_from_an_archive_and_then_used(sim: Sim, tmp_path: Path) -> None:
    photo, packed, trained = FileRef("sha256:photo"), StepRef("maya.photos", "archive"), StepRef("maya.lora", "weights")
    files = Files(tmp_path, {photo: film(tmp_path / "photo")})
    entries: list[Json] = [{"name": "01.png", "file": photo.to_json()}]
    pack = Step("maya.photos", "archive", None, {"entries": entries}, "archive", "photos")
    files.known[packed] = (await ArchiveHandler().run(pack, files.workspace("pack"))).files["archive"]
    train = step("fal-ai/flux-lora-fast-training", images_data_url=packed.to_json(), trigger_word="MAYAB", steps=1000)
    use = step("fal-ai/flux-lora", prompt="MAYAB smiles", loras=[{"path": trained.to_json()}], image_size="square_hd")
    async with buyer_at(sim.url, tmp_path) as buyer:
        made = await buyer.handler.run(train, files.workspace("train"))
        files.known[trained] = made.files["weights"]
        await buyer.handler.run(use, files.workspace("use"))
    assert made.files["weights"].name == "weights.safetensors"
    assert made.files["weights"].read_bytes() == marker()
    assert sim.total() == Decimal("2.035")
    # Trainers and models tell what a file is by its name.
    assert {path.suffix for path in (sim.folder / "uploads").rglob("*.*")} == {".zip", ".safetensors"}


async def test_dubbing_is_billed_by_the_clip_that_is_sent(sim: Sim, tmp_path: Path) -> None:
    clip, voice = StepRef("hook.clip", "video"), StepRef("hook.voice", "audio")
    files = Files(tmp_path, {clip: film(tmp_path / "clip.mp4", 5.1), voice: sound(tmp_path / "voice.wav", 2.0)})
    dub = step("fal-ai/kling-video/lipsync/audio-to-video", video_url=clip.to_json(), audio_url=voice.to_json())
    made = await bought(sim, files, dub)
    assert made.files["video"].suffix == ".mp4"
    assert sim.total() == Decimal("0.14"), "5.1 s are paid as 10 s"


HEADER = {"layer": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "__metadata__": {"format": "pt"}}


def safetensors(header: object, tensors: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + tensors


def test_whole_weights_pass(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(safetensors(HEADER, bytes(8)))
    weights.check(path)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "0 bytes that are no safetensors file"),
        (b"<html>Not Found, and more words than a header</html>", "52 bytes that are no safetensors file"),
        (safetensors(HEADER, bytes(7)), "bytes of weights and has"),
        (safetensors(HEADER, bytes(9)), "bytes of weights and has"),
        (safetensors({}, b""), "no safetensors file"),
        (safetensors({"__metadata__": {}}, b""), "no safetensors file"),
        (safetensors({"layer": {"shape": [2]}}, bytes(8)), "no safetensors file"),
        (safetensors([1, 2], bytes(8)), "no safetensors file"),
        ((4).to_bytes(8, "little") + b"{{{{" + bytes(8), "no safetensors file"),
        ((2**63).to_bytes(8, "little") + b"{}", "no safetensors file"),
    ],
)
def test_what_is_no_weights_does_not_pass(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "weights"
    path.write_bytes(data)
    with pytest.raises(MediaError, match=sentence):
        weights.check(path)


async def test_bought_weights_that_are_cut_short_are_not_kept(tmp_path: Path) -> None:
    async def torn(
        endpoint: Endpoint, _arguments: dict[str, Json], _brief: dict[str, Json], folder: Path
    ) -> Mapping[str, Path]:
        made = tiny_media(endpoint, folder)
        made["weights"].write_bytes(marker()[:-1])
        return made

    with sim_at(tmp_path / "sim", draw=torn) as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            with pytest.raises(Gone, match="bytes of weights"):
                await buyer.buy(step("fal-ai/flux-2-trainer", image_data_url=PHOTO, steps=100))
