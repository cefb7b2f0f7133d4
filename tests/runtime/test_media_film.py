"""Films made of real clips, decoded again: which frame stands where, and when each beep begins."""

import os
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from support import clips, filming

from adc.runtime.errors import MediaError, ToolError
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.media import tools
from adc.runtime.media.probe import probe

DRAFT = FilmHandler("draft")
ONSET = 0.003

pytestmark = pytest.mark.anyio


async def test_a_film_of_two_plain_clips_has_every_frame_once(tmp_path: Path) -> None:
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4", sound=clips.beeps([0.1], 1)),
        "b.clip": clips.clip(tmp_path / "b.mp4", first=100, sound=clips.beeps([0.25, 0.5], 1), options={"crf": "22"}),
    }
    film = await filming.made_by(
        DRAFT, filming.film_step([("a", 30, 0), ("b", 24, 0)]), filming.workspace(tmp_path / "out", files)
    )
    assert clips.numbers(film) == [*range(30), *range(100, 124)]
    assert clips.onsets(clips.waveform(film)) == pytest.approx([0.1, 1.25, 1.5], abs=ONSET)


@pytest.mark.parametrize(("rate", "film_rate"), [(24, 30), (25, 30), (60, 30), (30, 25), (30, 24), (24, 60)])
async def test_every_rate_keeps_its_time(tmp_path: Path, rate: int, film_rate: int) -> None:
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4", rate=rate, frames=rate, sound=clips.beeps([0.5], 1)),
        "b.clip": clips.clip(tmp_path / "b.mp4", rate=rate, frames=rate, first=200, sound=clips.beeps([0.5], 1)),
    }
    step = filming.film_step([("a", film_rate, 0), ("b", film_rate, 0)], rate=film_rate)
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files))
    shown = clips.numbers(film)
    assert len(shown) == 2 * film_rate
    for index, number in enumerate(shown):
        late = index % film_rate / film_rate - (number - 200 * (index >= film_rate)) / rate
        assert -0.5 / film_rate - 1e-9 <= late <= 1 / rate + 0.5 / film_rate + 1e-9
    assert clips.onsets(clips.waveform(film)) == pytest.approx([0.5, 1.5], abs=ONSET)


async def test_one_clip_and_one_still_shown_twice(tmp_path: Path) -> None:
    files = {"a.clip": clips.clip(tmp_path / "a.mp4", tagged=False), "b.card": tmp_path / "card.png"}
    Image.fromarray(clips.barcode(500)).save(files["b.card"])
    segments = [("a", 30, 0), ("b", 5, 0), ("a", 30, 0), ("b", 5, 0)]
    step = filming.film_step(segments, stills=["b"])
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files))
    assert clips.numbers(film) == [*range(30), *[500] * 5] * 2


async def test_unlike_clips_and_a_card_make_one_film(tmp_path: Path) -> None:
    """24 fps mono 44.1 kHz, HEVC without sound, sound longer than its picture, VFR, another shape, and a still."""
    stamps = [round(index * 1000 / 30 + (7 if index % 2 else 0)) for index in range(30)]
    files = {
        "mono.clip": clips.clip(
            tmp_path / "mono.mp4", rate=24, frames=24, sound=clips.beeps([0.3], 1, 44_100), sound_rate=44_100,
            layout="mono",
        ),
        "mute.clip": clips.clip(tmp_path / "mute.mp4", first=100, codec="libx265"),
        "long.clip": clips.clip(tmp_path / "long.mp4", first=200, sound=clips.beeps([0.3, 1.2], 1.4)),
        "loose.clip": clips.clip(tmp_path / "loose.mp4", first=300, times=stamps, sound=clips.beeps([0.3], 1)),
        "wide.clip": clips.clip(tmp_path / "wide.webm", first=400, size=(240, 160), codec="libvpx-vp9"),
        "last.card": tmp_path / "card.png",
    }  # fmt: skip
    Image.fromarray(clips.barcode(500, 270, 480)).save(files["last.card"])
    names = ["mono", "mute", "long", "loose", "wide"]
    step = filming.film_step([(name, 30, 0) for name in names] + [("last", 15, 0)], stills=["last"])
    notes: list[str] = []
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files, notes.append))

    shown = [clips.number_of(picture) for picture in clips.pictures(film)[:120]]
    assert shown[30:90] == [*range(100, 130), *range(200, 230)]
    assert shown[0] == 0
    assert shown[29] == 23
    assert all(abs(number - 300 - index) <= 1 for index, number in enumerate(shown[90:120]))
    # 240x160 in 160x284: 106 lines of picture (an even number) before a blur of itself.
    wide = clips.pictures(film)[120]
    assert clips.number_of(wide[89:195]) == 400
    for fill in (wide[:84].astype(int), wide[200:].astype(int)):
        assert fill.mean() > 40
        assert np.abs(np.diff(fill, axis=1)).max() < 20
    assert np.abs(np.diff(wide[89:195].astype(int), axis=1)).max() > 100
    assert [clips.number_of(picture) for picture in clips.pictures(film)[150:]] == [500] * 15
    assert clips.onsets(clips.waveform(film)) == pytest.approx([0.3, 2.3, 3.3], abs=ONSET)
    assert "encoding the picture: there is a still" in notes
    assert [note.split(":")[0] for note in notes if note.startswith("join")] == [
        "join mono|mute", "join mute|long", "join long|loose", "join loose|wide", "join wide|last",
    ]  # fmt: skip


