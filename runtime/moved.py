"""What has moved since a plan was signed: every reason why building it would not be what was agreed to.

Two signed plans are held against each other: the one in the file, and one that is made of how things stand now. A spec
whose text changed and still says the same, a note in the catalogue about a model that is not used, a part of the bill
that was bought meanwhile: none of these moves anything. What does is told in a line each: what it was, what it is, and
what that does to the bill. The steps that need one that is made anew are counted with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal, TypeAlias

from adc.compiler.digest import plan_keys
from adc.compiler.plan import FileRef, Plan, Ref, Step, references, substitute
from adc.compiler.units import dollars_text
from adc.runtime.signed import Ad, Item, Model, Signed

SELLERS: Final = {
    "fal": "to be bought at fal",
    "sim": "to be bought at a stand-in",
    "draft": "as a free draft",
}
"""For whom a plan was signed, by engine."""

_HERE: Final = {
    "fal": "here it would be bought at fal",
    "sim": "here it would be bought at a stand-in",
    "draft": "without a key it would be a free draft here",
}

_LOST: Final = {
    "cached": "was in the store, and is not any more",
    "stale": "was in the store, as the lock holds it, and is not any more",
    "under way": "was under way, and nothing came of it",
}
"""What has become of a step that was not to be bought, by how it stood."""

_NAMED: Final = 3
"""Steps or parts that a line names; of more it says how many."""

Place: TypeAlias = tuple[int, str]
"""A step: the number of its ad, and its id."""


def moved(
    signed: Signed,
    now: Signed,
    *,
    engine: str,
    kept: Callable[[str], bool],
    changed: Callable[[Plan, Plan], Iterable[str]],
    prefix: str = "",
) -> tuple[str, ...]:
    """A line for each thing that has moved; none where to build is what was agreed to.

    `engine` is the one that a build would have here; `now` is always of the one that was signed. `kept` says whether
    the store has the result of a step key. `changed` names what two plans say otherwise. `prefix` stands before the
    paths of inputs where they are shown.
    """
    return tuple(_Comparison(signed, now, kept, changed, prefix).lines(engine))


def bill_text(items: Sequence[Item]) -> str:
    """What purchases come to, as in `$1.04 for 7 purchases`."""
    if not items:
        return "nothing to buy"
    return f"{_amount(items)} for {len(items)} purchase{'s' if len(items) > 1 else ''}"


def was_and_is(was: str | None, now: str | None) -> str:
    """The digests of something as people compare them; None where it is not there."""
    return f"was {_short(was) if was else 'not there'}, is {_short(now) if now else 'gone'}"


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
    def keys(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The plan keys of the steps, before and after."""
        before, after = (plan_keys(ad.plan) if ad else {} for ad in (self.before, self.after))
        return before, after

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every step of either plan."""
        return (*self.was, *(step for step in self.now if step not in self.was))


class _Comparison:
    """Both situations, with what several lines need of them."""

    def __init__(
        self,
        signed: Signed,
        now: Signed,
        kept: Callable[[str], bool],
        changed: Callable[[Plan, Plan], Iterable[str]],
        prefix: str,
    ) -> None:
        self._signed = signed
        self._now = now
        self._kept = kept
        self._changed = changed
        self._prefix = prefix
        self._pairs = tuple(_pairs(signed.ads, now.ads))
        self._agreed = signed.agreed()
        self._ahead = now.agreed()

    def lines(self, engine: str) -> Iterator[str]:
        """Every line; those that explain others come first."""
        yield from self._program()
        if engine != self._signed.engine:
            yield f"it was signed {SELLERS[self._signed.engine]}, {bill_text(self._signed.bill)}; {_HERE[engine]}"
        if not self._same:
            yield from self._inputs()
        yield from self._catalogue()
        yield from self._lock()
        if self._blamed == "nothing":
            yield self._line("the same files make another plan", self._unexplained)
        yield from self._store()
        yield from self._in_vain()

    # How the plans differ

    @cached_property
    def _differing(self) -> Set[Place]:
        """The steps that are not what they were."""
        return frozenset(
            (at, step)
            for at, pair in enumerate(self._pairs)
            for step in pair.ids
            if _matter(pair.was.get(step)) != _matter(pair.now.get(step))
        )

    @cached_property
    def _same(self) -> bool:
        """Whether it is the same plan, but for words about why a model was chosen."""
        return not self._differing and self._same_frame

    @cached_property
    def _same_frame(self) -> bool:
        return all(_frame(pair.before) == _frame(pair.after) for pair in self._pairs)

    @cached_property
    def _unexplained(self) -> Set[Place]:
        """The steps that differ in more than the bytes of a file, a price of the catalogue or what the lock decides."""
        return frozenset(place for place in self._differing - self._decided.keys() if not self._explained(*place))

    def _explained(self, at: int, step: str) -> bool:
        pair = self._pairs[at]
        was, now = pair.was.get(step), pair.now.get(step)
        if was is None or now is None or pair.before is None or pair.after is None:
            return False
        if was.endpoint in self._moved_models and was.asks == now.asks:
            return True
        dearer = was.endpoint in self._moved_models
        return _told(was, pair.before.plan, priced=not dearer) == _told(now, pair.after.plan, priced=not dearer)

    @cached_property
    def _blamed(self) -> Literal["", "text", "version", "file", "nothing"]:
        """What is to blame for steps that differ without a reason of their own; empty where there are none."""
        if not self._unexplained and self._same_frame:
            return ""
        if any(path.endswith(".ad") for path in self._moved_inputs):
            return "text"
        if self._signed.version != self._now.version:
            return "version"
        return "file" if self._moved_inputs else "nothing"

    # The lines

    def _program(self) -> Iterator[str]:
        was, now = self._signed, self._now
        if was.version != now.version:
            steps = self._unexplained if self._blamed == "version" else frozenset[Place]()
            same = "the plan is the same, and so is its bill" if self._same and self._ahead == self._agreed else ""
            yield self._line(f"adc was {was.version}, is {now.version}", steps, same)
        if was.derivation != now.derivation:
            every = frozenset((at, step) for at, pair in enumerate(self._pairs) for step in pair.ids)
            yield f"the derivation of step keys was {was.derivation}, is {now.derivation}; {self._money(every)}"

    @cached_property
    def _moved_inputs(self) -> Mapping[str, tuple[str | None, str | None]]:
        """The files that are not what they were, those of the spec's own language first."""
        was, now = self._signed.inputs, self._now.inputs
        paths = sorted({*was, *now}, key=lambda path: (not path.endswith(".ad"), path))
        return {path: (was.get(path), now.get(path)) for path in paths if was.get(path) != now.get(path)}

    def _inputs(self) -> Iterator[str]:
        told = {path: f"{self._prefix}{path} {was_and_is(*each)}" for path, each in self._moved_inputs.items()}
        if self._blamed == "text":
            texts = " and ".join(words for path, words in told.items() if path.endswith(".ad"))
            yield self._line(f"{texts}{self._changed_parts()}", self._unexplained)
        for path, (was, now) in self._moved_inputs.items():
            if path.endswith(".ad") or (self._blamed == "text" and None in (was, now)):
                continue  # told already; and a text that names another file moves what is read
            steps = frozenset(place for place in self._differing if self._uses(place, was, now))
            if steps or self._blamed == "file":
                yield self._line(told[path], steps)

    def _uses(self, place: Place, was: str | None, now: str | None) -> bool:
        pair, step = self._pairs[place[0]], place[1]
        return any(
            digest is not None and step in steps and FileRef(digest) in references(steps[step].arguments)
            for steps, digest in ((pair.was, was), (pair.now, now))
        )

    def _changed_parts(self) -> str:
        """What the texts say otherwise, as in `: scene proof (words)`."""
        both = [(pair.before.plan, pair.after.plan) for pair in self._pairs if pair.before and pair.after]
        parts = dict.fromkeys(part for before, after in both for part in self._changed(before, after))
        return f": {_named([*parts])}" if parts else ""

    @cached_property
    def _moved_models(self) -> Mapping[str, tuple[Model, Model]]:
        """The endpoints that are used before and after, and are not what they were."""
        was, now = self._signed.models, self._now.models
        return {one: (was[one], now[one]) for one in sorted(was.keys() & now.keys()) if was[one] != now[one]}

    def _catalogue(self) -> Iterator[str]:
        for endpoint, (was, now) in self._moved_models.items():
            steps = frozenset(
                (at, step.id) for at, pair in enumerate(self._pairs) for step in pair.was.values()
                if step.endpoint == endpoint
            )  # fmt: skip
            alike = sum(model.name == was.name for model in self._signed.models.values())
            name = was.name if alike == 1 else endpoint
            if was.price != now.price:
                yield f"the price of {name} has moved: {self._prices(steps)}; {self._money(steps)}"
            made = _named([*dict.fromkeys(step for _, step in sorted(steps, key=self._order.__getitem__))])
            for what, before, after in (
                ("the schema of", was.schema, now.schema),
                ("the way to ask", was.request, now.request),
                ("what the catalogue says of", was.entry, now.entry),
            ):
                if before != after and (before != was.entry or _alike(was, now)):
                    money = self._money_of_all(steps)
                    yield f"{what} {name}, for {made}, {was_and_is(before, after)}; {money}"

    def _prices(self, steps: Iterable[Place]) -> str:
        told: dict[str, None] = {}
        for at, step in sorted(steps):
            was, now = self._pairs[at].was[step].price, self._pairs[at].now.get(step)
            if now is not None and was != now.price:
                told[f"{step} was {_price(was.usd, was.mark)}, is {_price(now.price.usd, now.price.mark)}"] = None
        return _named([*told]) or "no step of this plan costs other"

    @cached_property
    def _decided(self) -> Mapping[Place, str]:
        """The steps about which the lock decides otherwise, with what it was and is."""
        found: dict[Place, str] = {}
        for at, pair in enumerate(self._pairs):
            before, after = (ad.decisions if ad else {} for ad in (pair.before, pair.after))
            stale = _stale(pair.after) - _stale(pair.before)
            for step in pair.ids:
                was, now = before.get(step), after.get(step)
                takes = {steps[step].take for steps in (pair.was, pair.now) if step in steps}
                # What a build of this very plan writes down, of what it bought or had, is nothing that has moved.
                own = was is None or pair.keys[0].get(step) in self._agreed
                if was != now and (not own or len(takes) > 1 or step in stale):
                    words = [f"take {one.take} ({_short(one.artifact)})" if one else "undecided" for one in (was, now)]
                    found[at, step] = f"what the lock holds of {step} was {words[0]}, is {words[1]}"
        return found

    def _lock(self) -> Iterator[str]:
        told: dict[str, set[Place]] = {}
        for place, words in self._decided.items():
            told.setdefault(words, set()).add(place)
        for words, steps in told.items():
            yield f"{words}; {self._money_of_all(steps)}"

    def _store(self) -> Iterator[str]:
        """Purchases that nobody has agreed to, of steps that are what they were."""
        lost: dict[str, None] = {}
        for pair in self._pairs:
            if pair.before is None or pair.after is None:
                continue
            stood = {said.step_id: said for said in pair.before.standing}
            for item in pair.after.bill:
                step, said = item.step, stood.get(item.step)
                if said is None or pair.keys[0][step] != pair.keys[1][step] or pair.keys[1][step] in self._agreed:
                    continue
                if said.key is not None and self._kept(said.key):
                    continue  # only something free before it is lost, and will be made again as it was
                what = _LOST.get(said.status, "was not to be bought")
                lost[f"{step} {what}: {_price(item.usd, item.mark)} more"] = None
        yield from lost

    def _in_vain(self) -> Iterator[str]:
        """Purchases that were agreed to, and paid since without anything to show for it."""
        for key, item in self._ahead.items():
            agreed = self._agreed.get(key)
            if agreed is not None and agreed.mark != "unknown" and item.wasted > agreed.spent:
                spent = dollars_text(item.wasted - agreed.spent)
                usd = dollars_text(item.usd)
                yield f"{item.step} was to be bought for {usd}, and {spent} was spent on it in vain since: {usd} more"

    # Words

    def _line(self, what: str, steps: Set[Place], otherwise: str = "") -> str:
        """What has moved, the steps that are others by it, and their part of the bill; `otherwise` where none are."""
        if not steps:
            return f"{what}; {otherwise}" if otherwise else what
        said: dict[str, list[str]] = {"another": [], "new": [], "gone": []}
        for at, step in sorted(steps, key=self._order.__getitem__):
            pair = self._pairs[at]
            how = "new" if step not in pair.was else "gone" if step not in pair.now else "another"
            if step not in said[how]:
                said[how].append(step)
        told = ", ".join(f"{_named(ids)} {_are(how, len(ids))}" for how, ids in said.items() if ids)
        more = len({step for _, step in self._needing(steps)} - {step for _, step in steps})
        if more:
            told += f", with {more} step{'s' if more > 1 else ''} made from that"
        return f"{what}; {told}; {self._money_of_all(steps)}"

    @cached_property
    def _order(self) -> Mapping[Place, int]:
        places = ((at, step) for at, pair in enumerate(self._pairs) for step in pair.ids)
        return {place: number for number, place in enumerate(places)}

    def _needing(self, steps: Set[Place]) -> Set[Place]:
        """These steps and all that need one of them."""
        found = set(steps)
        for at, pair in enumerate(self._pairs):
            for step in (*pair.was.values(), *pair.now.values()):
                if any((at, need) in found for need in step.needs):
                    found.add((at, step.id))
        return found

    def _money_of_all(self, steps: Set[Place]) -> str:
        return self._money(self._needing(steps))

    def _money(self, steps: Iterable[Place]) -> str:
        """The part of the bill that is for these steps, as it was signed and as it would be."""
        keys: tuple[set[str], set[str]] = set(), set()
        for at, step in steps:
            for found, known in zip(keys, self._pairs[at].keys, strict=True):
                if step in known:
                    found.add(known[step])
        was, now = ([bill[key] for key in found & bill.keys()] for found, bill in zip(keys, self._bills, strict=True))
        if not was and not now:
            return "nothing of it is to be bought"
        before, after = (sum((item.usd for item in items), Decimal(0)) for items in (was, now))
        if was and now and _amount(was) == _amount(now):
            return f"{_amount(was)}, as signed"
        text = f"signed for {_amount(was)}, now {_amount(now)}"
        if before == after:
            return text
        return f"{text}, {dollars_text(abs(after - before))} {'more' if after > before else 'less'}"

    @property
    def _bills(self) -> tuple[Mapping[str, Item], Mapping[str, Item]]:
        return self._agreed, self._ahead


