"""The plans of all specs in the repository, whole: what a change of the compiler does to them is read here."""

import json
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from adc.compiler.catalogue import builtin
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import dump
from adc.runtime.disk import DiskFiles

SPECS = sorted(path.name for path in (Path(__file__).parents[2] / "specs").glob("*.ad"))


@pytest.mark.parametrize("spec", SPECS)
def test_the_plan_of_a_spec(repository: Path, spec: str, snapshot: SnapshotAssertion) -> None:
    compiled = compile_spec(spec, DiskFiles(repository / "specs", repository), builtin())
    assert compiled.diagnostics == ()
    assert compiled.plan is not None
    plan = dump(compiled.plan)
    schema = json.loads((repository / "schemas" / "plan.v1.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(plan), schema)
    assert plan.decode() == snapshot


def test_there_are_specs() -> None:
    assert len(SPECS) >= 2
