"""What a picture file says about itself: its media type and size, read from its first bytes.

Enough to refuse what a model would refuse, before anything is paid: a web page saved as `.png`, a download that
was cut short, a photo that is too small. Formats: PNG (W3C PNG, 5.2 and 11.2.1), JPEG (ITU T.81, annex B; EXIF
orientation), WebP (RFC 9649).
"""

import struct

from adc.compiler.frozen import frozen
from adc.compiler.units import Size

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
ORIENTATION = 0x0112
SIDEWAYS = frozenset({5, 6, 7, 8})


class NotAPicture(ValueError):
    """The bytes are no picture of a known format, or not a whole one. `str()` says which, as a phrase."""


@frozen
class Measured:
    """A picture's media type, and its size as it is meant to be seen."""

    media_type: str
    size: Size


def measure(data: bytes) -> Measured:
    """What the picture in `data` is. Raises `NotAPicture`."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            measured = _png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            measured = _jpeg(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            measured = _webp(data)
        else:
            raise NotAPicture("it is empty" if not data else "it is neither PNG, JPEG nor WebP")
    except (struct.error, IndexError) as error:
        raise NotAPicture("it is cut short") from error
    if not (measured.size.width and measured.size.height):
        raise NotAPicture("it has no pixels")
    return measured


def _png(data: bytes) -> Measured:
    end = data.rfind(b"IEND")
    if data[12:16] != b"IHDR" or end < 0 or len(data) < end + 8:
        raise NotAPicture("it is cut short")
    width, height = struct.unpack_from(">II", data, 16)
    return Measured("image/png", Size(width, height))


def _jpeg(data: bytes) -> Measured:
    if data.rfind(b"\xff\xd9") < 4:
        raise NotAPicture("it is cut short")
    sideways = False
    place = 2
    while True:
        while data[place] == 0xFF:
            place += 1
        marker = data[place]
        place += 1
        if marker in JPEG_ALONE:
            continue
        length = struct.unpack_from(">H", data, place)[0]
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 3)
            return Measured("image/jpeg", Size(height, width) if sideways else Size(width, height))
        if marker == 0xE1 and data[place + 2 : place + 8] == b"Exif\0\0":
            sideways = _orientation(data[place + 8 : place + length]) in SIDEWAYS
        if marker in {0xD9, 0xDA} or length < 2:
            raise NotAPicture("it is damaged")
        place += length


def _orientation(tiff: bytes) -> int:
    """EXIF orientation, 1 where none is written or the block is damaged: a viewer would show it upright then."""
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        start = struct.unpack_from(order + "I", tiff, 4)[0]
        for entry in range(struct.unpack_from(order + "H", tiff, start)[0]):
            tag, _kind, _count, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if tag == ORIENTATION:
                return int(value)
    except struct.error:
        return 1
    return 1


def _webp(data: bytes) -> Measured:
    if len(data) < struct.unpack_from("<I", data, 4)[0] + 8:
        raise NotAPicture("it is cut short")
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif chunk == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise NotAPicture("it is damaged")
    return Measured("image/webp", Size(width, height))
