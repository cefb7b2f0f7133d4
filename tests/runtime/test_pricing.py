"""fal's list of prices beside the catalogue, and the ledger's bills beside its plans."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from importlib.resources import files
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import jsonschema
import pytest
from support.scripts import endpoint
from support.sim import KEY

from adc.compiler.catalogue import builtin
from adc.compiler.frozen import replace
from adc.runtime.cli.refresh_prices import prices_json, prices_lines
from adc.runtime.errors import RemoteError, Unauthorised, Unreachable
from adc.runtime.fal.hosts import FAL
from adc.runtime.fal.pricing import MOST_AT_ONCE, Quote, Verdict, quotes, standing
from adc.runtime.fal.wire import connect
from adc.runtime.ledger import Line
from adc.runtime.reporters.ledger_drift import WORST, drift_json, drift_lines
from adc.runtime.reporters.ledger_sums import Naming

IDS = [one.id for one in builtin().endpoints]


def ask(answer: Callable[[httpx.Request], httpx.Response], ids: Sequence[str] = IDS) -> dict[str, Quote]:
    """The quotes that come of a fal which answers so; pauses take no time."""

    async def sleep(_seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    async def run() -> dict[str, Quote]:
        async with connect(FAL, KEY, transport=httpx.MockTransport(answer)) as http:
            return await quotes(http, FAL, ids, sleep=sleep)

    return anyio.run(run)


def asked(request: httpx.Request) -> list[str]:
    return request.url.params["endpoint_id"].split(",")


def listed(ids: Sequence[str], amount: str = "0.1") -> httpx.Response:
    """An answer in fal's shape, with the figure as JSON has it."""
    items = ",".join(
        f'{{"endpoint_id": "{one}", "unit_price": {amount}, "unit": "seconds", "currency": "USD"}}' for one in ids
    )
    return httpx.Response(200, text=f'{{"prices": [{items}], "next_cursor": null, "has_more": false}}')


def test_all_are_asked_for_with_the_key_and_no_more_than_fal_takes_at_once() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return listed(asked(request))

    found = ask(answer)
    assert [name for request in requests for name in asked(request)] == IDS
    assert len(IDS) > MOST_AT_ONCE
    assert max(len(asked(request)) for request in requests) == MOST_AT_ONCE
    assert {(request.method, request.url.host, request.url.path) for request in requests} == {
        ("GET", "api.fal.ai", "/v1/models/pricing")
    }
    assert {request.headers["Authorization"] for request in requests} == {f"Key {KEY}"}
    assert found == dict.fromkeys(IDS, Quote(Decimal("0.1"), "seconds", "USD"))


def test_one_that_fal_does_not_know_costs_the_others_nothing() -> None:
    strange = IDS[17]

    def answer(request: httpx.Request) -> httpx.Response:
        if strange in asked(request):
            return httpx.Response(404, json={"error": {"type": "not_found", "message": "Endpoint not found"}})
        return listed(asked(request))

    assert set(ask(answer)) == set(IDS) - {strange}


def test_a_figure_is_read_digit_by_digit() -> None:
    [one] = ask(lambda request: listed(asked(request), "0.1000000000000000055511151231257827"), IDS[:1]).values()
    assert one.amount == Decimal("0.1000000000000000055511151231257827")
    assert ask(lambda request: listed(asked(request), '"0.1"'), IDS[:1]) == {}, "a text is no figure"
    assert ask(lambda request: listed(["fal-ai/another"]), IDS[:1]) == {}, "nobody asked for it"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (httpx.Response(401, json={"detail": "Invalid key"}), Unauthorised, "the key was refused for the prices"),
        (httpx.Response(200, text="<html>Log in</html>"), RemoteError, "no list of prices"),
        (httpx.Response(200, json={"prices": None}), RemoteError, "no list of prices"),
        (httpx.Response(503, text="away"), RemoteError, "503"),
    ],
)
def test_an_answer_that_is_no_list_is_an_error(answer: httpx.Response, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ask(lambda _request: answer)


def test_a_network_that_is_not_there_is_an_error() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unreachable, match="could not be asked"):
        ask(refuse)


