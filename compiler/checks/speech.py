"""What is said in a scene can be said in its time: on camera first, and off camera in what is left.

scene hook 2s { says maya "I almost gave up on my skin. Then my sister handed me this." }    -> takes 3.7s
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from adc.compiler.aloud import BRISK, FASTEST, letters, rest
from adc.compiler.definitions import Line, Scene, Script
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.units import seconds_text

LEAST_REST = Fraction(1)
"""Seconds that voice-overs need behind what is said on camera; in less, nobody begins a sentence."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0416."""
    for piece in script.pieces:
        for act in (piece, *piece.shots) if isinstance(piece, Scene) else ():
            spoken = [line for line in act.lines if line.on_camera or line.by_model]
            over = [line for line in act.lines if not (line.on_camera or line.by_model)]
            yield from _judge(script, act, spoken, act.seconds)
            yield from _judge(script, act, over, rest(letters(spoken, script), act.seconds), behind=bool(spoken))


def _judge(
    script: Script, scene: Scene, lines: list[Line], seconds: Fraction, *, behind: bool = False
) -> Iterator[Diagnostic]:
    """Whether `lines` can be said in `seconds`; `behind` others, which take the rest of the scene."""
    if not lines:
        return
    count = letters(lines, script)
    squeezed = behind and seconds < LEAST_REST
    if count <= BRISK * seconds and not squeezed:
        return
    takes = Fraction(count, BRISK)
    longest = max(lines, key=lambda line: letters([line], script))
    message = f"there is more to say in `{scene.name}` than its {seconds_text(scene.seconds)}s hold"
    label = f"takes {_tenths(takes)}s at a brisk pace"
    if len(lines) > 1:
        label = f"this and what is said with it take {_tenths(takes)}s at a brisk pace"
    if behind:
        label += f"; {_tenths(seconds)}s are left behind what is said on camera"
    needed = ceil(scene.seconds - seconds + max(takes, LEAST_REST if behind else Fraction(0)))
    hint = f"say it shorter, or let the scene last longer: `scene {scene.name} {needed}s`"
    notes = (Label(scene.seconds_span, "the time there is"),)
    severity = Severity.ERROR if squeezed or count > FASTEST * seconds else Severity.WARNING
    yield Diagnostic("AD0416", message, longest.text.span, label, hint, notes, severity)


def _tenths(seconds: Fraction) -> str:
    return seconds_text(Fraction(round(seconds * 10), 10))
