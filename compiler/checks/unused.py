"""What the spec itself declares is used. Imported files may hold more than one film needs."""

from collections.abc import Iterator

from adc.compiler.definitions import Card, Keyframe, Scene, Script, Text
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.mentions import names


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0208."""
    used = {name for text in _texts(script) for name in names(text)}
    styles = {script.ad.style.name} if script.ad.style else set()
    for piece in script.pieces:
        if isinstance(piece, Scene):
            used |= {subject.name for subject in piece.cast}
            used |= {line.who.name for line in piece.lines if line.who}
            styles |= {piece.style.name} if piece.style else set()
    for kind, declared, in_use in (
        ("character", script.characters, used),
        ("product", script.products, used),
        ("style", script.styles, styles),
    ):
        for name, definition in declared.items():
            if name not in in_use and definition.span.path == script.ad.span.path:
                hint = (
                    f"use it in the `ad` or a scene: `style {name}`"
                    if kind == "style"
                    else f"add it to a scene: `cast {name}`"
                )
                message = f"the {kind} `{name}` is used nowhere"
                yield Diagnostic("AD0208", message, definition.span, hint=hint, severity=Severity.WARNING)


def _texts(script: Script) -> Iterator[Text]:
    for piece in script.pieces:
        if isinstance(piece, Card):
            yield from (text for text in (piece.headline, *piece.lines, piece.button) if text)
            continue
        yield from piece.parts.values()
        yield from (text for text in (piece.prompt, piece.avoid) if text)
        yield from (line.text for line in piece.lines)
        if isinstance(piece.start, Keyframe):
            yield piece.start.prompt
