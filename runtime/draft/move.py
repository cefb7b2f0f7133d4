"""The camera's move, read from the words of a shot list: `handheld selfie, slow push-in` becomes a path of framings.

Speeds are constant: a move that eased to rest would freeze at its ends, and the eye takes a freeze for a mistake. Even
a static camera drifts by a hair.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the camera looks: `zoom` (1 is the whole picture), `x` and `y` from -1 to 1 across the room zoom leaves."""

    zoom: float
    x: float = 0.0
    y: float = 0.0

    def box(self, width: float, height: float) -> Box:
        """The part of a picture of that size that is seen."""
        wide, high = width / self.zoom, height / self.zoom
        left = (width - wide) * (1 + max(-1.0, min(1.0, self.x))) / 2
        top = (height - high) * (1 + max(-1.0, min(1.0, self.y))) / 2
        return left, top, left + wide, top + high


@dataclass(frozen=True, slots=True)
class Move:
    """From one framing to another over a clip; `sway` is how much a hand shakes; `arc` bends the way like an orbit."""

    since: Framing
    until: Framing
    sway: float = 0.0
    arc: float = 0.0

    def at(self, seconds: float, length: float) -> Framing:
        """The framing at `seconds` of a clip of `length` seconds."""
        share = seconds / length
        zoom = self.since.zoom + (self.until.zoom - self.since.zoom) * share + self.arc * math.sin(math.pi * share)
        x = self.since.x + (self.until.x - self.since.x) * share
        y = self.since.y + (self.until.y - self.since.y) * share
        x += self.sway * (0.6 * math.sin(1.9 * seconds) + 0.4 * math.sin(4.3 * seconds + 1.1))
        y += self.sway * (0.6 * math.sin(1.5 * seconds + 0.7) + 0.4 * math.sin(3.7 * seconds))
        return Framing(zoom, x, y)


_MOVES: tuple[tuple[str, Callable[[float], Move]], ...] = (
    (
        r"orbit|arc\b|circl|360|around",
        lambda sway: Move(Framing(1.14, -0.9), Framing(1.14, 0.9), sway, arc=0.08),
    ),
    (
        r"pull[- ]?(back|out)|(dolly|zoom)[- ]?(back|out)|widen|reveal",
        lambda sway: Move(Framing(1.24), Framing(1.04), sway),
    ),
    (
        r"push|(dolly|zoom|move)[- ]?in|closer|creep",
        lambda sway: Move(Framing(1.04), Framing(1.24, 0.0, -0.2), sway),
    ),
    (r"(pan|truck|track|slide|move)\w*\s+(to the )?left", lambda sway: Move(Framing(1.16, 1), Framing(1.16, -1), sway)),
    (r"\b(pan|truck|track|slid)", lambda sway: Move(Framing(1.16, -1), Framing(1.16, 1), sway)),
    (r"tilt\w*\s+down|crane\w*\s+down|lower", lambda sway: Move(Framing(1.16, 0, -1), Framing(1.16, 0, 1), sway)),
    (r"tilt|crane|rise|rising|lift", lambda sway: Move(Framing(1.16, 0, 1), Framing(1.16, 0, -1), sway)),
    (r"static|locked|tripod|still|fixed", lambda _sway: Move(Framing(1.03), Framing(1.06))),
)


def move_for(words: str) -> Move:
    """The move that the words of the camera line ask for; a quiet push where they ask for none."""
    text = words.lower()
    sway = 0.16 if re.search(r"hand-?held|selfie|shak|walk|follow|phone", text) else 0.0
    for pattern, move in _MOVES:
        if re.search(pattern, text):
            return move(sway)
    return Move(Framing(1.08 if sway else 1.03), Framing(1.12), sway)
