"""Takes for people: what further ones of a scene cost, and how those that there are stand beside each other."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adc.compiler.plan import Json, Step
from adc.compiler.units import dollars_text
from adc.runtime.forecast import Forecast
from adc.runtime.reporters.columns import columns
from adc.runtime.reporters.plan_table import amount, explained, step_lines
from adc.runtime.takes import Take

SCHEMA: Final = "adc/takes/1"

_SHORT: Final = 12
"""Digits of a digest that tell it from the others."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The takes of a scene. `shown` are the steps that the film is cut from; `gone` are, by take, what files are lost.

    A take is told of by the first of its steps that is shown.
    """

    scene: str
    shown: tuple[str, ...]
    takes: tuple[Take, ...]
    gone: Mapping[int, tuple[str, ...]]

    def told_by(self, take: Take) -> str:
        """The step that tells of a take."""
        return next((step for step in self.shown if step in take.decisions), min(take.decisions))


def further_lines(
    scene: str,
    numbers: Sequence[int],
    steps: Sequence[Step],
    said: Sequence[Forecast],
    models: Mapping[str, str],
    ahead: Sequence[Step],
    rest: Collection[Step],
) -> Iterator[str]:
    """What further takes will need. `ahead` is what is bought, `rest` those of it that the takes have in common."""
    many = len(numbers) > 1
    yield f"{scene}: take{'s' if many else ''} {_and(map(str, numbers))}, of the same words"
    yield ""
    yield from step_lines(steps, said, models)
    yield ""
    if not ahead:
        how = "asked for" if any(one.status == "under way" for one in said) else "in the store"
        yield f"  {'they are' if many else 'it is'} {how} already; nothing is bought"
    else:
        common = f", {amount([*rest])} of it for {_and(step.id for step in rest)}, not there yet" if rest else ""
        yield f"  {len(numbers)} take{'s' if many else ''} of {scene}: {amount(ahead)}{common}"
    yield from explained(said)


def taken_line(scene: str, take: Take) -> str:
    """How a take stands that was made just now."""
    uses = "the film uses it" if take.counts else "the film stays as it is until it is accepted"
    return f"{scene}@{take.number}: {dollars_text(take.usd)}, {take.verdict}: {uses}"


def takes_lines(shelf: Shelf) -> Iterator[str]:
    """One line a take."""
    heads = ("take", "verdict", "model", "seed", "price", "date", "key", "file")
    rows = [_row(shelf, take) for take in shelf.takes]
    yield from (f"  {line}" for line in columns(heads, rows, right=("seed", "price")))


def _row(shelf: Shelf, take: Take) -> tuple[str, ...]:
    one = take.decisions[shelf.told_by(take)]
    lacks = take.lacks(shelf.shown)
    file = "in the store"
    if lacks:
        file = f"without {_and(lacks)}"
    elif take.number in shelf.gone:
        file = f"{_and(shelf.gone[take.number])} not in the store" if len(shelf.shown) > 1 else "not in the store"
    return (
        f"{shelf.scene}@{take.number}",
        verdict_text(take),
        one.model,
        "" if one.seed is None else str(one.seed),
        dollars_text(take.usd),
        one.date,
        one.key.removeprefix("sha256:")[:_SHORT],
        file,
    )


def verdict_text(take: Take) -> str:
    """A verdict in words, where the film is made from a take without one."""
    return f"{take.verdict}, in the film" if take.counts and take.verdict != "accepted" else take.verdict


def takes_json(shelves: Sequence[Shelf], ad: str, of: str) -> Json:
    """The same for programs: `schemas/takes.v1.json`."""
    return {
        "schema": SCHEMA,
        "ad": ad,
        "of": of,
        "scenes": [
            {
                "scene": shelf.scene,
                "takes": [
                    {
                        "take": take.number,
                        "verdict": take.verdict,
                        "in_film": take.counts,
                        "usd": str(take.usd),
                        "steps": [
                            {
                                "step": step_id,
                                "model": one.model,
                                "endpoint": one.endpoint,
                                "seed": one.seed,
                                "usd": str(one.usd),
                                "date": one.date,
                                "key": one.key,
                                "artifact": one.artifact,
                                "in_store": step_id not in shelf.gone.get(take.number, ()),
                            }
                            for step_id, one in sorted(take.decisions.items())
                        ],
                    }
                    for take in shelf.takes
                ],
            }
            for shelf in shelves
        ],
    }


def _and(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
