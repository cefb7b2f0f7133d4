"""What a seller refuses of a picture, told before it is sent: its size in pixels, its shape, its bytes.

The limits are those of the endpoint's own schema, argument by argument; the picture has been measured when the spec was
read. Pictures that other steps make are the business of those.
"""

from collections.abc import Iterator
from fractions import Fraction

from adc.compiler.catalogue import Endpoint, Limits, file_limits
from adc.compiler.definitions import Picture
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import FileRef, Json, as_ref

_LARGER = "use a larger picture, best of 1024 pixels or more"


def judge_files(sheet: Sheet, endpoint: Endpoint, arguments: Json) -> None:
    """Report every input picture of the request that the endpoint would refuse, where the spec names it."""
    for place, digest in dict.fromkeys(_files(arguments, "")):
        picture, limits = sheet.pictures.get(digest), file_limits(endpoint, place)
        if picture is not None and limits is not None:
            for code, label, hint in _broken(picture, limits):
                sheet.report(code, f"{endpoint.title} refuses `{picture.path}`", picture.span, label=label, hint=hint)


def _files(value: Json, place: str) -> Iterator[tuple[str, str]]:
    """The place and digest of every input file in the arguments, as in `elements/frontal_image_url`."""
    ref = as_ref(value)
    if isinstance(ref, FileRef):
        yield place, ref.digest
    elif isinstance(value, dict) and ref is None:
        for name, item in value.items():
            yield from _files(item, f"{place}/{name}" if place else name)
    elif isinstance(value, list):
        for item in value:
            yield from _files(item, place)


def _broken(picture: Picture, limits: Limits) -> Iterator[tuple[str, str, str]]:
    """Code, label and hint for every limit that the picture breaks."""
    width, height = picture.size.width, picture.size.height
    if width < (limits.min_width or 0) or height < (limits.min_height or 0):
        least = f"{limits.min_width or 1}x{limits.min_height or 1}"
        yield "AD0307", f"{picture.size} pixels; at least {least} are needed", _LARGER
    if width > (limits.max_width or width) or height > (limits.max_height or height):
        most = f"{limits.max_width or 'any'}x{limits.max_height or 'any'}"
        yield "AD0313", f"{picture.size} pixels; at most {most} are taken", "save it smaller"
    shape = Fraction(width, height)
    narrow, wide = limits.min_aspect_ratio, limits.max_aspect_ratio
    if (narrow is not None and shape < narrow) or (wide is not None and shape > wide):
        label = (
            f"{picture.size} pixels, {'narrower' if narrow is not None and shape < narrow else 'wider'} than it takes"
        )
        bounds = " to ".join(f"{each.numerator}:{each.denominator}" for each in (narrow, wide) if each is not None)
        yield "AD0313", label, f"crop it: shapes from {bounds} are taken"
    if limits.max_bytes is not None and picture.bytes > limits.max_bytes:
        label = f"{picture.bytes / 1_000_000:.1f} MB; at most {limits.max_bytes / 1_000_000:.1f} MB are taken"
        yield "AD0308", label, "save it as JPEG, or smaller"
