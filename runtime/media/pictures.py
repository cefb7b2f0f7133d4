"""Opening a picture that somebody else made: whatever is wrong with its bytes ends as one sentence."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from adc.runtime.errors import MediaError

UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow raises for bytes that are no picture, not a whole one, or one too large to be safe."""


@contextmanager
def opened(path: Path, name: str) -> Iterator[Image.Image]:
    """The picture at `path`, to be decoded inside the `with`. `name` is what people call it. Raises MediaError."""
    try:
        with Image.open(path) as picture:
            yield picture
    except Image.DecompressionBombError as error:
        raise MediaError(f"{name} has more pixels than can be read safely; use a smaller copy.") from error
    except UNREADABLE as error:
        raise MediaError(f"{name} is not a picture that can be read.") from error
