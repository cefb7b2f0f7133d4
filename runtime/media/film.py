"""How a film is cut together, decided from values alone: what is done to each piece, and whether any is copied.

Every segment keeps exactly its planned frames. A clip rarely has them: models make 24 frames a second, or a little
less than was asked. So each clip is measured first; up to 2 % too short it is slowed over its time, picture and sound
alike, longer it is trimmed, and beyond that it is not the clip that was asked for.

The first frames of a clip that continues another are the frame its predecessor ended on; they are dropped, counted
in frames of the clip, before anything else happens to it.

A cross-fade shows the end of what is before it and the beginning of what comes after it at once, so the film is
shorter by its frames. Pieces that are only cut together are a run; a fade joins two runs, so it may last longer than
a single piece of either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from adc.compiler.units import seconds_text
from adc.runtime.errors import MediaError
from adc.runtime.media.frames import matrix
from adc.runtime.media.probe import Media, Picture

SHORT = Fraction(2, 100)
"""How much of its time a clip may lack and still be slowed to fill it."""

STAYS = Fraction(1, 2)
"""The part of a picture that has to stay when it is cropped to fill the frame; else it stands whole before a blur."""

UNSEEN = Fraction(98, 100)
"""The part that has to stay for a crop to go without a word."""

BT709 = (1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Target:
    """The film's size in pixels and its frames a second."""

    width: int
    height: int
    rate: int


@dataclass(frozen=True, slots=True)
class Fade:
    """A cross-fade of that many frames; `kind` is a name of ffmpeg's xfade."""

    kind: str
    frames: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One scene, card or morph on the timeline. `name` is what people call its file; `skip` counts the clip's frames.

    With a `fade` it begins that many frames before the one before it ends.
    """

    id: str
    name: str
    path: Path
    frames: int
    skip: int = 0
    fade: Fade | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture with transparency that lies over the film at `x`, `y`, for `frames` from frame `at`."""

    path: Path
    x: int
    y: int
    at: int
    frames: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A picture scaled to `width` x `height`, then cropped to the film's size or set before a blur of itself.

    `stays` is the part of the picture that is seen.
    """

    width: int
    height: int
    stays: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class ClipPiece:
    """A clip made to measure. `drop` is the time of the skipped frames; `stretch` is 1 or a little more."""

    segment: Segment
    media: Media
    picture: Picture
    fit: Fit
    drop: Fraction
    stretch: Fraction

    @property
    def matrix(self) -> str:
        """The colour matrix the clip is in."""
        return matrix(self.picture.colours[2], self.picture.width, self.picture.height)

    @property
    def full_range(self) -> bool:
        """Whether its levels run from 0 to 255."""
        return self.picture.colours[3] == 2 or self.picture.pixel_format.startswith("yuvj")


@dataclass(frozen=True, slots=True)
class StillPiece:
    """A picture that stands for its frames."""

    segment: Segment
    fit: Fit


Piece: TypeAlias = ClipPiece | StillPiece


def starts(pieces: Sequence[Piece]) -> list[int]:
    """The frame of the film at which each piece begins, and behind the last of them the film's length in frames."""
    found = [0]
    for piece, following in zip(pieces, (*pieces[1:], None), strict=True):
        fade = following.segment.fade if following is not None else None
        found.append(found[-1] + piece.segment.frames - (fade.frames if fade else 0))
    return found


def runs(pieces: Sequence[Piece]) -> list[range]:
    """The pieces, by their indices, that are only cut together; every run but the first fades in."""
    heads = [0, *(index for index, piece in enumerate(pieces) if index and piece.segment.fade), len(pieces)]
    return [range(first, until) for first, until in pairwise(heads)]


def fit(width: Fraction, height: int, target: Target) -> Fit:
    """How a picture shown at `width` x `height` fills the film's frame. Sides are even, as 4:2:0 colour needs."""
    across, down = target.width / width, Fraction(target.height, height)
    small, large = min(across, down), max(across, down)
    stays = small / large
    scale = large if stays >= STAYS else small
    even = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
    if scale == large:
        return Fit(max(even[0], target.width), max(even[1], target.height), stays)
    return Fit(min(max(even[0], 2), target.width), min(max(even[1], 2), target.height))


