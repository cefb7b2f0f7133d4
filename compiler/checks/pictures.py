"""Reference pictures of who is in a scene are large enough to be a reference and small enough to be sent.

The limits are those of the elements of Kling O1: at least 300 pixels a side, at most 10 MB.
"""

from collections.abc import Iterator

from adc.compiler.definitions import Picture, Scene, Script
from adc.compiler.diagnostics import Diagnostic

LEAST_SIDE = 300
MOST_BYTES = 10_000_000


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0307, AD0308."""
    scenes = (piece for piece in script.pieces if isinstance(piece, Scene))
    references = (subject.reference for scene in scenes for act in (scene, *scene.shots) for subject in act.cast)
    for picture in {reference.span: reference for reference in references if reference}.values():
        yield from _judge(picture)


def _judge(picture: Picture) -> Iterator[Diagnostic]:
    if min(picture.size.width, picture.size.height) < LEAST_SIDE:
        message = f"`{picture.path}` is too small to be a reference"
        label = f"{picture.size} pixels; both sides need {LEAST_SIDE} or more"
        yield Diagnostic("AD0307", message, picture.span, label, "use a larger picture, best of 1024 pixels or more")
    if picture.bytes > MOST_BYTES:
        message = f"`{picture.path}` is too heavy to be a reference"
        label = f"{picture.bytes / 1_000_000:.1f} MB; at most {MOST_BYTES // 1_000_000} MB"
        yield Diagnostic("AD0308", message, picture.span, label, "save it as JPEG, or smaller")
