"""A LoRA: a small model of one person, trained once on photos and then used by every keyframe she is in."""

import posixpath

from adc.compiler.casting import Need
from adc.compiler.definitions import Character, Lora
from adc.compiler.lower.identity import in_brief
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json, Step

DEFAULT = "flux_lora_fast_training"
"""Who trains where the spec does not say."""


def family_of(sheet: Sheet, lora: Lora) -> str:
    """The family of models that can use what is trained; empty where nobody is known to train it."""
    trainers = sheet.catalogue.of_model(lora.using.value if lora.using else DEFAULT)
    return trainers[0].lora_family if trainers else ""


def lower_lora(sheet: Sheet, character: Character, lora: Lora) -> Json:
    """Put the photos' archive and the training on the sheet; gives the reference to the weights, None if impossible."""
    step_id = f"{character.name}.lora"
    casting = sheet.cast(Need("training"), lora.using, lora.span, usual=DEFAULT, step_id=step_id)
    if casting is None:
        return None
    entries: list[Json] = [
        {"name": f"{number:03}{posixpath.splitext(photo.path)[1].lower()}", "file": sheet.file(photo)}
        for number, photo in enumerate(sorted(lora.photos, key=lambda photo: photo.digest), start=1)
    ]
    photos = f"{len(entries)} photos of {character.display}"
    archive = sheet.add(Step(f"{character.name}.photos", "archive", None, {"entries": entries}, "archive", photos))
    brief: dict[str, Json] = {
        "title": f"{character.name}.lora",
        "model": casting.endpoint.title,
        "cast": [in_brief(sheet, character)],
    }
    return buy(
        sheet,
        step_id,
        casting.endpoint,
        {"archive": archive, "trigger": lora.trigger, "steps": lora.steps},
        purpose=f"{character.display} as a model of her own, {lora.steps} steps",
        asked={"trigger": lora.trigger, "steps": lora.steps},
        using=lora.using,
        why=casting.why if lora.using else "the usual trainer",
        brief=brief,
        span=lora.span,
        options=lora.options,
    )
