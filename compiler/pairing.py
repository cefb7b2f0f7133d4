"""Which piece of one plan was which piece of another.

A piece is what people point at: a scene, a card, a morph, the music, the film as a whole, a person. Names come and go,
so a piece is known first by what is made for it: the keys of its steps. So a scene that was renamed is the same scene,
and numbered scenes with a new one in front of them are not all others. What is made differently on both sides is known
by its name. What is left was renamed and changed at once, or is new: of those, the two that share most words of their
own are one, then the next two, as long as they share half of them.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, zip_longest
from typing import Any, Literal, TypeAlias, TypeVar

from adc.compiler.frozen import field, frozen
from adc.compiler.plan import FileRef, Json, Placed, Plan, Step, as_ref
from adc.compiler.units import seconds_text

T = TypeVar("T", bound=tuple[Any, ...])

PieceKind: TypeAlias = Literal["scene", "card", "morph", "music", "film", "person"]

_OF_A_PERSON = re.compile(r"\.(?:pack\.\w+|looks|lora|photos|cutout)$")
_WORD = re.compile(r"\w+")
_TOLD = frozenset(("title", "scene", "model", "aspect", "rate", "seconds", "kind"))
"""What a brief tells beside the words of its piece."""

_COMMON = 16
"""A word that more pieces than this share tells none of them apart, and is not looked up."""

Pair: TypeAlias = "tuple[Piece | None, Piece | None]"
StepPair: TypeAlias = tuple[Step | None, Step | None]


@frozen
class Piece:
    """A part of the film with its steps. `shown` is what the film itself does with it, which no step of its own tells.

    `placed` is its place on the timeline, None for what has none.
    """

    kind: PieceKind
    name: str
    steps: tuple[Step, ...]
    placed: Placed | None = None
    shown: Mapping[str, Json] = field(default_factory=dict)


def pieces(plan: Plan) -> tuple[Piece, ...]:
    """The pieces in the order of the film; then the music and the film, then the people in the order of their steps."""
    places = {placed.id: placed for placed in plan.timeline}
    owned: dict[tuple[PieceKind, str], list[Step]] = {(placed.kind, placed.id): [] for placed in plan.timeline}
    people: dict[tuple[PieceKind, str], list[Step]] = {}
    owned["music", "music"] = []
    owned["film", "film"] = []
    for step in plan.steps:
        kind, name = _owner(step, places)
        (people if kind == "person" else owned).setdefault((kind, name), []).append(step)
    shown = _shown(plan)
    found = (
        Piece(kind, name, tuple(steps), places.get(name) if kind in ("scene", "card", "morph") else None, told)
        for (kind, name), steps in chain(owned.items(), people.items())
        for told in (shown.get(name if kind != "film" else "", {}),)
    )
    return tuple(piece for piece in found if piece.steps or piece.placed or piece.shown)


def _owner(step: Step, places: Mapping[str, Placed]) -> tuple[PieceKind, str]:
    scene, _, rest = step.id.partition(".")
    morph = f"{scene}.morph"
    if rest.startswith("morph") and morph in places:
        return "morph", morph
    if scene in places:
        return places[scene].kind, scene
    return ("film", "film") if step.kind == "film" else owner(step.id)


def owner(step_id: str) -> tuple[PieceKind, str]:
    """What a purchase of an unknown plan most likely belongs to."""
    if step_id == "music":
        return "music", "music"
    person = _OF_A_PERSON.sub("", step_id)
    return ("person", person) if person != step_id else ("scene", step_id.partition(".")[0])


def _shown(plan: Plan) -> Mapping[str, dict[str, Json]]:
    """What the film shows of each piece; of itself under the empty name."""
    if not plan.deliverables:
        return {}
    film = plan.step(plan.deliverables[0].step).arguments
    found: dict[str, dict[str, Json]] = {placed.id: {} for placed in plan.timeline}
    found[""] = _whole(plan, film)
    found["music"] = _music(plan, _object(film.get("music")))
    _joins(plan, film, found)
    captions = _object(film.get("captions"))
    lists = {"supers": film.get("supers"), "captions": captions.get("lines"), "effects": film.get("effects")}
    scenes = [placed for placed in plan.timeline if placed.kind == "scene"]
    starts = [placed.start for placed in scenes]
    for name, items in lists.items():
        for item in map(_object, _list(items)):
            at = item["at"]
            assert isinstance(at, int)
            scene = scenes[max(0, bisect_right(starts, at) - 1)]
            listed = found[scene.id].setdefault(name, [])
            assert isinstance(listed, list)
            listed.append(_timed(item, scene.start, plan.rate))
    return found


def _whole(plan: Plan, film: Mapping[str, Json]) -> dict[str, Json]:
    """What is said of the film as a whole."""
    captions = _object(film.get("captions"))
    return {
        "ad": plan.name,
        "title": plan.title,
        "length": f"{_seconds(plan.frames, plan.rate)} s",
        "size": f"{plan.width}x{plan.height}",
        "rate": f"{plan.rate} fps",
        "deliver": [f"{film.aspect} {film.width}x{film.height}" for film in plan.deliverables],
        "captions": captions.get("style"),
        "loudness": film.get("loudness"),
        "safe area": film.get("safe"),
    }


def _music(plan: Plan, music: Mapping[str, Json]) -> dict[str, Json]:
    """How loud the music is, and the recording where it is one."""
    told: dict[str, Json] = {name: f"{value} dB" for name, value in music.items() if name != "audio"}
    ref = as_ref(music.get("audio"))
    if isinstance(ref, FileRef):
        path = next((file.path for file in plan.files if file.digest == ref.digest), ref.digest)
        told["source"] = {"path": path, "digest": ref.digest}
    return told


def _joins(plan: Plan, film: Mapping[str, Json], found: Mapping[str, dict[str, Json]]) -> None:
    """Note how each piece is joined to the one before it; of a plain cut there is nothing to note."""
    before: str | None = None
    kinds = {placed.id: placed.kind for placed in plan.timeline}
    for segment in map(_object, _list(film.get("segments"))):
        name = str(segment["id"])
        if name not in found:
            name = name.rpartition(".")[0]
        if name == before:
            continue
        fade = _object(segment.get("fade"))
        if fade:
            frames = fade["frames"]
            assert isinstance(frames, int)
            found[name]["transition"] = f"{fade['kind']} {_seconds(frames, plan.rate)} s"
        elif before is not None and kinds[before] != "morph" and kinds[name] != "morph" and segment.get("skip") == 1:
            found[name]["transition"] = "continue"
        before = name


def _timed(item: Mapping[str, Json], start: int, rate: int) -> Json:
    """What is shown or heard, with its time in seconds from the start of its scene."""
    at, frames = item["at"], item["frames"]
    assert isinstance(at, int)
    assert isinstance(frames, int)
    said = {name: value for name, value in item.items() if name not in ("at", "frames", "audio", "heard", "clip")}
    return {**said, "from": _seconds(at - start, rate), "for": _seconds(frames, rate)}


def _seconds(frames: int, rate: int) -> str:
    return seconds_text(Fraction(frames, rate))


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def paired(
    before: Sequence[Piece], after: Sequence[Piece], keys: tuple[Mapping[str, str], Mapping[str, str]]
) -> list[Pair]:
    """The pieces in pairs, one of a pair None where there was, or is, none. `keys` are the step keys of each side.

    In the order of `after`; what is gone follows what stood before it.
    """
    old = [_made(piece, keys[0]) for piece in before]
    new = [_made(piece, keys[1]) for piece in after]
    partner = _matched(
        (_same, _made_alike, _named_alike), list(zip(before, old, strict=True)), list(zip(after, new, strict=True))
    )
    if len(partner) < len(after):
        _match_alike(partner, before, after)
    return _in_order(before, after, partner)


def _made(piece: Piece, keys: Mapping[str, str]) -> tuple[str, ...]:
    """What is made for a piece, whatever its steps are called. The film's own steps change with everything."""
    return () if piece.kind == "film" else tuple(sorted(keys[step.id] for step in piece.steps))


