"""One spec, many ads: what is chosen on the command line, what it is called, and what all of it costs together."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from support.campaign import draw
from support.command import Ran, adc, steps_that
from support.project import draw_picture
from support.sim import KEY, Sim, sim_at

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.compiler.units import dollars_text

SPEC = """\
param city "Denver"

variant opener {
  short "Hi."
  long  "Hi, {{ city }}, how are you?"
}

variant closer {
  short "Bye."
  long  "See you in {{ city }}."
}

ad many {
  size    270p 9:16
  rate    10fps
  deliver 9:16, 1:1
}

character maya {
  reference "refs/maya.png"
  pack      front
}

scene hook 3s {
  using  kling_o3
  cast   maya
  action "{{ maya }} waves"
  says   maya "{{ opener }}"
}

scene end 3s {
  using  kling_o3
  cast   maya
  action "{{ maya }} leaves {{ city }}"
  says   maya "{{ closer }}"
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    draw_picture(folder / "refs" / "maya.png", (150, 95, 70))
    (folder / "many.ad").write_text(SPEC, encoding="utf-8")
    return folder


@pytest.fixture
def asked() -> list[Mapping[str, Json]]:
    """The requests that the stand-in has drawn."""
    return []


@pytest.fixture
def sim(tmp_path: Path, asked: list[Mapping[str, Json]]) -> Iterator[Sim]:
    async def listening(
        endpoint: Endpoint, arguments: dict[str, Json], brief: dict[str, Json], folder: Path
    ) -> dict[str, Path]:
        asked.append(arguments)
        return await draw(endpoint, arguments, brief, folder)

    with sim_at(tmp_path / "sim", draw=listening, runners=4) as running:
        yield running


def run(command: str, project: Path, sim: Sim, *words: str) -> Ran:
    ran = adc(command, "many.ad", *words, folder=project, env={"ADC_FAL_URL": sim.url, "FAL_KEY": KEY})
    assert "Traceback" not in ran.err
    return ran


def films(project: Path) -> set[str]:
    return {path.name for path in (project / "out").iterdir()}


def test_all_variants_cost_what_the_plan_says_of_them_together(project: Path, sim: Sim) -> None:
    plans = json.loads(adc("plan", "many.ad", "--all-variants", "--json", folder=project).out)
    assert [plan["ad"]["choices"] for plan in plans] == [
        {"opener": opener, "closer": closer} for opener in ("short", "long") for closer in ("short", "long")
    ]
    planned = run("plan", project, sim, "--all-variants").out
    together = re.search(r"^4 ads, 5 paid steps, (\$\d+\.\d\d) together; one by one \$\d+\.\d\d$", planned, re.M)
    assert together, planned

    # The question is asked once, about the whole sum, and the command that is offered means the same.
    refused = run("build", project, sim, "--all-variants")
    assert refused.code == 4
    assert f"would spend up to {together[1]} and" in refused.err
    assert f"next: adc build many.ad --all-variants --fal-url {sim.url} --yes\n" in refused.err
    assert sim.billed() == []

    ran = run("build", project, sim, "--all-variants", "--yes")
    assert ran.code == 0, ran.err
    assert steps_that("bought", ran) == {"maya.pack.front", "hook.clip", "end.clip"}
    assert len(sim.billed()) == 5
    assert dollars_text(sim.total()) == together[1]
    keys = [f"{opener}.{closer}" for opener in ("short", "long") for closer in ("short", "long")]
    assert films(project) == {f"many.{key}{shape}.mp4" for key in keys for shape in ("", ".1x1")}
    last = "".join(
        f"out/many.{key}{shape}: 6 s, {size}, 10 fps\n"
        for key in keys
        for shape, size in ((".mp4", "270x480"), (".1x1.mp4", "270x270"))
    )
    assert ran.out.endswith("\n\n" + last)

    again = run("build", project, sim, "--all-variants")
    assert again.out == "".join(
        f"nothing to do: out/many.{key}.mp4 and out/many.{key}.1x1.mp4 are up to date\n" for key in keys
    )
    (project / "out" / "many.long.short.1x1.mp4").unlink()
    mended = run("build", project, sim, "--all-variants")
    assert mended.out.count("nothing to do: ") == 3
    assert "many.long.short.1x1.mp4" in films(project)
    assert len(sim.billed()) == 5


def test_one_combination_has_one_name_however_it_was_asked_for(project: Path) -> None:
    def built(*words: str) -> str:
        ran = adc("build", "many.ad", *words, folder=project)
        assert ran.code == 0, ran.err
        return ran.out

    assert built("--variant", "closer=long").endswith("out/many.short.long.1x1.mp4: draft, 6 s, 270x270, 10 fps\n")
    # Of a name given twice the later counts, and the order of the words does not.
    twice = ("--variant", "opener=long", "--variant", "closer=long", "--variant", "opener=short")
    assert "out/many.short.long.mp4: draft" in built(*twice)
    assert films(project) == {"many.short.long.mp4", "many.short.long.1x1.mp4"}
    # With one of them decided, all variants are those of the other.
    assert built("--all-variants", "--variant", "closer=long").count(": draft, ") == 4
    assert films(project) == {
        f"many.{opener}.long{shape}.mp4" for opener in ("short", "long") for shape in ("", ".1x1")
    }


def test_films_go_where_they_were_asked_for(project: Path) -> None:
    assert adc("build", "many.ad", "--variant", "opener=long", "--out", "a.mp4", folder=project).code == 0
    words = ("--all-variants", "--variant", "opener=long", "--out", "films/b.mp4")
    assert adc("build", "many.ad", *words, folder=project).code == 0
    assert {path.name for path in project.glob("*.mp4")} == {"a.mp4", "a.1x1.mp4"}
    assert {path.name for path in (project / "films").iterdir()} == {
        f"b.long.{closer}{shape}.mp4" for closer in ("short", "long") for shape in ("", ".1x1")
    }
    assert not (project / "out").exists()


@pytest.mark.parametrize("command", ["build", "plan"])
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--variant", "openr=long"), 1, "did you mean `opener`?"),
        (("--variant", "opener=lung"), 1, "`opener` has no choice `lung`"),
        (("--all-variants", "--variant", "opener=lung"), 1, "`opener` has no choice `lung`"),
        (("--set", "cty=Boston"), 1, "did you mean `city`?"),
        (("--variant", "opener"), 2, "opener is not of the form NAME=VALUE"),
        (("--set", "=Boston"), 2, "=Boston is not of the form NAME=VALUE"),
    ],
)
def test_a_choice_that_is_not_there(project: Path, command: str, words: tuple[str, ...], code: int, said: str) -> None:
    ran = adc(command, "many.ad", *words, folder=project)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert ran.err.count("error") == (2 if code == 1 else 1), "each mistake is told once"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("Zürich – Åre", "Zürich – Åre"),
        ('the "Mile High" city', 'the "Mile High" city'),
        ("O'Hare \\ $HOME", "O'Hare \\ $HOME"),
        ("{{ 'mile high' | upper }}", "MILE HIGH"),
        ("a=b", "a=b"),
    ],
)
def test_a_param_is_any_text(project: Path, value: str, told: str) -> None:
    (project / "many.ad").write_text(SPEC.replace("{{ city }}, how are you", "how are you"), encoding="utf-8")
    ran = adc("plan", "many.ad", "--json", "--set", f"city={value}", folder=project)
    assert ran.code == 0, ran.err
    (clip,) = (step for step in json.loads(ran.out)["steps"] if step["id"] == "end.clip")
    assert f"leaves {told}" in clip["arguments"]["prompt"]