@pytest.mark.parametrize(
    ("endpoint_id", "amount", "unit", "verdict", "agrees"),
    [
        ("kling-video/o1/reference-to-video", "0.112", "seconds", "same", ""),
        ("kling-video/o1/reference-to-video", "0.224", "seconds", "moved", ""),
        ("kling-video/o1/reference-to-video", "6.72", "minute", "same", ""),
        ("kling-video/o3/pro/text-to-video", "0.14", "seconds", "same", "generate_audio true"),
        ("veo3.1", "0.4", "second", "same", "resolution 720p, generate_audio true"),
        ("veo3.1", "0.75", "second", "moved", ""),
        ("veo3.1", "0.4", "compute seconds", "same", "resolution 720p, generate_audio true"),
        ("veo3.1", "0.00017", "compute seconds", "unclear", ""),
        ("flux-2-pro", "0.03", "megapixels", "same", "the first megapixel"),
        ("flux-2-pro", "0.015", "megapixels", "same", "each megapixel after the first"),
        ("flux-2", "0.012", "Megapixels", "same", ""),
        ("nano-banana", "0.039", "images", "same", ""),
        ("nano-banana", "0.02", "generations", "moved", ""),
        ("elevenlabs/tts/eleven-v3", "0.1", "1000 characters", "same", ""),
        ("elevenlabs/tts/eleven-v3", "0.0001", "characters", "same", ""),
        ("elevenlabs/tts/eleven-v3", "0.0002", "characters", "moved", ""),
        ("elevenlabs/tts/eleven-v3", "0.1", "units", "same", ""),
        ("elevenlabs/tts/eleven-v3", "0.2", "units", "unclear", ""),
        ("sync-lipsync/v2", "0.05", "seconds", "same", "model lipsync-2"),
        ("bytedance/seedance-2.0/image-to-video", "0.014", "units", "same", "in a unit of its own"),
        ("flux-lora-fast-training", "0.02", "steps", "same", "in a unit of its own"),
        ("flux-lora-fast-training", "0.03", "steps", "moved", ""),
    ],
)  # fmt: skip
def test_how_a_formula_stands_to_one_figure(
    endpoint_id: str, amount: str, unit: str, verdict: Verdict, agrees: str
) -> None:
    found = standing(endpoint(endpoint_id), Quote(Decimal(amount), unit, "USD"))
    assert (found.verdict, found.agrees) == (verdict, agrees)


def test_what_cannot_be_compared_never_counts_as_moved() -> None:
    veo = endpoint("veo3.1")
    assert standing(veo, None).verdict == "unlisted"
    assert standing(veo, Quote(Decimal("0.37"), "seconds", "EUR")).verdict == "unclear"
    unpriced = replace(veo, price=replace(veo.price, mark="unknown"))
    assert standing(unpriced, Quote(Decimal("0.37"), "seconds", "USD")).verdict == "unclear"


def test_every_rate_of_every_formula_would_be_known_again() -> None:
    for one in builtin().endpoints:
        for usd, _ in [*_rates(one.price.usd)]:
            assert standing(one, Quote(usd, one.price.unit, "USD")).verdict == "same", one.id
        twice = standing(one, Quote(Decimal("77.7"), one.price.unit, "USD"))
        assert twice.verdict == "moved", one.id


def _rates(table: Any) -> list[tuple[Decimal, str]]:
    if isinstance(table, dict):
        return [found for inner in table.values() for found in _rates(inner)]
    return [(Decimal(table), "")]


