"""Jinja in a sandbox: what renders the strings of a spec that do more than name things, and the compiler's templates.

Whatever is written, rendering ends soon and gives a text of ordinary length. Nothing is called, repeated or kept under
a name (`mentions.judge` sees to that before anything is rendered), and what could make much of little is bounded here:
operators that repeat or pad, `replace`, and `round` with its powers of ten.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from adc.compiler.definitions import Text
from adc.compiler.sandbox import FILTERS, LONGEST, TESTS, Names, TemplateProblem
from adc.compiler.vocabulary import likeliest

LISTS: Final[tuple[str, ...]] = ("join", "list", "map", "selectattr")
"""Filters for the templates of the compiler, which tell of lists; a spec has none."""

MOST_DIGITS: Final = 20
"""Digits to which `round` rounds, on either side of the point."""

KEPT: Final = 2048
"""Compiled texts that are remembered: a description is put into the prompt of every scene that it plays in."""

_TAG: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


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

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, filters: Mapping[str, Callable[..., object]], loader: BaseLoader | None = None) -> None:
        super().__init__(
            undefined=_Missing,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            loader=loader,
            optimized=False,  # what is computed early is written as Python, and `1e308 + 1e308` cannot be
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in (*FILTERS, *LISTS)} | dict(filters)
        self.filters |= {"replace": _replace, "round": _round}
        self.tests = {name: self.tests[name] for name in TESTS}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Values may be read; a method would be shown as its place in memory."""
        return super().is_safe_attribute(obj, attr, value) and not callable(value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply and divide numbers; nothing else."""
        if operator == "**":
            raise SecurityError("`**` is not available")
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(f"`{operator}` is only for numbers")
        return super().call_binop(context, operator, left, right)


def _replace(value: object, old: object, new: object) -> str:
    words, found, put = str(value), str(old), str(new)
    if len(words) + words.count(found) * len(put) > LONGEST:
        raise SecurityError(f"`replace` would give more than {LONGEST:,} characters")
    return words.replace(found, put)


def _round(value: float, precision: int = 0) -> float:
    if not -MOST_DIGITS <= precision <= MOST_DIGITS:
        raise SecurityError(f"`round` rounds to at most {MOST_DIGITS} digits")
    return round(value, precision)


@cache
def _sandbox() -> Sandbox:
    return Sandbox({})


@lru_cache(maxsize=KEPT)
def _template(value: str) -> Template:
    return _sandbox().from_string(value)


def render(text: Text, scope: Mapping[str, object]) -> str:
    """The words of a string of the spec, which `mentions.judge` has passed. Raises TemplateProblem."""
    try:
        words = _template(text.value).render(scope)
        if len(words) > LONGEST:
            raise SecurityError(f"it becomes more than {LONGEST:,} characters long")
        return words
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
