"""What a build may spend, and what it has: decided from values alone, before every submit.

Money is committed before a request is sent, at the planned price, and settled when its bill is known; what may have
been billed stays committed. Nothing is committed that would bring any cap to be passed, so that no order of failures,
retries and late bills can pass one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from adc.compiler.units import dollars_text
from adc.runtime.errors import SpendRefused


@dataclass(slots=True)
class Cap:
    """At most `usd`, of which `spent` is spent or committed; `words` name it to people, as in `--max-cost of $5.00`.

    `reserved` is set aside for the purchases that the plan has still ahead: another try of one never takes what the
    rest of the film needs.
    """

    words: str
    usd: Decimal
    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What may still be committed."""
        return max(self.usd - self.spent, Decimal(0))

    def refuses(self, usd: Decimal, reserved: Decimal) -> bool:
        """Whether committing `usd`, for which `reserved` was set aside, would pass it."""
        others = max(self.reserved - reserved, Decimal(0))
        return usd > 0 and self.spent + others + usd > self.usd


class Purse:
    """The caps that a purchase has to keep to, all of them."""

    def __init__(self, caps: Iterable[Cap] = ()) -> None:
        self.caps = tuple(caps)

    def commit(self, step: str, usd: Decimal, *, reserved: Decimal = Decimal(0)) -> None:
        """Count a purchase that is about to be sent, for which `reserved` was set aside.

        Where a cap forbids it, raises SpendRefused and counts nothing.
        """
        for cap in self.caps:
            if cap.refuses(usd, reserved):
                needed = " or needed for the rest" if cap.reserved > reserved else ""
                raise SpendRefused(
                    f"{step} costs {dollars_text(usd)}, and too much of the {cap.words} is spent, committed{needed}; "
                    "nothing was sent for it"
                )
        for cap in self.caps:
            cap.reserved = max(cap.reserved - reserved, Decimal(0))
            cap.spent += usd

    def settle(self, committed: Decimal, billed: Decimal) -> None:
        """The bill of what was committed is known."""
        for cap in self.caps:
            cap.spent += billed - committed
