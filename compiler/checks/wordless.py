"""A text that is there holds words: a prompt, a line or a headline of nothing would be paid for or shown all the same.

action ""   says maya "..."   voiceover "🎉"      -> write words, or remove the statement
"""

from collections.abc import Iterator

from adc.compiler.definitions import Card, Keyframe, Script, Text
from adc.compiler.diagnostics import Diagnostic


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0310."""
    for text, spoken in _texts(script):
        if not text.value.strip():
            hint = "write what it should say, or remove the statement"
            yield Diagnostic("AD0310", "this text is empty", text.span, "no words", hint)
        elif spoken and "{{" not in text.value and not any(letter.isalnum() for letter in text.value):
            hint = "write words; a pause needs no line"
            yield Diagnostic("AD0310", "there is nothing in this text to be said", text.span, "no words", hint)


def _texts(script: Script) -> Iterator[tuple[Text, bool]]:
    """Every text of the film, and whether it is spoken."""
    for who in script.characters.values():
        yield from ((text, False) for text in (who.looks, who.wears, who.voice) if text)
    for thing in script.products.values():
        yield from ((text, False) for text in (thing.looks,) if text)
    for style in script.styles.values():
        yield from ((text, False) for text in (style.look, style.avoid) if text)
    for piece in script.pieces:
        if isinstance(piece, Card):
            yield from ((text, False) for text in (piece.headline, *piece.lines, piece.button) if text)
            continue
        yield from ((text, False) for text in (*piece.parts.values(), piece.prompt, piece.avoid) if text)
        yield from ((line.text, True) for line in piece.lines)
        if isinstance(piece.start, Keyframe):
            yield piece.start.prompt, False
