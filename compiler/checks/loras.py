"""A LoRA is trained on enough photos, and for a keyframe that uses it.

lora { photos "maya/*.jpg" }      -> four different photos or more, and `start keyframe "{{ maya }} on a bench"`
"""

from collections.abc import Iterator
from typing import Final

from adc.compiler.definitions import Character, Keyframe, Lora, Product, Scene, Script
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.texts import acts

LEAST: Final = 4
"""Photos without which the trainers of fal.ai do not begin."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0208, AD0445."""
    scenes = [piece for piece in script.pieces if isinstance(piece, Scene)]
    shown = {member.name for scene in scenes for act in (scene, *scene.shots) for member in act.cast}
    used = set(_used(scenes))
    yield from _idle(script)
    for who in script.characters.values():
        if who.lora is not None:
            yield from _photos(who, who.lora)
            if who.name in shown and who.name not in used and who.lora.span.path == script.ad.span.path:
                message = f"no keyframe shows `{who.name}`, so this LoRA is not trained"
                hint = f'begin a scene with one: `start keyframe "{{{{ {who.name} }}}} on a bench"`'
                yield Diagnostic("AD0208", message, who.lora.span, "without use", hint, severity=Severity.WARNING)


def _idle(script: Script) -> Iterator[Diagnostic]:
    """Photos that nothing is trained on: no model is ever shown them."""
    idle = [who for who in script.characters.values() if who.lora is None]
    members: list[Character | Product] = [*idle, *script.products.values()]
    for member in members:
        if member.photos and member.photos[0].span.path == script.ad.span.path:
            message = f"nothing is trained on the photos of `{member.name}`"
            hint = "models are shown the `reference`; photos are for the `lora` of a character"
            yield Diagnostic("AD0208", message, member.photos[0].span, "without use", hint, severity=Severity.WARNING)


def _photos(who: Character, lora: Lora) -> Iterator[Diagnostic]:
    count = len({photo.digest for photo in lora.photos})
    if count >= LEAST:
        return
    different = "different " if count < len(lora.photos) else ""
    photos = f"{count or 'no'} {different}photo{'' if count == 1 else 's'}"
    message = f"the LoRA of `{who.name}` has {photos} to learn from"
    hint = 'ten or more are better; name them all at once: `photos "refs/maya/*.jpg"`'
    yield Diagnostic("AD0445", message, lora.span, f"at least {LEAST} are needed", hint)


def _used(scenes: list[Scene]) -> Iterator[str]:
    """Characters whose LoRA some keyframe is made with."""
    for act in (act for scene in scenes for act in acts(scene)):
        for frame in (act.start, act.end):
            if isinstance(frame, Keyframe):
                named = frame.using and frame.using.value
                yield from (member.name for member in act.cast if named in (None, f"{member.name}.lora"))
