"""A scene says what is to be seen, and a card shows something: nobody wants to pay or wait for an empty picture."""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.texts import acts


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0408, AD0414."""
    for piece in script.pieces:
        if isinstance(piece, Scene):
            for act in acts(piece):
                if not (act.parts or act.prompt or act.lines):
                    message = f"`{piece.name}` says nothing about what is to be seen"
                    hint = 'add a line such as `action "{{ maya }} smiles"`'
                    yield Diagnostic("AD0408", message, act.span, hint=hint)
        elif not (piece.headline or piece.lines or piece.button or piece.logo or piece.image):
            message, hint = (
                f"`{piece.name}` shows nothing but its background",
                'add a line such as `headline "Glow Serum"`',
            )
            yield Diagnostic("AD0414", message, piece.span, hint=hint, severity=Severity.WARNING)
