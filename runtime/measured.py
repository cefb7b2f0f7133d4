"""The media that a request sends, measured where they are what is paid for: a dub by the seconds of its clip.

A plan says what it has asked for; a model may give a few frames more, and a seller that counts whole pieces of five
seconds then counts another. So a buyer measures before it commits money, and a stand-in before it writes its bill.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.runtime.errors import MediaError
from adc.runtime.media.probe import probe


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of the clip or voice that is sent, pixels on the short side of what comes out; None where unknown."""

    seconds: Fraction | None = None
    short_side: int | None = None


def measured(endpoint: Endpoint, arguments: Mapping[str, Json], path_of: Callable[[Json], Path | None]) -> Measured:
    """Measure the files of a request; `path_of` gives the file behind an argument, if it stands for one. Reads them."""
    if endpoint.price.of or endpoint.price.unit not in ("second", "minute"):
        return Measured()
    heard: Fraction | None = None
    for value in arguments.values():
        path = path_of(value)
        if path is not None:
            with suppress(MediaError):
                media = probe(path, path.name)
                if media.picture and media.picture.frames > 1:
                    wide, high = media.picture.shown
                    short_side = min(Fraction(wide), Fraction(high)) * _factor(endpoint, arguments)
                    return Measured(media.picture.seconds, round(short_side))
                heard = media.sound.seconds if media.sound else heard
    return Measured(heard)


def _factor(endpoint: Endpoint, arguments: Mapping[str, Json]) -> Fraction:
    """By how much the request enlarges what it sends."""
    slots = endpoint.request if isinstance(endpoint.request, dict) else {}
    for name, value in arguments.items():
        if slots.get(name) == "$factor" and isinstance(value, int | float):
            return Fraction(str(value))
    return Fraction(1)
