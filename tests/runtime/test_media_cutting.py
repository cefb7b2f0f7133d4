"""The decisions behind a film, on values alone: fitting, stretching, copying, and ffmpeg's arguments."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from adc.runtime.errors import MediaError
from adc.runtime.media import argv
from adc.runtime.media.film import (
    ClipPiece,
    Fade,
    Fit,
    Overlay,
    Segment,
    Target,
    check_film,
    clip_piece,
    cropped,
    fit,
    runs,
    starts,
    still_piece,
    why_not_copied,
)
from adc.runtime.media.probe import Media, Picture, Sound

TALL = Target(1080, 1920, 30)
PICTURE = Picture(
    codec="h264",
    setup="same",
    width=1080,
    height=1920,
    pixel=Fraction(1),
    rotation=0,
    pixel_format="yuv420p",
    colours=(1, 1, 1, 1),
    time_base=Fraction(1, 15360),
    frames=240,
    first=Fraction(0),
    seconds=Fraction(8),
    even=True,
)
SOUND = Sound("aac", 48_000, 2, Fraction(0), Fraction(8))


def piece(picture: Picture = PICTURE, *, frames: int = 240, skip: int = 0) -> ClipPiece:
    return clip_piece(Segment("hook", "hook.clip", Path("/blobs/a"), frames, skip), Media(picture, SOUND), TALL)


def faded(frames: int, fade: int = 0) -> ClipPiece:
    plain = piece(frames=frames)
    return replace(plain, segment=replace(plain.segment, fade=Fade("dissolve", fade) if fade else None))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ((540, 960), Fit(1080, 1920)),
        ((716, 1284), Fit(1080, 1936, Fraction(2864, 2889))),  # 9:16.13 loses eight lines above and below
        ((1080, 1080), Fit(1920, 1920, Fraction(9, 16))),
        ((1000, 900), Fit(2134, 1920, Fraction(81, 160))),
        ((1920, 1080), Fit(1080, 608)),  # less than half of it would stay
        ((1000, 1920), Fit(1080, 2074, Fraction(25, 27))),
    ],
)
def test_a_picture_fills_the_frame_where_half_of_it_stays(source: tuple[int, int], expected: Fit) -> None:
    assert fit(Fraction(source[0]), source[1], TALL) == expected


def test_a_crop_that_is_seen_is_told() -> None:
    square = replace(PICTURE, width=1080, height=1080)
    nearly = replace(PICTURE, width=716, height=1284)
    assert cropped([piece(square), piece(nearly)]) == "cropped to fill the frame: hook (56 % of the picture stays)"
    assert cropped([piece(), piece(nearly)]) == ""


def test_a_fade_begins_before_the_piece_before_it_ends() -> None:
    pieces = [faded(240), faded(100), faded(90, 30), faded(60), faded(60, 15)]
    assert starts(pieces) == [0, 240, 310, 400, 445, 505]
    assert runs(pieces) == [range(2), range(2, 4), range(4, 5)]


def test_pixels_that_are_not_square_and_turned_pictures_count_as_seen() -> None:
    assert replace(PICTURE, width=720, height=1920, pixel=Fraction(3, 2)).shown == (Fraction(1080), 1920)
    assert replace(PICTURE, width=1920, height=1080, rotation=90).shown == (Fraction(1080), 1920)


def test_a_clip_of_its_time_is_left_alone_and_a_long_one_is_trimmed() -> None:
    assert piece().stretch == 1
    assert piece(frames=216).stretch == 1


def test_a_clip_up_to_two_percent_short_is_slowed() -> None:
    short = replace(PICTURE, frames=236, seconds=Fraction(236, 30))
    assert piece(short).stretch == Fraction(240, 236)


def test_a_shorter_clip_is_not_what_was_asked() -> None:
    short = replace(PICTURE, frames=213, seconds=Fraction(71, 10))
    with pytest.raises(
        MediaError, match=r"^hook\.clip came out 7\.1 s, 8 s were asked; nothing that was bought is lost"
    ):
        piece(short)


def test_the_dropped_frame_is_not_held_against_the_clip() -> None:
    """A 24-frame second without its first frame is 4 % shorter, and still the second that was asked for."""
    second = replace(PICTURE, frames=24, seconds=Fraction(1))
    assert piece(second, frames=30, skip=1).stretch == Fraction(24, 23)
    assert piece(second, frames=30, skip=1).drop == Fraction(1, 24)


def test_a_clip_without_picture_and_one_that_is_dropped_whole() -> None:
    with pytest.raises(MediaError, match=r"hook\.clip has no picture"):
        clip_piece(Segment("hook", "hook.clip", Path("a"), 30), Media(None, SOUND), TALL)
    with pytest.raises(MediaError, match="only 1 frames, of which 1"):
        piece(replace(PICTURE, frames=1, seconds=Fraction(1, 30)), frames=1, skip=1)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (PICTURE, ""),
        (replace(PICTURE, codec="hevc"), "hook has another codec"),
        (replace(PICTURE, setup="other"), "hook has another setup"),
        (replace(PICTURE, width=720, height=1280), "hook has another size"),
        (replace(PICTURE, pixel=Fraction(4, 3)), "hook has another pixel shape"),
        (replace(PICTURE, rotation=90), "hook has another rotation"),
        (replace(PICTURE, pixel_format="yuv444p"), "hook has another pixel format"),
        (replace(PICTURE, colours=(2, 2, 2, 0)), "hook has another colour tags"),
        (replace(PICTURE, time_base=Fraction(1, 90_000)), "hook has another time base"),
        (replace(PICTURE, first=Fraction(1, 30)), "hook has another start"),
        (replace(PICTURE, even=False), "hook has another rate"),
        (replace(PICTURE, frames=241, seconds=Fraction(241, 30)), "hook has 241 frames, 240 are shown"),
    ],
)
def test_copied_only_when_encoded_alike(other: Picture, reason: str) -> None:
    assert why_not_copied([piece(), piece(other)], [], TALL) == reason


def test_not_copied_when_a_frame_is_dropped_or_a_still_is_shown() -> None:
    still = still_piece(Segment("offer", "offer.card", Path("b"), 90), (1080, 1920), TALL)
    assert why_not_copied([piece(), piece(skip=1)], [], TALL) == "hook drops a repeated frame"
    assert why_not_copied([piece(), still], [], TALL) == "there is a still"


def test_not_copied_under_words_or_a_fade() -> None:
    words = Overlay(Path("super-0.png"), 0, 0, 10, 20)
    assert why_not_copied([piece(), piece()], [words], TALL) == "there are words on it"
    assert why_not_copied([piece(), faded(240, 30)], [], TALL) == "hook fades in"


def test_a_finished_film_is_held_against_its_plan() -> None:
    film = Media(PICTURE, SOUND)
    check_film(film, 240, TALL)
    for wrong, words in (
        (Media(PICTURE, None), "without sound"),
        (Media(replace(PICTURE, width=1078), SOUND), "size 1078 1920"),
        (Media(PICTURE, replace(SOUND, rate=44_100)), "sound aac 44100 2"),
        (Media(PICTURE, replace(SOUND, seconds=Fraction(7))), "sound came out 7 s, planned was 8 s"),
    ):
        with pytest.raises(MediaError, match=words):
            check_film(wrong, 240, TALL)


def test_arguments_encode_each_frame_once_with_pinned_threads() -> None:
    arguments = argv.encoded([piece(), piece(skip=1)], [], Path("/w/sound.f32"), TALL, "draft", 2)
    text = " ".join(arguments)
    assert arguments.count("libx264") == 1
    assert "-threads:v 2" in text
    assert "-force_key_frames 8.000000" in text
    assert "trim=start_frame=1" in text
    assert "+bitexact" in text
    assert "concat" in text
    assert argv.encoded([piece()], [], Path("s"), TALL, "final", 2) != argv.encoded(
        [piece()], [], Path("s"), TALL, "draft", 2
    )


def test_the_list_of_copied_clips_quotes_every_name() -> None:
    odd = replace(piece(), segment=Segment("a", "a.clip", Path("/it's/[here] %d"), 100))
    assert argv.listing([odd], 30) == ("ffconcat version 1.0\nfile 'file:/it'\\''s/[here] %d'\nduration 3333333us\n")
