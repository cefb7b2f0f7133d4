"""Buying from the stand-in over real sockets: what is sent, written down, billed and brought home."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image
from support.buying import buyer_at, clip, still, voice
from support.sim import Sim, draws_after, sim_at

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.digest import Engine
from adc.compiler.plan import Json, Step
from adc.compiler.request import problems
from adc.runtime.errors import Ambiguous, Broken, Rejected, Unauthorised
from adc.runtime.fal import handler
from adc.runtime.media.check import check_media
from adc.runtime.ports import Purchase

pytestmark = pytest.mark.anyio


class Opens(list[str]):
    """Notes that open a gate, a file, when all of some are heard."""

    def __init__(self, gate: Path, *, on: tuple[str, ...]) -> None:
        super().__init__()
        self._gate = gate
        self._on = on

    def append(self, text: str) -> None:
        super().append(text)
        if set(self._on) <= set(self):
            self._gate.touch()


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim") as running:
        yield running


@pytest.mark.parametrize(
    ("step", "suffix", "usd"),
    [(still(), ".png", "0.15"), (clip(), ".mp4", "0.42"), (voice(), ".wav", "0.001")],
    ids=["image", "video", "audio"],
)
async def test_a_step_is_bought_decoded_and_paid_once(
    sim: Sim, tmp_path: Path, step: Step, suffix: str, usd: str
) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        made = await buyer.buy(step)
        [entry] = buyer.entries()
    [path] = made.files.values()
    assert list(made.files) == [step.output]
    assert path.suffix == suffix
    assert step.output != "archive"
    check_media(path, step.output)
    assert entry.state == "completed"
    assert made.receipt.request_id == entry.request_id == sim.billed()[0]["request_id"]
    assert made.receipt.billed_units == entry.billed_units == step.price.quantity
    assert made.receipt.usd == entry.usd_paid == sim.total() == Decimal(usd)
    assert made.receipt.engine == "sim"


def test_the_steps_of_these_tests_are_ones_that_the_compiler_would_send() -> None:
    for step in (still(), clip(), voice()):
        assert problems(builtin().endpoint(step.endpoint or ""), step.arguments) == ()


async def test_an_input_is_uploaded_once_for_all_requests_and_builds(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(buyer.buy, still())
            tasks.start_soon(buyer.buy, clip())
        sent = [entry.arguments for entry in buyer.entries()]
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(still("another"))
    assert len(list((sim.folder / "uploads").iterdir())) == 1
    assert f"{sim.url}/files/uploads/" in str(sent[0])
    assert "$file" not in str(sent)


async def test_the_model_is_given_the_very_picture(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(still())
    match sim.drawn:
        case [{"reference_image_urls": [str(local)]}]:
            given = anyio.Path(local)
        case _:
            pytest.fail(f"drawn with {sim.drawn}")
    assert given.suffix == ".png"
    assert await given.read_bytes() == await anyio.Path(tmp_path / "photo.png").read_bytes()


async def test_an_upload_that_is_gone_is_made_again(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(still())
    for file in (sim.folder / "uploads").rglob("*.png"):
        file.unlink()
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(still("another"))
    assert len(sim.billed()) == 2


async def test_the_user_hears_of_the_queue(tmp_path: Path) -> None:
    go = tmp_path / "go"
    with sim_at(tmp_path / "sim", draw=draws_after(go), runners=1) as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            buyer.notes = Opens(go, on=("rendering", "queued, 1 ahead"))
            async with anyio.create_task_group() as tasks:
                for number in range(3):
                    tasks.start_soon(buyer.buy, voice(str(number)))
    assert {"sending", "queued, next", "queued, 1 ahead", "rendering", "fetching"} <= set(buyer.notes)


async def test_a_killed_build_goes_on_with_its_request_and_never_sends_it_again(tmp_path: Path) -> None:
    go = tmp_path / "go"
    with sim_at(tmp_path / "sim", draw=draws_after(go)) as sim:
        async with buyer_at(sim.url, tmp_path) as first:
            await first.buy_until("rendering", clip())
            assert first.states() == ["running"]
        go.touch()
        async with buyer_at(sim.url, tmp_path) as second:
            made = await second.buy(clip())
            assert second.states() == ["completed"]
        assert made.files["video"].exists()
        assert len(sim.billed()) == 1
        assert made.receipt.request_id == sim.billed()[0]["request_id"]


async def test_a_request_that_never_ends_is_left_to_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    with sim_at(tmp_path / "sim", draw=draws_after(go)) as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            with monkeypatch.context() as patch:
                patch.setattr(handler, "LONGEST_RUN_SECONDS", 0.2)
                with pytest.raises(Broken, match="has not ended at fal after 0 hours; it goes on there"):
                    await buyer.buy(voice())
            assert buyer.states() in (["running"], ["submitted"])
            go.touch()
            await buyer.buy(voice())
            assert buyer.states() == ["completed"]
        assert len(sim.billed()) == 1


async def test_ctrl_c_during_the_purchase_waits_for_the_answer(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy_until("sending", voice())
        assert buyer.states() == ["submitted"]
        await buyer.buy(voice())
    assert len(sim.billed()) == 1


async def test_what_was_bought_is_fetched_again_without_buying(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(still())
        made = await buyer.buy(still())
        assert buyer.states() == ["completed"]
    with Image.open(made.files["image"]) as image:
        assert image.size == (320, 480)
    assert len(sim.billed()) == 1


async def test_a_request_the_seller_has_forgotten_is_for_the_user_to_settle(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy_until("sending", voice())
    with sim_at(tmp_path / "other") as restarted:
        async with buyer_at(restarted.url, tmp_path) as buyer:
            for _ in range(2):
                with pytest.raises(Ambiguous, match=r"hook\.voice may have been bought for \$0\.001") as told:
                    await buyer.buy(voice())
                assert told.value.next_command == "adc ledger resolve 1"
                assert buyer.states() == ["ambiguous"]
        assert restarted.billed() == []


async def test_a_refused_input_is_shown_by_its_field_and_not_by_its_words(sim: Sim, tmp_path: Path) -> None:
    step = clip("a secret campaign " * 200)
    async with buyer_at(sim.url, tmp_path) as buyer:
        with pytest.raises(Rejected) as caught:
            await buyer.buy(step)
        assert buyer.states() == ["failed"]
    assert "the model refused hook.clip" in str(caught.value)
    assert "prompt: 3,600 characters long; at most 2,500 are allowed (value_error)" in str(caught.value)
    assert "secret campaign" not in str(caught.value)
    assert sim.billed() == []


async def test_the_engine_is_named_after_the_hosts(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        assert buyer.handler.engine(still()) == Engine("sim")
        assert buyer.handler.remote


async def test_a_bad_key_stops_everything_before_anything_is_sent(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path, key="bad") as buyer:
        with pytest.raises(Unauthorised, match="the key was refused") as caught:
            await buyer.buy(voice())
        assert buyer.states() == ["failed"]
    assert caught.value.stop
    assert caught.value.next_command == "export FAL_KEY=…"
    assert sim.billed() == []


async def test_a_drawing_that_fails_costs_nothing(tmp_path: Path) -> None:
    async def broken(_endpoint: Endpoint, _arguments: Json, _brief: Json, _folder: Path) -> Any:
        raise OSError("no pencil")

    with sim_at(tmp_path / "sim", draw=broken) as sim:
        async with buyer_at(sim.url, tmp_path) as buyer:
            with pytest.raises(Exception, match=r"the model failed at hook\.voice and fal charged nothing"):
                await buyer.buy(voice())
            assert buyer.states() == ["failed"] * 3
        assert sim.total() == 0


async def test_an_attempt_that_died_before_its_answer_is_not_bought_again_unasked(sim: Sim, tmp_path: Path) -> None:
    async with buyer_at(sim.url, tmp_path) as buyer:
        await buyer.buy(voice())
        key = buyer.entries()[0].key
        await buyer.ledger.failed(1, reason="a test")
        await buyer.ledger.intend(Purchase(key, "hello", "hook.voice", "x/y", "sim", {}, {}, voice().price))
        with pytest.raises(Ambiguous, match=r"hook\.voice may have been bought for \$0\.001"):
            await buyer.buy(voice())
        assert buyer.states() == ["failed", "ambiguous"]
    assert len(sim.billed()) == 1
