"""Words that a model writes can be told to models that are asked after it; a line or a card is fixed before.

character maya { looks auto }
says maya "I am {{ maya.looks }}"      -> nobody knows the words when the line is bought
"""

from collections.abc import Iterator

from adc.compiler.definitions import Character, Product, Script
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.needs import Part, named, order, parts
from adc.compiler.source import Span
from adc.compiler.texts import texts


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0606."""
    subjects: dict[str, Character | Product] = {**script.products, **script.characters}
    written_later = {(name, "looks"): who.looks_auto.span for name, who in subjects.items() if who.looks_auto}
    if not written_later:
        return
    waits = _waits(script, written_later)
    for text, use in texts(script):
        for mention in named(text, "", waits) if use != "told" else ():
            part = waits[mention.part]
            if part is not None:
                who = ".".join(part)
                message = f"the words of `{who}` come too late for what is {use}"
                label = f"`{'.'.join(mention.path)}` waits for them" if mention.part != part else "not written yet"
                hint = f'prompts can wait for `looks auto`; write the words here, or `looks "…"` in `{part[0]}`'
                yield Diagnostic("AD0606", message, text.span, label, hint, (Label(written_later[part], "`auto`"),))


def _waits(script: Script, written_later: dict[Part, Span]) -> dict[Part, Part | None]:
    """For each part of a text, whose `looks auto` it waits for."""
    known = parts(script)
    waits: dict[Part, Part | None] = {}
    for part in order(script):
        group, dot, _ = part[0].rpartition(".")
        inner = (mention.part for text in known[part] for mention in named(text, group + dot, known))
        waits[part] = part if part in written_later else next(filter(None, (waits.get(each) for each in inner)), None)
    return waits
