"""What attempts cost together: what was paid, what was perhaps paid, and how much of either was wasted.

A stand-in's money is not real, so no sum is taken over two engines.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from adc.compiler.catalogue import Catalogue
from adc.runtime.ledger import Line

By: TypeAlias = Literal["ad", "scene", "model", "day"]
Paid: TypeAlias = Literal["yes", "no", "perhaps"]

COLUMNS: Final[Mapping[By, tuple[str, ...]]] = {
    "ad": ("ad",),
    "scene": ("ad", "scene"),
    "model": ("model",),
    "day": ("day",),
}
"""What names a group: a scene is told from one of the same name in another ad."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What some attempts at one engine cost together, in dollars.

    `wasted` is a part of `paid` and `perhaps`. `unpriced` attempts are in no sum: nobody knows what they cost.
    """

    engine: str
    attempts: int
    paid: Decimal
    perhaps: Decimal
    wasted: Decimal
    unpriced: int


@dataclass(frozen=True, slots=True)
class Group:
    """What has the same names, in the order of `COLUMNS`."""

    names: tuple[str, ...]
    sums: Sums


class Naming:
    """What attempts are called in lists: the model of an endpoint, and the day of a moment where people are."""

    def __init__(self, catalogue: Catalogue, zone: tzinfo | None = None) -> None:
        """`zone` is where the days are counted; None is this machine's own."""
        self._models = {endpoint.id: endpoint.model for endpoint in catalogue.endpoints}
        self._zone = zone

    def model(self, endpoint: str) -> str:
        """The word after `using`; the endpoint itself where the catalogue does not have it."""
        return self._models.get(endpoint, endpoint)

    def time(self, moment: str) -> str:
        """A moment of the ledger, to the second."""
        return datetime.fromisoformat(moment).astimezone(self._zone).isoformat(" ", "seconds")[:19]

    def of(self, by: By, line: Line) -> tuple[str, ...]:
        """The names of the group that an attempt belongs to."""
        match by:
            case "ad":
                return (line.ad,)
            case "scene":
                return (line.ad, scene_of(line.step))
            case "model":
                return (self.model(line.endpoint),)
            case "day":
                return (self.time(line.moments["intended"])[:10],)


def scene_of(step: str) -> str:
    """The scene, or the character, that a step is for: `hook` of `hook.clip.2`, `maya` of `maya.pack.front`.

    A step that stands for itself, such as `music`, is its own.
    """
    name, pack, _view = step.rpartition(".pack.")
    if pack:
        return name
    head, _, last = step.rpartition(".")
    if head and last.isdecimal():
        head, _, last = head.rpartition(".")
    return head or last


def paid(line: Line) -> Paid:
    """Whether an attempt has cost something."""
    if line.charge == "no":
        return "no"
    return "perhaps" if line.usd_paid is None and line.charge != "yes" else "yes"


def unpriced(line: Line) -> bool:
    """Whether it may have cost something, and nobody knows how much."""
    return line.mark == "unknown" and not line.usd and line.charge != "no"


def summed(lines: Iterable[Line]) -> tuple[Sums, ...]:
    """The sums over all of it, one for each engine."""
    return tuple(group.sums for group in _grouped(lines, lambda _line: ()))


def grouped(lines: Iterable[Line], by: By, naming: Naming) -> tuple[Group, ...]:
    """The sums of each group, sorted by its names."""
    return _grouped(lines, lambda line: naming.of(by, line))


def _grouped(lines: Iterable[Line], names_of: Callable[[Line], tuple[str, ...]]) -> tuple[Group, ...]:
    found: dict[tuple[tuple[str, ...], str], list[Line]] = {}
    for line in lines:
        found.setdefault((names_of(line), line.engine), []).append(line)
    return tuple(Group(names, _sums(engine, found[names, engine])) for names, engine in sorted(found))


def _sums(engine: str, lines: Sequence[Line]) -> Sums:
    usd: dict[Paid, Decimal] = {"yes": Decimal(0), "perhaps": Decimal(0), "no": Decimal(0)}
    for line in lines:
        usd[paid(line)] += line.usd
    wasted = sum((line.usd for line in lines if line.wasted), Decimal(0))
    return Sums(engine, len(lines), usd["yes"], usd["perhaps"], wasted, sum(map(unpriced, lines)))
