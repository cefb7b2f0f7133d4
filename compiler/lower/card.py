"""A card: a still drawn here, free. Its words are letters of the font that it is set in."""

from collections.abc import Mapping
from itertools import takewhile

from adc.compiler.definitions import Card, Text
from adc.compiler.letters import has
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
        "headline": _shown(sheet, card.headline, scope),
        "lines": [_shown(sheet, line, scope) for line in card.lines],
        "button": _shown(sheet, card.button, scope),
        "logo": sheet.picture(card.logo) if card.logo else None,
        "image": sheet.picture(card.image) if card.image else None,
    }
    return sheet.add(Step(f"{card.name}.card", "card", None, arguments, "image", f"card {card.name}"))


def _shown(sheet: Sheet, text: Text | None, scope: Mapping[str, object]) -> str:
    """The words of the card, in letters that can be drawn; others are reported at the first place."""
    words = sheet.words(text, scope)
    missing = next((index for index, letter in enumerate(words) if not has(letter)), None)
    if text is not None and missing is not None:
        run = "".join(takewhile(lambda letter: not has(letter), words[missing:]))
        start = text.value.find(run)
        within = (start, start + len(run)) if start >= 0 else (0, len(text.value))
        shown = f"`{run[0]}` " if run[0].isprintable() else ""
        label = "" if start >= 0 else "a name in this text has it"
        hint = 'cards are set in Noto Sans; other letters and emoji can stand in a picture: `image "refs/offer.png"`'
        message = f"the font of cards has no letter {shown}(U+{ord(run[0]):04X})"
        sheet.report("AD0312", message, sheet.place(text, *within), label=label, hint=hint)
    return words
