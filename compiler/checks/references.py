"""What is done with somebody's `reference` needs one: cutting it out, and showing it on a card.

product serum { cutout }      -> there is no picture to take the background out of
"""

from collections.abc import Iterator

from adc.compiler.definitions import Card, Character, Product, Script
from adc.compiler.diagnostics import Diagnostic


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0580, AD0582."""
    members: list[Character | Product] = [*script.characters.values(), *script.products.values()]
    for member in members:
        if member.cutout is not None and member.reference is None:
            message = f"`{member.name}` has no `reference` that could be cut out"
            hint = 'add a line such as `reference "refs/serum.png"`, or leave `cutout` away'
            yield Diagnostic("AD0580", message, member.cutout.span, "cut out of what?", hint)
    for piece in script.pieces:
        shown = piece.image if isinstance(piece, Card) else None
        if isinstance(shown, Character | Product) and shown.reference is None:
            message = f"`{piece.name}` shows `{shown.name}`, who has no `reference`"
            message = message if isinstance(shown, Character) else message.replace("who has", "which has")
            hint = f'add a `reference` to `{shown.name}`, or name a file: `image "refs/bottle.png"`'
            yield Diagnostic("AD0582", message, shown.span, "a picture is missing here", hint)
