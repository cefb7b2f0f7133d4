"""A build that is killed, as by a power cut: the next one knows what the dead one may have bought."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.buying import buyer_at, clip, voice
from support.sim import draws_after, sim_at

from adc.runtime.errors import Ambiguous

pytestmark = pytest.mark.anyio

BUILD = """
import sys
from pathlib import Path
import anyio
from support import buying

class Aloud(list):
    def append(self, text):
        print(text, flush=True)

async def build(url, folder, step):
    async with buying.buyer_at(url, Path(folder)) as buyer:
        buyer.notes = Aloud()
        await buyer.buy(getattr(buying, step)())

anyio.run(build, *sys.argv[1:])
"""


def build_in_a_process(url: str, folder: Path, step: str) -> "subprocess.Popen[str]":
    """A build on its own, that says aloud what its user would hear."""
    tests = Path(__file__).resolve().parent.parent
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, url, str(folder), step],
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_killed_while_the_model_renders(tmp_path: Path) -> None:
    with sim_at(tmp_path / "sim", draw=draws_after(tmp_path / "go")) as sim:
        with build_in_a_process(sim.url, tmp_path, "clip") as build:
            assert build.stdout is not None
            assert "rendering\n" in iter(build.stdout.readline, "")
            build.send_signal(signal.SIGKILL)
        (tmp_path / "go").touch()
        async with buyer_at(sim.url, tmp_path) as buyer:
            assert buyer.states() == ["running"]
            made = await buyer.buy(clip())
            assert buyer.states() == ["completed"]
        assert [line["request_id"] for line in sim.billed()] == [made.receipt.request_id]


async def test_killed_between_the_request_and_its_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with build_in_a_process(url, tmp_path, "voice") as build:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(4) == b"POST"
                build.send_signal(signal.SIGKILL)
                build.wait()
    with sim_at(tmp_path / "sim") as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            assert buyer.states() == ["intended"]
            with pytest.raises(Ambiguous, match=r"may have been bought for \$0\.001") as told:
                await buyer.buy(voice())
            assert told.value.next_command == "adc ledger resolve 1"
            assert buyer.states() == ["ambiguous"]
        assert sim.billed() == []
