"""Single frames out of a clip, exactly: its last one, and a few in a row for a look at a join.

The last frame of a clip is the first picture of the one that continues it, so it must be the very last that a viewer
sees: the highest time stamp of the *video* stream, which is not the last frame in the file and not at the end of a
longer sound. Where a clip is longer than its scene, it is the last frame before the cut, by the rounding of the
film's own `fps` filter. Seeking lands before the end or fails by container, so the search widens until it has found
frames.

A frame that leaves as RGB and comes back as video must not shift in colour, so matrix and range are always named.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream
from PIL import Image

from adc.runtime.errors import MediaError

WIDEN: tuple[int | None, ...] = (0, 2, 8, None)
"""Seconds before the end from which the last frame is looked for, in turn; None is the start of the clip."""

_EXACT = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT


def matrix(number: int, width: int, height: int) -> str:
    """The colour matrix that H.273 `number` means; untagged video is bt709 from 720 lines on, as players take it."""
    if number in (1, 9, 5, 6):
        return {1: "bt709", 9: "bt2020", 5: "bt470bg", 6: "smpte170m"}[number]
    return "bt709" if min(width, height) >= 576 or max(width, height) >= 1280 else "smpte170m"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a film shows of a clip: `frames` of its own at `rate` a second, after `skip` of the clip's frames."""

    frames: int
    rate: int
    skip: int


def last(path: Path, name: str, shown: Shown | None = None) -> Image.Image:
    """The last frame that a viewer sees of the clip, whole or as far as it is shown.

    Raises MediaError when the clip has none that can be decoded.
    """
    try:
        with av.open(f"file:{path}") as container:
            if not container.streams.video:
                raise MediaError(f"{name} has no picture.")
            stream = container.streams.video[0]
            limit = _limit(container, stream, shown) if shown else None
            for back in WIDEN:
                _seek_before_end(container, stream, back, limit)
                newest = _newest(container, stream, limit)
                if newest is not None:
                    return picture(newest)
    except FFmpegError as error:
        raise MediaError(f"{name} cannot be decoded: {error.strerror}.") from error
    raise MediaError(f"{name} has no frame that can be decoded.")


def run_of(path: Path, first: int, count: int, rate: int, name: str, *, width: int) -> list[Image.Image]:
    """`count` frames in a row of a film of constant `rate`, from number `first`, scaled to `width` pixels.

    Raises MediaError when the film does not have them.
    """
    found: list[Image.Image] = []
    try:
        with av.open(f"file:{path}") as container:
            stream = container.streams.video[0]
            base = stream.time_base or Fraction(1, rate)
            container.seek(int(Fraction(first, rate) / base), stream=stream)
            for frame in container.decode(stream):
                number = round((frame.pts or 0) * base * rate)
                if number >= first:
                    found.append(picture(frame, width))
                if number >= first + count - 1:
                    break
    except (FFmpegError, IndexError) as error:
        raise MediaError(f"{name} cannot be decoded.") from error
    if len(found) != count:
        raise MediaError(f"{name} lacks frames from number {first} on.")
    return found


def picture(frame: VideoFrame, width: int | None = None) -> Image.Image:
    """The frame as an upright RGB picture, `width` pixels wide or as large as it is."""
    width = width or frame.width
    plain = frame.reformat(
        width=width,
        height=round(frame.height * width / frame.width),
        format="rgb24",
        src_colorspace=_matrix_name(matrix(int(frame.colorspace), frame.width, frame.height)),
        src_color_range="JPEG" if int(frame.color_range) == 2 or frame.format.name.startswith("yuvj") else "MPEG",
        dst_color_range="JPEG",
        interpolation=int(_EXACT),
    )
    image: Image.Image = Image.fromarray(plain.to_ndarray())
    return image.rotate(frame.rotation, expand=True) if frame.rotation % 360 else image


def _matrix_name(name: str) -> str:
    return {"bt709": "ITU709", "bt2020": "BT2020", "bt470bg": "ITU601", "smpte170m": "ITU601"}[name]


def _limit(container: InputContainer, stream: VideoStream, shown: Shown) -> int | None:
    """The time stamp from which on frames are cut off: the film rounds each to the nearest of its own, halves up."""
    kept = next(islice(container.decode(stream), shown.skip, None), None)
    if kept is None or kept.pts is None:
        return None
    base = stream.time_base or Fraction(1, 90_000)
    return kept.pts + ceil((shown.frames - Fraction(1, 2)) / shown.rate / base)


def _seek_before_end(container: InputContainer, stream: VideoStream, back: int | None, limit: int | None) -> None:
    base = stream.time_base or Fraction(1, 90_000)
    start = stream.start_time or 0
    end: int | None = None
    if stream.duration:
        end = start + stream.duration
    elif container.duration:
        end = start + int(Fraction(container.duration, av.time_base) / base)
    if limit is not None:
        end = min(end, limit) if end is not None else limit
    if back is None or end is None:
        container.seek(start, stream=stream)
    else:
        container.seek(max(end - int(back / base), start), stream=stream)


def _newest(container: InputContainer, stream: VideoStream, limit: int | None) -> VideoFrame | None:
    newest: VideoFrame | None = None
    for frame in container.decode(stream):
        if limit is not None and frame.pts is not None and frame.pts >= limit:
            break
        if newest is None or newest.pts is None or (frame.pts is not None and frame.pts >= newest.pts):
            newest = frame
    return newest
