"""What pytest finds of adc: the fixtures `ad_plan` and `plan_snapshot`, and the difference below a failed snapshot.

Every run of pytest where adc is installed imports this file, whether it tests ads or not. So all else is imported by
what needs it, when it needs it.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from adc.runtime.testing.specs import Specs

_SNAPSHOT: "pytest.StashKey[SnapshotAssertion]" = pytest.StashKey()


@pytest.fixture
def ad_plan(request: pytest.FixtureRequest) -> "Specs":
    """Compiles specs: `ad_plan("specs/glow.ad", city="Denver", opener="secret")` gives the plan that `adc plan` shows.

    A keyword is a param or a variant of the spec. The path is relative to the folder of the test file, or to the root
    folder of pytest. No key, store or network is used. A spec with errors fails the test.
    """
    from adc.runtime.testing.specs import Specs

    return Specs(beside=request.path.parent, root=request.config.rootpath)


@pytest.fixture
def plan_snapshot(request: pytest.FixtureRequest) -> "SnapshotAssertion":
    """What a plan was when it was last agreed to: `assert ad_plan("specs/glow.ad") == plan_snapshot`.

    It is kept as text, for people, with the plan itself as JSON beside it; `--snapshot-update` writes both.
    """
    if not request.config.pluginmanager.hasplugin("syrupy"):
        pytest.fail("plan_snapshot needs syrupy, which is not installed: pip install 'adc[pytest]'", pytrace=False)
    from syrupy.assertion import SnapshotAssertion

    from adc.runtime.testing.snapshot import PlanSnapshot

    snapshot = request.getfixturevalue("snapshot")
    if not isinstance(snapshot, SnapshotAssertion):
        pytest.fail("plan_snapshot needs syrupy's `snapshot`, and another fixture has its name here", pytrace=False)
    request.node.stash[_SNAPSHOT] = kept = snapshot.use_extension(PlanSnapshot)
    return kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the whole difference below a test that failed because a plan is another: pytest itself cuts it short."""
    report = yield
    snapshot = item.stash.get(_SNAPSHOT, None)
    if snapshot is not None and report.when == "call" and report.failed:
        from adc.runtime.testing.snapshot import differences

        for difference in differences(snapshot):
            add_section = getattr(report.longrepr, "addsection", None)
            if add_section is not None:
                add_section("adc diff", difference)
    return report
