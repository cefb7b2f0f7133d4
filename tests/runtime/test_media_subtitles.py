"""Captions at the times at which their words are heard: what is written is shown, whatever was understood."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support import clips, filming

from adc.compiler.plan import Json
from adc.runtime import heard
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.heard import Word
from adc.runtime.media import subtitles
from adc.runtime.media.film import Segment, Target, clip_piece
from adc.runtime.media.probe import probe
from adc.runtime.media.sound import Voice
from adc.runtime.media.words import Text

TARGET = Target(160, 284, 30)


def said(text: str, *times: float) -> list[Word]:
    """Words one after the other, each from its time to the next."""
    return [Word(word, at, end) for word, (at, end) in zip(text.split(), pairwise(times), strict=True)]


def test_each_written_word_has_the_time_of_the_one_that_was_heard() -> None:
    lines = [Text("Two drops. Every morning!", 0, 240)]
    found = subtitles.set_to(lines, said("two drops every morning", 1.0, 1.3, 2.0, 2.5, 3.0), 30)
    assert found is not None
    assert found[0].text == "Two drops. Every morning!"
    assert found[0].words == ((30, 39), (39, 60), (60, 75), (75, 90))
    assert (found[0].at, found[0].frames) == (30, 68)


def test_a_word_that_was_misheard_stands_between_its_neighbours() -> None:
    lines = [Text("two droops every morning", 0, 240)]
    found = subtitles.set_to(lines, said("two drops every morning", 1.0, 1.3, 2.0, 2.5, 3.0), 30)
    assert found is not None
    assert found[0].words[1] == (39, 60)


def test_words_that_nobody_heard_share_the_time_that_is_left() -> None:
    lines = [Text("so two drops a every morning yes", 0, 240)]
    found = subtitles.set_to(lines, said("two drops every morning", 1.0, 1.5, 2.0, 3.0, 4.0), 30)
    assert found is not None
    starts = [start for start, _ in found[0].words]
    assert starts == sorted(starts)
    assert len(found[0].words) == 7
    assert found[0].words[2][1] <= found[0].words[4][0]


def test_lines_of_one_sound_follow_each_other() -> None:
    lines = [Text("Two drops.", 0, 120), Text("Every morning.", 120, 120)]
    found = subtitles.set_to(lines, said("two drops every morning", 0.5, 0.8, 1.0, 1.4, 2.0), 30)
    assert found is not None
    assert [(line.at, line.frames) for line in found] == [(15, 15), (30, 38)]


@pytest.mark.parametrize("words", [[], said("something else was said", 0, 1, 2, 3, 4), said("two", 0, 1)])
def test_too_little_that_was_heard_changes_nothing(words: list[Word]) -> None:
    assert subtitles.set_to([Text("Two drops. Every morning.", 0, 240)], words, 30) is None


def test_the_words_of_a_clip_move_with_what_the_film_shows_of_it(tmp_path: Path) -> None:
    path = clips.clip(tmp_path / "a.mp4", frames=60)
    piece = clip_piece(Segment("a", "a", path, 30, skip=15), probe(path, "a"), TARGET)
    found = subtitles.in_clip(said("cut two drops cut", 0.0, 0.4, 0.6, 1.0, 3.0), piece, 90, TARGET)
    assert [word.text for word in found] == ["two", "drops"], "those whose middle is seen"
    assert [word.start for word in found] == pytest.approx([2.9, 3.1])


def test_the_words_of_a_voice_move_with_its_silence_and_its_haste(tmp_path: Path) -> None:
    tone = (0.5 * np.sin(np.arange(48_000) * 0.1)).astype(np.float32)
    quiet = np.zeros(24_000, np.float32)
    path = clips.voice(tmp_path / "v.wav", np.concatenate([quiet, tone]))
    voice = Voice("v", path, at=60, frames=27)  # a second of voice in nine tenths
    (found,) = subtitles.in_voice([Word("two", 0.5, 1.5)], voice, TARGET)
    assert found.start == pytest.approx(2.0, abs=0.02)
    assert found.end == pytest.approx(2.9, abs=0.03)


@pytest.mark.anyio
@pytest.mark.parametrize("misheard", [False, True])
async def test_a_caption_is_on_screen_while_its_words_are_heard(tmp_path: Path, misheard: bool) -> None:
    path = clips.clip(tmp_path / "a.mp4", frames=60, size=(270, 480))
    words = tmp_path / "words.json"
    words.write_bytes(heard.dump(said("no" if misheard else "Glow", 1.0, 1.5)))
    line: dict[str, Json] = {"text": "Glow", "who": "", "at": 0, "frames": 60, "clip": "a"}
    line["heard"] = filming.ref("a.words", "words")
    step = filming.film_step(
        [("a", 60, 0)], size=(270, 480), captions={"style": "bold", "lines": [line]}, safe=[0, 0, 270, 480]
    )
    notes: list[str] = []
    place = filming.workspace(tmp_path / "out", {"a.clip": path, "a.words": words}, notes.append)
    film = await filming.made_by(FilmHandler("final"), step, place)
    pairs = zip(clips.pictures(film), clips.pictures(path), strict=True)
    seen = [(np.abs(one.astype(int) - other) > 70).sum() > 50 for one, other in pairs]
    assert [number for number in range(60) if seen[number]] == (list(range(60)) if misheard else list(range(30, 53)))
    assert misheard == any("were not heard" in note for note in notes)


@pytest.mark.anyio
async def test_of_a_lengthened_clip_the_film_shows_the_end(tmp_path: Path) -> None:
    path = clips.clip(tmp_path / "a.mp4", frames=90)
    step = filming.film_step([("a", 30, 0)])
    segments = step.arguments["segments"]
    assert isinstance(segments, list)
    assert isinstance(segments[0], dict)
    segments[0]["last"] = "1.5"
    film = await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / "out", {"a.clip": path}))
    assert clips.numbers(film) == list(range(45, 75))


@pytest.mark.anyio
async def test_where_only_the_new_part_comes_back_all_of_it_is_shown(tmp_path: Path) -> None:
    path = clips.clip(tmp_path / "a.mp4", frames=30)
    assert probe(path, "a").picture is not None
    step = filming.film_step([("a", 30, 0)])
    segments = step.arguments["segments"]
    assert isinstance(segments, list)
    assert isinstance(segments[0], dict)
    segments[0]["last"] = str(float(Fraction(3, 2)))
    film = await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / "out", {"a.clip": path}))
    assert clips.numbers(film) == list(range(30))


@pytest.mark.anyio
async def test_an_effect_is_heard_in_its_place_and_no_longer(tmp_path: Path) -> None:
    path = clips.clip(tmp_path / "a.mp4", frames=90)
    sound = clips.voice(tmp_path / "e.wav", clips.beeps([0.0, 0.5, 1.2], 1.5))
    effects: list[Json] = [{"audio": filming.ref("a.effect", "audio"), "at": 45, "frames": 30}]
    step = filming.film_step([("a", 90, 0)], effects=effects)
    place = filming.workspace(tmp_path / "out", {"a.clip": path, "a.effect": sound})
    film = await filming.made_by(FilmHandler("final"), step, place)
    assert clips.onsets(clips.waveform(film)) == pytest.approx([1.5, 2.0], abs=0.02)
