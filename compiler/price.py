"""What a request costs, before it is sent and after, by the formula in the endpoint's catalogue file. Exact decimals.

A price is dollars a unit times a quantity: seconds of output, pictures, megapixels, thousands of characters. The
dollars may depend on arguments (`by`), and an argument that the request leaves out has the default that the seller's
own schema gives it: a Veo clip without `generate_audio` is a Veo clip with sound, at the price of one.

A price never says less than the bill, also where the bill follows from what nobody knows beforehand:

    parts of a unit            counted whole where the seller does so, and where nobody says that he does not
    pictures that are sent     paid by their size: each counts as `input_units`, the most that one can be
    tokens of an answer        the file's figure is that of a long answer
    the clip that is sent      no argument tells its length and size: whoever knows them says them. A plan says what it
                               asks for, a buyer what it has measured; a model may give a little more than asked for
    a length that is left out  the price is `unknown`, as for every choice that the formula does not cover

What was billed is known from the units that an answer tells (`billed`). The seller may count them by the one price that
he lists for an endpoint: where the formula has several, they need not be the plan's.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from fractions import Fraction
from math import ceil
from typing import Final

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json, Price
from adc.compiler.units import money

MEGAPIXEL: Final = 1024 * 1024
"""Pixels, by the examples on the sellers' pages: 1024x1024 is one megapixel, and 1920x1080 is two."""

SIZE: Final = "short_side"
"""What a price may depend on without being an argument: the pixels on the short side of what comes out."""

_PLACES: Final = 9
"""Digits behind the point of a quantity: seconds in minutes never end, and units times dollars must give the price."""

_SURE_PLACES: Final = 5
"""Digits behind the point up to which units are taken at their word; the last of more may have been rounded up."""

_ABOUT: Final = 20
"""The part of a plan by which a bill differs that is about the same: a clip comes out a few frames longer."""

_ODDS: Final = 10
"""The factor by which a bill may differ from the plan; beyond it the units are none that the catalogue knows."""


def price(
    endpoint: Endpoint,
    arguments: Mapping[str, Json],
    *,
    clip: Fraction | None = None,
    short_side: int | None = None,
) -> Price:
    """The price of one request.

    `clip` is the length in seconds of the clip or voice that it sends, if it sends one. `short_side` is that of what
    comes out, in pixels, where that follows from what is sent. Where the formula does not cover the request, `usd` is
    0 and `mark` is `unknown`.
    """
    rule = endpoint.price
    rate = _rate(endpoint, arguments, short_side)
    quantity = _quantity(endpoint, arguments, clip)
    if rule.mark == "unknown" or rate is None or quantity is None:
        return Price(Decimal(0), "", rule.unit, "unknown")
    return Price(_usd(endpoint, rate, quantity), _plain(quantity), rule.unit, rule.mark)


def billed(
    endpoint: Endpoint, arguments: Mapping[str, Json], units: str, planned: Price | None = None
) -> Decimal | None:
    """The dollars that a bill of so many units comes to; None where the units tell nothing.

    `planned` is what the plan said; without it, what `price` says. The units are those of the rate that applies to
    these arguments; or of the one price that the seller lists for the endpoint, which may be another of its rates,
    where that comes to about what was planned, or `listed`. Units that are no number, or that are far from the plan
    however they are read, tell nothing.
    """
    rule = endpoint.price
    quantity = _units(units)
    if quantity is None or rule.mark == "unknown":
        return None
    rate = _rate(endpoint, arguments, None)
    own = [] if rate is None else [_usd(endpoint, rate, quantity)]
    listed = [money(Decimal(rule.listed) * _decimal(quantity))] if rule.listed else []
    planned = planned or price(endpoint, arguments)
    if planned.mark == "unknown" or not quantity:
        return next(iter(listed + own), None)
    others = [money(usd * _decimal(quantity)) for usd, _ in amounts(rule.usd, rule.by)]
    about = [usd for usd in own + listed + others if abs(usd - planned.usd) <= planned.usd / _ABOUT]
    likely = [usd for usd in listed + own if planned.usd / _ODDS <= usd <= planned.usd * _ODDS]
    return next(iter(about + likely), None)


