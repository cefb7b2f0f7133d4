"""`prompt` replaces the prompt that would be composed, so the parts beside it have no effect."""

from collections.abc import Iterator

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.texts import acts


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0413."""
    for piece in script.pieces:
        if isinstance(piece, Scene):
            yield from dict.fromkeys(found for act in acts(piece) for found in _judge(piece, act))


def _judge(scene: Scene, act: Scene) -> Iterator[Diagnostic]:
    for part, text in act.parts.items() if act.prompt is not None else ():
        if act is not scene and text == scene.parts.get(part) and act.prompt != scene.prompt:
            continue  # a part of the scene that only its other shots need
        message = f"`{part}` has no effect beside `prompt`"
        assert act.prompt is not None
        notes = (Label(act.prompt.span, "this is the whole prompt"),)
        hint = "move its words into the prompt, or remove the prompt"
        yield Diagnostic("AD0413", message, text.span, "not used", hint, notes, Severity.WARNING)
