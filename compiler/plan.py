"""The plan: every step that makes the film, as frozen data with one canonical JSON form.

The plan is a public format (`schemas/plan.v1.json`). It holds no path of the machine, no clock and no
randomness: the same spec compiles to the same bytes anywhere. Steps refer to files by digest and to other
steps' outputs by step id; both references are small tagged objects inside the arguments:

    {"$file": "sha256:…"}                                  an input file
    {"$step": "maya.pack.front", "output": "image"}        what another step makes
    {"$text": ["She is ", {"$step": …}, "."]}              a text, with texts that other steps make inside

`substitute` is the one walk over references: for keys they become digests, for the model's endpoint they become
URLs, for local work they become paths. `spliced` puts the texts together, once those are known.
"""

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from adc.compiler.frozen import field, frozen

SCHEMA = "adc/plan/1"

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
StepKind: TypeAlias = Literal["generate", "frame", "card", "film", "archive"]
Output: TypeAlias = Literal["image", "video", "audio", "text", "weights", "archive", "words"]


@frozen
class FileRef:
    """An input file, by digest."""

    digest: str

    def to_json(self) -> Json:
        """The tagged object that stands in arguments."""
        return {"$file": self.digest}


@frozen
class StepRef:
    """One output of another step."""

    step: str
    output: str

    def to_json(self) -> Json:
        """The tagged object that stands in arguments."""
        return {"$step": self.step, "output": self.output}


Ref: TypeAlias = FileRef | StepRef


def as_ref(value: Json) -> Ref | None:
    """The reference that a tagged object is, or None for plain data."""
    if not isinstance(value, dict) or not ("$file" in value or "$step" in value):
        return None
    match value:
        case {"$file": str(digest)}:
            return FileRef(digest)
        case {"$step": str(step), "output": str(output)}:
            return StepRef(step, output)
    return None


def substitute(value: Json, replace: Callable[[Ref], Json]) -> Json:
    """A copy of `value` with every reference replaced."""
    ref = as_ref(value)
    if ref is not None:
        return replace(ref)
    if isinstance(value, dict):
        return {name: substitute(item, replace) for name, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, replace) for item in value]
    return value


def spliced(value: Json, read: Callable[[Ref], str]) -> Json:
    """A copy of `value` with every `$text` put together; `read` gives the text behind a reference inside one.

    References outside of a `$text` stay as they are.
    """
    match value:
        case {"$text": list(parts)}:
            return "".join(part if isinstance(part, str) else _read(part, read) for part in parts)
        case dict():
            return {name: spliced(item, read) for name, item in value.items()}
        case list():
            return [spliced(item, read) for item in value]
    return value


def _read(part: Json, read: Callable[[Ref], str]) -> str:
    ref = as_ref(part)
    assert ref is not None, part
    return read(ref)


def references(value: Json) -> Iterator[Ref]:
    """Every reference inside `value`, in the order of the arguments."""
    ref = as_ref(value)
    if ref is not None:
        yield ref
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def at(value: Json, place: str) -> Json:
    """What stands at a place inside `value`, such as `elements/0/url`; None where there is nothing."""
    for part in place.split("/"):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


@frozen
class Price:
    """What a step costs live: `usd` for `quantity` of `unit`; `mark` says how far the figure can be trusted."""

    usd: Decimal
    quantity: str
    unit: str
    mark: Literal["exact", "estimated", "unknown"]


FREE = Price(Decimal(0), "", "", "exact")


class Texts:
    """What few commands ask of the steps of a kept plan (`kept.py`): arguments and briefs as canonical JSON, and asks.

    `starts` says where in `data` the arguments of each step begin, then the briefs, and where the last ends. Arguments
    are cut by zero bytes where references stand. `asks` gives those of all steps.
    """

    __slots__ = ("_all_asks", "_asks", "_data", "_starts", "_total")

    def __init__(self, data: bytes, starts: Sequence[int], asks: Callable[[], list[str]]) -> None:
        self._data = data
        self._starts = starts
        self._total = len(starts) // 2
        self._all_asks = asks
        self._asks: list[str] | None = None

    def arguments(self, step: int) -> bytes:
        """Those of the step with that number."""
        return self._data[self._starts[step] : self._starts[step + 1]]

    def brief(self, step: int) -> bytes:
        """That of the step with that number."""
        return self.arguments(self._total + step)

    def asks(self, step: int) -> str:
        """Those of the step with that number."""
        if self._asks is None:
            self._asks = self._all_asks()
        return self._asks[step]


