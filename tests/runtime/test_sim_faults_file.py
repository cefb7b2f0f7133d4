"""A file that tells the stand-in what to do wrong, and the sentences for a wrong file."""

import dataclasses
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adc.compiler.catalogue import builtin
from adc.runtime.errors import AdcError
from adc.runtime.sim.faults_file import HOW_OFTEN, KINDS, read_faults


def written(folder: Path, document: Any) -> Path:
    path = folder / "faults.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "refuse": {"at": "submit", "status": 503, "detail": "no", "headers": {"Retry-After": "3"}, "by_fal": False},
    "drop": {"at": "submit"},
    "dead": {"at": "status"},
    "lose": {"at": "submit", "share": 0},
    "stall": {"at": "download", "share": 0.5},
    "garble": {"at": "download"},
    "corrupt": {"at": "download"},
    "relabel": {"at": "download", "content_type": "text/plain"},
    "slow": {"at": "result", "seconds": 1.5},
    "skew": {"at": "run", "seconds": -30},
    "late": {"at": "history", "seconds": 60},
    "ended_only": {"at": "history"},
    "delay": {"at": "run", "seconds": 5},
    "overtaken": {"at": "run"},
    "fail": {"at": "run", "status": 422, "type": "content_policy_violation", "billed": True},
    "empty": {"at": "run", "billed": False},
    "vanish": {"at": "run", "billed": True},
    "expire": {"at": "result", "reads": 1, "status": 410},
}


def test_every_kind_can_be_told_in_a_file(tmp_path: Path) -> None:
    assert EXAMPLES.keys() == KINDS.keys()
    entries = [{"do": kind, **members} for kind, members in EXAMPLES.items()]
    path = written(tmp_path, {"schema": "adc/faults/1", "seed": 7, "balance": "12.50", "faults": entries})
    faults = read_faults(path, builtin())
    assert faults.balance == Decimal("12.50")
    assert [type(fault) for fault in faults.waiting] == [KINDS[kind] for kind in EXAMPLES]
    for fault, members in zip(faults.waiting, EXAMPLES.values(), strict=True):
        assert dataclasses.asdict(fault).items() >= members.items()


def test_the_schema_and_the_classes_have_the_same_members(repository: Path) -> None:
    schema = json.loads((repository / "schemas" / "faults.v1.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    for kind, fault in KINDS.items():
        members = set(schema["$defs"][kind]["properties"]) - {*HOW_OFTEN, "do"}
        assert members == {member.name for member in dataclasses.fields(fault)}, kind
    assert schema["$defs"]["fault"]["properties"]["do"]["enum"] == list(KINDS)


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        ("[", ":1:2: not JSON: Expecting value"),
        ({}, ": the whole file: 'faults' is a required property"),
        ({"schema": "adc/faults/2", "faults": []}, ": schema: 'adc/faults/1' was expected"),
        ([{"do": "drop"}], ": faults/0: 'at' is a required property"),
        ([{"at": "submit", "do": "explode"}], ": faults/0/do: 'explode' is not one of"),
        ([{"at": "nowhere", "do": "drop"}], ": faults/0/at: 'nowhere' is not one of"),
        ([{"at": "submit", "do": "refuse"}], ": faults/0: 'status' is a required property"),
        ([{"at": "submit", "do": "refuse", "status": 99}], ": faults/0/status: 99 is less than the minimum of 400"),
        ([{"at": "submit", "do": "drop", "tims": 2}], ": faults/0: Additional properties are not allowed ('tims' was"),
        ([{"at": "submit", "do": "drop", "rate": 2}], ": faults/0/rate: 2 is greater than the maximum of 1"),
        ([{"at": "run", "do": "drop"}], ": faults/0/at: 'run' is not one of"),
        ([{"at": "submit", "do": "fail"}], ": faults/0/at: 'run' was expected"),
        ([{"at": "result", "do": "expire"}], ": faults/0: {'at': 'result', 'do': 'expire'} is not valid under any"),
        (
            [{"at": "submit", "do": "drop"}] * 11 + [{"at": "submit", "do": "drop", "endpoint": "fal-ai/no-*"}],
            ": faults/11/endpoint: no endpoint of the catalogue is like fal-ai/no-*",
        ),
        (
            [{"at": "upload", "do": "drop", "endpoint": "fal-ai/*"}],
            ": faults/0/endpoint: an upload belongs to no endpoint",
        ),
    ],
)
def test_a_wrong_file_is_a_sentence_with_the_place(tmp_path: Path, faults: Any, sentence: str) -> None:
    document = {"schema": "adc/faults/1", "faults": faults} if isinstance(faults, list) else faults
    with pytest.raises(AdcError) as caught:
        read_faults(written(tmp_path, document), builtin())
    assert str(caught.value).startswith(f"{tmp_path / 'faults.json'}{sentence}")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(AdcError, match=r"none\.json cannot be read \(No such file or directory\)"):
        read_faults(tmp_path / "none.json", builtin())
    (tmp_path / "faults.json").write_bytes(b'"\xff"')
    with pytest.raises(AdcError, match="not JSON: its bytes are not UTF-8"):
        read_faults(tmp_path / "faults.json", builtin())


def test_the_command_lines_seed_goes_before_the_files(tmp_path: Path) -> None:
    document = {"schema": "adc/faults/1", "seed": 7, "faults": [{"at": "submit", "do": "drop", "rate": 0.5}]}
    path = written(tmp_path, document)

    def outcomes(seed: int | None) -> list[int]:
        faults = read_faults(path, builtin(), seed=seed)
        return [len(faults.take("submit")) for _ in range(40)]

    assert outcomes(None) == outcomes(7) != outcomes(8)
