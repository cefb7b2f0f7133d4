"""Prices to the cent, worked out by hand from the sellers' pages (`prices.json`), and bills read back from units."""

import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scripts import endpoint

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.frozen import replace
from adc.compiler.plan import Json, Price
from adc.compiler.price import amounts, billed, price


def rows() -> Iterator[tuple[str, dict[str, Json], str | None, dict[str, Any]]]:
    """Endpoint, arguments, dollars (None where they are unknown), and what no argument tells."""
    for group in json.loads((Path(__file__).parent / "prices.json").read_text(encoding="utf-8")):
        for endpoint_id in group["endpoints"]:
            for arguments, usd, *measured in group["cases"]:
                yield endpoint_id, arguments, usd, measured[0] if measured else {}


ROWS = list(rows())
IDS = [
    f"{endpoint_id} {json.dumps(arguments)} {measured or ''}".strip() for endpoint_id, arguments, _, measured in ROWS
]


def priced(endpoint_id: str, arguments: dict[str, Json], measured: dict[str, Any]) -> Price:
    clip = Fraction(measured["clip"]) if "clip" in measured else None
    return price(endpoint(endpoint_id), arguments, clip=clip, short_side=measured.get("short_side"))


@pytest.mark.parametrize(("endpoint_id", "arguments", "usd", "measured"), ROWS, ids=IDS)
def test_price_to_the_cent(
    endpoint_id: str, arguments: dict[str, Json], usd: str | None, measured: dict[str, Any]
) -> None:
    found = priced(endpoint_id, arguments, measured)
    if usd is None:
        assert (found.usd, found.quantity, found.mark) == (Decimal(0), "", "unknown")
    else:
        assert found.usd == Decimal(usd)
        assert found.mark == endpoint(endpoint_id).price.mark


@pytest.mark.parametrize("one", builtin().endpoints, ids=lambda one: str(one.id))
def test_every_branch_of_every_formula_is_worked_out_by_hand(one: Endpoint) -> None:
    rule = one.price
    mine = [(arguments, measured) for each, arguments, usd, measured in ROWS if each == one.id and usd is not None]
    assert mine, "no price of it is worked out"
    rates = {usd for usd, _ in amounts(rule.usd, rule.by)}
    for usd, choices in amounts(rule.usd, rule.by):
        arguments = {name: value for name, value in choices if name != "short_side"}
        assert any(
            all(str(row.get(name, value)).lower() == value.lower() for name, value in arguments.items())
            and set(arguments) - set(row) <= {name for name, value in arguments.items() if _default(one, name) == value}
            for row, _ in mine
        ), f"{usd} for {choices}"
    for extra in rule.extras:
        assert any(row.get(extra.argument) == extra.value for row, _ in mine), extra
    if rule.times:
        assert any(row.get(rule.times, 1) not in (1, None) for row, _ in mine), rule.times
    if rule.inputs:
        assert any(row.get(rule.inputs) for row, _ in mine), rule.inputs
    if rule.rounding:
        ours = [priced(one.id, row, measured) for row, measured in mine]
        assert len({each.quantity for each in ours}) > 1, "one quantity alone shows no rounding"
    if "short_side" in rule.by:
        assert len({priced(one.id, row, measured).usd for row, measured in mine}) == len(rates)


def _default(one: Endpoint, name: str) -> str:
    properties: Any = one.input_schema["properties"]
    return str(properties[name].get("default")).lower() if name in properties else ""


def test_the_quantity_is_told_in_the_unit_of_the_price() -> None:
    clip = price(endpoint("veo3.1"), {"duration": "8s"})
    assert (clip.quantity, clip.unit) == ("8", "second")
    voice = price(endpoint("elevenlabs/tts/eleven-v3"), {"text": "x" * 437})
    assert (voice.quantity, voice.unit, voice.usd) == ("0.437", "1k chars", Decimal("0.0437"))
    bed = price(endpoint("elevenlabs/music"), {"music_length_ms": 90_000})
    assert (bed.quantity, bed.unit) == ("2", "minute")
    dub = price(endpoint("sync-lipsync/v2"), {}, clip=Fraction(8))
    assert (dub.quantity, dub.unit) == ("0.133333334", "minute")
    assert price(endpoint("flux-2-trainer"), {"steps": 1000}).quantity == "1000"


def test_a_price_that_nobody_found_is_unknown() -> None:
    clip = endpoint("veo3.1")
    unpriced = replace(clip, price=replace(clip.price, mark="unknown"))
    assert price(unpriced, {"duration": "8s"}).mark == "unknown"
    assert billed(unpriced, {"duration": "8s"}, "8") is None


def test_a_price_never_falls_when_more_is_asked_for() -> None:
    flux, picture = endpoint("flux-2-pro/edit"), "https://example.com/picture.png"
    sizes: list[Json] = [{"width": side, "height": side} for side in range(512, 2049, 64)]
    found = [
        price(flux, {"image_size": size, "image_urls": [picture for _ in range(count)]}).usd
        for count in (1, 2, 3)
        for size in sizes
    ]
    assert all(found[at] <= found[at + 1] for at in range(len(found) - 1) if (at + 1) % len(sizes)), (
        "a larger picture is no cheaper"
    )
    assert found[0] < found[len(sizes)] < found[2 * len(sizes)], "a further picture is never free"


# What was billed


