"""ffmpeg's arguments for a film, built as a graph and never run here: values in, a list of strings out.

Picture and sound are encoded once, in one pass. Every piece is brought to the film's rate, size, pixel shape, colours
and time base before it is joined, because joining unlike pieces succeeds and gives a broken film. Paths appear only
behind `-i file:`, so no character in a name can mean anything to a filter.

A cross-fade is counted in half frames: its first frame then shows as little of what comes as its last shows of what
was, where counting in whole frames would begin with a frame that does not fade at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeAlias

import ffmpeg

from adc.runtime.media.film import ClipPiece, Fade, Overlay, Piece, StillPiece, Target, runs, starts

Quality: TypeAlias = Literal["draft", "final"]

LIMIT = 0.85
"""Highest sample that goes to the AAC encoder, 1.4 dB below full scale: its decoders overshoot by about that."""

BLUR = 8
"""How many times smaller the blurred picture behind another is made: most of its blur, and most of the speed."""

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


def encoded(
    pieces: Sequence[Piece], overlays: Sequence[Overlay], sound: Path, target: Target, quality: Quality, threads: int
) -> list[str]:
    """Arguments that bring every piece to measure, join them and encode the picture with `sound` (raw PCM)."""
    settings = SETTINGS[quality]
    streams = [
        _clip(place, piece, target, settings)
        if isinstance(piece, ClipPiece)
        else _still(place, piece, target, settings)
        for place, piece in enumerate(pieces)
    ]
    picture = _over(_joined(streams, pieces, target), overlays, target)
    cuts = starts(pieces)[1:-1]
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


def _joined(streams: Sequence[Any], pieces: Sequence[Piece], target: Target) -> Any:
    """The pieces in a row: those of a run cut together, and each run cross-faded into what is before it.

    Only the frames of a fade go through xfade, which works in full colour: all others stay as they are.
    """
    parts: list[Any] = []
    ending: Any = None
    faded = [pieces[run.start].segment.fade if run.start else None for run in runs(pieces)]
    for run, fade, following in zip(runs(pieces), faded, [*faded[1:], None], strict=True):
        joined = _in_a_row(streams[run.start : run.stop])
        frames = sum(pieces[index].segment.frames for index in run)
        borders = [0, fade.frames if fade else 0, frames - (following.frames if following else 0), frames]
        beginning, middle, end = _parted(joined, borders, target)
        if fade is not None:
            parts.append(_faded(ending, beginning, fade, target))
        parts += [] if middle is None else [middle]
        ending = end
    return _in_a_row(parts)


def _in_a_row(streams: Sequence[Any]) -> Any:
    return ffmpeg.concat(*streams, v=1, a=0) if len(streams) > 1 else streams[0]


def _parted(stream: Any, borders: Sequence[int], target: Target) -> list[Any]:
    """The frames between each two borders as streams of their own; None where there are none between."""
    spans = list(pairwise(borders))
    wanted = [span for span in spans if span[0] < span[1]]
    if len(wanted) == 1:
        return [stream if span in wanted else None for span in spans]
    copies = stream.split()
    parts = {
        (first, until): copies[number]
        .filter("trim", start_frame=first, end_frame=until)
        .filter("settb", f"1/{target.rate}")
        .filter("setpts", "N")
        for number, (first, until) in enumerate(wanted)
    }
    return [parts.get(span) for span in spans]


def _faded(before: Any, after: Any, fade: Fade, target: Target) -> Any:
    """Two streams of the fade's frames as one. The rate has to be said to be even, which only `fps` says."""
    half = Fraction(1, 2 * target.rate)
    both = [
        stream.filter("format", pix_fmts="yuv444p")
        .filter("fps", fps=target.rate, start_time=0)
        .filter("settb", f"1/{2 * target.rate}")
        for stream in (before, after)
    ]
    return (
        ffmpeg.filter(
            both, "xfade", transition=fade.kind, duration=_seconds(2 * half * fade.frames), offset=_seconds(-half)
        )
        .filter("format", pix_fmts="yuv420p")
        .filter("settb", f"1/{target.rate}")
        .filter("setpts", "N")
    )


def _over(picture: Any, overlays: Sequence[Overlay], target: Target) -> Any:
    """The picture with each overlay on exactly its frames."""
    for overlay in overlays:
        layer = ffmpeg.input(f"file:{overlay.path}", f="image2", pattern_type="none", framerate=target.rate, threads=1)[
            "v:0"
        ]
        layer = (
            layer.filter("scale", flags="accurate_rnd+full_chroma_int", out_color_matrix="bt709", out_range="tv")
            .filter("format", pix_fmts="yuva420p")
            .filter("settb", f"1/{target.rate}")
        )
        half = Fraction(1, 2)  # between two frames, where rounding cannot reach
        first, until = (_seconds((frame - half) / target.rate) for frame in (overlay.at, overlay.at + overlay.frames))
        picture = ffmpeg.overlay(
            picture, layer, x=overlay.x, y=overlay.y, format="yuv420", enable=f"between(t,{first},{until})"
        )
    return picture


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"


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
    if piece.fit.width >= target.width and piece.fit.height >= target.height:
        stream = stream.filter("crop", w=target.width, h=target.height)
    else:
        stream = _before_blur(stream, piece, target)
    tags = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709", "range": "tv"}
    stream = stream.filter("setsar", sar=1).filter("setparams", **tags)
    return stream.filter("settb", f"1/{target.rate}").filter("setpts", "N")


def _before_blur(stream: Any, piece: Piece, target: Target) -> Any:
    """The whole picture in the middle of the frame; what it leaves empty is filled with its own middle, blurred."""
    width = min(piece.fit.width, round(piece.fit.height * target.width / target.height))
    height = min(piece.fit.height, round(piece.fit.width * target.height / target.width))
    copies = stream.split()
    behind = (
        copies[0]
        .filter("crop", w=width, h=height)
        .filter("scale", w=max(target.width // BLUR, 16), h=max(target.height // BLUR, 16), flags="area")
        .filter("gblur", sigma=min(target.width, target.height) / BLUR / 12)
        .filter("scale", w=target.width, h=target.height, flags="bicubic")
    )
    return ffmpeg.overlay(behind, copies[1], x="(W-w)/2", y="(H-h)/2", format="yuv420")


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