def test_a_param_reaches_the_model_as_it_was_typed(project: Path, sim: Sim, asked: list[Mapping[str, Json]]) -> None:
    ran = run("build", project, sim, "--yes", "--set", 'city=Zürich, "Altstadt"')
    assert ran.code == 0, ran.err
    assert any('leaves Zürich, "Altstadt"' in str(arguments.get("prompt")) for arguments in asked)
    assert sim.total() == Decimal(json.loads(adc("plan", "many.ad", "--json", folder=project).out)["usd"])


def test_a_combination_over_budget_stops_before_anything_is_made(project: Path, sim: Sim) -> None:
    spec = SPEC.replace("  rate    10fps\n", "  rate    10fps\n  budget  $0.10\n")
    (project / "many.ad").write_text(spec, encoding="utf-8")
    ran = run("build", project, sim, "--all-variants", "--yes")
    assert ran.code == 1
    assert sim.billed() == []


def test_a_build_that_minds_warnings_is_not_answered_by_one_that_did_not(project: Path, sim: Sim) -> None:
    unused = SPEC + 'style plain { look "plain" }\n'
    (project / "many.ad").write_text(unused, encoding="utf-8")
    for strict in (run("plan", project, sim, "--strict"), run("build", project, sim, "--strict", "--yes")):
        assert (strict.code, strict.out) == (1, "")
        assert "--strict counts warnings as errors; nothing was made and nothing was spent" in strict.err
    assert sim.billed() == []
    assert run("build", project, sim, "--yes").code == 0
    assert run("build", project, sim).out.startswith("nothing to do: ")
    assert run("build", project, sim, "--strict").code == 1


def test_what_nobody_knows_the_price_of_is_named_before_it_is_bought(project: Path, sim: Sim) -> None:
    spec = SPEC.replace(
        '  using  kling_o3\n  cast   maya\n  action "{{ maya }} waves"\n  says   maya "{{ opener }}"\n', OWN
    )
    (project / "many.ad").write_text(spec + MODEL, encoding="utf-8")
    ran = run("build", project, sim)
    assert ran.code == 4, ran.err
    assert re.search(r"would spend up to \$\d+\.\d\d and an unknown amount for hook\.clip and there is no", ran.err)
    assert re.search(
        r"this build spends \$\d+\.\d\d and an unknown amount for hook\.clip of \$\d+\.\d\d in all", ran.out
    )
    assert sim.billed() == []


OWN = """\
  using  mine
  action "a street"
"""

MODEL = """
model mine "acme/video" {
  lengths 3s
  aspects 9:16
  send    length "duration"
  send    aspect "aspect_ratio"
}
"""
