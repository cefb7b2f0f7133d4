"""Rendering the strings of a spec: Jinja, sandboxed, strict about names, with problems placed in the string.

A string of a spec is somebody's text and perhaps somebody else's file. It can read names and shape words with the
few filters of `FILTERS`; it reaches no file, no clock, no chance and no other template. A name or an attribute that
does not exist is a problem at the place where it stands, never an empty word in a prompt that costs money.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import BaseLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from adc.compiler.definitions import Text
from adc.compiler.vocabulary import likeliest

FILTERS: Final[tuple[str, ...]] = (
    *("abs", "capitalize", "default", "first", "int", "join", "last", "length", "list", "lower", "map", "replace"),
    *("round", "selectattr", "title", "trim", "upper"),
)
"""The filters that a spec may use: all of them give the same words every time."""

_TAG: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


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


class _Unknown(Exception):
    """A name or, with an owner, an attribute that does not exist."""

    def __init__(self, name: str, owner: object) -> None:
        super().__init__(name)
        self.name = name
        self.owner = owner


class _Missing(StrictUndefined):
    """Jinja's strict undefined value, raising `_Unknown` instead of an error that holds only a sentence."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = None) -> None:
        def unknown(_message: str) -> Exception:
            return exc(hint) if hint and exc else _Unknown(str(name), None if obj is missing else obj)

        super().__init__(hint, obj, name, unknown)  # type: ignore[arg-type]  # Jinja only calls it


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of all templates. Repetition is refused: `{{ "x" * 9999999999 }}` is nobody's prompt."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, filters: Mapping[str, Callable[..., object]], loader: BaseLoader | None = None) -> None:
        super().__init__(
            undefined=_Missing, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, loader=loader
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS} | dict(filters)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers of ordinary size; nothing else."""
        if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(f"`{operator}` is only for numbers" if operator == "*" else "`**` is not available")
        return super().call_binop(context, operator, left, right)


@cache
def _sandbox() -> Sandbox:
    return Sandbox({})


def render(text: Text, scope: Mapping[str, object]) -> str:
    """The words of a string of the spec. Raises TemplateProblem."""
    try:
        return _sandbox().from_string(text.value).render(scope)
    except _Unknown as unknown:
        raise _unknown_problem(text, scope, unknown) from None
    except TemplateSyntaxError as error:
        start, end = _tag_in_line(text.value, error.lineno)
        reason = (error.message or "").partition(". ")[0].rstrip(".")
        raise TemplateProblem(text, f"this template cannot be read: {reason}", start, end) from None
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        start, end = next(_tags(text.value), (0, len(text.value)))
        reason = str(error).rstrip(".")
        raise TemplateProblem(text, f"this template cannot be rendered: {reason}", start, end) from None


def _unknown_problem(text: Text, scope: Mapping[str, object], unknown: _Unknown) -> TemplateProblem:
    owner = unknown.owner
    if owner is None:
        message, known, lead = f"`{unknown.name}` is not declared", sorted(scope), r"(?<![\w.])"
    else:
        called = next((name for name, value in scope.items() if value is owner), "this value")
        known = sorted(set(vars(owner)) - {"shown", "about"}) if isinstance(owner, Names) else []
        message, lead = f"`{called}` has no `{unknown.name}`", r"(?<=\.)"
    listed = ", ".join(f"`{name}`" for name in known)
    hint = likeliest(unknown.name, known) or ("known here: " if owner is None else "it has ") + listed
    start, end = _find(text.value, lead + re.escape(unknown.name) + r"(?!\w)")
    return TemplateProblem(text, message, start, end, hint if known else "")


def _tags(value: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _TAG.finditer(value))


def _find(value: str, pattern: str) -> tuple[int, int]:
    """Where the pattern stands inside a tag; the first tag where it is not written as such."""
    for start, end in _tags(value):
        found = re.compile(pattern).search(value, start, end)
        if found:
            return found.span()
    return next(_tags(value), (0, len(value)))


def _tag_in_line(value: str, line: int) -> tuple[int, int]:
    """The last tag opened before the end of a line: Jinja tells the line of a syntax error and no more."""
    lines = value.splitlines(keepends=True)
    end = sum(len(each) for each in lines[:line])
    start = max(value.rfind("{{", 0, end), value.rfind("{%", 0, end), 0)
    closed = _TAG.match(value, start)
    return closed.span() if closed else (start, start + len(value[start:].partition("\n")[0]))
