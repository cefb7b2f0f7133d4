"""Why a step runs, or does not: what its key is made of now, held against what it was made of when it was last made.

Both sides are the material of a key (`digest.material`), so a difference is told exactly where the keys differ. What
needs a result that is still to be made has a mark in its place, which equals no digest: whether the key changes is open
until then, and the reason is told where that step is explained. Reasons are followed from step to step, each compared
with the key that it had in that very past, so that a chain ends at what somebody changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import Enum
from itertools import zip_longest
from typing import Final, Literal, TypeAlias

from adc.compiler.digest import Engine, material, seed_of
from adc.compiler.plan import FileRef, Json, Plan, Ref, Step, StepRef, as_ref, canonical
from adc.runtime.forecast import Forecast, purchases_ahead, usd_of
from adc.runtime.git import Commit
from adc.runtime.past import Entry, Past
from adc.runtime.ports import Result

Place: TypeAlias = tuple[str | int, ...]


class Absent(Enum):
    """What stands where there is nothing, not even null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT

Value: TypeAlias = "Json | Absent"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in two materials that is not the same: the smallest that holds all of it."""

    place: Place
    before: Value
    after: Value


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[Difference, ...]:
    """Where two materials differ; nowhere exactly if their keys are equal."""
    return tuple(_differing({**before}, {**after}, ()))


def _differing(before: Value, after: Value, place: Place) -> Iterator[Difference]:
    if before is ABSENT or after is ABSENT:
        if before is not after:
            yield Difference(place, before, after)
    elif canonical(before) == canonical(after):  # in Python 1 equals True, and in a request it does not
        return
    elif isinstance(before, dict) and isinstance(after, dict) and not (_is_blob(before) or _is_blob(after)):
        for name in dict.fromkeys((*before, *after)):
            yield from _differing(before.get(name, ABSENT), after.get(name, ABSENT), (*place, name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, place)
    else:
        yield Difference(place, before, after)


def _of_lists(before: list[Json], after: list[Json], place: Place) -> Iterator[Difference]:
    """Items in pairs; where there are more on one side, those that both begin and end with are left out."""
    old, new = list(map(canonical, before)), list(map(canonical, after))
    head = tail = 0
    if len(old) != len(new):
        shorter = min(len(old), len(new))
        head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
        tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    pairs = zip_longest(before[head : len(old) - tail], after[head : len(new) - tail], fillvalue=ABSENT)
    for at, (one, other) in enumerate(pairs, start=head):
        yield from _differing(one, other, (*place, at))


def _is_blob(value: Json) -> bool:
    return isinstance(value, dict) and value.keys() == {"$blob"}


About: TypeAlias = Literal["engine", "derivation", "model", "take", "argument", "seed", "file", "made", "brief", "kind"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing of a step that is another than it was. `before` and `after` are None where there was nothing.

    `place` is where it stands in the request, as `elements/0/frontal_image_url`. Of a `file` the values are its path
    and digest; of what a step has `made`, that step and the digest. `step` is who makes it now; where it stood there
    before, `than` is the key that it had then. A `seed` that nobody gave follows from the rest, and is a reason only
    where there is no other.
    """

    about: About
    place: str
    before: Json
    after: Json
    step: str = ""
    than: str = ""


