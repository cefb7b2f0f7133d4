"""Building without a key: the film itself, and what is made again after a change."""

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.command import Ran, adc, steps_that
from support.films import decode, loudness
from support.project import SCENES, draw_picture, edit, write_project


def build(project: Path, *words: str) -> Ran:
    ran = adc("build", "tiny.ad", *words, folder=project)
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project, built, and its store."""
    folder = tmp_path_factory.mktemp("built")
    write_project(folder / "project")
    ran = adc("build", "tiny.ad", "--store", str(folder / "store"), folder=folder / "project")
    assert ran.code == 0, ran.err
    return folder


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A copy of the built project, with a copy of its store where ADC_STORE says."""
    shutil.copytree(built_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "project"


def test_the_film_is_what_the_spec_says(project: Path) -> None:
    ran = build(project)
    assert "free draft" in ran.out
    film = decode(project / "out" / "tiny.mp4")
    assert (film.width, film.height, film.rate) == (270, 480, Fraction(30))
    assert film.codecs == ("h264", "aac")
    assert (film.pixels, film.channels, film.samples_a_second) == ("yuv420p", 2, 48000)
    assert len(film.frames) == 330
    data = (project / "out" / "tiny.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")

    for start, _ in list(SCENES.values())[1:]:
        if start == SCENES["window"][0]:
            continue
        before, join, after = (film.difference(n, n + 1) for n in (start - 2, start - 1, start))
        assert join > 5 * max(before, after), f"no cut at frame {start}"
    join = SCENES["window"][0]
    assert 0 < film.difference(join - 1, join) < 3, "a continued scene repeats a frame or jumps"

    for scene in ("hook", "proof"):
        onset = film.onset(*SCENES[scene], rate=30)
        assert onset is not None, f"nobody speaks in {scene}"
        assert onset <= 0.05, f"speech is late in {scene}"
    assert film.onset(*SCENES["offer"], rate=30) is None

    moving = range(1, SCENES["offer"][0] - 1)
    assert all(film.difference(number - 1, number) > 0 for number in moving), "a frozen frame"
    assert film.frames.mean(axis=(1, 2)).min() > 5, "a black frame"


def test_a_film_in_which_somebody_speaks_is_as_loud_as_others(built: Path) -> None:
    assert loudness(built / "out" / "tiny.mp4") == pytest.approx(-14, abs=1)


def test_the_second_build_has_nothing_to_do(built: Path) -> None:
    build(built)
    film = (built / "out" / "tiny.mp4").stat()
    ran = build(built)
    assert ran.out == "nothing to do: out/tiny.mp4 is up to date\n"
    assert (built / "out" / "tiny.mp4").stat() == film


def one_word(project: Path) -> None:
    edit(project, "lifts {{ serum }}", "raises {{ serum }}")


def one_picture(project: Path) -> None:
    draw_picture(project / "refs" / "serum.png", (20, 120, 200))


def one_duration(project: Path) -> None:
    edit(project, "scene window 3s", "scene window 4s")
    edit(project, "duration 11s", "duration 12s")


def one_name(project: Path) -> None:
    edit(project, "card offer 1s", "card finale 1s")


def one_comment(project: Path) -> None:
    edit(project, "card offer 1s", "# the end\ncard offer 1s")


def one_headline(project: Path) -> None:
    edit(project, '  headline "Glow Serum"', '  headline "Glow"')


@pytest.mark.parametrize(
    ("change", "made"),
    [
        (one_word, {"proof.clip", "proof.last_frame", "window.clip", "film.master"}),
        (one_picture, {"proof.clip", "proof.last_frame", "window.clip", "film.master"}),
        (one_duration, {"window.clip", "film.master"}),
        (one_headline, {"offer.card", "film.master"}),
        (one_name, {"film.master"}),
        (one_comment, set()),
    ],
)
def test_a_change_makes_only_what_hangs_on_it(built: Path, change: Callable[[Path], None], made: set[str]) -> None:
    change(built)
    planned = adc("plan", "tiny.ad", folder=built).out
    ran = build(built)
    assert steps_that("made", ran) == made
    # The plan said so before it happened: `will run STEP …` or `after OTHER STEP …`.
    rows = [line.split() for line in planned.splitlines()]
    assert {row[2] for row in rows if row[:1] == ["after"] or row[:2] == ["will", "run"]} == made


def test_a_step_that_comes_out_the_same_stops_the_rebuild(built: Path) -> None:
    edit(built, '  action "{{ maya }} turns to the window"', '  action "{{ maya }} turns to the window"\n  take 2')
    ran = build(built)
    # Another take is another step; a drawing of it has the same bytes, so the film is the one that is there.
    assert steps_that("made", ran) == {"window.clip"}
    assert "film.master" in steps_that("cached", ran)


def test_a_film_that_was_removed_is_delivered_again(built: Path) -> None:
    (built / "out" / "tiny.mp4").unlink()
    ran = build(built)
    assert steps_that("made", ran) == set()
    assert len(decode(built / "out" / "tiny.mp4").frames) == 330


def test_out_and_store_are_where_they_were_asked_for(project: Path, tmp_path: Path) -> None:
    build(project, "--out", "films/a.mp4", "--store", str(tmp_path / "elsewhere"), "--local", "1")
    assert (project / "films" / "a.mp4").is_file()
    assert (tmp_path / "elsewhere" / "blobs").is_dir()
    assert not (project / "out").exists()


def test_every_shape_is_delivered_and_looked_after(project: Path) -> None:
    edit(project, "budget   $5\n", "budget   $5\n  deliver  9:16, 1:1\n")
    folder = project / "out"
    ran = build(project)
    assert ran.out.endswith(
        "\nout/tiny.mp4: draft, 11 s, 270x480, 30 fps\nout/tiny.1x1.mp4: draft, 11 s, 270x270, 30 fps\n"
    )
    tall, square = (decode(folder / name) for name in ("tiny.mp4", "tiny.1x1.mp4"))
    assert (tall.width, tall.height, len(tall.frames)) == (270, 480, 330)
    assert (square.width, square.height, len(square.frames)) == (270, 270, 330)
    # The middle of the clips is what both show, no wider in the one than in the other.
    off = (tall.frames.shape[1] - square.frames.shape[1]) // 2
    middle = tall.frames[40, off : off + square.frames.shape[1]]
    assert float(np.abs(middle - square.frames[40]).mean()) < 8

    assert build(project).out == "nothing to do: out/tiny.mp4 and out/tiny.1x1.mp4 are up to date\n"
    (folder / "tiny.1x1.mp4").unlink()
    ran = build(project)
    assert steps_that("made", ran) == set()
    assert (folder / "tiny.1x1.mp4").is_file()


def test_another_shape_never_takes_the_place_of_what_the_film_is_made_from(project: Path) -> None:
    edit(project, "budget   $5\n", "budget   $5\n  deliver  9:16, 1:1\n")
    (project / "out" / "tiny.1x1.mp4").mkdir(parents=True)
    ran = adc("build", "tiny.ad", folder=project)
    assert ran.code == 3
    assert "out/tiny.1x1.mp4 is a folder; nothing was made" in ran.err


WORDY = """\
ad wordy "Wordy" {
  size     270p 9:16
  captions bold
  music    "soft lo-fi, hopeful, no vocals" { level -20dB }
}

scene hook 3s {
  action "a mirror in the morning"
  super  "Day 30" at top from 1s for 1s
}

transition fade 1s

scene proof 3s {
  action    "an amber bottle on a shelf"
  voiceover "Two drops."
}

transition wipe_left 0.5s

card offer 2s { headline "Glow Serum" }
"""


def test_words_music_and_fades_are_in_the_film(tmp_path: Path) -> None:
    (tmp_path / "wordy.ad").write_text(WORDY, encoding="utf-8")
    ran = adc("build", "wordy.ad", folder=tmp_path)
    assert ran.code == 0, ran.err
    film = decode(tmp_path / "out" / "wordy.mp4", short_side=270)
    assert len(film.frames) == 195
    for said in ("join hook|proof: fade over 30 frames", "join proof|offer: wipeleft over 15 frames"):
        assert said in ran.out
    # The super is seen in the frames of its second second only, near the top.
    top = film.frames[:, 24:70]
    before, after = (float(np.abs(top[number] - top[number - 1]).mean()) for number in (30, 60))
    still = max(float(np.abs(top[number] - top[number - 1]).mean()) for number in range(33, 57))
    assert min(before, after) > 3 * still
    # Music from the first second to the last, also where nobody speaks.
    second = film.samples_a_second
    levels = [float(np.sqrt((film.sound[at * second : (at + 1) * second] ** 2).mean())) for at in range(6)]
    assert min(levels) > 0.002


def newest_blob(store: Path) -> Path:
    """What was stored last: the film."""
    blobs = (path for path in (store / "blobs").rglob("*") if path.is_file())
    return max(blobs, key=lambda path: path.stat().st_mtime_ns)


def test_a_damaged_film_is_never_delivered(built: Path, tmp_path: Path) -> None:
    (built / "out" / "tiny.mp4").unlink()
    film = newest_blob(tmp_path / "store")
    film.chmod(0o644)
    film.write_bytes(film.read_bytes()[::-1])
    ran = adc("build", "tiny.ad", folder=built)
    assert ran.code == 3
    assert "was damaged; it is kept aside" in ran.err
    assert not (built / "out" / "tiny.mp4").exists()
    assert steps_that("made", build(built)) == {"film.master"}
    assert len(decode(built / "out" / "tiny.mp4").frames) == 330


def test_a_lost_blob_is_made_again_and_nothing_else(built: Path, tmp_path: Path) -> None:
    (built / "out" / "tiny.mp4").unlink()
    film = newest_blob(tmp_path / "store")
    film.chmod(0o644)
    film.write_bytes(film.read_bytes()[:1000])
    ran = build(built)
    assert steps_that("made", ran) == {"film.master"}
    assert len(decode(built / "out" / "tiny.mp4").frames) == 330
