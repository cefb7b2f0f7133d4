"""Texts that need no template engine: words, and names between double braces.

Nearly all texts of a spec are such. Reading them here gives the same words as Jinja would, at a fraction of the time,
and lets a short-lived process do without importing it. Everything else (`{% if %}`, filters, expressions) is Jinja's.
"""

import re
from functools import lru_cache
from typing import TypeAlias

Parts: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""A text as pairs: words, and the dotted name behind them; the last pair has no name."""

_TAG = re.compile(r"\{\{[ \t\n]*([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)[ \t\n]*\}\}", re.ASCII)
_OPENING = re.compile(r"\{[{%#]")
_KEYWORDS = frozenset(
    {"and", "else", "false", "if", "in", "is", "loop", "none", "not", "or", "self", "super", "true"}
    | {"False", "None", "True", "varargs", "kwargs", "caller"}
)


@lru_cache(maxsize=8192)
def simple(value: str) -> Parts | None:
    """The parts of a text, or None where it takes a template engine to read it."""
    if "{" not in value:
        return ((value, ()),)
    parts: list[tuple[str, tuple[str, ...]]] = []
    place = 0
    for tag in _TAG.finditer(value):
        words, name = value[place : tag.start()], tuple(tag[1].split("."))
        if _OPENING.search(words) or not _KEYWORDS.isdisjoint(name):
            return None
        parts.append((words, name))
        place = tag.end()
    rest = value[place:]
    return None if _OPENING.search(rest) else (*parts, (rest, ()))


def roots(parts: Parts) -> frozenset[str]:
    """The names that the text takes from its surroundings."""
    return frozenset(name[0] for _, name in parts if name)
