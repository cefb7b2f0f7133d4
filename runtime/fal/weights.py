"""Whether a file is the weights of a LoRA: a safetensors file that is there from its first byte to its last.

Such a file begins with the length of its header, then the header, JSON that says of every tensor where its bytes lie;
behind it come the bytes. So a file that was cut short, or a page of words in its place, is found out without reading
what it weighs.
"""

import json
from pathlib import Path
from typing import Any

from adc.runtime.errors import MediaError

SUFFIX = ".safetensors"

_LONGEST_HEADER = 100_000_000
"""Bytes; what the format itself allows."""


def check(path: Path) -> None:
    """Raises MediaError, whose sentence names the file only, for a file that is not whole or no safetensors file."""
    size = path.stat().st_size
    end = _end(path, size)
    if end is None:
        raise MediaError(f"{path.name} holds no weights: {size} bytes that are no safetensors file")
    if end != size:
        raise MediaError(f"{path.name} should have {end} bytes of weights and has {size}")


def begins(path: Path) -> bool:
    """Whether the file begins as weights do."""
    return _end(path, path.stat().st_size) is not None


def _end(path: Path, size: int) -> int | None:
    """Where the last tensor ends by the header, in bytes from the start of the file; None without such a header."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_LONGEST_HEADER, size - 8):
            return None
        header = file.read(length)
    try:
        tensors: Any = json.loads(header)
        ends = [int(tensor["data_offsets"][1]) for name, tensor in tensors.items() if name != "__metadata__"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    return 8 + length + max(ends) if ends else None
