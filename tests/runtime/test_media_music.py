"""Music under a film, and how loud the whole is: measured in the samples and in the finished film."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.filter.graph import Graph
from support import clips, filming

from adc.runtime.errors import MediaError
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.media import loudness, music
from adc.runtime.media.film import Target
from adc.runtime.media.music import Music

TARGET = Target(160, 284, 30)
MUSIC_HERTZ, VOICE_HERTZ = 330, 1500


def tone(seconds: float, hertz: float, level: float = 0.4) -> npt.NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 48_000)) / 48_000)).astype(np.float32)


def heard(samples: npt.NDArray[np.float32], hertz: float, start: float, end: float) -> float:
    """How loud a tone is between two times, in dB."""
    part = samples[round(start * 48_000) : round(end * 48_000)].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) / len(part)
    near = np.abs(np.fft.rfftfreq(len(part), 1 / 48_000) - hertz) < 20
    return 20 * float(np.log10(np.sqrt((spectrum[near] ** 2).sum()) + 1e-9))


def laid(folder: Path, given: Music, film: npt.NDArray[np.float32], frames: int) -> npt.NDArray[np.float32]:
    pcm = folder / "pcm"
    np.repeat(film[:, None], 2, axis=1).astype(np.float32).tofile(pcm)
    music.lay(pcm, given, frames, TARGET)
    mixed: npt.NDArray[np.float32] = np.fromfile(pcm, np.float32).reshape(-1, 2)[:, 0]
    return mixed


def ebur128(samples: npt.NDArray[np.float32]) -> float:
    """What libavfilter's meter says of stereo samples, in LUFS."""
    graph = Graph()
    source = graph.add_abuffer(format="flt", sample_rate=48_000, layout="stereo", time_base=None)
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout="stereo")
    frame.sample_rate, frame.pts = 48_000, 0
    graph.push(frame)
    graph.push(None)
    found = -99.0
    while True:
        try:
            found = float(graph.pull().metadata["lavfi.r128.I"])
        except (EOFError, BlockingIOError):
            return found


def spoken(seconds: float, seed: int) -> npt.NDArray[np.float32]:
    """Noise in syllables with pauses, stereo: what speech is to a meter."""
    count = round(seconds * 48_000)
    noise = np.random.default_rng(seed).normal(0, 0.1, (count, 2))
    noise[1:] += 0.9 * noise[:-1]
    at = np.arange(count) / 48_000
    return (noise * ((np.sin(9 * at) > 0) & (np.sin(1.1 * at) > -0.5))[:, None]).astype(np.float32)


@pytest.mark.parametrize(
    "samples",
    [
        np.repeat(tone(3, 997, 0.1)[:, None], 2, axis=1),
        np.repeat(tone(3, 60, 0.5)[:, None], 2, axis=1),
        np.stack([tone(5, 4000, 0.3), tone(5, 200, 0.01)], axis=1),
        spoken(12, 1),
        np.concatenate([spoken(4, 2), 0.05 * spoken(8, 3)]),
    ],
    ids=["tone", "low tone", "two sides", "speech", "speech, then nearly nothing"],
)
def test_loudness_is_what_another_meter_measures(samples: npt.NDArray[np.float32]) -> None:
    assert loudness.loudness(iter(np.array_split(samples, 7))) == pytest.approx(ebur128(samples), abs=0.3)


def test_a_full_scale_tone_measures_what_the_recommendation_says() -> None:
    """997 Hz at full scale on one side is -3.01 LUFS."""
    one_side = np.stack([tone(3, 997, 1.0), np.zeros(3 * 48_000, np.float32)], axis=1)
    assert loudness.loudness(iter([one_side])) == pytest.approx(-3.01, abs=0.05)


def test_silence_has_no_loudness_and_is_left_alone(tmp_path: Path) -> None:
    pcm = tmp_path / "pcm"
    np.zeros((48_000, 2), np.float32).tofile(pcm)
    assert loudness.bring(pcm, -14) is None
    assert np.abs(np.fromfile(pcm, np.float32)).max() == 0


def test_a_film_is_brought_to_its_loudness_and_a_silent_one_not_all_the_way(tmp_path: Path) -> None:
    pcm = tmp_path / "pcm"
    samples = spoken(25, 4)
    for factor in (1.0, 0.5):
        (factor * samples).astype(np.float32).tofile(pcm)
        loudness.bring(pcm, -16)
        assert loudness.loudness(loudness.blocks(pcm)) == pytest.approx(-16, abs=0.05)
        assert np.fromfile(pcm, np.float32).shape == (samples.size,)
    (0.02 * samples).astype(np.float32).tofile(pcm)
    change = loudness.bring(pcm, -16)
    assert change is not None
    assert change[1] - change[0] == loudness.MOST


def test_music_has_its_own_level_whatever_its_file_has(tmp_path: Path) -> None:
    silence = np.zeros(4 * 48_000, np.float32)
    found = []
    for level in (0.9, 0.05):
        path = clips.voice(tmp_path / f"{level}.wav", tone(4, MUSIC_HERTZ, level))
        found.append(laid(tmp_path, Music("music", path, -20, 9), silence, 120))
    assert heard(found[0], MUSIC_HERTZ, 1, 2) == pytest.approx(heard(found[1], MUSIC_HERTZ, 1, 2), abs=0.1)
    both = np.repeat(found[0][:, None], 2, axis=1)
    assert loudness.loudness(iter([both])) == pytest.approx(-20, abs=0.7)


