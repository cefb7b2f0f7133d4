"""How long what the stand-in hands out can be had: for ever, as at fal, unless a fault or a client's wish ends it."""

from dataclasses import dataclass, field
from time import time

from adc.runtime.sim.faults import Expire


@dataclass(slots=True)
class Life:
    """Counts the reads and the seconds of one thing. `limits` are how it ends; several may, and the first does."""

    limits: list[Expire] = field(default_factory=list)
    since: float = field(default_factory=time)
    reads: int = 0

    def over(self, at: float) -> int:
        """The status that is answered at this moment, or 0 while the thing can be had."""
        for limit in self.limits:
            if limit.reads is not None and self.reads >= limit.reads:
                return limit.status
            if limit.seconds is not None and at >= self.since + limit.seconds:
                return limit.status
        return 0
