"""`adc init` as people run it: three questions, a first spec that is good, and nothing written over."""

import os
import pty
import select
import signal
import subprocess
from pathlib import Path

import pytest
from support.command import ADC, adc
from support.films import decode

from adc.compiler.catalogue import builtin
from adc.compiler.files import MemoryFiles
from adc.compiler.format import format_text
from adc.compiler.pipeline import Compiled, compile_spec
from adc.runtime.cli.first_spec import SECONDS, SHAPES, Answers, first_spec


def compiled(folder: Path) -> Compiled:
    """The one spec of a folder, seen to be without fault and in layout."""
    (spec,) = folder.glob("*.ad")
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.ad")}
    for data in contents.values():
        assert format_text(data.decode()).encode() == data
    found = compile_spec(spec.name, MemoryFiles(contents), builtin())
    assert found.diagnostics == ()
    assert found.plan is not None
    return found


def test_the_usual_answers_make_a_film(tmp_path: Path) -> None:
    ran = adc("init", "--yes", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "wrote glow_serum.ad\nwrote cast/maya.ad\nwrote .gitignore\nwrote refs/\n\nnext: adc build glow_serum.ad\n"
    )
    compiled(tmp_path)
    assert adc("fmt", "--check", folder=tmp_path).code == 0
    built = adc("build", "glow_serum.ad", folder=tmp_path)
    assert (built.code, built.err) == (0, "")
    film = decode(tmp_path / "out" / "glow_serum.mp4")
    assert (len(film.frames), film.width, film.height) == (450, 1080, 1920)
    ignored = (tmp_path / ".gitignore").read_text().split()
    assert {"out/", "*.mp4"} <= set(ignored)


ANSWERS = [
    "\n\n\n",
    'Müllers "Crème" {{ x }}\nZoë {%, a \\ "scar" {{ and {# more\n20s 16:9\n',
    "光のセラム\n真由美, 三十歳くらい、黒い髪\n9:16\n",
    "maya\nMaya, tall\n1:1, 30s\n",
    "{{ maya }} \t \x07\nif\n7\n",
    "Scene\nself,\n12s\n",
    f"{'x' * 40}\n{'y' * 40}\n35\n",
    "'''\n\"\"\"a\nmodel\n3:2\n9s\n",
    "\xa0 \n  \n   \n",
    "42\n7 dwarves, small\n8s\n",
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_any_answer_makes_a_good_spec(tmp_path: Path, answer: str) -> None:
    ran = adc("init", "my ads", folder=tmp_path, answer=answer)
    assert ran.code == 0, ran.err
    folder = tmp_path / "my ads"
    compiled(folder)
    (spec,) = folder.glob("*.ad")
    assert ran.out.endswith(f"\nnext: adc build 'my ads/{spec.name}'\n")


def test_answers_are_in_the_plan(tmp_path: Path) -> None:
    ran = adc("init", folder=tmp_path, answer='Dr. "Q" {{1}}\nZoë, a scar {{ here }}\n20s 16:9\n')
    assert ran.code == 0, ran.err
    plan = compiled(tmp_path).plan
    assert plan is not None
    assert (plan.title, plan.width, plan.height, plan.frames) == ('Dr. "Q" {{1}}', 1920, 1080, 600)
    prompts = " ".join(str(step) for step in plan.steps)
    assert "a scar {{ here }}" in prompts
    assert "Zoë" in prompts


def test_an_answer_that_cannot_be_used_is_asked_for_again(tmp_path: Path) -> None:
    ran = adc("init", folder=tmp_path, answer=f"!!!\n{'x' * 41}\nTea\nAnn\n3s\n4:5\nlong\n10s\n")
    assert ran.code == 0, ran.err
    assert "a name has letters" in ran.err
    assert "41 letters" in ran.err
    assert "3s is neither a time from 7s to 35s nor a shape: 9:16, 1:1, 16:9" in ran.err
    assert ran.err.count("How long, and which shape? [15s 9:16]") == 4
    assert (tmp_path / "tea.ad").exists()
    assert (tmp_path / "cast" / "ann.ad").exists()


@pytest.mark.parametrize("answer", ["", "Tea\n", "Tea\nAnn\n", "Tea\nAnn\n4:5\n"])
def test_answers_that_end_early_write_nothing(tmp_path: Path, answer: str) -> None:
    ran = adc("init", "shop", folder=tmp_path, answer=answer)
    assert ran.code == 2
    assert ran.err.endswith("\nnothing was written\nnext: adc init shop --yes\n".replace("\nnothing", "; nothing"))
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("obstacle", ["glow_serum.ad", "cast/maya.ad", "cast", "refs"])
def test_nothing_is_written_over(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / obstacle
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    ran = adc("init", "--yes", folder=tmp_path)
    assert (ran.code, ran.err) == (4, f"{obstacle} is there already; nothing was written\n")
    assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before


def test_a_gitignore_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    ran = adc("init", "--yes", folder=tmp_path)
    assert ran.code == 0
    assert "kept .gitignore; see that it names out/ and *.mp4\n" in ran.out
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ran = adc("init", "file", "--yes", folder=tmp_path)
    assert (ran.code, ran.err) == (4, "file is there already; nothing was written\n")


def at_a_terminal(folder: Path, *replies: bytes | signal.Signals) -> tuple[int, str]:
    """Run `adc init` at a terminal and answer each question, with a line or with a signal. Gives code and output."""
    main, terminal = pty.openpty()
    waiting = list(replies)
    with subprocess.Popen(
        [*ADC, "init"], cwd=folder, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    ) as process:
        os.close(terminal)
        seen = b""
        while True:
            try:
                data = os.read(main, 4096)
            except OSError:  # the other side of a terminal closes with an error, not with an end
                break
            seen += data
            if waiting and seen.endswith(b"] "):
                reply = waiting.pop(0)
                if isinstance(reply, bytes):
                    os.write(main, reply)
                    continue
                # A signal that arrives just before the read begins does not interrupt it, so it is sent again.
                while process.poll() is None:
                    process.send_signal(reply)
                    if select.select([main], [], [], 2)[0]:
                        break
        code = process.wait()
    os.close(main)
    return code, seen.decode()


def test_at_a_terminal(tmp_path: Path) -> None:
    code, seen = at_a_terminal(tmp_path, "Café\n".encode(), b"\n", b"12s 1:1\n")
    assert code == 0, seen
    assert "next: adc build cafe.ad" in seen
    plan = compiled(tmp_path).plan
    assert plan is not None
    assert (plan.frames, plan.width) == (360, 1080)


def test_leaving_at_a_terminal_writes_nothing(tmp_path: Path) -> None:
    assert at_a_terminal(tmp_path, b"\n", b"\x04")[0] == 2
    code, seen = at_a_terminal(tmp_path, b"\n", signal.SIGINT)
    assert code == 130
    assert "Traceback" not in seen
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seconds", SECONDS)
def test_every_length_and_shape_can_be_made(seconds: int, shape: str) -> None:
    files = first_spec(Answers(seconds=seconds, shape=shape))
    spec = next(iter(files))
    found = compile_spec(spec, MemoryFiles({path: text.encode() for path, text in files.items()}), builtin())
    assert found.diagnostics == ()
    assert found.plan is not None
    assert found.plan.frames == seconds * 30
