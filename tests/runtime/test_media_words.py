"""Supers and captions: when they are seen, where, and in which parts."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from support import clips, filming

from adc.compiler.plan import Json
from adc.compiler.vocabulary import CAPTIONS, PLACES
from adc.runtime.errors import MediaError
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.media import words
from adc.runtime.media.film import Overlay
from adc.runtime.media.words import Area, Super, Text

AREA = Area(54, 130, 940, 1440, 1080)
SAID = "Two drops. Every morning. Thirty days, and nobody asks me any more whether I slept, which I never did before."


def ground(path: Path, level: int, size: tuple[int, int] = (270, 480)) -> Path:
    Image.new("RGB", size, (level, level, level)).save(path)
    return path


async def shown(folder: Path, level: int = 128, **more: Any) -> list[npt.NDArray[np.bool_]]:
    """The frames of a film of one second over a plain grey: which pixels differ from it."""
    files = {"a.card": ground(folder / "a.png", level)}
    step = filming.film_step([("a", 30, 0)], stills=["a"], size=(270, 480), **more)
    film = await filming.made_by(FilmHandler("final"), step, filming.workspace(folder / "out", files))
    return [np.abs(picture.astype(int) - level).max(axis=2) > 12 for picture in clips.pictures(film)]


def box(pixels: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is there."""
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.anyio
@pytest.mark.parametrize("place", PLACES)
async def test_a_super_is_seen_in_its_place_for_exactly_its_frames(tmp_path: Path, place: str) -> None:
    safe = (21, 41, 231, 401)
    frames = await shown(tmp_path, supers=[{"text": "Day 30", "place": place, "at": 7, "frames": 11}], safe=list(safe))
    assert [bool(pixels.any()) for pixels in frames] == [7 <= number < 18 for number in range(30)]
    left, top, right, bottom = box(np.logical_or.reduce(frames))
    assert safe[0] <= left < right <= safe[2]
    assert safe[1] <= top < bottom <= safe[3]
    near = 16  # the shadow fades out before its picture ends
    assert (top - safe[1] < near) == place.startswith("top")
    assert (safe[3] - bottom < near) == place.startswith("bottom")
    assert (left - safe[0] < near) == place.endswith("left")
    assert (safe[2] - right < near) == place.endswith("right")


@pytest.mark.anyio
@pytest.mark.parametrize("style", CAPTIONS)
async def test_captions_are_seen_one_after_the_other_inside_the_safe_rectangle(tmp_path: Path, style: str) -> None:
    safe = (20, 40, 250, 440)
    lines: list[Json] = [
        {"text": "Two drops.", "who": "Maya", "at": 3, "frames": 9},
        {"text": "Every morning, thirty days in a row.", "who": "", "at": 14, "frames": 10},
    ]
    frames = await shown(tmp_path, captions={"style": style, "lines": lines}, safe=list(safe))
    seen = [bool(pixels.any()) for pixels in frames]
    assert seen == [3 <= number < 12 or 14 <= number < 24 for number in range(30)]
    left, top, right, bottom = box(np.logical_or.reduce(frames))
    assert safe[0] <= left < right <= safe[2]
    assert safe[1] + (safe[3] - safe[1]) * 0.6 <= top < bottom <= safe[3]
    assert box(frames[18])[2] - box(frames[18])[0] > box(frames[6])[2] - box(frames[6])[0]


@pytest.mark.anyio
async def test_the_caption_of_a_voice_over_goes_when_the_voice_ends(tmp_path: Path) -> None:
    """Half a second is said in a place of 24 frames; the other line is said in the clip, for how long is not known."""
    tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 48_000)
    files = {"a.card": ground(tmp_path / "a.png", 128)}
    files["v"] = clips.voice(tmp_path / "v.wav", np.concatenate([tone, np.zeros(9_600)]).astype(np.float32))
    lines: list[Json] = [{"text": "Two drops.", "who": "", "at": at, "frames": 24} for at in (2, 30)]
    step = filming.film_step(
        [("a", 60, 0)],
        stills=["a"],
        size=(270, 480),
        voices=[("v", 2, 24)],
        captions={"style": "plain", "lines": lines},
        safe=[10, 10, 260, 470],
    )
    film = await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / "out", files))
    seen = [bool(np.abs(picture.astype(int) - 128).max() > 12) for picture in clips.pictures(film)]
    assert seen == [2 <= number < 17 or 30 <= number < 54 for number in range(60)]


