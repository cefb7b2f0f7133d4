"""Looks at a film by decoding it: frames, sound, and where speech begins."""

import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from adc.runtime.media import tools


@dataclass(frozen=True, slots=True)
class Film:
    """A decoded film. `frames` are small grey pictures, `sound` is mono at `SAMPLES` a second."""

    width: int
    height: int
    rate: Fraction
    codecs: tuple[str, str]
    pixels: str
    channels: int
    samples_a_second: int
    frames: npt.NDArray[np.float32]
    sound: npt.NDArray[np.float32]

    def difference(self, one: int, other: int) -> float:
        """Mean absolute difference of two frames, in levels of 255."""
        return float(np.abs(self.frames[one] - self.frames[other]).mean())

    def onset(self, frame: int, frames: int, rate: int) -> float | None:
        """Seconds from the start of `frame` until sound begins within the next `frames`; None for silence."""
        start, end = (number * self.samples_a_second // rate for number in (frame, frame + frames))
        loud = np.flatnonzero(np.abs(self.sound[start:end]) > 0.02)
        return float(loud[0]) / self.samples_a_second if loud.size else None


def decode(path: Path, *, short_side: int = 96) -> Film:
    """Decode a whole film."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        codec, sound_codec = video.codec_context, audio.codec_context
        scale = short_side / min(codec.width, codec.height)
        width, height = round(codec.width * scale), round(codec.height * scale)
        pictures: list[npt.NDArray[np.float32]] = []
        samples: list[npt.NDArray[np.float32]] = []
        for packet in container.demux(video, audio):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    grey = frame.reformat(width=width, height=height, format="gray")
                    pictures.append(grey.to_ndarray().astype(np.float32))
                elif isinstance(frame, av.AudioFrame):
                    samples.append(frame.to_ndarray().astype(np.float32).mean(axis=0))
        assert video.average_rate is not None
        return Film(
            codec.width,
            codec.height,
            video.average_rate,
            (codec.name, sound_codec.name),
            str(codec.pix_fmt),
            sound_codec.channels,
            sound_codec.sample_rate,
            np.stack(pictures),
            np.concatenate(samples),
        )


def loudness(path: Path) -> float:
    """The integrated loudness of a film in LUFS, as ffmpeg's own meter has it."""
    words = ["-hide_banner", "-nostats", "-i", str(path), "-af", "ebur128=framelog=quiet", "-f", "null", "-"]
    said = subprocess.run([tools.ffmpeg().path, *words], capture_output=True, text=True, check=True).stderr
    (found,) = re.findall(r"I: +(-?[0-9.]+) LUFS", said)
    return float(found)
