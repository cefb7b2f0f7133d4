"""The film: the timeline in frames, the steps that cut it in each shape, and the order of all steps.

Every scene, card and morph keeps exactly its written time; a cross-fade shows two of them at once. Times are rational
and only the timeline's borders are rounded to frames, so that rounding never adds up.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from adc.compiler import platforms
from adc.compiler.declarations import LOUDNESS
from adc.compiler.definitions import Card, Character, Product, Scene, Transition
from adc.compiler.lower.asked import with_asks
from adc.compiler.lower.card import lower_card
from adc.compiler.lower.effect import ids_of, lower_effects
from adc.compiler.lower.looks import offer_looks
from adc.compiler.lower.morph import lower_morph
from adc.compiler.lower.music import lower_music
from adc.compiler.lower.scene import Clip, Lowered, ends_on, first_frame, lower_scene
from adc.compiler.lower.sheet import Sheet
from adc.compiler.lower.unseen import warn_of_unseen
from adc.compiler.lower.words import captions, cut_up, supers
from adc.compiler.plan import Deliverable, Json, Placed, Plan, Step, needed
from adc.compiler.units import Aspect, Size, dollars_text, frames_in, pixels, seconds_text

TARGET = "film.master"


class _Cut:
    """The film as far as it is laid out. `cards` are the segments whose picture each shape lays out anew."""

    def __init__(self) -> None:
        self.timeline: list[Placed] = []
        self.segments: list[dict[str, Json]] = []
        self.cards: dict[int, Card] = {}
        self.voices: list[Json] = []
        self.supers: list[Json] = []
        self.captions: list[Json] = []
        self.effects: list[Json] = []


def lower_film(sheet: Sheet) -> Plan | None:
    """Lower every piece in the order of the screen, then the film in every shape. None where a piece could not be."""
    ad = sheet.script.ad
    members: list[Character | Product] = [*sheet.script.characters.values(), *sheet.script.products.values()]
    for member in members:
        if member.looks_auto:
            offer_looks(sheet, member)
    cut, elapsed = _cut(sheet)
    if cut is None:
        return None
    music = lower_music(sheet, ad.music, elapsed) if ad.music else None
    deliverables = []
    for index, aspect in enumerate(ad.deliver):
        size = pixels(ad.short_side, aspect)
        shape = str(aspect).replace(":", "x")
        step_id = TARGET if index == 0 else f"film.{shape}"
        arguments = _film(sheet, cut, music, aspect, size, "" if index == 0 else f".{shape}")
        purpose = "the finished film" if len(ad.deliver) == 1 else f"the finished film, {aspect}"
        sheet.add(Step(step_id, "film", None, arguments, "video", purpose))
        deliverables.append(Deliverable(step_id, str(aspect), size.width, size.height))
    if sheet.wrong:
        return None
    warn_of_unseen(sheet)
    _warn_of_nothing(sheet, cut)
    # Of a pack, say, a request may have room for fewer views than there are.
    steps = needed(_in_order(sheet.steps), (film.step for film in deliverables))
    plan = Plan(
        name=ad.name,
        title=ad.title,
        width=deliverables[0].width,
        height=deliverables[0].height,
        rate=ad.rate,
        frames=frames_in(elapsed, ad.rate),
        choices={name: variant.chosen for name, variant in sheet.script.variants.items()},
        files=tuple(sorted(sheet.files.values(), key=lambda file: file.digest)),
        steps=steps if sheet.rough else with_asks(sheet, steps),
        timeline=tuple(cut.timeline),
        deliverables=tuple(deliverables),
    )
    _check_budget(sheet, plan.usd)
    return plan


def _cut(sheet: Sheet) -> tuple[_Cut | None, Fraction]:
    """The pieces laid out, or None where one could not be lowered; and the length of the film in seconds."""
    rate = sheet.script.ad.rate
    cut = _Cut()
    made: dict[str, Lowered] = {}
    elapsed = Fraction(0)
    whole = True
    pieces, joins = sheet.script.pieces, (None, *sheet.script.joins)
    for index, (piece, join) in enumerate(zip(pieces, joins, strict=False)):
        previous = pieces[index - 1] if index else None
        morph = join if join is not None and join.kind == "morph" else None
        lead = len(cut.segments)
        if morph is not None:
            elapsed += morph.seconds
        start = frames_in(elapsed - (join.overlap if join else 0), rate)
        fade = frames_in(elapsed, rate) - start if join else 0
        elapsed += piece.seconds - (join.overlap if join else 0)
        frames = frames_in(elapsed, rate) - start
        if isinstance(piece, Card):
            cut.cards[lead] = piece
            cut.segments.append({"id": piece.name, "frames": frames})
            bought, steps = "", [f"{piece.name}.card"]
        else:
            before = made.get(previous.name) if isinstance(previous, Scene) else None
            continued = before.clips[-1] if before and join is not None and join.kind == "continue" else None
            lowered = lower_scene(sheet, piece, frames, made, continued, led_in=morph is not None)
            if lowered is None:
                whole = False
                continue
            made[piece.name] = lowered
            if morph is not None and before is not None:
                whole = _morph(sheet, cut, morph, before, lowered, start) and whole
            lead = len(cut.segments)
            _scene(sheet, cut, lowered, start, frames)
            bought = " + ".join(seconds_text(clip.bought) for clip in lowered.clips)
            steps = [clip.id for clip in lowered.clips]
        if fade and join is not None and lead < len(cut.segments):
            cut.segments[lead]["fade"] = {"kind": join.kind.replace("_", ""), "frames": fade}
        kind: Literal["card", "scene"] = "card" if isinstance(piece, Card) else "scene"
        kept = seconds_text(piece.seconds)
        cut.timeline.append(Placed(piece.name, kind, tuple(steps), start, frames, bought, kept))
    for scene in made.values():
        for name in ends_on(scene.scene):
            if name in made:
                first_frame(sheet, name, made[name].clips[0])
    return cut if whole and cut.timeline else None, elapsed


def _scene(sheet: Sheet, cut: _Cut, lowered: Lowered, start: int, frames: int) -> None:
    scene, clips = lowered.scene, lowered.clips
    names = [scene.name] if len(clips) == 1 else [f"{scene.name}.{number + 1}" for number in range(len(clips))]
    cut.segments += [_segment(clip, name) for clip, name in zip(clips, names, strict=True)]
    cut.voices += [{"audio": voice.sound, "at": start + voice.at, "frames": voice.frames} for voice in lowered.voices]
    numbers = ids_of(scene)
    for part, at, length in cut_up(scene, start, frames):
        cut.supers += supers(sheet, part, at, length)
        cut.effects += lower_effects(sheet, part, at, length, numbers)
        if sheet.script.ad.captions:
            cut.captions += captions(sheet, part, at, length, lowered.said, names)


def _segment(clip: Clip, name: str) -> dict[str, Json]:
    """A clip as the film shows it: by its frames, after those that it skips, or of its last seconds."""
    segment: dict[str, Json] = {"id": name, "video": clip.ref, "frames": clip.frames, "skip": clip.skip}
    return segment | ({"last": seconds_text(clip.last)} if clip.last else {})


def _morph(sheet: Sheet, cut: _Cut, morph: Transition, before: Lowered, after: Lowered, until: int) -> bool:
    """Lay a morph out, which ends where the scene after it starts."""
    start = cut.timeline[-1].start + cut.timeline[-1].frames
    outer = (before.scene, before.clips[-1]), (after.scene, after.clips[0])
    clip = lower_morph(sheet, morph, *outer, until - start)
    if clip is None:
        return False
    cut.segments.append(_segment(clip, clip.id))
    kept = seconds_text(morph.seconds)
    cut.timeline.append(Placed(clip.id, "morph", (clip.id,), start, clip.frames, seconds_text(clip.bought), kept))
    return True


def _film(sheet: Sheet, cut: _Cut, music: Json, aspect: Aspect, size: Size, suffix: str) -> dict[str, Json]:
    """The arguments of the film in one shape. What a film has none of is left out."""
    ad = sheet.script.ad
    segments: list[Json] = [
        {**segment, "image": lower_card(sheet, cut.cards[index], size, suffix)} if index in cut.cards else segment
        for index, segment in enumerate(cut.segments)
    ]
    arguments: dict[str, Json] = {
        "width": size.width,
        "height": size.height,
        "rate": ad.rate,
        "segments": segments,
        "voices": cut.voices,
    }
    if music is not None:
        arguments["music"] = music
    if ad.loudness != LOUDNESS:
        arguments["loudness"] = str(ad.loudness)
    if cut.effects:
        arguments["effects"] = cut.effects
    if cut.supers:
        arguments["supers"] = cut.supers
    if cut.captions:
        arguments["captions"] = {"style": ad.captions, "lines": cut.captions}
    if cut.supers or cut.captions:
        arguments["safe"] = _safe(sheet, aspect, size)
    return arguments


def _safe(sheet: Sheet, aspect: Aspect, size: Size) -> Json:
    """The pixels that no platform's interface covers: left, top, right, bottom."""
    named = (platforms.platform(name.value) for name in sheet.script.ad.platforms)
    area = platforms.safe_area(named, str(aspect))
    edges = (area.left * size.width, area.top * size.height, area.right * size.width, area.bottom * size.height)
    return [round(edge) for edge in edges]


