"""An upgrade buys nothing again: today's compiler and what every released version made of its ads (`tests/released`).

Where a key moves, read CONTRIBUTING, "What must not move".
"""

import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest
from support.released import PUBLISHED, RELEASED, Ad, Kept, bought_again, published, read_ads, read_kept

from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.digest import Engine, seed_of
from adc.compiler.families import Families
from adc.compiler.families import builtin as shipped
from adc.compiler.frozen import replace
from adc.compiler.pins import Pins
from adc.compiler.plan import Json, Plan, Ref, Step, substitute, to_json

VERSIONS = sorted(path.parent for path in RELEASED.glob("*/ads.ad"))
ADS = [
    pytest.param(folder, ad, id=f"{folder.name} {ad.name}") for folder in VERSIONS for ad in read_ads(folder)
]  # fmt: skip


@cache
def kept_of(folder: Path) -> Mapping[str, Kept]:
    return read_kept(folder)


def planned(
    ad: Ad, pins: Pins, *, catalogue: Catalogue | None = None, families: Families | None = None
) -> Plan:  # fmt: skip
    compiled = ad.compile(pins, catalogue=catalogue, families=families)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


@pytest.mark.parametrize(("folder", "ad"), ADS)
def test_nothing_of_a_released_version_is_bought_again(folder: Path, ad: Ad) -> None:
    kept = kept_of(folder)[ad.name]
    assert bought_again(kept, kept.plan) == [], "the keys of a plan of that version"
    assert bought_again(kept, planned(ad, kept.pins)) == [], "the ad as it is planned today"


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_plans_of_a_released_version_are_still_plans(repository: Path, folder: Path) -> None:
    schema = json.loads((repository / "schemas" / "plan.v1.json").read_text(encoding="utf-8"))
    for line in (folder / "plans.jsonl").read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        jsonschema.validate(document["plan"], schema)
        assert to_json(kept_of(folder)[document["ad"]].plan) == document["plan"]


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_what_is_published_is_never_edited(repository: Path, folder: Path) -> None:
    """Another format is the next number beside it, and so is another wording."""
    before, now = json.loads((folder / "digests.json").read_text(encoding="utf-8")), published(repository)
    assert [path for path, digest in before.items() if now.get(path) != digest] == []
    assert {path.split("/")[0] for path in before} == {pattern.split("/")[0] for pattern in PUBLISHED}


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_every_ad_of_a_version_is_kept_and_every_wording_made_a_prompt_of_one(folder: Path) -> None:
    assert list(kept_of(folder)) == [ad.name for ad in read_ads(folder)]
    used = {step.template for kept in kept_of(folder).values() for step in kept.plan.steps} - {""}
    templates = [path for path in json.loads((folder / "digests.json").read_text()) if path.endswith(".j2")]
    newest = {Path(path).parent.name for path in templates} - {"scene"}
    assert {wording.partition("/")[0] for wording in used} == newest


def test_every_released_version_is_kept(repository: Path) -> None:
    changes = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    named = re.findall(r"^## (\d+\.\d+\.\d+)( \(unreleased\))?$", changes, re.MULTILINE)
    kept = {folder.name for folder in VERSIONS}
    assert {version for version, unreleased in named if not unreleased} <= kept <= {version for version, _ in named}


