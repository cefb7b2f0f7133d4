"""The garbage collector, kept out of the way: what a compilation makes holds each other in no circle.

Looking for circles among nodes, definitions and steps while they are being made takes a third of the time of a long
file, and finds none.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """Leave the collector as it was afterwards."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
