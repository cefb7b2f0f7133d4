"""The catalogue: every file keeps the published format, and a new file is a new model without a line of code."""

import json
import shutil
from collections.abc import Iterator, Mapping
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adc.compiler.casting import Casting, Need, cast
from adc.compiler.catalogue import Endpoint, Makes, Role, builtin, file_limits, load
from adc.compiler.frozen import as_dict
from adc.compiler.plan import Json, StepRef
from adc.compiler.price import price
from adc.compiler.request import FACTS, carries, fill, problems, resolution, short_side_of

MODELS = Path(__file__).parents[2] / "schemas" / "models"
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
        "seconds": endpoint.takes.seconds[-1] if endpoint.takes.seconds else 15,
        "resolution": resolution(endpoint, 1080),
        "speech": endpoint.takes.speech,
        "avoid": "watermark",
        "seed": 7,
        "style": picture("style") if endpoint.takes.references > 1 else None,
        "start_frame": picture("hook.last_frame"),
        "end_frame": picture("proof.first_frame"),
        "subjects": subjects,
        "milliseconds": 15_000,
        "video": StepRef("hook.clip", "video").to_json(),
        "audio": StepRef("hook.voice", "audio").to_json(),
        "archive": StepRef("maya.lora.archive", "archive").to_json(),
        "trigger": "MAYAB",
        "steps": 1000,
        "loras": [{"weights": StepRef("maya.lora", "weights").to_json()}],
        "factor": 1.5,
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
        if fact != "resolution":  # what is known of each is with the prices
            assert price(endpoint, arguments, clip=Fraction(5)).mark in (endpoint.price.mark, "unknown"), (fact, value)


@pytest.mark.parametrize("endpoint_id", IDS)
def test_outputs_stand_in_the_sellers_own_schema(endpoint_id: str) -> None:
    endpoint = builtin().endpoint(endpoint_id)
    jsonschema.Draft202012Validator.check_schema(dict(endpoint.input_schema))
    jsonschema.Draft202012Validator.check_schema(dict(endpoint.output_schema))
    assert set(endpoint.outputs) == {endpoint.makes}
    for place in endpoint.outputs.values():
        found = file_schema(endpoint.output_schema, place)
        if endpoint.makes == "words":
            assert found["type"] == "array"
            assert set(endpoint.word) == {"text", "start", "end"}
            for where in endpoint.word.values():
                assert where.partition("/")[0] in file_schema(endpoint.output_schema, f"{place}/0")["properties"]
        else:
            assert found["type"] == "string" if endpoint.makes == "text" else "url" in found["properties"]


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
    validated, shipped = ([as_dict(each) for each in of.endpoints] for of in (load(MODELS), builtin()))
    assert validated == shipped
    assert sorted(entry.name for entry in MODELS.iterdir()) == sorted(f"{name.replace('/', '--')}.json" for name in IDS)


def test_prices_are_decimal_text_with_a_source_and_a_date() -> None:
    for endpoint in builtin().endpoints:
        assert all(isinstance(amount, str) for amount in leaves(endpoint.price.usd)), endpoint.id
        assert endpoint.price.source.startswith("https://"), endpoint.id
        assert endpoint.price.as_of >= "2026-05-04", endpoint.id


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
    assert named == FACTS | {"frontal", "angles", "weights"}


def test_a_file_that_is_dropped_in_is_a_model_that_casting_picks(models: Path) -> None:
    new = document(models, "fal-ai--kling-video--o1--reference-to-video.json")
    new |= {"id": "studio/puppet/reference-to-video", "model": "puppet", "title": "Puppet"}
    new["takes"] |= {"reference_form": "images", "angles": [0, 0], "start_as_image": False, "speech": True}
    new["request"] = {"prompt": "$prompt", "duration": "{seconds}", "image_urls": "$pictures"}
    new["price"]["usd"] = "0.001"
    (models / "puppet.json").write_text(json.dumps(new))

    need = Need("clip", Fraction(7), "9:16", references=2, start=False, end=False, speech=True)
    before, after = cast(need, builtin(), None), cast(need, load(models), None)
    assert isinstance(before, Casting)
    assert isinstance(after, Casting)
    assert before.endpoint.model == "kling_o3"
    assert after.endpoint.id == "studio/puppet/reference-to-video"
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


def test_every_role_makes_what_its_part_needs() -> None:
    catalogue = builtin()
    makes: dict[Role, Makes] = {
        "clip": "video",
        "lipsync": "video",
        "still": "image",
        "voice": "audio",
        "music": "audio",
        "sound": "audio",
        "description": "text",
        "training": "weights",
        "upscale": "video",
        "cutout": "image",
        "transcription": "words",
    }
    found = {role: {endpoint.makes for endpoint in catalogue.of_role(role)} for role in makes}
    assert found == {role: {media} for role, media in makes.items()}
    assert sum(len(catalogue.of_role(role)) for role in makes) == len(catalogue.endpoints)


def test_what_goes_on_from_clips_names_models_that_make_some() -> None:
    for endpoint in builtin().endpoints:
        takes = endpoint.takes
        assert (takes.start_clip is not None) == (endpoint.role == "clip" and carries(endpoint, "video")), endpoint.id
        for model in takes.start_clip.models if takes.start_clip else ():
            assert any(each.takes.start_clip is None for each in builtin().of_model(model)), model


def test_how_large_every_clip_is_can_be_told() -> None:
    for endpoint in builtin().of_role("clip"):
        arguments = fill(endpoint, full_facts(endpoint))
        assert short_side_of(endpoint, arguments) in (480, 720, 1080, 2160), endpoint.id


def test_what_trains_a_lora_and_what_reads_it_name_its_family() -> None:
    trained = {endpoint.lora_family for endpoint in builtin().of_role("training")}
    read = {endpoint.lora_family for endpoint in builtin().endpoints if endpoint.takes.loras}
    assert trained == read == {"flux_1", "flux_2"}
    assert all(endpoint.takes.loras == 0 for endpoint in builtin().endpoints if not endpoint.lora_family)


def test_the_limits_of_a_file_that_is_sent() -> None:
    kling = builtin().endpoint("fal-ai/kling-video/o3/standard/reference-to-video")
    for place in (
        "start_image_url",
        "image_urls",
        "image_urls/0",
        "elements/frontal_image_url",
        "elements/1/reference_image_urls/2",
    ):
        found = file_limits(kling, place)
        assert found is not None, place
        assert (found.min_width, found.min_height, found.max_width, found.max_height) == (300, 300, None, None)
        assert (found.min_aspect_ratio, found.max_aspect_ratio) == (Fraction(2, 5), Fraction(5, 2))
        assert found.max_bytes == 10_485_760
    eyes = file_limits(builtin().endpoint("fal-ai/moondream3-preview/query"), "image_url")
    assert eyes is not None
    assert (eyes.max_width, eyes.max_height, eyes.min_width, eyes.max_bytes) == (7000, 7000, None, None)
    assert file_limits(kling, "prompt") is None
    assert file_limits(kling, "elements/nothing") is None
