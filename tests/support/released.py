"""What each released version of adc made of a set of ads, and what today's would buy again of that.

A version is a folder of `tests/released`, written by `keep.py` there:

    ads.ad         the ads, in the format of `tests/cases`
    files/         the pictures and sounds that they refer to
    plans.jsonl    of each ad the plan, its step keys, and what the lock of a build would pin
    digests.json   the digests of what that version published for good: schemas and wordings

Only steps that cost count: purchases and whatever they need. A film is cut again for nothing, and may become better.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.spec_cases import SPEC, Case, read_cases

from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.derivations import OLDER, Derivation, older_keys
from adc.compiler.digest import Engine, digest_bytes, step_key
from adc.compiler.families import Families
from adc.compiler.files import MemoryFiles
from adc.compiler.pins import NO_PINS, Pins
from adc.compiler.pipeline import Compiled, compile_spec
from adc.compiler.plan import FileRef, Json, Plan, Ref, Step, load, needed, to_json
from adc.runtime.fal.hosts import FAL
from adc.runtime.handlers import archive, frame

RELEASED = Path(__file__).parents[1] / "released"

PUBLISHED = ("schemas/*.v[0-9]*.json", "compiler/templates/*/[0-9]*.j2")
"""What is never edited once it is published."""


@dataclass(frozen=True, slots=True)
class Ad:
    """An ad with the files that it refers to."""

    name: str
    case: Case
    files: Mapping[str, bytes]

    def compile(
        self, pins: Pins = NO_PINS, *, catalogue: Catalogue | None = None, families: Families | None = None
    ) -> Compiled:
        """What today's compiler makes of it."""
        files = MemoryFiles({**self.files, **self.case.contents})
        return compile_spec(SPEC, files, catalogue or builtin(), self.case.choices, pins=pins, families=families)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a version made of an ad: its plan, the keys of the steps that cost, and what its lock would pin."""

    plan: Plan
    keys: Mapping[str, str]
    pins: Pins


def read_ads(folder: Path) -> list[Ad]:
    """The ads of a version."""
    root = folder / "files"
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return [Ad(case.name.removeprefix("ads: "), case, files) for case in read_cases(folder)]


def read_kept(folder: Path) -> dict[str, Kept]:
    """What a version made of its ads, by name."""
    lines = (folder / "plans.jsonl").read_text(encoding="utf-8").splitlines()
    documents = (json.loads(line) for line in lines)
    return {
        document["ad"]: Kept(load(json.dumps(document["plan"]).encode()), document["keys"], Pins(**document["pins"]))
        for document in documents
    }


def line_of(ad: Ad) -> str:
    """The line about an ad in the file of plans, as of today. Its compilation has no errors."""
    compiled = ad.compile()
    plan = compiled.plan
    assert plan is not None, (ad.name, compiled.diagnostics)
    pins = pins_of(plan, compiled.catalogue)
    document: Json = {
        "ad": ad.name,
        "pins": {"models": {**pins.models}, "takes": {**pins.takes}, "templates": {**pins.templates}},
        "keys": {**keys_of(plan)},
        "plan": to_json(plan),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def pins_of(plan: Plan, catalogue: Catalogue) -> Pins:
    """What the lock holds fast after a build of the plan."""
    bought = [step for step in plan.steps if step.endpoint is not None]
    return Pins(
        models={step.id: catalogue.endpoint(step.endpoint).model for step in bought if step.endpoint is not None},
        takes={step.id: step.take for step in bought},
        templates={family: int(version) for family, _, version in (step.template.partition("/") for step in bought)
                   if family},
    )  # fmt: skip


def keys_of(plan: Plan) -> dict[str, str]:
    """The keys of the steps that cost, by id, where what a step makes follows from its key."""
    keys: dict[str, str] = {}
    for step in _costly(plan):
        keys[step.id] = step_key(step, _Made(keys), _engine(step))
    return keys


def bought_again(kept: Kept, plan: Plan, older: Sequence[Derivation] = OLDER) -> list[str]:
    """What of `plan` is not to be had from a store and a lock with what was `kept`: a line a step, with the reason.

    What is made of something that is bought again is not blamed for it.
    """
    asks: dict[str, set[str]] = {}
    for step_id, key in kept.keys.items():
        asks.setdefault(key, set()).add(kept.plan.step(step_id).asks)
    keys: dict[str, str] = {}
    found = []
    for step in _costly(plan):
        today = step_key(step, _Made(keys), _engine(step))
        known = next((key for key in _keys(step, keys, today, older) if key in asks), None)
        if known is None:
            found.append(f"{step.id} has another key: {'; '.join(_differences(kept.plan, step))}")
        elif step.asks not in asks[known]:
            found.append(f"{step.id} has the same key and asks for something else: its decision would not count")
        keys[step.id] = known or kept.keys.get(step.id, today)
    return found


def published(repository: Path) -> dict[str, str]:
    """The digests of everything that is published for good, by path."""
    files = sorted(file for pattern in PUBLISHED for file in repository.glob(pattern))
    return {file.relative_to(repository).as_posix(): digest_bytes(file.read_bytes()) for file in files}


class _Made:
    """The digest behind a reference, where what a step makes follows from the key that it is known by."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys

    def __call__(self, ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else digest_bytes(f"{self._keys[ref.step]} {ref.output}".encode())


def _keys(step: Step, keys: Mapping[str, str], today: str, older: Sequence[Derivation]) -> Iterator[str]:
    yield today
    yield from older_keys(step, _Made(keys), _engine(step), older)


def _costly(plan: Plan) -> tuple[Step, ...]:
    return needed(plan.steps, [step.id for step in plan.steps if step.kind == "generate"])


def _engine(step: Step) -> Engine:
    """Who does a step. The names of engines are in keys too, and do not move."""
    match step.kind:
        case "generate":
            return FAL.engine
        case "frame":
            return frame.ENGINE
        case "archive":
            return archive.ENGINE
    raise AssertionError(f"{step.kind} {step.id} costs nothing, and nothing that costs needs it")


def _differences(plan: Plan, step: Step) -> Iterator[str]:
    """What a step has otherwise than the one of that name in `plan`; the key itself where there is nothing to see."""
    before = next((each for each in plan.steps if each.id == step.id), None)
    if before is None:
        yield "there was no step of this name"
        return
    was, now = _facts(before), _facts(step)
    changed = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    yield from (f"{name} was {was.get(name)!r} and is {now.get(name)!r}" for name in changed)
    if not changed:
        yield "it is derived otherwise"


def _facts(step: Step) -> dict[str, Json]:
    return {"endpoint": step.endpoint, "output": step.output, "take": step.take, **step.arguments}
