"""A film in another shape than its clips: filled by cropping where half of the picture stays, else before a blur."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from support import clips, filming

from adc.runtime.handlers.film import FilmHandler

pytestmark = pytest.mark.anyio


def disc(path: Path, size: tuple[int, int]) -> Path:
    """A white disc as wide as half the short side in the middle of a blue picture."""
    picture = Image.new("RGB", size, (30, 60, 200))
    radius = min(size) // 4
    middle = (size[0] // 2, size[1] // 2)
    box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
    ImageDraw.Draw(picture).ellipse(box, fill="white")
    picture.save(path)
    return path


@pytest.mark.parametrize(
    ("source", "film_size", "across"),
    [
        ((270, 480), (240, 240), 120),
        ((480, 270), (240, 240), 120),
        ((270, 480), (192, 240), 96),
        ((270, 480), (480, 270), 76),
        ((480, 270), (270, 480), 76),
    ],
)
async def test_a_disc_stays_round_and_the_frame_is_filled(
    tmp_path: Path, source: tuple[int, int], film_size: tuple[int, int], across: int
) -> None:
    files = {"a.card": disc(tmp_path / "a.png", source)}
    step = filming.film_step([("a", 3, 0)], stills=["a"], size=film_size)
    film = await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / "out", files))
    picture = clips.pictures(film)[1]
    assert picture.shape == (film_size[1], film_size[0], 3)
    white = picture.min(axis=2) > 200
    y, x = film_size[1] // 2, film_size[0] // 2
    near = 70  # the blur behind has a disc too, beyond the whole picture before it
    assert white[y, x - near : x + near].sum() == pytest.approx(across, abs=3)
    assert white[y - near : y + near, x].sum() == pytest.approx(across, abs=3)
    for corner in (picture[:8, :8], picture[-8:, -8:]):
        assert np.abs(corner.mean(axis=(0, 1)) - (30, 60, 200)).max() < 25


async def test_a_square_film_of_upright_clips_tells_what_it_cuts_off(tmp_path: Path) -> None:
    files = {"a.clip": clips.clip(tmp_path / "a.mp4", size=(180, 320))}
    step = filming.film_step([("a", 30, 0)], size=(180, 180))
    notes: list[str] = []
    film = await filming.made_by(FilmHandler("draft"), step, filming.workspace(tmp_path / "out", files, notes.append))
    picture = clips.pictures(film)[7]
    assert picture.shape == (180, 180, 3)
    whole = np.zeros((320, 180, 3), np.uint8)
    whole[70:250] = picture
    assert clips.number_of(whole) == 7
    assert "cropped to fill the frame: a (56 % of the picture stays)" in notes
