"""`adc ledger drift`: what was planned beside what fal billed, by model, and the attempts that differ most.

Only attempts count whose answers told the units that were billed; of the others the ledger has the planned price.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from adc.compiler.catalogue import Catalogue
from adc.compiler.units import unit_price_text
from adc.runtime.ledger import Line

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


def drift_lines(entries: Iterable[Line], catalogue: Catalogue) -> Iterator[str]:
    """The comparison as a table for people."""
    told, untold = _parted(entries)
    drifts = _drifts(told, catalogue)
    if told and not any(line.usd_paid != line.usd_planned for line in told):
        yield f"{_counted(len(told))} billed as planned: {_usd(sum((line.usd_planned for line in told), Decimal(0)))}"
    elif told:
        yield from _table(drifts)
        yield ""
        yield "furthest from the plan:"
        names = _names(catalogue)
        for line in _worst(told):
            units = f"units {line.billed_units}, planned {line.units_planned or 'none'}"
            yield (
                f"  {line.id}  {line.ad}  {line.step}  {names.get(line.endpoint, line.endpoint)}: "
                f"{_usd(line.usd_planned)} planned, {_usd(_paid(line))} billed ({units})"
            )
    else:
        yield "no answer has told what was billed, so there is nothing to compare"
    if untold:
        yield f"{_counted(untold)} bought without a word about the bill: the ledger has the planned price"


def drift_json(entries: Iterable[Line], catalogue: Catalogue) -> dict[str, Any]:
    """The comparison for programs: amounts as text, `percent` null where nothing was planned."""
    told, untold = _parted(entries)
    names = _names(catalogue)
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
            for drift in _drifts(told, catalogue)
        ],
        "worst": [
            {
                "id": line.id,
                "ad": line.ad,
                "step": line.step,
                "model": names.get(line.endpoint, line.endpoint),
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


def _parted(entries: Iterable[Line]) -> tuple[list[Line], int]:
    """The attempts whose bill is known, and the number of those that were paid without one."""
    paid = [line for line in entries if line.usd_paid is not None]
    told = [line for line in paid if line.billed_units]
    return told, len(paid) - len(told)


def _drifts(told: Sequence[Line], catalogue: Catalogue) -> list[Drift]:
    """By model and seller, furthest from the plan first."""
    names = _names(catalogue)
    found: dict[tuple[str, str], list[Line]] = {}
    for line in told:
        found.setdefault((names.get(line.endpoint, line.endpoint), line.engine), []).append(line)
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
    rows = [("model", "at", "attempts", "planned", "billed", "difference", "percent")]
    rows += [
        (
            drift.model,
            drift.engine,
            str(drift.attempts),
            _usd(drift.planned),
            _usd(drift.billed),
            _signed(drift.difference),
            "-" if drift.percent is None else f"{drift.percent:+} %",
        )
        for drift in (*drifts, total)
    ]
    columns = [column for column in range(7) if several or column != 1]
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    for row in rows:
        cells = (row[at].ljust(widths[at]) if at < 2 else row[at].rjust(widths[at]) for at in columns)
        yield "  ".join(cells).rstrip()


def _paid(line: Line) -> Decimal:
    assert line.usd_paid is not None, "attempts without a bill are left out"
    return line.usd_paid


def _names(catalogue: Catalogue) -> dict[str, str]:
    return {endpoint.id: endpoint.model for endpoint in catalogue.endpoints}


def _counted(attempts: int) -> str:
    return f"{attempts} attempt was" if attempts == 1 else f"{attempts} attempts were"


def _usd(amount: Decimal) -> str:
    return unit_price_text(amount) if amount else "$0.00"


def _signed(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else '+'}{_usd(abs(amount))}" if amount else "$0.00"
