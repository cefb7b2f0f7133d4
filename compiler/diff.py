"""The difference between two plans: what changes on screen, what is bought again because of it and why, what it costs.

Whether something is made again is a matter of keys alone. A plan key (`digest.plan_keys`) names a result by how it is
made, so a paid step whose key the plan before has, under whatever name, costs nothing, and one whose key it does not
have is bought. Only what has another key is looked into: its own request may differ, or it needs something that is
made again, and then the nearest such purchase is its cause.

Nothing is known here of a store. `adc diff` without another side compares with what is held, and puts the answers
of a forecast into the same values.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal, TypeAlias

from adc.compiler.changes import About, Change, Sides, of_piece, of_step
from adc.compiler.digest import plan_keys
from adc.compiler.frozen import field, frozen, replace
from adc.compiler.pairing import Piece, PieceKind, StepPair, moved, paired, paired_steps, pieces
from adc.compiler.plan import Plan, Step

Fate: TypeAlias = Literal["kept", "bought", "cut", "shared", "gone"]
"""What becomes of a step: it stays as it is; it is bought, which costs its price; it is made here again, which is free;
its result is had already from another step; it is no part of the film any more."""

State: TypeAlias = Literal["kept", "changed", "added", "removed", "renamed", "moved"]


@frozen
class StepFate:
    """What becomes of a step of either plan.

    `was` is its id before where that was another; `new` says that there was none. `before` and `after` are dollars that
    it counts for on each side: nothing where another step of that side has the same key. `why` tells, of what is
    bought, what its own request has other than before; `because` names the step that is made again for which this one
    is, or, of what is shared, the one whose result it is.
    """

    id: str
    kind: Literal["paid", "free"]
    fate: Fate
    was: str = ""
    new: bool = False
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    mark: Literal["exact", "estimated", "unknown"] = "exact"
    why: tuple[About, ...] = ()
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


def compare(before: Plan, after: Plan, held: Container[str] = ()) -> Difference:
    """What changes from one plan to the other. `held` are plan keys that are had beside those of `before`.

    Linear in the number of steps; what has not changed is not looked into.
    """
    return _Comparison(before, after, held).difference()


class _Comparison:
    """Two plans being compared, with what is looked up again and again."""

    def __init__(self, before: Plan, after: Plan, held: Container[str]) -> None:
        self.plans = before, after
        self.keys = plan_keys(before), plan_keys(after)
        self.held = held
        self.had = {key: step_id for step_id, key in reversed([*self.keys[0].items()])}
        self.first = tuple({key: step_id for step_id, key in reversed([*own.items()])} for own in self.keys)
        self.steps = tuple({step.id: step for step in plan.steps} for plan in self.plans)
        self.lengths = tuple(_lengths(plan) for plan in self.plans)
        pairs = paired(pieces(before), pieces(after), self.keys)
        self.pairs = [(old, new, paired_steps(old, new, self.keys)) for old, new in pairs]
        self.moved = moved(pairs)
        files = tuple({file.digest: file.path for file in plan.files} for plan in self.plans)
        ids = {was.id: now.id for _, _, steps in self.pairs for was, now in steps if was and now and was.id != now.id}
        self.sides = Sides((files[0], files[1]), ids)

    def difference(self) -> Difference:
        after = self.plans[1]
        parts = tuple(self._part(old, new, steps) for old, new, steps in self.pairs)
        bought = [self.steps[1][step.id] for part in parts for step in part.steps if step.fate == "bought"]
        return Difference(
            after.name,
            parts,
            _bill(self._counted(0)),
            _bill(self._counted(1)),
            _bill(bought),
            after.choices,
        )

    def _counted(self, side: int) -> Iterator[Step]:
        """The purchases of one side, of those with equal keys the first."""
        own, first = self.keys[side], self.first[side]
        return (step for step in self.plans[side].steps if step.kind == "generate" and first[own[step.id]] == step.id)

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
        elif merged or any(fate.fate != "kept" or fate.new for fate in fates):
            state = "changed"
        elif was_called or has_moved:
            state = "renamed" if was_called else "moved"
        return Part(piece.kind, piece.name, state, was_called, has_moved, merged, tuple(fates))

    def _changes(self, was: Step | None, now: Step | None) -> tuple[Change, ...]:
        if was is None or now is None:
            return ()
        if was.arguments == now.arguments and self._same_in_plan(was, now):
            return ()
        lengths = self.lengths[0].get(was.id, ""), self.lengths[1].get(now.id, "")
        return tuple(of_step(was, now, lengths, self.sides))

    def _same_in_plan(self, was: Step, now: Step) -> bool:
        return (was.endpoint, was.take, was.template, was.price) == (now.endpoint, now.take, now.template, now.price)

    def _fate(self, was: Step | None, now: Step | None, changes: Iterable[Change]) -> StepFate:
        step = now or was
        assert step is not None
        paid = step.kind == "generate"
        usd = [
            one.price.usd if one is not None and own[one.id] in first and first[own[one.id]] == one.id else Decimal(0)
            for one, own, first in zip((was, now), self.keys, self.first, strict=True)
        ]
        fate = StepFate(
            step.id,
            "paid" if paid else "free",
            "kept",
            was.id if was is not None and was.id != step.id else "",
            was is None,
            usd[0],
            usd[1],
            step.price.mark,
        )
        if now is None:
            return replace(fate, fate="gone")
        key = self.keys[1][now.id]
        if was is not None and key == self.keys[0][was.id]:
            return fate
        if not paid:
            return fate if key in self.had else replace(fate, fate="cut")
        if key in self.had:
            return replace(fate, fate="shared", because=self.had[key])
        if self.first[1][key] != now.id or key in self.held:
            other = self.first[1][key]
            return replace(fate, fate="shared", because=other if other != now.id else "")
        why = tuple(dict.fromkeys(one.about for one in changes if one.about not in ("price", "template")))
        return replace(fate, fate="bought", why=why, because=self._cause(now))

    def _cause(self, step: Step) -> str:
        """The nearest step that is made again and that this one needs; a purchase, where there is one."""
        return nearest(step, self.steps[1].__getitem__, lambda need: self.keys[1][need.id] not in self.had)


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
    found: list[Change] = []
    for one in changes:
        same = (at for at, other in enumerate(found) if replace(other, steps=()) == replace(one, steps=()))
        at = next(same, None)
        if at is None:
            found.append(one)
        else:
            found[at] = replace(found[at], steps=(*found[at].steps, *one.steps))
    return tuple(found)


def _bill(steps: Iterable[Step]) -> Bill:
    every = tuple(steps)
    return Bill(
        sum((step.price.usd for step in every), Decimal(0)),
        len(every),
        tuple(step.id for step in every if step.price.mark == "unknown"),
        any(step.price.mark == "estimated" for step in every),
    )
