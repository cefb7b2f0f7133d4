"""What an endpoint refuses of a file, told before it is uploaded and before anything is written down as bought.

The compiler has judged the files of the spec. What earlier steps make (a frame, a clip, an archive) is known only now:
its pixels, its shape, its bytes. The limits are those of the endpoint's own schema, argument by argument. The seller
would find out after the request's turn in the queue, and may charge for it.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

from adc.compiler.catalogue import Endpoint, Limits, file_limits
from adc.compiler.plan import Json, Ref, StepRef, as_ref
from adc.runtime.errors import Finding, MediaError, Rejected
from adc.runtime.media.check import media_type_of
from adc.runtime.media.pictures import opened
from adc.runtime.media.probe import probe

_MB: Final = 1_000_000


def refuse_unfit(endpoint: Endpoint, arguments: Json, path_of: Callable[[Ref], Path], step: str) -> None:
    """Measure what other steps have made for a request, where the endpoint has limits. `step` is the one that asks.

    Raises Rejected with a finding for each limit that is passed. Reads the files.
    """
    found: list[Finding] = []
    for place, ref in _made(arguments, ""):
        limits = file_limits(endpoint, place)
        passed = () if limits is None else _passed(path_of(ref), limits)
        found += (Finding(place, f"what {ref.step} made {why}", kind) for kind, why in passed)
    if found:
        told = "; ".join(f"{finding.path}: {finding.message}" for finding in found)
        error = Rejected(f"{endpoint.title} would refuse {step}, so nothing was sent or bought: {told}")
        error.findings = tuple(found)
        raise error


def _made(value: Json, place: str) -> Iterator[tuple[str, StepRef]]:
    """What other steps have made, and its place in the arguments, as in `elements/0/frontal_image_url`."""
    ref = as_ref(value)
    if isinstance(ref, StepRef):
        yield place, ref
    elif ref is None and isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _made(item, f"{place}/{name}" if place else str(name))


def _passed(path: Path, limits: Limits) -> Iterator[tuple[str, str]]:
    """The type of the error, as fal names it, and the words for each limit that the file passes."""
    size = path.stat().st_size
    if limits.max_bytes is not None and size > limits.max_bytes:
        most = limits.max_bytes
        yield (
            "file_too_large",
            f"has {size / _MB:.1f} MB ({size} bytes); at most {most / _MB:.1f} MB ({most}) are taken",
        )
    shape = _shape(path)
    if shape is None:
        return
    width, height = shape
    if width < (limits.min_width or 0) or height < (limits.min_height or 0):
        least = f"{limits.min_width or 1}x{limits.min_height or 1}"
        yield "image_too_small", f"has {width}x{height} pixels; at least {least} are needed"
    if width > (limits.max_width or width) or height > (limits.max_height or height):
        most_pixels = f"{limits.max_width or 'any'}x{limits.max_height or 'any'}"
        yield "image_too_large", f"has {width}x{height} pixels; at most {most_pixels} are taken"
    narrow, wide = limits.min_aspect_ratio, limits.max_aspect_ratio
    ratio = Fraction(width, height)
    if (narrow is not None and ratio < narrow) or (wide is not None and ratio > wide):
        bounds = " to ".join(f"{each.numerator}:{each.denominator}" for each in (narrow, wide) if each is not None)
        yield "value_error", f"has {width}x{height} pixels; shapes from {bounds} are taken"


def _shape(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels; None for what has none, or cannot be measured here: the seller will tell."""
    kind = (media_type_of(path) or "").partition("/")[0]
    try:
        if kind == "image":
            with opened(path, path.name) as picture:
                return picture.size
        film = probe(path, path.name).picture if kind == "video" else None
    except MediaError:
        return None
    return None if film is None else (round(film.shown[0]), film.shown[1])
