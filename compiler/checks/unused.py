"""What the spec itself declares is used. Imported files may hold more than one film needs."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from adc.compiler.definitions import Card, Character, Keyframe, Product, Scene, Script, Text
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.mentions import names
from adc.compiler.source import Span
from adc.compiler.texts import texts

_HINTS = {
    "character": "add it to a scene: `cast {}`",
    "product": "add it to a scene: `cast {}`",
    "style": "use it in the `ad` or a scene: `style {}`",
    "voice": "give it to a character: `voice {}`",
    "param": "put it into a text: `{{{{ {} }}}}`",
    "variant": "put it into a text: `{{{{ {} }}}}`",
    "model": "name it in a scene: `using {}`",
}


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0208."""
    mentioned = {name for text in _texts(script) for name in names(text)}
    scenes = [act for piece in script.pieces if isinstance(piece, Scene) for act in (piece, *piece.shots)]
    cast = {subject.name for scene in scenes for subject in scene.cast}
    cast |= {line.who.name for scene in scenes for line in scene.lines if line.who}
    images = (piece.image for piece in script.pieces if isinstance(piece, Card))
    cast |= {image.name for image in images if isinstance(image, Character | Product)}
    styles = {style.name for style in (script.ad.style, *(scene.style for scene in scenes)) if style}
    voices = {who.voice.name for who in script.characters.values() if who.voice}
    models = {each.name.value: each.name.span for each in script.models.values()}
    for kind, declared, used in (
        ("character", _places(script.characters), cast | mentioned),
        ("product", _places(script.products), cast | mentioned),
        ("style", _places(script.styles), styles),
        ("voice", _places(script.voices), voices),
        ("param", _places(script.params), mentioned),
        ("variant", _places(script.variants), mentioned),
        ("model", models, set(_models(script, scenes))),
    ):
        for name, span in declared.items():
            if name not in used and span not in script.valued and span.path == script.ad.span.path:
                message, hint = f"the {kind} `{name}` is used nowhere", _HINTS[kind].format(name)
                yield Diagnostic("AD0208", message, span, hint=hint, severity=Severity.WARNING)


class _Placed(Protocol):
    """Anything with a place in the spec."""

    @property
    def span(self) -> Span:
        """Where its name stands."""
        ...


def _places(declared: Mapping[str, _Placed]) -> dict[str, Span]:
    return {name: definition.span for name, definition in declared.items()}


def _texts(script: Script) -> Iterator[Text]:
    """Every text that may mention something, those of params and variants included."""
    yield from (text for text, _ in texts(script))
    values = [param.value for param in script.params.values()]
    values += [choice for variant in script.variants.values() for choice in variant.choices.values()]
    yield from (value for value in values if isinstance(value, Text))


def _models(script: Script, scenes: list[Scene]) -> Iterator[str]:
    """Every model that is named somewhere."""
    used = [scene.using for scene in scenes]
    used += [frame.using for scene in scenes for frame in (scene.start, scene.end) if isinstance(frame, Keyframe)]
    used += [voice.using for voice in script.voices.values()]
    for who in script.characters.values():
        used += [part.using for part in (who.voice, who.lora) if part]
    used += [script.ad.music.using] if script.ad.music else []
    used += [script.ad.captions_heard]
    used += [effect.using for scene in scenes for effect in scene.effects]
    members: list[Character | Product] = [*script.characters.values(), *script.products.values()]
    wishes = [wish for member in members for wish in (member.cutout, member.looks_auto)]
    wishes += [script.ad.upscale, *(scene.upscale for scene in scenes)]
    used += [wish.using for wish in wishes if wish]
    yield from (name.value for name in used if name)
