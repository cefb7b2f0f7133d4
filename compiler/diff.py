"""The difference between two plans: what changes on screen, what is bought again because of it and why, what it costs.

Whether something is made again is a matter of keys alone. A plan key (`digest.plan_keys`) names a result by how it is
made, so a paid step whose key the plan before has, under whatever name, costs nothing, and one whose key it does not
have is bought. Only what has another key is looked into: its own request may differ, or it needs something that is
made again, and then the nearest such purchase is its cause.

Nothing is known here of a store. Where a plan is compared with what is held of it, somebody else says what becomes of
each step, and `standing` puts that into the same values.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal, TypeAlias

from adc.compiler.changes import About, Change, Sides, of_piece, of_price, of_step
from adc.compiler.collector import at_rest
from adc.compiler.digest import plan_keys
from adc.compiler.frozen import field, frozen, replace
from adc.compiler.pairing import Piece, PieceKind, StepPair, moved, owner, paired, paired_steps, pieces
from adc.compiler.plan import Plan, Step

Why: TypeAlias = About | Literal["lost", "asked", "refused", "unsure"]
"""Why a step is bought: what its own request has other than before. Against what is held: what was accepted is lost;
the spec asks for something else; its takes were rejected; nobody knows whether it was bought."""

Fate: TypeAlias = Literal["kept", "bought", "decided", "cut", "shared", "gone"]
"""What becomes of a step: it stays as it is; it is bought, which costs its price; it was bought and accepted before, as
a lock says; it is made here again, which is free; its result is had already from another step; it is no part of the
film any more."""

State: TypeAlias = Literal["kept", "changed", "added", "removed", "renamed", "moved"]


_FREE = Decimal(0)


@frozen
class StepFate:
    """What becomes of a step of either plan.

    `was` is its id before where that was another; `new` says that there was none. `before` and `after` are dollars that
    it counts for on each side: nothing where another step of that side has the same key. `because` names the step that
    is made again for which this one is, or, of what is shared, the one whose result it is.
    """

    id: str
    kind: Literal["paid", "free"]
    fate: Fate
    was: str = ""
    new: bool = False
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    mark: Literal["exact", "estimated", "unknown"] = "exact"
    why: tuple[Why, ...] = ()
    because: str = ""


@frozen
class Part:
    """A part of the film with what changed in it. `was` is its name before where that was another.

    `state` is the first that holds of added, removed, changed, renamed, moved and kept; `moved` holds beside others.
    """

    kind: PieceKind
    name: str
    state: State
    was: str = ""
    moved: bool = False
    changes: tuple[Change, ...] = ()
    steps: tuple[StepFate, ...] = ()

    def having(self, fate: Fate) -> tuple[StepFate, ...]:
        """Its steps with this fate."""
        return tuple(step for step in self.steps if step.fate == fate)


@frozen
class Bill:
    """What a number of paid steps cost together; `unknown` are those of which nobody knows. Equal keys count once."""

    usd: Decimal = Decimal(0)
    steps: int = 0
    unknown: tuple[str, ...] = ()
    estimated: bool = False


@frozen
class Difference:
    """How one plan differs from another.

    `parts` stand in the order of the film: scenes, cards and morphs, then the music, the film as a whole, and the
    people. `before` and `after` are the bills of the whole plans; `bought` that of what the second plan buys and the
    first does not. `choices` are those of the variants of the second.
    """

    ad: str
    parts: tuple[Part, ...]
    before: Bill
    after: Bill
    bought: Bill
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def usd(self) -> Decimal:
        """By how much the whole plan has become dearer; negative where cheaper."""
        return self.after.usd - self.before.usd

    @property
    def differs(self) -> bool:
        """Whether anything is another than before."""
        return any(part.state != "kept" for part in self.parts)


def nothing(like: Plan) -> Plan:
    """The plan of no film: what there was before an ad was written, or is after it was deleted."""
    return replace(like, frames=0, files=(), steps=(), timeline=(), deliverables=())


@frozen
class Differences:
    """How several ads of one spec differ, each from what it was, and what all of them cost together.

    What ads have in common counts once, and is bought by the first of them.
    """

    ads: tuple[Difference, ...]
    before: Bill
    after: Bill
    bought: Bill

    @property
    def usd(self) -> Decimal:
        """By how much all plans together have become dearer; negative where cheaper."""
        return self.after.usd - self.before.usd

    @property
    def differs(self) -> bool:
        """Whether anything is another than before in any of them."""
        return any(ad.differs for ad in self.ads)


def compare(before: Plan, after: Plan) -> Difference:
    """What changes from one plan to the other. Linear in the number of steps; what is kept is not looked into."""
    with at_rest():
        return _Comparison((before, after), (plan_keys(before), plan_keys(after)), ()).difference()


def compare_all(pairs: Sequence[tuple[Plan, Plan]]) -> Differences:
    """What changes in several ads, each given as it was and as it is."""
    with at_rest():
        keys = [(plan_keys(before), plan_keys(after)) for before, after in pairs]
        held = {key for before, _ in keys for key in before.values()}
        ads: list[Difference] = []
        for pair, own in zip(pairs, keys, strict=True):
            ads.append(_Comparison(pair, own, held).difference())
            held.update(own[1].values())
    sides = ([(pair[side], own[side]) for pair, own in zip(pairs, keys, strict=True)] for side in (0, 1))
    before, after = (_bill(_counted(side)) for side in sides)
    return Differences(tuple(ads), before, after, _together(ad.bought for ad in ads))


def together(ads: Sequence[Difference]) -> Differences:
    """Several ads of which each purchase is in the bill of one."""
    bills = (_together(ad.before for ad in ads), _together(ad.after for ad in ads), _together(ad.bought for ad in ads))
    return Differences(tuple(ads), *bills)


def decided(differences: Differences, had: Sequence[Container[str]]) -> Differences:
    """The differences of ads whose locks have accepted takes of the steps that `had` names: they were bought before."""
    ads = tuple(_decided(ad, ids) for ad, ids in zip(differences.ads, had, strict=True))
    return replace(differences, ads=ads, bought=_together(ad.bought for ad in ads))


def _decided(ad: Difference, had: Container[str]) -> Difference:
    def settled(step: StepFate) -> StepFate:
        return replace(step, fate="decided") if step.fate == "bought" and step.id in had else step

    parts = tuple(replace(part, steps=tuple(map(settled, part.steps))) for part in ad.parts)
    fates = [step for part in parts for step in part.having("bought")]
    return replace(ad, parts=parts, bought=_bill_of([(step.id, step.after, step.mark) for step in fates]))


def standing(plan: Plan, fates: Mapping[str, StepFate], gone: Iterable[StepFate] = ()) -> Difference:
    """A plan against what is held of it: `fates` say by id what becomes of its steps, `gone` what is held besides."""
    parts = [
        Part(piece.kind, piece.name, _standing_state(steps), steps=steps)
        for piece in pieces(plan)
        for steps in (tuple(fates[step.id] for step in piece.steps),)
    ]
    for fate in gone:
        kind, name = owner(fate.id)
        at = next((at for at, part in enumerate(parts) if part.name == name), None)
        if at is None:
            parts.append(Part(kind, name, "removed", steps=(fate,)))
        else:
            state: State = "removed" if parts[at].state == "removed" else "changed"
            parts[at] = replace(parts[at], state=state, steps=(*parts[at].steps, fate))
    paid = [fate for part in parts for fate in part.steps if fate.kind == "paid"]
    return Difference(
        plan.name,
        tuple(parts),
        _bill_of((fate.id, fate.before, fate.mark) for fate in paid if fate.before or fate.fate == "kept"),
        _bill_of((fate.id, fate.after, fate.mark) for fate in paid if fate.fate not in ("gone", "shared")),
        _bill_of((fate.id, fate.after, fate.mark) for fate in paid if fate.fate == "bought"),
        plan.choices,
    )


def _standing_state(steps: Sequence[StepFate]) -> State:
    if all(step.fate in ("kept", "shared") for step in steps):
        return "kept"
    paid = [step for step in steps if step.kind == "paid"]
    return "added" if paid and all(step.new for step in paid) else "changed"


def _counted(plans: Iterable[tuple[Plan, Mapping[str, str]]]) -> Iterator[Step]:
    """The purchases of plans with their keys, of those with equal keys the first."""
    seen: set[str] = set()
    for plan, keys in plans:
        for step in plan.steps:
            if step.kind == "generate" and keys[step.id] not in seen:
                seen.add(keys[step.id])
                yield step


class _Comparison:
    """Two plans being compared, with what is looked up again and again. `held` are keys that are had besides."""

    def __init__(
        self,
        plans: tuple[Plan, Plan],
        keys: tuple[Mapping[str, str], Mapping[str, str]],
        held: Container[str],
    ) -> None:
        before, after = plans
        self.plans = plans
        self.keys = keys
        self.held = held
        self.lengths: tuple[Mapping[str, str], Mapping[str, str]] | None = None
        self.first = tuple({key: step_id for step_id, key in reversed([*own.items()])} for own in keys)
        self.steps = tuple({step.id: step for step in plan.steps} for plan in plans)
        pairs = paired(pieces(before), pieces(after), keys)
        self.pairs = [(old, new, paired_steps(old, new, keys)) for old, new in pairs]
        self.moved = moved(pairs)
        files = tuple({file.digest: file.path for file in plan.files} for plan in plans)
        ids = {was.id: now.id for _, _, steps in self.pairs for was, now in steps if was and now and was.id != now.id}
        self.sides = Sides((files[0], files[1]), ids)

    def difference(self) -> Difference:
        parts = tuple(self._part(old, new, steps) for old, new, steps in self.pairs)
        bought = [self.steps[1][step.id] for part in parts for step in part.steps if step.fate == "bought"]
        before, after = (_bill(_counted([side])) for side in zip(self.plans, self.keys, strict=True))
        return Difference(self.plans[1].name, parts, before, after, _bill(bought), self.plans[1].choices)

    def _part(self, old: Piece | None, new: Piece | None, steps: Sequence[StepPair]) -> Part:
        piece = new or old
        assert piece is not None
        changes: list[Change] = []
        fates: list[StepFate] = []
        for was, now in steps:
            own = self._changes(was, now) if old is not None and new is not None else ()
            changes += own
            fates.append(self._fate(was, now, own))
        if old is not None and new is not None and (old.placed != new.placed or old.shown != new.shown):
            changes += of_piece(old, new, changes)
        merged = _merged(changes)
        was_called = old.name if old is not None and new is not None and old.name != new.name else ""
        has_moved = new is not None and new.name in self.moved and new.placed is not None
        state: State = "kept"
        if old is None or new is None:
            state = "added" if old is None else "removed"
        elif merged or any(map(_tells, fates)):
            state = "changed"
        elif was_called or has_moved:
            state = "renamed" if was_called else "moved"
        return Part(piece.kind, piece.name, state, was_called, has_moved, merged, tuple(fates))

    def _changes(self, was: Step | None, now: Step | None) -> tuple[Change, ...]:
        if was is None or now is None:
            return ()
        if self.keys[0][was.id] == self.keys[1][now.id]:
            same = was.price == now.price and was.template == now.template
            return () if same else tuple(of_price(was, now))
        if self.lengths is None:
            self.lengths = _lengths(self.plans[0]), _lengths(self.plans[1])
        lengths = self.lengths[0].get(was.id, ""), self.lengths[1].get(now.id, "")
        return tuple(of_step(was, now, lengths, self.sides))

    def _fate(self, was: Step | None, now: Step | None, changes: Iterable[Change]) -> StepFate:
        step = now or was
        assert step is not None
        paid = step.kind == "generate"
        fate = StepFate(
            step.id,
            "paid" if paid else "free",
            "kept",
            was.id if was is not None and was.id != step.id else "",
            was is None,
            self._usd(0, was) if paid else _FREE,
            self._usd(1, now) if paid else _FREE,
            step.price.mark,
        )
        if now is None:
            return replace(fate, fate="gone")
        key = self.keys[1][now.id]
        if was is not None and key == self.keys[0][was.id]:
            return fate
        had = self.first[0].get(key)
        if not paid:
            return replace(fate, fate="cut" if had is None else "kept")
        if had is not None or self.first[1][key] != now.id or key in self.held:
            other = had or self.first[1][key]
            return replace(fate, fate="shared", because=other if had or other != now.id else "")
        why = tuple(dict.fromkeys(one.about for one in changes if one.about not in ("price", "template")))
        return replace(fate, fate="bought", why=why, because=self._cause(now))

    def _usd(self, side: int, step: Step | None) -> Decimal:
        """What a step counts for on a side: nothing where another one there is the same work."""
        counts = step is not None and self.first[side][self.keys[side][step.id]] == step.id
        return step.price.usd if step is not None and counts else _FREE

    def _cause(self, step: Step) -> str:
        """The nearest step that is made again and that this one needs; a purchase, where there is one."""
        return nearest(step, self.steps[1].__getitem__, lambda need: self.keys[1][need.id] not in self.first[0])


def _tells(fate: StepFate) -> bool:
    """Whether a step makes its part another one. Frames come and go as others start from them."""
    return (fate.fate != "kept" or fate.new) if fate.kind == "paid" else (fate.fate == "cut" and not fate.new)


def nearest(step: Step, step_of: Callable[[str], Step], again: Callable[[Step], bool]) -> str:
    """Of what a step needs and what is made `again`, the id of the nearest purchase, else of what is made here.

    Empty where nothing that it needs is.
    """
    free = ""
    for need in map(step_of, step.needs):
        if not again(need):
            continue
        if need.kind == "generate":
            return need.id
        deeper = nearest(need, step_of, again)
        if deeper and step_of(deeper).kind == "generate":
            return deeper
        free = free or deeper or need.id
    return free


def _lengths(plan: Plan) -> Mapping[str, str]:
    """The seconds that are bought of each step on the timeline."""
    found: dict[str, str] = {}
    for placed in plan.timeline:
        found.update(zip(placed.steps, placed.bought.split(" + "), strict=False))
    return found


def _merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes with those that say the same of several steps as one."""
    found: dict[str, Change] = {}
    for one in changes:
        said = repr(replace(one, steps=()))
        known = found.get(said)
        found[said] = one if known is None else replace(known, steps=(*known.steps, *one.steps))
    return tuple(found.values())


def _bill(steps: Iterable[Step]) -> Bill:
    return _bill_of((step.id, step.price.usd, step.price.mark) for step in steps)


def _bill_of(paid: Iterable[tuple[str, Decimal, str]]) -> Bill:
    """The bill of steps by id, with what each costs and how far that can be trusted."""
    every = tuple(paid)
    return Bill(
        sum((usd for _, usd, _ in every), Decimal(0)),
        len(every),
        tuple(step for step, _, mark in every if mark == "unknown"),
        any(mark == "estimated" for _, _, mark in every),
    )


def _together(bills: Iterable[Bill]) -> Bill:
    every = tuple(bills)
    return Bill(
        sum((bill.usd for bill in every), Decimal(0)),
        sum(bill.steps for bill in every),
        tuple(step for bill in every for step in bill.unknown),
        any(bill.estimated for bill in every),
    )
