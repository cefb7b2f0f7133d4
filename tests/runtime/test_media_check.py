"""Files that are not what they should be do not pass for it."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from PIL import Image
from support.sim import film, picture, sound

from adc.compiler.catalogue import Makes
from adc.runtime.errors import MediaError
from adc.runtime.media.check import check_media, media_type_of


def encoded(path: Path, codec: str, container: str) -> Path:
    """Half a second of sound in another container."""
    with av.open(path, "w", format=container) as out:
        stream = out.add_stream(codec, rate=48000, layout="mono")
        assert isinstance(stream, AudioStream)
        samples = np.zeros((1, 24000), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 48000
        resampler = av.AudioResampler(stream.format.name, "mono", 48000, frame_size=stream.frame_size or None)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode())
    return path


def test_good_files_pass_and_are_known_by_their_bytes(tmp_path: Path) -> None:
    assert check_media(picture(tmp_path / "a"), "image") == "image/png"
    assert check_media(film(tmp_path / "b"), "video") == "video/mp4"
    assert check_media(sound(tmp_path / "c"), "audio") == "audio/wav"


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")])
def test_other_pictures_pass(tmp_path: Path, form: str, media_type: str) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a", form)
    assert check_media(tmp_path / "a", "image") == media_type


@pytest.mark.parametrize(
    ("codec", "container", "media_type"),
    [
        ("aac", "ipod", "audio/mp4"),
        ("aac", "mp4", "audio/mp4"),
        ("flac", "flac", "audio/flac"),
        ("libmp3lame", "mp3", "audio/mpeg"),
        ("libopus", "ogg", "audio/ogg"),
    ],
)
def test_other_sounds_pass(tmp_path: Path, codec: str, container: str, media_type: str) -> None:
    assert check_media(encoded(tmp_path / "a", codec, container), "audio") == media_type


def test_matroska_passes_for_film(tmp_path: Path) -> None:
    assert check_media(film(tmp_path / "a", container="matroska"), "video") == "video/webm"


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_film_cut_short_does_not_pass(tmp_path: Path, share: float) -> None:
    path = film(tmp_path / "a.mp4", seconds=4)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(MediaError, match=r"^a\.mp4 "):
        check_media(path, "video")


def test_a_film_with_a_hole_at_its_end_does_not_pass(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", seconds=4)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    with pytest.raises(MediaError):
        check_media(path, "video")


def test_sound_cut_short_does_not_pass(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav", seconds=4)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(MediaError, match=r"a\.wav is shorter than it says"):
        check_media(path, "audio")


def test_a_picture_cut_short_does_not_pass(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(MediaError, match=r"a\.png does not decode as image/png"):
        check_media(path, "image")


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
@pytest.mark.parametrize(
    "data", [b"", b"\n", b"<html>", b"#EXTM3U\n/etc/passwd\n", b"\x89PNG\r\n\x1a\n", b"ID3", b"RIFF"]
)
def test_what_is_no_media_does_not_pass(tmp_path: Path, kind: Makes, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(MediaError):
        check_media(tmp_path / "a", kind)


def test_media_of_another_kind_does_not_pass(tmp_path: Path) -> None:
    still = picture(tmp_path / "still")
    with pytest.raises(MediaError, match="still should be video and is image/png"):
        check_media(still, "video")
    speech = encoded(tmp_path / "speech", "aac", "mp4")
    with pytest.raises(MediaError, match="speech has no picture"):
        check_media(speech, "video")


def test_unknown_bytes_have_no_type(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"plain text")
    assert media_type_of(tmp_path / "a") is None
