"""The scenes that errors elsewhere leave whole: their models can be judged all the same, in the same run.

A scene is whole where neither its own declaration nor one that it refers to has an error, and where the scenes are
whole that it begins on or ends in. What is left is a film of its own, good for casting and for nothing else.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

from adc.compiler.definitions import Character, ClipOf, FrameOf, Scene, Script
from adc.compiler.frozen import replace
from adc.compiler.source import Span

JUDGED = frozenset({"AD0501", "AD0503"})
"""What is said about such scenes: who makes them, and which options there are. The rest may follow from an error."""


def whole_part(script: Script, is_broken: Callable[[Span], bool]) -> Script | None:
    """The script with its whole scenes alone, or None where there is none or the ad itself has an error."""
    if is_broken(script.ad.span):
        return None
    kept = {
        index: piece
        for index, piece in enumerate(script.pieces)
        if isinstance(piece, Scene) and not any(is_broken(span) for span in _spans(script, piece))
    }
    while True:
        names = {piece.name for piece in kept.values()}
        lost = [index for index, piece in kept.items() if _needs(script, index, piece, kept) - names]
        if not lost:
            break
        for index in lost:
            del kept[index]
    if not kept:
        return None
    joins = tuple(script.joins[first] if second == first + 1 else None for first, second in pairwise(kept))
    ad = replace(script.ad, budget=None, music=None, captions="", captions_heard=None, upscale=None)
    return replace(script, ad=ad, pieces=tuple(kept.values()), joins=joins)


def _needs(script: Script, index: int, scene: Scene, kept: dict[int, Scene]) -> set[str]:
    """The names of the scenes whose frames this one begins or ends with; an empty name for one that is not whole."""
    needed = {
        frame.scene.value
        for act in (scene, *scene.shots)
        for frame in (act.start, act.end)
        if isinstance(frame, FrameOf | ClipOf)
    }
    join = script.joins[index - 1] if index else None
    if join is not None and join.kind in ("continue", "morph"):
        needed.add(kept[index - 1].name if index - 1 in kept else "")
    return needed


def _spans(script: Script, scene: Scene) -> Iterator[Span]:
    """Where the scene and everything that it refers to is declared."""
    for act in (scene, *scene.shots):
        yield act.span
        style = act.style or script.ad.style
        if style:
            yield style.span
        speakers = (line.who for line in act.lines if line.who)
        for member in (*act.cast, *speakers):
            yield member.span
            if isinstance(member, Character) and member.voice:
                yield member.voice.span
        for model in (script.models.get(act.using.value),) if act.using else ():
            if model:
                yield model.name.span
