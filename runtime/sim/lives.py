"""How long what the stand-in hands out can be had: for ever, as at fal, unless a fault or a client's wish ends it."""

import json
from dataclasses import dataclass, field

from adc.runtime.sim.faults import Expire


@dataclass(slots=True)
class Life:
    """Counts the reads of one thing, and the seconds `since` it came. `limits` are how it ends; the first one does."""

    limits: list[Expire] = field(default_factory=list)
    since: float = 0.0
    reads: int = 0

    def over(self, at: float) -> int:
        """The status that is answered at this moment, or 0 while the thing can be had."""
        for limit in self.limits:
            if limit.reads is not None and self.reads >= limit.reads:
                return limit.status
            if limit.seconds is not None and at >= self.since + limit.seconds:
                return limit.status
        return 0


def lifetime(preference: str) -> float | None:
    """Seconds that a file is to live, by the JSON of a lifecycle header; None, for ever, for what is not understood."""
    try:
        wish = json.loads(preference or "null")
    except ValueError:
        return None
    seconds = wish.get("expiration_duration_seconds") if isinstance(wish, dict) else None
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else None