async def test_the_file_is_what_every_player_takes(tmp_path: Path) -> None:
    files = {"a.clip": clips.clip(tmp_path / "a.mp4")}
    film = await filming.made_by(DRAFT, filming.film_step([("a", 29, 0)]), filming.workspace(tmp_path / "out", files))
    media = probe(film, "film")
    assert media.picture is not None
    assert media.sound is not None
    assert (media.picture.codec, media.picture.pixel_format) == ("h264", "yuv420p")
    assert media.picture.colours == (1, 1, 1, 1)
    assert (media.sound.codec, media.sound.rate, media.sound.channels) == ("aac", 48_000, 2)
    data = film.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(film)) as container:
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands"}


async def test_a_chained_clip_drops_the_frame_it_repeats(tmp_path: Path) -> None:
    """Its sound goes with it: the beep that stood on its second frame stands on the join."""
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4"),
        "b.clip": clips.clip(tmp_path / "b.mp4", first=29, frames=31, sound=clips.beeps([1 / 30 + 0.2], 31 / 30)),
    }
    step = filming.film_step([("a", 30, 0), ("b", 30, 1)])
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files))
    assert clips.numbers(film) == list(range(60))
    assert clips.onsets(clips.waveform(film)) == pytest.approx([1.2], abs=ONSET)


async def test_a_chained_clip_of_exactly_its_time_is_slowed_by_the_dropped_frame(tmp_path: Path) -> None:
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4"),
        "b.clip": clips.clip(tmp_path / "b.mp4", first=29, frames=60, sound=clips.beeps([1 / 30 + 1], 2)),
    }
    step = filming.film_step([("a", 30, 0), ("b", 60, 1)])
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", files))
    shown = clips.numbers(film)
    assert len(shown) == 90
    assert shown[29:32] == [29, 30, 31]
    assert shown[-1] == 88
    assert sum(b == a for a, b in pairwise(shown)) == 1
    assert clips.onsets(clips.waveform(film)) == pytest.approx([1 + 60 / 59], abs=ONSET)


async def test_a_clip_a_little_short_is_slowed_and_a_shorter_one_refused(tmp_path: Path) -> None:
    """60 frames asked: 59 are 1.7 % short, 57 are 5 % short."""
    sound = clips.beeps([1.5], 59 / 30)
    files = {
        "hook.clip": clips.clip(tmp_path / "a.mp4", frames=59, sound=sound),
        "park.clip": clips.clip(tmp_path / "b.mp4", frames=57, sound=sound),
    }
    place = filming.workspace(tmp_path / "out", files)
    film = await filming.made_by(DRAFT, filming.film_step([("hook", 60, 0)]), place)
    shown = clips.numbers(film)
    assert len(shown) == 60
    assert (shown[0], shown[-1]) == (0, 58)
    assert clips.onsets(clips.waveform(film)) == pytest.approx([1.5 * 60 / 59], abs=ONSET)

    other = filming.workspace(tmp_path / "other", files)
    with pytest.raises(MediaError, match=r"^park\.clip came out 1\.9 s, 2 s were asked"):
        await DRAFT.run(filming.film_step([("hook", 60, 0), ("park", 60, 0)]), other)
    assert list(other.folder.iterdir()) == []


async def test_names_with_every_awkward_letter(tmp_path: Path) -> None:
    odd = tmp_path / 'o\'d [x] %03d; a:b, c="d"'
    odd.mkdir()
    files = {
        "a.clip": clips.clip(odd / "1 '%d.mp4"),
        "b.clip": clips.clip(odd / "2 [v:0].mp4", first=30),
        "c.card": odd / "%02d'.png",
    }
    Image.fromarray(clips.barcode(500, 160, 284)).save(files["c.card"])
    step = filming.film_step([("a", 30, 0), ("b", 30, 0), ("c", 3, 0)], stills=["c"])
    film = await filming.made_by(DRAFT, step, filming.workspace(odd / "out", files))
    assert clips.numbers(film) == [*range(60), 500, 500, 500]
    copied = filming.film_step([("a", 30, 0), ("b", 30, 0)])
    film = await filming.made_by(DRAFT, copied, filming.workspace(odd / "copied", files))
    assert clips.numbers(film) == list(range(60))


