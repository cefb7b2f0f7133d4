"""Pictures that give a look, and that no model of the film is shown: many look at words alone."""

from adc.compiler.definitions import Picture, Scene
from adc.compiler.lower.sheet import Sheet
from adc.compiler.prompts import look_of


def warn_of_unseen(sheet: Sheet) -> None:
    """Report the pictures of styles and scenes that are in no request, once the whole film is on the sheet."""
    scenes = (piece for piece in sheet.script.pieces if isinstance(piece, Scene))
    looks = (look_of(sheet.script, act) for scene in scenes for act in (scene.shots or (scene,)))
    unseen: dict[str, Picture] = {look.path: look for look in looks if look and look.digest not in sheet.files}
    for look in unseen.values():
        sheet.report(
            "AD0511",
            f"no model is shown `{look.path}`",
            look.span,
            label="the models of these scenes take no pictures for a look",
            hint="say the look in words, with `look`, or use a model that takes references, such as `kling_o1`",
            warning=True,
        )
