"""A plan as text that people read and git compares: a paragraph a step, with everything that decides its result.

    hook.clip: scene hook, 8 s
      fal-ai/veo3.1/image-to-video, video, $3.20
      duration: "8s"
      image_url: image of hook.keyframe
      prompt: |
        Setting: a small bright bathroom, morning.
        Camera: handheld selfie at arm's length, slow push-in.
          One continuous shot, no cuts.

One edit of a spec should move few lines: nothing is aligned, each sentence has a line of its own, files are told by
path, and what they hold by the head of their digest, once. Nothing that counts is lost by it: plans that read the same
buy the same and cut the same film. Of a line that was broken the rest stands further to the right, and what does not
show is escaped. Why a model was cast, and what only drafts read, is left out.
"""

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from adc.compiler.plan import FileRef, Json, Placed, Plan, Ref, Step, as_ref
from adc.compiler.units import seconds_text, unit_price_text
from adc.runtime.forecast import purchases
from adc.runtime.reporters.plan_table import amount

WIDTH = 100
"""Columns that a line keeps to where it has a blank to be broken at."""

_SHORT = 60
"""Characters of a text that is quoted behind its name; a longer one stands below it."""

_DIGEST = len("sha256:") + 12
_DEEPER = "  "
_PLAIN = re.compile(r"[\w$.-]+")
_SENTENCE = re.compile(r".*[.!?…][\"'”’)\]]*")


def plan_text(plan: Plan) -> str:
    """The whole plan, ending with a line end. It follows from the plan alone, and holds no path of the machine."""
    paths = {file.digest: file.path for file in plan.files}
    paragraphs = [_head(plan), *([_files(plan)] if plan.files else []), *(_step(step, paths) for step in plan.steps)]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in paragraphs)


def _head(plan: Plan) -> Iterator[str]:
    yield f"{plan.name} {_quoted(plan.title)}" if plan.title else plan.name
    seconds = seconds_text(Fraction(plan.frames, plan.rate))
    yield f"{seconds} s, {plan.width}x{plan.height}, {plan.rate} fps, {amount(purchases([plan]))}"
    for name, key in sorted(plan.choices.items()):
        yield f"{_DEEPER}{name}={key}"
    for placed in plan.timeline:
        yield f"{_DEEPER}{placed.id}: {placed.kind}, {_seconds(placed)}"
    if len(plan.deliverables) > 1:
        for film in plan.deliverables:
            yield f"{_DEEPER}{film.step}: {film.aspect}, {film.width}x{film.height}"


def _seconds(placed: Placed) -> str:
    if placed.bought in ("", placed.kept):
        return f"{placed.kept} s"
    return f"buys {placed.bought} s, keeps {placed.kept} s"


def _files(plan: Plan) -> Iterator[str]:
    for file in sorted(plan.files, key=lambda file: file.path):
        yield f"{file.path}: {file.digest[:_DIGEST]}, {file.bytes} bytes"


def _step(step: Step, paths: Mapping[str, str]) -> Iterator[str]:
    bought = step.kind == "generate"
    yield f"{step.id}: {step.purpose}"
    yield f"{_DEEPER}{step.endpoint}, {step.output}, {_price(step)}" if bought else f"{_DEEPER}{step.kind}, made here"
    if step.take > 1:
        yield f"{_DEEPER}take {step.take}"
    for name, value in sorted(step.arguments.items()):
        yield from _value(f"{_key(name)}:", value, paths, _DEEPER)


def _price(step: Step) -> str:
    if step.price.mark == "unknown":
        return "price unknown"
    return ("about " if step.price.mark == "estimated" else "") + unit_price_text(step.price.usd)


def _value(label: str, value: Json, paths: Mapping[str, str], indent: str) -> Iterator[str]:
    """A value behind its label, or below it and further to the right where it is long."""
    flat = _flat(value, paths)
    if flat is not None and len(f"{indent}{label} {flat}") <= WIDTH:
        yield f"{indent}{label} {flat}"
        return
    text = _text(value)
    if text is not None:
        yield f"{indent}{label} |"
        for line in text.split("\n"):
            yield from _wrapped(line, indent + _DEEPER)
    elif isinstance(value, dict) and as_ref(value) is None:
        yield f"{indent}{label}"
        for name, item in sorted(value.items()):
            yield from _value(f"{_key(name)}:", item, paths, indent + _DEEPER)
    elif isinstance(value, list):
        yield f"{indent}{label}"
        for item in value:
            yield from _item(item, paths, indent + _DEEPER)
    else:
        yield f"{indent}{label} {flat}"


def _item(value: Json, paths: Mapping[str, str], indent: str) -> Iterator[str]:
    """A value of a list behind its dash, and so is the first of what stands below it."""
    lines = _value("-", value, paths, indent)
    first = next(lines)
    if first == f"{indent}-":
        first = f"{indent}- {next(lines).lstrip()}"
    yield first
    yield from lines


def _flat(value: Json, paths: Mapping[str, str]) -> str | None:
    """The value on one line, however long; None where it holds a text that is too long to be quoted."""
    ref = as_ref(value)
    if isinstance(ref, FileRef):
        return f"file {paths.get(ref.digest, ref.digest)}"
    if ref is not None:
        return _made(ref)
    text = _text(value)
    if text is not None:
        plain = isinstance(value, str) and len(text) <= _SHORT and "\n" not in text
        return _quoted(text) if plain else None
    if isinstance(value, dict):
        named = [(name, _flat(item, paths)) for name, item in sorted(value.items())]
        if any(item is None for _, item in named):
            return None
        return "{" + ", ".join(f"{_key(name)}: {item}" for name, item in named) + "}"
    if isinstance(value, list):
        items = [_flat(item, paths) for item in value]
        return None if None in items else "[" + ", ".join(item for item in items if item is not None) + "]"
    return json.dumps(value)


def _made(ref: Ref) -> str:
    assert not isinstance(ref, FileRef)
    return f"{ref.output} of {ref.step}"


def _text(value: Json) -> str | None:
    """The text that a value is, with what other steps write into it as `{{ text of maya.looks }}`; None for others."""
    match value:
        case str():
            return value
        case {"$text": list(parts)} if not any(isinstance(part, str) and "{{" in part for part in parts):
            return "".join(part if isinstance(part, str) else f"{{{{ {_flat(part, {})} }}}}" for part in parts)
    return None


def _wrapped(line: str, indent: str) -> Iterator[str]:
    """A line of a text, a sentence a line. One with blanks that a reader would not see is quoted as it is."""
    words = line.split(" ")
    if not line.isprintable() or not all(words) or line.startswith('"'):
        yield indent + _quoted(line)
        return
    row = indent + words[0]
    for before, word in pairwise(words):
        ended = _SENTENCE.fullmatch(before) and not word[0].islower()
        if ended or len(row) + 1 + len(word) > WIDTH:
            yield row
            row = indent + _DEEPER + word
        else:
            row += f" {word}"
    yield row


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """In quotes, with everything escaped where something of it would not show."""
    return json.dumps(text, ensure_ascii=not text.isprintable())
