"""Everything on the timeline is on screen for at least one frame."""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.units import frames_in


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0410."""
    for piece in script.pieces:
        if frames_in(piece.seconds, script.ad.rate) < 1:
            span = piece.seconds_span if isinstance(piece, Scene) else piece.span
            message = f"`{piece.name}` is shorter than one frame"
            label = f"one frame lasts 1/{script.ad.rate} s"
            yield Diagnostic("AD0410", message, span, label, "give it a second or more: `3s`")