def _pairs(before: Sequence[Ad], after: Sequence[Ad]) -> Iterator[_Pair]:
    """The ads of the same choices, in the order in which they were signed; then those that are new."""
    now = {tuple(ad.plan.choices.items()): ad for ad in after}
    for ad in before:
        yield _Pair(ad, now.pop(tuple(ad.plan.choices.items()), None))
    for ad in now.values():
        yield _Pair(None, ad)


def _stale(ad: Ad | None) -> Set[str]:
    """The steps of which the lock holds something that was made for another key."""
    return {said.step_id for said in ad.standing if said.status == "stale"} if ad else set()


def _matter(step: Step | None) -> tuple[object, ...]:
    """All of a step but the words about why a model was chosen: the lock has other words for the same."""
    if step is None:
        return ()
    return (step.kind, step.endpoint, step.arguments, step.output, step.purpose, step.price, step.take, step.brief,
            step.asks, step.template)  # fmt: skip


def _frame(ad: Ad | None) -> object:
    """All of a plan but its steps and its files: what is on the timeline, and what is delivered."""
    if ad is None:
        return None
    plan = ad.plan
    return (plan.name, plan.title, plan.width, plan.height, plan.rate, plan.frames, plan.timeline, plan.deliverables)


def _told(step: Step, plan: Plan, *, priced: bool) -> tuple[object, ...]:
    """All of a step that its spec says: files by their paths, whatever bytes are in them; and its price if `priced`."""
    paths = {file.digest: file.path for file in plan.files}

    def named(ref: Ref) -> str:
        return paths.get(ref.digest, ref.digest) if isinstance(ref, FileRef) else f"{ref.step} {ref.output}"

    return (step.kind, step.endpoint, substitute(step.arguments, named), step.output, step.purpose, step.take,
            substitute(step.brief, named), step.template, step.price if priced else None)  # fmt: skip


def _alike(was: Model, now: Model) -> bool:
    """Whether price, schema and request are what they were."""
    return (was.price, was.schema, was.request) == (now.price, now.schema, now.request)


def _are(how: str, number: int) -> str:
    if number == 1:
        return f"is {how}"
    return "are others" if how == "another" else f"are {how}"


def _named(words: Sequence[str]) -> str:
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _price(usd: Decimal, mark: str) -> str:
    return "of unknown price" if mark == "unknown" else dollars_text(usd)


def _amount(items: Sequence[Item]) -> str:
    usd = dollars_text(sum((item.usd for item in items), Decimal(0)))
    return f"{usd} and an unknown amount" if any(item.mark == "unknown" for item in items) else usd
