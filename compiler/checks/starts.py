"""A frame of another scene exists by the time it is needed.

`start frame of SCENE` takes the last frame of a scene that plays earlier, and `start clip of SCENE` goes on from the
whole of it; `end frame of SCENE` leads to the first frame of another one, whichever plays first.
"""

from collections.abc import Iterator

from adc.compiler.definitions import Card, ClipOf, FrameOf, Scene, Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.vocabulary import likeliest


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0201, AD0205, AD0407."""
    scenes = [piece.name for piece in script.pieces if isinstance(piece, Scene)]
    earlier: list[str] = []
    for piece in script.pieces:
        if isinstance(piece, Scene):
            for act in (piece, *piece.shots):
                if isinstance(act.start, FrameOf | ClipOf):
                    yield from _judge(script, piece, act.start, "start", earlier)
                if isinstance(act.end, FrameOf):
                    others = [name for name in scenes if name != piece.name]
                    yield from _judge(script, piece, act.end, "end", others)
            earlier.append(piece.name)


def _judge(
    script: Script, piece: Scene, frame: FrameOf | ClipOf, word: str, possible: list[str]
) -> Iterator[Diagnostic]:
    name = frame.scene
    which = "earlier" if word == "start" else "other"
    hint = likeliest(name.value, possible) or f"{which} scenes: " + ", ".join(f"`{scene}`" for scene in possible)
    if not possible:
        hint = f'the {"first" if word == "start" else "only"} scene {word}s with a file or a `keyframe "…"`'
    found = next((other for other in script.pieces if other.name == name.value), None)
    if found is None:
        message = f"`{name.value}` is not declared"
        yield Diagnostic("AD0201", message, name.span, "no scene has this name", hint)
    elif isinstance(found, Card):
        message = f"`{name.value}` is a card; a scene is needed here"
        yield Diagnostic("AD0205", message, name.span, "a card", hint)
    elif name.value not in possible:
        label = "the scene itself" if found is piece else "plays later"
        what = "go on from the clip" if isinstance(frame, ClipOf) else f"{word} with a frame"
        message = f"`{piece.name}` cannot {what} of `{name.value}`"
        yield Diagnostic("AD0407", message, name.span, label, hint)
