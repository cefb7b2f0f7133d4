"""The ledger for people: attempts as a table, their sums, a page about one, and those that nobody knows the end of.

Times are local. Money is written out in full, not in cents, so that what is listed adds up to its sum.
"""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from adc.compiler.units import unit_price_text
from adc.runtime.ledger import Entry, Line
from adc.runtime.legible import on_one_line, request, without_addresses, without_query
from adc.runtime.reporters.columns import columns
from adc.runtime.reporters.ledger_sums import COLUMNS, By, Group, Naming, Sums, paid, summed, unpriced

WIDTH: Final = 116
"""Columns of a page; a table is as wide as it has to be."""

_MARGIN: Final = 12
_LONGEST_NOTE: Final = 70
_LONGEST_PROMPT: Final = 100
_WORDS: Final = ("prompt", "text")
"""The arguments that hold what a model was told, wherever it has them."""

_UNITS: Final = {"1k chars": "thousand characters", "audio": "pieces"}
_ENGINES: Final = {"sim": "a stand-in (not real)"}
_DIGITS: Final = 12


def attempt_lines(lines: Sequence[Line], naming: Naming) -> Iterator[str]:
    """One line an attempt, then the sums."""
    heads = ("id", "when", "ad", "step", "model", "engine", "state", "cost", "")
    rows = [
        (
            str(line.id),
            naming.time(line.moments["intended"]),
            line.ad,
            line.step,
            naming.model(line.endpoint),
            line.engine,
            line.state,
            cost_text(line),
            _note(line),
        )
        for line in lines
    ]
    yield from columns(heads, rows, right={"id", "cost"})
    yield ""
    yield from sum_lines(summed(lines))


def group_lines(groups: Sequence[Group], by: By, lines: Iterable[Line]) -> Iterator[str]:
    """One line a group, then the sums over all of them."""
    figures = ("attempts", "paid", "perhaps", "wasted")
    rows = [
        (
            *group.names,
            group.sums.engine,
            str(group.sums.attempts),
            *(unit_price_text(usd) for usd in (group.sums.paid, group.sums.perhaps, group.sums.wasted)),
            f"and {group.sums.unpriced} of unknown price" if group.sums.unpriced else "",
        )
        for group in groups
    ]
    yield from columns((*COLUMNS[by], "engine", *figures, ""), rows, right=figures)
    yield ""
    yield from sum_lines(summed(lines))


def sum_lines(every: Iterable[Sums]) -> Iterator[str]:
    """A sentence for each engine."""
    for sums in every:
        attempts = "1 attempt" if sums.attempts == 1 else f"{sums.attempts:,} attempts"
        told = f"{_ENGINES.get(sums.engine, sums.engine)}: {attempts}, {unit_price_text(sums.paid)} paid"
        told += f", {unit_price_text(sums.perhaps)} perhaps paid, {unit_price_text(sums.wasted)} of it wasted"
        yield told + (f"; without {sums.unpriced} of unknown price" if sums.unpriced else "")


def page_lines(entry: Entry, naming: Naming) -> Iterator[str]:
    """All that the ledger knows of one attempt and may show."""
    yield f"attempt {entry.id}: {entry.step} of {entry.ad}"
    arguments = request(entry.arguments)
    words = {name: arguments.pop(name) for name in _WORDS if isinstance(arguments, dict) and name in arguments}
    yield from _paragraph("state", [entry.state])
    yield from _paragraph("model", dict.fromkeys((naming.model(entry.endpoint), entry.endpoint)))
    yield from _paragraph("engine", [_ENGINES.get(entry.engine, entry.engine)])
    yield from _paragraph("cost", _cost_lines(entry))
    yield from _paragraph("reason", _reason(entry))
    yield from _paragraph("times", [f"{naming.time(at)}  {state}" for state, at in _in_time(entry)])
    yield from _paragraph("request", [entry.request_id] if entry.request_id else ["its id is not known"])
    yield from _paragraph("key", [_short(entry.key)])
    for name, text in words.items():
        yield from _paragraph(name, str(text).splitlines())
    yield from _paragraph("inputs", [f"{_short(digest)}  {without_query(url)}" for url, digest in entry.inputs.items()])
    drawn = json.dumps(arguments, indent=2, ensure_ascii=False).splitlines() if arguments else []
    yield from _paragraph("arguments", drawn, wrap=False)


