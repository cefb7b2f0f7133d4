"""Cross-fades in decoded films: which frames are seen, how much of each, and what is heard meanwhile."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from support import clips, filming

from adc.compiler.vocabulary import FADES
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.media import sound
from adc.runtime.media.film import Fade, Segment, Target, clip_piece
from adc.runtime.media.probe import probe

DRAFT = FilmHandler("draft")
SIZE = (160, 284)


def plain(path: Path, level: int, size: tuple[int, int] = SIZE) -> Path:
    Image.new("RGB", size, (level, level, level)).save(path)
    return path


def greys(film: Path) -> list[float]:
    return [float(picture.mean()) for picture in clips.pictures(film)]


def tone(seconds: float, hertz: float, level: float = 0.4) -> npt.NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 48_000)) / 48_000)).astype(np.float32)


def rms(samples: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt((samples.astype(np.float64) ** 2).mean()))


@pytest.mark.anyio
async def test_a_fade_shows_both_pictures_and_its_neighbours_one(tmp_path: Path) -> None:
    files = {"a.card": plain(tmp_path / "a.png", 40), "b.card": plain(tmp_path / "b.png", 200)}
    step = filming.film_step([("a", 20, 0), ("b", 15, 0)], stills=["a", "b"], fades={"b": ("fade", 6)})
    notes: list[str] = []
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files, notes.append))
    shown = greys(film)
    assert len(shown) == 29
    assert shown[:14] == pytest.approx([40] * 14, abs=3)
    assert shown[14:20] == pytest.approx([40 + 160 * (2 * step + 1) / 12 for step in range(6)], abs=6)
    assert shown[20:] == pytest.approx([200] * 9, abs=3)
    assert "encoding the picture: b fades in" in notes
    assert "join a|b: fade over 6 frames" in notes


@pytest.mark.anyio
async def test_fades_in_a_chain_beside_cuts_keep_every_frame_in_its_place(tmp_path: Path) -> None:
    """A cut, a fade, a fade, a cut and a fade, over clips of two rates and a still; only whole frames are read back."""
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4"),
        "b.clip": clips.clip(tmp_path / "b.mp4", first=100),
        "c.clip": clips.clip(tmp_path / "c.mp4", first=200, frames=24, rate=24),
        "d.clip": clips.clip(tmp_path / "d.mp4", first=299, frames=31),
        "e.card": tmp_path / "e.png",
        "f.clip": clips.clip(tmp_path / "f.mp4", first=400),
    }
    Image.fromarray(clips.barcode(500)).save(files["e.card"])
    fades = {"c": ("wipeleft", 8), "d": ("dissolve", 10), "f": ("slideup", 5)}
    segments = [("a", 30, 0), ("b", 30, 0), ("c", 30, 0), ("d", 30, 1), ("e", 12, 0), ("f", 30, 0)]
    step = filming.film_step(segments, stills=["e"], fades=fades)
    notes: list[str] = []
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files, notes.append))
    shown = clips.numbers(film)
    assert len(shown) == 162 - 23
    assert shown[:52] == [*range(30), *range(100, 122)]
    assert [200 <= number < 224 for number in shown[60:72]] == [True] * 12
    assert shown[72 + 10 : 72 + 30] == list(range(310, 330))
    assert shown[102:109] == [500] * 7
    assert shown[114:] == list(range(405, 430))
    assert [note for note in notes if "|" in note] == [
        "join a|b: cut",
        "join b|c: wipeleft over 8 frames",
        "join c|d: dissolve over 10 frames",
        "join d|e: cut",
        "join e|f: slideup over 5 frames",
    ]


@pytest.mark.anyio
async def test_a_fade_longer_than_the_first_part_of_a_split_scene(tmp_path: Path) -> None:
    files = {
        "hook.clip": clips.clip(tmp_path / "a.mp4"),
        "park.1.clip": clips.clip(tmp_path / "b.mp4", first=100, frames=10),
        "park.2.clip": clips.clip(tmp_path / "c.mp4", first=110, frames=30),
    }
    segments = [("hook", 30, 0), ("park.1", 10, 0), ("park.2", 30, 0)]
    step = filming.film_step(segments, fades={"park.1": ("fade", 20)})
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files))
    shown = clips.numbers(film)
    assert len(shown) == 50
    assert shown[:10] == list(range(10))
    assert shown[30:] == list(range(120, 140))


@pytest.mark.anyio
async def test_every_fade_of_the_language_is_one_that_ffmpeg_makes(tmp_path: Path) -> None:
    """All in one film: between two pictures, one after the other."""
    files = {"a.card": plain(tmp_path / "a.png", 40, (32, 32)), "b.card": plain(tmp_path / "b.png", 200, (32, 32))}
    segments = [("a", 4, 0)]
    fades = []
    for number, kind in enumerate(FADES):
        name = f"{'ba'[number % 2]}.{kind}"
        files[f"{name}.card"] = files[f"{name[0]}.card"]
        segments.append((name, 4, 0))
        fades.append((name, (kind.replace("_", ""), 2)))
    step = filming.film_step(segments, stills=[name for name, _, _ in segments], fades=dict(fades), size=(32, 32))
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files))
    assert len(clips.pictures(film)) == 4 + 2 * len(FADES)


def test_sound_fades_with_the_picture_and_keeps_its_power(tmp_path: Path) -> None:
    """Tones of 300 and 1100 Hz, a second each, over half a second of fade."""
    target = Target(*SIZE, 30)
    pieces = []
    for name, hertz, fade in (("a", 300, None), ("b", 1100, Fade("fade", 15))):
        path = clips.clip(tmp_path / f"{name}.mp4", sound=tone(1.1, hertz))
        pieces.append(clip_piece(Segment(name, name, path, 30, 0, fade), probe(path, name), target))
    sound.write(tmp_path / "pcm", pieces, [], target)
    pcm = np.fromfile(tmp_path / "pcm", np.float32).reshape(-1, 2)[:, 0]
    assert len(pcm) == 45 * 1600
    for start in range(2_000, len(pcm) - 6_000, 4_000):
        assert rms(pcm[start : start + 4_000]) == pytest.approx(0.283, rel=0.08)
    middle = np.abs(np.fft.rfft(pcm[33_600:38_400]))
    tones = np.fft.rfftfreq(4_800, 1 / 48_000)
    low, high = (float(middle[np.abs(tones - wanted) < 15].max()) for wanted in (300, 1100))
    assert low == pytest.approx(high, rel=0.15)
    assert np.abs(np.diff(pcm)).max() < 0.08


def test_sound_of_a_short_last_part_under_a_longer_fade(tmp_path: Path) -> None:
    """The fade begins before the last part of the scene that it leaves: everything is heard once, in its time."""
    target = Target(*SIZE, 30)
    pieces = []
    for name, frames, beep, fade in (("a.1", 30, 0.9, None), ("a.2", 6, 0.1, None), ("b", 30, 0.8, Fade("fade", 12))):
        path = clips.clip(tmp_path / f"{name}.mp4", sound=clips.beeps([beep], 1))
        pieces.append(clip_piece(Segment(name, name, path, frames, 0, fade), probe(path, name), target))
    sound.write(tmp_path / "pcm", pieces, [], target)
    pcm = np.fromfile(tmp_path / "pcm", np.float32).reshape(-1, 2)[:, 0]
    assert len(pcm) == 54 * 1600
    assert clips.onsets(pcm, 0.02) == pytest.approx([0.9, 1.1, 1.6], abs=0.004)
