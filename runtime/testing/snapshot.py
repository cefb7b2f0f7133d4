"""A plan as a snapshot of syrupy: a text for people, and beside it the plan itself, which a difference is made from.

    tests/__snapshots__/test_ads/test_denver.txt        what is read and reviewed
    tests/__snapshots__/test_ads/.test_denver.json      its twin: what `adc plan --json` prints

Each assertion has files of its own, so workers of pytest-xdist never write to the same. The twin's name begins with a
dot because syrupy lets such files be: in its folders it takes any other for a snapshot that nobody uses.

A plan matches where its text is the text that was kept, and that of the twin as well. So a text that somebody edited,
or merged by half, fails; and a later adc that only puts more into the JSON does not.
"""

import os
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollection
from syrupy.extensions.single_file import SingleFileSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from adc.compiler.diff import compare
from adc.compiler.plan import Plan, dump, load
from adc.runtime.reporters.diff_text import diff_lines
from adc.runtime.reporters.plan_text import plan_text
from adc.runtime.testing.ad_plan import AdPlan

_AGREE = "pytest --snapshot-update agrees to this plan"
_LONGEST = 240
"""Characters of a file's name without what stands around it; file systems take 255."""


class PlanText(str):
    """The text of a plan, with the plan. Of one that was kept, `said` is what today's text of its twin would be.

    Where the twin cannot be read, `plan` is None and `lost` says why.
    """

    __slots__ = ("lost", "plan", "said")

    plan: Plan | None
    said: str
    lost: str

    @classmethod
    def of(cls, plan: Plan) -> "PlanText":
        """A plan of today."""
        new = cls(plan_text(plan))
        new.plan, new.said, new.lost = plan, str(new), ""
        return new

    @classmethod
    def kept(cls, text: str, twin: Path) -> "PlanText":
        """A text that was kept, and the plan in the file beside it."""
        new = cls(text)
        new.plan, new.said, new.lost = None, "", ""
        try:
            plan = load(twin.read_bytes())
            new.plan, new.said = plan, plan_text(plan)
        except FileNotFoundError:
            new.lost = f"{twin.name}, the plan itself, is missing beside its text"
        except (OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError):
            # Whatever a merge or an editor may have left there.
            new.lost = f"{twin.name} beside the text holds no plan that this adc can read"
        return new


class PlanSnapshot(SingleFileSnapshotExtension):
    """How syrupy keeps plans: as two files an assertion."""

    file_extension = "txt"

    def serialize(self, data: object, **_ignored: Any) -> PlanText:
        """The text of a plan. Raises TypeError for what is no plan."""
        plan = data.plan if isinstance(data, AdPlan) else data
        if not isinstance(plan, Plan):
            raise TypeError(f"plan_snapshot is compared with what ad_plan gives, not with {type(data).__name__}")
        return PlanText.of(plan)

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Whether the plan is the one that was kept."""
        return isinstance(snapshot_data, PlanText) and serialized_data == snapshot_data == snapshot_data.said

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """The head of the difference, for which pytest has room; all of it stands below the test."""
        if isinstance(serialized_data, PlanText):
            if isinstance(snapshot_data, PlanText):
                yield _difference(snapshot_data, serialized_data)[0]
            yield _AGREE

    def read_snapshot_data_from_location(self, *, snapshot_location: str, **_ignored: Any) -> PlanText | None:
        """What was kept; None where nothing was."""
        try:
            text = Path(snapshot_location).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        return PlanText.kept(text, _twin(snapshot_location))

    @classmethod
    def write_snapshot_collection(cls, *, snapshot_collection: SnapshotCollection, **_ignored: Any) -> None:
        """Write both files, each aside and then renamed; the text last, because that is what makes it a snapshot."""
        for snapshot in snapshot_collection:
            text = snapshot.data
            assert isinstance(text, PlanText)
            assert text.plan is not None
            _write(_twin(snapshot_collection.location), dump(text.plan))
            _write(Path(snapshot_collection.location), text.encode())

    def delete_snapshots(self, *, snapshot_location: str, **_ignored: Any) -> None:
        """Delete both files."""
        Path(snapshot_location).unlink()
        _twin(snapshot_location).unlink(missing_ok=True)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        """The name that syrupy gives, cut where the twin's would be too long."""
        return super().get_snapshot_name(test_location=test_location, index=index)[:_LONGEST]

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        """Whether the snapshot is of that test's file. Syrupy does not know where an id has a `/`, as a spec's has."""
        if test_location.matches_snapshot_location(snapshot_location):
            return True
        path = Path(snapshot_location)
        folder = Path(cls.dirname(test_location=test_location))
        return path.parent == folder and path.stem.startswith(cls.get_snapshot_name(test_location=test_location))


def differences(snapshot: SnapshotAssertion) -> Iterator[str]:
    """The whole difference of every comparison that failed, as text."""
    for result in snapshot.executions.values():
        kept, new = result.recalled_data, result.asserted_data
        if not result.success and isinstance(kept, PlanText) and isinstance(new, PlanText):
            yield "\n".join(_difference(kept, new))


def _difference(kept: PlanText, new: PlanText) -> list[str]:
    """What `adc diff` says of the two plans; where it can say nothing, the lines of the texts that differ."""
    if kept.plan is None or new.plan is None:
        return [kept.lost, *_lines(kept, new)]
    if kept.said == new:
        return ["the plan is the same; its text is not, which another adc wrote or somebody edited", *_lines(kept, new)]
    told = compare(kept.plan, new.plan)
    if not told.differs:
        return ["nothing differs on screen, and nothing is bought again", *_lines(kept.said, new)]
    return [*diff_lines(told)]


def _lines(kept: str, new: str) -> Iterator[str]:
    """The lines that differ, each with the one before and the one after."""
    yield from unified_diff(kept.splitlines(), new.splitlines(), "agreed to", "now", n=1, lineterm="")


def _twin(location: str) -> Path:
    path = Path(location)
    return path.with_name(f".{path.stem}.json")


def _write(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(data)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
