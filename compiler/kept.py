"""A plan as it is kept between two commands: the same plan, in a form that ten thousand steps are read from in a blink.

The published form (`plan.dump`) is for people and programs, and reading it makes a tree of every prompt. Most commands
want to know of most steps only what stands in a table, what they need, and their keys. So here the light fields are
columns, what many steps have in common stands once, and the arguments and the brief of a step are canonical JSON that
is not read: a key is made of its text (`digest.step_key`), and who asks for the value has it read then.

    310                                                          how many bytes the next line has
    {"name": …, "forms": […], "form": [… a number a step …], …}  what many have in common, and numbers, as JSON
    [["hook","scene",["hook.clip"],0,240,"8","8"], …]            the timeline, as JSON
    hook.keyframe␟hook.clip␟…                                    ids; then purposes, asks and plan keys
    {"image_url":␀,"prompt":"…"}{"prompt":"…"}…                  arguments of all steps, cut where references stand
    {"action":"…"}{}…                                            briefs of all steps

Only the first is a line; of the others the JSON says how long each is.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, islice, pairwise
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
    Texts,
    canonical,
    listed,
    substitute,
)

T = TypeVar("T")

_MARK = re.compile(rb'"\\u0000(\d+)\\u0000"')
_FORM = ("kind", "endpoint", "output", "take", "why", "template", "price")
"""The fields that many steps have in common."""

_WORDS = ("id", "purpose", "asks")
"""The fields that are text and another for each step."""

_BETWEEN = "\x1f"
"""Stands between words; a plan with one in its names is not kept."""

_SIZE = 12
"""The bytes of the first line."""

_PROOF = Engine("kept", reads_brief=True)


def pack(plan: Plan) -> bytes | None:
    """The plan as it is kept; None for one that could not be read back as exactly the same, keys included."""
    place = {step.id: number for number, step in enumerate(plan.steps)}
    cuts = [_cut(step.arguments) for step in plan.steps]
    refs = dict.fromkeys(ref for _, inside in cuts for ref in inside)
    files = [ref for ref in refs if isinstance(ref, FileRef)]
    made = [ref for ref in refs if isinstance(ref, StepRef)]
    number = {ref: each for each, ref in enumerate((*files, *made))}
    forms: dict[tuple[Any, ...], int] = {}
    form: list[Json] = [
        forms.setdefault(tuple([getattr(step, name) for name in _FORM]), len(forms)) for step in plan.steps
    ]
    document: dict[str, Json] = {
        "name": plan.name,
        "title": plan.title,
        "width": plan.width,
        "height": plan.height,
        "rate": plan.rate,
        "frames": plan.frames,
        "choices": [list(choice) for choice in plan.choices.items()],
        "files": [[file.digest, file.path, file.bytes] for file in plan.files],
        "deliverables": [[film.step, film.aspect, film.width, film.height] for film in plan.deliverables],
        "forms": [[*one, str(price.usd), price.quantity, price.unit, price.mark] for *one, price in forms],
        "form": form,
        "needs": _flat([place[need] for need in step.needs] for step in plan.steps),
        "file refs": [ref.digest for ref in files],
        "step refs": [[place[ref.step] for ref in made], [ref.output for ref in made]],
        "used": _flat([number[ref] for ref in inside] for _, inside in cuts),
    }
    words: list[Iterable[str]] = [[getattr(step, name) for step in plan.steps] for name in _WORDS]
    lines = [canonical(listed(plan.timeline))]
    lines += [_BETWEEN.join(column).encode() for column in (*words, plan_keys(plan).values())]
    texts = [*(text for text, _ in cuts), *(canonical(step.brief) for step in plan.steps)]
    document |= {"lines": [len(line) for line in lines], "texts": [len(text) for text in texts]}
    head = canonical(document)
    data = b"".join((b"%*d\n" % (_SIZE - 1, len(head)), head, *lines, *texts))
    try:
        again = unpack(data)
    except (IndexError, KeyError, TypeError, ValueError):
        return None  # a name has a character that stands between names or lines here
    return data if _same(plan, again) else None


def unpack(data: bytes, start: int = 0) -> Plan:
    """The plan that was packed, where it begins at `start` and ends with the data.

    For bytes that `pack` did not write it may raise anything that a wrong value does.
    """
    head = start + _SIZE
    size = head + int(data[start:head])
    document: dict[str, Any] = json.loads(data[head:size])
    form: list[int] = document["form"]
    total = len(form)
    ends = list(accumulate(document["lines"], initial=size))
    timeline, id_line, purpose_line, asks_line, key_line = [data[begin:end] for begin, end in pairwise(ends)]
    ids = _split(id_line)
    starts = list(accumulate(document["texts"], initial=ends[-1]))
    if len(starts) != 2 * total + 1 or starts[-1] != len(data):
        raise ValueError("a kept plan has two texts for each step")
    columns: dict[str, Sequence[object]] = {"id": ids, "purpose": _split(purpose_line)}
    steps, outputs = document["step refs"]
    made = _filled(StepRef, len(steps), {"step": list(map(ids.__getitem__, steps)), "output": outputs})
    refs: list[Ref] = [*map(FileRef, document["file refs"]), *made]
    forms = [(*form[:6], Price(Decimal(form[6]), *form[7:])) for form in document["forms"]]
    for name, values in zip(_FORM, zip(*forms, strict=True), strict=True):
        columns[name] = list(map(values.__getitem__, form))
    columns["text_needs"] = _picked(ids, *document["needs"])
    columns["text_refs"] = _picked(refs, *document["used"])
    columns["texts"] = [Texts(data, starts, lambda: _split(asks_line))] * total
    columns["text_at"] = range(total)
    plan = object.__new__(Plan)
    fields = {
        **{name: document[name] for name in ("name", "title", "width", "height", "rate", "frames")},
        "choices": dict(document["choices"]),
        "files": tuple([PlanFile(*file) for file in document["files"]]),
        "steps": tuple(_filled(Step, total, columns)),
        "deliverables": tuple([Deliverable(*film) for film in document["deliverables"]]),
        "timeline_text": timeline,
        "kept_keys": dict(zip(ids, _split(key_line), strict=True)),
    }
    for name, value in fields.items():
        object.__setattr__(plan, name, value)
    return plan


def _filled(kind: type[T], total: int, columns: Mapping[str, Sequence[object]]) -> list[T]:
    """That many values of a class, with its slots filled by column: a loop over values and fields takes longer."""
    made = [object.__new__(kind) for _ in range(total)]
    for name, column in columns.items():
        if len(column) != total:
            raise ValueError(f"a kept plan has one {name} for each")
        deque(map(getattr(kind, name).__set__, made, column), maxlen=0)
    return made


def _split(line: bytes) -> list[str]:
    return str(line, "utf-8").split(_BETWEEN)


def _flat(lists: Iterable[list[int]]) -> Json:
    """Lists of numbers as two: how many each has, and all numbers one after the other."""
    many = list(lists)
    return [[len(one) for one in many], [number for one in many for number in one]]


def _picked(values: Sequence[T], counts: Sequence[int], numbers: Sequence[int]) -> list[tuple[T, ...]]:
    """For each list of numbers, given as `_flat` gives them, the values that have these numbers."""
    all_picked = iter([values[number] for number in numbers])
    return [tuple(islice(all_picked, count)) if count else () for count in counts]


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
