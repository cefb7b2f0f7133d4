"""What the programs that we start are told of our environment: all of it but the key.

ffmpeg, the voice and git do their work without it, and whatever they write into a report of a crash cannot hold what
they never had. Every start of a process passes `without_key()`; a test reads the code for one that does not.
"""

import os

KEY_NAMES = ("FAL_KEY", "FAL_KEY_ID", "FAL_KEY_SECRET")
"""The variables that hold a key, or half of one."""


def without_key(**more: str) -> dict[str, str]:
    """A copy of our environment, for a child, with what it is told besides."""
    return {name: value for name, value in os.environ.items() if name not in KEY_NAMES} | more
