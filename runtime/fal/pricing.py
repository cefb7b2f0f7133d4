"""fal's own list of prices, and how the catalogue stands to it.

The list (GET /v1/models/pricing, see https://fal.ai/docs/documentation/model-apis/pricing) has one figure an endpoint,
in a unit that is a word of fal's. The catalogue has formulas: a clip with sound costs more than one without. So a
figure agrees where it is any rate of the formula, and which one is said. A figure in a unit that is none of the
catalogue's cannot be compared: it is told, and nothing follows from it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias

import httpx

from adc.compiler.catalogue import Endpoint, PriceRule
from adc.compiler.price import amounts
from adc.runtime.errors import Rejected, RemoteError, Unreachable
from adc.runtime.fal.answers import classify
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.patience import Sleep, patiently
from adc.runtime.fal.wire import FAILURES, named

Verdict: TypeAlias = Literal["same", "moved", "unclear", "unlisted"]
"""How the catalogue stands to the list; `unclear` is a figure that cannot be compared."""

MOST_AT_ONCE: Final = 50
"""Endpoints that one request may ask for."""

_PIECES: Final = frozenset({"image", "audio", "request", "generation", "call", "run"})
_UNITS: Final = {
    "second": ("second", Fraction(1)),
    "minute": ("second", Fraction(60)),
    "megapixel": ("megapixel", Fraction(1)),
    "step": ("step", Fraction(1)),
    "character": ("character", Fraction(1)),
    **dict.fromkeys(("1k char", "1k character", "1000 character", "1,000 character"), ("character", Fraction(1000))),
    **dict.fromkeys(_PIECES, ("piece", Fraction(1))),
}
"""Units, the catalogue's and fal's, in the singular: what they measure, and how much of it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """fal's figure for an endpoint: so much for one `unit`, in fal's words."""

    amount: Decimal
    unit: str
    currency: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An endpoint of the catalogue beside fal's figure, which is None where fal lists none.

    `agrees` says which rate of the formula the figure is, as in `generate_audio true`; empty where there is but one,
    and where it is none.
    """

    endpoint: Endpoint
    quote: Quote | None
    verdict: Verdict
    agrees: str = ""


async def quotes(http: httpx.AsyncClient, hosts: Hosts, ids: Sequence[str], *, sleep: Sleep) -> dict[str, Quote]:
    """fal's figures by endpoint, of those that it lists.

    Raises Unreachable where fal could not be asked, the class of its refusal where it refused, and RemoteError for an
    answer that is no list of prices.
    """
    found: dict[str, Quote] = {}
    for start in range(0, len(ids), MOST_AT_ONCE):
        found |= await _quotes(http, hosts, ids[start : start + MOST_AT_ONCE], sleep)
    return found


async def _quotes(http: httpx.AsyncClient, hosts: Hosts, ids: Sequence[str], sleep: Sleep) -> dict[str, Quote]:
    """The figures of a few endpoints. One that fal does not know may cost the others their answer: it is looked for."""
    query = {"endpoint_id": ",".join(ids)}
    try:
        response = await patiently(lambda: http.get(f"{hosts.api}/v1/models/pricing", params=query), sleep)
    except FAILURES as error:
        raise Unreachable(f"fal could not be asked for its prices ({named(error)})") from None
    if response.status_code >= 400:
        refused = classify(response, "prices", "the prices")
        if response.status_code not in (400, 404, 422) or not isinstance(refused, Rejected):
            raise refused
        if len(ids) == 1:
            return {}
        half = len(ids) // 2
        return await _quotes(http, hosts, ids[:half], sleep) | await _quotes(http, hosts, ids[half:], sleep)
    listed = _listed(response)
    if listed is None:
        raise RemoteError("fal's answer is no list of prices")
    return {endpoint: quote for endpoint, quote in listed if endpoint in ids}


def _listed(response: httpx.Response) -> list[tuple[str, Quote]] | None:
    try:
        body: Any = json.loads(response.text, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return None
    items = body.get("prices") if isinstance(body, dict) else None
    if not isinstance(items, list):
        return None
    return [
        (str(item["endpoint_id"]), Quote(amount, _word(item.get("unit")), _word(item.get("currency"))))
        for item in items
        if isinstance(item, dict)
        and "endpoint_id" in item
        and isinstance(amount := item.get("unit_price"), Decimal)
        and amount.is_finite()
    ]


def _word(value: object) -> str:
    """What fal calls something, as it may be shown."""
    return "".join(letter for letter in str(value or "") if letter.isprintable())[:40]


def standing(endpoint: Endpoint, quote: Quote | None) -> Standing:
    """How an endpoint's formula stands to fal's figure."""
    if quote is None:
        return Standing(endpoint, None, "unlisted")
    rule = endpoint.price
    if quote.currency not in ("", "USD"):
        return Standing(endpoint, quote, "unclear")
    scale = _scale(quote.unit, rule.unit)
    per_unit = Fraction(quote.amount) * (1 if scale is None else scale)
    known = list(_rates(rule)) if rule.mark != "unknown" else []
    for usd, words in known:
        if per_unit == Fraction(usd):
            return Standing(endpoint, quote, "same", words)
    if rule.listed and quote.amount == Decimal(rule.listed):
        return Standing(endpoint, quote, "same", "in a unit of its own")
    return Standing(endpoint, quote, "moved" if known and scale is not None else "unclear")


def _rates(rule: PriceRule) -> Iterator[tuple[Decimal, str]]:
    """Every rate of a formula, with what it is for."""
    found = list(amounts(rule.usd, rule.by))
    for usd, choices in found:
        words = ", ".join(f"{name} {value}" for name, value in choices)
        yield usd, words or (f"each {rule.unit} after the first" if rule.first else "")
    if rule.first:
        yield Decimal(rule.first), f"the first {rule.unit}"


def _scale(theirs: str, ours: str) -> Fraction | None:
    """How many of fal's units are one of the catalogue's; None where they measure different things."""
    one, other = _UNITS.get(theirs.lower().removesuffix("s")), _UNITS.get(ours.removesuffix("s"))
    return other[1] / one[1] if one and other and one[0] == other[0] else None
