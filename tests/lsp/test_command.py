"""`adc lsp` as a process: how it begins and how it ends."""

import subprocess
from pathlib import Path

import pytest
from support.command import ADC, adc
from support.editor import editor


def message(body: str) -> bytes:
    """A message as it is sent."""
    return f"Content-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.anyio
async def test_shutdown_and_exit_are_clean(tmp_path: Path) -> None:
    async with editor(tmp_path) as found:
        found.open(tmp_path / "new.ad", "ad")


def test_an_editor_that_vanishes_ends_the_server(tmp_path: Path) -> None:
    ran = adc("lsp", folder=tmp_path, answer="")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_an_exit_without_a_shutdown(tmp_path: Path) -> None:
    ran = subprocess.run(
        [*ADC, "lsp"],
        cwd=tmp_path,
        input=message('{"jsonrpc": "2.0", "method": "exit"}'),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr == b""


def test_without_its_packages_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError(\"No module named 'pygls'\", name='pygls')\n")
    ran = adc("lsp", folder=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert ran.code == 3
    assert ran.err == "the language server needs two more packages: pip install 'adc[lsp]'\n"
