"""A chain of clips is short: each starts from the last frame of the one before, and what is lost never comes back.

scene a … transition continue … scene b … (and so on to) scene e      -> five clips: the face is no longer hers
"""

from collections.abc import Iterator
from typing import Final

from adc.compiler.definitions import Card, Script
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.texts import acts

LONGEST: Final = 4
"""Clips of a chain in which faces and things stay who they are."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0420."""
    joins = (None, *script.joins)
    chain: list[tuple[int, str]] = []  # for each clip the index of its piece, and the piece's name
    for index, piece in enumerate(script.pieces):
        join = joins[index]
        if isinstance(piece, Card) or join is None or join.kind != "continue":
            yield from _judge(script, chain)
            chain = []
        if not isinstance(piece, Card):
            chain += [(index, piece.name)] * len(acts(piece))
    yield from _judge(script, chain)


def _judge(script: Script, chain: list[tuple[int, str]]) -> Iterator[Diagnostic]:
    if len(chain) <= LONGEST:
        return
    first, last = chain[0][1], chain[-1][1]
    at, name = chain[LONGEST]
    join = script.joins[at - 1] if at > chain[0][0] else None
    message = f"{len(chain)} clips in a row each start from the last frame of the one before"
    notes = (Label(script.pieces[chain[0][0]].span, "the chain begins here"),) if first != last else ()
    label = f"by clip {LONGEST + 1}, `{name}`, faces and things have drifted"
    if join is not None:
        hint = f'begin `{name}` anew: `start keyframe "…"` in it, and `transition cut` before it'
        yield Diagnostic("AD0420", message, join.span, label, hint, notes, Severity.WARNING)
    else:
        span = script.pieces[at].span
        hint = f"split `{name}` into two scenes, and begin the second with a keyframe"
        yield Diagnostic("AD0420", message, span, label, hint, notes, Severity.WARNING)
