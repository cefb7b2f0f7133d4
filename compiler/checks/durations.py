"""Where the ad writes a duration, its scenes and cards add up to it.

ad a { duration 30s }  scene b 8s  scene c 10s      -> off by 12s
"""

from collections.abc import Iterator
from fractions import Fraction

from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.units import seconds_text


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0404."""
    written, span = script.ad.seconds, script.ad.seconds_span
    total = sum((piece.seconds for piece in script.pieces), Fraction(0))
    if written is None or span is None or written == total:
        return
    off = f"{seconds_text(abs(written - total))}s"
    terms = " + ".join(seconds_text(piece.seconds) for piece in script.pieces)
    message = f"the scenes and cards last {seconds_text(total)}s, the ad {seconds_text(written)}s"
    label = f"{off} too {'long' if written > total else 'short'}"
    if len(script.pieces) > 1:
        label += f": {terms} = {seconds_text(total)}"
    hint = f"write `duration {seconds_text(total)}s`, or {'add' if written > total else 'cut'} {off} of film"
    notes = tuple(Label(last.span, "the film ends with this") for last in script.pieces[-1:])
    yield Diagnostic("AD0404", message, span, label, hint, notes)
