"""Rendering the strings of a spec, strict about names, with problems placed in the string.

A string of a spec is somebody's text and perhaps somebody else's file. It can read names and shape words with the
few filters of `FILTERS`; it reaches no file, no clock, no chance and no other template. A name or an attribute that
does not exist is a problem at the place where it stands, never an empty word in a prompt that costs money.

Most strings only name things and are put together here. The others are Jinja's, in the sandbox of `engine`, which is
imported when the first of them comes: it takes longer than most specs take to compile.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Final

from adc.compiler.definitions import Text
from adc.compiler.simple import simple

FILTERS: Final[tuple[str, ...]] = (
    *("abs", "capitalize", "default", "first", "int", "last", "length", "lower", "replace", "round", "title", "trim"),
    "upper",
)
"""The filters that a spec may use: all give the same words every time, and not many more than they are given."""

TESTS: Final[tuple[str, ...]] = ("defined", "undefined", "none", "string", "number", "in", "eq", "ne", "lower", "upper")
"""What may stand after `is`. Tests that divide are left out: for a text, `%` pads."""

LONGEST: Final = 20_000
"""Characters that a text of a spec may have, and what it may become. Prompts of 5,000 are more than any model takes."""


class TemplateProblem(Exception):
    """A string that cannot be rendered. `start` and `end` are positions in `text.value`; `hint` may be empty."""

    def __init__(self, text: Text, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.text = text
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint


class Names(SimpleNamespace):
    """What stands behind a name in a template: `shown` is how it reads in the text, the rest are its attributes."""

    shown: str

    def __str__(self) -> str:
        return self.shown


def render(text: Text, scope: Mapping[str, object]) -> str:
    """The words of a string of the spec, which `mentions.judge` has passed. Raises TemplateProblem."""
    words = _simply(text.value, scope)
    if words is not None and len(words) <= LONGEST:
        return words
    from adc.compiler import engine

    return engine.render(text, scope)


def _simply(value: str, scope: Mapping[str, object]) -> str | None:
    """The words of a text that only names things which are there; None for any other."""
    parts = simple(value)
    if parts is None:
        return None
    words: list[str] = []
    for before, name in parts:
        words.append(before)
        if name:
            meant = scope.get(name[0])
            for attribute in name[1:]:
                meant = vars(meant).get(attribute) if isinstance(meant, Names) else None
            if not isinstance(meant, str | Names):
                return None
            words.append(str(meant))
    return "".join(words)