@pytest.mark.parametrize("options", [{}, {"preset": "fast", "bf": "3"}])
async def test_clips_encoded_alike_are_copied_bit_for_bit(tmp_path: Path, options: dict[str, str]) -> None:
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4", options=options, sound=clips.beeps([0.4], 1.3)),
        "b.clip": clips.clip(tmp_path / "b.mp4", options=options, first=30, sound=clips.beeps([0.4], 1)),
        "c.clip": clips.clip(tmp_path / "c.mp4", options=options, first=60, sound=clips.beeps([0.4], 0.7)),
    }
    notes: list[str] = []
    place = filming.workspace(tmp_path / "out", files, notes.append)
    film = await filming.made_by(DRAFT, filming.film_step([(name, 30, 0) for name in "abc"]), place)
    assert "copying the picture: all clips are encoded alike" in notes
    assert clips.numbers(film) == list(range(90))
    assert clips.onsets(clips.waveform(film)) == pytest.approx([0.4, 1.4, 2.4], abs=ONSET)
    originals = [picture for name in "abc" for picture in clips.pictures(files[f"{name}.clip"])]
    assert all(np.array_equal(a, b) for a, b in zip(originals, clips.pictures(film), strict=True))


async def test_a_turned_clip_stands_upright(tmp_path: Path) -> None:
    """A phone records 284x160 with a note to turn it."""
    source = tmp_path / "turned.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 284, 160, "yuv420p"
        stream.set_display_rotation(90)
        for index in range(10):
            lying = np.ascontiguousarray(np.rot90(clips.barcode(index), -1))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(lying, format="rgb24")))
        container.mux(stream.encode(None))
    step = filming.film_step([("a", 10, 0)])
    film = await filming.made_by(DRAFT, step, filming.workspace(tmp_path / "out", {"a.clip": source}))
    assert clips.numbers(film) == list(range(10))


async def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4", sound=clips.beeps([0.1], 1), rate=24, frames=24),
        "b.card": tmp_path / "card.png",
    }
    Image.fromarray(clips.barcode(7)).save(files["b.card"])
    step = filming.film_step([("a", 30, 0), ("b", 9, 0)], stills=["b"])
    films = [
        await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / folder, files))
        for folder in ("one", "two")
    ]
    assert films[0].read_bytes() == films[1].read_bytes()


async def test_colours_survive_the_film(tmp_path: Path) -> None:
    """A clip in the matrix of old television, untagged because it is small, and a picture in RGB look alike."""
    picture = np.full((284, 160, 3), (200, 60, 90), np.uint8)
    source = tmp_path / "a.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "10"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 284, "yuv420p"
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        for index in range(10):
            old = frame.reformat(format="yuv420p", dst_colorspace="ITU601")
            old.pts = index
            container.mux(stream.encode(old))
        container.mux(stream.encode(None))
    Image.fromarray(picture).save(tmp_path / "card.png")
    files = {"a.clip": source, "b.card": tmp_path / "card.png"}
    step = filming.film_step([("a", 10, 0), ("b", 10, 0)], stills=["b"])
    film = await filming.made_by(FilmHandler("final"), step, filming.workspace(tmp_path / "out", files))
    with av.open(str(film)) as container:
        shown = [f.reformat(format="rgb24", src_colorspace="ITU709") for f in container.decode(video=0)]
    for frame in (shown[5], shown[15]):
        mean = frame.to_ndarray().mean(axis=(0, 1))
        assert np.abs(mean - np.array([200, 60, 90])).max() < 3


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 0", "wrote nothing"),
        ('eval last=\\${$#}; printf half > "${last#file:}"; kill -9 $$', "ended by signal 9"),
        ("eval last=\\${$#}; printf half > \"${last#file:}\"; echo 'Unknown encoder' >&2; exit 8", "Unknown encoder"),
    ],
)
async def test_an_ffmpeg_that_fails_leaves_no_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, sentence: str
) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(tools, "ffmpeg", lambda: tools.Ffmpeg(str(fake), "fake"))
    place = filming.workspace(tmp_path / "out", {"a.clip": clips.clip(tmp_path / "a.mp4")})
    with pytest.raises(ToolError, match=sentence):
        await DRAFT.run(filming.film_step([("a", 29, 0)]), place)
    assert [name for name in os.listdir(place.folder) if "film" in name] == []


async def test_a_film_that_is_not_as_planned_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ffmpeg that says all went well and wrote a film of another length."""
    files = {"a.clip": clips.clip(tmp_path / "a.mp4"), "wrong.clip": clips.clip(tmp_path / "b.mp4", frames=20)}
    wrong = await filming.made_by(
        DRAFT, filming.film_step([("wrong", 20, 0)]), filming.workspace(tmp_path / "first", files)
    )
    fake = tmp_path / "ffmpeg"
    fake.write_text(f'#!/bin/sh\neval last=\\${{$#}}; cp "{wrong}" "${{last#file:}}"\n')
    fake.chmod(0o755)
    monkeypatch.setattr(tools, "ffmpeg", lambda: tools.Ffmpeg(str(fake), "fake"))
    with pytest.raises(MediaError, match="came out with frames 20, planned was 29"):
        await DRAFT.run(filming.film_step([("a", 29, 0)]), filming.workspace(tmp_path / "out", files))


def test_the_engine_names_build_quality_and_processor() -> None:
    step = filming.film_step([("a", 1, 0)])
    names = {FilmHandler(quality).engine(step).name for quality in ("draft", "final")}
    assert len(names) == 2
    for name in names:
        assert tools.ffmpeg().build in name
        assert f"threads={tools.THREADS}" in name
        assert tools.processor() in name
