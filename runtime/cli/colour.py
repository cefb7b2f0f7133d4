"""Whether what is written to a stream may be coloured: on a terminal, unless the user has said otherwise."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def coloured(stream: "TextIO") -> bool:
    """`NO_COLOR` forbids it, else `FORCE_COLOR` demands it, else a terminal decides; an empty variable says nothing."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    return forced != "0" if forced else stream.isatty()
