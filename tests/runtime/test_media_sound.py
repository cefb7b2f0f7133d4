"""Sound as samples: exact lengths, no click at a cut, voices in their place."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support import clips, filming

from adc.runtime.errors import MediaError
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.media import sound
from adc.runtime.media.film import Piece, Segment, Target, clip_piece
from adc.runtime.media.probe import probe
from adc.runtime.media.sound import Voice

TARGET = Target(160, 284, 30)


def tone(seconds: float, hertz: float = 440, rate: int = 48_000, level: float = 0.5) -> npt.NDArray[np.float32]:
    wave: npt.NDArray[np.float32] = (
        level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    ).astype(np.float32)
    return wave


def cut(path: Path, *, frames: int = 30, skip: int = 0) -> Piece:
    return clip_piece(Segment("a", path.stem, path, frames, skip), probe(path, path.stem), TARGET)


def written(folder: Path, pieces: list[Piece], voices: list[Voice] | None = None) -> npt.NDArray[np.float32]:
    sound.write(folder / "pcm", pieces, voices or [], TARGET)
    return np.fromfile(folder / "pcm", np.float32).reshape(-1, 2)


def loudness(samples: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt((samples.astype(np.float64) ** 2).mean()))


def test_every_segment_has_exactly_its_samples(tmp_path: Path) -> None:
    long = clips.clip(tmp_path / "a.mp4", sound=tone(1.6))
    short = clips.clip(tmp_path / "b.mp4", sound=tone(0.5))
    mute = clips.clip(tmp_path / "c.mp4")
    pcm = written(tmp_path, [cut(long), cut(short), cut(mute), cut(long, frames=7)])
    assert len(pcm) == 97 * 1600
    assert loudness(pcm[1000:47_000]) == pytest.approx(0.35, abs=0.02)
    assert np.abs(pcm[48_000 + 26_000 : 144_000]).max() < 1e-3
    assert np.abs(pcm[144_000 + 500 :]).max() > 0.4


def test_no_click_where_two_loud_clips_meet(tmp_path: Path) -> None:
    """A 440 Hz tone at half scale moves by 0.03 from sample to sample; a cut in the middle of a wave by up to 1."""
    first = clips.clip(tmp_path / "a.mp4", sound=tone(1.2, 440))
    second = clips.clip(tmp_path / "b.mp4", sound=-tone(1.2, 443))
    pcm = written(tmp_path, [cut(first, frames=29), cut(second, frames=29), cut(first, frames=1)])
    assert np.abs(np.diff(pcm, axis=0)).max() < 0.04
    assert np.abs(pcm[0]).max() < 1e-3
    assert np.abs(pcm[-1]).max() < 5e-3


@pytest.mark.anyio
async def test_no_click_in_the_finished_film(tmp_path: Path) -> None:
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4", sound=tone(1.2, 440)),
        "b.clip": clips.clip(tmp_path / "b.mp4", sound=-tone(1.2, 443), tint=30),
    }
    step = filming.film_step([("a", 29, 0), ("b", 29, 0), ("a", 10, 0)])
    film = await filming.made_by(FilmHandler("draft"), step, filming.workspace(tmp_path / "out", files))
    assert np.abs(np.diff(clips.waveform(film))).max() < 0.05


@pytest.mark.parametrize(
    ("rate", "layout"), [(44_100, "mono"), (22_050, "mono"), (48_000, "stereo"), (44_100, "stereo")]
)
def test_every_rate_and_layout_keeps_time_and_level(tmp_path: Path, rate: int, layout: str) -> None:
    wave = clips.beeps([0.2, 0.7], 1, rate)
    clip = clips.clip(tmp_path / "a.mp4", sound=wave, sound_rate=rate, layout=layout)
    pcm = written(tmp_path, [cut(clip)])
    for channel in (0, 1):
        assert clips.onsets(pcm[:, channel]) == pytest.approx([0.2, 0.7], abs=0.002)
        assert np.abs(pcm[:, channel]).max() == pytest.approx(0.5, abs=0.08)


def test_a_late_sound_stays_late_and_a_gap_stays_a_gap(tmp_path: Path) -> None:
    """Matroska says when each block begins; nothing fills the time between them."""
    import av

    source = tmp_path / "late.mkv"
    with av.open(str(source), "w") as container:
        audio = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        assert isinstance(audio, av.AudioStream)
        for start in (24_000, 40_000):
            data = (tone(0.05, 1000) * 32767).astype(np.int16)[None, :]
            frame = av.AudioFrame.from_ndarray(data, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    samples, rate = sound.decode(source, "late", Fraction(0))
    assert rate == 48_000
    assert clips.onsets(samples[:, 0]) == pytest.approx([0.5, 40 / 48], abs=0.002)
    samples, _ = sound.decode(source, "late", Fraction(1, 4))
    assert clips.onsets(samples[:, 0])[0] == pytest.approx(0.25, abs=0.002)


def test_a_voice_stands_on_its_frame_over_a_lowered_clip(tmp_path: Path) -> None:
    clip = clips.clip(tmp_path / "a.mp4", frames=60, sound=tone(2, 200, level=0.3))
    spoken = clips.voice(tmp_path / "v.wav", tone(0.5, 3000, level=0.4))
    pieces = [cut(clip, frames=60), cut(clip, frames=30)]
    alone = written(tmp_path, pieces)
    pcm = written(tmp_path, pieces, [Voice("proof.voice", spoken, 45, 30)])
    under = pcm - np.pad(tone(0.5, 3000, level=0.4)[:, None], ((72_000, len(pcm) - 96_000), (0, 0)))
    assert loudness(under[74_000:94_000]) == pytest.approx(sound.UNDER_VOICE * loudness(alone[74_000:94_000]), rel=0.05)
    assert loudness(pcm[:60_000] - alone[:60_000]) < 1e-6
    # The ramp back runs across the cut at 96,000.
    assert loudness(under[97_000:103_000]) < 0.95 * loudness(alone[97_000:103_000])
    assert loudness(pcm[105_000:] - alone[105_000:]) < 1e-6
    assert np.abs(np.diff(under[60_000:71_990], axis=0)).max() < 0.02


def test_a_voice_runs_on_over_a_cut(tmp_path: Path) -> None:
    mute = clips.clip(tmp_path / "a.mp4")
    spoken = clips.voice(tmp_path / "v.wav", tone(1.0))
    pcm = written(tmp_path, [cut(mute), cut(mute)], [Voice("proof.voice", spoken, 15, 30)])
    assert loudness(pcm[47_000:49_000]) == pytest.approx(0.35, abs=0.02)
    assert np.abs(np.diff(pcm, axis=0)).max() < 0.04


def test_a_voice_a_little_long_is_hurried_with_its_pitch_and_a_longer_one_refused(tmp_path: Path) -> None:
    mute = clips.clip(tmp_path / "a.mp4", frames=60)
    spoken = clips.voice(tmp_path / "v.wav", np.concatenate([tone(1.1), np.zeros(24_000, np.float32)]))
    pcm = written(tmp_path, [cut(mute, frames=60)], [Voice("proof.voice", spoken, 0, 30)])
    assert loudness(pcm[2000:46_000]) > 0.3
    assert np.abs(pcm[48_000:]).max() == 0
    spectrum = np.abs(np.fft.rfft(pcm[4800:43_200, 0]))
    assert np.argmax(spectrum) * 48_000 / 38_400 == pytest.approx(440, abs=8)
    with pytest.raises(MediaError, match=r"proof\.voice takes 1\.1 s to say, its place has 0\.8 s"):
        written(tmp_path, [cut(mute, frames=60)], [Voice("proof.voice", spoken, 0, 24)])


def test_a_voice_that_fits_without_its_silence_is_left_alone(tmp_path: Path) -> None:
    mute = clips.clip(tmp_path / "a.mp4", frames=30)
    wave = np.concatenate([tone(0.9), np.zeros(48_000, np.float32)])
    pcm = written(tmp_path, [cut(mute)], [Voice("proof.voice", clips.voice(tmp_path / "v.wav", wave, 48_000), 0, 30)])
    assert np.abs(pcm[300:42_000, 0] - wave[300:42_000]).max() < 1e-3


@pytest.mark.anyio
async def test_peaks_stay_below_full_scale(tmp_path: Path) -> None:
    """A clip and two voices that add up to twice full scale."""
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4", sound=tone(1, 200, level=0.95)),
        "one": clips.voice(tmp_path / "one.wav", tone(0.9, 300, level=0.9)),
        "two": clips.voice(tmp_path / "two.wav", tone(0.9, 500, level=0.9)),
    }
    step = filming.film_step([("a", 29, 0)], voices=[("one", 0, 29), ("two", 0, 29)])
    film = await filming.made_by(FilmHandler("draft"), step, filming.workspace(tmp_path / "out", files))
    assert np.abs(clips.waveform(film)).max() < 0.98


def test_a_sound_that_cannot_be_decoded(tmp_path: Path) -> None:
    mute = clips.clip(tmp_path / "a.mp4")
    broken = tmp_path / "v.mp3"
    broken.write_bytes(b"not sound")
    for path in (mute, broken):
        with pytest.raises(MediaError, match=r"The sound of proof\.voice cannot be decoded"):
            written(tmp_path, [cut(mute)], [Voice("proof.voice", path, 0, 30)])


def test_a_voice_begins_in_its_place_whatever_silence_its_file_begins_with(tmp_path: Path) -> None:
    silence = np.zeros(round(0.4 * 48_000), np.float32)
    said = clips.voice(tmp_path / "said.wav", np.concatenate([silence, tone(0.5), silence]))
    mute = cut(clips.clip(tmp_path / "a.mp4", frames=60), frames=60)
    pcm = written(tmp_path, [mute], [Voice("hook.voice", said, 30, 18)])[:, 0]
    loud = np.flatnonzero(np.abs(pcm) > 0.02) / 48_000
    assert 1.005 <= loud[0] <= 1.05, "some ten milliseconds of air before the first sound"
    assert loud[-1] == pytest.approx(1.51, abs=0.02)
