"""fal's own JavaScript client, the npm package as it is published, talks to the stand-in."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from support.sim import sim_at

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"


@pytest.fixture
def script(repository: Path) -> list[str]:
    """The command that runs the client."""
    folder = repository / "tests" / "js"
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    if not (folder / "node_modules" / "@fal-ai" / "client").is_dir():
        pytest.skip("fal's client is not installed: npm --prefix tests/js ci")
    return [node, str(folder / "client.mjs")]


def test_it_submits_follows_fetches_and_uploads(script: list[str], tmp_path: Path) -> None:
    with sim_at(tmp_path) as sim:
        done = subprocess.run([*script, sim.url], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        bought = {line["request_id"] for line in sim.billed()}
    assert seen == {
        "submitted": ["cancel_url", "queue_position", "request_id", "response_url", "status", "status_url"],
        "streamed": seen["streamed"],
        "result": [True, "audio/wav"],
        "status": "COMPLETED",
        "cancel": "ALREADY_COMPLETED",
        "subscribed": "audio/wav",
        "uploaded": True,
        "parts": True,
        "wrong": ["ValidationError", 422, ["body", "speed"]],
    }
    assert seen["streamed"][-1] == "COMPLETED"
    assert len(bought) == 2
