"""`adc plan`: the same bytes anywhere, and a table that says what will happen."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from support.command import adc
from support.project import edit
from syrupy.assertion import SnapshotAssertion


def plan_bytes(folder: Path, spec: str, hash_seed: str) -> str:
    ran = adc("plan", spec, "--json", folder=folder, env={"PYTHONHASHSEED": hash_seed, "TZ": f"UTC+{hash_seed}"})
    assert ran.code == 0, ran.err
    return ran.out


def test_the_plan_is_the_same_bytes_anywhere(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other place" / "deep"
    shutil.copytree(project, elsewhere / "project")
    plans = {
        plan_bytes(project, "tiny.ad", "1"),
        plan_bytes(elsewhere, "project/tiny.ad", "2"),
        plan_bytes(tmp_path, str(project / "tiny.ad"), "3"),
    }
    assert len(plans) == 1
    (plan,) = plans
    assert str(tmp_path) not in plan


def test_the_plan_follows_its_published_schema(project: Path, repository: Path) -> None:
    schema = json.loads((repository / "schemas" / "plan.v1.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(plan_bytes(project, "tiny.ad", "0")), schema)


def test_the_whole_plan(project: Path, snapshot: SnapshotAssertion) -> None:
    assert plan_bytes(project, "tiny.ad", "0") == snapshot


def test_the_table(project: Path, snapshot: SnapshotAssertion) -> None:
    ran = adc("plan", "tiny.ad", folder=project)
    assert ran.code == 0
    assert ran.out == snapshot


def test_the_status_is_apart_from_the_plan(project: Path) -> None:
    ran = adc("plan", "tiny.ad", "--json", "--status", folder=project, env={"FAL_KEY": "id:secret"})
    document = json.loads(ran.out)
    assert document["engine"] == "fal"
    assert document["plan"] == json.loads(plan_bytes(project, "tiny.ad", "0"))
    assert document["status"]["hook.clip"] == {"status": "after", "after": "hook.keyframe", "key": None}
    assert document["usd_ahead"] == document["plan"]["usd"]
    assert json.loads(adc("plan", "tiny.ad", "--json", "--status", folder=project).out)["usd_ahead"] == "0"


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("", (), "this draft is free"),
        ("id:secret", (), "this build spends"),
        ("id:secret", ("--draft",), "this draft is free"),
    ],
)
def test_a_key_decides_whether_it_is_a_draft(project: Path, key: str, words: tuple[str, ...], said: str) -> None:
    ran = adc("plan", "tiny.ad", *words, folder=project, env={"FAL_KEY": key})
    assert said in ran.out
    assert "secret" not in ran.out + ran.err


def test_a_longer_clip_is_bought_than_is_kept(project: Path) -> None:
    edit(project, "scene window 3s", "scene window 3.5s")
    edit(project, "duration 11s", "duration 11.5s")
    ran = adc("plan", "tiny.ad", folder=project)
    assert "scene window, buys 4 s, keeps 3.5 s" in ran.out
