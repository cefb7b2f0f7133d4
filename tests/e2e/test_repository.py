"""What the repository says of itself: its README's examples and its specs."""

import json
import re
import shutil
from pathlib import Path

import pytest
from support.command import adc
from support.films import decode

SPECS = {"hello.ad": (240, "hello"), "glow_serum.ad": (900, "glow_serum"), "park_bench.ad": (555, "park_bench")}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def test_the_readme_begins_with_the_two_commands(repository: Path) -> None:
    first, second, *_ = blocks((repository / "README.md").read_text(encoding="utf-8"), "sh")
    assert first == "python3 -m venv .venv && . .venv/bin/activate && pip install . && adc build specs/glow_serum.ad\n"
    assert second == "pip install '.[test]' && pytest -n auto\n"


def test_the_readmes_example_compiles(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository / "specs", tmp_path / "specs")
    (example,) = blocks((repository / "README.md").read_text(encoding="utf-8"), "ad")
    (tmp_path / "specs" / "example.ad").write_text(example, encoding="utf-8")
    ran = adc("plan", "specs/example.ad", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")


def test_every_link_in_a_readme_leads_somewhere(repository: Path) -> None:
    pages = [repository / "README.md", *repository.glob("*/README.md"), *repository.glob("runtime/*/README.md")]
    lost = [
        f"{page.relative_to(repository)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert len(pages) >= 6
    assert lost == []


@pytest.mark.parametrize("spec", SPECS)
def test_every_spec_is_built(repository: Path, tmp_path: Path, spec: str) -> None:
    frames, name = SPECS[spec]
    shutil.copytree(repository / "specs", tmp_path / "specs")
    ran = adc("build", f"specs/{spec}", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    film = decode(tmp_path / "out" / f"{name}.mp4")
    assert (len(film.frames), film.width, film.height) == (frames, 1080, 1920)
    plan = json.loads(adc("plan", f"specs/{spec}", "--json", folder=tmp_path).out)
    for placed in plan["timeline"]:
        if placed["kind"] == "scene":
            onset = film.onset(placed["start"], placed["frames"], 30)
            assert onset is not None
            assert onset <= 0.05, f"speech is late in {placed['id']}"


def test_no_spec_is_left_out(repository: Path) -> None:
    assert {path.name for path in (repository / "specs").glob("*.ad")} == set(SPECS)
