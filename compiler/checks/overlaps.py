"""At one place there is one super at a time: two would be drawn over each other.

super "Day 1" at top from 0s for 3s
super "Day 30" at top from 2s             -> for a second both stand there
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from adc.compiler.definitions import Scene, Script, Super
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.units import seconds_text


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0423."""
    for piece in script.pieces:
        if isinstance(piece, Scene):
            yield from _judge(piece)


def _judge(scene: Scene) -> Iterator[Diagnostic]:
    """Supers of a scene and of its shots, whose times begin where the shot does."""
    timed = [(each, *_time(each, Fraction(0), scene)) for each in scene.supers]
    elapsed = Fraction(0)
    for shot in scene.shots:
        timed += [(each, *_time(each, elapsed, shot)) for each in shot.supers]
        elapsed += shot.seconds
    for (first, from_first, to_first), (second, from_second, to_second) in combinations(timed, 2):
        start, end = max(from_first, from_second), min(to_first, to_second)
        if first.place == second.place and start < end:
            message = f"two supers stand at `{first.place}` from {seconds_text(start)}s to {seconds_text(end)}s"
            hint = f"put one elsewhere, as in `at {_other(first.place)}`, or let the first end before the second begins"
            notes = (Label(first.span, "the other"),)
            yield Diagnostic("AD0423", message, second.span, "drawn over the other", hint, notes)


def _time(each: Super, start: Fraction, act: Scene) -> tuple[Fraction, Fraction]:
    lasts = act.seconds - each.at if each.seconds is None else each.seconds
    return start + each.at, start + each.at + lasts


def _other(place: str) -> str:
    return "bottom" if place.startswith(("top", "center")) else "top"
