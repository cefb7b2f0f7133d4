"""The step Difference: which specs are told of, what is summed up, and when the limit fails a run."""

import importlib.util
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from action.github import GitHub
from action.pull import Shop, spec
from support.project import draw_picture

EVENING = "evening light on tiles"


def test_every_spec_that_changes_is_told_of_and_no_other(shop: Shop, github: GitHub) -> None:
    shop.on_main({"specs/one.ad": spec("one"), "specs/four.ad": spec("four")})
    change = {
        "specs/one.ad": spec("one", EVENING),
        "specs/two.ad": spec("two", EVENING),
        "specs/three.ad": spec("three"),
    }
    run = shop.run(shop.push(change))
    assert not run.failed, run.log
    assert (run.outputs["usd"], run.outputs["changed"]) == ("0.60", "true")
    body = github.comments[0]["body"]
    assert body.startswith("<!-- adc in CI: specs -->\n\n### Ads: $0.60 to spend\n")
    for name in ("one", "two", "three"):
        assert body.count(f"<code>specs/{name}.ad</code>") == 1
    assert "four" not in body
    assert body.endswith("\n1 other spec is as before.\n")
    assert body in run.steps["Difference"].summary


def test_what_others_did_on_the_base_is_not_told(shop: Shop, github: GitHub) -> None:
    shop.push({"specs/two.ad": spec("two", EVENING)})
    shop.on_main({"specs/one.ad": spec("one", "noon")})
    run = shop.run(shop.push({}))
    assert run.outputs["usd"] == "0.20"
    assert "one.ad" not in github.comments[0]["body"]


def test_a_library_counts_where_it_is_imported(shop: Shop, github: GitHub) -> None:
    uses = 'import "cast/all.ad"\n\nad one { budget $5 }\n\nscene hook 4s {\n  cast    serum\n  action  "light"\n}\n'
    shop.on_main({"specs/one.ad": uses})
    run = shop.run(shop.push({"specs/cast/all.ad": 'product serum { looks "green glass bottle" }\n'}))
    assert not run.failed, run.log
    assert run.outputs["usd"] == "0.20"
    assert "<code>specs/one.ad</code>" in github.comments[0]["body"]
    assert "all.ad" not in github.comments[0]["body"]


def test_a_spec_that_is_renamed_or_taken_away(shop: Shop, github: GitHub) -> None:
    shop.on_main({"specs/one.ad": spec("one")})
    run = shop.run(shop.push({"specs/one.ad": None, "specs/first.ad": spec("one"), "specs/two.ad": None}))
    assert not run.failed, run.log
    assert run.outputs["usd"] == "0.00"
    body = github.comments[0]["body"]
    assert "`specs/two.ad` is taken away" in body
    assert "one.ad` is taken away" not in body


@pytest.mark.parametrize("specs", ["specs/*.ad", "specs/one.ad", "specs/two.ad specs/one.ad"])
def test_only_what_is_asked_for_is_compared(shop: Shop, github: GitHub, specs: str) -> None:
    event = shop.push({"specs/one.ad": spec("one", EVENING), "specs/cast/none.ad": spec("none")})
    assert shop.run(event, specs=specs).outputs["usd"] == "0.20"


def test_a_name_is_never_a_flag(shop: Shop, github: GitHub) -> None:
    run = shop.run(shop.push({"--strict.ad": spec("three")}), specs="*.ad")
    assert not run.failed, run.log
    assert run.outputs["usd"] == "0.20"


@pytest.mark.parametrize("limit", ["0.20", "$1"])
def test_within_the_limit(shop: Shop, limit: str) -> None:
    run = shop.run(shop.push({"specs/two.ad": spec("two", EVENING)}), max_cost=limit)
    assert not run.failed, run.log


def test_over_the_limit_the_run_fails_and_the_comment_says_so(shop: Shop, github: GitHub) -> None:
    change = {"specs/one.ad": spec("one", EVENING), "specs/two.ad": spec("two", EVENING)}
    run = shop.run(shop.push(change), max_cost="0.30")
    said = "$0.40 would be bought, and `max-cost` allows $0.30"
    assert {name for name, step in run.steps.items() if step.outcome == "failure"} == {"Difference"}
    assert f"::error title=over the limit::{said}" in run.log
    assert f"\n> [!CAUTION]\n> {said}\n" in github.comments[0]["body"]
    assert run.outputs["usd"] == "0.40"


def test_a_price_that_nobody_knows_is_over_any_limit(shop: Shop) -> None:
    own = (
        'model mine "a-maker/clips" { lengths 4s }\n\nad two\n\nscene hook 4s {\n  using   mine\n  action  "light"\n}\n'
    )
    run = shop.run(shop.push({"specs/two.ad": own}), max_cost="100")
    assert run.steps["Difference"].outcome == "failure", run.log
    assert "nobody knows what hook.clip costs, so `max-cost` cannot be kept" in run.log


