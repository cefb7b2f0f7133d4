"""Drafted clips, decoded: length, size, first frame, motion, speech and colours are what was asked for."""

import os
from collections.abc import Iterator
from pathlib import Path

import anyio
import numpy as np
import pytest
from PIL import Image
from support.boards import bottle, difference, onset, portrait, watch

from adc.compiler.catalogue import Catalogue, Endpoint, builtin
from adc.compiler.plan import Json
from adc.runtime.draft.draw import draw
from adc.runtime.draft.encode import encode
from adc.runtime.errors import MediaError, ToolError

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return builtin()


def clip_endpoint(catalogue: Catalogue, *, start: bool, speech: bool) -> Endpoint:
    return next(
        e
        for e in catalogue.endpoints
        if e.role == "clip" and e.takes.speech is speech and (e.takes.start_frame == "required") is start
    )


def brief(tmp_path: Path, **more: Json) -> dict[str, Json]:
    return {
        "scene": "hook",
        "model": "Any Model 1",
        "aspect": "9:16",
        "cast": [
            {"name": "maya", "display": "Maya Brooks", "picture": str(portrait(tmp_path / "maya.png"))},
            {"name": "serum", "display": "Glow Serum", "picture": str(bottle(tmp_path / "serum.png"))},
        ],
        "setting": "a small bright bathroom, morning",
        "action": "Maya Brooks leans to the mirror and lifts Glow Serum",
        "camera": "static",
        **more,
    }


def length(endpoint: Endpoint) -> tuple[dict[str, Json], int]:
    """The shortest legal duration as the endpoint writes it, and its seconds."""
    properties = endpoint.input_schema["properties"]
    assert isinstance(properties, dict)
    fact = properties["duration"]
    assert isinstance(fact, dict)
    choices = fact.get("enum", [fact.get("default")])
    assert isinstance(choices, list)
    written = next(str(choice) for choice in choices if choice != "auto")
    return {"duration": written}, int(written.removesuffix("s"))


async def test_a_clip_that_speaks(catalogue: Catalogue, tmp_path: Path) -> None:
    endpoint = clip_endpoint(catalogue, start=False, speech=True)
    duration, seconds = length(endpoint)
    lines: list[Json] = [{"who": "Maya Brooks", "text": "I almost gave up on my skin.", "on_camera": True}]
    arguments: dict[str, Json] = {"prompt": "x", "aspect_ratio": "9:16", "generate_audio": True, **duration}
    made = await draw(endpoint, arguments, brief(tmp_path, lines=lines), tmp_path)
    assert set(made) == set(endpoint.outputs)
    seen = watch(made["video"])
    assert len(seen.frames) == 30 * seconds
    assert seen.rate == 30
    assert seen.pixel_format == "yuv420p"
    assert seen.frames[0].shape == (960, 540, 3)
    assert (seen.sound_rate, seen.channels) == (48_000, 2)
    assert abs(len(seen.sound) / 48_000 - seconds) < 0.05
    assert onset(seen.sound, seen.sound_rate) <= 0.03
    alike = [n for n, (a, b) in enumerate(zip(seen.frames, seen.frames[1:], strict=False)) if difference(a, b) < 0.01]
    assert not alike, f"frames that repeat: {alike}"


