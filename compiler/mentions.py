"""What a text's `{{ }}` mention: judged when the spec is read, long before anything is rendered.

Most texts name things and do no more; those are judged here. What else a template may do is judged by `template`, which
imports Jinja and is imported when the first such text comes. Attributes (`{{ maya.wears }}`) are judged when the text
is rendered.
"""

import re
from collections.abc import Collection, Iterator

from adc.compiler.definitions import Text
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.sandbox import LONGEST
from adc.compiler.simple import roots, simple
from adc.compiler.source import Span, span_at

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)

ALWAYS = ("scene", "ad")
"""Names that every text knows."""


def names(text: Text) -> frozenset[str]:
    """Names that the template takes from its surroundings; none where it cannot be understood."""
    parts = simple(text.value)
    if parts is not None:
        return roots(parts)
    from adc.compiler import template

    return template.names(text.value)


def paths(text: Text) -> frozenset[tuple[str, ...]]:
    """The same with what follows their dots: `("maya", "wears")`."""
    parts = simple(text.value)
    if parts is not None:
        return frozenset(name for _, name in parts if name)
    from adc.compiler import template

    return template.paths(text.value)


def is_name(word: str) -> bool:
    """Whether `{{ word }}` would be read as a plain name."""
    parts = simple("{{ " + word + " }}")
    if parts is not None:
        return roots(parts) == {word}
    from adc.compiler import template

    # `self` is a name to read and a template to render.
    return template.names("{{ " + word + " }}") == {word} != {"self"}


def judge(text: Text, source: str, known: Collection[str], *, complete: bool = True) -> Iterator[Diagnostic]:
    """Everything wrong with the template in `text`, which stands in `source`.

    `complete` is False when a file that could declare names is missing, so that unknown names prove nothing.
    """
    if len(text.value) > LONGEST:
        label = f"{len(text.value):,} characters; at most {LONGEST:,} are read"
        yield Diagnostic("AD0604", "this text is far too long", text.span, label, "no model reads as much; shorten it")
        return
    reachable = {*known, *ALWAYS}
    parts = simple(text.value)
    if parts is None or (complete and not roots(parts) <= reachable):
        from adc.compiler import template

        yield from template.judge(text, source, reachable, complete=complete)


def spot(text: Text, path: tuple[str, ...]) -> tuple[int, int]:
    """Where a dotted name stands in the text; all of the text where it is put together in another way."""
    name = re.compile(r"(?<![\w.])" + re.escape(".".join(path)) + r"(?!\w)")
    found = (name.search(text.value, *tag.span()) for tag in _TAG.finditer(text.value))
    return next((each.span() for each in found if each), (0, len(text.value)))


def place(text: Text, start: int, end: int, source: str) -> Span:
    """Where `text.value[start:end]` stands in its file, whose content is `source`."""
    if not text.offsets[start:end]:
        return text.span
    return span_at(text.span.path, source, text.offsets[start], text.offsets[end - 1] + 1)
