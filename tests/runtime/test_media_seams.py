"""What a join looks like: measured on pictures that a person would tell apart in the same way."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from support import filming

from adc.runtime.handlers.film import FilmHandler
from adc.runtime.media import seams


def view(place: float, tint: int = 0, seed: int = 1) -> Image.Image:
    """A textured landscape seen from `place` pixels along."""
    noise = np.random.default_rng(seed).normal(size=(10, 30))
    texture = np.asarray(Image.fromarray((128 + 50 * noise).clip(0, 255).astype(np.uint8)).resize((960, 320)))
    left = round(place)
    grey = texture[:, left : left + 320].astype(int)
    return Image.fromarray(np.stack([grey + tint, grey, grey - tint], axis=2).clip(0, 255).astype(np.uint8))


def test_the_measures() -> None:
    assert seams.ssim(view(0), view(0)) == pytest.approx(1.0)
    assert seams.ssim(view(0), view(0, seed=2)) < seams.OTHER
    assert 0.3 < seams.ssim(view(0), view(8)) < 0.95
    assert seams.mean_shift(view(0), view(0, tint=6)) == pytest.approx(6, abs=0.5)


@pytest.mark.parametrize(
    ("frames", "verdict"),
    [
        ((view(0), view(3), view(6), view(9)), "continues"),
        ((view(0), view(3), view(3), view(6)), "repeats a frame"),
        ((view(0), view(3), view(300), view(303)), "cut"),
        ((view(0), view(3), view(0, seed=2), view(3, seed=2)), "cut"),
        ((view(0), view(3), view(6, 8), view(9, 8)), "continues, colour shifts"),
        ((view(0), view(0), view(0), view(0)), "continues"),
        ((view(0), view(3), view(3, 60), view(6, 60)), "cut"),
    ],
)
def test_the_verdict(frames: tuple[Image.Image, Image.Image, Image.Image, Image.Image], verdict: str) -> None:
    assert seams.judge(*frames).verdict == verdict


def landscape(path: Path, start: int, seed: int = 1) -> Path:
    """A clip that pans by three pixels a frame."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": "18"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for index in range(15):
            pixels: npt.NDArray[np.uint8] = np.asarray(view(start + 3 * index, seed=seed))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.anyio
async def test_the_film_tells_what_its_joins_look_like(tmp_path: Path) -> None:
    """The second clip begins with the last frame of the first: dropped at the first join, kept at the second."""
    files = {
        "a.clip": landscape(tmp_path / "a.mp4", 0),
        "b.clip": landscape(tmp_path / "b.mp4", 42),
        "c.clip": landscape(tmp_path / "c.mp4", 84),
        "d.clip": landscape(tmp_path / "d.mp4", 0, seed=2),
    }
    notes: list[str] = []
    step = filming.film_step([("a", 15, 0), ("b", 14, 1), ("c", 14, 0), ("d", 14, 0)], size=(320, 320))
    place = filming.workspace(tmp_path / "out", files, notes.append)
    await filming.made_by(FilmHandler("final"), step, place)
    assert [note for note in notes if note.startswith("join")] == [
        "join a|b: continues",
        "join b|c: repeats a frame",
        "join c|d: cut",
    ]


@pytest.mark.anyio
async def test_a_planned_join_that_does_not_continue_is_told(tmp_path: Path) -> None:
    files = {
        "a.clip": landscape(tmp_path / "a.mp4", 0),
        "b.clip": landscape(tmp_path / "b.mp4", 39),  # its second frame is the last one of `a` once more
        "c.clip": landscape(tmp_path / "c.mp4", 0, seed=2),
    }
    notes: list[str] = []
    step = filming.film_step([("a", 15, 0), ("b", 14, 1), ("c", 14, 1)], size=(320, 320))
    await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / "out", files, notes.append))
    assert [note for note in notes if note.startswith("join")] == [
        "join a|b: does not continue (a frame is shown twice)",
        "join b|c: does not continue (the picture jumps)",
    ]
