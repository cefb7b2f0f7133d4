"""ffmpeg's arguments for a film, built as a graph and never run here: values in, a list of strings out.

Picture and sound are encoded once, in one pass. Every piece is brought to the film's rate, size, pixel shape, colours
and time base before it is joined, because joining unlike pieces succeeds and gives a broken film. Paths appear only
behind `-i file:`, so no character in a name can mean anything to a filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, TypeAlias

import ffmpeg

from adc.runtime.media.film import ClipPiece, Piece, StillPiece, Target

Quality: TypeAlias = Literal["draft", "final"]

LIMIT = 0.85
"""Highest sample that goes to the AAC encoder, 1.4 dB below full scale: its decoders overshoot by about that."""

_BITEXACT = {"fflags": "+bitexact", "flags:v": "+bitexact", "flags:a": "+bitexact", "map_metadata": -1}
_COLOURS = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709", "color_range": "tv"}


@dataclass(frozen=True, slots=True)
class Settings:
    """How much work goes into the picture: swscale's flags, x264's preset and its quality (lower is finer)."""

    scaling: str
    preset: str
    crf: int
    sound: str


SETTINGS: dict[Quality, Settings] = {
    "draft": Settings("fast_bilinear", "ultrafast", 26, "160k"),
    "final": Settings("lanczos+accurate_rnd+full_chroma_int", "veryfast", 18, "192k"),
}


def encoded(pieces: Sequence[Piece], sound: Path, target: Target, quality: Quality, threads: int) -> list[str]:
    """Arguments that bring every piece to measure, join them and encode the picture with `sound` (raw PCM)."""
    settings = SETTINGS[quality]
    streams = [
        _clip(place, piece, target, settings)
        if isinstance(piece, ClipPiece)
        else _still(place, piece, target, settings)
        for place, piece in enumerate(pieces)
    ]
    picture = ffmpeg.concat(*streams, v=1, a=0) if len(streams) > 1 else streams[0]
    cuts = accumulate(piece.segment.frames for piece in pieces[:-1])
    options: dict[str, Any] = {
        "vcodec": "libx264",
        "preset": settings.preset,
        "crf": settings.crf,
        "g": 2 * target.rate,
        "threads:v": threads,
        "r": target.rate,
        **_COLOURS,
    }
    keys = ",".join(f"{frame * 1_000_000 // target.rate / 1_000_000:.6f}" for frame in cuts)
    if keys:
        options["force_key_frames"] = keys
    return _arguments(picture, sound, settings, options)


def copied(listing: Path, sound: Path, quality: Quality) -> list[str]:
    """Arguments that copy the picture of the clips in `listing` and encode `sound` with it."""
    picture = ffmpeg.input(f"file:{listing}", f="concat", safe=0)["v"]
    return _arguments(picture, sound, SETTINGS[quality], {"vcodec": "copy"})


def listing(pieces: Sequence[Piece], rate: int) -> str:
    """The text of the list file for `copied`: each clip with its exact time."""
    lines = ["ffconcat version 1.0"]
    for piece in pieces:
        quoted = f"file:{piece.segment.path}".replace("'", r"'\''")
        lines += [f"file '{quoted}'", f"duration {Fraction(piece.segment.frames, rate) * 1_000_000 // 1}us"]
    return "\n".join(lines) + "\n"


def _input(place: int, piece: Piece, **options: object) -> Any:
    """The picture of one file. A file that is shown twice is opened twice: sharing it would hold a scene in memory.

    ffmpeg-python takes equal inputs for one, so each gets a length of its queue that no other has.
    """
    return ffmpeg.input(f"file:{piece.segment.path}", threads=1, thread_queue_size=8 + place, **options)["v:0"]


def _clip(place: int, piece: ClipPiece, target: Target, settings: Settings) -> Any:
    frames = piece.segment.frames
    # Times stay in the clip's own unit: in microseconds, every second frame of 60 among 30 falls just before or just
    # after the middle between two frames of the film, and the motion judders.
    stream = _input(place, piece)
    if piece.segment.skip:
        stream = stream.filter("trim", start_frame=piece.segment.skip)
    slower = f"*{float(piece.stretch):.9f}" if piece.stretch != 1 else ""
    stream = stream.filter("setpts", f"(PTS-STARTPTS){slower}").filter("fps", fps=target.rate, start_time=0)
    # The clip was measured before; two more frames only make up for rounding at its end.
    stream = stream.filter("tpad", stop_mode="clone", stop=2).filter("trim", end_frame=frames)
    levels = {"in_color_matrix": piece.matrix, "in_range": "pc" if piece.full_range else "tv"}
    return _frame(stream, piece, target, settings, levels)


def _still(place: int, piece: StillPiece, target: Target, settings: Settings) -> Any:
    stream = _input(place, piece, f="image2", pattern_type="none", framerate=target.rate)
    stream = _frame(stream, piece, target, settings, {})
    return (
        stream.filter("loop", loop=piece.segment.frames - 1, size=1)
        .filter("settb", f"1/{target.rate}")
        .filter("setpts", "N")
    )


def _frame(stream: Any, piece: Piece, target: Target, settings: Settings, levels: dict[str, str]) -> Any:
    stream = stream.filter(
        "scale",
        w=piece.fit.width,
        h=piece.fit.height,
        flags=settings.scaling,
        out_color_matrix="bt709",
        out_range="tv",
        **levels,
    ).filter("format", pix_fmts="yuv420p")
    if piece.fit.width > target.width or piece.fit.height > target.height:
        stream = stream.filter("crop", w=target.width, h=target.height)
    elif (piece.fit.width, piece.fit.height) != (target.width, target.height):
        stream = stream.filter("pad", w=target.width, h=target.height, x="(ow-iw)/2", y="(oh-ih)/2")
    tags = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709", "range": "tv"}
    stream = stream.filter("setsar", sar=1).filter("setparams", **tags)
    return stream.filter("settb", f"1/{target.rate}").filter("setpts", "N")


def _arguments(picture: Any, sound: Path, settings: Settings, options: dict[str, Any]) -> list[str]:
    pcm = ffmpeg.input(f"file:{sound}", f="f32le", ar=48_000, ac=2)["a"]
    level = pcm.filter("alimiter", limit=LIMIT, level=0, latency=1)
    output = ffmpeg.output(
        picture,
        level,
        "-",
        f="mp4",
        movflags="+faststart",
        acodec="aac",
        ar=48_000,
        ac=2,
        **{"b:a": settings.sound, "map_chapters": -1},
        **options,
        **_BITEXACT,
    )
    arguments: list[str] = ffmpeg.get_args(output)
    assert arguments[-1] == "-"  # whoever runs them says where the film goes
    return ["-filter_complex_threads", "1", *arguments[:-1]]
