"""Where the ad writes a duration, its film adds up to it, and the shots of a scene add up to the scene.

ad a { duration 30s }  scene b 8s  scene c 10s      -> off by 12s

Scenes, cards and morphs add up; a cross-fade shows two pieces at once, so its time counts once.
"""

from collections.abc import Iterator
from fractions import Fraction

from adc.compiler.definitions import Scene, Script
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.units import seconds_text


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0404."""
    for piece in script.pieces:
        if isinstance(piece, Scene) and piece.shots:
            yield from _shots(piece)
    written, span = script.ad.seconds, script.ad.seconds_span
    terms = _terms(script)
    total = sum(terms, Fraction(0))
    if written is None or span is None or written == total:
        return
    off = f"{seconds_text(abs(written - total))}s"
    message = f"the scenes and cards last {seconds_text(total)}s, the ad {seconds_text(written)}s"
    label = f"{off} too {'long' if written > total else 'short'}"
    if len(terms) > 1:
        label += f": {_sum(terms)} = {seconds_text(total)}"
    hint = f"write `duration {seconds_text(total)}s`, or {'add' if written > total else 'cut'} {off} of film"
    notes = tuple(Label(last.span, "the film ends with this") for last in script.pieces[-1:])
    yield Diagnostic("AD0404", message, span, label, hint, notes)


def film_seconds(script: Script) -> Fraction:
    """How long the film lasts, transitions included."""
    return sum(_terms(script), Fraction(0))


def _terms(script: Script) -> list[Fraction]:
    """What adds up to the film, in its order; cross-fades take away."""
    terms = [script.pieces[0].seconds] if script.pieces else []
    for join, piece in zip(script.joins, script.pieces[1:], strict=False):
        if join is not None and join.kind == "morph":
            terms.append(join.seconds)
        elif join is not None and join.overlap:
            terms.append(-join.overlap)
        terms.append(piece.seconds)
    return terms


def _shots(scene: Scene) -> Iterator[Diagnostic]:
    total = sum((shot.seconds for shot in scene.shots), Fraction(0))
    if total != scene.seconds:
        message = f"the shots of `{scene.name}` last {seconds_text(total)}s, the scene {seconds_text(scene.seconds)}s"
        label = f"{seconds_text(abs(scene.seconds - total))}s too {'long' if scene.seconds > total else 'short'}"
        if len(scene.shots) > 1:
            label += f": {_sum([shot.seconds for shot in scene.shots])} = {seconds_text(total)}"
        hint = f"write `scene {scene.name} {seconds_text(total)}s`, or change a shot"
        yield Diagnostic("AD0404", message, scene.seconds_span, label, hint)


def _sum(terms: list[Fraction]) -> str:
    return "".join(
        f"{' - ' if term < 0 else ' + ' if index else ''}{seconds_text(abs(term))}" for index, term in enumerate(terms)
    )
