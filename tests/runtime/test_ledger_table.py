"""The ledger's figures and words: sums that add up, the scene of a step, costs, and texts that may be shown."""

import csv
import io
import string
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.catalogue import builtin
from adc.compiler.plan import Json
from adc.runtime.errors import Charge
from adc.runtime.ledger import Line
from adc.runtime.legible import on_one_line, request, without_addresses, without_query
from adc.runtime.ports import AttemptState
from adc.runtime.reporters import ledger_data
from adc.runtime.reporters.ledger_sums import COLUMNS, By, Naming, grouped, scene_of, summed
from adc.runtime.reporters.ledger_table import attempt_lines, cost_text

NAMING = Naming(builtin())
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def line(
    number: int = 1,
    *,
    ad: str = "glow",
    step: str = "hook.clip",
    endpoint: str = "studio/clip",
    engine: str = "fal",
    state: AttemptState = "fetched",
    planned: str = "1.40",
    paid: str | None = None,
    charge: Charge | None = None,
    mark: str = "exact",
    reason: str = "",
    day: int = 1,
) -> Line:
    return Line(
        id=number,
        key=f"sha256:{number:064}",
        ad=ad,
        step=step,
        endpoint=endpoint,
        engine=engine,
        state=state,
        usd_planned=Decimal(planned),
        units_planned="10",
        unit="second",
        mark=mark,
        usd_paid=None if paid is None else Decimal(paid),
        billed_units="",
        charge=charge,
        request_id="",
        reason=reason,
        moments={"intended": f"2026-03-{day:02}T12:00:00.000Z"},
    )


amounts = st.decimals(min_value=0, max_value=1000, places=4).map(str)
attempts = st.builds(
    line,
    st.integers(1, 9),
    ad=st.sampled_from(["glow", "hello"]),
    step=st.sampled_from(["hook.clip", "hook.clip.2", "park.morph", "maya.pack.front", "music"]),
    endpoint=st.sampled_from([*(endpoint.id for endpoint in builtin().endpoints[:4]), "studio/clip"]),
    engine=st.sampled_from(["fal", "sim"]),
    state=st.sampled_from(get_args(AttemptState)),
    planned=amounts,
    paid=st.none() | amounts,
    charge=st.none() | st.sampled_from(get_args(Charge)),
    mark=st.sampled_from(["exact", "estimated", "unknown"]),
    reason=st.text(max_size=20),
    day=st.integers(1, 5),
)


@given(st.lists(attempts, max_size=20))
def test_sums_add_up_whatever_they_are_taken_by(lines: list[Line]) -> None:
    for engine in ("fal", "sim"):
        there = [one for one in lines if one.engine == engine]
        whole = [sums for sums in summed(lines) if sums.engine == engine]
        assert len(whole) == bool(there)
        for sums in whole:
            assert sums.paid + sums.perhaps == sum((one.usd for one in there), Decimal(0))
            assert sums.wasted == sum((one.usd for one in there if one.wasted), Decimal(0))
            assert sums.attempts == len(there)
        for by in get_args(By):
            parts = [group.sums for group in grouped(lines, by, NAMING) if group.sums.engine == engine]
            for figure in ("attempts", "paid", "perhaps", "wasted", "unpriced"):
                assert sum(getattr(part, figure) for part in parts) == sum(getattr(one, figure) for one in whole)


@given(st.lists(attempts, min_size=1, max_size=20))
def test_groups_are_told_apart_by_their_names(lines: list[Line]) -> None:
    for by in get_args(By):
        groups = grouped(lines, by, NAMING)
        told = [(group.names, group.sums.engine) for group in groups]
        assert told == sorted(set(told))
        assert {len(names) for names, _ in told} == {len(COLUMNS[by])}


