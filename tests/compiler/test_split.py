"""Splitting a long scene: the fewest legal clips that cover it, of those the fewest seconds, of those the most even."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.split import MOST, lengths

KLING, VEO = tuple(range(3, 11)), (4, 6, 8)

legal_lengths = st.sets(st.integers(1, 8), min_size=1, max_size=4).map(lambda found: tuple(sorted(found)))


def split(legal: tuple[int, ...], seconds: str | Fraction) -> tuple[int, ...] | None:
    return lengths(lambda index, count: legal, Fraction(seconds))


@pytest.mark.parametrize(
    ("legal", "seconds", "clips"),
    [
        (KLING, "16", (8, 8)),
        (KLING, "20", (10, 10)),
        (KLING, "21", (7, 7, 7)),
        (KLING, "10.5", (6, 5)),
        (VEO, "10", (6, 4)),
        (VEO, "9.5", (6, 4)),
        (VEO, "20", (8, 6, 6)),
        (VEO, "17", (6, 6, 6)),
        ((8,), "20", (8, 8, 8)),
        ((5, 10), "12", (10, 5)),
    ],
)
def test_examples(legal: tuple[int, ...], seconds: str, clips: tuple[int, ...]) -> None:
    assert split(legal, seconds) == clips


def test_what_many_clips_do_not_cover_is_not_split() -> None:
    assert split(VEO, str(8 * MOST)) == (8,) * MOST
    assert split(VEO, str(8 * MOST + 1)) is None


def test_each_clip_is_of_those_that_are_legal_at_its_place() -> None:
    """Veo makes only eight seconds from references; what follows starts from a frame and may be shorter."""
    assert lengths(lambda index, count: VEO if index else (8,), Fraction(13)) == (8, 6)


def test_a_place_for_which_nobody_is_found_makes_that_count_impossible() -> None:
    assert lengths(lambda index, count: (8,) if count == 3 else (), Fraction(10)) == (8, 8, 8)
    assert lengths(lambda index, count: (), Fraction(10)) is None


@given(
    first=legal_lengths,
    others=legal_lengths,
    last=legal_lengths,
    seconds=st.fractions(min_value=1, max_value=24, max_denominator=10),
)
def test_no_legal_way_is_better(
    first: tuple[int, ...], others: tuple[int, ...], last: tuple[int, ...], seconds: Fraction
) -> None:
    """Against every way to split that there is, of as many clips as were chosen or fewer."""

    def legal(index: int, count: int) -> tuple[int, ...]:
        return first if index == 0 else last if index == count - 1 else others

    def ways(count: int) -> Iterator[tuple[int, ...]]:
        return product(*(legal(index, count) for index in range(count)))

    chosen = lengths(legal, seconds)
    most = min(len(chosen) if chosen else 4, 4)
    fewer = [way for count in range(2, most) for way in ways(count) if sum(way) >= seconds]
    assert not fewer
    if chosen is None:
        assert sum(max(legal(index, MOST)) for index in range(MOST)) < seconds
        return
    assert all(length in legal(index, len(chosen)) for index, length in enumerate(chosen))
    assert sum(chosen) >= seconds
    if len(chosen) <= most:
        covering = [way for way in ways(len(chosen)) if sum(way) >= seconds]
        least = min(sum(way) for way in covering)
        assert sum(chosen) == least
        assert sum(length**2 for length in chosen) == min(
            sum(length**2 for length in way) for way in covering if sum(way) == least
        )
