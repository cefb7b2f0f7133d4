"""What changed between two states of a step, or of a piece of the film, as data for people and programs.

A request is compared leaf by leaf. Words are told as words, pictures by their path, what another step makes by that
step's name, and everything else as an option. What only follows from something else is not told: a seed that nobody
gave, the arguments of a step that cuts a frame, how long a request is when its piece has another length.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Literal, TypeAlias

from adc.compiler.digest import seed_of
from adc.compiler.frozen import frozen, replace
from adc.compiler.pairing import Piece
from adc.compiler.plan import FileRef, Json, Step, StepRef, as_ref
from adc.compiler.rewording import Run, reworded

About: TypeAlias = Literal[
    "words",
    "picture",
    "uses",
    "time",
    "model",
    "option",
    "take",
    "price",
    "template",
    "transition",
    "super",
    "caption",
    "sound",
    "film",
]

_WORDED = frozenset(("prompt", "text", "negative_prompt", "headline", "lines", "button"))
"""Arguments that are words, however short."""

_LISTS: tuple[tuple[str, About], ...] = (("supers", "super"), ("captions", "caption"), ("effects", "sound"))


@frozen
class Change:
    """One thing that is another than before.

    `steps` are the steps in which it is so, by their ids after the change; none where it is a matter of the film alone.
    `name` is the argument, or what it is called. `before` and `after` are what it was and is, None for nothing: of a
    picture its path and digest, of a model its endpoint and title, of `uses` the id of a step, of a price dollars as
    text, None where unknown, of times seconds as text.
    """

    about: About
    name: str
    before: Json
    after: Json
    steps: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """Of words: what was kept, removed and added, word by word."""
        return reworded(str(self.before or ""), str(self.after or ""))


@frozen
class Sides:
    """What steps of two plans refer to: the files' paths by digest; of renamed steps, the ids after by those before."""

    files: tuple[Mapping[str, str], Mapping[str, str]]
    ids: Mapping[str, str]


@frozen
class _Leaf:
    """A value inside arguments. `place` is where it stands, without the numbers of lists in `name`."""

    place: tuple[str | int, ...]
    value: Json

    @property
    def name(self) -> str:
        return ".".join(part for part in self.place if isinstance(part, str))


def of_step(before: Step, after: Step, lengths: tuple[str, str], sides: Sides) -> Iterator[Change]:
    """What changed in a step. `lengths` are the seconds that were and are bought of it, empty where there are none."""
    ids = (after.id,)
    for one in _of_step(before, after, lengths, sides):
        yield replace(one, steps=ids)


def _of_step(before: Step, after: Step, lengths: tuple[str, str], sides: Sides) -> Iterator[Change]:
    if before.endpoint != after.endpoint:
        yield Change("model", "", _model(before), _model(after))
    if before.kind not in ("frame", "film") and before.arguments != after.arguments:
        yield from _of_arguments(before, after, lengths, sides)
    if before.take != after.take:
        yield Change("take", "", before.take, after.take)
    yield from of_price(before, after)


def of_price(before: Step, after: Step) -> Iterator[Change]:
    """What changed in a step whose request stays: its price, and which wording makes its prompt."""
    ids = (after.id,)
    if before.template != after.template:
        yield Change("template", "", before.template or None, after.template or None, ids)
    if _usd(before) != _usd(after):
        yield Change("price", "", _usd(before), _usd(after), ids)


def _usd(step: Step) -> str | None:
    return None if step.price.mark == "unknown" else str(step.price.usd)


def _model(step: Step) -> Json:
    title = step.brief.get("model")
    return {"endpoint": step.endpoint, "title": title if isinstance(title, str) else step.endpoint}


def _of_arguments(before: Step, after: Step, lengths: tuple[str, str], sides: Sides) -> Iterator[Change]:
    arguments = before.arguments, after.arguments
    names = [name for name in {**arguments[0], **arguments[1]} if arguments[0].get(name) != arguments[1].get(name)]
    old, new = (
        {leaf.place: leaf for name in names if name in side for leaf in _leaves(side[name], (name,))}
        for side in arguments
    )
    found = list(_of_references(old.values(), new.values(), sides))
    own = before.endpoint == after.endpoint
    worded: tuple[list[_Leaf], list[_Leaf]] = ([], [])
    for place in dict.fromkeys((*old, *new)):
        was, now = old.get(place), new.get(place)
        if (was and as_ref(was.value)) or (now and as_ref(now.value)) or (was and now and was.value == now.value):
            continue
        if (was is None or _is_words(was)) and (now is None or _is_words(now)):
            worded[0].extend([was] if was else [])
            worded[1].extend([now] if now else [])
        elif own or (was is not None and now is not None and type(was.value) is type(now.value)):
            found += _of_option(was, now, lengths, (before, after))
    found += (
        Change("words", (now or was).name, _text(was), _text(now))  # type: ignore[union-attr]
        for was, now in _worded(*worded)
    )
    yield from found or _at_least(before, after)


def _at_least(before: Step, after: Step) -> Iterator[Change]:
    """The arguments that differ, so that no request that does is passed over in silence."""
    seeded = _derived(before) and _derived(after)
    for name in dict.fromkeys((*before.arguments, *after.arguments)):
        old, new = before.arguments.get(name), after.arguments.get(name)
        if old != new and not (name == "seed" and seeded):
            yield Change("option", name, old, new)


