"""In a scene that is split into shots, every line has its shot: a model moves lips only in a clip of its own.

scene a 8s { says maya "Hello."  shot 4s { … }  shot 4s { … } }      -> in which of the two?

A voice-over may lie over all shots, where none of them has a line that it would talk over.
"""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic, Label


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0443."""
    for piece in script.pieces:
        if isinstance(piece, Scene) and piece.shots:
            yield from _judge(piece)


def _judge(scene: Scene) -> Iterator[Diagnostic]:
    inner = next((line for shot in scene.shots for line in shot.lines), None)
    for line in scene.lines:
        if line.on_camera or line.by_model:
            message = f"`{scene.name}` is split into shots, and this line is in none of them"
            hint = "move it into the `shot` in which it is said"
            yield Diagnostic("AD0443", message, line.span, "said in which shot?", hint)
        elif inner is not None:
            message = f"this voice-over lies over all of `{scene.name}`, and its shots have lines as well"
            notes = (Label(inner.span, "would be talked over"),)
            hint = "move it into a `shot`"
            yield Diagnostic("AD0443", message, line.span, "at the same time", hint, notes)
