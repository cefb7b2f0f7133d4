"""The catalogue: every file keeps the published format, and a new file is a new model without a line of code."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adc.compiler.casting import Casting, Need, cast
from adc.compiler.catalogue import Endpoint, builtin, load
from adc.compiler.plan import Json, StepRef
from adc.compiler.price import price
from adc.compiler.request import FACTS, fill, problems, resolution

MODELS = files("adc.schemas") / "models"
IDS = [endpoint.id for endpoint in builtin().endpoints]


def picture(name: str) -> Json:
    return StepRef(name, "image").to_json()


def full_facts(endpoint: Endpoint) -> dict[str, Json]:
    """Everything that a scene can bring to this endpoint."""
    subjects: list[Json] = [
        {"frontal": picture("maya.pack.front"), "angles": [picture("maya.pack.smile"), picture("maya.pack.profile")]}
    ]
    return {
        "prompt": "Maya Brooks smiles.",
        "text": "Two drops. Every morning.",
        "voice": "Rachel",
        "aspect": endpoint.takes.aspects[0] if endpoint.takes.aspects else "9:16",
        "seconds": endpoint.takes.seconds[-1] if endpoint.takes.seconds else None,
        "resolution": resolution(endpoint, 1080),
        "speech": endpoint.takes.speech,
        "avoid": "watermark",
        "seed": 7,
        "style": picture("style") if endpoint.takes.references > 1 else None,
        "start_frame": picture("hook.last_frame"),
        "end_frame": picture("proof.first_frame"),
        "subjects": subjects,
    }


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy of the catalogue's folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    for entry in MODELS.iterdir():
        (folder / entry.name).write_bytes(entry.read_bytes())
    return folder


def document(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_bytes())
    return found


@pytest.mark.parametrize("endpoint_id", IDS)
def test_a_full_request_is_one_that_the_endpoint_takes(endpoint_id: str) -> None:
    endpoint = builtin().endpoint(endpoint_id)
    arguments = fill(endpoint, full_facts(endpoint))
    assert problems(endpoint, arguments) == ()
    assert isinstance(endpoint.request, dict)
    fed = {name for name in endpoint.request if name in arguments}
    assert fed == set(endpoint.request), "a place of the skeleton that no fact fills"


@pytest.mark.parametrize("endpoint_id", IDS)
def test_the_shortest_request_is_one_that_the_endpoint_takes(endpoint_id: str) -> None:
    endpoint = builtin().endpoint(endpoint_id)
    takes, facts = endpoint.takes, full_facts(endpoint)
    for name in ("avoid", "seed", "style", "voice"):
        facts[name] = None
    if takes.references_needed == 0:
        facts["subjects"] = []
    if takes.start_frame != "required":
        facts["start_frame"] = None
    if takes.end_frame != "required":
        facts["end_frame"] = None
    assert problems(endpoint, fill(endpoint, facts)) == ()


@pytest.mark.parametrize("endpoint_id", IDS)
def test_every_choice_that_is_offered_is_legal(endpoint_id: str) -> None:
    endpoint = builtin().endpoint(endpoint_id)
    takes, facts = endpoint.takes, full_facts(endpoint)
    choices: list[tuple[str, Json]] = [("aspect", aspect) for aspect in takes.aspects]
    choices += [("resolution", name) for name in takes.resolutions]
    choices += [("seconds", seconds) for seconds in takes.seconds]
    for fact, value in choices:
        arguments = fill(endpoint, {**facts, fact: value})
        assert problems(endpoint, arguments) == (), (fact, value)
        assert price(endpoint, arguments).mark == endpoint.price.mark, (fact, value)


@pytest.mark.parametrize("endpoint_id", IDS)
def test_outputs_stand_in_the_sellers_own_schema(endpoint_id: str) -> None:
    endpoint = builtin().endpoint(endpoint_id)
    jsonschema.Draft202012Validator.check_schema(dict(endpoint.input_schema))
    jsonschema.Draft202012Validator.check_schema(dict(endpoint.output_schema))
    assert set(endpoint.outputs) == {endpoint.makes}
    for place in endpoint.outputs.values():
        assert "url" in file_schema(endpoint.output_schema, place)["properties"]


def file_schema(schema: Mapping[str, Json], place: str) -> dict[str, Any]:
    """The part of an output schema that describes what stands at `place`."""
    part: Any = schema
    for step in place.split("/"):
        part = part["items"] if step.isdecimal() else part["properties"][step]
        if "$ref" in part:
            definitions: Any = schema["$defs"]
            part = definitions[part["$ref"].removeprefix("#/$defs/")]
    found: dict[str, Any] = part
    return found


def test_the_shipped_files_keep_the_published_format_and_are_named_by_endpoint() -> None:
    assert load(MODELS) == builtin()
    assert sorted(entry.name for entry in MODELS.iterdir()) == sorted(f"{name.replace('/', '--')}.json" for name in IDS)


def test_prices_are_decimal_text_with_a_source_and_a_date() -> None:
    for endpoint in builtin().endpoints:
        assert all(isinstance(amount, str) for amount in leaves(endpoint.price.usd)), endpoint.id
        assert endpoint.price.source.startswith("https://"), endpoint.id
        assert endpoint.price.as_of >= "2026-05-12", endpoint.id


def leaves(table: Json) -> Iterator[Json]:
    if isinstance(table, dict):
        for item in table.values():
            yield from leaves(item)
    else:
        yield table


def test_the_format_and_the_filler_know_the_same_facts() -> None:
    published = json.loads((files("adc.schemas") / "model.v1.json").read_bytes())
    pattern = published["$defs"]["skeleton"]["then"]["pattern"]
    named = set(pattern.split("^[$](")[1].split(")$")[0].split("|"))
    assert named == (FACTS - {"seconds"}) | {"frontal", "angles"}


def test_a_file_that_is_dropped_in_is_a_model_that_casting_picks(models: Path) -> None:
    new = document(models, "fal-ai--kling-video--o1--reference-to-video.json")
    new |= {"id": "studio/puppet/reference-to-video", "model": "puppet", "title": "Puppet"}
    new["takes"] |= {"reference_form": "images", "angles": [0, 0], "start_as_image": False, "speech": True}
    new["request"] = {"prompt": "$prompt", "duration": "{seconds}", "image_urls": "$pictures"}
    new["price"]["usd"] = "0.001"
    (models / "puppet.json").write_text(json.dumps(new))

    need = Need("video", Fraction(7), "9:16", references=2, start=False, end=False, speech=True)
    before, after = cast(need, builtin(), None), cast(need, load(models), None)
    assert isinstance(before, Casting)
    assert isinstance(after, Casting)
    assert before.endpoint.model == "kling_o3"
    assert after.endpoint.id == "studio/puppet/reference-to-video"
    assert after.seconds == 7
    arguments = fill(after.endpoint, full_facts(after.endpoint) | {"seconds": 7})
    assert arguments["duration"] == "7"
    assert price(after.endpoint, arguments).usd == 7 * price(after.endpoint, {"duration": "1"}).usd


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"makes": "smell"}, "makes"),
        ({"surprise": 1}, "the whole file"),
        ({"takes": {"references": -1}}, "takes"),
        (
            {"price": {"unit": "second", "by": [], "usd": 0.1, "mark": "exact", "source": "x", "as_of": "today"}},
            "price",
        ),
        ({"request": {"prompt": "$promt"}}, "request/prompt"),
        ({"id": "no-folder"}, "id"),
        ({"schema": "adc/model/2"}, "schema"),
    ],
)
def test_a_file_that_breaks_the_format_is_named_with_the_place(
    models: Path, change: dict[str, Any], place: str
) -> None:
    broken = document(models, "fal-ai--veo3.1.json") | change
    (models / "broken.json").write_text(json.dumps(broken))
    with pytest.raises(ValueError, match=rf"^broken\.json: {place}"):
        load(models)


def test_a_file_that_is_not_json_is_named(models: Path) -> None:
    (models / "torn.json").write_text('{"schema": "adc/mod')
    with pytest.raises(ValueError, match=r"^torn\.json: not JSON"):
        load(models)


def test_two_files_for_one_endpoint_are_refused(models: Path) -> None:
    shutil.copy(models / "fal-ai--veo3.1.json", models / "veo-again.json")
    with pytest.raises(ValueError, match=r"fal-ai/veo3\.1 is described by another file too"):
        load(models)


def test_endpoints_are_found_by_id_and_by_model() -> None:
    catalogue = builtin()
    assert [endpoint.id for endpoint in catalogue.of_model("kling_o1")] == [
        "fal-ai/kling-video/o1/image-to-video",
        "fal-ai/kling-video/o1/reference-to-video",
    ]
    assert catalogue.of_model("kling_o9") == ()
    assert "flux_2" in catalogue.models("image")
    assert "flux_2" not in catalogue.models("video")
    with pytest.raises(KeyError):
        catalogue.endpoint("fal-ai/nothing")
    assert replace(catalogue.endpoint("fal-ai/veo3.1"), title="x") != catalogue.endpoint("fal-ai/veo3.1")
