"""A card: a still drawn here, free. Its words are letters of the font that it is set in."""

from collections.abc import Mapping
from itertools import takewhile

from adc.compiler.definitions import Card, Character, Product, Text
from adc.compiler.letters import has
from adc.compiler.lower.identity import reference
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json, Step
from adc.compiler.units import Size


def lower_card(sheet: Sheet, card: Card, size: Size, suffix: str = "") -> Json:
    """Put the card's step, laid out for a size, on the sheet; gives the reference to its picture."""
    scope = sheet.scope(card)
    arguments: dict[str, Json] = {
        "width": size.width,
        "height": size.height,
        "background": card.background,
        "headline": shown(sheet, card.headline, scope),
        "lines": [shown(sheet, line, scope) for line in card.lines],
        "button": shown(sheet, card.button, scope),
        "logo": sheet.file(card.logo) if card.logo else None,
        "image": _image(sheet, card),
    }
    return sheet.add(Step(f"{card.name}.card{suffix}", "card", None, arguments, "image", f"card {card.name}"))


def _image(sheet: Sheet, card: Card) -> Json:
    if isinstance(card.image, Character | Product):
        return reference(sheet, card.image)
    return sheet.file(card.image) if card.image else None


def shown(sheet: Sheet, text: Text | None, scope: Mapping[str, object] | None) -> str:
    """Words for a picture, in letters that can be drawn; others are reported at the first place."""
    words = sheet.words(text, scope)
    missing = next((index for index, letter in enumerate(words) if not has(letter)), None)
    if text is not None and missing is not None:
        run = "".join(takewhile(lambda letter: not has(letter), words[missing:]))
        start = text.value.find(run)
        within = (start, start + len(run)) if start >= 0 else (0, len(text.value))
        shown = f"`{run[0]}` " if run[0].isprintable() else ""
        label = "" if start >= 0 else "a name in this text has it"
        hint = 'words are set in Noto Sans; other letters and emoji can stand in a card\'s `image "refs/offer.png"`'
        message = f"the font has no letter {shown}(U+{ord(run[0]):04X})"
        sheet.report("AD0312", message, sheet.place(text, *within), label=label, hint=hint)
    return words
