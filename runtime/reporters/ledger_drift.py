"""What was planned beside what fal billed, by model, and the attempts that differ most.

Only attempts count whose answers told the units that were billed; of the others the ledger has the planned price.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from adc.compiler.units import unit_price_text
from adc.runtime.ledger import Line
from adc.runtime.reporters.columns import columns
from adc.runtime.reporters.ledger_sums import Naming

WORST: Final = 5
"""Single attempts that are told."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Attempts with one model at one seller: what they were to cost, and what was billed."""

    model: str
    engine: str
    attempts: int
    planned: Decimal
    billed: Decimal

    @property
    def difference(self) -> Decimal:
        """Dollars billed above the plan; below zero where less was."""
        return self.billed - self.planned

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of the plan, to a tenth; None where nothing was planned."""
        return (100 * self.difference / self.planned).quantize(Decimal("0.1")) if self.planned else None


def drift_lines(lines: Iterable[Line], naming: Naming) -> Iterator[str]:
    """The comparison as a table for people."""
    told, untold = _parted(lines)
    if told and not any(line.usd_paid != line.usd_planned for line in told):
        planned = sum((line.usd_planned for line in told), Decimal(0))
        yield f"{_counted(len(told))} billed as planned: {unit_price_text(planned)}"
    elif told:
        yield from _table(_drifts(told, naming))
        yield ""
        yield "furthest from the plan:"
        for line in _worst(told):
            units = f"units {line.billed_units}, planned {line.units_planned or 'none'}"
            yield (
                f"  {line.id}  {line.ad}  {line.step}  {naming.model(line.endpoint)}: "
                f"{unit_price_text(line.usd_planned)} planned, {unit_price_text(_paid(line))} billed ({units})"
            )
    else:
        yield "no answer has told what was billed, so there is nothing to compare"
    if untold:
        yield f"{_counted(untold)} bought without a word about the bill: the ledger has the planned price"


def drift_json(lines: Iterable[Line], naming: Naming) -> dict[str, Any]:
    """The comparison for programs: amounts as text, `percent` null where nothing was planned."""
    told, untold = _parted(lines)
    return {
        "schema": "adc/drift/1",
        "models": [
            {
                "model": drift.model,
                "engine": drift.engine,
                "attempts": drift.attempts,
                "usd_planned": str(drift.planned),
                "usd_billed": str(drift.billed),
                "usd_difference": str(drift.difference),
                "percent": None if drift.percent is None else str(drift.percent),
            }
            for drift in _drifts(told, naming)
        ],
        "worst": [
            {
                "id": line.id,
                "ad": line.ad,
                "step": line.step,
                "model": naming.model(line.endpoint),
                "endpoint": line.endpoint,
                "engine": line.engine,
                "usd_planned": str(line.usd_planned),
                "usd_billed": str(_paid(line)),
                "units_planned": line.units_planned,
                "units_billed": line.billed_units,
                "unit": line.unit,
            }
            for line in _worst(told)
        ],
        "untold": untold,
    }


def _parted(lines: Iterable[Line]) -> tuple[list[Line], int]:
    """The attempts whose bill is known, and the number of those that were paid without one."""
    paid = [line for line in lines if line.usd_paid is not None]
    told = [line for line in paid if line.billed_units]
    return told, len(paid) - len(told)


def _drifts(told: Sequence[Line], naming: Naming) -> list[Drift]:
    """By model and seller, furthest from the plan first."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in told:
        found.setdefault((naming.model(line.endpoint), line.engine), []).append(line)
    drifts = [
        Drift(
            model,
            engine,
            len(lines),
            sum((line.usd_planned for line in lines), Decimal(0)),
            sum((_paid(line) for line in lines), Decimal(0)),
        )
        for (model, engine), lines in found.items()
    ]
    return sorted(drifts, key=lambda drift: (-abs(drift.difference), drift.model, drift.engine))


def _worst(told: Sequence[Line]) -> list[Line]:
    differing = [line for line in told if line.usd_paid != line.usd_planned]
    return sorted(differing, key=lambda line: (-abs(_paid(line) - line.usd_planned), line.id))[:WORST]


def _table(drifts: Sequence[Drift]) -> Iterator[str]:
    several = len({drift.engine for drift in drifts}) > 1
    planned, billed = (
        sum(amounts, Decimal(0)) for amounts in zip(*((d.planned, d.billed) for d in drifts), strict=True)
    )
    total = Drift("all", "", sum(drift.attempts for drift in drifts), planned, billed)
    at = ("at",) if several else ()
    figures = ("attempts", "planned", "billed", "difference", "percent")
    rows = [
        (
            drift.model,
            *((drift.engine,) if several else ()),
            str(drift.attempts),
            unit_price_text(drift.planned),
            unit_price_text(drift.billed),
            _signed(drift.difference),
            "-" if drift.percent is None else f"{drift.percent:+} %",
        )
        for drift in (*drifts, total)
    ]
    yield from columns(("model", *at, *figures), rows, right=figures)


def _paid(line: Line) -> Decimal:
    assert line.usd_paid is not None, "attempts without a bill are left out"
    return line.usd_paid


def _counted(attempts: int) -> str:
    return f"{attempts} attempt was" if attempts == 1 else f"{attempts} attempts were"


def _signed(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else '+'}{unit_price_text(abs(amount))}" if amount else "$0.00"
