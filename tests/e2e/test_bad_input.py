"""What a user may get wrong: a diagnostic each, exit code 1, nothing made, nothing spent. And what the world may."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import adc
from support.project import edit
from support.sim import sim_at

from adc.runtime.sim.faults import Refuse


def missing_reference(project: Path) -> None:
    (project / "refs" / "serum.png").unlink()


def undeclared_name(project: Path) -> None:
    edit(project, "cast      maya, serum", "cast      mya, serum")


def impossible_duration(project: Path) -> None:
    edit(project, "scene window 3s", "scene window 300s")
    edit(project, "duration 11s", "duration 308s")


def unknown_option(project: Path) -> None:
    edit(project, '  action "{{ maya }} turns', '  set motion 3\n  action "{{ maya }} turns')


def undefined_in_template(project: Path) -> None:
    edit(project, "{{ maya }} turns", "{{ mya }} turns")


def undefined_attribute(project: Path) -> None:
    edit(project, "{{ maya }} turns", "{{ maya.hair }} turns")


def two_ads(project: Path) -> None:
    edit(project, 'ad tiny "Tiny" {', 'ad other "Other" { rate 30fps }\nad tiny "Tiny" {')


def not_utf8(project: Path) -> None:
    (project / "tiny.ad").write_bytes('ad tiny "Glück"'.encode("latin-1"))


def empty(project: Path) -> None:
    (project / "tiny.ad").write_bytes(b"")


def over_budget(project: Path) -> None:
    edit(project, "budget   $5", "budget   $1")


def unknown_model(project: Path) -> None:
    edit(project, "  using  veo3_1_lite", "  using  veo_31_lite")


def mute_model(project: Path) -> None:
    edit(project, "  using  veo3_1_lite", '  using  kling_o1\n  voiceover maya "Hm." by model')


def wrong_sum(project: Path) -> None:
    edit(project, "duration 11s", "duration 12s")


def small_picture(project: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64)).save(project / "refs" / "serum.png")


@pytest.mark.parametrize(
    ("slip", "line", "says"),
    [
        (missing_reference, 17, "refs/serum.png"),
        (undeclared_name, 31, "did you mean `maya`"),
        (impossible_duration, 39, "makes clips of at most 10 s"),
        (unknown_option, 41, "has no `motion`"),
        (undefined_in_template, 41, "did you mean `maya`"),
        (undefined_attribute, 41, "hair"),
        (two_ads, 2, "ad"),
        (not_utf8, 1, "UTF-8"),
        (empty, 1, "empty"),
        (over_budget, 5, "over the budget"),
        (unknown_model, 22, "did you mean `veo3_1_lite`"),
        (mute_model, 23, "does not speak"),
        (wrong_sum, 2, "11"),
        (small_picture, 17, "300"),
    ],
)
def test_a_slip_is_explained_where_it_stands(
    project: Path, tmp_path: Path, slip: Callable[[Path], None], line: int, says: str
) -> None:
    slip(project)
    with sim_at(tmp_path / "sim") as sim:
        ran = adc("build", "tiny.ad", "--yes", folder=project, env={"ADC_FAL_URL": sim.url, "FAL_KEY": "id:key"})
        assert sim.billed() == []
    assert ran.code == 1, ran.out + ran.err
    assert f"tiny.ad:{line}:" in ran.err, ran.err
    assert says in ran.err, ran.err
    assert ran.err.startswith("error[AD")
    assert "^" in ran.err or slip in (not_utf8, empty)
    assert ran.err.endswith("nothing was made and nothing was spent\n")
    assert "Traceback" not in ran.err
    assert not (project / "out").exists()
    assert not (tmp_path / "store").exists()


def test_a_spec_that_is_not_there(tmp_path: Path) -> None:
    ran = adc("build", "nowhere.ad", folder=tmp_path)
    assert ran.code == 1
    assert "there is no file `nowhere.ad`" in ran.err


def test_several_slips_are_told_in_one_run(project: Path) -> None:
    undeclared_name(project)
    undefined_in_template(project)
    missing_reference(project)
    ran = adc("plan", "tiny.ad", folder=project)
    assert ran.code == 1
    assert "3 errors" in ran.err


@pytest.mark.skipif(os.geteuid() == 0 and not sys.platform.startswith("linux"), reason="root may write anywhere")
def test_a_store_that_cannot_be_written(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    ran = adc("build", "tiny.ad", "--store", str(tmp_path / "file" / "store"), folder=project)
    assert ran.code == 3
    assert ran.err.splitlines()[0].startswith("The store at ")
    assert "--store" in ran.err.splitlines()[0]
    assert ran.err.splitlines()[1] == f"next: adc build tiny.ad --store {tmp_path / 'file' / 'store'}"


def test_an_output_that_cannot_be_written_loses_nothing(project: Path) -> None:
    (project / "out").write_bytes(b"in the way")
    ran = adc("build", "tiny.ad", folder=project)
    assert ran.code == 3
    assert ran.err == (
        "the film is finished and kept, but out/tiny.mp4 cannot be written: File exists;"
        " choose another place with --out\nnext: adc build tiny.ad\n"
    )
    again = adc("build", "tiny.ad", "--out", "film.mp4", folder=project)
    assert again.code == 0
    assert again.out.startswith("everything is in the store already\n")


def test_a_refused_key_is_one_sentence_and_the_next_command(project: Path, tmp_path: Path) -> None:
    with sim_at(tmp_path / "sim") as sim:
        for _ in range(8):
            sim.faults.add(Refuse("initiate", 401, "Invalid key"))
            sim.faults.add(Refuse("submit", 401, "Invalid key"))
        ran = adc("build", "tiny.ad", "--yes", folder=project, env={"ADC_FAL_URL": sim.url, "FAL_KEY": "id:planted"})
        assert sim.billed() == []
    assert ran.code == 3
    assert "Traceback" not in ran.err
    assert "planted" not in ran.err + ran.out
    assert "FAL_KEY" in ran.err


@pytest.mark.parametrize("named", [".", "./"])
def test_the_folder_that_is_no_spec_is_named(project: Path, named: str) -> None:
    ran = adc("build", named, folder=project)
    assert ran.code == 1
    assert "`.` cannot be read" in ran.err
    assert "it is a folder" in ran.err


@pytest.mark.parametrize(
    ("out", "says"),
    [("tiny.ad", "is what the film is made from"), ("refs", "is a folder"), ("film.avi", "is no name for an MP4")],
)
def test_a_film_never_takes_the_place_of_something_else(project: Path, out: str, says: str) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    ran = adc("build", "tiny.ad", "--out", out, folder=project)
    assert ran.code == 3
    assert says in ran.err
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_what_is_no_file_is_not_waited_for(project: Path) -> None:
    (project / "refs" / "serum.png").unlink()
    os.mkfifo(project / "refs" / "serum.png")
    ran = adc("plan", "tiny.ad", folder=project)
    assert ran.code == 1
    assert "not a regular file" in ran.err


def test_a_loop_of_links_is_a_diagnostic(project: Path) -> None:
    (project / "refs" / "serum.png").unlink()
    (project / "refs" / "serum.png").symlink_to(project / "refs" / "serum.png")
    ran = adc("plan", "tiny.ad", folder=project)
    assert ran.code == 1
    assert "tiny.ad:17:" in ran.err
    assert "Traceback" not in ran.err


def test_the_current_folder_plays_no_part(project: Path, tmp_path: Path) -> None:
    (project / "pyproject.toml").touch()
    (project / "specs").mkdir()
    (project / "tiny.ad").rename(project / "specs" / "tiny.ad")
    spec = (project / "specs" / "tiny.ad").read_text(encoding="utf-8").replace('"refs/', '"../refs/')
    (project / "specs" / "tiny.ad").write_text(spec, encoding="utf-8")
    plans = [
        adc("plan", str(Path(os.path.relpath(project, folder)) / "specs" / "tiny.ad"), "--json", folder=folder)
        for folder in (project, project / "specs", tmp_path, Path("/"))
    ]
    assert {ran.code for ran in plans} == {0}, [ran.err for ran in plans]
    assert len({ran.out for ran in plans}) == 1
