"""Exact values with their unit: time in rational seconds, money in decimal dollars, sizes in pixels.

Nothing in the compiler is a float: a film of thirty seconds is 900 frames, not 899.9999.
"""

from collections.abc import Iterable
from decimal import ROUND_UP, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from adc.compiler.frozen import frozen

CENT_FRACTION = Decimal("0.0001")


@frozen
class Aspect:
    """Width to height, as written: `9:16`."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}:{self.height}"


@frozen
class Size:
    """A picture's size in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def pixels(short_side: int, aspect: Aspect) -> Size:
    """`1080p 9:16` is 1080 pixels on the short side; the long side is rounded to an even number of pixels."""
    low, high = sorted((aspect.width, aspect.height))
    long_side = 2 * round(Fraction(short_side * high, low) / 2)
    return Size(short_side, long_side) if aspect.width <= aspect.height else Size(long_side, short_side)


def frames_in(seconds: Fraction, rate: int) -> int:
    """Whole frames that last `seconds` at `rate` frames a second, half rounded up."""
    return int(seconds * rate + Fraction(1, 2))


def shared_frames(frames: int, seconds: Iterable[Fraction]) -> list[int]:
    """`frames` shared out in proportion to `seconds`; the borders are rounded, so that rounding never adds up."""
    ends = list(accumulate(seconds))
    borders = [int(frames * end / ends[-1] + Fraction(1, 2)) for end in ends]
    return [border - before for before, border in pairwise((0, *borders))]


def seconds_text(seconds: Fraction) -> str:
    """Seconds as people write them: `8`, `7.2`; at most three digits after the point."""
    whole = Decimal(seconds.numerator) / Decimal(seconds.denominator)
    return f"{whole:.3f}".rstrip("0").rstrip(".")


def money(value: Decimal) -> Decimal:
    """Dollars rounded up to a hundredth of a cent, so that a sum never promises less than the bill."""
    return value.quantize(CENT_FRACTION, rounding=ROUND_UP)


def dollars_text(value: Decimal) -> str:
    """Dollars as people read them: two digits, more only where the amount is below a cent."""
    if value and value < Decimal("0.01"):
        return f"${value:.4f}".rstrip("0")
    return f"${value.quantize(Decimal('0.01'), rounding=ROUND_UP)}"


def unit_price_text(value: Decimal) -> str:
    """What a unit costs, `$0.10`, `$0.084`: at least two digits behind the point, and no zeros that tell nothing."""
    plain = f"{value.normalize():f}"
    return f"${plain}" if len(plain.partition(".")[2]) > 1 else f"${value:.2f}"
