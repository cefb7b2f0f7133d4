"""The steps Layout and Check: what is annotated, where, and when a run goes red.

The runs are for no pull request, so there is nothing to compare.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from action.github import GitHub
from action.pull import FILES, Shop, spec
from action.runner import Finished

WRONG = 'ad two { budget $5 }\n\nscene hook 4s { actoin "light, 100% morning" }\n'
UNUSED = spec("two") + "\nproduct serum\n"


def annotations(log: str) -> list[str]:
    return [line for line in log.splitlines() if re.match(r"::(error|warning|notice)[ :]", line)]


def run_on(shop: Shop, files: Mapping[str, str | None], /, **inputs: str) -> Finished:
    """Run the action on the shop with these files changed."""
    shop.push(files)
    return shop.run({}, **inputs)


def outside(log: str) -> list[str]:
    """The lines that GitHub takes commands from."""
    found, until = [], ""
    for line in log.splitlines():
        if until:
            until = "" if line == f"::{until}::" else until
        elif line.startswith("::stop-commands::"):
            until = line.removeprefix("::stop-commands::")
        else:
            found.append(line)
    assert not until
    return found


def test_what_is_in_order_is_not_annotated(shop: Shop) -> None:
    run = run_on(shop, {})
    assert not run.failed, run.log
    assert annotations(run.log) == []
    assert "every spec is in order" in run.steps["Check"].log


def test_a_layout_that_is_not_canonical(shop: Shop) -> None:
    files = {"specs/two.ad": spec("two").replace("{ budget", "{budget")}
    run = run_on(shop, files)
    assert run.steps["Layout"].outcome == "failure"
    assert annotations(run.steps["Layout"].log) == [
        "::error file=specs/two.ad,title=adc fmt::not in the canonical layout; run `adc fmt specs/two.ad`"
    ]
    assert "+ad two { budget $5 }" in run.steps["Layout"].log
    assert [run.steps[name].outcome for name in ("Check", "Difference")] == ["success"] * 2
    assert not run_on(shop, files, format="false").failed


def test_lines_of_a_spec_are_no_commands(shop: Shop) -> None:
    tricky = 'ad two {budget $5 }\n\nscene hook 4s { action """\n::add-mask::morning\n::error::boo\n""" }\n'
    run = run_on(shop, {"specs/two.ad": tricky})
    assert "::add-mask::morning" in run.log
    assert not [line for line in outside(run.log) if "add-mask" in line or line.lstrip().startswith("::error::boo")]


def test_errors_are_annotated_where_they_are(shop: Shop) -> None:
    run = run_on(shop, {"specs/two.ad": WRONG})
    assert run.failed
    (line,) = annotations(run.steps["Check"].log)
    assert line.startswith("::error file=specs/two.ad,line=3,col=17,title=AD0203::")
    assert "did you mean" in line
    assert run.steps["Check"].outcome == "failure"
    assert run.steps["Difference"].outcome == "success"


def test_findings_are_kept_as_sarif(shop: Shop) -> None:
    run = run_on(shop, {"specs/two.ad": WRONG})
    log = json.loads(Path(run.outputs["sarif"]).read_text(encoding="utf-8"))
    assert log["version"] == "2.1.0"
    assert [result["ruleId"] for each in log["runs"] for result in each["results"]] == ["AD0203"]


def test_strict_counts_warnings(shop: Shop) -> None:
    files = {"specs/two.ad": UNUSED}
    run = run_on(shop, files)
    (line,) = annotations(run.steps["Check"].log)
    assert line.startswith("::warning file=specs/two.ad,line=5,col=")
    assert not run.failed
    run = run_on(shop, files, strict="true")
    assert run.steps["Check"].outcome == "failure"
    assert "`strict` counts them as errors" in annotations(run.steps["Check"].log)[-1]


def test_a_plan_over_its_own_budget_is_an_error(shop: Shop) -> None:
    run = run_on(shop, {"specs/two.ad": spec("two").replace("$5", "$0.10")})
    assert ",title=AD0510::" in annotations(run.steps["Check"].log)[0]
    assert run.failed


def test_a_project_below_the_root_is_annotated_from_the_root(shop: Shop) -> None:
    inner = {"shops/a, b/pyproject.toml": "", "shops/a, b/specs/two.ad": WRONG, "specs/one.ad": UNUSED}
    run = run_on(shop, inner, specs="specs 'shops/a, b/specs'")
    first, second = annotations(run.steps["Check"].log)
    assert first.startswith("::error file=shops/a%2C b/specs/two.ad,line=3,")
    assert second.startswith("::warning file=specs/one.ad,line=5,")


@pytest.mark.parametrize("specs", ["specs/*.ad", "specs/one.ad\nspecs/two.ad", "**/two.ad"])
def test_specs_are_files_and_patterns_too(shop: Shop, specs: str) -> None:
    run = run_on(shop, {"specs/two.ad": WRONG, "other/bad.ad": "ad {"}, specs=specs)
    assert len(annotations(run.steps["Check"].log)) == 1


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ("ads", "there is no file or folder `ads`"),
        (".git", "no .ad file in `.git`"),
        ("ads/*.ad", "no file matches `ads/*.ad`"),
        ("", "`specs` is empty"),
        ("'specs", "a quote that does not end"),
    ],
)
def test_specs_that_name_nothing(shop: Shop, github: GitHub, specs: str, words: str) -> None:
    run = run_on(shop, {}, specs=specs)
    assert run.steps["Check"].outcome == run.steps["Difference"].outcome == "failure"
    assert any(words in line for line in annotations(run.steps["Check"].log))
    assert github.asked == []


def test_the_action_installs_itself_or_what_it_is_told(shop: Shop, repository: Path) -> None:
    shop.push({})
    address = "git+https://example.com/adc@v2"
    for version, installed in (("", str(repository)), (address, address)):
        workspace = shop.check_out()
        shop.run({}, workspace, version=version)
        words = (workspace.parent / "runner" / "asked-of-pip").read_text(encoding="utf-8").split()
        assert words[:3] == ["-m", "pip", "install"]
        assert words[-1] == installed


def test_every_file_of_the_shop_is_in_layout(shop: Shop) -> None:
    assert run_on(shop, FILES).steps["Layout"].outcome == "success"
