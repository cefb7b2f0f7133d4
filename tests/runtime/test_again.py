"""The command that is offered again: it means what was typed, and can be pasted."""

import shlex
from pathlib import Path

import pytest

from adc.runtime.cli.again import again
from adc.runtime.cli.arguments import parser


@pytest.mark.parametrize(
    "typed",
    [
        "adc build a.ad",
        "adc build a.ad --draft",
        "adc build a.ad --store '/films of mine' --out 'my film.mp4'",
        "adc build 'my ad.ad' --fal-url http://127.0.0.1:8765 --remote 3 --local 1",
        "adc plan a.ad --draft --store s",
        "adc build a.ad --set 'city=New York' --set length=8s --variant opener=doubt --strict",
        "adc plan a.ad --all-variants",
        "adc pack a.ad maya --draft --to packs",
        "adc take hook",
        "adc take hook a.ad --variant opener=doubt --store s -n 3 --remote 2 --max-cost 2.50",
        "adc takes",
        "adc takes hook a.ad --out sheet.png",
        "adc accept hook@3 a.ad --set city=Denver",
        "adc reject hook@3",
        "adc sim",
        "adc sim --host 0.0.0.0 --port 80 --folder 'my sim' --latency 2.5 --runners 3 --faults f.json --seed 3",
    ],
)
def test_what_was_typed_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = parser().parse_args(shlex.split(typed)[1:])
    assert again(arguments) == typed


def test_answers_are_given_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = parser().parse_args(["build", "a.ad", "--yes", "--on-ambiguous", "rebuy"])
    assert again(arguments) == "adc build a.ad"
    assert again(arguments, "--yes") == "adc build a.ad --yes"


def test_a_stand_in_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADC_FAL_URL", "http://127.0.0.1:1")
    assert again(parser().parse_args(["build", "a.ad"])) == "adc build a.ad --fal-url http://127.0.0.1:1"
    assert again(parser().parse_args(["build", "a.ad", "--draft"])) == "adc build a.ad --draft"