# Keeping a version, with the script that does it at a release.


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("keep", RELEASED / "keep.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_kept_is_what_there_is_today(tmp_path: Path, repository: Path) -> None:
    folder = tmp_path / "9.9.9"
    for _ in ("new", "anew"):
        assert script().keep(folder) == len(read_ads(folder))
    kept = read_kept(folder)
    assert {name.partition(":")[0] for name in kept} == {"specs", "language", "endpoints", "features"}
    assert {step.endpoint for each in kept.values() for step in each.plan.steps} >= {
        endpoint.id for endpoint in builtin().endpoints
    }
    assert [bought_again(kept[ad.name], planned(ad, Pins())) for ad in read_ads(folder)] == [[]] * len(kept)
    assert json.loads((folder / "digests.json").read_text(encoding="utf-8")) == published(repository)


def test_what_is_published_is_not_kept_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = script()
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n", encoding="utf-8")
    (tmp_path / "1.0.0").mkdir()
    for name, value in (("REPOSITORY", tmp_path), ("RELEASED", tmp_path), ("__version__", "1.0.0")):
        monkeypatch.setattr(keep, name, value)
    assert keep.main() == 1
    assert capsys.readouterr().err == "1.0.0 is published: raise the version in runtime/version.py first\n"
    assert list((tmp_path / "1.0.0").iterdir()) == []


# The guard itself: what it has to notice.

(THE_AD,) = (each for each in read_ads(VERSIONS[0]) if each.name == "specs: glow_serum")
KEPT = kept_of(VERSIONS[0])[THE_AD.name]


def changed(endpoint_id: str, change: Callable[[dict[str, Json]], Json]) -> Catalogue:
    """The catalogue with another way to fill the requests of an endpoint."""
    endpoints = []
    for each in builtin().endpoints:
        assert isinstance(each.request, dict)
        request = change(dict(each.request)) if each.id == endpoint_id else each.request
        endpoints.append(replace(each, request=request))
    return Catalogue(tuple(endpoints))


def test_an_edited_wording_is_noticed() -> None:
    edited = Families({**shipped().templates, "elements/1": shipped().templates["elements/1"] + "Be quick."})
    found = bought_again(KEPT, planned(THE_AD, KEPT.pins, families=edited))
    assert [line.split()[0] for line in found] == ["proof.clip", "window.clip"]
    assert "Be quick." in found[0]


def test_a_new_wording_is_not_for_what_has_a_lock() -> None:
    second = Families({**shipped().templates, "elements/2": shipped().templates["elements/1"] + "Be quick."})
    assert bought_again(KEPT, planned(THE_AD, KEPT.pins, families=second)) == []
    without = replace(KEPT.pins, templates={})
    assert len(bought_again(KEPT, planned(THE_AD, without, families=second))) == 2


SENT = changed("fal-ai/ideogram/character", lambda request: {**request, "style": "REALISTIC"})
"""The catalogue of a later day, on which one more option is written out."""


def test_a_request_that_is_filled_otherwise_is_noticed_and_only_where_it_is() -> None:
    found = bought_again(KEPT, planned(THE_AD, KEPT.pins, catalogue=SENT))
    packs = [step.id for step in KEPT.plan.steps if step.id.startswith("maya.pack.")]
    assert packs
    assert [line.split()[0] for line in found] == packs, "what is made of them is not blamed for it"
    assert "style was None and is 'REALISTIC'" in found[0]


def test_a_derivation_left_behind_makes_up_for_it() -> None:
    """It gives such a request as it was, with the seed that followed from it."""

    def one(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> Mapping[str, Json]:
        arguments = {name: value for name, value in step.arguments.items() if name != "style"}
        if "style" in step.arguments and step.endpoint is not None:
            del arguments["seed"]
            arguments["seed"] = seed_of(step.endpoint, arguments, step.take)
        return {
            "derivation": 1,
            "engine": engine.name,
            "kind": step.kind,
            "endpoint": step.endpoint,
            "output": step.output,
            "take": step.take,
            "arguments": substitute(arguments, lambda ref: {"$blob": digest_of(ref)}),
        }

    assert bought_again(KEPT, planned(THE_AD, KEPT.pins, catalogue=SENT), [one]) == []


def test_a_key_that_is_derived_otherwise_is_noticed() -> None:
    moved = Kept(KEPT.plan, {step: key[:-1] + "g" for step, key in KEPT.keys.items()}, KEPT.pins)
    reasons = [line.partition(": ")[2] for line in bought_again(moved, KEPT.plan)]
    assert reasons == ["it is derived otherwise"] * len(KEPT.keys)


def test_asking_for_something_else_with_the_same_words_is_noticed() -> None:
    """A decision counts only while the spec asks for the same, so what stands for that must not move either."""
    steps = tuple(
        replace(step, asks="sha256:other" if step.id == "hook.clip" else step.asks) for step in KEPT.plan.steps
    )
    (found,) = bought_again(KEPT, replace(KEPT.plan, steps=steps))
    assert found.startswith("hook.clip has the same key and asks for something else")


def test_what_was_cast_stays_cast_when_it_gets_dearer() -> None:
    (ad,) = (each for each in read_ads(VERSIONS[0]) if each.name == "features: choices other than the defaults")
    kept = kept_of(VERSIONS[0])[ad.name]
    cast = kept.plan.step("hook.clip").endpoint
    dearer = Catalogue(
        tuple(
            replace(each, price=replace(each.price, usd="90", by=())) if each.id == cast else each
            for each in builtin().endpoints
        )
    )
    assert planned(ad, Pins(), catalogue=dearer).step("hook.clip").endpoint != cast
    assert bought_again(kept, planned(ad, kept.pins, catalogue=dearer)) == []
