"""Platforms are data: every file keeps the published format, tells where it is from, and leaves room for text."""

import json
from fractions import Fraction
from importlib.resources import files

import jsonschema
import pytest

from adc.compiler.platforms import MARGIN, Rect, builtin, names, platform, safe_area

FOLDER = files("adc.schemas") / "platforms"
NAMES = ("feed", "reels", "shorts", "tiktok", "youtube")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_keeps_the_published_format_and_is_named_by_its_platform(name: str) -> None:
    published = json.loads((files("adc.schemas") / "platform.v1.json").read_bytes())
    document = json.loads((FOLDER / f"{name}.json").read_bytes())
    jsonschema.Draft202012Validator(published).validate(document)
    assert document["name"] == name


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_has_a_source(name: str) -> None:
    document = json.loads((FOLDER / f"{name}.json").read_bytes())
    told = {field for source in platform(name).sources for field in source.of}
    for fact in ("ratios", "seconds", "rates", "file", "covered", "disclosure"):
        parts = {f"{fact}/{part}" for part in document.get(fact, ())}
        assert not document.get(fact) or fact in told or parts <= told, fact


@pytest.mark.parametrize("name", NAMES)
def test_limits_leave_room(name: str) -> None:
    known = platform(name)
    assert "best" in known.ratios.values()
    assert (known.least or 0) < (known.most or 10**9)
    if known.advised:
        assert (known.least or 0) <= known.advised[0] < known.advised[1] <= (known.most or 10**9)
    for ratio in known.free:
        area = safe_area([known], ratio)
        assert area.width > Fraction(1, 2)
        assert area.height > Fraction(2, 5)


def test_the_names_are_those_of_the_language() -> None:
    assert names() == NAMES
    assert tuple(builtin()) == NAMES
    with pytest.raises(KeyError):
        platform("telegraph")


def test_without_a_platform_text_keeps_off_the_edges() -> None:
    assert safe_area([], "9:16") == Rect(MARGIN, MARGIN, 1 - MARGIN, 1 - MARGIN)
    assert safe_area([platform("tiktok")], "4:5") == safe_area([], "4:5")


def test_the_safe_area_is_safe_on_every_platform() -> None:
    each = [safe_area([platform(name)], "9:16") for name in ("tiktok", "reels", "shorts")]
    both = safe_area([platform(name) for name in ("tiktok", "reels", "shorts")], "9:16")
    assert both.left == max(area.left for area in each)
    assert both.top == max(area.top for area in each) == Fraction("0.14")
    assert both.right == min(area.right for area in each) == 1 - Fraction("0.1389")
    assert both.bottom == min(area.bottom for area in each) == Fraction("0.65")