def _same(piece: Piece, made: tuple[str, ...]) -> object:
    return piece.kind, piece.name, made


def _made_alike(piece: Piece, made: tuple[str, ...]) -> object:
    return (piece.kind, made) if made else None


def _named_alike(piece: Piece, _made: tuple[str, ...]) -> object:
    return piece.kind, piece.name


def _matched(marks: Sequence[Callable[..., object]], old: Sequence[T], new: Sequence[T]) -> dict[int, int]:
    """What stands beside what, by index of `new`: things of the same mark, in order, by one mark after the other.

    What has found its like is no candidate for the marks that follow. None is no mark.
    """
    partner: dict[int, int] = {}
    left, right = list(range(len(old))), list(range(len(new)))
    for mark in marks:
        waiting: dict[object, list[int]] = {}
        for at in reversed(left):
            waiting.setdefault(mark(*old[at]), []).append(at)
        waiting.pop(None, None)
        for at in right:
            likes = waiting.get(mark(*new[at]))
            if likes:
                partner[at] = likes.pop()
        right = [at for at in right if at not in partner]
        if not right:
            break
        taken = set(partner.values())
        left = [at for at in left if at not in taken]
    return partner


def _match_alike(partner: dict[int, int], before: Sequence[Piece], after: Sequence[Piece]) -> None:
    """Pair what is left and shares at least half of its own words, the most alike first."""
    taken = set(partner.values())
    new = {at: _own_words(piece) for at, piece in enumerate(after) if at not in partner}
    old = {at: _own_words(piece) for at, piece in enumerate(before) if new and at not in taken}
    having: defaultdict[str, list[int]] = defaultdict(list)
    for at, words in old.items():
        for word in words:
            having[word].append(at)
    alike: list[tuple[Fraction, int, int]] = []
    for at, words in new.items():
        rare = (having[word] for word in words if word in having and len(having[word]) <= _COMMON)
        for other in set(chain.from_iterable(rare)):
            shared = Fraction(2 * len(words & old[other]), len(words) + len(old[other]))
            if before[other].kind == after[at].kind and shared >= Fraction(1, 2):
                alike.append((-shared, at, other))
    for _, at, other in sorted(alike):
        if at not in partner and other not in taken:
            partner[at] = other
            taken.add(other)