def _leaves(value: Json, place: tuple[str | int, ...]) -> Iterator[_Leaf]:
    if as_ref(value) is not None:
        yield _Leaf(place, value)
    elif isinstance(value, dict) and "$text" not in value:
        for name, item in value.items():
            yield from _leaves(item, (*place, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, (*place, number))
    elif value is not None:
        yield _Leaf(place, value)


def _is_words(leaf: _Leaf) -> bool:
    if isinstance(leaf.value, dict):
        return True
    return isinstance(leaf.value, str) and (leaf.place[0] in _WORDED or any(map(str.isspace, leaf.value)))


def _text(leaf: _Leaf | None) -> str | None:
    """The words of a leaf; those that another step finds stand as its name in braces."""
    if leaf is None:
        return None
    match leaf.value:
        case {"$text": list(parts)}:
            refs = ((part, as_ref(part)) for part in parts)
            return "".join(f"{{{ref.step}}}" if isinstance(ref, StepRef) else str(part) for part, ref in refs)
    return str(leaf.value)


def _worded(old: Sequence[_Leaf], new: Sequence[_Leaf]) -> Iterator[tuple[_Leaf | None, _Leaf | None]]:
    """Words with what became of them: those of one place, then the others in their order."""
    places = {leaf.place: leaf for leaf in new}
    both = {leaf.place for leaf in old} & places.keys()
    yield from ((leaf, places[leaf.place]) for leaf in old if leaf.place in both)
    yield from zip_longest(
        (leaf for leaf in old if leaf.place not in both), (leaf for leaf in new if leaf.place not in both)
    )


def _of_option(
    was: _Leaf | None, now: _Leaf | None, lengths: tuple[str, str], steps: tuple[Step, Step]
) -> Iterator[Change]:
    old, new = (leaf.value if leaf else None for leaf in (was, now))
    name = (was or now).name  # type: ignore[union-attr]
    if name == "seed":
        old, new = (None if _derived(step) else value for step, value in zip(steps, (old, new), strict=True))
        if old == new:
            return
    if lengths[0] != lengths[1] and all(map(_is_length, (old, new), lengths)):
        yield Change("time", "bought", *lengths)
        return
    yield Change("option", name, old, new)


def _derived(step: Step) -> bool:
    """Whether the step has a seed that nobody gave."""
    others = {name: value for name, value in step.arguments.items() if name != "seed"}
    seed = step.arguments.get("seed")
    return seed is not None and step.endpoint is not None and seed == seed_of(step.endpoint, others, step.take)


def _is_length(value: Json, seconds: str) -> bool:
    return isinstance(value, str | int | float) and str(value).removesuffix("s").removesuffix(".0") == seconds


def _of_references(old: Iterable[_Leaf], new: Iterable[_Leaf], sides: Sides) -> Iterator[Change]:
    """Pictures, sounds and what other steps make: what is not used any more, and what is instead."""
    was = [(leaf.name, used) for leaf in old if (used := _used(leaf.value, sides, 0)) is not None]
    now = [(leaf.name, used) for leaf in new if (used := _used(leaf.value, sides, 1)) is not None]
    if was == now:
        return
    gone, come = list((Counter(was) - Counter(now)).elements()), list((Counter(now) - Counter(was)).elements())
    if not gone and not come:
        yield Change(
            "option", "order of what it is shown", [used.told() for _, used in was], [u.told() for _, u in now]
        )
    for name, used in gone:
        instead = _instead(name, used, come)
        if instead is not None:
            come.remove(instead)
        yield Change(used.about, name, used.told(), instead[1].told() if instead else None)
    for name, used in come:
        yield Change(used.about, name, None, used.told())


@frozen
class _Used:
    """A file, by path and digest, or the output of a step, by id."""

    about: Literal["picture", "uses"]
    called: str
    digest: str = ""

    def told(self) -> Json:
        return {"path": self.called, "digest": self.digest} if self.digest else self.called


def _used(value: Json, sides: Sides, side: int) -> _Used | None:
    match as_ref(value):
        case FileRef(digest):
            return _Used("picture", sides.files[side].get(digest, digest), digest)
        case StepRef(step):
            return _Used("uses", step if side else sides.ids.get(step, step))
    return None


def _instead(name: str, used: _Used, come: Sequence[tuple[str, _Used]]) -> tuple[str, _Used] | None:
    """What stands where something stood: other bytes of the same file first, then anything in the same place."""
    same_file = (other for other in come if other[1].digest and other[1].called == used.called)
    same_place = (other for other in come if other[0] == name and other[1].about == used.about)
    return next(same_file, None) or next(same_place, None)


def of_piece(before: Piece, after: Piece, known: Iterable[Change]) -> Iterator[Change]:
    """What the film does differently with a piece. `known` is what changed in its steps: no words are told twice."""
    if before.placed is not None and after.placed is not None and before.placed.kept != after.placed.kept:
        yield Change("time", "on screen", before.placed.kept, after.placed.kept)
    old, new = before.shown, after.shown
    if before.kind in ("film", "music"):
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                yield Change("picture" if name == "source" else "film", name, old.get(name), new.get(name))
        return
    if old.get("transition") != new.get("transition"):
        yield Change("transition", "", old.get("transition"), new.get("transition"))
    reworded = [one for one in known if one.about == "words"]
    for name, about in _LISTS:
        for was, now in _of_list(old.get(name), new.get(name)):
            if about != "caption" or not _follows(was, now, reworded):
                yield Change(about, "", was, now)


def _of_list(old: Json, new: Json) -> Iterator[tuple[Json, Json]]:
    """What is in one list and not in the other, in pairs."""
    was, now = (list(side) if isinstance(side, list) else [] for side in (old, new))
    for item in list(was):
        if item in now:
            was.remove(item)
            now.remove(item)
    yield from zip_longest(was, now)


def _follows(was: Json, now: Json, reworded: Iterable[Change]) -> bool:
    """Whether a caption is another only because of words that are told already, or because of their length."""
    old, new = (str(side.get("text", "")) if isinstance(side, dict) else "" for side in (was, now))
    return old == new or any(old in str(one.before or "") and new in str(one.after or "") for one in reworded)