@pytest.mark.parametrize("limit", ["much", "-1"])
def test_a_limit_that_is_no_amount(shop: Shop, github: GitHub, limit: str) -> None:
    run = shop.run(shop.push({}), max_cost=limit)
    assert run.steps["Difference"].outcome == "failure"
    assert f"::error::`max-cost` is not an amount of dollars, such as 5 or 2.50: {limit}" in run.log
    assert github.asked == []


def test_a_spec_with_errors_leaves_the_others_comparable(shop: Shop, github: GitHub) -> None:
    run = shop.run(shop.push({"specs/one.ad": "ad one {", "specs/two.ad": spec("two", EVENING)}))
    assert run.steps["Check"].outcome == "failure"
    assert run.steps["Difference"].outcome == "success"
    body = github.comments[0]["body"]
    assert "`specs/one.ad` has " in body
    assert "<code>specs/two.ad</code>" in body
    assert run.outputs["usd"] == "0.20"


def test_mending_a_spec_counts_all_of_it(shop: Shop, github: GitHub) -> None:
    shop.on_main({"specs/two.ad": spec("two").replace("action", "actoin")})
    event = shop.push({"specs/two.ad": spec("two")})
    run = shop.run(event)
    assert not run.failed, run.log
    assert run.outputs["usd"] == "0.20"
    assert "has errors in" in github.comments[0]["body"]
    assert shop.run(event, max_cost="0.10").failed


def test_a_spec_that_cannot_be_compared_fails_and_is_told(shop: Shop, github: GitHub) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    uses = 'product serum { reference "serum.png" }\n\n' + spec("one").replace("{ action", "{\n  cast serum\n  action")
    shop.on_main({"specs/one.ad": uses, "specs/serum.png": pointer})
    draw_picture(shop.clone / "specs" / "serum.png", (200, 120, 30))
    run = shop.run(shop.push({"specs/two.ad": spec("two", EVENING)}), format="false")
    assert {name for name, step in run.steps.items() if step.outcome == "failure"} == {"Difference"}, run.log
    assert "::error title=adc diff::`specs/one.ad` could not be compared: `" in run.log
    body = github.comments[0]["body"]
    assert "\n`specs/one.ad` could not be compared: `" in body
    assert "<code>specs/two.ad</code>" in body


def test_a_shallow_checkout_without_the_base_says_what_to_set(shop: Shop, github: GitHub) -> None:
    event = shop.push({"specs/two.ad": spec("two", EVENING)})
    workspace = shop.check_out()
    (shop.folder / "host.git").rename(shop.folder / "gone.git")
    run = shop.run(event, workspace)
    assert run.steps["Difference"].outcome == "failure"
    assert "set `fetch-depth: 0` for actions/checkout" in run.log
    assert run.steps["Comment"].outcome == "skipped"
    assert run.outputs["changed"] == ""


def test_without_anything_to_compare_with_only_the_rest_is_done(shop: Shop, github: GitHub) -> None:
    run = shop.run({}, shop.check_out("refs/heads/main"))
    assert not run.failed, run.log
    assert (run.outputs["changed"], run.outputs["usd"]) == ("false", "")
    assert run.summary == ""
    assert github.asked == []


@pytest.fixture(scope="module")
def joining(repository: Path) -> Iterator[ModuleType]:
    """The module of the action that joins sections."""
    found = importlib.util.spec_from_file_location("join", repository / ".ci" / "action" / "join.py")
    assert found
    assert found.loader
    module = sys.modules["join"] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    yield module
    del sys.modules["join"]


@pytest.mark.parametrize("count", [1, 2, 5, 40, 5000])
def test_a_report_is_never_too_long(joining: ModuleType, count: int) -> None:
    sections = [
        joining.Section(f"<!-- {number} -->\n{'wört ' * 9000}", f"`ads/{number}.ad`: $1.00 to spend", Decimal(1))
        for number in range(count)
    ]
    text = joining.join("<!-- marker -->", sections, ["too much"], most=65_000)
    assert len(text.encode()) <= 65_000
    assert text == joining.join("<!-- marker -->", sections, ["too much"], most=65_000)
    whole = sum(f"<!-- {number} -->" in text for number in range(count))
    lines = sum(f"- `ads/{number}.ad`: $1.00 to spend\n" in text for number in range(count))
    assert whole == 1
    if count < 5000:
        assert whole + lines == count
    else:
        assert f"- and {count - whole - lines} more\n" in text
        assert lines > 100


@pytest.mark.parametrize(
    ("text", "told"), [("a.ad", "`a.ad`"), ("a`b.ad", "`` a`b.ad ``"), ("a``b\n@all", "``` a``b @all ```")]
)
def test_no_name_leaves_its_place(joining: ModuleType, text: str, told: str) -> None:
    assert joining.code(text) == told
