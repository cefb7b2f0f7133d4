"""What a build may spend, and what it has: decided from values alone, before every submit.

Money is committed before a request is sent, at the planned price, and settled when its bill is known; what may have
been billed stays committed. Nothing is committed that would bring any cap to be passed, so that no order of failures,
retries and late bills can pass one. Where purchases were agreed to one by one, each has a cap of its own, and nothing
else is bought at all.
"""

from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class Agreed:
    """The purchases that were agreed to, by step, each with its own cap. `words` name the agreement, as in `ad.plan`.

    `next_command` is what to type to agree anew.
    """

    words: str
    steps: Mapping[str, Cap]
    next_command: str


class Purse:
    """The caps that a purchase has to keep to, all of them; with `agreed`, its step must have one there too."""

    def __init__(self, caps: Iterable[Cap] = (), agreed: Agreed | None = None) -> None:
        self.caps = tuple(caps)
        self._agreed = agreed

    def commit(self, step: str, usd: Decimal, *, reserved: Decimal = Decimal(0)) -> None:
        """Count a purchase that is about to be sent, for which `reserved` was set aside.

        Where a cap forbids it, raises SpendRefused and counts nothing.
        """
        self._agree(step, usd)
        for cap in self.caps:
            if cap.refuses(usd, reserved):
                needed = " or needed for the rest" if cap.reserved > reserved else ""
                raise SpendRefused(
                    f"{step} costs {dollars_text(usd)}, and too much of the {cap.words} is spent, committed{needed}; "
                    "nothing was sent for it"
                )
        for cap in self._caps_of(step):
            cap.reserved = max(cap.reserved - reserved, Decimal(0))
            cap.spent += usd

    def settle(self, step: str, committed: Decimal, billed: Decimal) -> None:
        """The bill of what was committed for a step is known."""
        for cap in self._caps_of(step):
            cap.spent += billed - committed

    def _caps_of(self, step: str) -> tuple[Cap, ...]:
        own = self._agreed.steps.get(step) if self._agreed else None
        return self.caps if own is None else (*self.caps, own)

    def _agree(self, step: str, usd: Decimal) -> None:
        """Raises SpendRefused for a purchase that nobody has agreed to, or not at this price."""
        if self._agreed is None:
            return
        own = self._agreed.steps.get(step)
        if own is None:
            raise SpendRefused(
                f"{step} is none of the purchases of {self._agreed.words}; nothing was sent for it",
                next_command=self._agreed.next_command,
            )
        if own.refuses(usd, Decimal(0)):
            gone = f", of which {dollars_text(own.spent)} is spent or committed" if own.spent else ""
            raise SpendRefused(
                f"{step} costs {dollars_text(usd)}, more than the {own.words}{gone}; nothing was sent for it",
                next_command=self._agreed.next_command,
            )