def unsettled_lines(entry: Entry, naming: Naming) -> Iterator[str]:
    """What may be known of an attempt that may have been bought: enough to find it among the requests of an account."""
    arguments = request(entry.arguments)
    facts = arguments if isinstance(arguments, dict) else {}
    yield f"attempt {entry.id}: {entry.step} of {entry.ad}, {cost_text(entry)}"
    yield from _paragraph("sent", [f"{naming.time(entry.moments['intended'])} to {entry.endpoint}"])
    yield from _paragraph("reason", _reason(entry) or ["its build ended before an answer was written down"])
    yield from _paragraph("request", [entry.request_id] if entry.request_id else [])
    yield from _paragraph("seed", [str(facts["seed"])] if "seed" in facts else [])
    for name in _WORDS:
        if name in facts:
            yield from _paragraph(name, [on_one_line(str(facts[name]), _LONGEST_PROMPT)])


def cost_text(line: Line) -> str:
    """What an attempt has cost: `$1.12`, `perhaps $1.40`, `unknown`."""
    if unpriced(line):
        return "unknown"
    return f"perhaps {unit_price_text(line.usd)}" if paid(line) == "perhaps" else unit_price_text(line.usd)


def _cost_lines(entry: Entry) -> Iterator[str]:
    wasted = ", wasted" if entry.wasted else ""
    if entry.charge == "no":
        yield "$0.00: nothing was charged"
    elif unpriced(entry):
        yield f"unknown{wasted}: no bill is known, and no price either"
        return
    elif entry.usd_paid is None:
        yield f"{cost_text(entry)}{wasted}: the planned price, as no bill is known"
    elif entry.billed_units:
        yield f"{cost_text(entry)}{wasted}: billed for {_units(entry.billed_units, entry.unit)}"
    else:
        yield f"{cost_text(entry)}{wasted}: nothing was told of billed units, so it is the planned price"
    if entry.mark == "unknown":
        yield "planned: the price is unknown"
    else:
        planned = f"planned: {unit_price_text(entry.usd_planned)}"
        planned += f" for {_units(entry.units_planned, entry.unit)}" if entry.units_planned else ""
        yield planned + (f", {entry.mark}" if entry.mark else "")


def _units(quantity: str, unit: str) -> str:
    plural = _UNITS.get(unit) or (unit if quantity == "1" else f"{unit}s")
    return f"{on_one_line(quantity, 20)} {plural}"


def _note(line: Line) -> str:
    """Why an attempt came to nothing, or may have."""
    if line.state not in ("failed", "abandoned", "ambiguous"):
        return ""
    wasted = "wasted" if line.wasted and (line.usd or unpriced(line)) else ""
    reason = on_one_line(without_addresses(line.reason), _LONGEST_NOTE)
    return ": ".join(part for part in (wasted, reason) if part)


def _reason(entry: Entry) -> list[str]:
    return [on_one_line(without_addresses(entry.reason))] if entry.reason else []


def _in_time(entry: Entry) -> list[tuple[str, str]]:
    """The states that it was in, as they came: one that was lost and found again was submitted last."""
    return sorted(entry.moments.items(), key=lambda moment: moment[1])


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_DIGITS]


def _paragraph(head: str, lines: Iterable[str], *, wrap: bool = True) -> Iterator[str]:
    """Lines beside their head; nothing at all where there are none."""
    room = WIDTH - _MARGIN
    parts = [part for line in lines for part in (textwrap.wrap(line, room, break_on_hyphens=False) if wrap else [line])]
    for number, part in enumerate(parts):
        yield f"  {head if number == 0 else '':<{_MARGIN - 2}}{part}".rstrip()
