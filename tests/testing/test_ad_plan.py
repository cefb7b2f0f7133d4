"""What a test may ask of a spec, and what it is told where it asks for something that is not so."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from support.command import adc
from syrupy.assertion import SnapshotAssertion

from adc.compiler.plan import load
from adc.runtime.lock import Decision, Lock, lock_file, write_lock
from adc.runtime.testing.ad_plan import AdPlan
from adc.runtime.testing.specs import Specs

TINY = "specs/tiny.ad"


@pytest.fixture
def ad_plan(theirs: Path) -> Specs:
    """As the fixture that pytest finds, for a test file in `tests/` of that repository."""
    return Specs(beside=theirs / "tests", root=theirs)


def edit(theirs: Path, old: str, new: str) -> None:
    spec = theirs / TINY
    text = spec.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    spec.write_text(text.replace(old, new), encoding="utf-8")


def test_what_a_plan_tells(ad_plan: Specs) -> None:
    plan = ad_plan(TINY)
    plan.assert_clean()
    plan.assert_costs_at_most("1.05")
    plan.assert_lasts("11s")
    assert plan.spec == TINY
    assert plan.diagnostics == ()
    assert plan.usd == plan.plan.usd == Decimal("1.0435")
    assert plan.seconds == 11
    assert plan.scenes == {"hook": 4, "proof": 3, "window": 3, "offer": 1}
    assert list(plan.scenes) == ["hook", "proof", "window", "offer"]
    assert list(plan.steps) == [step.id for step in plan.plan.steps]
    assert plan.model("hook") == "veo3_1_lite"
    assert plan.model("hook.keyframe") == "nano_banana"
    assert "I almost gave up." in plan.prompt("hook")
    assert "at a mirror" in plan.prompt("hook.keyframe")
    assert plan.prompt("proof.voiceover") == "Two drops."
    assert repr(plan) == "<specs/tiny.ad: 11 s, $1.05>"


def test_params_and_variants_are_chosen_by_name(ad_plan: Specs) -> None:
    plan = ad_plan(TINY, city="Boston", opener="secret")
    assert plan.plan.choices == {"opener": "secret"}
    assert "Nobody told me." in plan.prompt("hook")
    assert plan.steps["offer.card"].arguments["button"] == "Boston"
    assert ad_plan(TINY, city="Boston").plan.choices == {"opener": "doubt"}


def test_a_param_takes_numbers(theirs: Path, ad_plan: Specs) -> None:
    edit(theirs, 'param city "Denver"', "param city 3")
    assert ad_plan(TINY, city=5).steps["offer.card"].arguments["button"] == "5"


def test_what_two_scenes_share_is_paid_once(theirs: Path, ad_plan: Specs) -> None:
    spec = 'ad tiny { }\nscene first 3s {\n  using kling_o3\n  action "rain"\n}\n'
    (theirs / TINY).write_text(spec, encoding="utf-8")
    once = ad_plan(TINY)
    (theirs / TINY).write_text(spec + spec.partition("\n")[2].replace("first", "second"), encoding="utf-8")
    twice = ad_plan(TINY)
    assert list(twice.scenes) == ["first", "second"]
    assert twice.usd == once.usd < twice.plan.usd


def test_a_scene_in_several_clips_has_all_their_prompts(theirs: Path, ad_plan: Specs) -> None:
    shots = '  shot 1s { camera "wide" }\n  shot 2s { camera "close" }\n'
    edit(theirs, 'action "{{ maya }} turns to the window"\n', f'action "{{{{ maya }}}} turns to the window"\n{shots}')
    first, second = ad_plan(TINY).prompt("window").split("\n\n")
    assert "Camera: wide" in first
    assert "Camera: close" in second


def test_words_that_are_yet_to_be_written(theirs: Path, ad_plan: Specs) -> None:
    edit(theirs, '"a woman of about thirty with dark curly hair"', "auto")
    assert "Maya Brooks, {{ maya.looks }}" in ad_plan(TINY).prompt("proof")


@pytest.mark.parametrize("spec", ["tiny.ad", "../specs/tiny.ad", "specs/tiny.ad"])
def test_paths_are_relative_to_the_test_or_to_the_root(theirs: Path, spec: str) -> None:
    beside = theirs / ("specs" if spec == "tiny.ad" else "tests")
    assert Specs(beside=beside, root=theirs)(spec).spec == TINY


def test_the_folder_of_the_test_comes_first(theirs: Path, ad_plan: Specs) -> None:
    (theirs / "tests" / "specs").mkdir()
    (theirs / "tests" / TINY).write_text("ad own { }\ncard end 1s { }\n", encoding="utf-8")
    assert ad_plan(TINY).plan.name == "own"
    assert ad_plan(theirs / TINY).plan.name == "tiny"


def asked(what: Callable[[AdPlan], object]) -> Callable[[Specs], object]:
    return lambda ad_plan: what(ad_plan(TINY))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda ad_plan: ad_plan(TINY, citi="Boston"), id="a name that there is not"),
        pytest.param(lambda ad_plan: ad_plan(TINY, opener="sicret"), id="a choice that there is not"),
        pytest.param(lambda ad_plan: ad_plan("specs/tny.ad"), id="a file that there is not"),
        pytest.param(lambda ad_plan: ad_plan("ads/none.ad"), id="a folder that there is not"),
        pytest.param(lambda ad_plan: ad_plan("specs"), id="a folder"),
        pytest.param(asked(lambda plan: plan.assert_costs_at_most(1)), id="too dear"),
        pytest.param(asked(lambda plan: plan.assert_lasts(Fraction(21, 2))), id="too long"),
        pytest.param(asked(lambda plan: plan.assert_lasts("11.1s")), id="too short"),
        pytest.param(asked(lambda plan: plan.prompt("hok")), id="a scene that there is not"),
        pytest.param(asked(lambda plan: plan.model("nothing like it")), id="nothing like it"),
        pytest.param(asked(lambda plan: plan.prompt("offer")), id="a card is told nothing"),
        pytest.param(asked(lambda plan: plan.model("offer")), id="a card has no model"),
    ],
)
def test_what_is_not_so(ad_plan: Specs, wrong: Callable[[Specs], object], snapshot: SnapshotAssertion) -> None:
    with pytest.raises((AssertionError, LookupError)) as caught:
        wrong(ad_plan)
    assert f"{caught.type.__name__}: {caught.value}" == snapshot


def test_errors_of_the_spec(theirs: Path, ad_plan: Specs, snapshot: SnapshotAssertion) -> None:
    edit(theirs, "budget   $5", "budget   $1")
    with pytest.raises(AssertionError) as caught:
        ad_plan(TINY)
    assert str(caught.value) == snapshot
    assert [one.code for one in ad_plan.diagnostics(TINY)] == ["AD0510"]
    assert ad_plan.diagnostics(TINY, city="Boston") != ()


def test_a_name_that_a_broken_spec_does_not_have(theirs: Path, ad_plan: Specs) -> None:
    edit(theirs, "cast   maya\n  start", "cast   mya\n  start")
    with pytest.raises(AssertionError, match="has neither a param nor a variant citi"):
        ad_plan(TINY, citi="Boston")
    with pytest.raises(AssertionError, match="AD0201"):
        ad_plan(TINY, opener="secret")


def test_warnings(theirs: Path, ad_plan: Specs, snapshot: SnapshotAssertion) -> None:
    edit(theirs, 'product serum "Glow Serum" {', 'style unused { look "grainy" }\n\nproduct serum "Glow Serum" {')
    plan = ad_plan(TINY)
    assert [one.code for one in plan.diagnostics] == ["AD0208"]
    with pytest.raises(AssertionError) as caught:
        plan.assert_clean()
    assert str(caught.value) == snapshot


def test_a_price_that_nobody_knows(theirs: Path, ad_plan: Specs) -> None:
    spec = theirs / TINY
    own = 'model mine "me/mine" {\n  lengths 3s\n}\n'
    spec.write_text(f'ad tiny {{ }}\n{own}scene hook 3s {{\n  using mine\n  action "rain"\n}}\n', encoding="utf-8")
    with pytest.raises(AssertionError, match=r"nobody knows what specs/tiny.ad costs: hook.clip has no price"):
        ad_plan(TINY).assert_costs_at_most(100)


def test_the_lock_counts_as_it_does_for_adc_plan(theirs: Path, ad_plan: Specs) -> None:
    plain = ad_plan(TINY)
    keyframe = plain.steps["hook.keyframe"]
    accepted = Decision(
        step=keyframe.id,
        of="opener=doubt",
        take=3,
        verdict="accepted",
        key="sha256:" + "1" * 64,
        asks=keyframe.asks,
        artifact="sha256:" + "2" * 64,
        endpoint=str(keyframe.endpoint),
        model="nano_banana",
        model_schema="sha256:" + "3" * 64,
        seed=7,
        request="r-1",
        usd=Decimal("0.04"),
        date="2026-03-01",
    )
    lock = lock_file(str(theirs / TINY), "fal")
    write_lock(lock, Lock("tiny", {}, (accepted,)))
    plan = ad_plan(TINY)
    assert (plain.steps["hook.keyframe"].take, plan.steps["hook.keyframe"].take) == (1, 3)
    assert plan.plan == load(adc("plan", TINY, "--json", folder=theirs).out.encode())
    lock.rename(lock_file(str(theirs / TINY), "sim"))
    assert ad_plan(TINY).plan == plain.plan


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<<<<<<< ours\n", "the lock cannot be used"),
        ('{"schema": "adc/lock/1", "ad": "tiny", "templates": {"elements": 99}}\n', "elements/99"),
    ],
)
def test_a_lock_that_cannot_be_used(theirs: Path, ad_plan: Specs, text: str, words: str) -> None:
    lock_file(str(theirs / TINY), "fal").write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError, match=words):
        ad_plan(TINY)


def test_nothing_is_made(theirs: Path, ad_plan: Specs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(theirs.rglob("*"))
    plain = ad_plan(TINY)
    monkeypatch.setenv("FAL_KEY", "id:secret")
    monkeypatch.setenv("ADC_FAL_URL", "http://127.0.0.1:9")
    assert ad_plan(TINY).plan == plain.plan
    assert sorted(theirs.rglob("*")) == before
    assert not (tmp_path / "store").exists()
