"""A style is said once: the look and what to avoid reach the model with every scene, without being written again.

style phone { look "shot on a phone, soft window light" }
scene hook 8s { light "soft window light" }                   -> told twice, and given double weight
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from adc.compiler.definitions import Scene, Script, Style, Text
from adc.compiler.diagnostics import Diagnostic, Label, Severity

_CLAUSE = re.compile(r"[,.;\n]+")
_BLANKS = re.compile(r"\W+")


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0426."""
    for piece in script.pieces:
        if isinstance(piece, Scene):
            found = (found for act in (piece, *piece.shots) for found in _judge(act, act.style or script.ad.style))
            yield from dict.fromkeys(found)


def _judge(act: Scene, style: Style | None) -> Iterator[Diagnostic]:
    if style is None:
        return
    if style.look is not None and act.prompt is None:
        for part, text in act.parts.items():
            yield from _again(f"`{part}` repeats what the style `{style.name}` says", text, style.look)
    if style.avoid is not None and act.avoid is not None:
        yield from _again(f"`avoid` repeats what the style `{style.name}` avoids", act.avoid, style.avoid)


def _again(message: str, text: Text, first: Text) -> Iterator[Diagnostic]:
    clauses = _clauses(text.value)
    twice = [clause for clause in _clauses(first.value) if clause in clauses]
    if twice:
        notes = (Label(first.span, "said here already, for every scene of this style"),)
        message = f"{message}: {', '.join(twice)}"
        yield Diagnostic("AD0426", message, text.span, "told twice", "remove it here", notes, Severity.WARNING)


@lru_cache(maxsize=1024)
def _clauses(words: str) -> tuple[str, ...]:
    """What stands between commas and stops, in plain letters; nothing of a template that is filled in later."""
    if "{" in words:
        return ()
    clauses = (" ".join(_BLANKS.sub(" ", clause.casefold()).split()) for clause in _CLAUSE.split(words))
    return tuple(clause for clause in clauses if clause)
