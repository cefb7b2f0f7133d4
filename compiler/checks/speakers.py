"""Who speaks on camera is in the scene: a model can move the lips only of somebody it was told to show."""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0409."""
    for piece in script.pieces:
        if not isinstance(piece, Scene):
            continue
        for act, line in ((each, line) for each in (piece, *piece.shots) for line in each.lines):
            if line.on_camera and line.who is not None and line.who not in act.cast:
                cast = ", ".join(subject.name for subject in (line.who, *act.cast))
                message = f"`{line.who.name}` speaks on camera and is not in the cast of `{piece.name}`"
                hint = f'write `cast {cast}`, or off camera: `voiceover {line.who.name} "…"`'
                yield Diagnostic("AD0409", message, line.span, hint=hint)
