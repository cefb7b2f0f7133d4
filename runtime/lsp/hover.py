"""What is at a position, in a few lines of Markdown: a name, a scene and its price, a model, an option, a keyword."""

from collections.abc import Iterator

from adc.compiler.codes import CODES
from adc.compiler.index import Declared
from adc.compiler.nodes import String, Value
from adc.compiler.place import Part, table_of
from adc.compiler.plan import Step
from adc.compiler.units import dollars_text
from adc.runtime.lsp.completion import endpoints_at, meaning
from adc.runtime.lsp.findings import within
from adc.runtime.lsp.models import option_words, options, page
from adc.runtime.lsp.steps import other_steps, price_of, scene_steps, total
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
    shown = " ".join(value.written for value in statement.values if value.written not in (declared.name, "as"))
    yield f"**{declared.kind} `{declared.name}`** {shown}".rstrip()
    if declared.kind == "scene":
        yield from scene_words(view, declared.name)
        return
    lines = []
    for number, inner in enumerate(statement.block or ()):
        values = [_plain(value) for value in inner.values]
        default = " (the default)" if declared.kind == "variant" and number == 0 else ""
        values += [" ".join((each.keyword.written, *map(_plain, each.values))) for each in inner.block or ()]
        lines.append(f"- {inner.keyword.written}: {', '.join(values)}{default}")
        if inner.keyword.written in ("reference", "logo", "image") and values:
            uri = view.spec.uri_beside(view.reading.outside(declared.path), values[0])
            yield f"![{inner.keyword.written}]({uri})"
    if lines:
        yield "\n".join(lines)
    if declared.kind == "character":
        # An import may put a name before hers.
        names = [key for (kind, key), known in view.known.items() if kind == "character" and known == declared]
        yield from _bought(view, next((found for name in names if (found := _hers(view, name))), ()))
    if declared.kind == "ad" and view.spec.plan is not None:
        yield f"**{dollars_text(view.spec.plan.usd)}** for the whole film.{_age(view)}"


def _plain(value: Value) -> str:
    return value.value if isinstance(value, String) else value.written


def _hers(view: View, name: str) -> tuple[Step, ...]:
    return other_steps(view.spec.plan, name, "looks", "pack", "photos", "lora")


def scene_words(view: View, name: str) -> Iterator[str]:
    """Which model takes a scene and why, what is bought and kept of it, and what it costs."""
    plan = view.spec.plan
    steps = scene_steps(plan, name)
    if plan is None or not steps:
        yield "Not priced yet: the plan comes when the errors are mended."
        return
    kept = [f", buys {placed.bought} s, keeps {placed.kept} s" for placed in plan.timeline if placed.id == name]
    yield from _bought(view, steps, "".join(kept))


def _bought(view: View, steps: tuple[Step, ...], kept: str = "") -> Iterator[str]:
    """Each step that is paid for, with its model and price; then the sum."""
    paid = [step for step in steps if step.endpoint is not None]
    models = {each.id: each.model for each in view.spec.catalogue_now.endpoints}
    lines = []
    for step in paid:
        why = f": {step.why}" if step.why else ""
        model = models.get(step.endpoint or "", "")
        lines.append(f"- {step.purpose}: `{model}` (`{step.endpoint}`){why}; {price_of(step)}")
    if paid:
        yield "\n".join(lines)
        yield f"{total(steps)}{kept}.{_age(view)}"


def _age(view: View) -> str:
    return "" if view.spec.plan_is_current else " As it was before the last edits."


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
    endpoint, setting = found
    told = (f"**option `{word}`** of `{endpoint.id}`", option_words(setting), setting.doc)
    return "\n\n".join(part for part in told if part), start, end


def _keyword(view: View) -> Found | None:
    if view.place.inside != "statement" or view.place.before:
        return None
    word, start, end = _word_at(view)
    table = table_of(view.place.owners)
    if table is None or word not in table.usage:
        return None
    told = (f"```ad\n{table.usage[word]}\n```", meaning(table, word), *_bought(view, _steps_behind(view, word)))
    return "\n\n".join(told), start, end


def _steps_behind(view: View, word: str) -> tuple[Step, ...]:
    """What is bought because of a statement that is no scene: music, a morph, what a character is made known by."""
    plan, owners = view.spec.plan, view.place.owners
    if plan is None:
        return ()
    if word == "music" and len(owners) == 1:
        return tuple(step for step in plan.steps if step.id == "music")
    if word == "transition":
        behind = (part for part in view.outline.parts if part.start > view.offset and part.keyword in ("scene", "card"))
        return other_steps(plan, _name_of(next(behind, None)), "morph")
    if word in ("looks", "pack", "lora") and len(owners) == 1:
        return other_steps(plan, _name_of(owners[0]), word)
    return ()


def _name_of(part: Part | None) -> str:
    """The name that a statement declares; empty where it has none."""
    return "".join(part.words[1:2]) if part else ""
