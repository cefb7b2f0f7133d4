"""What an endpoint was asked for, read from the facts of its schema and not from its name.

An animatic needs few facts of a request: how long, how large, which pictures and which words. Models name them in a
dozen ways; this is the one place that knows those ways. An explicit argument wins, then what the pictures or the
storyboard say, then the schema's own default.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from PIL import Image

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.runtime.errors import MediaError

RATE = 30
"""Frames a second of every clip."""
SHORT_SIDE = 540
"""Pixels on the short side of a clip: half of what is delivered, which is what keeps drafts quick."""

_START = ("start_image_url", "first_frame_url", "first_image_url", "start_frame_url")
_END = ("end_image_url", "last_frame_url", "last_image_url", "end_frame_url", "tail_image_url")
_SECONDS = ("duration", "duration_seconds", "seconds_total", "seconds")
_MILLISECONDS = ("music_length_ms", "length_ms", "duration_ms")
_NAMED_SIZES = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
_STARTS = re.compile(
    r"@image\s*1\b[^.;:!?\n]*\b(?:start|first|opening)(?:ing)?[\s-]+frame|"
    r"\b(?:start|first|opening)(?:ing)?[\s-]+frame\b[^.;:!?\n]*@image\s*1\b",
    re.IGNORECASE,
)
"""A clause that tells such a model that its first picture is the start frame."""
_NOT_SEEN = re.compile(r"mask|audio|pdf|voice|lora|archive|zip")


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a request: first and last frame of a clip, and references in their order."""

    start: Path | None
    end: Path | None
    references: tuple[Path, ...]


def argument(endpoint: Endpoint, arguments: Mapping[str, Json], name: str) -> Json:
    """The argument, or the schema's default for it, or None."""
    if arguments.get(name) is not None:
        return arguments[name]
    fact = _properties(endpoint).get(name)
    return fact.get("default") if isinstance(fact, dict) else None


def words(arguments: Mapping[str, Json]) -> str:
    """The prompt or the text to be spoken."""
    for name in ("text", "prompt", "lyrics_prompt", "caption"):
        if isinstance(value := arguments.get(name), str) and value.strip():
            return value
    return ""


def speaks(endpoint: Endpoint, arguments: Mapping[str, Json]) -> bool:
    """Whether the clip asked for has speech: the model can, and the switch is not off."""
    return endpoint.takes.speech and argument(endpoint, arguments, "generate_audio") is not False


def seconds(endpoint: Endpoint, arguments: Mapping[str, Json]) -> Fraction | None:
    """How long the result lasts, or None where the request leaves it open."""
    for names, unit in ((_SECONDS, 1), (_MILLISECONDS, 1000)):
        for name in names:
            value = argument(endpoint, arguments, name)
            found = re.match(r"\s*(\d+(?:\.\d+)?)", str(value)) if value is not None else None
            if found and (length := Fraction(found[1]) / unit) > 0:
                return length
    return Fraction(endpoint.takes.seconds[0]) if endpoint.takes.seconds else None


def pictures(endpoint: Endpoint, arguments: Mapping[str, Json], brief: Mapping[str, Json]) -> Pictures:
    """The pictures of the request, by the names of their arguments.

    A lone `image_url` of a clip is its first frame. Where no argument is named so, and the storyboard says that the
    clip starts on a picture, or the prompt of a model that takes its start frame so says it, it is the first of
    `image_urls`.
    """
    start = end = None
    references: list[Path] = []
    for name, path in _files(dict(arguments)):
        if name == "video_url" and endpoint.takes.start_clip:
            continue  # it is gone on from, and no picture
        if name in _END:
            end = path
        elif name in _START or (endpoint.makes == "video" and name in ("image_url", "video_url")):
            start = path
        elif path not in references:
            references.append(path)
    told = bool(brief.get("start") or brief.get("continues"))
    told = told or (endpoint.takes.start_as_image and _STARTS.search(words(arguments)) is not None)
    if endpoint.makes == "video" and start is None and told:
        listed = [path for name, path in _files(dict(arguments)) if name == "image_urls"]
        if listed:
            start = listed[0]
            references.remove(start)
    return Pictures(start, end, tuple(references))


def sent(arguments: Mapping[str, Json], kind: str) -> Path:
    """The file of that kind, `video` or `audio`, by the name of its argument. Raises MediaError where there is none."""
    for name, value in arguments.items():
        if kind in name and isinstance(value, str):
            return Path(value)
    raise MediaError(f"the request brings no {kind}")


def _files(value: Json, name: str = "") -> Iterator[tuple[str, Path]]:
    """Every file of the arguments with the name it stands under; of an element, the frontal picture alone."""
    if isinstance(value, dict):
        frontal = "frontal_image_url" in value
        for inner, item in value.items():
            if not (frontal and inner == "reference_image_urls"):
                yield from _files(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _files(item, name)
    elif isinstance(value, str) and name.endswith(("_url", "_urls")) and not _NOT_SEEN.search(name):
        path = Path(value)
        if path.is_file():
            yield name, path


def clip_size(
    endpoint: Endpoint, arguments: Mapping[str, Json], brief: Mapping[str, Json], start: Image.Image | None
) -> tuple[int, int]:
    """Width and height of a clip in pixels, both even, `SHORT_SIDE` on the short side."""
    asked = _ratio(arguments.get("aspect_ratio")) or _ratio(brief.get("aspect"))
    if start is not None and _ratio(arguments.get("aspect_ratio")) is None:
        own = Fraction(start.width, start.height)
        near = asked is not None and abs(own / asked - 1) < Fraction(1, 50)
        asked = asked if near else own
    return _pixels(asked or _ratio(argument(endpoint, arguments, "aspect_ratio")) or Fraction(16, 9), SHORT_SIDE)


def still_size(endpoint: Endpoint, arguments: Mapping[str, Json], brief: Mapping[str, Json]) -> tuple[int, int]:
    """Width and height of a still in pixels."""
    size = argument(endpoint, arguments, "image_size")
    if isinstance(size, dict):
        width, height = size.get("width"), size.get("height")
        if isinstance(width, int) and isinstance(height, int) and 0 < width <= 4096 and 0 < height <= 4096:
            return width, height
    if isinstance(size, str) and size in _NAMED_SIZES:
        return _NAMED_SIZES[size]
    ratio = (
        _ratio(arguments.get("aspect_ratio"))
        or _ratio(brief.get("aspect"))
        or _ratio(argument(endpoint, arguments, "aspect_ratio"))
    )
    return _pixels(ratio or Fraction(1), 768)


def _ratio(value: Json) -> Fraction | None:
    found = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", value) if isinstance(value, str) else None
    return Fraction(int(found[1]), int(found[2])) if found and int(found[1]) and int(found[2]) else None


def _pixels(ratio: Fraction, short: int) -> tuple[int, int]:
    long = 2 * round(max(ratio, 1 / ratio) * short / 2)
    return (long, short) if ratio >= 1 else (short, long)


def _properties(endpoint: Endpoint) -> Mapping[str, Json]:
    properties = endpoint.input_schema.get("properties")
    return properties if isinstance(properties, dict) else {}
