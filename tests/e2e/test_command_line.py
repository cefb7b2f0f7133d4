"""The command line itself: help, version, words it does not know, and the stand-in as a process."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from support.command import ADC, adc
from syrupy.assertion import SnapshotAssertion

from adc.runtime.version import __version__


@pytest.mark.parametrize("words", [(), ("build",), ("plan",), ("sim",)])
def test_help(tmp_path: Path, words: tuple[str, ...], snapshot: SnapshotAssertion) -> None:
    ran = adc(*words, "--help", folder=tmp_path, env={"COLUMNS": "100"})
    assert ran.code == 0
    told = [line.rstrip() for line in ran.out.splitlines()]
    # Python 3.13 and later write `-V, --version` once and in another place of the line.
    assert {word for line in told for word in line.split() if word.startswith("--")} == snapshot


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(tmp_path: Path, flag: str) -> None:
    assert adc(flag, folder=tmp_path).out == f"adc {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("bild", "x.ad"),
        ("build",),
        ("build", "x.ad", "--remote", "0"),
        ("build", "x.ad", "--local", "two"),
        ("sim", "--port", "99999"),
    ],
)
def test_words_it_does_not_know(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = adc(*words, folder=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("usage: adc")


def test_the_stand_in_as_a_process(project: Path, tmp_path: Path) -> None:
    words = [*ADC, "sim", "--port", "0", "--folder", "stand-in"]
    with subprocess.Popen(words, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split(" listens at ")[1].split(";")[0]
        try:
            ran = adc("build", "tiny.ad", "--yes", "--fal-url", url, "--remote", "3", folder=project)
            assert ran.code == 0, ran.err
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            errors = process.stderr.read()
            code = process.wait()
    assert (code, errors) == (0, "")
    assert len((project / "stand-in" / "bill.jsonl").read_text().splitlines()) == 7


def test_two_stand_ins_on_one_port(tmp_path: Path) -> None:
    words = [*ADC, "sim", "--port", "0"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split(" listens at ")[1].split(";")[0].rpartition(":")[2]
        ran = adc("sim", "--port", port, folder=tmp_path)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert ran.code == 3
    assert f"port {port} of 127.0.0.1 cannot be used" in ran.err


def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    words = [*ADC, "plan", "tiny.ad", "--json"]
    read, write = os.pipe()
    with subprocess.Popen(words, cwd=project, stdout=write, stderr=subprocess.PIPE, text=True) as process:
        os.close(write)
        os.close(read)
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait() in (0, 141)
