"""A disk that fills up while a film is made: one sentence, nothing lost, and the same build goes on afterwards."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.buying import buyer_at, clip, still
from support.fakes import FakeHandler, Heard, handlers_of, plan_of, shelf_at, step_of
from support.sim import sim_at

from adc.compiler.plan import Step
from adc.runtime.errors import StoreError, StoreFull
from adc.runtime.execute import Outcome, execute
from adc.runtime.ledger import StoreLedger
from adc.runtime.policy import Limits

pytestmark = pytest.mark.anyio

LIMITS = Limits(remote=4, local=4, spacing=0)


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        (errno.ENOSPC, StoreFull, "There is no space left for the store at"),
        (errno.EDQUOT, StoreFull, "There is no space left for the store at"),
        (errno.EFBIG, StoreFull, "There is no space left for the store at"),
        (errno.EROFS, StoreError, "cannot be used: read-only file system"),
    ],
)
async def test_what_the_disk_refuses_a_handler_is_a_sentence(
    tmp_path: Path, number: int, kind: type[StoreError], sentence: str
) -> None:
    disk_is_bad = True

    async def write(step: Step) -> None:
        if step.id == "hook" and disk_is_bad:
            raise OSError(number, os.strerror(number))

    plan = plan_of(step_of("front"), step_of("hook", "front"), step_of("film", "hook", kind="film"))
    handler = FakeHandler(during=write)

    async def build() -> Outcome:
        with shelf_at(tmp_path) as shelf:
            return await execute(
                plan,
                handlers=handlers_of(handler),
                store=shelf.store,
                cache=shelf.cache,
                reporter=Heard(),
                limits=LIMITS,
            )

    first = await build()
    assert type(first.failures["hook"]) is kind
    assert sentence in str(first.failures["hook"])
    assert first.blocked == {"film": "hook"}
    disk_is_bad = False
    assert (await build()).failures == {}
    assert handler.runs == {"front": 1, "hook": 2, "film": 1}


def test_a_draft_that_the_system_cuts_off_is_a_full_store(tmp_path: Path) -> None:
    """ffmpeg is ended by a signal, the voice's file by an error number; both are the same to the user."""
    program = """
import resource, sys
from pathlib import Path
import anyio
from adc.compiler.catalogue import builtin
from adc.runtime.draft.draw import draw
from adc.runtime.errors import StoreFull

folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for makes in ("video", "audio"):
    endpoint = next(e for e in builtin().endpoints if e.makes == makes)
    try:
        anyio.run(draw, endpoint, {"text": "Two drops, every morning.", "duration": "4"}, {}, folder)
    except (StoreFull, OSError) as error:
        print(type(error).__name__, error)
print(sorted(path.name for path in folder.glob("draft.*") if "part" not in path.name))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True, text=True, timeout=120
    )
    assert ended.stderr == ""
    first, second, films = ended.stdout.splitlines()
    assert first.startswith("StoreFull There is no space left to write draft.mp4")
    assert second.startswith("OSError [Errno 27]")
    assert films == "[]"


async def test_nothing_is_sent_where_a_purchase_could_not_be_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sim_at(tmp_path / "sim") as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            with monkeypatch.context() as full:
                full.setattr(Path, "write_bytes", _full)
                with pytest.raises(StoreFull, match=r"so nothing was sent for hook\.clip") as caught:
                    await buyer.buy(clip())
            assert buyer.states() == []
            assert sim.billed() == []
            assert caught.value.next_command == "adc build hello.ad"
            await buyer.buy(clip())
        assert len(sim.billed()) == 1


async def test_a_purchase_is_noted_in_the_space_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger finds the disk full for as long as any reserve is on it."""
    noted = StoreLedger.submitted

    def reserves() -> list[Path]:
        return list(tmp_path.glob("work/*/reserve"))

    async def full(self: StoreLedger, attempt: int, *, request_id: str, status_url: str, response_url: str) -> None:
        if reserves():
            raise StoreFull("There is no space left")
        await noted(self, attempt, request_id=request_id, status_url=status_url, response_url=response_url)

    monkeypatch.setattr(StoreLedger, "submitted", full)
    with sim_at(tmp_path / "sim") as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            made = await buyer.buy(still())
            assert buyer.states() == ["completed"]
            assert reserves() == []
        assert [line["request_id"] for line in sim.billed()] == [made.receipt.request_id]


def _full(self: Path, _data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
