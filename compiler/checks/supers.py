"""A super is on screen while its scene is: it begins before the scene ends, and is over by then.

scene hook 4s { super "Day 30" from 3s for 2s }      -> one second too long
"""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script, Super
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.units import seconds_text


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0422."""
    for piece in script.pieces:
        if isinstance(piece, Scene):
            for act in (piece, *piece.shots):
                for each in act.supers:
                    yield from _judge(act, each)


def _judge(act: Scene, each: Super) -> Iterator[Diagnostic]:
    lasts, at = seconds_text(act.seconds), seconds_text(each.at)
    notes = (Label(act.seconds_span, "the time there is"),)
    if each.at >= act.seconds:
        message = f"this super begins at {at}s, and `{act.name}` lasts {lasts}s"
        hint = "times are counted from the start of the scene: `from 1s`"
        yield Diagnostic("AD0422", message, each.span, "never seen", hint, notes)
    elif each.seconds is not None and each.seconds <= 0:
        yield Diagnostic("AD0422", "this super lasts no time", each.span, "never seen", "write `for 3s`")
    elif each.seconds is not None and each.at + each.seconds > act.seconds:
        left = seconds_text(act.seconds - each.at)
        message = f"this super ends at {seconds_text(each.at + each.seconds)}s, and `{act.name}` lasts {lasts}s"
        hint = f"write `for {left}s`, or leave `for` out: then it stays to the end"
        yield Diagnostic("AD0422", message, each.span, f"{left}s are left from {at}s on", hint, notes)