def _usd(endpoint: Endpoint, rate: Fraction, quantity: Fraction) -> Decimal:
    first = endpoint.price.first
    return money(_decimal(rate * quantity + (Fraction(first) - rate if first and quantity else 0)))


def _units(text: str) -> Fraction | None:
    """Units as an answer tells them, at the least that they can stand for."""
    try:
        units = Decimal(text)
    except InvalidOperation:
        return None
    if not units.is_finite() or units < 0 or abs(units.adjusted()) > 12:
        return None
    exponent = units.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has one"
    rounded = Fraction(1, 10**-exponent) if exponent < -_SURE_PLACES else Fraction(0)
    return max(Fraction(units) - rounded, Fraction(0))


def _rate(endpoint: Endpoint, arguments: Mapping[str, Json], short_side: int | None) -> Fraction | None:
    table = endpoint.price.usd
    for name in endpoint.price.by:
        assert isinstance(table, dict)
        if name == SIZE:
            key = next((most for most in table if short_side is not None and short_side <= int(most)), "")
        else:
            key = _key(_argument(endpoint, arguments, name))
        table = table.get(key)
        if table is None:
            return None
    assert isinstance(table, str)
    more = [
        Fraction(extra.usd)
        for extra in endpoint.price.extras
        if _argument(endpoint, arguments, extra.argument) == extra.value
    ]
    return sum(more, Fraction(table))


def _quantity(endpoint: Endpoint, arguments: Mapping[str, Json], clip: Fraction | None) -> Fraction | None:
    rule = endpoint.price
    measured = _argument(endpoint, arguments, rule.of) if rule.of else None
    match rule.unit:
        case "second" | "minute" | "step":
            quantity = _number(measured) if rule.of else clip
        case "1k chars":
            quantity = Fraction(len(measured)) if isinstance(measured, str) else None
        case "megapixel":
            quantity = _megapixels(endpoint, measured)
        case _:
            quantity = Fraction(1)
    if quantity is None:
        return None
    quantity /= rule.per
    if rule.rounding:
        quantity = Fraction(ceil(quantity / rule.rounding) * rule.rounding)
    if rule.times:
        times = _argument(endpoint, arguments, rule.times)
        quantity *= times if isinstance(times, int) else 1
    inputs = arguments.get(rule.inputs) if rule.inputs else None
    return quantity + (len(inputs) * rule.input_units if isinstance(inputs, list) else 0)


def _argument(endpoint: Endpoint, arguments: Mapping[str, Json], name: str) -> Json:
    """An argument's value, or the default that the seller's schema gives it."""
    if name in arguments:
        return arguments[name]
    properties = endpoint.input_schema["properties"]
    assert isinstance(properties, dict)
    declared = properties.get(name)
    return declared.get("default") if isinstance(declared, dict) else None


def _key(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Json) -> Fraction | None:
    """A number, or the seconds in a text such as `8s`."""
    if isinstance(value, str) and value.removesuffix("s").isdecimal():
        return Fraction(value.removesuffix("s"))
    return Fraction(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _megapixels(endpoint: Endpoint, size: Json) -> Fraction | None:
    match size:
        case {"width": int(width), "height": int(height)}:
            return Fraction(width * height, MEGAPIXEL)
        case str() if size in endpoint.price.sizes:
            width, height = endpoint.price.sizes[size]
            return Fraction(width * height, MEGAPIXEL)
    return None


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _plain(quantity: Fraction) -> str:
    """The quantity in digits, rounded up to nine places where it has more."""
    text = format(_decimal(quantity).quantize(Decimal(1).scaleb(-_PLACES), ROUND_CEILING), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def amounts(usd: Json, by: Sequence[str]) -> Iterator[tuple[Decimal, list[tuple[str, str]]]]:
    """Every amount of a table of prices, with the arguments that it is for."""
    if isinstance(usd, dict):
        for value, inner in usd.items():
            for amount, choices in amounts(inner, by[1:]):
                yield amount, [(by[0], value), *choices]
    else:
        yield Decimal(str(usd)), []