@pytest.mark.anyio
@pytest.mark.parametrize("level", [0, 255])
async def test_words_can_be_read_on_white_and_on_black(tmp_path: Path, level: int) -> None:
    files = {"a.card": ground(tmp_path / "a.png", level)}
    given: list[Json] = [{"text": "Day 30", "place": "center", "at": 0, "frames": 30}]
    step = filming.film_step([("a", 30, 0)], stills=["a"], size=(270, 480), supers=given, safe=[10, 10, 260, 470])
    film = await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / "out", files))
    middle = clips.pictures(film)[15][200:280].mean(axis=2)
    letters = middle > 225
    around = middle < 80
    assert letters.sum() > 150
    assert around.sum() > 150


def heights(overlays: list[Overlay]) -> list[int]:
    found = []
    for overlay in overlays:
        with Image.open(overlay.path) as image:
            found.append(image.height)
    return found


def test_a_long_line_is_shown_in_parts_of_two_lines_by_the_time_of_its_letters(tmp_path: Path) -> None:
    notes: list[str] = []
    overlays = words.captions([Text(SAID, 100, 240)], "bold", AREA, [], tmp_path, notes.append)
    assert notes == []
    assert len(overlays) >= 2
    assert (overlays[0].at, overlays[-1].at + overlays[-1].frames) == (100, 340)
    assert all(one.at + one.frames == other.at for one, other in pairwise(overlays))
    assert all(40 < overlay.frames < 200 for overlay in overlays)
    one_line = heights(words.captions([Text("Two drops.", 0, 30)], "bold", AREA, [], tmp_path / "..", notes.append))
    assert max(heights(overlays)) < 2.2 * one_line[0]


def test_one_caption_at_a_time(tmp_path: Path) -> None:
    notes: list[str] = []
    lines = [Text("And then?", 50, 40), Text("Two drops.", 0, 60), Text("What?", 90, 30), Text("Who?", 90, 30)]
    overlays = words.captions(lines, "plain", AREA, [], tmp_path, notes.append)
    assert [(overlay.at, overlay.frames) for overlay in overlays] == [(0, 50), (50, 40), (90, 30)]
    assert notes == ["the caption 'What?' has no time on screen and is left out"]


@pytest.mark.parametrize("style", CAPTIONS)
def test_a_caption_stays_above_a_super_that_is_seen_with_it(tmp_path: Path, style: words.Style) -> None:
    notes: list[str] = []
    square = Area(54, 54, 1026, 1026, 1080)
    texts = [("Thirty days of two drops, every single morning", "bottom", 20), ("Day 30", "top", 0)]
    given = [Super(Text(text, at, 20), place) for text, place, at in texts]
    below, above = words.supers(given, square, tmp_path, notes.append)
    lines = [Text("Two drops and nothing else, I promise you that.", at, 20) for at in (0, 20)]
    free, moved = words.captions(lines, style, square, [below, above], tmp_path, notes.append)
    height = heights([moved])[0]
    assert moved.y + height <= below.y
    assert free.y > moved.y > above.y
    assert free.y + height <= 1026


def test_a_super_gets_smaller_until_it_fits_and_is_cut_short_only_then(tmp_path: Path) -> None:
    notes: list[str] = []
    texts = ["Day 30", "Thirty days of two drops, every single morning", SAID + " " + SAID]
    given = [Super(Text(text, 0, 30), "top") for text in texts]
    overlays = words.supers(given, AREA, tmp_path, notes.append)
    for overlay in overlays:
        with Image.open(overlay.path) as image:
            assert AREA.left <= overlay.x
            assert overlay.x + image.width <= AREA.right
            assert overlay.y + image.height <= AREA.top + 260
            assert (overlay.x % 2, overlay.y % 2, image.width % 2, image.height % 2) == (0, 0, 0, 0)
    assert len(notes) == 1
    assert notes[0].startswith("the super 'Two drops.")
    assert notes[0].endswith("is cut short: it does not fit on two lines")


def test_a_super_without_time_is_told_and_karaoke_says_what_it_is_not(tmp_path: Path) -> None:
    notes: list[str] = []
    assert words.supers([Super(Text("Day 30", 9, 0), "top")], AREA, tmp_path, notes.append) == []
    words.captions([Text("Two drops.", 0, 30)], "karaoke", AREA, [], tmp_path, notes.append)
    assert notes == [
        "the super 'Day 30' has no time on screen and is left out",
        "captions: karaoke is drawn as bold, without a mark on the word that is said",
    ]


def test_a_letter_that_the_font_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="the font has no letter"):
        words.supers([Super(Text("Day 30 🎉", 0, 30), "top")], AREA, tmp_path, lambda _text: None)
    with pytest.raises(MediaError, match="the font has no letter"):
        words.captions([Text("Wow 🎉", 0, 30)], "plain", AREA, [], tmp_path, lambda _text: None)
