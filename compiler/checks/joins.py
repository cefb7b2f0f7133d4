"""`transition continue` gives a scene its first frame: the last of the scene before.

So both sides are scenes, and the second has no start frame of its own.
"""

from collections.abc import Iterator

from adc.compiler.definitions import Card, Script
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.texts import acts


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0406, AD0412."""
    for before, join, after in zip(script.pieces, script.joins, script.pieces[1:], strict=False):
        if join is None or join.kind != "continue":
            continue
        card = next((piece for piece in (before, after) if isinstance(piece, Card)), None)
        if card is not None:
            message = f"`transition continue` joins two scenes, and `{card.name}` is a card"
            notes = (Label(card.span, "the card"),)
            yield Diagnostic("AD0406", message, join.span, hint="use `transition cut`, or remove it", notes=notes)
        elif not isinstance(after, Card) and (after.start or acts(after)[0].start) is not None:
            message = f"`{after.name}` continues `{before.name}` and has a `start` as well"
            notes = (Label(after.span, "its first frame would come from two places"),)
            yield Diagnostic("AD0412", message, join.span, "gives it a first frame", "keep one of the two", notes)