async def test_a_clip_starts_with_exactly_its_start_frame(catalogue: Catalogue, tmp_path: Path) -> None:
    endpoint = clip_endpoint(catalogue, start=True, speech=False)
    duration, seconds = length(endpoint)
    start = portrait(tmp_path / "start.png", (540, 960))
    arguments: dict[str, Json] = {"prompt": "x", "image_url": str(start), "start_image_url": str(start), **duration}
    made = await draw(endpoint, arguments, brief(tmp_path, continues=True), tmp_path)
    seen = watch(made["video"])
    picture = np.asarray(Image.open(start).convert("RGB"))
    assert len(seen.frames) == 30 * seconds
    assert difference(seen.frames[0], picture) < 2
    assert difference(seen.frames[1], picture) > 0.5
    assert difference(seen.frames[60], picture) > 10
    assert abs(seen.frames[0].mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 1.5, "the colours shifted"
    assert seen.sound_rate == 0, "a clip without speech has no sound"


async def test_without_a_brief_the_prompt_says_which_picture_a_clip_starts_on(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    """A stand-in for the queue has nothing but the request."""
    endpoint = next(e for e in catalogue.endpoints if e.takes.start_as_image)
    start = portrait(tmp_path / "start.png", (540, 960))
    arguments: dict[str, Json] = {
        "prompt": "@Image1 is the start frame: begin on it exactly. She smiles.",
        "image_urls": [str(start)],
        "aspect_ratio": "9:16",
        "duration": "3",
    }
    made = await draw(endpoint, arguments, {}, tmp_path)
    assert difference(watch(made["video"]).frames[0], np.asarray(Image.open(start).convert("RGB"))) < 2


async def test_the_clip_ends_on_its_end_frame(catalogue: Catalogue, tmp_path: Path) -> None:
    endpoint = next(e for e in catalogue.endpoints if e.role == "clip" and e.takes.end_frame != "no")
    duration, _ = length(endpoint)
    picture = portrait(tmp_path / "end.png", (540, 960))
    names = ("end_image_url", "last_frame_url", "start_image_url", "first_frame_url", "image_url")
    properties = endpoint.input_schema["properties"]
    assert isinstance(properties, dict)
    arguments: dict[str, Json] = {name: str(picture) for name in names if name in properties}
    made = await draw(endpoint, {"prompt": "x", **arguments, **duration}, brief(tmp_path), tmp_path)
    frames = watch(made["video"]).frames
    assert difference(frames[-1], np.asarray(Image.open(picture))) < 2
    assert difference(frames[len(frames) // 2], np.asarray(Image.open(picture))) > 10


@pytest.mark.parametrize(("aspect", "size"), [("16:9", (540, 960)), ("1:1", (540, 540))])
async def test_other_shapes(catalogue: Catalogue, tmp_path: Path, aspect: str, size: tuple[int, int]) -> None:
    endpoint = next(e for e in catalogue.endpoints if e.role == "clip" and aspect in e.takes.aspects)
    duration, seconds = length(endpoint)
    made = await draw(endpoint, {"prompt": "x", "aspect_ratio": aspect, **duration}, brief(tmp_path), tmp_path)
    seen = watch(made["video"])
    assert seen.frames[0].shape[:2] == size
    assert len(seen.frames) == 30 * seconds


async def test_a_request_alone_is_enough_and_odd_characters_harm_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    endpoint = clip_endpoint(catalogue, start=False, speech=True)
    duration, seconds = length(endpoint)
    prompt = "A “smile” 🧴✨ {not a tag} 100% [really] it's\\n שלום 日本 \u0007 and she says: “Fifty % off; {today}!”"
    made = await draw(endpoint, {"prompt": prompt, "generate_audio": True, **duration}, {}, tmp_path)
    seen = watch(made["video"])
    assert len(seen.frames) == 30 * seconds
    assert onset(seen.sound, seen.sound_rate) <= 0.03


async def test_the_switch_turns_speech_off(catalogue: Catalogue, tmp_path: Path) -> None:
    endpoint = clip_endpoint(catalogue, start=False, speech=True)
    duration, _ = length(endpoint)
    made = await draw(endpoint, {"prompt": "She says “hello there”", "generate_audio": False, **duration}, {}, tmp_path)
    assert watch(made["video"]).sound_rate == 0


async def test_the_same_request_gives_the_same_bytes(catalogue: Catalogue, tmp_path: Path) -> None:
    endpoint = clip_endpoint(catalogue, start=False, speech=True)
    duration, _ = length(endpoint)
    made: list[bytes] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        arguments: dict[str, Json] = {"prompt": "She says “hello”", "generate_audio": True, **duration}
        files = await draw(endpoint, arguments, {}, tmp_path / name)
        made.append(files["video"].read_bytes())
    assert made[0] == made[1]


async def test_a_file_that_is_no_picture_is_said_so(catalogue: Catalogue, tmp_path: Path) -> None:
    endpoint = clip_endpoint(catalogue, start=True, speech=False)
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    path = str(tmp_path / "broken.png")
    with pytest.raises(MediaError, match=r"broken\.png"):
        await draw(endpoint, {"prompt": "x", "image_url": path, "start_image_url": path}, {}, tmp_path)


async def test_cancelling_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    started = anyio.Event()
    frame = bytes(64 * 64 * 3 // 2)

    def endless() -> Iterator[bytes]:
        for number in range(10**9):
            if number == 100:
                anyio.from_thread.run_sync(started.set)
            yield frame

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(encode, endless(), (64, 64), 30, None, tmp_path / "clip.mp4")
        await started.wait()
        assert children()
        tasks.cancel_scope.cancel()
    assert not children()
    assert not (tmp_path / "clip.mp4").exists()


def children() -> list[str]:
    """Names of the living processes that this one started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        if rest.split()[1] == str(os.getpid()) and "ffmpeg" in name:
            found.append(name)
    return found


async def test_an_encoder_that_fails_is_a_tool_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="ffmpeg failed"):
        await encode([bytes(64 * 64 * 3 // 2)], (64, 64), 30, tmp_path / "missing.wav", tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


async def test_captions_follow_a_voice_that_is_laid_over_the_clip(tmp_path: Path, catalogue: Catalogue) -> None:
    endpoint = clip_endpoint(catalogue, start=False, speech=False)
    arguments, _ = length(endpoint)

    async def clip(name: str, at: str) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
        folder = tmp_path / name
        folder.mkdir()
        line: Json = {"who": "Maya Brooks", "text": "Two drops.", "on_camera": False, "at": at, "most": "1"}
        told = brief(tmp_path, lines=[line])
        made = await draw(endpoint, {**arguments, "prompt": "she leans in", "aspect_ratio": "9:16"}, told, folder)
        watched = watch(made["video"])
        assert not len(watched.sound), "the voice comes later, from a step of its own"
        return [np.asarray(frame) for frame in watched.frames]

    early, late = await clip("early", "0.5"), await clip("late", "1.5")
    differences = [float(np.abs(a.astype(int) - b).max()) for a, b in zip(early, late, strict=True)]
    assert max(differences[:14]) < 30, "before the voice both clips are alike"
    assert min(differences[18:30]) > 100, "the words stand there while they are said"
