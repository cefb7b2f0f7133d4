"""`prompt` replaces the prompt that would be composed, so the parts beside it have no effect."""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic, Label, Severity


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0413."""
    for piece in script.pieces:
        if isinstance(piece, Scene) and piece.prompt is not None:
            for part, text in piece.parts.items():
                message = f"`{part}` has no effect beside `prompt`"
                notes = (Label(piece.prompt.span, "this is the whole prompt"),)
                hint = "move its words into the prompt, or remove the prompt"
                yield Diagnostic("AD0413", message, text.span, "not used", hint, notes, Severity.WARNING)