def _own_words(piece: Piece) -> frozenset[str]:
    """The words of the spec in a piece, without those that its template adds."""
    told: Iterable[Json]
    match piece.kind:
        case "card":
            told = (step.arguments for step in piece.steps)
        case "person":
            told = (step.brief.get("cast") for step in piece.steps)
        case _:
            told = (step.brief for step in piece.steps)
    return frozenset(word.lower() for text in chain.from_iterable(map(_texts, told)) for word in _WORD.findall(text))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in _TOLD:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _in_order(before: Sequence[Piece], after: Sequence[Piece], partner: Mapping[int, int]) -> list[Pair]:
    back = {old: new for new, old in partner.items()}
    follows: defaultdict[int, list[Piece]] = defaultdict(list)
    last = -1
    for at, piece in enumerate(before):
        if at in back:
            last = back[at]
        else:
            follows[last].append(piece)
    pairs: list[Pair] = [(piece, None) for piece in follows[-1]]
    for at, piece in enumerate(after):
        pairs.append((before[partner[at]] if at in partner else None, piece))
        pairs += [(gone, None) for gone in follows[at]]
    return pairs


def paired_steps(
    before: Piece | None, after: Piece | None, keys: tuple[Mapping[str, str], Mapping[str, str]]
) -> list[StepPair]:
    """The steps of a piece with what they were: those of the same key, of the same name in the piece, of the same sort.

    In the order of `after`, then what is gone.
    """
    if before is None or after is None:
        was, now = (piece.steps if piece else () for piece in (before, after))
        return list(zip_longest(was, now))
    if len(before.steps) == len(after.steps) and all(
        was.id == now.id and keys[0][was.id] == keys[1][now.id]
        for was, now in zip(before.steps, after.steps, strict=True)
    ):
        return list(zip(before.steps, after.steps, strict=True))
    old, new = (
        [(step, own[step.id], step.id.removeprefix(f"{piece.name}.")) for step in piece.steps]
        for piece, own in ((before, keys[0]), (after, keys[1]))
    )
    partner = _matched((_same_step, _same_key, _same_name, _same_sort), old, new)
    pairs: list[StepPair] = [
        (before.steps[partner[at]] if at in partner else None, step) for at, step in enumerate(after.steps)
    ]
    kept = set(partner.values())
    return pairs + [(step, None) for at, step in enumerate(before.steps) if at not in kept]


def _same_step(_step: Step, key: str, name: str) -> object:
    return key, name


def _same_key(_step: Step, key: str, _name: str) -> object:
    return key


def _same_name(_step: Step, _key: str, name: str) -> object:
    return name


def _same_sort(step: Step, _key: str, name: str) -> object:
    return step.kind, step.output, name.partition(".")[0]


def moved(pairs: Sequence[Pair]) -> frozenset[str]:
    """The names of the pieces that stand elsewhere among the others than before: as few as explain the new order."""
    order = {}
    for old, new in pairs:
        if old is not None and new is not None and old.placed is not None and new.placed is not None:
            order[new.name] = old.placed.start
    names, starts = list(order), list(order.values())
    if starts == sorted(starts):
        return frozenset()
    ends: list[int] = []
    holders: list[int] = []
    earlier: dict[int, int] = {}
    for at, start in enumerate(starts):
        length = bisect_left(ends, start)
        if length:
            earlier[at] = holders[length - 1]
        ends[length : length + 1] = [start]
        holders[length : length + 1] = [at]
    stay: set[int] = set()
    current = holders[-1] if holders else None
    while current is not None:
        stay.add(current)
        current = earlier.get(current)
    return frozenset(name for at, name in enumerate(names) if at not in stay)