@pytest.mark.parametrize("seconds", [1.3, 2.9, 9.0])
def test_music_of_any_length_lasts_as_long_as_the_film(tmp_path: Path, seconds: float) -> None:
    path = clips.voice(tmp_path / "m.wav", tone(seconds, MUSIC_HERTZ))
    mixed = laid(tmp_path, Music("music", path, -20, 9), np.zeros(6 * 48_000, np.float32), 180)
    assert len(mixed) == 6 * 48_000
    windows = np.sqrt((mixed[14_400:230_400].reshape(-1, 4_800) ** 2).mean(axis=1))
    assert windows.min() > 0.25 * windows.max()  # two waves meet at any angle
    assert np.abs(np.diff(mixed)).max() < 0.02
    assert np.abs(mixed[:40]).max() < 1e-3
    assert np.abs(mixed[-40:]).max() < 1e-3
    assert np.abs(mixed[-48_000:-36_000]).max() > 3 * np.abs(mixed[-6_000:]).max()


def test_music_is_down_before_the_first_word_and_between_words_and_comes_back(tmp_path: Path) -> None:
    film = np.zeros(8 * 48_000, np.float32)
    for start in (3.0, 3.5):
        at = round(start * 48_000)
        film[at : at + 14_400] = tone(0.3, VOICE_HERTZ)
    path = clips.voice(tmp_path / "m.wav", tone(8, MUSIC_HERTZ))
    mixed = laid(tmp_path, Music("music", path, -22, 9), film, 240)
    usual = heard(mixed, MUSIC_HERTZ, 1, 2)
    for start, end in ((3.0, 3.3), (3.3, 3.5), (3.5, 3.8), (3.8, 4.2)):
        assert heard(mixed, MUSIC_HERTZ, start, end) == pytest.approx(usual - 9, abs=0.8)
    assert heard(mixed, MUSIC_HERTZ, 2.2, 2.7) == pytest.approx(usual, abs=0.2)
    assert heard(mixed, MUSIC_HERTZ, 5.2, 6.2) == pytest.approx(usual, abs=0.2)
    assert np.abs(np.diff(mixed - film)).max() < 0.02


@pytest.mark.anyio
async def test_music_plays_in_the_film_and_gives_way_to_a_voice_and_to_a_clip(tmp_path: Path) -> None:
    """Six seconds: a clip that speaks in its second second, and a voice-over in the fifth."""
    said = np.concatenate([np.zeros(48_000, np.float32), tone(0.8, VOICE_HERTZ), np.zeros(57_600, np.float32)])
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4", frames=90, sound=said),
        "b.clip": clips.clip(tmp_path / "b.mp4", frames=90),
        "v": clips.voice(tmp_path / "v.wav", tone(0.8, VOICE_HERTZ)),
        "music": clips.voice(tmp_path / "m.wav", tone(7, MUSIC_HERTZ)),
    }
    given = {"audio": filming.ref("music", "audio"), "level": "-22", "duck": "9"}
    step = filming.film_step([("a", 90, 0), ("b", 90, 0)], voices=[("v", 120, 30)], music=given, loudness="-16")
    notes: list[str] = []
    film = await filming.made_by(FilmHandler("draft"), step, filming.workspace(tmp_path / "out", files, notes.append))
    wave = clips.waveform(film)
    usual = heard(wave, MUSIC_HERTZ, 2.9, 3.6)
    assert usual > -45
    for start in (1.0, 4.0):
        assert heard(wave, MUSIC_HERTZ, start + 0.1, start + 0.7) == pytest.approx(usual - 9, abs=1)
        assert heard(wave, VOICE_HERTZ, start + 0.1, start + 0.7) > usual
    both = np.repeat(wave[:, None], 2, axis=1)
    assert loudness.loudness(iter([both])) == pytest.approx(-16, abs=1)
    assert any(note.startswith("music at -22 LUFS, 9 dB lower for ") for note in notes)
    assert any(note.startswith("sound brought from ") and note.endswith(" to -16.0 LUFS") for note in notes)


@pytest.mark.anyio
async def test_silent_music_is_told_and_broken_music_refused(tmp_path: Path) -> None:
    files = {
        "a.clip": clips.clip(tmp_path / "a.mp4"),
        "quiet": clips.voice(tmp_path / "q.wav", np.zeros(48_000, np.float32)),
        "broken": tmp_path / "broken.mp3",
    }
    files["broken"].write_bytes(b"not sound")
    steps = {
        name: filming.film_step(
            [("a", 30, 0)], music={"audio": filming.ref(name, "audio"), "level": "-22", "duck": "9"}
        )
        for name in ("quiet", "broken")
    }
    notes: list[str] = []
    place = filming.workspace(tmp_path / "out", files, notes.append)
    await filming.made_by(FilmHandler("draft"), steps["quiet"], place)
    assert "quiet is silent" in notes
    with pytest.raises(MediaError, match=r"The sound of broken cannot be decoded"):
        await FilmHandler("draft").run(steps["broken"], filming.workspace(tmp_path / "other", files))
