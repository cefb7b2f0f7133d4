"""Text on screen is a `super`: models of pictures and clips draw letters badly, and are paid for it.

action "{{ maya }} smiles, the words 'Day 30' appear above her"      -> super "Day 30" at top
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from adc.compiler.definitions import Scene, Script, Text
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.texts import told

_NOUN = r"(?:on[- ]screen )?(?:text|captions?|subtitles?|title|headline|words?|lettering|tagline|slogan|overlay)"
_APPEARS = r"(?:appears?|fades? in|pops? up|fl(?:y|ies) in|slides? in|on (?:the )?screen)"
_READS = r"(?:that )?(?:reads?|reading|says?|saying)"
_QUOTED = r"(?:[\"“„](?P<double>[^\"”“]+)[\"”“]|(?<!\w)['‘](?P<single>[^'’]+)['’](?!\w))"

_PATTERNS = (
    rf"\b{_NOUN}\b(?:\W+(?!(?:of|on|in)\b)\w+){{0,4}}?\W+{_QUOTED}",
    rf"{_QUOTED}\W+(?:\w+\W+){{0,2}}?{_APPEARS}\b",
    rf"\b{_NOUN}\b(?:\W+\w+){{0,3}}?\W+{_APPEARS}\b",
    rf"\b(?:text|caption|subtitle|headline|lettering|tagline) {_READS}\b",
    r"\b(?:text overlay|logo text|title card|on[- ]screen text|lower third)\b",
)
"""Lettering laid over a picture: a word for it, and the words themselves or what they do."""

_LIKELY = re.compile(
    r"[\"“„'‘]|text|caption|subtitle|title|headline|word|lettering|tagline|slogan|overlay|lower third", re.IGNORECASE
)
"""What every lettering has; most prompts have none of it, and are told apart quickly."""

_SPOKEN = r"\b(?:say|whisper|mouth|shout|sing|speak|tell|ask)\w*\b[^.!?]*$"
"""Before words that somebody says. Patterns are compiled when they are needed, which is seldom."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0421."""
    scenes = [piece for piece in script.pieces if isinstance(piece, Scene)]
    for text in dict.fromkeys(text for scene in scenes for act in (scene, *scene.shots) for text in told(act)):
        yield from _judge(text)


@lru_cache(maxsize=8192)
def _is_likely(words: str) -> bool:
    """Whether it is worth looking closer. An editor asks again and again, of texts of which one has changed."""
    return _LIKELY.search(words) is not None


def _judge(text: Text) -> Iterator[Diagnostic]:
    if not _is_likely(text.value):
        return
    found = next(
        (match for pattern in _PATTERNS for match in [re.search(pattern, text.value, re.IGNORECASE)] if match), None
    )
    if found is None or re.search(_SPOKEN, text.value[: found.start()], re.IGNORECASE):
        return
    quoted = found.groupdict()
    words = (quoted.get("double") or quoted.get("single") or "…").strip()
    shown = " ".join(found.group().split())
    message = "this asks the model to draw lettering, which models draw badly"
    hint = f'write it as a statement of the scene, which is set here and free: `super "{words}"`'
    yield Diagnostic("AD0421", message, text.span, f"`{shown}`", hint, severity=Severity.WARNING)
