"""`adc models`: the table, the page about one model, the JSON for programs, and names that are not there."""

import json
from importlib.resources import files
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from support.command import adc
from syrupy.assertion import SnapshotAssertion

from adc.compiler.catalogue import Role, builtin
from adc.compiler.settings import settings
from adc.runtime.cli.choices import ROLES


def test_the_table(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    ran = adc("models", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot
    named = {line.split()[0] for line in ran.out.splitlines()[1:] if line and not line.startswith("`")}
    assert named == {endpoint.model for endpoint in builtin().endpoints}


@pytest.mark.parametrize(
    "name", ["kling_o3", "minimax_speech", "flux_2_pro", "sync_lipsync", "flux_2_lora", "nano_banana_2"]
)
def test_a_page(tmp_path: Path, name: str, snapshot: SnapshotAssertion) -> None:
    ran = adc("models", name, folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot


def test_only_one_role(tmp_path: Path) -> None:
    assert get_args(Role) == ROLES
    ran = adc("models", "--role", "music", folder=tmp_path)
    assert [line.split()[0] for line in ran.out.splitlines()[1:3]] == ["eleven_music", "stable_audio"]
    assert "kling" not in ran.out
    wrong = adc("models", "--role", "actor", folder=tmp_path)
    assert wrong.code == 2
    assert "invalid choice: 'actor'" in wrong.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("klign_o1",), "there is no model `klign_o1`; did you mean `kling_o1`?\n"),
        (("quux",), "there is no model `quux`; `adc models` lists them all\n"),
        (("veo3_1", "--role", "music"),
         "there is no model `veo3_1` of the role music; `adc models` lists them all\n"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    ran = adc("models", *words, folder=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", sentence)


def test_json_keeps_its_published_form_and_holds_the_whole_catalogue(tmp_path: Path) -> None:
    document = json.loads(adc("models", "--json", folder=tmp_path).out)
    published = json.loads((files("adc.schemas") / "models.v1.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(document)
    names = [model["name"] for model in document["models"]]
    assert names == sorted(set(names))
    found = {endpoint["id"] for model in document["models"] for endpoint in model["endpoints"]}
    assert found == {endpoint.id for endpoint in builtin().endpoints}
    assert {model["role"] for model in document["models"]} == set(ROLES)


def test_json_of_one_model(tmp_path: Path) -> None:
    [model] = json.loads(adc("models", "minimax_speech", "--json", folder=tmp_path).out)["models"]
    [endpoint] = model["endpoints"]
    options = {option["name"]: option for option in endpoint["options"]}
    assert options["voice_setting.speed"] == {
        "name": "voice_setting.speed",
        "kind": "number",
        "choices": [],
        "least": 0.5,
        "most": 2,
        "longest": None,
        "default": 1,
        "doc": "",
    }
    assert options["audio_setting.sample_rate"]["default"] == 44100, "what is sent, where the spec says nothing"
    assert "prompt" not in options
    assert "output_format" not in options
    assert "audio_setting.format" not in options


def test_a_model_has_one_role() -> None:
    roles = {(endpoint.model, endpoint.role) for endpoint in builtin().endpoints}
    assert len(roles) == len({model for model, _ in roles})


def test_what_is_listed_as_an_option_can_be_set() -> None:
    veo = builtin().endpoint("fal-ai/veo3.1")
    assert [setting.name for setting in settings(veo)] == [
        "auto_fix",
        "generate_audio",
        "negative_prompt",
        "resolution",
        "safety_tolerance",
        "seed",
    ]
