"""Where ads are shown, as values: what TikTok, Reels and the others take, and how much of the frame they cover.

One file in `schemas/platforms/` each, with its sources and their dates; the format is `schemas/platform.v1.json`. A
file that is put there is a platform that specs may name. What no source tells is left out of a file, and then nothing
is judged by it.

Text belongs where no platform's interface covers it. `safe_area` is what is left of the frame when the covered edges
of all named platforms are taken off, and never more than the safe title area of broadcasting, which keeps 5 % free on
every side (SMPTE ST 2046-1): screens have round corners and notches even where no interface lies over the film.
"""

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from adc.compiler import data
from adc.compiler.frozen import frozen

MARGIN = Fraction(1, 20)
"""The part of the frame that is kept free of text at every side."""


@frozen
class Rect:
    """A part of the frame; every edge is a fraction of the frame's width or height, from its upper left corner."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    @property
    def width(self) -> Fraction:
        """A fraction of the frame's width."""
        return self.right - self.left

    @property
    def height(self) -> Fraction:
        """A fraction of the frame's height."""
        return self.bottom - self.top


@frozen
class Disclosure:
    """When an ad made with AI has to say so, and how that is done there."""

    duty: Literal["always", "realistic", "political"]
    text: str


@frozen
class Source:
    """Where the fields named in `of` are from, and when it was written; empty where it does not tell."""

    url: str
    of: tuple[str, ...]
    as_of: str


@frozen
class Platform:
    """A place where ads are shown. What is None, or empty, is not known.

    `ratios` are the shapes it takes: `best`, `taken` or `poor`. A film shorter than `least` or longer than `most`
    seconds is refused; outside of `advised` it is taken and shown badly. `rates` are advised frames a second.
    `free` is by ratio what the interface leaves uncovered of the frame.
    """

    name: str
    title: str
    ratios: Mapping[str, Literal["best", "taken", "poor"]]
    least: int | None
    most: int | None
    advised: tuple[int, int] | None
    rates: tuple[int, int] | None
    containers: tuple[str, ...]
    video_codecs: tuple[str, ...]
    audio_codecs: tuple[str, ...]
    largest_bytes: int | None
    free: Mapping[str, Rect]
    disclosure: Disclosure | None
    sources: tuple[Source, ...]
    notes: tuple[str, ...]


@cache
def names() -> tuple[str, ...]:
    """The platforms that a spec may name, sorted. No file is read."""
    return tuple(file.removesuffix(".json") for file in data.names("schemas", "platforms") if file.endswith(".json"))


@cache
def platform(name: str) -> Platform:
    """The platform of that name. Raises KeyError for one that is not in `names`."""
    if name not in names():
        raise KeyError(name)
    return _platform(json.loads(data.read("schemas", "platforms", f"{name}.json")))


def builtin() -> Mapping[str, Platform]:
    """All platforms that ship with the compiler, by name."""
    return {name: platform(name) for name in names()}


def safe_area(platforms: Iterable[Platform], aspect: str) -> Rect:
    """Where text may stand in a frame of that aspect, so that none of the platforms covers it."""
    area = Rect(MARGIN, MARGIN, 1 - MARGIN, 1 - MARGIN)
    for each in platforms:
        free = each.free.get(aspect, area)
        area = Rect(
            max(area.left, free.left),
            max(area.top, free.top),
            min(area.right, free.right),
            min(area.bottom, free.bottom),
        )
    return area


def _platform(document: Any) -> Platform:
    seconds, file, disclosure = document["seconds"], document["file"], document.get("disclosure")
    return Platform(
        name=document["name"],
        title=document["title"],
        ratios=document["ratios"],
        least=seconds.get("least"),
        most=seconds.get("most"),
        advised=_range(seconds),
        rates=_range(document.get("rates", {})),
        containers=tuple(file.get("containers", ())),
        video_codecs=tuple(file.get("video_codecs", ())),
        audio_codecs=tuple(file.get("audio_codecs", ())),
        largest_bytes=file.get("largest_bytes"),
        free={ratio: _free(covered) for ratio, covered in document["covered"].items()},
        disclosure=Disclosure(disclosure["duty"], disclosure["text"]) if disclosure else None,
        sources=tuple(Source(each["url"], tuple(each["of"]), each.get("as_of", "")) for each in document["sources"]),
        notes=tuple(document["notes"]),
    )


def _range(document: Any) -> tuple[int, int] | None:
    if "advised" not in document:
        return None
    least, most = document["advised"]
    return least, most


def _free(covered: Any) -> Rect:
    edges = {edge: Fraction(covered.get(edge, "0")) for edge in ("left", "top", "right", "bottom")}
    return Rect(edges["left"], edges["top"], 1 - edges["right"], 1 - edges["bottom"])
