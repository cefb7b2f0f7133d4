"""What is shown can be set where no platform's buttons cover it, in a size that can be read on a phone.

super "Dermatologically-tested-and-approved"      -> a word wider than the safe zone

Words are measured by the classes of `widths`, so this finds what cannot fit, and not what fits narrowly.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from adc.compiler.aloud import shown
from adc.compiler.definitions import Card, Script, Text
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.platforms import platform, safe_area
from adc.compiler.units import Aspect
from adc.compiler.widths import lines, width

SMALLEST: Final = Fraction(1, 27)
"""The smallest type that is read with ease on a phone, in parts of the short side: 40 pixels of 1080."""

MOST_LINES: Final = 3
"""Lines of a super or a headline."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0425."""
    rooms = {str(aspect): _room(script, aspect) for aspect in script.ad.deliver}
    where = "the safe zone"
    if script.ad.platforms:
        where += f" of {_listed([name.value for name in script.ad.platforms])}"
    for text, most_lines in dict.fromkeys(_texts(script)):
        words = shown(text, script)
        for aspect, room in rooms.items():
            wrong = _fault(words, room, most_lines)
            if wrong:
                message = f"{wrong} {where} at {aspect} in a size that can be read"
                hint = "say it shorter, or in two texts one after the other"
                yield Diagnostic("AD0425", message, text.span, "too wide", hint, severity=Severity.WARNING)
                break


def _texts(script: Script) -> Iterator[tuple[Text, int]]:
    """What is shown, with the most lines that it may take."""
    for piece in script.pieces:
        if isinstance(piece, Card):
            yield from ((text, MOST_LINES) for text in (piece.headline,) if text)
            yield from ((text, 1) for text in (*piece.lines, piece.button) if text)
        else:
            yield from ((each.text, MOST_LINES) for act in (piece, *piece.shots) for each in act.supers)


def _room(script: Script, aspect: Aspect) -> Fraction:
    """Em of the smallest type that a line in the safe zone has."""
    area = safe_area([platform(name.value) for name in script.ad.platforms], str(aspect))
    return area.width * Fraction(aspect.width, min(aspect.width, aspect.height)) / SMALLEST


def _fault(words: str, room: Fraction, most_lines: int) -> str:
    """What is wrong with words in lines of `room` em, as the beginning of a sentence; empty where they fit."""
    broken = lines(words, room)
    widest = max(broken, key=width, default="")
    if width(widest) > room:
        return f"`{widest}` is wider than"
    if len(broken) > most_lines:
        return f"this takes {len(broken)} lines, not {most_lines}, in" if most_lines > 1 else "this is wider than"
    return ""


def _listed(names: list[str]) -> str:
    *head, tail = (f"`{name}`" for name in names)
    return f"{', '.join(head)} and {tail}" if head else tail
