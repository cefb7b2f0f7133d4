"""What is at a position, in a few lines of Markdown: a name, a scene and its price, a model, an option, a keyword."""

from collections.abc import Iterator
from decimal import Decimal

from adc.compiler.codes import CODES
from adc.compiler.index import Declared
from adc.compiler.nodes import String
from adc.compiler.place import table_of
from adc.compiler.plan import Step
from adc.compiler.units import dollars_text
from adc.runtime.lsp.completion import endpoints_at, meaning
from adc.runtime.lsp.findings import within
from adc.runtime.lsp.models import option_words, options, page
from adc.runtime.lsp.steps import scene_steps
from adc.runtime.lsp.view import View

Found = tuple[str, int, int]
"""Markdown, and the `[start, end)` that it is about."""


def hover(view: View) -> Found | None:
    """What is at the position; None where there is nothing to tell."""
    found = next(filter(None, (look(view) for look in (_name, _model, _option, _keyword))), None)
    codes = {one.code: one for one in within(view.reading.diagnostics, view.name, view.offset)}
    told = [f"`{code}` {CODES[code].title}: {CODES[code].meaning} More: `adc explain {code}`" for code in codes]
    if found is None and not told:
        return None
    text, start, end = found or ("", view.offset, view.offset)
    return "\n\n---\n\n".join(part for part in (text, *told) if part), start, end


def _name(view: View) -> Found | None:
    link = view.reading.index.link_at(view.name, view.offset)
    if link is None:
        return None
    return "\n\n".join(_about(view, link.declared)), link.start, link.end


def _about(view: View, declared: Declared) -> Iterator[str]:
    """What a declaration says, and what is known of it."""
    statement = declared.statement
    shown = " ".join(value.written for value in statement.values if value.written != declared.name)
    yield f"**{declared.kind} `{declared.name}`** {shown}".rstrip()
    if declared.kind == "scene":
        yield from scene_words(view, declared.name)
        return
    lines = []
    for inner in statement.block or ():
        values = [value.value if isinstance(value, String) else value.written for value in inner.values]
        lines.append(f"- {inner.keyword.written}: {', '.join(values)}")
        if inner.keyword.written in ("reference", "logo", "image") and values:
            uri = view.spec.uri_beside(view.reading.outside(declared.path), values[0])
            yield f"![{inner.keyword.written}]({uri})"
    if lines:
        yield "\n".join(lines)


def scene_words(view: View, name: str) -> Iterator[str]:
    """Which model takes a scene and why, what is bought and kept of it, and what it costs."""
    plan = view.spec.plan
    steps = scene_steps(plan, name)
    if plan is None or not steps:
        yield "Not priced yet: the plan comes when the errors are mended."
        return
    for step in steps:
        if step.endpoint is not None:
            model = next(each.model for each in view.spec.catalogue_now.endpoints if each.id == step.endpoint)
            why = f": {step.why}" if step.why else ""
            yield f"- {step.purpose}: `{model}` (`{step.endpoint}`){why}; {_price(step)}"
    total = sum((step.price.usd for step in steps), Decimal(0))
    bought = [f"buys {placed.bought} s, keeps {placed.kept} s" for placed in plan.timeline if placed.id == name]
    old = "" if view.spec.plan_is_current else " As it was before the last edits."
    yield f"**{dollars_text(total)}** in all, {', '.join(bought)}.{old}"


def _price(step: Step) -> str:
    if step.price.mark == "unknown":
        return "price unknown"
    return f"{dollars_text(step.price.usd)}{' (estimated)' if step.price.mark == 'estimated' else ''}"


def _model(view: View) -> Found | None:
    use = view.reading.index.use_at(view.name, view.offset)
    if use is None or "model" not in use.kinds:
        return None
    endpoints = view.spec.catalogue_now.of_model(use.written)
    return (page(use.written, endpoints), use.start, use.end) if endpoints else None


def _word_at(view: View) -> tuple[str, int, int]:
    """The word that holds the position, from one blank or quote to the next."""
    text = view.lines.text
    start = end = view.offset
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_."):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] in "_."):
        end += 1
    return text[start:end], start, end


def _option(view: View) -> Found | None:
    if view.place.inside != "statement" or view.place.before != ("set",):
        return None
    word, start, end = _word_at(view)
    found = options(endpoints_at(view)).get(word)
    if found is None:
        return None
    endpoint, schema = found
    told = (f"**option `{word}`** of `{endpoint.id}`", option_words(schema), str(schema.get("description", "")))
    return "\n\n".join(part for part in told if part), start, end


def _keyword(view: View) -> Found | None:
    if view.place.inside != "statement" or view.place.before:
        return None
    word, start, end = _word_at(view)
    table = table_of(view.place.owners)
    if table is None or word not in table.usage:
        return None
    return f"```ad\n{table.usage[word]}\n```\n\n{meaning(table, word)}", start, end
