"""What a request costs, by the formula in the endpoint's catalogue file. Exact decimals, never less than the bill.

A price is dollars a unit times a quantity: seconds of output, pictures, megapixels, thousands of characters. The
dollars may depend on arguments (`by`), and an argument that the request leaves out has the default that the seller's
own schema gives it: a Veo clip without `generate_audio` is a Veo clip with sound, at the price of one.

Dubbing is paid by the length of the clip that is sent, which no argument tells: whoever knows it says it.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import ceil
from typing import Final

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json, Price
from adc.compiler.units import money

MEGAPIXEL: Final = 1024 * 1024


def price(endpoint: Endpoint, arguments: Mapping[str, Json], *, clip: Fraction | None = None) -> Price:
    """The price of one request; `clip` is the length in seconds of the clip that it sends, if it sends one.

    Where the formula does not cover the request, `usd` is 0 and `mark` is `unknown`.
    """
    rule = endpoint.price
    rate = _rate(endpoint, arguments)
    quantity = _quantity(endpoint, arguments, clip)
    if rule.mark == "unknown" or rate is None or quantity is None:
        return Price(Decimal(0), "", rule.unit, "unknown")
    usd = rate * quantity
    if rule.first and quantity:
        usd += Fraction(rule.first) - rate
    return Price(money(_decimal(usd)), _plain(quantity), rule.unit, rule.mark)


def _rate(endpoint: Endpoint, arguments: Mapping[str, Json]) -> Fraction | None:
    table = endpoint.price.usd
    for name in endpoint.price.by:
        assert isinstance(table, dict)
        table = table.get(_key(_argument(endpoint, arguments, name)))
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
    return quantity + (len(inputs) if isinstance(inputs, list) else 0)


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
    """The quantity as people read it, to four places where it has more."""
    text = format(_decimal(quantity).quantize(Decimal("0.0001"), ROUND_CEILING), "f")
    return text.rstrip("0").rstrip(".")


def amounts(usd: Json, by: Sequence[str]) -> Iterator[tuple[Decimal, list[tuple[str, str]]]]:
    """Every amount of a table of prices, with the arguments that it is for."""
    if isinstance(usd, dict):
        for value, inner in usd.items():
            for amount, choices in amounts(inner, by[1:]):
                yield amount, [(by[0], value), *choices]
    else:
        yield Decimal(str(usd)), []
