"""The last frame of every kind of clip, and frames in a row."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import clips, filming

from adc.runtime.errors import MediaError
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.handlers.frame import FrameHandler
from adc.runtime.media import frames
from adc.runtime.media.probe import probe

STAMPS = [index * 40 + (index % 3) * 11 for index in range(30)]
KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "24 fps": ("a.mp4", {"rate": 24}),
    "25 fps": ("a.mp4", {"rate": 25}),
    "60 fps": ("a.mp4", {"rate": 60}),
    "5 fps": ("a.mp4", {"rate": 5}),
    "variable": ("a.mp4", {"times": STAMPS}),
    "variable in mkv": ("a.mkv", {"times": STAMPS}),
    "b-frames": ("a.mp4", {"options": {"preset": "medium", "bf": "4", "x264-params": "b-pyramid=normal"}}),
    "open gop": ("a.mp4", {"options": {"preset": "medium", "bf": "2", "g": "8", "x264-params": "open-gop=1"}}),
    "open gop in ts": ("a.ts", {"options": {"preset": "medium", "bf": "2", "g": "8", "x264-params": "open-gop=1"}}),
    "one key frame": ("a.mp4", {"frames": 120, "options": {"g": "600"}}),
    "hevc": ("a.mp4", {"codec": "libx265"}),
    "hevc b-frames in mkv": ("a.mkv", {"codec": "libx265", "options": {"preset": "medium"}}),
    "vp9": ("a.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}}),
    "mpeg4": ("a.mp4", {"codec": "mpeg4", "options": {"qscale": "2"}}),
    "ts": ("a.ts", {}),
    "mkv": ("a.mkv", {}),
    "sound longer": ("a.mp4", {"sound": clips.beeps([0.1], 3.0)}),
    "sound much longer in mkv": ("a.mkv", {"sound": clips.beeps([0.1], 12.0)}),
    "sound longer in ts": ("a.ts", {"sound": clips.beeps([0.1], 3.0)}),
    "sound longer in webm": ("a.webm", {"codec": "libvpx-vp9", "sound": clips.beeps([0.1], 3.0)}),
    "sound shorter": ("a.mp4", {"sound": clips.beeps([0.1], 0.4)}),
    "one frame": ("a.mp4", {"frames": 1}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_frame_is_exactly_the_last(tmp_path: Path, kind: str) -> None:
    name, options = KINDS[kind]
    clip = clips.clip(tmp_path / name, **options)  # type: ignore[arg-type]
    shown = clips.numbers(clip)
    assert clips.number_of(np.asarray(frames.last(clip, "hook.clip"))) == shown[-1] == len(shown) - 1


@pytest.mark.anyio
async def test_the_handler_makes_a_png_of_the_right_colours(tmp_path: Path) -> None:
    clip = clips.clip(tmp_path / "a.mp4", size=(320, 568), options={"crf": "4"})
    step = filming.step("frame", "hook.last_frame", "image", {
        "video": filming.ref("hook.clip", "video"), "frames": 30, "rate": 30, "skip": 0,
    })  # fmt: skip
    handler = FrameHandler()
    made = await filming.made_by(handler, step, filming.workspace(tmp_path / "out", {"hook.clip": clip}))
    with Image.open(made) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (320, 568))
        flat = np.asarray(picture)[560, 160]
    assert np.abs(flat.astype(int) - np.array([40, 80, 160])).max() <= 3
    assert handler.engine(step).name == "frame/1"


@pytest.mark.anyio
@pytest.mark.parametrize(("rate", "film_rate"), [(24, 30), (30, 30), (25, 24), (60, 30), (30, 60), (24, 25)])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("seconds", [1.0, 1.25, 1.7])
async def test_the_frame_is_the_last_that_the_film_shows(
    tmp_path: Path, rate: int, film_rate: int, skip: int, seconds: float
) -> None:
    clip = clips.clip(tmp_path / "a.mp4", rate=rate, frames=2 * rate, options={"g": "12", "bf": "2"})
    kept = round(seconds * film_rate)
    files = {"hook.clip": clip}
    made = await filming.made_by(
        FilmHandler("draft"),
        filming.film_step([("hook", kept, skip)], rate=film_rate),
        filming.workspace(tmp_path / "film", files),
    )
    step = filming.step("frame", "hook.last_frame", "image", {
        "video": filming.ref("hook.clip", "video"), "frames": kept, "rate": film_rate, "skip": skip,
    })  # fmt: skip
    taken = await filming.made_by(FrameHandler(), step, filming.workspace(tmp_path / "frame", files))
    with Image.open(taken) as picture:
        assert clips.number_of(np.asarray(picture)) == clips.numbers(made)[-1]


def test_what_is_not_a_clip_is_refused(tmp_path: Path) -> None:
    whole = clips.clip(tmp_path / "a.mp4", options={"g": "600"}, frames=60)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:900])
    empty = tmp_path / "empty.mp4"
    empty.touch()
    spoken = clips.voice(tmp_path / "v.wav", clips.beeps([0], 0.2))
    for path, words in ((cut, "hook.clip"), (empty, "hook.clip"), (spoken, "hook.clip has no picture")):
        with pytest.raises(MediaError, match=words):
            frames.last(path, "hook.clip")
    for path in (cut, empty):
        with pytest.raises(MediaError, match=r"hook\.clip cannot be read as media"):
            probe(path, "hook.clip")


def test_frames_in_a_row(tmp_path: Path) -> None:
    clip = clips.clip(tmp_path / "a.mp4", size=(320, 568), options={"g": "12", "bf": "2", "preset": "fast"})
    row = frames.run_of(clip, 17, 4, 30, "film", width=320)
    assert [clips.number_of(np.asarray(picture)) for picture in row] == [17, 18, 19, 20]
    with pytest.raises(MediaError, match="lacks frames from number 28"):
        frames.run_of(clip, 28, 4, 30, "film", width=320)


def test_untagged_pictures_take_the_matrix_of_their_size() -> None:
    assert frames.matrix(2, 1080, 1920) == "bt709"
    assert frames.matrix(2, 640, 480) == "smpte170m"
    assert frames.matrix(1, 640, 480) == "bt709"
    assert frames.matrix(9, 3840, 2160) == "bt2020"
