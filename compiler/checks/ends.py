"""Frames that scenes lend each other are made in some order, and a morph has two of them.

scene a … end frame of b   transition continue   scene b …     -> each waits for the other
scene a …  transition morph  card b …                          -> a card has no clip whose frame it could turn into
"""

from collections.abc import Iterator
from typing import NamedTuple

from adc.compiler.definitions import Card, ClipOf, FrameOf, Keyframe, Picture, Scene, Script, Transition
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.texts import acts
from adc.compiler.units import frames_in


class _Loan(NamedTuple):
    """A frame of another scene that a scene cannot be made without."""

    lender: str
    told: Label
    ends: bool
    """Whether it is the frame to end on. Every circle has such a one, as all others lead back in time."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0410, AD0440, AD0441, AD0442."""
    for before, join, after in zip(script.pieces, script.joins, script.pieces[1:], strict=False):
        if join is not None and join.kind == "morph":
            yield from _judge(before, join, after, script.ad.rate)
    for circle in _circles(_loans(script)):
        first = next((index for index, loan in enumerate(circle) if loan.ends), None)
        if first is None:
            continue  # two scenes share a name, which is told already
        closing, *others = circle[first:] + circle[:first]
        message = "scenes wait for each other's frames, so none of them can be made first"
        hint = 'let one of them begin or end with a file or a `keyframe "…"`'
        notes = tuple(loan.told for loan in others)
        yield Diagnostic("AD0441", message, closing.told.span, closing.told.text, hint, notes)


def _judge(before: Scene | Card, morph: Transition, after: Scene | Card, rate: int) -> Iterator[Diagnostic]:
    if frames_in(morph.seconds, rate) < 1:
        message, hint = "this morph is shorter than one frame", "write `transition morph 5s`"
        yield Diagnostic("AD0410", message, morph.span, f"one frame lasts 1/{rate} s", hint)
    if isinstance(before, Card) or isinstance(after, Card):
        card = before if isinstance(before, Card) else after
        message = f"`transition morph` turns a scene into the next, and `{card.name}` is a card"
        notes = (Label(card.span, "the card"),)
        hint = "a cross-fade shows both: `transition dissolve 1s`"
        yield Diagnostic("AD0440", message, morph.span, hint=hint, notes=notes)
        return
    for frame, lender in ((_start(after), before), (_end(before), after)):
        if isinstance(frame, FrameOf | ClipOf) and frame.scene.value == lender.name:
            message = f"`{before.name}` ends on the frame that `{after.name}` begins with: there is nothing to morph"
            notes = (Label(morph.span, "the morph between them"),)
            hint = "write `transition cut`, or give one of them a frame of its own"
            yield Diagnostic("AD0442", message, frame.scene.span, "the same frame", hint, notes)


def _start(scene: Scene) -> Picture | Keyframe | FrameOf | ClipOf | None:
    return acts(scene)[0].start or scene.start


def _end(scene: Scene) -> Picture | Keyframe | FrameOf | None:
    return acts(scene)[-1].end or scene.end


def _loans(script: Script) -> dict[str, list[_Loan]]:
    """What each scene borrows, in the order of the page. A frame that cannot be lent at all is told elsewhere."""
    scenes = [piece for piece in script.pieces if isinstance(piece, Scene)]
    loans: dict[str, list[_Loan]] = {scene.name: [] for scene in scenes}
    played: set[str] = set()
    for scene in scenes:
        for act in (scene, *scene.shots):
            if isinstance(act.start, FrameOf | ClipOf) and act.start.scene.value in played:
                what = "goes on from the clip" if isinstance(act.start, ClipOf) else "starts on the last frame"
                told = f"`{scene.name}` {what} of `{act.start.scene.value}`"
                loans[scene.name].append(_Loan(act.start.scene.value, Label(act.start.scene.span, told), ends=False))
            if isinstance(act.end, FrameOf) and act.end.scene.value in loans and act.end.scene.value != scene.name:
                told = f"`{scene.name}` ends on the first frame of `{act.end.scene.value}`"
                loans[scene.name].append(_Loan(act.end.scene.value, Label(act.end.scene.span, told), ends=True))
        played.add(scene.name)
    for before, join, after in zip(script.pieces, script.joins, script.pieces[1:], strict=False):
        if join is not None and join.kind == "continue" and isinstance(before, Scene) and isinstance(after, Scene):
            told = f"`{after.name}` starts on the last frame of `{before.name}`"
            loans[after.name].append(_Loan(before.name, Label(join.span, told), ends=False))
    return loans


def _circles(loans: dict[str, list[_Loan]]) -> Iterator[list[_Loan]]:
    """The loans around each circle, found on a walk that visits every scene once."""
    seen: set[str] = set()
    for start in loans:
        if start in seen:
            continue
        path = {start: 0}
        taken: list[_Loan] = []
        """`taken[i]` leads from scene `i` of the path to the next."""
        waiting = [iter(loans[start])]
        seen.add(start)
        while waiting:
            loan = next(waiting[-1], None)
            if loan is None:
                path.popitem()
                waiting.pop()
                del taken[-1:]
            elif loan.lender in path:
                yield [*taken[path[loan.lender] :], loan]
            elif loan.lender not in seen:
                seen.add(loan.lender)
                path[loan.lender] = len(path)
                taken.append(loan)
                waiting.append(iter(loans[loan.lender]))
