"""Who someone is, as pictures: the reference itself, or the views of a pack made from it.

`views_of` says which pictures stand for whom, the frontal one first. A view is bought once, however many scenes show
the person, and a view that no scene uses is not bought.
"""

from collections.abc import Sequence

from adc.compiler.casting import Need, views_of
from adc.compiler.definitions import Character, Product
from adc.compiler.frozen import frozen
from adc.compiler.lower.asked import view_asks
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.prompts import compose_view

VIEW_MODEL = "ideogram_character"
"""The model that makes a pack; the language names it with `pack`."""

_ASPECT = "3:4"
"""Portraits are made upright, whatever shape the film has."""


@frozen
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


def pictured(cast: Sequence[Character | Product]) -> list[Character | Product]:
    """Those of a cast who have pictures."""
    return [member for member in cast if views_of(member)]


def subject(sheet: Sheet, member: Character | Product) -> Subject:
    """The pictures that stand for a member of the cast who has some."""
    frontal, *angles = (_picture(sheet, member, view) for view in views_of(member))
    return Subject(frontal, tuple(angles))


def in_brief(sheet: Sheet, member: Character | Product) -> Json:
    """A member of the cast as a brief tells it."""
    views = member.views if isinstance(member, Character) else {}
    shown = member.reference or next(iter(views.values()), None)
    return {
        "name": member.name,
        "kind": "character" if isinstance(member, Character) else "product",
        "display": member.display,
        "picture": sheet.file(shown) if shown else None,
    }


def reference(sheet: Sheet, member: Character | Product) -> Json:
    """The picture of somebody or something that has one: as it is, or cut out of its background where that is asked."""
    assert member.reference is not None
    picture = sheet.file(member.reference)
    if member.cutout is None:
        return picture
    step_id = f"{member.name}.cutout"
    casting = sheet.cast(Need("cutout", references=1), member.cutout.using, member.cutout.span, step_id=step_id)
    if casting is None:
        return picture  # which is told; nothing is to follow from it
    return buy(
        sheet,
        step_id,
        casting.endpoint,
        {"reference": picture},
        purpose=f"{member.display} without a background",
        asked={},
        using=member.cutout.using,
        why=casting.why,
        brief={"title": f"{member.name}.cutout", "model": casting.endpoint.title, "cast": [in_brief(sheet, member)]},
        span=member.cutout.span,
    )


def _picture(sheet: Sheet, member: Character | Product, view: str) -> Json:
    if isinstance(member, Character) and view in member.views:
        return sheet.file(member.views[view])
    assert member.reference is not None
    if view == "reference" or isinstance(member, Product):
        return reference(sheet, member)
    span = next(written.span for written in member.pack if written.value == view)
    (endpoint,) = sheet.catalogue.of_model(VIEW_MODEL)
    picture = reference(sheet, member)
    words = sheet.composed(
        lambda: compose_view(member, view, script=sheet.script, endpoint=endpoint, write=sheet.write)
    )
    facts: dict[str, Json] = {"prompt": words, "reference": picture, "aspect": _ASPECT}
    brief: dict[str, Json] = {
        "title": f"{member.name}.pack.{view}",
        "view": view,
        "model": endpoint.title,
        "aspect": _ASPECT,
        "words": words,
        "cast": [in_brief(sheet, member)],
    }
    return buy(
        sheet,
        f"{member.name}.pack.{view}",
        endpoint,
        facts,
        purpose=f"{member.display}, {view.replace('_', ' ')} view",
        asked=view_asks(sheet, member, view),
        templated=True,
        brief=brief,
        span=span,
    )
