"""The ledger for programs: JSON by `schemas/ledger.v1.json`, and CSV for spreadsheets. Times are UTC, money is exact.

Neither holds a request or an address. A cell that a spreadsheet would take for a formula begins with an apostrophe:
a text that came from elsewhere must not be carried out where it is read.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, TextIO

from adc.compiler.plan import Json
from adc.runtime.ledger import Line
from adc.runtime.legible import on_one_line, without_addresses
from adc.runtime.reporters.ledger_sums import COLUMNS, By, Group, Naming, Sums, paid, scene_of, summed

SCHEMA: Final = "adc/ledger/1"

_ATTEMPT: Final = (
    "id", "intended_at", "ad", "scene", "step", "model", "endpoint", "engine", "state", "usd", "paid", "wasted",
    "usd_planned", "units_planned", "unit", "mark", "usd_paid", "billed_units", "request_id", "reason", "key",
)  # fmt: skip
_SUMS: Final = ("engine", "attempts", "usd_paid", "usd_perhaps", "usd_wasted", "unpriced")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def json_of_attempts(lines: Sequence[Line], naming: Naming) -> Iterator[str]:
    """The lines of the document that lists attempts: one a line, so that a long ledger is quick and has small diffs."""
    yield from _json("attempts", ({**_attempt(line, naming), "moments": _moments(line)} for line in lines), lines)


def json_of_groups(groups: Iterable[Group], by: By, lines: Iterable[Line]) -> Iterator[str]:
    """The lines of the document that sums up `lines` by group."""
    yield from _json("groups", (_group(group, by) for group in groups), lines, by)


def write_csv_of_attempts(lines: Iterable[Line], naming: Naming, stream: TextIO) -> None:
    """A row an attempt, below a header."""
    _write_csv(_ATTEMPT, (_attempt(line, naming) for line in lines), stream)


def write_csv_of_groups(groups: Iterable[Group], by: By, stream: TextIO) -> None:
    """A row a group, below a header."""
    _write_csv((*COLUMNS[by], *_SUMS), (_group(group, by) for group in groups), stream)


def _json(name: str, items: Iterable[Json], lines: Iterable[Line], by: str = "") -> Iterator[str]:
    yield "{"
    yield f'  "schema": "{SCHEMA}",'
    if by:
        yield f'  "by": "{by}",'
    for member, inner, comma in ((name, items, ","), ("sums", map(_sums, summed(lines)), "")):
        yield f'  "{member}": ['
        before = ""
        for item in inner:
            if before:
                yield before + ","
            before = f"    {json.dumps(item, ensure_ascii=False)}"
        if before:
            yield before
        yield f"  ]{comma}"
    yield "}"


def _attempt(line: Line, naming: Naming) -> dict[str, Json]:
    return {
        "id": line.id,
        "intended_at": line.moments["intended"],
        "ad": line.ad,
        "scene": scene_of(line.step),
        "step": line.step,
        "model": naming.model(line.endpoint),
        "endpoint": line.endpoint,
        "engine": line.engine,
        "state": line.state,
        "usd": _usd(line.usd),
        "paid": paid(line),
        "wasted": line.wasted,
        "usd_planned": _usd(line.usd_planned),
        "units_planned": line.units_planned,
        "unit": line.unit,
        "mark": line.mark,
        "usd_paid": None if line.usd_paid is None else _usd(line.usd_paid),
        "billed_units": line.billed_units,
        "request_id": line.request_id,
        "reason": on_one_line(without_addresses(line.reason)) if line.reason else "",
        "key": line.key,
    }


def _moments(line: Line) -> dict[str, Json]:
    return dict(line.moments.items())


def _group(group: Group, by: By) -> dict[str, Json]:
    return dict(zip(COLUMNS[by], group.names, strict=True)) | _sums(group.sums)


def _sums(sums: Sums) -> dict[str, Json]:
    return {
        "engine": sums.engine,
        "attempts": sums.attempts,
        "usd_paid": _usd(sums.paid),
        "usd_perhaps": _usd(sums.perhaps),
        "usd_wasted": _usd(sums.wasted),
        "unpriced": sums.unpriced,
    }


def _usd(amount: Decimal) -> str:
    return f"{amount:f}"


def _write_csv(columns: Sequence[str], rows: Iterable[dict[str, Json]], stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
