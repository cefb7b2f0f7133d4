"""Exact values: pixels, frames, seconds and dollars."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.units import Aspect, Size, dollars_text, frames_in, money, pixels, seconds_text


@pytest.mark.parametrize(
    ("short_side", "aspect", "size"),
    [
        (1080, Aspect(9, 16), Size(1080, 1920)),
        (1080, Aspect(16, 9), Size(1920, 1080)),
        (720, Aspect(1, 1), Size(720, 720)),
        (1080, Aspect(4, 5), Size(1080, 1350)),
        (720, Aspect(21, 9), Size(1680, 720)),
        (2160, Aspect(9, 16), Size(2160, 3840)),
    ],
)
def test_pixels(short_side: int, aspect: Aspect, size: Size) -> None:
    assert pixels(short_side, aspect) == size


@given(st.sampled_from([480, 720, 1080, 2160]), st.integers(1, 32), st.integers(1, 32))
def test_pixels_are_even_and_close_to_the_aspect(short_side: int, width: int, height: int) -> None:
    size = pixels(short_side, Aspect(width, height))
    assert min(size.width, size.height) == short_side
    assert size.width % 2 == size.height % 2 == 0
    assert abs(Fraction(size.width, size.height) - Fraction(width, height)) <= Fraction(width, height) / 100


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=20), st.sampled_from([24, 25, 30, 60]))
def test_rounding_borders_never_adds_up(thousandths: list[int], rate: int) -> None:
    borders = [Fraction(sum(thousandths[:count]), 1000) for count in range(len(thousandths) + 1)]
    frames = [frames_in(border, rate) for border in borders]
    lengths = [later - earlier for earlier, later in pairwise(frames)]
    assert sum(lengths) == frames_in(borders[-1], rate)
    for length, part in zip(lengths, thousandths, strict=True):
        assert abs(length - Fraction(part * rate, 1000)) <= 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(Fraction(8), "8"), (Fraction(36, 5), "7.2"), (Fraction(1, 3), "0.333"), (Fraction(10), "10")]
)
def test_seconds_text(seconds: Fraction, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("0", "$0.00"),
        ("3.2", "$3.20"),
        ("5.9688", "$5.97"),
        ("0.0037", "$0.0037"),
        ("0.01", "$0.01"),
        ("12.001", "$12.01"),
    ],
)
def test_dollars_are_never_rounded_down(usd: str, text: str) -> None:
    assert dollars_text(Decimal(usd)) == text


@given(st.decimals(min_value=0, max_value=10_000, places=8))
def test_money_is_never_less(usd: Decimal) -> None:
    assert usd <= money(usd) < usd + Decimal("0.0001")
