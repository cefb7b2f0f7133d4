"""A plan as it is kept between two commands: the same plan, in a form that ten thousand steps are read from in a blink.

The published form (`plan.dump`) is for people and programs, and reading it makes a tree of every prompt. Most commands
want to know of most steps only what stands in a table, what they need, and their keys. So here the light fields are
columns, what many steps have in common stands once, and the arguments and the brief of a step are a line of canonical
JSON each: a key is made of that text (`digest.step_key`), and who asks for the value has it read then.

    {"name": …, "ids": [… one a step …], "forms": […], …}    one line of JSON
    [["hook","scene",["hook.clip"],0,240,"8","8"], …]         the timeline
    {"image_url":␀,"prompt":"…"}                              a line a step: its arguments, cut where references stand
    …
    {"action":"…"}                                            a line a step: its brief
    …
"""

import json
import re
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

from adc.compiler.digest import Engine, plan_keys, step_key
from adc.compiler.plan import (
    Deliverable,
    FileRef,
    Json,
    Plan,
    PlanFile,
    Price,
    Ref,
    Step,
    StepRef,
    canonical,
    listed,
    substitute,
)

T = TypeVar("T")

_MARK = re.compile(rb'"\\u0000(\d+)\\u0000"')
_FORM = ("kind", "endpoint", "output", "take", "why", "template", "price")
"""The fields that many steps have in common."""

_PROOF = Engine("kept", reads_brief=True)


def pack(plan: Plan) -> bytes | None:
    """The plan as it is kept; None for one that could not be read back as exactly the same, keys included."""
    place = {step.id: number for number, step in enumerate(plan.steps)}
    forms: dict[tuple[Any, ...], int] = {}
    refs: dict[Ref, int] = {}
    needs: list[Json] = []
    used: list[Json] = []
    form: list[Json] = []
    texts: list[bytes] = []
    for step in plan.steps:
        text, inside = _cut(step.arguments)
        texts.append(text)
        used.append([_number(refs, ref) for ref in inside])
        needs.append([place[need] for need in step.needs])
        form.append(_number(forms, tuple(getattr(step, name) for name in _FORM)))
    document: dict[str, Json] = {
        "name": plan.name,
        "title": plan.title,
        "width": plan.width,
        "height": plan.height,
        "rate": plan.rate,
        "frames": plan.frames,
        "choices": dict(plan.choices),
        "files": [[file.digest, file.path, file.bytes] for file in plan.files],
        "deliverables": [[film.step, film.aspect, film.width, film.height] for film in plan.deliverables],
        "ids": [step.id for step in plan.steps],
        "purposes": [step.purpose for step in plan.steps],
        "asks": [step.asks for step in plan.steps],
        "forms": [[*one, str(price.usd), price.quantity, price.unit, price.mark] for *one, price in forms],
        "form": form,
        "needs": needs,
        "refs": [ref.digest if isinstance(ref, FileRef) else [place[ref.step], ref.output] for ref in refs],
        "used": used,
        "keys": list(plan_keys(plan).values()),
    }
    briefs = (canonical(step.brief) for step in plan.steps)
    data = b"\n".join((canonical(document), canonical(listed(plan.timeline)), *texts, *briefs))
    return data if _same(plan, unpack(data)) else None


def unpack(data: bytes) -> Plan:
    """The plan that was packed. For bytes that `pack` did not write it may raise anything that a wrong value does."""
    head, timeline, *texts = data.split(b"\n")
    document: dict[str, Any] = json.loads(head)
    ids: list[str] = document["ids"]
    if len(texts) != 2 * len(ids):
        raise ValueError("a kept plan has two lines a step")
    refs = [FileRef(one) if isinstance(one, str) else StepRef(ids[one[0]], one[1]) for one in document["refs"]]
    made = [object.__new__(Step) for _ in ids]
    columns: dict[str, Sequence[object]] = {
        "id": ids,
        "purpose": document["purposes"],
        "asks": document["asks"],
        "text_needs": _picked(ids, document["needs"]),
        "text_refs": _picked(refs, document["used"]),
        "arguments_text": texts[: len(ids)],
        "brief_text": texts[len(ids) :],
    }
    forms = [(*form[:6], Price(Decimal(form[6]), *form[7:])) for form in document["forms"]]
    for name, values in zip(_FORM, zip(*forms, strict=True), strict=True) if forms else ():
        columns[name] = list(map(values.__getitem__, document["form"]))
    for name, column in columns.items():
        if len(column) != len(ids):
            raise ValueError(f"a kept plan has one {name} a step")
        # by column, since a loop over steps and fields would take longer than all the rest
        deque(map(getattr(Step, name).__set__, made, column), maxlen=0)
    plan = object.__new__(Plan)
    fields = {
        **{name: document[name] for name in ("name", "title", "width", "height", "rate", "frames", "choices")},
        "files": tuple([PlanFile(*file) for file in document["files"]]),
        "steps": tuple(made),
        "deliverables": tuple([Deliverable(*film) for film in document["deliverables"]]),
        "timeline_text": timeline,
        "kept_keys": dict(zip(ids, document["keys"], strict=True)),
    }
    for name, value in fields.items():
        object.__setattr__(plan, name, value)
    return plan


def _number(known: dict[T, int], one: T) -> int:
    return known.setdefault(one, len(known))


def _picked(values: Sequence[T], which: Sequence[Sequence[int]]) -> list[tuple[T, ...]]:
    """For each list of numbers the values that have them. Most steps need one other, or none."""
    return [(values[one[0]],) if len(one) == 1 else tuple([values[each] for each in one]) for one in which]


def _cut(arguments: dict[str, Json]) -> tuple[bytes, tuple[Ref, ...]]:
    """Arguments as canonical text with a zero byte for each reference, and the references in the order of the text."""
    refs: list[Ref] = []

    def marked(ref: Ref) -> Json:
        refs.append(ref)
        return f"\0{len(refs) - 1}\0"

    text = canonical(substitute(arguments, marked))
    order = [int(number) for number in _MARK.findall(text)] if refs else []
    return _MARK.sub(b"\0", text) if refs else text, tuple(refs[number] for number in order)


def _same(plan: Plan, other: Plan) -> bool:
    """Whether a plan that was read back is the same, and all of its keys are."""

    def content(ref: Ref) -> str:
        return f"of {ref}"  # another for each, so that none can stand in the place of another

    return all(
        step_key(kept, content, _PROOF) == step_key(step, content, _PROOF) and kept.needs == step.needs
        for step, kept in zip(plan.steps, other.steps, strict=True)
    ) and (plan, list(plan.choices)) == (other, list(other.choices))
