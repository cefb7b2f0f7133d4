"""`adc models refresh-prices`: the catalogue's prices beside those that fal lists now. It only looks."""

import json
import shlex
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import anyio

from adc.compiler.catalogue import Endpoint
from adc.compiler.frozen import as_dict
from adc.compiler.units import unit_price_text
from adc.runtime.cli.choices import fal_url
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.model_table import price_range
from adc.runtime.cli.seller import hosts_of, key_for
from adc.runtime.errors import AdcError
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.pricing import Quote, Standing, quotes, standing
from adc.runtime.fal.wire import connect
from adc.runtime.reporters.columns import columns

MOVED: Final = 1
"""The exit code where a price has moved."""


def refresh(arguments: Namespace, endpoints: Sequence[Endpoint]) -> int:
    """Compare and tell. Returns `MOVED`, or an `Exit` code."""
    try:
        hosts = hosts_of(arguments)
        found = anyio.run(_standings, hosts, key_for(hosts), endpoints)
    except AdcError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{error}\nnext: {error.next_command or _command(arguments)}\n")
        return Exit.FAILED
    if arguments.json:
        sys.stdout.write(json.dumps(prices_json(found), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in prices_lines(found))
    return MOVED if any(one.verdict == "moved" for one in found) else Exit.OK


def prices_lines(found: Sequence[Standing]) -> Iterator[str]:
    """What has moved, what cannot be compared, what fal does not list, and how the rest stands."""
    moved = [one for one in found if one.verdict == "moved"]
    if moved:
        rows = [
            (one.endpoint.id, price_range([one.endpoint]), _said(one.quote), one.endpoint.price.as_of) for one in moved
        ]
        yield from columns(("endpoint", "adc has", "fal says", "as of"), rows)
        yield ""
        yield "Nothing was changed: the catalogue comes with adc. A spec can declare an endpoint with today's price, by"
        yield f"""`model NAME "{moved[0].endpoint.id}" {{ … price $… per … }}`, a statement of the language."""
        yield ""
    for one in found:
        if one.verdict == "unclear":
            has = price_range([one.endpoint])
            yield f"cannot be compared: {one.endpoint.id}: adc has {has}, fal says {_said(one.quote)}"
        elif one.verdict == "unlisted":
            yield f"not listed: {one.endpoint.id}: adc has {price_range([one.endpoint])}"
    for one in found:
        if one.verdict == "same" and one.agrees:
            yield f"one of its rates: {one.endpoint.id}: {_said(one.quote)} ({one.agrees})"
    counts: Counter[str] = Counter(one.verdict for one in found)
    words = {"same": "as the catalogue has it", "moved": "moved", "unclear": "not comparable", "unlisted": "not listed"}
    yield f"{len(found)} prices: " + ", ".join(f"{counts[name]} {text}" for name, text in words.items() if counts[name])


def prices_json(found: Sequence[Standing]) -> dict[str, Any]:
    """The same for programs: `schemas/prices.v1.json`."""
    return {
        "schema": "adc/prices/1",
        "endpoints": [
            {
                "id": one.endpoint.id,
                "model": one.endpoint.model,
                "verdict": one.verdict,
                "agrees": one.agrees,
                "adc": {
                    name: as_dict(one.endpoint.price)[name]
                    for name in ("usd", "by", "first", "listed", "unit", "mark", "as_of")
                },
                "fal": None
                if one.quote is None
                else {"amount": _plain(one.quote.amount), "unit": one.quote.unit, "currency": one.quote.currency},
            }
            for one in found
        ],
    }


async def _standings(hosts: Hosts, key: str, endpoints: Sequence[Endpoint]) -> list[Standing]:
    async with connect(hosts, key) as http:
        told = await quotes(http, hosts, [endpoint.id for endpoint in endpoints], sleep=anyio.sleep)
    return [standing(endpoint, told.get(endpoint.id)) for endpoint in endpoints]


def _command(arguments: Namespace) -> str:
    words = ["adc", "models", arguments.name]
    if arguments.role:
        words += ["--role", arguments.role]
    return shlex.join([*words, *(["--fal-url", fal_url(arguments)] if fal_url(arguments) else [])])


def _said(quote: Quote | None) -> str:
    assert quote is not None, "only what is listed is told"
    currency = "" if quote.currency in ("", "USD") else f" {quote.currency}"
    amount = unit_price_text(quote.amount) if not currency else _plain(quote.amount)
    return f"{amount}{currency} per {quote.unit.removesuffix('s') or 'unit'}"


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
