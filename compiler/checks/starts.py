"""`start frame of SCENE` takes a frame that exists by then: that of a scene which plays earlier."""

from collections.abc import Iterator

from adc.compiler.definitions import Card, FrameOf, Scene, Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.vocabulary import likeliest


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0201, AD0205, AD0407."""
    pieces = {piece.name: piece for piece in script.pieces}
    earlier: list[str] = []
    for piece in script.pieces:
        if isinstance(piece, Scene) and isinstance(piece.start, FrameOf):
            name = piece.start.scene
            hint = likeliest(name.value, earlier) or "earlier scenes: " + ", ".join(f"`{scene}`" for scene in earlier)
            if not earlier:
                hint = 'the first scene starts with a file or a `keyframe "…"`'
            found = pieces.get(name.value)
            if found is None:
                message = f"`{name.value}` is not declared"
                yield Diagnostic("AD0201", message, name.span, "no scene has this name", hint)
            elif isinstance(found, Card):
                message = f"`{name.value}` is a card; a scene is needed here"
                yield Diagnostic("AD0205", message, name.span, "a card", hint)
            elif name.value not in earlier:
                label = "the scene itself" if found is piece else "plays later"
                message = f"`{piece.name}` cannot start with a frame of `{name.value}`"
                yield Diagnostic("AD0407", message, name.span, label, hint)
        if isinstance(piece, Scene):
            earlier.append(piece.name)
