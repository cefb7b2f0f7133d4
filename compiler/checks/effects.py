"""An effect is heard while its scene plays: it begins before the scene ends, and is over by then.

scene hook 4s { effect "a cork pops" from 3s for 2s }      -> one second too long
"""

from collections.abc import Iterator

from adc.compiler.definitions import Effect, Scene, Script
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.units import seconds_text


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0581."""
    for piece in script.pieces:
        if isinstance(piece, Scene):
            for act in (piece, *piece.shots):
                for each in act.effects:
                    yield from _judge(act, each)


def _judge(act: Scene, each: Effect) -> Iterator[Diagnostic]:
    lasts, at = seconds_text(act.seconds), seconds_text(each.at)
    notes = (Label(act.seconds_span, "the time there is"),)
    if each.at >= act.seconds:
        message = f"this effect begins at {at}s, and `{act.name}` lasts {lasts}s"
        hint = "times are counted from the start of the scene: `from 1s`"
        yield Diagnostic("AD0581", message, each.span, "never heard", hint, notes)
    elif each.seconds is not None and each.seconds <= 0:
        yield Diagnostic("AD0581", "this effect lasts no time", each.span, "never heard", "write `for 2s`")
    elif each.seconds is not None and each.at + each.seconds > act.seconds:
        left = seconds_text(act.seconds - each.at)
        message = f"this effect ends at {seconds_text(each.at + each.seconds)}s, and `{act.name}` lasts {lasts}s"
        hint = f"write `for {left}s`, or leave `for` out: then it lasts to the end"
        yield Diagnostic("AD0581", message, each.span, f"{left}s are left from {at}s on", hint, notes)
