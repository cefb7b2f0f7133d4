"""The plan as a file: canonical, complete, and what its published schema says."""

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from adc.compiler.plan import (
    Deliverable,
    FileRef,
    Placed,
    Plan,
    PlanFile,
    Price,
    Step,
    StepRef,
    as_ref,
    dump,
    load,
    references,
    substitute,
    to_json,
)

PICTURE = "sha256:" + "a" * 64

PLAN = Plan(
    name="tiny",
    title="Tiny",
    width=1080,
    height=1920,
    rate=30,
    frames=150,
    choices={"opener": "doubt"},
    files=(PlanFile(PICTURE, "refs/maya.png", 1234),),
    steps=(
        Step(
            "hook.clip",
            "generate",
            "maker/model",
            {"image_url": FileRef(PICTURE).to_json(), "prompt": "ünïcode"},
            "video",
            "scene hook, 5 s",
            price=Price(Decimal("0.56"), "5", "second", "exact"),
            why="the cheapest",
            brief={"scene": "hook"},
        ),
        Step(
            "film.master",
            "film",
            None,
            {"segments": [{"video": StepRef("hook.clip", "video").to_json(), "frames": 150}]},
            "video",
            "the film",
        ),
    ),
    timeline=(Placed("hook", "scene", ("hook.clip",), 0, 150, "5", "5"),),
    deliverables=(Deliverable("film.master", "9:16", 1080, 1920),),
)


def test_what_is_dumped_is_loaded() -> None:
    assert load(dump(PLAN)) == PLAN


def test_the_file_is_what_the_schema_says(repository: Path) -> None:
    schema = json.loads((repository / "schemas" / "plan.v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(to_json(PLAN), schema)


@pytest.mark.parametrize("path", ["/refs/maya.png", "C:/maya.png", "refs\\maya.png"])
def test_the_schema_refuses_paths_of_a_machine(repository: Path, path: str) -> None:
    schema = json.loads((repository / "schemas" / "plan.v1.json").read_text(encoding="utf-8"))
    document = json.loads(dump(PLAN))
    document["files"][PICTURE]["path"] = path
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="adc/plan/9"):
        load(dump(PLAN).replace(b"adc/plan/1", b"adc/plan/9"))


def test_text_stays_readable() -> None:
    assert "ünïcode" in dump(PLAN).decode()


def test_references_are_found_and_replaced_in_place() -> None:
    film = PLAN.step("film.master")
    assert film.needs == ("hook.clip",)
    assert list(references(PLAN.steps[0].arguments)) == [FileRef(PICTURE)]
    replaced = substitute(film.arguments, lambda ref: "here")
    assert replaced == {"segments": [{"video": "here", "frames": 150}]}
    assert as_ref({"$file": PICTURE, "more": 1}) == FileRef(PICTURE)
    assert as_ref({"step": "hook.clip"}) is None


def test_the_sum_is_exact() -> None:
    assert PLAN.usd == Decimal("0.56")