def test_a_comparison_is_told_in_full() -> None:
    found = [
        standing(endpoint("veo3.1"), Quote(Decimal("0.75"), "seconds", "USD")),
        standing(endpoint("kling-video/o3/pro/text-to-video"), Quote(Decimal("0.140"), "seconds", "USD")),
        standing(endpoint("flux-2"), Quote(Decimal("0.0001"), "compute seconds", "USD")),
        standing(endpoint("nano-banana"), None),
    ]
    assert list(prices_lines(found)) == [
        "endpoint       adc has                    fal says          as of",
        "fal-ai/veo3.1  $0.20 to $0.60 per second  $0.75 per second  2026-05-12",
        "",
        "Nothing was changed: the catalogue comes with adc. A spec can declare an endpoint with today's price, by",
        '`model NAME "fal-ai/veo3.1" { … price $… per … }`, a statement of the language.',
        "",
        "cannot be compared: fal-ai/flux-2: adc has $0.012 per megapixel, fal says $0.0001 per compute second",
        "not listed: fal-ai/nano-banana: adc has about $0.039 per image",
        "one of its rates: fal-ai/kling-video/o3/pro/text-to-video: $0.14 per second (generate_audio true)",
        "4 prices: 1 as the catalogue has it, 1 moved, 1 not comparable, 1 not listed",
    ]
    published = json.loads((files("adc.schemas") / "prices.v1.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(published)
    document = json.loads(json.dumps(prices_json(found)))
    jsonschema.Draft202012Validator(published).validate(document)
    assert [one["verdict"] for one in document["endpoints"]] == ["moved", "same", "unclear", "unlisted"]
    assert document["endpoints"][1]["fal"] == {"amount": "0.14", "unit": "seconds", "currency": "USD"}


# The ledger's drift


def line(number: int, endpoint_id: str, planned: str, paid: str | None, units: str = "1", engine: str = "fal") -> Line:
    """An attempt for step `hook.clip`."""
    return Line(
        id=number,
        key=f"key-{number}",
        ad="glow",
        step="hook.clip",
        endpoint=endpoint_id,
        engine=engine,
        state="fetched",
        usd_planned=Decimal(planned),
        units_planned="10",
        unit="second",
        mark="exact",
        usd_paid=None if paid is None else Decimal(paid),
        billed_units=units,
        charge=None,
        request_id=f"request-{number}",
        reason="",
        moments={},
    )


NAMING = Naming(builtin())
KLING, VEO = "fal-ai/kling-video/o1/reference-to-video", "fal-ai/veo3.1"


def test_drift_by_model_with_the_worst_first() -> None:
    lines = [
        line(1, KLING, "1.12", "1.1256", "10.05"),
        line(2, KLING, "0.56", "0.56", "5"),
        line(3, VEO, "3.20", "1.60", "4"),
        line(4, "studio/own", "0", "0.50"),
        line(5, KLING, "0.56", "0.56", ""),
        line(6, KLING, "0.56", None),
    ]
    assert list(drift_lines(lines, NAMING)) == [
        "model       attempts  planned   billed  difference  percent",
        "veo3_1             1    $3.20    $1.60      -$1.60  -50.0 %",
        "studio/own         1    $0.00    $0.50      +$0.50        -",
        "kling_o1           2    $1.68  $1.6856    +$0.0056   +0.3 %",
        "all                4    $4.88  $3.7856    -$1.0944  -22.4 %",
        "",
        "furthest from the plan:",
        "  3  glow  hook.clip  veo3_1: $3.20 planned, $1.60 billed (units 4, planned 10)",
        "  4  glow  hook.clip  studio/own: $0.00 planned, $0.50 billed (units 1, planned 10)",
        "  1  glow  hook.clip  kling_o1: $1.12 planned, $1.1256 billed (units 10.05, planned 10)",
        "1 attempt was bought without a word about the bill: the ledger has the planned price",
    ]
    document = json.loads(json.dumps(drift_json(lines, NAMING)))
    published = json.loads((files("adc.schemas") / "drift.v1.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(document)
    assert [one["usd_difference"] for one in document["models"]] == ["-1.60", "0.50", "0.0056"]
    assert [one["percent"] for one in document["models"]] == ["-50.0", None, "0.3"]
    assert [one["id"] for one in document["worst"]] == [3, 4, 1]
    assert document["untold"] == 1


def test_bills_of_a_stand_in_stand_apart_from_those_of_fal() -> None:
    table = list(drift_lines([line(1, KLING, "1", "2"), line(2, KLING, "1", "1", engine="sim")], NAMING))
    assert [row.split()[:3] for row in table[:3]] == [
        ["model", "at", "attempts"],
        ["kling_o1", "fal", "1"],
        ["kling_o1", "sim", "1"],
    ]


def test_it_says_when_all_agree_and_when_there_is_nothing() -> None:
    same = [line(1, KLING, "1.12", "1.120", "10"), line(2, VEO, "3.2", "3.2", "8")]
    assert list(drift_lines(same, NAMING)) == ["2 attempts were billed as planned: $4.32"]
    assert drift_json(same, NAMING)["worst"] == []
    assert list(drift_lines([], NAMING)) == ["no answer has told what was billed, so there is nothing to compare"]
    untold = list(drift_lines([line(1, KLING, "1", "1", ""), line(2, KLING, "1", "1", "")], NAMING))
    assert untold[1:] == ["2 attempts were bought without a word about the bill: the ledger has the planned price"]


def test_no_more_than_a_few_single_attempts_are_told() -> None:
    lines = [line(number, KLING, "1", str(1 + number), "10") for number in range(1, 2 * WORST)]
    worst = drift_json(lines, NAMING)["worst"]
    assert [one["id"] for one in worst] == list(range(2 * WORST - 1, WORST - 1, -1))
