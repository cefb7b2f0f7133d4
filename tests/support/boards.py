"""Pictures to draft from, and eyes and ears for what was drafted."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Samples = NDArray[np.float32]


def portrait(path: Path, size: tuple[int, int] = (640, 800)) -> Path:
    """A simple face before a light wall."""
    picture = Image.new("RGB", size, (222, 205, 186))
    pen = ImageDraw.Draw(picture)
    wide, high = size
    pen.ellipse((0.22 * wide, 0.14 * high, 0.78 * wide, 0.72 * high), fill=(74, 44, 32))
    pen.rectangle((0.22 * wide, 0.42 * high, 0.78 * wide, 0.86 * high), fill=(74, 44, 32))
    pen.polygon([(0, high), (0.2 * wide, 0.8 * high), (0.8 * wide, 0.8 * high), (wide, high)], fill=(240, 230, 214))
    pen.ellipse((0.3 * wide, 0.2 * high, 0.7 * wide, 0.7 * high), fill=(232, 180, 148))
    for x in (0.41, 0.59):
        pen.ellipse(((x - 0.02) * wide, 0.43 * high, (x + 0.02) * wide, 0.46 * high), fill=(60, 40, 30))
    pen.arc((0.41 * wide, 0.5 * high, 0.59 * wide, 0.62 * high), 20, 160, fill=(170, 70, 70), width=9)
    picture.filter(ImageFilter.GaussianBlur(1)).save(path, compress_level=1)
    return path


def bottle(path: Path) -> Path:
    """An amber bottle on white."""
    picture = Image.new("RGB", (512, 512), (246, 243, 238))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((180, 190, 332, 460), 22, fill=(190, 110, 30))
    pen.rectangle((220, 120, 292, 196), fill=(40, 34, 30))
    pen.rectangle((192, 270, 320, 400), fill=(250, 248, 244))
    picture.save(path, compress_level=1)
    return path


@dataclass(frozen=True, slots=True)
class Watched:
    """A decoded clip: RGB frames as arrays, rate, seconds of picture, and sound as mono samples with its facts."""

    frames: list[NDArray[np.uint8]]
    rate: float
    pixel_format: str
    sound: Samples
    sound_rate: int
    channels: int


def watch(path: Path) -> Watched:
    """Decode the whole clip."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        rate, pixel_format = float(video.average_rate or 0), str(video.codec_context.pix_fmt)
        frames = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]
    sound, sound_rate, channels = listen(path)
    return Watched(frames, rate, pixel_format, sound, sound_rate, channels)


def listen(path: Path) -> tuple[Samples, int, int]:
    """Mono samples from -1 to 1, their rate, and how many channels there were; nothing where there is no sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros(0, np.float32), 0, 0
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=stream.rate)
        parts = [
            np.asarray(out.to_ndarray(), np.float32).reshape(-1)
            for frame in container.decode(audio=0)
            for out in resampler.resample(frame)
        ]
        return np.concatenate(parts), stream.rate, stream.channels


def onset(samples: Samples, rate: int) -> float:
    """Seconds until the sound is heard: the first 5 ms whose level is a tenth of the loudest."""
    step = rate // 200
    count = len(samples) // step
    level = np.sqrt((samples[: count * step].reshape(count, step) ** 2).mean(axis=1))
    return float(np.argmax(level > 0.1 * level.max())) * step / rate


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean difference of two pictures in levels of 255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
