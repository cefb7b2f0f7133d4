"""A scene that is longer than a model's longest clip: the fewest legal clips that cover it, as even as can be.

lengths([(3, 4, …, 10)] * MOST, 16)   (8, 8)      and not (10, 6)
lengths([(4, 6, 8)] * MOST, 10)       (6, 4)      10 s bought, nothing over
"""

from collections.abc import Callable
from fractions import Fraction

MOST = 12
"""Clips that a scene is split into at most; long before, its face has drifted away."""


def lengths(choices: Callable[[int, int], tuple[int, ...]], seconds: Fraction) -> tuple[int, ...] | None:
    """Seconds to buy, clip by clip; None where `MOST` clips do not cover `seconds`.

    `choices(index, count)` are the legal lengths of one of `count` clips; none where there is no such clip.
    """
    for count in range(2, MOST + 1):
        legal = [choices(index, count) for index in range(count)]
        if all(legal) and sum(max(each) for each in legal) >= seconds:
            return _fewest_seconds(legal, seconds)
    return None


def _fewest_seconds(legal: list[tuple[int, ...]], seconds: Fraction) -> tuple[int, ...]:
    """Of all ways to cover `seconds`, the one that buys least; of those, the most even, longer clips first."""
    ways: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for each in legal:
        longer: dict[int, tuple[int, tuple[int, ...]]] = {}
        for total, (unevenness, way) in ways.items():
            for length in sorted(each, reverse=True):
                found = (unevenness + length * length, (*way, length))
                known = longer.get(total + length)
                if known is None or found[0] < known[0]:
                    longer[total + length] = found
        ways = longer
    return ways[min(total for total in ways if total >= seconds)][1]