class _UnreadStep:
    """Where a step of a kept plan has its arguments, its brief and its asks until somebody wants them.

    It is the step with the number `text_at` in `texts`; `text_refs` are the references in its arguments, in their order
    there. None of it is a field: to compare or to change a step reads it, and one that is made of another has no text.
    """

    __slots__ = ("text_at", "text_needs", "text_refs", "texts")
    texts: Texts | None
    text_at: int
    text_needs: tuple[str, ...]
    text_refs: tuple[Ref, ...]

    if not TYPE_CHECKING:

        def __getattr__(self, name):  # called for what was never filled in
            if name == "texts":
                return None
            if self.texts is None or name not in ("arguments", "asks", "brief"):
                raise AttributeError(f"{type(self).__name__} has no {name}")
            if name == "asks":
                value = self.texts.asks(self.text_at)
            elif name == "brief":
                value = json.loads(self.texts.brief(self.text_at))
            else:
                refs = [canonical(ref.to_json()) for ref in self.text_refs]
                value = json.loads(filled(self.texts.arguments(self.text_at), refs))
            object.__setattr__(self, name, value)
            return value


@frozen
class Step(_UnreadStep):
    """One unit of work, fully described.

    `id` is for people and stable across edits elsewhere. `arguments` is the request for `endpoint`, or what the
    media operation needs. `output` names its blob and what it is: a kind of media, a text, the weights of a LoRA,
    or an archive of files. `brief`, `purpose`, `why` and `price` describe the step to people and to the draft engine;
    no live model sees them.

    Of a purchase, `asks` is the digest of what the spec itself asks for (`lower/asked.py`; empty in a rough plan), and
    `template` the family and version of the wording that made its prompt, as `elements/1`; empty where none did.
    """

    id: str
    kind: StepKind
    endpoint: str | None
    arguments: dict[str, Json]
    output: Output
    purpose: str
    price: Price = FREE
    take: int = 1
    why: str = ""
    brief: dict[str, Json] = field(default_factory=dict)
    asks: str = ""
    template: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Ids of the steps whose outputs this one uses, each once, in the order of the arguments."""
        if self.texts is not None:
            return self.text_needs
        steps = (ref.step for ref in references(self.arguments) if isinstance(ref, StepRef))
        return tuple(dict.fromkeys(steps))


@frozen
class PlanFile:
    """An input file. `path` is relative to the folder of the spec."""

    digest: str
    path: str
    bytes: int


@frozen
class Placed:
    """A scene, card or morph on the timeline, in frames of the film. `bought` and `kept` are seconds as text.

    `steps` make what is seen: several where a scene is split, `bought` is then a sum such as `8 + 6`.
    """

    id: str
    kind: Literal["scene", "card", "morph"]
    steps: tuple[str, ...]
    start: int
    frames: int
    bought: str
    kept: str


@frozen
class Deliverable:
    """A finished film: the step that makes it, its shape and its size in pixels."""

    step: str
    aspect: str
    width: int
    height: int


class _UnreadPlan:
    """Where a kept plan (`kept.py`) has its timeline until somebody asks for it, and the keys of `digest.plan_keys`.

    Neither is a field, so a plan that is made of another has none of them.
    """

    __slots__ = ("kept_keys", "timeline_text")
    kept_keys: Mapping[str, str] | None
    timeline_text: bytes

    if not TYPE_CHECKING:

        def __getattr__(self, name):  # called for what was never filled in
            if name == "kept_keys":
                return None
            if name != "timeline" or self.kept_keys is None:
                raise AttributeError(f"{type(self).__name__} has no {name}")
            rows = json.loads(self.timeline_text)
            timeline = tuple([Placed(id_, kind, tuple(steps), *others) for id_, kind, steps, *others in rows])
            object.__setattr__(self, name, timeline)
            return timeline


def listed(timeline: Iterable[Placed]) -> Json:
    """The timeline as a kept plan has it."""
    return [[one.id, one.kind, list(one.steps), one.start, one.frames, one.bought, one.kept] for one in timeline]


@frozen
class Plan(_UnreadPlan):
    """All steps in an order in which each stands after those it needs; `deliverables` are the finished films.

    `width` and `height` are those of the first. `choices` are the keys of the variants that it was made with.
    """

    name: str
    title: str
    width: int
    height: int
    rate: int
    frames: int
    choices: Mapping[str, str]
    files: tuple[PlanFile, ...]
    steps: tuple[Step, ...]
    timeline: tuple[Placed, ...]
    deliverables: tuple[Deliverable, ...]

    @property
    def usd(self) -> Decimal:
        """What the whole plan costs live when nothing is in the store."""
        return sum((step.price.usd for step in self.steps), Decimal(0))

    def step(self, step_id: str) -> Step:
        """The step with that id."""
        return next(step for step in self.steps if step.id == step_id)


def needed(steps: Sequence[Step], goal: Iterable[str], held: Container[str] = ()) -> tuple[Step, ...]:
    """Of `steps`, in plan order, those that the steps of `goal` need, themselves included.

    Steps that are `held` are there already and need nothing.
    """
    wanted = set(goal)
    for step in reversed(steps):
        if step.id in wanted and step.id not in held:
            wanted.update(step.needs)
    return tuple(step for step in steps if step.id in wanted)


def canonical(value: Json) -> bytes:
    """The canonical bytes of JSON data: keys sorted, no blanks, UTF-8 as it is."""
    return _encode(value).encode()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def filled(text: bytes, pieces: Sequence[bytes]) -> bytes:
    """Text that is cut by zero bytes, with a piece in each place. Canonical JSON has no such byte of its own."""
    if len(pieces) == 1:
        return text.replace(b"\0", pieces[0])
    whole = text.split(b"\0")
    for place, piece in enumerate(pieces, 1):
        whole[place] = piece + whole[place]
    return b"".join(whole)


def to_json(plan: Plan) -> Json:
    """The plan as JSON data of `schemas/plan.v1.json`."""
    return {
        "schema": SCHEMA,
        "ad": {
            "name": plan.name,
            "title": plan.title,
            "width": plan.width,
            "height": plan.height,
            "rate": plan.rate,
            "frames": plan.frames,
            "choices": dict(plan.choices),
        },
        "files": {file.digest: {"path": file.path, "bytes": file.bytes} for file in plan.files},
        "steps": [_step_json(step) for step in plan.steps],
        "timeline": [
            {
                "id": placed.id,
                "kind": placed.kind,
                "steps": list(placed.steps),
                "start": placed.start,
                "frames": placed.frames,
                "bought": placed.bought,
                "kept": placed.kept,
            }
            for placed in plan.timeline
        ],
        "deliverables": [
            {"step": film.step, "aspect": film.aspect, "width": film.width, "height": film.height}
            for film in plan.deliverables
        ],
        "usd": str(plan.usd),
    }


def _step_json(step: Step) -> Json:
    data: dict[str, Json] = {
        "id": step.id,
        "kind": step.kind,
        "for": step.purpose,
        "output": step.output,
        "arguments": step.arguments,
        "price": {
            "usd": str(step.price.usd),
            "quantity": step.price.quantity,
            "unit": step.price.unit,
            "mark": step.price.mark,
        },
        "take": step.take,
        "brief": step.brief,
    }
    if step.endpoint is not None:
        data["endpoint"] = step.endpoint
    told = {"why": step.why, "asks": step.asks, "template": step.template}
    return data | {name: words for name, words in told.items() if words}


def dump(plan: Plan) -> bytes:
    """The plan's file: the same bytes for the same spec anywhere; indented, so that a diff reads well."""
    text = json.dumps(to_json(plan), sort_keys=True, indent=2, ensure_ascii=False)
    return text.encode() + b"\n"


