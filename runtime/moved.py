"""What has moved since a plan was signed: every reason why building it would not be what was agreed to.

Two signed plans are held against each other: the one in the file, and one that is made of how things stand now. A spec
whose text changed and still says the same, a note in the catalogue about a model that is not used, a part of the bill
that was bought meanwhile: none of these moves anything. What does is told in one line each: what it was, what it is,
and what that does to the bill. A step that needs one that is made anew is counted with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final, TypeAlias

from adc.compiler.plan import FileRef, Plan, Ref, Step, references, substitute
from adc.compiler.units import dollars_text
from adc.runtime.forecast import plan_keys
from adc.runtime.signed import Ad, Item, Model, Signed

_NAMED: Final = 3
"""Steps that a line names; of more it says how many."""

Place: TypeAlias = tuple[int, str]
"""A step: the number of its ad, and its id."""

_SELLERS: Final = {
    "fal": "to be bought at fal",
    "sim": "for a stand-in",
    "draft": "as a free draft",
}
_HERE: Final = {
    "fal": "what is made here is bought at fal",
    "sim": "what is made here is bought at a stand-in",
    "draft": "there is no key here, so that this would be a free draft",
}


def moved(
    signed: Signed, now: Signed, *, engine: str, kept: Callable[[str], bool], prefix: str = ""
) -> tuple[str, ...]:
    """A line for each thing that has moved; none where building is what was agreed to.

    `engine` is the one that a build would have here; `now` is always of the one that was signed. `kept` says whether
    the store has the result of a step key. `prefix` stands before the paths of inputs where they are shown.
    """
    return tuple(_Comparison(signed, now, kept, prefix).lines(engine))


def bill_text(items: Sequence[Item]) -> str:
    """What purchases come to, as in `$1.04 for 7 purchases`."""
    if not items:
        return "nothing to buy"
    usd = sum((item.usd for item in items), Decimal(0))
    unknown = sum(item.mark == "unknown" for item in items)
    more = f" and an unknown amount for {unknown} of them" if unknown else ""
    return f"{dollars_text(usd)} for {len(items)} purchase{'s' if len(items) > 1 else ''}{more}"


@dataclass(frozen=True)
class _Pair:
    """An ad as it was signed and as it is now; None where there is none of these choices."""

    before: Ad | None
    after: Ad | None

    @cached_property
    def was(self) -> Mapping[str, Step]:
        return {step.id: step for step in self.before.plan.steps} if self.before else {}

    @cached_property
    def now(self) -> Mapping[str, Step]:
        return {step.id: step for step in self.after.plan.steps} if self.after else {}

    @cached_property
    def keys_before(self) -> Mapping[str, str]:
        return plan_keys(self.before.plan) if self.before else {}

    @cached_property
    def keys_after(self) -> Mapping[str, str]:
        return plan_keys(self.after.plan) if self.after else {}

    @cached_property
    def differing(self) -> Set[str]:
        """The steps that are not what they were."""
        same = self.was.keys() & self.now.keys()
        return (self.was.keys() ^ self.now.keys()) | {
            one for one in same if _matter(self.was[one]) != _matter(self.now[one])
        }


def _matter(step: Step) -> tuple[object, ...]:
    """All of a step but the words about why a model was chosen: a decision of the lock has other words for the same."""
    return (step.id, step.kind, step.endpoint, step.arguments, step.output, step.purpose, step.price, step.take,
            step.brief, step.asks, step.template)  # fmt: skip


def _frame(plan: Plan | None) -> object:
    """All of a plan but its steps and its files: what is on the timeline, and what is delivered."""
    if plan is None:
        return None
    return (plan.name, plan.title, plan.width, plan.height, plan.rate, plan.frames, dict(plan.choices),
            plan.timeline, plan.deliverables)  # fmt: skip


class _Comparison:
    """Both situations, with what every line needs of them."""

    def __init__(self, signed: Signed, now: Signed, kept: Callable[[str], bool], prefix: str) -> None:
        self._signed = signed
        self._now = now
        self._kept = kept
        self._prefix = prefix
        self._pairs = tuple(_pairs(signed.ads, now.ads))
        self._agreed = signed.agreed()
        self._ahead = now.agreed()
        self._same = all(_frame(_plan(pair.before)) == _frame(_plan(pair.after)) for pair in self._pairs)
        self._differing = frozenset((at, step) for at, pair in enumerate(self._pairs) for step in pair.differing)

    def lines(self, engine: str) -> Iterator[str]:
        """Every line, those first that explain others."""
        yield from self._versions()
        if engine != self._signed.engine:
            bill = bill_text(self._signed.bill)
            yield f"it was signed {_SELLERS[self._signed.engine]}, {bill}; {_HERE[engine]}"
        yield from self._inputs()
        yield from self._models()
        yield from self._decisions()
        if not self._unexplained_by():
            yield from self._others()
        yield from self._store()
        yield from self._in_vain()

    def _versions(self) -> Iterator[str]:
        was, now = self._signed, self._now
        if was.version != now.version:
            told = self._unexplained if self._unexplained_by() == "version" else frozenset()
            yield self._line(f"adc was {was.version}, is {now.version}", told, "its plan is the same")
        if was.derivation != now.derivation:
            yield self._line(
                f"the derivation of keys was {was.derivation}, is {now.derivation}",
                frozenset((at, step) for at, pair in enumerate(self._pairs) for step in (*pair.was, *pair.now)),
                "",
            )

    # What the spec says, and the files that it names

    def _inputs(self) -> Iterator[str]:
        if self._same and not self._differing:
            return
        for path in sorted(self._changed_inputs, key=lambda path: (not path.endswith(".ad"), path)):
            was, now = self._signed.inputs.get(path), self._now.inputs.get(path)
            if path.endswith(".ad"):
                steps = self._unexplained
                if not steps and self._same:
                    continue
            else:
                steps = self._using(was, now)
                if not steps and self._unexplained_by() != "file":
                    continue
            yield self._line(f"{self._prefix}{path} {_was(was, now)}", steps, "no step is another")

    @cached_property
    def _changed_inputs(self) -> Sequence[str]:
        before, after = self._signed.inputs, self._now.inputs
        return [path for path in (before | after) if before.get(path) != after.get(path)]  # type: ignore[operator]

    def _using(self, was: str | None, now: str | None) -> Set[Place]:
        """The steps that are another because a file is."""
        found: set[Place] = set()
        for at, step in self._differing:
            pair = self._pairs[at]
            for steps, digest in ((pair.was, was), (pair.now, now)):
                if digest and step in steps and FileRef(digest) in references(steps[step].arguments):
                    found.add((at, step))
        return found

    @cached_property
    def _unexplained(self) -> Set[Place]:
        """The steps that differ in more than the bytes of a file, a price or a take that was decided for."""
        return frozenset((at, step) for at, step in self._differing if not self._explained(at, step))

    def _explained(self, at: int, step: str) -> bool:
        pair = self._pairs[at]
        was, now = pair.was.get(step), pair.now.get(step)
        if was is None or now is None or pair.before is None or pair.after is None:
            return False
        if was.endpoint in self._moved_models and was.price != now.price:
            now = _priced_as(now, was)
        if (at, step) in self._decided:
            return True
        return _told(was, pair.before.plan) == _told(now, pair.after.plan)

    def _unexplained_by(self) -> str:
        """What is to blame for steps that differ without a reason of their own."""
        if not self._unexplained and self._same:
            return "nothing"
        if any(path.endswith(".ad") for path in self._changed_inputs):
            return "text"
        if self._signed.version != self._now.version:
            return "version"
        return "file" if self._changed_inputs else ""

    def _others(self) -> Iterator[str]:
        """Steps that differ, and nothing that was written down tells why: another model has come, or a default moved."""
        yield self._line("the same spec makes another plan", self._unexplained, "no step is another")

    # Who makes it, and for how much

    @cached_property
    def _moved_models(self) -> Mapping[str, tuple[Model, Model | None]]:
        after = self._now.models
        return {
            endpoint: (model, after.get(endpoint))
            for endpoint, model in self._signed.models.items()
            if model != after.get(endpoint) and (endpoint in after or endpoint not in self._used_now)
        }

    @cached_property
    def _used_now(self) -> Set[str]:
        return frozenset(step.endpoint for pair in self._pairs for step in pair.now.values() if step.endpoint)

    def _models(self) -> Iterator[str]:
        for endpoint, (was, now) in sorted(self._moved_models.items()):
            if now is None:
                continue  # no step asks for it any more: whatever moved those steps is told elsewhere
            name = self._name(endpoint, was)
            steps = {(at, step) for at, pair in enumerate(self._pairs) for step in pair.was
                     if pair.was[step].endpoint == endpoint}  # fmt: skip
            if was.price != now.price:
                yield self._line(f"the price of {name} has moved: {self._prices(steps)}", steps, "")
            if was.schema != now.schema:
                yield self._line(f"the schema of {name} {_was(was.schema, now.schema)}", steps, "")
            if was.request != now.request:
                yield self._line(f"the way to ask {name} {_was(was.request, now.request)}", steps, "")
            if (was.price, was.schema, was.request) == (now.price, now.schema, now.request):
                yield self._line(f"the catalogue's entry of {name} {_was(was.entry, now.entry)}", steps, "")

    def _name(self, endpoint: str, model: Model) -> str:
        alike = [other for other in self._signed.models.values() if other.name == model.name]
        return model.name if len(alike) == 1 else endpoint

    def _prices(self, steps: Iterable[Place]) -> str:
        told: dict[str, None] = {}
        for at, step in sorted(steps):
            was, now = self._pairs[at].was[step].price, self._pairs[at].now.get(step)
            if now is not None and (was.usd, was.mark) != (now.price.usd, now.price.mark):
                told[f"{step} was {_price(was.usd, was.mark)}, is {_price(now.price.usd, now.price.mark)}"] = None
        return ", ".join(told) or "no step of this plan costs other"

    # What was decided, and what was there

    @cached_property
    def _decided(self) -> Mapping[Place, str]:
        """Steps about which the lock has decided otherwise, with the words."""
        found: dict[Place, str] = {}
        for at, pair in enumerate(self._pairs):
            if pair.before is None or pair.after is None:
                continue
            for step, was in pair.before.decisions.items():
                now = pair.after.decisions.get(step)
                if now != was:
                    other = f"take {now.take}, {_short(now.artifact)}" if now else "nothing"
                    found[at, step] = f"take {was.take}, {_short(was.artifact)}, and is {other}"
            for step in pair.after.decisions.keys() - pair.before.decisions.keys():
                before, after = pair.was.get(step), pair.now.get(step)
                if before is not None and after is not None and before.take != after.take:
                    found[at, step] = f"nothing, and is take {after.take}"
        return found

    def _decisions(self) -> Iterator[str]:
        told: dict[str, set[Place]] = {}
        for (at, step), words in self._decided.items():
            told.setdefault(f"what the lock holds of {step} was {words}", set()).add((at, step))
        for words, steps in sorted(told.items()):
            yield self._line(words, steps, "", named=False)

    def _store(self) -> Iterator[str]:
        """Purchases that nobody has agreed to, of steps that are what they were: the store has lost something."""
        lost: dict[str, None] = {}
        for at, pair in enumerate(self._pairs):
            if pair.before is None or pair.after is None:
                continue
            stood = {said.step_id: said for said in pair.before.standing}
            for item in pair.after.bill:
                key = pair.keys_after[item.step]
                said = stood.get(item.step)
                if key in self._agreed or said is None or pair.keys_before.get(item.step) != key:
                    continue
                if said.key is not None and self._kept(said.key):
                    continue  # only something free before it is lost, and will be made again as it was
                stand = {
                    "cached": "was in the store, and is not any more",
                    "stale": "was in the store, held by the lock, and is not any more",
                    "under way": "was under way, and nothing has come of it",
                }.get(said.status, "was not to be bought")
                lost[f"{item.step} {stand}: {_price(item.usd, item.mark)} more"] = None
        yield from lost

    def _in_vain(self) -> Iterator[str]:
        """Purchases that were agreed to, and paid without anything to show for it."""
        for key, item in self._ahead.items():
            agreed = self._agreed.get(key)
            if agreed is not None and agreed.mark != "unknown" and item.spent > agreed.spent:
                usd = dollars_text(item.spent - agreed.spent)
                yield f"{usd} was spent in vain on {item.step} since, and it would be bought again: {usd} more"

    # Words

    def _line(self, what: str, steps: Set[Place], otherwise: str, *, named: bool = True) -> str:
        """A line: what has moved, the steps that it moves, and their part of the bill before and after."""
        told = self._names(steps) if named and steps else otherwise if not steps else ""
        whole = self._with_those_that_need(steps)
        more = len({step for _, step in whole} - {step for _, step in steps})
        if told and more:
            told += f", and so {'are' if more > 1 else 'is'} {more} step{'s' if more > 1 else ''} that need it"
        return f"{what}{'; ' if told else ''}{told}; {self._money(whole)}"

    def _names(self, steps: Set[Place]) -> str:
        """Which steps are another, new or gone."""
        said: dict[str, list[str]] = {"another": [], "new": [], "gone": []}
        for at, pair in enumerate(self._pairs):
            for step in (*pair.was, *(step for step in pair.now if step not in pair.was)):
                how = "new" if step not in pair.was else "gone" if step not in pair.now else "another"
                if (at, step) in steps and step not in said[how]:
                    said[how].append(step)
        parts = []
        for how, names in said.items():
            if names:
                listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
                parts.append(f"{listed} {'are' if len(names) > 1 else 'is'} {how}")
        return ", ".join(parts)

    def _with_those_that_need(self, steps: Set[Place]) -> Set[Place]:
        found = set(steps)
        for at, pair in enumerate(self._pairs):
            for plan in (_plan(pair.before), _plan(pair.after)):
                for step in plan.steps if plan else ():
                    if any((at, need) in found for need in step.needs):
                        found.add((at, step.id))
        return found

    def _money(self, steps: Iterable[Place]) -> str:
        """The part of the bill that is for these steps, as it was signed and as it would be."""
        before, after = set[str](), set[str]()
        for at, step in steps:
            pair = self._pairs[at]
            before |= {pair.keys_before[step]} if step in pair.keys_before else set()
            after |= {pair.keys_after[step]} if step in pair.keys_after else set()
        was = [self._agreed[key] for key in before if key in self._agreed]
        now = [self._ahead[key] for key in after if key in self._ahead]
        if not was and not now:
            return "nothing of it is to be bought"
        before_usd, after_usd = (sum((item.usd for item in items), Decimal(0)) for items in (was, now))
        text = f"signed {_amount(was)}, now {_amount(now)}"
        if before_usd == after_usd:
            return text
        way = "more" if after_usd > before_usd else "less"
        return f"{text}: {dollars_text(abs(after_usd - before_usd))} {way}"


def _pairs(before: Sequence[Ad], after: Sequence[Ad]) -> Iterator[_Pair]:
    """The ads of the same choices, in the order in which they were signed; then those that are new."""
    now = {tuple(ad.plan.choices.items()): ad for ad in after}
    for ad in before:
        yield _Pair(ad, now.pop(tuple(ad.plan.choices.items()), None))
    for ad in now.values():
        yield _Pair(None, ad)


def _plan(ad: Ad | None) -> Plan | None:
    return ad.plan if ad else None


def _priced_as(step: Step, other: Step) -> Step:
    return Step(
        step.id, step.kind, step.endpoint, step.arguments, step.output, step.purpose, other.price, step.take, step.why,
        step.brief, step.asks, step.template,
    )  # fmt: skip


def _told(step: Step, plan: Plan) -> tuple[object, ...]:
    """All of a step that its spec says: files by their paths, whatever bytes are in them."""
    paths = {file.digest: file.path for file in plan.files}

    def named(ref: Ref) -> str:
        return paths.get(ref.digest, ref.digest) if isinstance(ref, FileRef) else f"{ref.step} {ref.output}"

    return (step.id, step.kind, step.endpoint, substitute(step.arguments, named), step.output, step.purpose,
            step.price, step.take, substitute(step.brief, named), step.template)  # fmt: skip


def _was(was: str | None, now: str | None) -> str:
    return f"was {_short(was) if was else 'not there'}, is {_short(now) if now else 'gone'}"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _price(usd: Decimal, mark: str) -> str:
    return "of unknown price" if mark == "unknown" else dollars_text(usd)


def _amount(items: Sequence[Item]) -> str:
    usd = sum((item.usd for item in items), Decimal(0))
    unknown = any(item.mark == "unknown" for item in items)
    return f"{dollars_text(usd)} and an unknown amount" if unknown else dollars_text(usd)