_HEADS: Final[Mapping[About, str]] = {"model": "endpoint", "take": "take", "brief": "brief", "engine": "engine"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the material of a step, as `arguments/prompt`; an empty one is the step itself."""

    step: str
    place: str


@dataclass(frozen=True, slots=True)
class Since:
    """Since when something is as it is: since a `commit`, since `before` that one, or it is `uncommitted`."""

    how: Literal["commit", "before", "uncommitted"]
    commit: Commit | None = None


Stands: TypeAlias = Literal["same", "never", "unknown", "lost", "other"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A step, what is `said` of it, and how it stands to its `past`.

    `stands` is `same` where the past has the same key, `lost` where that result is gone from the store; `never` where
    it was never made, `unknown` where it was and nobody wrote down from what; else `other`, for these `reasons`.
    `there` is what it was then, where that is still in the store. `wording` and `entry` tell what moved beside the
    spec: the version of the wording then and now, and parts of the catalogue's entry. `asked` says whether the spec
    asked for the same; None where nobody knows.
    """

    step: Step
    said: Forecast
    stands: Stands
    past: Past | None
    reasons: tuple[Reason, ...] = ()
    there: Result | None = None
    wording: tuple[str, str] | None = None
    entry: tuple[Literal["schema", "request"], ...] = ()
    asked: bool | None = None

    @property
    def own(self) -> tuple[Reason, ...]:
        """The reasons that no other step is behind."""
        return tuple(reason for reason in self.reasons if not reason.than)

    def spot(self, reason: Reason) -> Spot:
        """Where in the material the reason is."""
        head = _HEADS.get(reason.about, "arguments" if reason.about != "kind" else "")
        return Spot(self.step.id, "/".join(part for part in (head, reason.place) if part))

    @property
    def runs(self) -> bool:
        """Whether it is done again, or may have to be."""
        return self.said.status in ("will run", "after", "under way", "unsure")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a plan: what is said of each step, what has a result, who does it, and what it was.

    `outputs` are digests by step and output, for steps that have a result. `before` gives the key that a step had last,
    `past` how the result of a key was made, `result` what the store still has of it. `entries` are the catalogue's now.
    """

    said: Mapping[str, Forecast]
    outputs: Mapping[str, Mapping[str, str]]
    engine: Callable[[Step], Engine]
    before: Callable[[str], str | None]
    past: Callable[[str], Past | None]
    result: Callable[[str], Result | None]
    entries: Mapping[str, Entry]


class Explainer:
    """Explains the steps of one plan."""

    def __init__(self, plan: Plan, known: Known) -> None:
        self._known = known
        self._steps = {step.id: step for step in plan.steps}
        self._paths = {file.digest: file.path for file in plan.files}
        self._explained: dict[tuple[str, str | None], Explanation] = {}
        self._roots: dict[tuple[str, str], Explanation] = {}

    def explain(self, step_id: str, than: str | None = None) -> Explanation:
        """Why a step is what it is, against the key `than`, or against what it was last."""
        place = (step_id, than)
        if place not in self._explained:
            self._explained[place] = self._explain(self._steps[step_id], than)
        return self._explained[place]

    def path(self, reason: Reason) -> Sequence[tuple[Reason, Explanation]]:
        """Where a reason leads: from step to step, to one that has a reason of its own, or of which none is known.

        Empty where no step is behind it.
        """
        links: list[tuple[Reason, Explanation]] = []
        while reason.than:
            cause = self.explain(reason.step, reason.than)
            links.append((reason, cause))
            if cause.own or not cause.reasons:
                break
            reason = cause.reasons[0]
        return links

    def root(self, reason: Reason) -> Explanation | None:
        """Where the path of a reason ends. What many paths have in common is walked once."""
        walked: list[tuple[str, str]] = []
        root = None
        while reason.than:
            place = (reason.step, reason.than)
            walked.append(place)
            root = self._roots.get(place) or self.explain(*place)
            if place in self._roots or root.own or not root.reasons:
                break
            reason = root.reasons[0]
        if root is not None:
            self._roots.update(dict.fromkeys(walked, root))
        return root

    def _explain(self, step: Step, than: str | None) -> Explanation:
        known = self._known
        said = known.said[step.id]
        key = than or known.before(step.id)
        if key is None:
            return Explanation(step, said, "never", None)
        there = known.result(key)
        past = known.past(key)
        if said.key == key and said.status != "stale":
            return Explanation(step, said, "same" if there is not None else "lost", past, there=there)
        if past is None:
            return Explanation(step, said, "unknown", None, there=there)
        reasons = tuple(self._reasons(step, past))
        wording = (past.template, step.template) if past.template != step.template else None
        asked = past.asks == step.asks if past.asks and step.asks else None
        return Explanation(
            step, said, "other" if reasons else "same", past, reasons, there, wording, self._moved(step, past), asked
        )

    def _moved(self, step: Step, past: Past) -> tuple[Literal["schema", "request"], ...]:
        """What the catalogue says otherwise of the same endpoint."""
        now = self._known.entries.get(step.endpoint or "")
        if past.entry is None or now is None or past.material["endpoint"] != step.endpoint:
            return ()
        moved: list[Literal["schema", "request"]] = []
        if past.entry.schema != now.schema:
            moved.append("schema")
        if past.entry.request != now.request:
            moved.append("request")
        return tuple(moved)

    def _digest_of(self, ref: Ref) -> str:
        """The digest behind a reference, or a mark for what has still to be made."""
        if isinstance(ref, FileRef):
            return ref.digest
        return self._known.outputs.get(ref.step, {}).get(ref.output, f"what {ref.step} makes")

    def _reasons(self, step: Step, past: Past) -> Iterator[Reason]:
        found = differences(past.material, material(step, self._digest_of, self._known.engine(step)))
        reasons = [self._reason(step, past, one) for one in found]
        derived = _derived(step.arguments, step) and _derived(past.material["arguments"], step, past)
        others = [one for one in reasons if not (one.place == "seed" and derived)]
        yield from others or reasons

    def _reason(self, step: Step, past: Past, one: Difference) -> Reason:
        head, rest = str(one.place[0]), one.place[1:]
        before, after = (None if value is ABSENT else value for value in (one.before, one.after))
        match head:
            case "engine" | "derivation" | "take" | "brief":
                return Reason(head, _written(rest), before, after)
            case "endpoint":
                return Reason("model", "", before, after)
            case "kind" | "output":
                return Reason("kind", head, before, after)
        ref = as_ref(_at(step.arguments, rest))
        told = _written(rest)
        blob = before["$blob"] if isinstance(before, dict) and _is_blob(before) else None
        source = past.source("/".join(map(str, rest)), str(blob)) if blob is not None else None
        was = before
        if source is not None:
            was = {
                name: value for name, value in asdict(source).items() if value and name in ("path", "step", "digest")
            }
        if isinstance(ref, StepRef):
            digest = self._known.outputs.get(ref.step, {}).get(ref.output)
            same = source is not None and (source.step == ref.step or source.step not in self._steps)
            than = source.key if source is not None and same else ""
            return Reason("made", told, was, {"step": ref.step, "digest": digest}, ref.step, than)
        if isinstance(ref, FileRef):
            return Reason("file", told, was, {"path": self._paths.get(ref.digest, ""), "digest": ref.digest})
        if source is not None:
            return Reason("file", told, was, after)
        return Reason("seed" if told == "seed" else "argument", told, before, after)


def _derived(arguments: Json, step: Step, past: Past | None = None) -> bool:
    """Whether a request has a seed that nobody gave."""
    if not isinstance(arguments, dict) or "seed" not in arguments:
        return False
    endpoint, take = (past.material["endpoint"], past.material["take"]) if past else (step.endpoint, step.take)
    if not isinstance(endpoint, str) or not isinstance(take, int):
        return False
    others = {name: _unread(value) for name, value in arguments.items() if name != "seed"}
    return arguments["seed"] == seed_of(endpoint, others, take)


def _unread(value: Json) -> Json:
    """A copy with every reference, and every digest that stands for one, as `seed_of` takes them: as nothing."""
    if as_ref(value) is not None or _is_blob(value):
        return None
    if isinstance(value, dict):
        return {name: _unread(item) for name, item in value.items()}
    return [_unread(item) for item in value] if isinstance(value, list) else value


def _at(value: Json, place: Place) -> Json:
    for part in place:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _written(place: Place) -> str:
    """A place as people write it; the pieces of a text are the text."""
    parts = place[: place.index("$text")] if "$text" in place else place
    return "/".join(map(str, parts))


@dataclass(frozen=True, slots=True)
class Following:
    """What follows from making some steps again: what is `bought` because of them, what is only `cut` again, what the
    lock `keeps` as it is. `usd` is what all of it costs, with those steps; `unknown` are those of no known price.
    """

    bought: tuple[Step, ...]
    cut: tuple[Step, ...]
    keeps: tuple[Step, ...]
    usd: Decimal
    unknown: tuple[str, ...]


def following(plan: Plan, said: Mapping[str, Forecast], steps: Iterable[str]) -> Following:
    """What follows from those of `steps` that are made again, or may have to be. Equal keys are bought once."""
    again = {step for step in steps if said[step].status in ("will run", "after", "under way", "unsure")}
    first = frozenset(again)
    keeps: list[Step] = []
    for step in plan.steps:
        if step.id in again or again.isdisjoint(step.needs):
            continue
        if said[step.id].status in ("will run", "after", "under way", "unsure"):
            again.add(step.id)
        elif said[step.id].status != "spared":
            keeps.append(step)
    ahead = purchases_ahead([(plan, [said[step.id] for step in plan.steps if step.id in again])])
    rest = [step for step in plan.steps if step.id in again - first]
    return Following(
        bought=tuple(step for step in rest if step.kind == "generate"),
        cut=tuple(step for step in rest if step.kind != "generate"),
        keeps=tuple(keeps),
        usd=usd_of(ahead),
        unknown=tuple(step.id for step in ahead if step.price.mark == "unknown"),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is told of some steps: why each of `steps` is what it is, the `roots` behind them, and what follows.

    `engine` is `draft`, `fal` or `sim`, `of` are the choices of the plan. `since` tells of spots since when they are as
    they are, `refresh` is the command that makes stale steps again, `decided` gives the take that the lock has of a
    step, with its date.
    """

    engine: str
    of: str
    explainer: Explainer
    steps: tuple[Explanation, ...]
    roots: tuple[Explanation, ...]
    following: Following
    since: Mapping[Spot, Since]
    decided: Mapping[str, tuple[int, str]]
    refresh: str


def behind(explained: Iterable[Explanation], explainer: Explainer) -> tuple[Explanation, ...]:
    """Other steps that these lead to, in which something itself has changed, each once."""
    asked = tuple(explained)
    found: dict[str, Explanation] = {}
    for one in asked:
        for reason in one.reasons:
            cause = explainer.root(reason)
            if cause is not None:
                found.setdefault(cause.step.id, cause)
    known = {one.step.id for one in asked}
    return tuple(cause for step, cause in found.items() if cause.own and step not in known)
