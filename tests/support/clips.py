"""Small real clips for tests: every frame carries its number as a row of black and white bars, every beep its time.

A film made of such clips can be decoded and read back: which source frame stands where, and when each beep begins.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

BARS = 10
BEEP_HERTZ = 1000
BEEP_SECONDS = 0.08


def barcode(number: int, width: int = 160, height: int = 284, tint: int = 0) -> npt.NDArray[np.uint8]:
    """An RGB picture that shows `number` in its lower half, and a square that moves by 3 pixels a frame above."""
    picture = np.full((height, width, 3), (40 + tint, 80, 160 - tint), np.uint8)
    bar = width / (BARS + 2)
    for place in range(BARS):
        level = 235 if number >> place & 1 else 20
        left, right = round((place + 1) * bar), round((place + 2) * bar)
        picture[height // 2 : height * 7 // 8, left:right] = level
    side = width // 6
    left = number * 3 % (width - side)
    picture[height // 8 : height // 8 + side, left : left + side] = (230, 200, 40)
    return picture


def number_of(picture: npt.NDArray[np.uint8]) -> int:
    """The number that a picture shows, wherever it was scaled to."""
    height, width = picture.shape[:2]
    row = picture[height * 5 // 8 : height * 3 // 4].mean(axis=(0, 2))
    bar = width / (BARS + 2)
    levels = (row[round((place + 1.3) * bar) : round((place + 1.7) * bar)].mean() for place in range(BARS))
    return sum(1 << place for place, level in enumerate(levels) if level > 128)


def beeps(at: Sequence[float], seconds: float, rate: int = 48_000) -> npt.NDArray[np.float32]:
    """Mono sound with a beep at each time."""
    sound = np.zeros(round(seconds * rate), np.float32)
    tone = 0.5 * np.sin(2 * np.pi * BEEP_HERTZ * np.arange(round(BEEP_SECONDS * rate)) / rate)
    for start in at:
        place = round(start * rate)
        piece = tone[: max(len(sound) - place, 0)]
        sound[place : place + len(piece)] += piece.astype(np.float32)
    return sound


def clip(
    path: Path,
    *,
    frames: int = 30,
    rate: int = 30,
    size: tuple[int, int] = (160, 284),
    first: int = 0,
    sound: npt.NDArray[np.float32] | None = None,
    sound_rate: int = 48_000,
    layout: str = "stereo",
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    times: Sequence[int] | None = None,
    tint: int = 0,
    tagged: bool = True,
) -> Path:
    """Write a clip of numbered frames. `sound` is mono samples; `times` are the frames' times in thousandths.

    The container follows the name: mp4, mkv, ts, webm.
    """
    settings = {"preset": "ultrafast", "crf": "20"} if codec in ("libx264", "libx265") else {}
    if codec == "libx265":
        settings["x265-params"] = "log-level=none"
    settings |= options or {}
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=rate, options=settings)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = size[0], size[1], pixel_format
        context = video.codec_context
        if tagged:
            context.color_primaries, context.color_trc, context.colorspace, context.color_range = 1, 1, 1, 1
        base = Fraction(1, 1000) if times is not None else Fraction(1, rate)
        context.time_base = base
        audio: AudioStream | None = None
        if sound is not None:
            name = "libopus" if path.suffix == ".webm" else "aac"
            made = container.add_stream(name, rate=sound_rate, layout=layout)
            assert isinstance(made, AudioStream)
            audio = made
        for index in range(frames):
            picture = barcode(first + index, *size, tint)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format=pixel_format, dst_colorspace="ITU709")
            frame.pts = times[index] if times is not None else index
            frame.time_base = base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            channels = 1 if layout == "mono" else 2
            block = np.repeat(sound[None, :], channels, axis=0)
            whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=layout)
            whole.sample_rate, whole.pts = sound_rate, 0
            whole.time_base = Fraction(1, sound_rate)
            container.mux(audio.encode(whole))
            container.mux(audio.encode(None))
    return path


def voice(path: Path, sound: npt.NDArray[np.float32], rate: int = 48_000) -> Path:
    """Write mono sound as a WAV file."""
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout="mono")
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame.from_ndarray((sound[None, :] * 32767).astype(np.int16), format="s16", layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbers(path: Path) -> list[int]:
    """The numbers that a film's frames show, in the order of the screen."""
    return [number_of(picture) for picture in pictures(path)]


def pictures(path: Path) -> list[npt.NDArray[np.uint8]]:
    """A film's frames as RGB pictures."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


def waveform(path: Path) -> npt.NDArray[np.float32]:
    """The left channel of a film's sound at 48 kHz."""
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)
    with av.open(str(path)) as container:
        blocks = [piece.to_ndarray()[0] for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
    blocks += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(blocks).astype(np.float32)


def onsets(sound: npt.NDArray[np.float32], floor: float = 0.15) -> list[float]:
    """Seconds at which beeps begin: the first loud sample after 40 ms of quiet."""
    loud = np.flatnonzero(np.abs(sound) > floor)
    starts = loud[np.concatenate(([True], np.diff(loud) > 0.04 * 48_000))] if len(loud) else loud
    return [float(start) / 48_000 for start in starts]
