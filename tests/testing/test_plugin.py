"""The plugin as pytest finds it: in a repository of its own, by processes that load whatever is installed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adc.compiler.plan import dump
from adc.runtime.reporters.plan_text import plan_text
from adc.runtime.testing.specs import Specs

pytest_plugins = ["pytester"]

THEIR_TESTS = """\
def test_clean(ad_plan):
    ad_plan("specs/tiny.ad").assert_clean()

def test_price(ad_plan):
    plan = ad_plan("specs/tiny.ad", opener="secret")
    plan.assert_costs_at_most(5)
    plan.assert_lasts(11)

def test_plan(ad_plan, plan_snapshot):
    assert ad_plan("specs/tiny.ad") == plan_snapshot
"""

KEPT = "tests/__snapshots__/test_ads"


class Repository:
    """Somebody's repository, in which pytest is run as they would run it."""

    def __init__(self, root: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self._pytester = pytester
        monkeypatch.chdir(root)
        # Theirs is no worker of ours: as one, it would leave the report of snapshots to us.
        monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)

    def run(self, *words: str, finding: bool = False) -> pytest.RunResult:
        """Run pytest there. It is told its plugins, which is quicker, unless it is `finding` them by itself."""
        # The plugin of asyncio, which another package brings along, warns of a setting that is none of theirs.
        named = ("-p", "no:asyncio") if finding else ("-p", "pytest_adc", "-p", "syrupy", "-p", "xdist")
        with pytest.MonkeyPatch.context() as patch:
            if not finding:
                patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            return self._pytester.runpytest_subprocess(*named, "-p", "no:cacheprovider", *words)

    def tests(self, text: str) -> None:
        (self.root / "tests" / "test_ads.py").write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str, path: str = "specs/tiny.ad") -> None:
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new), encoding="utf-8")

    def kept(self) -> set[str]:
        return {path.name for path in (self.root / KEPT).glob("*")}

    def agree(self, *names: str) -> None:
        """Keep the plan of the spec as it is now for these tests."""
        plan = Specs(beside=self.root, root=self.root)("specs/tiny.ad").plan
        (self.root / KEPT).mkdir(parents=True, exist_ok=True)
        for name in names:
            (self.root / KEPT / f"{name}.txt").write_text(plan_text(plan), encoding="utf-8")
            (self.root / KEPT / f".{name}.json").write_bytes(dump(plan))


