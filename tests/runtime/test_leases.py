"""A step key is made by one build at a time, and a lease dies with its holder."""

import subprocess
import sys
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from support.fakes import FakeHandler, Heard, handlers_of, plan_of, shelf_at, step_of

from adc.compiler.digest import digest_bytes
from adc.runtime.events import StepNoted
from adc.runtime.execute import execute
from adc.runtime.leases import Leases
from adc.runtime.policy import Limits
from adc.runtime.step_cache import key_of

pytestmark = pytest.mark.anyio

KEY, OTHER = digest_bytes(b"one"), digest_bytes(b"other")

HOLDER = """
import sys
from pathlib import Path
from adc.runtime.leases import Leases

leases = Leases(Path(sys.argv[1]))
print(leases.try_take(sys.argv[2]), flush=True)
sys.stdin.read(1)
"""


def holder(path: Path, key: str) -> "subprocess.Popen[str]":
    """Another process that has taken the lease of a key, until it is killed or hears something."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def test_one_process_has_the_lease_and_its_death_gives_it_back(tmp_path: Path) -> None:
    with holder(tmp_path / "leases", KEY) as process:
        leases = Leases(tmp_path / "leases")
        assert not leases.try_take(KEY)
        assert leases.try_take(OTHER)
        process.kill()
        process.wait()
        assert leases.try_take(KEY)
        leases.close()


async def test_whoever_waits_hears_so_once_and_goes_on_when_the_lease_is_free(tmp_path: Path) -> None:
    with holder(tmp_path / "leases", KEY) as process:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                process.kill()
                process.wait()
            await anyio.lowlevel.checkpoint()

        heard: list[str] = []
        leases = Leases(tmp_path / "leases", sleep)
        async with leases.hold(KEY, lambda: heard.append("waits")) as waited:
            assert waited
        assert heard == ["waits"]
        assert len(slept) == 3
        async with leases.hold(KEY, lambda: heard.append("waits again")) as waited:
            assert not waited
        assert heard == ["waits"]
        leases.close()


async def test_what_another_build_has_made_meanwhile_is_not_made_again(tmp_path: Path) -> None:
    plan, heard, handler = plan_of(step_of("front")), Heard(), FakeHandler()
    with shelf_at(tmp_path) as ours, shelf_at(tmp_path) as theirs:

        async def made_by_them(_seconds: float) -> None:
            """While we wait, they make it, and give the lease back."""
            await execute(
                plan,
                handlers=handlers_of(FakeHandler()),
                store=theirs.store,
                cache=theirs.cache,
                reporter=Heard(),
                limits=Limits(4, 4),
            )
            process.kill()
            process.wait()

        leases = Leases(tmp_path / "leases", made_by_them)
        key = key_of(plan.steps[0], handler.engine(plan.steps[0]), {})
        with holder(tmp_path / "leases", key) as process:
            outcome = await execute(
                plan,
                handlers=handlers_of(handler),
                store=ours.store,
                cache=ours.cache,
                reporter=heard,
                limits=Limits(4, 4),
                leases=leases,
            )
        leases.close()
    assert not outcome.failures
    assert not handler.runs
    assert heard.how() == {"front": "cached"}
    assert StepNoted("front", "another build is making this") in heard.events
