"""Whether a file is the media it should be, found out by decoding it.

A download can end early, an error page can come with status 200, a header can promise ten seconds and hold two.
So a bought file counts only after its first and last pictures, or all of its sound, have been decoded and its end
lies where its header says. What a file is follows from its first bytes, never from a name or a server's word; only
containers that models deliver are opened, so a playlist posing as a film cannot make libav open other files.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from PIL import Image

from adc.compiler.catalogue import Makes
from adc.runtime.errors import MediaError
from adc.runtime.media.pictures import UNREADABLE

SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
}
"""The media types that are recognised, with the suffix a file of each is given."""

_DEMUXERS = {
    "video/mp4": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
}

_END_SLACK = Fraction(1, 2)
"""Seconds by which the last picture may end before the declared end; sound often outlasts the picture a little."""

_LAST_SECONDS = (2, 8)
"""How far before the end decoding starts; wider when that gave no picture, and in the end from the start."""


def media_type_of(path: Path) -> str | None:
    """The media type by the file's first bytes, or None for bytes that are none of `SUFFIXES`."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    if head[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(head[8:12])
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/mpeg"
    for magic, media_type in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
        (b"ID3", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
    ):
        if head.startswith(magic):
            return media_type
    return None


def check_media(path: Path, kind: Makes) -> str:
    """The media type of a file that decodes as that kind. Raises MediaError, whose sentence names the file only."""
    media_type = media_type_of(path)
    if media_type is None:
        raise MediaError(f"{path.name} holds no media that adc knows: {path.stat().st_size} bytes")
    if kind == "audio" and media_type == "video/mp4":
        media_type = "audio/mp4"  # the container is the same, and some writers brand sound as film
    if not media_type.startswith(kind + "/"):
        raise MediaError(f"{path.name} should be {kind} and is {media_type}")
    try:
        if kind == "image":
            with Image.open(path) as image:
                image.load()
        else:
            with av.open(path, format=_DEMUXERS[media_type]) as container:
                (_decode_film if kind == "video" else _decode_sound)(path, container)
    except (FFmpegError, *UNREADABLE) as error:
        raise MediaError(f"{path.name} does not decode as {media_type}") from error
    return media_type


def _decode_film(path: Path, container: InputContainer) -> None:
    if not container.streams.video:
        raise MediaError(f"{path.name} has no picture")
    stream = container.streams.video[0]
    if next(container.decode(stream), None) is None:
        raise MediaError(f"{path.name} has no frame")
    end = _last_end(container, stream)
    if end is None:
        raise MediaError(f"{path.name} has no last frame")
    declared = _declared_end(container, stream)
    if declared is not None and end < declared - _END_SLACK:
        raise MediaError(f"{path.name} ends at {float(end):.2f} s and should last {float(declared):.2f} s")


def _last_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """When the last frame that decodes has been shown, in seconds of the stream."""
    declared = _declared_end(container, stream)
    starts = [declared - seconds for seconds in _LAST_SECONDS if declared is not None and declared > seconds]
    for start in [*starts, Fraction(0)]:
        container.seek(int(start / _base(stream)), stream=stream)
        ends = list(_ends(container, stream))
        if ends:
            return max(ends)
    return None


def _ends(container: InputContainer, stream: VideoStream) -> Iterator[Fraction]:
    rate = stream.average_rate or Fraction(25)
    for frame in container.decode(stream):
        if frame.pts is not None:
            yield frame.pts * _base(stream) + 1 / Fraction(rate)


def _declared_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration:
        return (stream.start_time or 0) * _base(stream) + stream.duration * _base(stream)
    if container.duration and not container.streams.audio:  # the sound may be the longer one
        return Fraction(container.duration, av.time_base)
    return None


def _base(stream: VideoStream | AudioStream) -> Fraction:
    assert stream.time_base is not None, "libav gives every demuxed stream a time base"
    return stream.time_base


def _decode_sound(path: Path, container: InputContainer) -> None:
    if not container.streams.audio:
        raise MediaError(f"{path.name} has no sound")
    stream = container.streams.audio[0]
    seconds = sum((Fraction(frame.samples, frame.sample_rate) for frame in container.decode(stream)), Fraction(0))
    if not seconds:
        raise MediaError(f"{path.name} has no sample of sound")
    if _is_short_wave(path):
        raise MediaError(f"{path.name} is shorter than it says")
    declared = stream.duration * _base(stream) if stream.duration else seconds
    if seconds < declared - _END_SLACK:
        raise MediaError(f"{path.name} ends at {float(seconds):.2f} s and should last {float(declared):.2f} s")


def _is_short_wave(path: Path) -> bool:
    """Whether a WAV lacks bytes that its header counts; libav shortens the declared length to what is there."""
    with path.open("rb") as file:
        head = file.read(8)
    counted = int.from_bytes(head[4:8], "little")
    streamed = counted in (0, 0xFFFFFFFF)  # written without knowing the end
    return head[:4] == b"RIFF" and not streamed and counted + 8 > path.stat().st_size + 1  # a pad byte may be left out