def clip_piece(segment: Segment, media: Media, target: Target) -> ClipPiece:
    """What must be done to a clip. Raises MediaError when it has no picture or is too short for its time."""
    picture = media.picture
    if picture is None:
        raise MediaError(f"{segment.name} has no picture.")
    asked = Fraction(segment.frames, target.rate)
    half = Fraction(1, 2 * target.rate)
    if picture.seconds < asked * (1 - SHORT) - half:
        raise MediaError(
            f"{segment.name} came out {shortly(picture.seconds)} s, {shortly(asked)} s were asked; nothing that was "
            f"bought is lost. Ask for another take, or write the time it has."
        )
    drop = segment.skip / picture.rate
    left = picture.seconds - drop
    if left <= 0:
        raise MediaError(f"{segment.name} has only {picture.frames} frames, of which {segment.skip} are to be dropped.")
    stretch = asked / left if left < asked - half else Fraction(1)
    return ClipPiece(segment, media, picture, fit(*picture.shown, target), drop, stretch)


def still_piece(segment: Segment, size: tuple[int, int], target: Target) -> StillPiece:
    """What must be done to a still of `size`."""
    return StillPiece(segment, fit(Fraction(size[0]), size[1], target))


def cropped(pieces: Sequence[Piece]) -> str:
    """What is cut off to fill the frame, in one line; empty when it is too little to be seen."""
    parts = {piece.segment.id: piece.fit.stays for piece in pieces if piece.fit.stays < UNSEEN}
    if not parts:
        return ""
    return f"cropped to fill the frame: {', '.join(parts)} ({round(100 * min(parts.values()))} % of the picture stays)"


def why_not_copied(pieces: Sequence[Piece], overlays: Sequence[Overlay], target: Target) -> str:
    """Why the picture must be encoded again, as a short reason; empty when it may be copied as it is.

    Joining encoded pictures is right only when every clip was encoded alike and nothing is done to any of them:
    ffmpeg's own joining reports success for all of these mixtures and writes a broken film.
    """
    if overlays:
        return "there are words on it"
    faded = next((piece.segment for piece in pieces if piece.segment.fade), None)
    if faded is not None:
        return f"{faded.id} fades in"
    clips = [piece for piece in pieces if isinstance(piece, ClipPiece)]
    if len(clips) < len(pieces):
        return "there is a still"
    first = clips[0].picture
    for clip in clips:
        name, picture = clip.segment.id, clip.picture
        if clip.segment.skip:
            return f"{name} drops a repeated frame"
        if picture.frames != clip.segment.frames:
            return f"{name} has {picture.frames} frames, {clip.segment.frames} are shown"
        for what, value, wanted in (
            ("codec", picture.codec, "h264"),
            ("setup", picture.setup, first.setup),
            ("size", (picture.width, picture.height), (target.width, target.height)),
            ("pixel shape", picture.pixel, 1),
            ("rotation", picture.rotation, 0),
            ("pixel format", picture.pixel_format, "yuv420p"),
            ("colour tags", picture.colours, BT709),
            ("time base", picture.time_base, first.time_base),
            ("start", picture.first, 0),
            ("rate", (picture.even, picture.rate), (True, target.rate)),
        ):
            if value != wanted:
                return f"{name} has another {what}"
    return ""


def check_film(media: Media, frames: int, target: Target) -> None:
    """Hold a finished film against its plan. Raises MediaError with the first difference."""
    picture, sound = media.picture, media.sound
    if picture is None or sound is None:
        raise MediaError("The film came out without a picture or without sound.")
    seconds = Fraction(frames, target.rate)
    for what, value, wanted in (
        ("frames", picture.frames, frames),
        ("size", (picture.width, picture.height), (target.width, target.height)),
        ("frames a second", (picture.even, picture.rate), (True, target.rate)),
        ("pixel format", picture.pixel_format, "yuv420p"),
        ("sound", (sound.codec, sound.rate, sound.channels), ("aac", 48_000, 2)),
    ):
        if value != wanted:
            raise MediaError(f"The film came out with {what} {_plain(value)}, planned was {_plain(wanted)}.")
    if abs(sound.seconds - seconds) > Fraction(50, 1000):
        raise MediaError(f"The film's sound came out {shortly(sound.seconds)} s, planned was {shortly(seconds)} s.")


def shortly(seconds: Fraction) -> str:
    """Seconds as people say them: two digits after the point at most."""
    return seconds_text(Fraction(round(seconds * 100), 100))


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
