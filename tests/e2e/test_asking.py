"""The question before money is spent, at a real terminal."""

import os
import pty
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import ADC
from support.project import quick_draw
from support.sim import KEY, Sim, sim_at


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    """A stand-in whose films are small and quickly made."""
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


def interrupt(process: "subprocess.Popen[bytes]", main: int, number: signal.Signals) -> None:
    """Signal a process that waits at the terminal, until it says something.

    A signal that arrives just before the read begins does not interrupt it. No person is that quick, but a test is,
    so it is sent again where the build stays silent.
    """
    while process.poll() is None:
        process.send_signal(number)
        if select.select([main], [], [], 2)[0]:
            return


def asked(project: Path, sim: Sim, answer: bytes | signal.Signals) -> tuple[int, str]:
    """Build at a terminal, wait for the question, and answer it with a line or a signal. Gives code and output."""
    main, terminal = pty.openpty()
    env = {**os.environ, "ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    with subprocess.Popen(
        [*ADC, "build", "tiny.ad"], cwd=project, env=env, stdin=terminal, stdout=terminal, stderr=terminal,
        start_new_session=True,
    ) as process:  # fmt: skip
        os.close(terminal)
        seen = b""
        answered = False
        while True:
            try:
                data = os.read(main, 4096)
            except OSError:  # the other side of a terminal closes with an error, not with an end
                break
            if not data:
                break
            seen += data
            if not answered and b"[y/N] " in seen:
                answered = True
                if isinstance(answer, bytes):
                    os.write(main, answer)
                else:
                    interrupt(process, main, answer)
        code = process.wait()
    os.close(main)
    return code, seen.decode()


def test_yes_buys(project: Path, sim: Sim) -> None:
    code, seen = asked(project, sim, b"y\n")
    assert code == 0, seen
    assert "Spend up to $" in seen
    assert len(sim.billed()) == 7


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"maybe\n", b"\x04"])
def test_anything_else_spends_nothing(project: Path, sim: Sim, answer: bytes) -> None:
    code, seen = asked(project, sim, answer)
    assert code == 4, seen
    assert "nothing was spent" in seen
    assert sim.billed() == []


def test_an_interruption_at_the_question_spends_nothing(project: Path, sim: Sim) -> None:
    code, seen = asked(project, sim, signal.SIGINT)
    assert code == 130, seen
    assert "Traceback" not in seen
    assert sim.billed() == []
