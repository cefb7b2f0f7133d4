"""`looks auto`: a vision model describes the reference picture once, and prompts quote its words."""

from adc.compiler.casting import Need
from adc.compiler.definitions import Character, Product
from adc.compiler.lower.identity import in_brief
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json

_ASK = {
    "character": "Describe this person for a casting sheet in one sentence of at most 35 words: apparent age, skin, "
    "hair, eyes, build, and marks that never change. Leave out clothes, mood, pose and background. Only the sentence.",
    "product": "Describe this product for a prop sheet in one sentence of at most 35 words: shape, material, colours, "
    "closure, and what the label reads. Leave out the background. Only the sentence.",
}


def offer_looks(sheet: Sheet, member: Character | Product) -> None:
    """Have the description ready as a spare step; it is bought only where a prompt quotes it."""
    assert member.looks_auto is not None
    if member.reference is None:
        return  # which a check has reported
    step_id = f"{member.name}.looks"
    wish = member.looks_auto
    casting = sheet.cast(Need("description", references=1), wish.using, wish.span, step_id=step_id)
    if casting is None:
        return
    kind = "character" if isinstance(member, Character) else "product"
    brief: dict[str, Json] = {
        "title": f"{member.name}.looks",
        "model": casting.endpoint.title,
        "words": _ASK[kind],
        "cast": [in_brief(sheet, member)],
    }
    before = dict(sheet.steps)
    buy(
        sheet,
        step_id,
        casting.endpoint,
        {"prompt": _ASK[kind], "reference": sheet.file(member.reference)},
        purpose=f"what {member.display} looks like, in words",
        asked={"of": kind},
        using=wish.using,
        why=casting.why,
        brief=brief,
        span=wish.span,
    )
    sheet.spare[step_id] = sheet.steps[step_id]
    sheet.steps = before
