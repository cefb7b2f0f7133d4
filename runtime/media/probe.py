"""What a file really is: its streams, its exact number of frames and how long they last.

Containers are often wrong about themselves (a duration that counts the longer sound, a rate that is an average), so
the packets of the picture are walked once. That reads the file but decodes one frame only, for the properties that
only a frame has: its rotation and its colours.
"""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from adc.runtime.errors import MediaError


@dataclass(frozen=True, slots=True)
class Picture:
    """The video stream. `first` is when its first frame is shown and `seconds` how long all of them last.

    `width` and `height` are those of the coded picture; `pixel` is the shape of a pixel, `rotation` in degrees.
    `colours` are the primaries, transfer, matrix and range as ITU-T H.273 numbers them.
    """

    codec: str
    setup: str
    width: int
    height: int
    pixel: Fraction
    rotation: int
    pixel_format: str
    colours: tuple[int, int, int, int]
    time_base: Fraction
    frames: int
    first: Fraction
    seconds: Fraction
    even: bool

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        return self.frames / self.seconds

    def before(self, last: Fraction) -> int:
        """How many frames there are before the `last` seconds."""
        return max(round((self.seconds - last) * self.rate), 0)

    @property
    def shown(self) -> tuple[Fraction, int]:
        """Width and height as a viewer sees them: pixels made square, rotation done."""
        wide = self.width * self.pixel
        return (Fraction(self.height), round(wide)) if self.rotation % 180 else (wide, self.height)


@dataclass(frozen=True, slots=True)
class Sound:
    """The first audio stream. `first` is when it begins; `seconds` is how long its packets last."""

    codec: str
    rate: int
    channels: int
    first: Fraction
    seconds: Fraction


@dataclass(frozen=True, slots=True)
class Media:
    """A file's picture and sound; either may be missing."""

    picture: Picture | None
    sound: Sound | None


def probe(path: Path, name: str) -> Media:
    """The streams of the file at `path`. `name` is what people call it.

    Raises MediaError when the file cannot be read as media or a stream in it has nothing in it.
    """
    try:
        with av.open(f"file:{path}") as container:
            return _read(container, name)
    except FFmpegError as error:
        raise MediaError(f"{name} cannot be read as media: {error.strerror}.") from error


def _read(container: InputContainer, name: str) -> Media:
    video = next((stream for stream in container.streams.video if not stream.disposition & 0x400), None)
    audio = next(iter(container.streams.audio), None)
    wanted = [stream for stream in (video, audio) if stream is not None]
    if not wanted:
        raise MediaError(f"{name} has neither picture nor sound.")
    spans: dict[int, list[tuple[int, int]]] = {stream.index: [] for stream in wanted}
    for packet in container.demux(wanted):
        if packet.size and packet.pts is not None and not packet.is_discard:
            spans[packet.stream.index].append((packet.pts, packet.duration or 0))
    for stream in wanted:
        if not spans[stream.index]:
            raise MediaError(f"{name} has a stream of {stream.type} with nothing in it.")
    picture = _picture(container, video, sorted(spans[video.index]), name) if video is not None else None
    sound = None
    if audio is not None:
        base = audio.time_base or Fraction(1, audio.rate)
        packets = spans[audio.index]
        first = min(pts for pts, _ in packets) * base
        last = max(pts + duration for pts, duration in packets) * base
        sound = Sound(audio.codec_context.name, audio.rate, audio.channels, max(first, Fraction(0)), last - first)
    return Media(picture, sound)


def _picture(container: InputContainer, stream: VideoStream, spans: list[tuple[int, int]], name: str) -> Picture:
    base = stream.time_base or Fraction(1, 90_000)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(spans)]
    last = spans[-1][1] or (gaps[-1] if gaps else round(1 / ((stream.average_rate or 25) * base)))
    container.seek(0)
    frame = next(container.decode(stream), None)
    if frame is None:
        raise MediaError(f"{name} has a picture that cannot be decoded.")
    context = stream.codec_context
    return Picture(
        codec=context.name,
        setup=hashlib.sha256(context.extradata or b"").hexdigest(),
        width=frame.width,
        height=frame.height,
        pixel=stream.sample_aspect_ratio or Fraction(1),
        rotation=int(frame.rotation) % 360,
        pixel_format=frame.format.name,
        colours=(
            int(frame.color_primaries),
            int(frame.color_trc),
            int(frame.colorspace),
            int(frame.color_range),
        ),
        time_base=base,
        frames=len(spans),
        first=spans[0][0] * base,
        seconds=(spans[-1][0] - spans[0][0] + last) * base,
        even=max(gaps, default=last) - min(gaps, default=last) <= 1,
    )
