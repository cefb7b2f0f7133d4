"""`adc explain`: the page behind a code, with what the compiler says about its example today."""

from pathlib import Path

import pytest
from support.command import adc

from adc.compiler.codes import CODES, FAMILIES


def test_a_page_with_its_example_judged(tmp_path: Path) -> None:
    ran = adc("explain", "AD0201", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    title, meaning = CODES["AD0201"]
    assert ran.out.startswith(f"AD0201: {title}\n{meaning}\n\n")
    wrong, _, mended = ran.out.partition("\nMended\n")
    assert "\nWrong\n\n    ad glow\n" in wrong
    assert "error[AD0201]: `mya` is not declared\n --> main.ad:6:11\n" in wrong
    assert "did you mean `maya`?" in wrong
    assert "      cast    maya\n" in mended
    assert "error" not in mended


def test_an_example_of_several_files_names_them(tmp_path: Path) -> None:
    out = adc("explain", "AD0116", folder=tmp_path).out
    assert "\n  main.ad\n    import " in out
    assert "\n  cast.ad\n    import " in out


def test_an_example_that_is_a_command(tmp_path: Path) -> None:
    out = adc("explain", "AD0210", folder=tmp_path).out
    assert "\n  adc plan main.ad --set town=Denver\n    ad glow\n" in out
    assert "error[AD0210]: there is no param `town`\n --> --set town:1:1\n" in out


@pytest.mark.parametrize("word", ["ad0201", "0201", "201"])
def test_ways_to_write_a_code(tmp_path: Path, word: str) -> None:
    assert adc("explain", word, folder=tmp_path).out.startswith("AD0201: ")


@pytest.mark.parametrize(
    ("word", "hint"), [("AD2001", "did you mean `AD0201`?"), ("mya", "`adc explain` lists all codes")]
)
def test_a_code_that_does_not_exist(tmp_path: Path, word: str, hint: str) -> None:
    ran = adc("explain", word, folder=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", f"there is no code `{word}`; {hint}\n")


def test_all_codes_by_family(tmp_path: Path) -> None:
    ran = adc("explain", folder=tmp_path)
    assert ran.code == 0
    assert [line[:6] for line in ran.out.splitlines() if line.startswith("AD")] == [f"{each}xx" for each in FAMILIES]
    assert {line.split()[0] for line in ran.out.splitlines() if line.startswith("  AD")} == set(CODES)


def test_colour_where_it_is_asked_for(tmp_path: Path) -> None:
    env = {"NO_COLOR": "", "FORCE_COLOR": "1"}
    assert "\x1b[1mWrong\x1b[0m" in adc("explain", "AD0201", folder=tmp_path, env=env).out
    assert "\x1b" not in adc("explain", "AD0201", folder=tmp_path).out
