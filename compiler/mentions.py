"""What a text's `{{ }}` mention: judged when the spec is read, long before anything is rendered.

Jinja says which names a template leaves to its surroundings but not where they stand, so the place is found by
walking its tokens through the text. Attributes (`{{ maya.wears }}`) are judged when the text is rendered.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from adc.compiler.definitions import Text
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.sandbox import FILTERS
from adc.compiler.source import Span, span_at
from adc.compiler.vocabulary import likeliest

ALWAYS = ("scene", "ad")
"""Names that every text knows."""

DEEPEST = 60
"""Levels of a template's tree; a text of an ad has about five."""

_LOADING = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{[{%#].*", re.DOTALL)


@cache
def _environment() -> Environment:
    return Environment()  # noqa: S701  (nothing is rendered with it, and prompts are not HTML)


def names(text: Text) -> frozenset[str]:
    """Names that the template takes from its surroundings; none where it cannot be understood."""
    template = _parsed(text.value)
    return _undeclared(template) if isinstance(template, nodes.Template) else frozenset()


def is_name(word: str) -> bool:
    """Whether `{{ word }}` would be read as a plain name."""
    template = _parsed("{{ " + word + " }}")
    return isinstance(template, nodes.Template) and _undeclared(template) == {word}


def judge(text: Text, source: str, known: Collection[str], *, complete: bool = True) -> Iterator[Diagnostic]:
    """Everything wrong with the template in `text`, which stands in `source`.

    `complete` is False when a file that could declare names is missing, so that unknown names prove nothing.
    """
    template = _parsed(text.value)
    if isinstance(template, str):
        start, end = _broken_part(text.value)
        hint = "names and expressions stand as in `{{ maya }}`; a brace to be shown is written `{{ '{' }}`"
        yield Diagnostic(
            "AD0601", "this template cannot be understood", place(text, start, end, source), template, hint
        )
        return
    for kind in _LOADING:
        for _ in template.find_all(kind):
            start, end = _broken_part(text.value)
            message = "a text cannot load other templates"
            yield Diagnostic("AD0604", message, place(text, start, end, source), hint="write the words here")
            return
    yield from _filters(text, template, source)
    reachable = {*known, *ALWAYS}
    for name in sorted(_undeclared(template) - reachable if complete else ()):
        start, end = _where(text.value, name)
        hint = likeliest(name, reachable) or "known here: " + ", ".join(f"`{each}`" for each in sorted(reachable))
        label = "no character or product has this name"
        yield Diagnostic("AD0602", f"`{name}` is not declared", place(text, start, end, source), label, hint)


def place(text: Text, start: int, end: int, source: str) -> Span:
    """Where `text.value[start:end]` stands in its file, whose content is `source`."""
    if not text.offsets[start:end]:
        return text.span
    return span_at(text.span.path, source, text.offsets[start], text.offsets[end - 1] + 1)


def _parsed(value: str) -> nodes.Template | str:
    """The template, or what is wrong with it."""
    try:
        template = _environment().parse(value)
    except TemplateSyntaxError as error:
        said = (error.message or "it breaks off").split(". ")[0].rstrip(".")
        return said[0].lower() + said[1:]
    except (RecursionError, ValueError, OverflowError):
        return "far too much of it"
    return template if _shallow(template) else "far too deep"


def _shallow(template: nodes.Template) -> bool:
    """Whether the tree can be walked, compiled and rendered without running out of stack."""
    level: list[nodes.Node] = [template]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return True
    return False


def _undeclared(template: nodes.Template) -> frozenset[str]:
    """Jinja finds these by writing code, and gives up at a filter that does not exist or at boundless nesting."""
    try:
        return frozenset(find_undeclared_variables(template))
    except (TemplateSyntaxError, RecursionError):
        return frozenset()


def _filters(text: Text, template: nodes.Template, source: str) -> Iterator[Diagnostic]:
    tests = tuple(_environment().tests)
    used: list[tuple[str, tuple[str, ...], str]] = [
        (node.name, FILTERS, "filter") for node in template.find_all(nodes.Filter)
    ]
    used += [(node.name, tests, "test") for node in template.find_all(nodes.Test)]
    for name, existing, kind in used:
        if name not in existing:
            start, end = _where(text.value, name, after="|" if kind == "filter" else "is")
            message = f"there is no {kind} `{name}`"
            hint = likeliest(name, existing)
            if not hint and kind == "filter":
                hint = "there are " + ", ".join(f"`{each}`" for each in FILTERS)
            yield Diagnostic("AD0603", message, place(text, start, end, source), hint=hint)


def _where(value: str, name: str, after: str = "") -> tuple[int, int]:
    """Where `name` stands in the template: behind `after`, or as a name of its own."""
    position, previous = 0, ""
    for _line, kind, token in _environment().lex(value):
        position = max(value.find(token, position), position)
        if kind == "name" and token == name and (previous == after if after else previous not in (".", "|")):
            return position, position + len(token)
        position += len(token)
        if kind != "whitespace":
            previous = token
    return 0, len(value)


def _broken_part(value: str) -> tuple[int, int]:
    """The first tag that cannot stand by itself, else the first tag, else everything."""
    tags = list(_TAG.finditer(value))
    for tag in tags:
        if isinstance(_parsed(tag.group()), str):
            return tag.span()
    return tags[0].span() if tags else (0, len(value))
