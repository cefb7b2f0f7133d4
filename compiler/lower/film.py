"""The film: the timeline in frames, the last step that cuts it, and the order of all steps.

Every scene and card keeps exactly its written time. Times are rational and only the timeline's borders are rounded
to frames, so that rounding never adds up.
"""

from decimal import Decimal
from fractions import Fraction

from adc.compiler.definitions import Card, Scene
from adc.compiler.lower.card import lower_card
from adc.compiler.lower.scene import Clip, lower_scene
from adc.compiler.lower.sheet import Sheet
from adc.compiler.lower.speech import lower_voiceovers
from adc.compiler.plan import Json, Placed, Plan, Step
from adc.compiler.units import dollars_text, frames_in, seconds_text

TARGET = "film.master"


def lower_film(sheet: Sheet) -> Plan | None:
    """Lower every piece in the order of the screen, then the film itself. None where a piece could not be."""
    ad = sheet.script.ad
    timeline: list[Placed] = []
    segments: list[Json] = []
    voices: list[Json] = []
    clips: dict[str, Clip] = {}
    elapsed = Fraction(0)
    before: Clip | None = None
    for index, piece in enumerate(sheet.script.pieces):
        join = sheet.script.joins[index - 1] if index else None
        start = frames_in(elapsed, ad.rate)
        elapsed += piece.seconds
        frames = frames_in(elapsed, ad.rate) - start
        if isinstance(piece, Card):
            segments.append({"id": piece.name, "image": lower_card(sheet, piece), "frames": frames})
            timeline.append(_placed(piece, start, frames, f"{piece.name}.card", bought=""))
            before = None
            continue
        continued = before if join is not None and join.kind == "continue" else None
        clip = lower_scene(sheet, piece, frames, clips, continued)
        spoken = lower_voiceovers(sheet, piece, frames)
        before = clip
        if clip is None:
            continue
        clips[piece.name] = clip
        segments.append({"id": piece.name, "video": clip.ref, "frames": frames, "skip": int(clip.continues)})
        timeline.append(_placed(piece, start, frames, f"{piece.name}.clip", bought=seconds_text(clip.bought)))
        voices.extend({"audio": voice.sound, "at": start + voice.at, "frames": voice.frames} for voice in spoken)
    if len(timeline) < len(sheet.script.pieces) or not timeline:
        return None
    arguments: dict[str, Json] = {
        "width": ad.size.width,
        "height": ad.size.height,
        "rate": ad.rate,
        "segments": segments,
        "voices": voices,
    }
    sheet.add(Step(TARGET, "film", None, arguments, "video", "the finished film"))
    plan = Plan(
        name=ad.name,
        title=ad.title,
        width=ad.size.width,
        height=ad.size.height,
        rate=ad.rate,
        frames=sum(placed.frames for placed in timeline),
        files=tuple(sorted(sheet.files.values(), key=lambda file: file.digest)),
        steps=_in_order(sheet.steps),
        timeline=tuple(timeline),
        target=TARGET,
    )
    _check_budget(sheet, plan.usd)
    return plan


def _placed(piece: Scene | Card, start: int, frames: int, step: str, *, bought: str) -> Placed:
    kind = "card" if isinstance(piece, Card) else "scene"
    return Placed(piece.name, kind, step, start, frames, bought, seconds_text(piece.seconds))  # type: ignore[arg-type]


def _in_order(steps: dict[str, Step]) -> tuple[Step, ...]:
    """The steps in the order of the sheet, each after those it needs."""
    ordered: dict[str, Step] = {}

    def visit(step: Step) -> None:
        if step.id not in ordered:
            for need in step.needs:
                visit(steps[need])
            ordered[step.id] = step

    for step in steps.values():
        visit(step)
    return tuple(ordered.values())


def _check_budget(sheet: Sheet, usd: Decimal) -> None:
    ad = sheet.script.ad
    if ad.budget is None or usd <= ad.budget:
        return
    assert ad.budget_span is not None
    sheet.report(
        "AD0510",
        f"the plan costs {dollars_text(usd)}, which is {dollars_text(usd - ad.budget)} over the budget",
        ad.budget_span,
        label=f"{dollars_text(ad.budget)} allowed",
        hint="shorten a scene, choose a cheaper model with `using`, or raise the budget",
    )
