"""`looks auto` has a picture to look at: a vision model describes the `reference`."""

from collections.abc import Iterator

from adc.compiler.definitions import Character, Product, Script
from adc.compiler.diagnostics import Diagnostic


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0444."""
    members: list[Character | Product] = [*script.characters.values(), *script.products.values()]
    for member in members:
        if member.looks_auto is not None and member.reference is None:
            message = f"`{member.name}` has no `reference` that could be described"
            hint = 'add a line such as `reference "refs/maya.png"`, or write the looks: `looks "freckles, dark curls"`'
            yield Diagnostic("AD0444", message, member.looks_auto.span, "looks of what?", hint)