@pytest.mark.parametrize(("endpoint_id", "arguments", "usd", "measured"), ROWS, ids=IDS)
def test_the_units_of_a_price_are_billed_as_that_price(
    endpoint_id: str, arguments: dict[str, Json], usd: str | None, measured: dict[str, Any]
) -> None:
    planned = priced(endpoint_id, arguments, measured)
    found = billed(endpoint(endpoint_id), arguments, planned.quantity, planned)
    assert found == (None if usd is None else planned.usd)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Endpoint, dict[str, Json], Fraction, int]:
    """An endpoint with arguments that its schema takes and that its price asks for, and the clip that it sends."""
    one = draw(st.sampled_from(builtin().endpoints))
    rule, arguments = one.price, dict[str, Json]()
    if rule.by:
        _, choices = draw(st.sampled_from(list(amounts(rule.usd, rule.by))))
        for name, value in choices:
            if name != "short_side":
                arguments[name] = value == "true" if value in ("true", "false") else value
    for extra in rule.extras:
        if draw(st.booleans()):
            arguments[extra.argument] = extra.value
    if rule.times:
        arguments[rule.times] = draw(st.integers(1, 4))
    if rule.inputs:
        arguments[rule.inputs] = ["https://example.com/picture.png" for _ in range(draw(st.integers(1, 8)))]
    match rule.unit:
        case "1k chars":
            arguments[rule.of] = draw(st.text(min_size=1, max_size=300))
        case "megapixel":
            sides = st.integers(512, 2048)
            arguments[rule.of] = {"width": draw(sides), "height": draw(sides)}
        case "step":
            arguments[rule.of] = draw(st.integers(1, 10_000))
        case "second" | "minute" if rule.of == "duration":
            seconds = draw(st.sampled_from(one.takes.seconds or (7,)))
            arguments[rule.of] = f"{seconds}s" if "veo" in one.id else str(seconds)
        case "second" | "minute" if rule.of:
            arguments[rule.of] = draw(st.integers(3000, 600_000) if rule.per > 1 else st.integers(1, 22))
    rates = [Fraction(24), Fraction(25), Fraction(30), Fraction(60), Fraction(30_000, 1001)]
    clip = draw(st.integers(1, 900)) / draw(st.sampled_from(rates))
    return one, arguments, clip, draw(st.sampled_from([480, 720, 1080, 2160]))


@given(requests())
def test_units_at_full_precision_come_to_the_price_for_any_request(
    request: tuple[Endpoint, dict[str, Json], Fraction, int],
) -> None:
    one, arguments, clip, short_side = request
    planned = price(one, arguments, clip=clip, short_side=short_side)
    assert planned.mark != "unknown"
    assert planned.usd > 0
    assert billed(one, arguments, planned.quantity, planned) == planned.usd
    if one.price.of and "short_side" not in one.price.by:
        assert billed(one, arguments, planned.quantity) == planned.usd, "what the plan said follows from the arguments"


@pytest.mark.parametrize(
    ("endpoint_id", "arguments", "units", "usd"),
    [
        ("kling-video/o3/pro/text-to-video", {"duration": "10"}, "10", "1.12"),
        ("kling-video/o3/pro/text-to-video", {"duration": "10"}, "10.05", "1.1256"),
        # one price is listed, with sound: ten silent seconds are eight units of it
        ("kling-video/o3/pro/text-to-video", {"duration": "10"}, "8", "1.12"),
        ("veo3.1", {"duration": "8s", "generate_audio": False}, "4", "1.60"),
        ("nano-banana-2", {"resolution": "2K", "enable_web_search": True}, "1.6875", "0.135"),
        # thousands of tokens at 0.014, of 97 frames
        ("bytedance/seedance-2.0/image-to-video", {"duration": "4"}, "87.3", "1.2222"),
        ("bytedance/seedance-2.0/image-to-video", {"duration": "4", "resolution": "1080p"}, "196.425", "2.75"),
        ("flux-lora-fast-training", {"steps": 1000}, "100", "2.00"),
        ("flux-2-pro", {"image_size": "square_hd"}, "3", "0.06"),
        ("elevenlabs/music", {"music_length_ms": 61_000}, "2.0", "1.60"),
        ("elevenlabs/tts/turbo-v2.5", {"text": "x"}, "0.001", "0.0001"),
        ("sync-lipsync/v2", {}, "0.13333333333333333", "0.40"),
        ("sync-lipsync/v2", {}, "0.133334", "0.40"),
        ("kling-video/lipsync/audio-to-video", {}, "10", "0.14"),
        ("ideogram/character", {}, "0", "0"),
    ],
)
def test_units_are_read_as_they_are_meant(endpoint_id: str, arguments: dict[str, Json], units: str, usd: str) -> None:
    assert billed(endpoint(endpoint_id), arguments, units) == Decimal(usd)


@pytest.mark.parametrize("units", ["", "many", "nan", "inf", "-1", "1e999999", "1e-999999", "8 seconds", "0x8"])
def test_units_that_are_no_number_tell_nothing(units: str) -> None:
    assert billed(endpoint("veo3.1"), {"duration": "8s"}, units) is None


def test_units_of_another_kind_tell_nothing() -> None:
    assert billed(endpoint("elevenlabs/tts/eleven-v3"), {"text": "x" * 400}, "400") is None, "characters, no thousands"
    assert billed(endpoint("elevenlabs/music"), {"music_length_ms": 60_000}, "60") is None, "seconds, no minutes"
    assert billed(endpoint("moondream3-preview/query"), {}, "1300") is None, "tokens"
    assert billed(endpoint("flux-2"), {"image_size": "poster"}, "1") == Decimal("0.012"), "a plan that knew nothing"
    assert billed(endpoint("veo3.1"), {"resolution": "8k"}, "8") is None, "no rate, and nothing to go by"