@pytest.fixture
def repo(theirs: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with three tests, and a plan that was agreed to."""
    one = Repository(theirs, pytester, monkeypatch)
    one.tests(THEIR_TESTS)
    one.agree("test_plan")
    return one


def test_three_tests_go_red_and_green(repo: Repository) -> None:
    shutil.rmtree(repo.root / KEPT)
    repo.run("--snapshot-update", finding=True).assert_outcomes(passed=3)
    assert repo.kept() == {"test_plan.txt", ".test_plan.json"}
    repo.run(finding=True).assert_outcomes(passed=3)

    repo.edit('"{{ maya }} leans in"', '"{{ maya }} leans out"')
    ran = repo.run(finding=True)
    ran.assert_outcomes(passed=2, failed=1)
    ran.stdout.re_match_lines(
        [
            r">       assert ad_plan\(\"specs/tiny.ad\"\) == plan_snapshot",
            r"E         tiny: .* to spend; 1 scene is bought again",
            r"E         pytest --snapshot-update agrees to this plan",
            r"-+ adc diff -+",
            r"  ~ scene hook +bought again: .*",
            r" +words +clip: .*Maya Brooks leans \[-in.?-\]\{\+out.?\+\}.*",
        ]
    )
    assert "leans in" in (repo.root / KEPT / "test_plan.txt").read_text(encoding="utf-8")

    repo.run("--snapshot-update", finding=True).assert_outcomes(passed=3)
    assert "leans out" in (repo.root / KEPT / "test_plan.txt").read_text(encoding="utf-8")
    assert "leans out" in (repo.root / KEPT / ".test_plan.json").read_text(encoding="utf-8")
    repo.run(finding=True).assert_outcomes(passed=3)


def test_a_price_and_an_error_go_red(repo: Repository) -> None:
    repo.edit("budget   $5", "budget   $1")
    ran = repo.run()
    ran.assert_outcomes(failed=3)
    ran.stdout.fnmatch_lines(
        [
            '>       ad_plan("specs/tiny.ad").assert_clean()',
            "E       AssertionError: specs/tiny.ad has errors",
            "E       error[[]AD0510]: the plan costs *",
            "E        --> specs/tiny.ad:5:12",
        ]
    )
    ran.stdout.no_fnmatch_line("*runtime/testing*")  # their line is shown, and none of ours


def test_the_same_by_two_workers(repo: Repository) -> None:
    spec = '@pytest.mark.parametrize("spec", ["specs/tiny.ad", "specs/other.ad"])\n'
    each = f"\n{spec}def test_each(ad_plan, plan_snapshot, spec):\n    assert ad_plan(spec) == plan_snapshot\n"
    repo.tests(f"import pytest\n\n{THEIR_TESTS}{each}")
    text = (repo.root / "specs" / "tiny.ad").read_text(encoding="utf-8")
    (repo.root / "specs" / "other.ad").write_text(text, encoding="utf-8")
    repo.run("-n", "2", "--snapshot-update").assert_outcomes(passed=5)
    repo.run("-n", "2").assert_outcomes(passed=5)
    assert "test_each[specsother.ad].txt" in repo.kept()
    repo.edit("leans in", "leans out")
    ran = repo.run("-n", "2")
    ran.assert_outcomes(passed=3, failed=2)
    ran.stdout.fnmatch_lines(["*adc diff*", "*bought again*"])


def test_what_nobody_uses_is_told_and_deleted(repo: Repository) -> None:
    repo.agree("test_more")
    ran = repo.run()
    assert ran.ret != 0
    ran.stdout.fnmatch_lines(["*1 snapshot unused.*"])
    assert len(repo.kept()) == 4
    repo.run("--snapshot-update").assert_outcomes(passed=3)
    assert repo.kept() == {"test_plan.txt", ".test_plan.json"}


OTHER_SNAPSHOTS = """\
from syrupy.extensions.json import JSONSnapshotExtension

def test_other(snapshot):
    assert 1 == snapshot
    assert {"a": 1} == snapshot(extension_class=JSONSnapshotExtension)

"""


def test_other_snapshots_leave_the_twin_alone(repo: Repository) -> None:
    repo.tests(OTHER_SNAPSHOTS + THEIR_TESTS)
    repo.run("--snapshot-update").assert_outcomes(passed=4)
    ran = repo.run()
    ran.assert_outcomes(passed=4)
    ran.stdout.fnmatch_lines(["3 snapshots passed."])
    assert {"test_plan.txt", ".test_plan.json"} <= repo.kept()


LOST = {
    "missing": (None, "the plan itself, is missing beside its text"),
    "merged": (b"<<<<<<< ours\n", "holds no plan that this adc can read"),
    "empty": (b"", "holds no plan that this adc can read"),
    "bytes": (b"\xff\xfe", "holds no plan that this adc can read"),
    "list": (b"[]", "holds no plan that this adc can read"),
    "hollow": (b'{"schema": "adc/plan/1"}', "holds no plan that this adc can read"),
    "later": (b'{"schema": "adc/plan/99"}', "holds no plan that this adc can read"),
}


def test_twins_that_are_lost(repo: Repository) -> None:
    names = [f"test_{name}" for name in LOST]
    test = "def {}(ad_plan, plan_snapshot):\n    assert ad_plan('specs/tiny.ad') == plan_snapshot\n"
    repo.tests("\n".join(test.format(name) for name in (*names, "test_plan")))
    repo.agree(*names)
    for name, (left, _) in LOST.items():
        twin = repo.root / KEPT / f".test_{name}.json"
        if left is None:
            twin.unlink()
        else:
            twin.write_bytes(left)
    ran = repo.run()
    ran.assert_outcomes(passed=1, failed=len(LOST))
    for name, (_, words) in LOST.items():
        ran.stdout.fnmatch_lines([f"*_ test_{name} _*", f"E *.test_{name}.json* {words}"])
    repo.edit("leans in", "leans out")
    told = repo.run("-k", "missing").stdout
    told.fnmatch_lines(["*adc diff*", "-    Action: * leans in.", "+    Action: * leans out."])
    repo.run("--snapshot-update").assert_outcomes(passed=1 + len(LOST))
    assert len({(repo.root / KEPT / f".{name}.json").read_bytes() for name in (*names, "test_plan")}) == 1


def test_a_text_that_somebody_edited(repo: Repository) -> None:
    repo.edit("leans in", "leans out", f"{KEPT}/test_plan.txt")
    ran = repo.run()
    ran.assert_outcomes(passed=2, failed=1)
    ran.stdout.fnmatch_lines(["E*the plan is the same; its text is not, *", "-* leans out.", "+* leans in."])


def test_a_twin_with_more_in_it_is_no_difference(repo: Repository) -> None:
    repo.edit('"title": "Tiny",', '"title": "Tiny", "later": true,', f"{KEPT}/.test_plan.json")
    repo.run().assert_outcomes(passed=3)


def test_nothing_was_agreed_to_yet(repo: Repository) -> None:
    (repo.root / KEPT / "test_plan.txt").unlink()
    ran = repo.run()
    ran.assert_outcomes(passed=2, failed=1)
    ran.stdout.fnmatch_lines(["E*'test_plan' does not exist!", "E*pytest --snapshot-update agrees to this plan"])


def test_what_is_no_plan(repo: Repository) -> None:
    repo.tests("def test_plan(plan_snapshot):\n    assert 'glow' == plan_snapshot\n")
    ran = repo.run()
    ran.stdout.fnmatch_lines(["E*TypeError: plan_snapshot is compared with what ad_plan gives, not with str"])


def test_without_syrupy(repo: Repository) -> None:
    (repo.root / "tests" / "conftest.py").write_text("import sys\nsys.modules['syrupy'] = None\n", encoding="utf-8")
    ran = repo.run("-p", "no:syrupy")
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines(["plan_snapshot needs syrupy, which is not installed: pip install 'adc[[]pytest]'"])


def test_another_fixture_has_its_name(repo: Repository) -> None:
    own = "import pytest\n\n@pytest.fixture\ndef snapshot():\n    return 1\n"
    (repo.root / "tests" / "conftest.py").write_text(own, encoding="utf-8")
    ran = repo.run()
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines(["plan_snapshot needs syrupy's `snapshot`, and another fixture has its name here"])


def test_the_readmes_example(repository: Path, repo: Repository) -> None:
    section = (
        (repository / "README.md").read_text(encoding="utf-8").partition("## Test your ads")[2].partition("\n## ")[0]
    )
    blocks = dict(re.findall(r"^```(\w*)\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE))
    shutil.rmtree(repo.root / "specs")
    shutil.rmtree(repo.root / KEPT)
    shutil.copytree(repository / "specs", repo.root / "specs")
    repo.tests(blocks["python"])
    repo.run("--snapshot-update").assert_outcomes(passed=3)
    repo.edit("looks up from her bag", "looks up from her book", "specs/park_bench.ad")
    ran = repo.run()
    ran.assert_outcomes(passed=2, failed=1)
    assert blocks[""] in ran.stdout.str()


LOADING = """\
import sys, pytest
before = {*sys.modules}
import pytest_adc, adc.runtime.testing.plugin
print(*{*sys.modules} - before)
"""


def test_a_run_that_tests_no_ads_pays_nothing_for_it() -> None:
    """Every run of pytest imports the plugin where adc is installed: it brings nothing along but itself."""
    words = [sys.executable, "-W", "error", "-c", LOADING]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    own = {"adc", "adc.runtime", "adc.runtime.testing", "adc.runtime.testing.plugin", "pytest_adc"}
    assert set(ran.stdout.split()) <= own
