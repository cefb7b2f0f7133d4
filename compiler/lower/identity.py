"""Who someone is, as pictures: the reference itself, or the views of a pack made from it.

A pack's first view is the frontal picture, the others are further angles; an endpoint takes at most three of those.
Views that no scene uses are not bought.
"""

from dataclasses import dataclass

from adc.compiler.definitions import Character, Name, Product
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.prompts import compose_view

VIEW_MODEL = "ideogram_character"
"""The model that makes a pack; the language names it with `pack`."""

MOST_ANGLES = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """A member of the cast in pictures: references to the frontal picture and to further angles."""

    frontal: Json
    angles: tuple[Json, ...]

    def to_fact(self) -> Json:
        """The fact that a request's list of subjects is filled from."""
        fact: dict[str, Json] = {"frontal": self.frontal}
        if self.angles:
            fact["angles"] = list(self.angles)
        return fact


def has_pictures(member: Character | Product) -> bool:
    """Whether there is a picture that can keep them the same."""
    return member.reference is not None


def subject(sheet: Sheet, member: Character | Product) -> Subject | None:
    """The pictures that stand for a member of the cast; None where there is no reference."""
    if member.reference is None:
        return None
    if isinstance(member, Product) or not member.pack:
        return Subject(sheet.picture(member.reference), ())
    frontal = next((view for view in member.pack if view.value == "front"), member.pack[0])
    angles = [view for view in member.pack if view.value != frontal.value][:MOST_ANGLES]
    return Subject(_view(sheet, member, frontal), tuple(_view(sheet, member, view) for view in angles))


def _view(sheet: Sheet, member: Character, view: Name) -> Json:
    assert member.reference is not None
    (endpoint,) = sheet.catalogue.of_model(VIEW_MODEL)
    picture = sheet.picture(member.reference)
    words = sheet.composed(lambda: compose_view(sheet.script, member, view.value))
    facts: dict[str, Json] = {"prompt": words, "reference": picture, "aspect": "3:4"}
    brief: dict[str, Json] = {
        "title": f"{member.name}.pack.{view.value}",
        "view": view.value,
        "model": endpoint.title,
        "words": words,
        "cast": [{"name": member.name, "display": member.display, "picture": picture}],
    }
    return buy(
        sheet,
        f"{member.name}.pack.{view.value}",
        endpoint,
        facts,
        purpose=f"{member.display}, {view.value.replace('_', ' ')} view",
        brief=brief,
        span=view.span,
    )