@pytest.mark.parametrize(
    ("step", "scene"),
    [
        ("hook.clip", "hook"),
        ("hook.clip.2", "hook"),
        ("walk.voice.12", "walk"),
        ("maya.pack.front", "maya"),
        ("brand.maya.pack.three_quarter", "brand.maya"),
        ("brand.maya.looks", "brand.maya"),
        ("music", "music"),
    ],
)
def test_the_scene_of_a_step(step: str, scene: str) -> None:
    assert scene_of(step) == scene


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (line(paid="1.12"), "$1.12"),
        (line(paid="0.0833"), "$0.0833"),
        (line(state="submitted"), "perhaps $1.40"),
        (line(state="ambiguous", planned="0.084"), "perhaps $0.084"),
        (line(state="failed", charge="no"), "$0.00"),
        (line(state="failed", charge="yes"), "$1.40"),
        (line(state="failed", charge="maybe"), "perhaps $1.40"),
        (line(state="failed", charge="no", paid="1.12"), "$0.00"),
        (line(state="running", mark="unknown", planned="0"), "unknown"),
        (line(paid="0", mark="unknown", planned="0"), "unknown"),
        (line(paid="2", mark="unknown", planned="0"), "$2.00"),
        (line(state="failed", charge="no", mark="unknown", planned="0"), "$0.00"),
    ],
)
def test_what_an_attempt_cost(attempt: Line, text: str) -> None:
    assert cost_text(attempt) == text


def test_columns_are_as_wide_as_they_have_to_be() -> None:
    first, second, third, *_ = attempt_lines([line(1, step="a.clip"), line(1000, step="longer.clip")], NAMING)
    assert first.index("step") == second.index("a.clip") == third.index("longer.clip")
    assert (second[:4], third[:4]) == ("   1", "1000")


@given(attempts)
def test_no_cell_is_a_formula_and_no_row_is_two(attempt: Line) -> None:
    text = io.StringIO()
    ledger_data.write_csv_of_attempts([attempt, attempt], NAMING, text)
    rows = list(csv.reader(io.StringIO(text.getvalue())))
    assert len(text.getvalue().splitlines()) == len(rows) == 3
    assert [cell for row in rows for cell in row if cell.lstrip().startswith(FORMULA)] == []


@pytest.mark.parametrize(
    ("text", "queryless", "addressless"),
    [
        ("https://a.example/b.png?s=1", "https://a.example/b.png", "https://a.example/…"),
        ("https://a.example?s=1", "https://a.example", "https://a.example"),
        ("https://me:word@a.example/b#c", "https://a.example/b", "https://a.example/…"),
        ("https://me:p/w@a.example/b", "https://me:p/w@a.example/b", "https://me:p/…"),
        ("see 'HTTPS://A.example/b?c' or s3://d/e?f.", "see 'HTTPS://A.example/b' or s3://d/e",
         "see 'HTTPS://A.example/…' or s3://d/…"),
        ("data:image/png;base64,AAAA/BBB+C==", "data:image/png;base64,…", "data:image/png;base64,…"),
        ("4:5, 50% off? yes @maya", "4:5, 50% off? yes @maya", "4:5, 50% off? yes @maya"),
    ],
)  # fmt: skip
def test_what_is_left_of_an_address(text: str, queryless: str, addressless: str) -> None:
    assert without_query(text) == queryless
    assert without_addresses(text) == addressless


WORD = st.text(string.ascii_lowercase, min_size=1, max_size=6)


@given(before=st.text(max_size=8), host=WORD, path=WORD, scheme=st.sampled_from(["https", "http", "gs", "wss"]))
def test_no_query_is_left_of_any_address_in_a_request(before: str, host: str, path: str, scheme: str) -> None:
    asked: Json = {"elements": [{"url": f"{before} {scheme}://{host}.example/{path}?X-Signature=PLANTED&b"}]}
    assert "PLANTED" not in str(request(asked))
    assert "PLANTED" not in without_addresses(str(asked))


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    shown = on_one_line(text, 20)
    assert len(shown) <= 20
    assert shown.isprintable()
