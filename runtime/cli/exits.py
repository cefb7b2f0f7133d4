"""Exit codes, a public promise to scripts."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    OK = 0
    SPEC = 1
    """The spec has errors; nothing was made and nothing spent."""
    USAGE = 2
    """The command line was not understood."""
    FAILED = 3
    """The world failed: what was made is kept, and the same command goes on."""
    REFUSED = 4
    """Money would have been spent without a yes or above a limit, or a file written over; nothing was."""
    CONTENT = 5
    """Filters refused the words or pictures of every step that failed; the rest is kept. Other words may pass."""
    INTERRUPTED = 130
    """Ctrl-C: what was made is kept, and the same command goes on."""
