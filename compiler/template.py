"""What a text that does more than name things is made of, and whether it may be.

A template of a spec names things and shapes words; of all that Jinja can do it may use the few parts of `PARTS`.
There is no loop, no macro, no call and no variable among them, so a text has no way to grow or to go on for ever, and
every name in it stands for something outside of it. Jinja does not say where a name stands, so the place is found by
walking its tokens through the text.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from math import inf

from jinja2 import Environment, TemplateSyntaxError, nodes

from adc.compiler.definitions import Text
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.mentions import place
from adc.compiler.sandbox import FILTERS, LONGEST, TESTS
from adc.compiler.vocabulary import likeliest

DEEPEST = 60
"""Levels of a template's tree; a text of an ad has about five."""

KEPT = 2048
"""Texts whose templates are remembered: several checks ask for each, and an editor asks again at every keystroke."""

PARTS: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr, nodes.Name, nodes.Const),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Keyword, nodes.Concat),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.BinExpr, nodes.UnaryExpr),
    *(nodes.Tuple, nodes.List),
)
"""What a text may be made of."""

_LOADING = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{[{%#].*", re.DOTALL)


@cache
def _environment() -> Environment:
    return Environment()  # noqa: S701  (nothing is rendered with it, and prompts are not HTML)


def names(value: str) -> frozenset[str]:
    """Names that the template takes from its surroundings; none where it cannot be understood."""
    template = _parsed(value)
    return _named(template) if isinstance(template, nodes.Template) else frozenset()


def paths(value: str) -> frozenset[tuple[str, ...]]:
    """The same with what follows their dots; a name alone, too, where something follows."""
    template = _parsed(value)
    if not isinstance(template, nodes.Template):
        return frozenset()
    found = (_path(node) for node in template.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)))
    return frozenset(path for path in found if path)


def _path(node: nodes.Node) -> tuple[str, ...]:
    """A name and what follows its dots; empty for anything else."""
    match node:
        case nodes.Name():
            return (node.name,)
        case nodes.Getattr():
            before = _path(node.node)
            return (*before, node.attr) if before else ()
        case nodes.Getitem(arg=nodes.Const(value=str() as attribute)):
            before = _path(node.node)
            return (*before, attribute) if before else ()
    return ()


def judge(text: Text, source: str, reachable: Collection[str], *, complete: bool) -> Iterator[Diagnostic]:
    """Everything wrong with the template in `text`, which stands in `source` and may name what is `reachable`."""
    template = _parsed(text.value)
    if isinstance(template, str):
        start, end = _broken_part(text.value)
        hint = "names and expressions stand as in `{{ maya }}`; a brace to be shown is written `{{ '{' }}`"
        yield Diagnostic(
            "AD0601", "this template cannot be understood", place(text, start, end, source), template, hint
        )
        return
    outside = _outside(template)
    if outside is not None:
        start, end = _broken_part(text.value)
        message, hint = "a text neither calls, repeats nor keeps anything", "write the words as they should be read"
        if isinstance(outside, _LOADING):
            message, hint = "a text cannot load other templates", "write the words here"
        yield Diagnostic("AD0604", message, place(text, start, end, source), hint=hint)
        return
    yield from _filters(text, template, source)
    for name in sorted(_named(template).difference(reachable) if complete else ()):
        start, end = _where(text.value, name)
        hint = likeliest(name, reachable) or "known here: " + ", ".join(f"`{each}`" for each in sorted(reachable))
        label = "no character or product has this name"
        yield Diagnostic("AD0602", f"`{name}` is not declared", place(text, start, end, source), label, hint)


def _plainly(said: str, value: str) -> str:
    """What Jinja says about a template, in words for people."""
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        if value.rfind(opening) > value.rfind(closing):
            return f"`{opening}` is never closed: `{closing}` is missing"
    got = re.search(r"got '(.*)'", said)
    if "end of print statement" in said and got:
        return f"`{got[1]}` cannot stand here"
    if "endif" in said or "innermost block" in said:
        return "`{% endif %}` is missing"
    return said[0].lower() + said[1:]


@lru_cache(maxsize=KEPT)
def _parsed(value: str) -> nodes.Template | str:
    """The template, or what is wrong with it."""
    if len(value) > LONGEST:
        return "far too much of it"
    try:
        template = _environment().parse(value)
    except TemplateSyntaxError as error:
        return _plainly((error.message or "it breaks off").split(". ")[0].rstrip("."), value)
    except (RecursionError, ValueError, OverflowError):
        return "far too much of it"
    if not _shallow(template):
        return "far too deep"
    infinite = any(constant.value == inf for constant in template.find_all(nodes.Const))
    return "a number beyond all use" if infinite else template


def _shallow(template: nodes.Template) -> bool:
    """Whether the tree can be compiled and rendered without running out of stack."""
    level: list[nodes.Node] = [template]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return True
    return False


@lru_cache(maxsize=KEPT)
def _outside(template: nodes.Template) -> nodes.Node | None:
    """The first part of the template that is none of `PARTS`."""
    return next((node for node in template.find_all(nodes.Node) if not isinstance(node, PARTS)), None)


@lru_cache(maxsize=KEPT)
def _named(template: nodes.Template) -> frozenset[str]:
    """All names: where nothing is kept under a name, each is one of the surroundings."""
    return frozenset(node.name for node in template.find_all(nodes.Name))


def _filters(text: Text, template: nodes.Template, source: str) -> Iterator[Diagnostic]:
    for name, kind in _shapers(template):
        existing = FILTERS if kind == "filter" else TESTS
        if name not in existing:
            start, end = _where(text.value, name, after="|" if kind == "filter" else "is")
            message = f"there is no {kind} `{name}`"
            hint = likeliest(name, existing)
            if not hint:
                hint = "there are " + ", ".join(f"`{each}`" for each in existing)
            yield Diagnostic("AD0603", message, place(text, start, end, source), hint=hint)


@lru_cache(maxsize=KEPT)
def _shapers(template: nodes.Template) -> tuple[tuple[str, str], ...]:
    """The filters, then the tests of the template, and which of the two each is."""
    filters = [(node.name, "filter") for node in template.find_all(nodes.Filter)]
    return (*filters, *((node.name, "test") for node in template.find_all(nodes.Test)))


def _where(value: str, name: str, after: str = "") -> tuple[int, int]:
    """Where `name` stands in the template: behind `after`, or as a name of its own."""
    for position, token, previous in _words(value):
        if token == name and (previous == after if after else previous not in (".", "|")):
            return position, position + len(token)
    return 0, len(value)


@lru_cache(maxsize=8)
def _words(value: str) -> tuple[tuple[int, str, str], ...]:
    """The names and keywords in the tags of the template: where each stands, and the token before it."""
    found: list[tuple[int, str, str]] = []
    position, previous = 0, ""
    for _line, kind, token in _environment().lex(value):
        position = max(value.find(token, position), position)
        if kind == "name":
            found.append((position, token, previous))
        position += len(token)
        if kind != "whitespace":
            previous = token
    return tuple(found)


def _broken_part(value: str) -> tuple[int, int]:
    """The first tag that by itself is wrong or incomplete, else the first tag, else everything."""
    tags = list(_TAG.finditer(value))
    for tag in tags:
        template = _parsed(tag.group())
        if isinstance(template, str) or _outside(template):
            return tag.span()
    return tags[0].span() if tags else (0, len(value))
