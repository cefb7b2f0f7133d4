"""`adc fmt` as people run it: in place, checked, shown, and between two pipes."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from support.command import ADC, adc

UNTIDY = 'ad  glow  "Glow"\nscene hook 8s{\naction  "é" # why\n cast maya}'
TIDY = 'ad glow "Glow"\nscene hook 8s {\n  action  "é"  # why\n  cast    maya\n}\n'
BROKEN = "ad glow {\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_folders_are_formatted_in_place(tmp_path: Path) -> None:
    untidy = write(tmp_path / "b" / "untidy.ad", UNTIDY)
    tidy = write(tmp_path / "a.ad", TIDY)
    write(tmp_path / ".hidden" / "x.ad", UNTIDY)
    write(tmp_path / "b" / "other.txt", UNTIDY)
    os.utime(tidy, ns=(0, 0))
    untidy.chmod(0o640)
    ran = adc("fmt", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "formatted b/untidy.ad\n1 file formatted, 1 already in layout\n"
    assert untidy.read_text(encoding="utf-8") == TIDY
    assert untidy.stat().st_mode & 0o777 == 0o640
    assert tidy.stat().st_mtime_ns == 0
    assert (tmp_path / ".hidden" / "x.ad").read_text(encoding="utf-8") == UNTIDY
    assert (tmp_path / "b" / "other.txt").read_text(encoding="utf-8") == UNTIDY
    assert sorted(path.name for path in untidy.parent.iterdir()) == ["other.txt", "untidy.ad"]
    assert adc("fmt", "b", "a.ad", folder=tmp_path).out == "0 files formatted, 2 already in layout\n"


def test_check_writes_nothing_and_fails(tmp_path: Path) -> None:
    untidy = write(tmp_path / "untidy.ad", UNTIDY)
    ran = adc("fmt", "--check", folder=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == "would format untidy.ad\n1 file would be formatted, 0 already in layout\n"
    assert untidy.read_text(encoding="utf-8") == UNTIDY
    write(untidy, TIDY)
    assert adc("fmt", "--check", folder=tmp_path).code == 0


@pytest.mark.parametrize("before", [UNTIDY, "\ufeffad  glow\r\n", "ad glow\n\n\n"])
def test_a_difference_can_be_patched_in(tmp_path: Path, before: str) -> None:
    untidy = write(tmp_path / "untidy.ad", before)
    ran = adc("fmt", "--diff", "untidy.ad", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "1 file would be formatted, 0 already in layout\n")
    assert untidy.read_bytes() == before.encode()
    assert applied(before, ran.out) == adc("fmt", "-", folder=tmp_path, answer=before).out
    assert adc("fmt", "--diff", "--check", "untidy.ad", folder=tmp_path).code == 1


def applied(before: str, difference: str) -> str:
    """What a difference of one hunk over the whole file makes of it, once it was seen to be one of this file."""
    head, *hunk = difference.split("\n")[1:-1]
    assert head == "+++ untidy.ad"
    old, new = "", ""
    for line in hunk[1:]:
        if line.startswith("\\"):
            old = old.removesuffix("\n")
            continue
        old += line[1:] + "\n" if line[0] in " -" else ""
        new += line[1:] + "\n" if line[0] in " +" else ""
    assert old.replace("\r\n", "\n") == before.replace("\r\n", "\n")
    return new


def test_a_difference_is_coloured_on_a_terminal_only(tmp_path: Path) -> None:
    write(tmp_path / "untidy.ad", UNTIDY)
    env = {**os.environ, "NO_COLOR": ""}
    assert "\x1b" not in adc("fmt", "--diff", folder=tmp_path, env={"NO_COLOR": "", "FORCE_COLOR": ""}).out
    main, terminal = pty.openpty()
    done = subprocess.run(
        [*ADC, "fmt", "--diff"], cwd=tmp_path, env=env, stdout=terminal, stderr=subprocess.PIPE, check=True
    )
    os.close(terminal)
    seen = os.read(main, 65536)
    os.close(main)
    assert b"\x1b[32m+ad glow" in seen
    assert b"\x1b" not in done.stderr


def test_between_pipes(tmp_path: Path) -> None:
    ran = adc("fmt", "-", folder=tmp_path, answer=UNTIDY)
    assert (ran.code, ran.out, ran.err) == (0, TIDY, "")
    assert adc("fmt", "-", "--check", folder=tmp_path, answer=UNTIDY).code == 1
    assert adc("fmt", "-", "--check", folder=tmp_path, answer=TIDY).code == 0
    ran = adc("fmt", "-", folder=tmp_path, answer=BROKEN)
    assert (ran.code, ran.out) == (1, "")
    assert "error[AD0109]" in ran.err
    assert "<stdin>:1:9" in ran.err
    assert adc("fmt", "-", "x.ad", folder=tmp_path, answer=UNTIDY).code == 2


def test_files_with_errors_are_not_touched_and_others_are(tmp_path: Path) -> None:
    broken = write(tmp_path / "b" / "broken.ad", BROKEN)
    latin = tmp_path / "latin.ad"
    latin.write_bytes("ad  glow # é".encode("latin-1"))
    untidy = write(tmp_path / "untidy.ad", UNTIDY)
    ran = adc("fmt", folder=tmp_path)
    assert ran.code == 1
    assert "b/broken.ad:1:9" in ran.err
    assert "error[AD0103]: `latin.ad` is not UTF-8" in ran.err
    assert ran.out == "formatted untidy.ad\n1 file formatted, 0 already in layout, 2 not touched\n"
    assert broken.read_text() == BROKEN
    assert latin.read_bytes() == "ad  glow # é".encode("latin-1")
    assert untidy.read_text(encoding="utf-8") == TIDY


def test_what_cannot_be_read_or_written(tmp_path: Path) -> None:
    untidy = write(tmp_path / "untidy.ad", UNTIDY)
    os.mkfifo(tmp_path / "pipe.ad")
    (tmp_path / "empty").mkdir()
    ran = adc("fmt", "gone.ad", "pipe.ad", "untidy.ad", folder=tmp_path)
    assert ran.code == 3
    assert ran.err == "gone.ad: no such file or directory\npipe.ad: not a regular file\n"
    assert ran.out == "formatted untidy.ad\n1 file formatted, 0 already in layout, 2 not touched\n"
    assert untidy.read_text(encoding="utf-8") == TIDY
    ran = adc("fmt", "empty", folder=tmp_path)
    assert (ran.code, ran.err) == (1, "no .ad file in `empty`\n")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    untidy = write(tmp_path / "real" / "untidy.ad", UNTIDY)
    (tmp_path / "link.ad").symlink_to(untidy)
    assert adc("fmt", "link.ad", folder=tmp_path).code == 0
    assert (tmp_path / "link.ad").is_symlink()
    assert untidy.read_text(encoding="utf-8") == TIDY
