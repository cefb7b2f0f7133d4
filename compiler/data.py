"""What ships beside the code: grammar, schemas, templates. Read from the folders of the rooms, which are neighbours.

`importlib.resources` would do the same and read from archives too, but takes longer to import than a spec to compile.
"""

import os

_ROOMS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(*place: str) -> bytes:
    """The bytes of a file, as in `read("schemas", "model.v1.json")`. Raises OSError."""
    with open(os.path.join(_ROOMS, *place), "rb") as file:
        return file.read()


def names(*place: str) -> list[str]:
    """The names of what is in a folder, sorted. Raises OSError."""
    return sorted(os.listdir(os.path.join(_ROOMS, *place)))