def _in_order(steps: Mapping[str, Step]) -> tuple[Step, ...]:
    """The steps in the order of the sheet, each after those it needs."""
    ordered: dict[str, Step] = {}
    waiting = [*reversed(list(steps.values()))]
    while waiting:
        step = waiting[-1]
        missing = [need for need in step.needs if need not in ordered]
        if step.id in ordered or not missing:
            ordered.setdefault(step.id, waiting.pop())
        else:
            waiting += (steps[need] for need in reversed(missing))
    return tuple(ordered.values())


def _warn_of_nothing(sheet: Sheet, cut: _Cut) -> None:
    """Say that a wish of the ad had nothing to work on: no clip that is too small, no word that is said."""
    ad = sheet.script.ad
    makers = {step.endpoint for step in sheet.steps.values() if step.endpoint}
    told = {diagnostic.code for diagnostic in sheet.diagnostics}
    enlarges = any(sheet.catalogue.endpoint(maker).role == "upscale" for maker in makers)
    if ad.upscale and not enlarges and not told & {"AD0583", "AD0584"}:
        message = f"all clips are as large as the film: {ad.short_side} pixels on the short side"
        hint = "leave `upscale` out, or set `size` larger"
        sheet.report("AD0583", message, ad.upscale.span, label="nothing to enlarge", hint=hint, warning=True)
    if ad.captions_heard and not cut.captions:
        message = "nobody says anything in this film, so there is nothing to hear"
        hint = 'leave `captions` out, or give somebody a line: `says maya "…"`'
        sheet.report("AD0585", message, ad.captions_heard.span, label="not asked", hint=hint, warning=True)


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
