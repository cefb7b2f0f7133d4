"""Every text of a film with what it is for: told to a model, spoken, or shown."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from adc.compiler.definitions import Card, Keyframe, Scene, Script, Text

Use: TypeAlias = Literal["told", "spoken", "shown"]


def texts(script: Script) -> Iterator[tuple[Text, Use]]:
    """The texts of a film, each once, also those of shots. Values of params and variants are not among them."""
    yield from dict.fromkeys((*_declared(script), *_played(script)))


def acts(scene: Scene) -> tuple[Scene, ...]:
    """What a scene is made of: its shots, or itself."""
    return scene.shots or (scene,)


def told(scene: Scene) -> Iterator[Text]:
    """The texts of a scene or shot that a model of pictures or clips is told, `avoid` left out."""
    yield from scene.parts.values()
    if scene.prompt is not None:
        yield scene.prompt
    for frame in (scene.start, scene.end):
        if isinstance(frame, Keyframe):
            yield frame.prompt


def _declared(script: Script) -> Iterator[tuple[Text, Use]]:
    for who in script.characters.values():
        yield from _each("told", who.looks, who.wears, who.voice.id if who.voice else None)
    for thing in script.products.values():
        yield from _each("told", thing.looks)
    for style in script.styles.values():
        yield from _each("told", style.look, style.avoid)
    for voice in script.voices.values():
        yield from _each("told", voice.id)
    if script.ad.music and isinstance(script.ad.music.source, Text):
        yield from _each("told", script.ad.music.source)


def _played(script: Script) -> Iterator[tuple[Text, Use]]:
    for piece in script.pieces:
        if isinstance(piece, Card):
            yield from _each("shown", piece.headline, *piece.lines, piece.button)
            continue
        for act in (piece, *piece.shots):
            yield from _each("told", *told(act), act.avoid, *(each.text for each in act.effects))
            yield from _each("spoken", *(line.text for line in act.lines))
            yield from _each("shown", *(each.text for each in act.supers))
    for join in script.joins:
        yield from _each("told", join.prompt if join else None)


def _each(use: Use, *found: Text | None) -> Iterator[tuple[Text, Use]]:
    for text in found:
        if text is not None:
            yield text, use
