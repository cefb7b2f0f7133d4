"""A card: a still drawn here, free."""

from adc.compiler.definitions import Card
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json, Step
from adc.compiler.prompts import bind


def lower_card(sheet: Sheet, card: Card) -> Json:
    """Put the card's step on the sheet; gives the reference to its picture."""
    scope = bind(sheet.script, card, None)
    size = sheet.script.ad.size
    arguments: dict[str, Json] = {
        "width": size.width,
        "height": size.height,
        "background": card.background,
        "headline": sheet.words(card.headline, scope),
        "lines": [sheet.words(line, scope) for line in card.lines],
        "button": sheet.words(card.button, scope),
        "logo": sheet.picture(card.logo) if card.logo else None,
        "image": sheet.picture(card.image) if card.image else None,
    }
    return sheet.add(Step(f"{card.name}.card", "card", None, arguments, "image", f"card {card.name}"))
