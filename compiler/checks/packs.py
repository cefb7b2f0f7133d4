"""A pack is made from one photo of the character."""

from collections.abc import Iterator

from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0415."""
    for character in script.characters.values():
        if character.pack and character.reference is None:
            message = f"`{character.name}` has a pack and no `reference` to make it from"
            hint = 'add a line such as `reference "refs/maya.png"`'
            yield Diagnostic("AD0415", message, character.pack[0].span, "views of what?", hint)