def load(data: bytes) -> Plan:
    """The plan in the bytes that `dump` wrote. Raises ValueError for another schema."""
    document = json.loads(data)
    if document.get("schema") != SCHEMA:
        raise ValueError(f"not a plan of {SCHEMA}: {document.get('schema')!r}")
    ad = document["ad"]
    return Plan(
        name=ad["name"],
        title=ad["title"],
        width=ad["width"],
        height=ad["height"],
        rate=ad["rate"],
        frames=ad["frames"],
        choices=ad["choices"],
        files=tuple(PlanFile(digest, **item) for digest, item in document["files"].items()),
        steps=tuple(_step_from(item) for item in document["steps"]),
        timeline=tuple(Placed(**{**item, "steps": tuple(item["steps"])}) for item in document["timeline"]),
        deliverables=tuple(Deliverable(**item) for item in document["deliverables"]),
    )


def _step_from(item: Mapping[str, object]) -> Step:
    price = item["price"]
    assert isinstance(price, dict)
    return Step(
        id=str(item["id"]),
        kind=item["kind"],  # type: ignore[arg-type]
        endpoint=item.get("endpoint"),  # type: ignore[arg-type]
        arguments=item["arguments"],  # type: ignore[arg-type]
        output=item["output"],  # type: ignore[arg-type]
        purpose=str(item["for"]),
        price=Price(Decimal(price["usd"]), price["quantity"], price["unit"], price["mark"]),
        take=item["take"],  # type: ignore[arg-type]
        why=str(item.get("why", "")),
        brief=item["brief"],  # type: ignore[arg-type]
        asks=str(item.get("asks", "")),
        template=str(item.get("template", "")),
    )
