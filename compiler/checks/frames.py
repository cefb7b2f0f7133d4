"""Everything on the timeline is on screen for at least one frame."""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.source import Span
from adc.compiler.units import frames_in


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0410."""
    for piece in script.pieces:
        if frames_in(piece.seconds, script.ad.rate) < 1:
            span = piece.seconds_span if isinstance(piece, Scene) else piece.span
            yield _too_short(f"`{piece.name}`", span, script.ad.rate)
        for shot in piece.shots if isinstance(piece, Scene) else ():
            if frames_in(shot.seconds, script.ad.rate) < 1:
                yield _too_short(f"this shot of `{piece.name}`", shot.seconds_span, script.ad.rate)


def _too_short(what: str, span: Span, rate: int) -> Diagnostic:
    label = f"one frame lasts 1/{rate} s"
    return Diagnostic("AD0410", f"{what} is shorter than one frame", span, label, "give it a second or more: `3s`")
