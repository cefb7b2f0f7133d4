"""Cross-fades fit into what they join: a piece is on screen for longer than it is fading in and out.

scene a 4s …  transition dissolve 3s  card b 2s      -> the card is gone before the fade is over
"""

from collections.abc import Iterator
from fractions import Fraction

from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.units import seconds_text


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0429."""
    joins = (None, *script.joins, None)
    for index, piece in enumerate(script.pieces):
        around = [join for join in joins[index : index + 2] if join is not None and join.overlap]
        fading = sum((join.overlap for join in around), Fraction(0))
        if not around or fading < piece.seconds:
            continue
        longest = max(around, key=lambda join: join.overlap)
        message = f"`{piece.name}` lasts {seconds_text(piece.seconds)}s and is fading for {seconds_text(fading)}s of it"
        hint = f"write `transition {longest.kind}` with a shorter time, or let `{piece.name}` last longer"
        notes = (Label(piece.span, "never wholly on screen"),)
        yield Diagnostic("AD0429", message, longest.span, "too long for what it joins", hint, notes)
