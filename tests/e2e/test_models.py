"""`adc models`: the table, the page about one model, the JSON for programs, names that are not there, fal's prices."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
from support.command import adc
from support.sim import KEY, sim_at
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


# fal's list of prices


@contextmanager
def listing(prices: Mapping[str, float]) -> Iterator[str]:
    """The address of a server that lists these prices a second, and refuses every key but ours."""

    class Prices(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == f"Key {KEY}"
            asked = parse_qs(urlsplit(self.path).query)["endpoint_id"][0].split(",")
            items = [
                {"endpoint_id": name, "unit_price": prices[name], "unit": "seconds", "currency": "USD"}
                for name in asked
                if name in prices
            ]
            body = json.dumps(
                {"prices": items} if known else {"detail": f"Invalid: {self.headers['Authorization']}"}
            ).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Prices) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_prices_that_moved_are_told_and_nothing_is_changed(tmp_path: Path) -> None:
    words = ("models", "refresh-prices", "--role", "lipsync")
    with listing({"fal-ai/kling-video/lipsync/audio-to-video": 0.03, "fal-ai/sync-lipsync/v2": 0.05}) as url:
        ran = adc(*words, "--fal-url", url, folder=tmp_path, env={"FAL_KEY": KEY})
        told = adc(*words, "--json", folder=tmp_path, env={"FAL_KEY": KEY, "ADC_FAL_URL": url})
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[1].split("  ") == [
        "fal-ai/kling-video/lipsync/audio-to-video",
        "$0.014 per second",
        "$0.03 per second",
        "2026-05-12",
    ]
    assert "Nothing was changed" in ran.out
    assert ran.out.splitlines()[-2:] == [
        "one of its rates: fal-ai/sync-lipsync/v2: $0.05 per second (model lipsync-2)",
        "2 prices: 1 as the catalogue has it, 1 moved",
    ]
    assert told.code == 1
    document = json.loads(told.out)
    jsonschema.Draft202012Validator(json.loads((files("adc.schemas") / "prices.v1.json").read_bytes())).validate(
        document
    )
    assert {one["id"]: one["verdict"] for one in document["endpoints"]} == {
        "fal-ai/kling-video/lipsync/audio-to-video": "moved",
        "fal-ai/sync-lipsync/v2": "same",
    }


def test_prices_as_the_catalogue_has_them(tmp_path: Path) -> None:
    with listing({"fal-ai/kling-video/lipsync/audio-to-video": 0.014}) as url:
        ran = adc(
            "models", "refresh-prices", "--role", "lipsync", "--fal-url", url, folder=tmp_path, env={"FAL_KEY": KEY}
        )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "not listed: fal-ai/sync-lipsync/v2: adc has about $3.00 to $5.00 per minute",
        "2 prices: 1 as the catalogue has it, 1 not listed",
    ]


def test_the_stand_in_lists_the_prices_of_the_catalogue(tmp_path: Path) -> None:
    with sim_at(tmp_path / "sim") as sim:
        ran = adc("models", "refresh-prices", "--fal-url", sim.url, folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert "moved" not in ran.out
    assert "not listed" not in ran.out


def test_without_a_key_there_is_a_sentence(tmp_path: Path) -> None:
    env = {"FAL_KEY": "", "FAL_KEY_ID": "", "FAL_KEY_SECRET": "", "ADC_FAL_URL": "", "HOME": str(tmp_path)}
    ran = adc("models", "refresh-prices", folder=tmp_path, env=env)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("there is no key for fal.ai")


def test_a_key_that_is_refused_is_not_shown(tmp_path: Path) -> None:
    planted = "another-id:another-secret"
    with listing({}) as url:
        ran = adc("models", "refresh-prices", "--fal-url", url, folder=tmp_path, env={"FAL_KEY": planted})
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("the key was refused for the prices")
    assert "another" not in ran.out + ran.err
