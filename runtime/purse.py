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
    """At most `usd`, of which `spent` is spent or committed; `words` name it to people, as in `--max-cost $5`."""

    words: str
    usd: Decimal
    spent: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What may still be committed."""
        return max(self.usd - self.spent, Decimal(0))


class Purse:
    """The caps that a purchase has to keep to, all of them."""

    def __init__(self, caps: Iterable[Cap] = ()) -> None:
        self.caps = tuple(caps)

    def passed_by(self, usd: Decimal) -> tuple[Cap, ...]:
        """The caps that committing `usd` more would pass."""
        return tuple(cap for cap in self.caps if usd > 0 and cap.spent + usd > cap.usd)

    def commit(self, step: str, usd: Decimal) -> None:
        """Count a purchase that is about to be sent. Where a cap forbids it, raises SpendRefused and counts nothing."""
        for cap in self.passed_by(usd):
            raise SpendRefused(
                f"{step} costs {dollars_text(usd)}, and {dollars_text(cap.spent)} of the {cap.words} "
                "are spent or committed; nothing was sent for it"
            )
        for cap in self.caps:
            cap.spent += usd

    def settle(self, committed: Decimal, billed: Decimal) -> None:
        """The bill of what was committed is known."""
        for cap in self.caps:
            cap.spent += billed - committed
