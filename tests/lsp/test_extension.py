"""The VS Code extension runs: its code and the client's library in node, with a real server, without an editor."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.command import ADC

NODE = shutil.which("node")
SPEC = 'ad glow\n\nscene hook 8s {\n  action  "x"\n  cast    nobody\n  '


@pytest.fixture(scope="module")
def extension(repository: Path) -> Path:
    """The extension's folder, where node finds what it needs."""
    folder = repository / "grammar" / "editors" / "vscode"
    if NODE is None:
        pytest.skip("node is not installed, and the extension is written for it")
    look = [NODE, "-e", "require.resolve('vscode-languageclient/node')"]
    if subprocess.run(look, cwd=folder, capture_output=True, check=False).returncode:
        pytest.skip(f"the extension's packages are not installed: run `npm install` in {folder.name}, or set NODE_PATH")
    return folder


def run(extension: Path, adc: str, spec: Path) -> Any:
    """What the extension makes of a spec."""
    assert NODE is not None
    script = Path(__file__).with_name("extension.js")
    ran = subprocess.run(
        [NODE, str(script), str(extension), adc, str(spec)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec somebody is in the middle of."""
    file = tmp_path / "half.ad"
    file.write_text(SPEC, encoding="utf-8")
    return file


def test_it_starts_the_server_and_shows_what_that_says(extension: Path, spec: Path, tmp_path: Path) -> None:
    adc = tmp_path / "adc"
    adc.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in ADC) + ' "$@"\n', encoding="utf-8")
    adc.chmod(0o755)
    found = run(extension, str(adc), spec)
    assert any("`nobody` is not declared" in message for message in found["told"])
    assert {"camera", "using", "says"} <= set(found["offered"])
    assert "cast" not in found["offered"]
    assert found["messages"] == []


def test_without_the_command_it_says_what_to_install(extension: Path, spec: Path, tmp_path: Path) -> None:
    found = run(extension, str(tmp_path / "missing"), spec)
    assert "pip install 'adc[lsp]'" in found["messages"][-1]
    assert "undefined" not in found["messages"][-1]
