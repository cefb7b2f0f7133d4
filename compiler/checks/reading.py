"""What is shown can be read: a super, or all that a card says, is on screen long enough.

super "20% off your first bottle, this week only, while stocks last" for 1s      -> takes 3.3s

Twenty letters a second is the most that subtitlers give grown-up readers of English, half as many where each letter
is a syllable, and five sixths of a second is the least that any text is shown (Netflix, Timed Text Style Guides).
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final
from unicodedata import east_asian_width

from adc.compiler.aloud import shown
from adc.compiler.definitions import Card, Script, Text
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.source import Span
from adc.compiler.units import seconds_text

QUICKEST: Final = 20
"""Letters a second that people read; a wide letter counts as two."""

LEAST: Final = Fraction(5, 6)
"""Seconds that the shortest text needs."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0424."""
    for piece in script.pieces:
        if isinstance(piece, Card):
            texts = [text for text in (piece.headline, *piece.lines, piece.button) if text]
            if texts:
                said = f"`{piece.name}` is on screen for {seconds_text(piece.seconds)}s"
                yield from _judge(script, texts, piece.seconds, said, "let the card last longer", piece.span)
            continue
        for act in (piece, *piece.shots):
            for each in act.supers:
                left = act.seconds - each.at
                lasts = left if each.seconds is None else min(each.seconds, left)
                if lasts > 0:
                    said = f"this super is on screen for {seconds_text(lasts)}s"
                    yield from _judge(script, [each.text], lasts, said, "show it for longer", each.text.span)


def _judge(
    script: Script, texts: list[Text], seconds: Fraction, said: str, mend: str, span: Span
) -> Iterator[Diagnostic]:
    count = sum(_letters(shown(text, script)) for text in texts)
    needs = max(LEAST, Fraction(count, QUICKEST))
    if count and seconds < needs:
        longest = max(texts, key=lambda text: len(text.value))
        takes = seconds_text(Fraction(-(-needs * 10 // 1), 10))
        message = f"{said}, and takes {takes}s to read"
        notes = (Label(span, "the time there is"),) if span != longest.span else ()
        hint = f"{mend}, or say it shorter"
        yield Diagnostic("AD0424", message, longest.span, "gone before it is read", hint, notes, Severity.WARNING)


def _letters(words: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)
