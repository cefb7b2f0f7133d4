"""What the addresses in a request stand for: files of ours, whose length may be what is paid for, or strangers."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.compiler.request import Problem
from adc.runtime.errors import MediaError
from adc.runtime.media.probe import probe
from adc.runtime.sim.answers import NOT_OURS
from adc.runtime.sim.files import Files


@dataclass(frozen=True, slots=True)
class Sent:
    """What is paid for by what is sent: seconds of the clip, or of the sound where there is no clip; and the pixels on
    the short side of what comes out. None where the request does not tell, or is not paid by it.
    """

    seconds: Fraction | None = None
    short_side: int | None = None


def sent(endpoint: Endpoint, arguments: Mapping[str, Json], files: Files) -> Sent:
    """Measure the files of a request, where they are what is paid for."""
    if endpoint.price.of or endpoint.price.unit not in ("second", "minute"):
        return Sent()
    heard: Fraction | None = None
    for address in arguments.values():
        path = files.local(address) if isinstance(address, str) else None
        if path is not None:
            with suppress(MediaError):
                media = probe(path, path.name)
                if media.picture and media.picture.frames > 1:
                    wide, high = media.picture.shown
                    short_side = min(Fraction(wide), Fraction(high)) * _factor(endpoint, arguments)
                    return Sent(media.picture.seconds, round(short_side))
                heard = media.sound.seconds if media.sound else heard
    return Sent(heard)


def _factor(endpoint: Endpoint, arguments: Mapping[str, Json]) -> Fraction:
    """By how much the request enlarges what it sends."""
    slots = endpoint.request if isinstance(endpoint.request, dict) else {}
    for name, value in arguments.items():
        if slots.get(name) == "$factor" and isinstance(value, int | float):
            return Fraction(str(value))
    return Fraction(1)


def strangers(value: Json, files: Files, path: str = "") -> list[Problem]:
    """Addresses among the arguments that are not files of ours; a stand-in fetches nothing from elsewhere."""
    if isinstance(value, str):
        ours = not value.startswith(("http://", "https://")) or files.local(value) is not None
        return [] if ours else [Problem(path, NOT_OURS)]
    parts: Iterable[tuple[object, Json]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    return [one for key, item in parts for one in strangers(item, files, f"{path}/{key}".lstrip("/"))]
