"""A result is believed only while all of its blobs are whole."""

from decimal import Decimal
from pathlib import Path

import pytest
from support.fakes import Shelf, plan_of, shelf_at, step_of

from adc.compiler.digest import Engine, digest_bytes
from adc.runtime.ports import Receipt, Result
from adc.runtime.step_cache import key_of

pytestmark = pytest.mark.anyio

KEY = digest_bytes(b"key")


async def record(shelf: Shelf) -> Result:
    outputs = {
        "image": shelf.store.put_bytes(b"picture", "image/png"),
        "mask": shelf.store.put_bytes(b"mask", "image/png"),
    }
    result = Result(outputs, Receipt("fal", Decimal("0.035"), "r-1", "1"))
    await shelf.cache.record(KEY, "maya.pack.front", result)
    return result


async def test_what_was_recorded_is_found_again(tmp_path: Path) -> None:
    with shelf_at(tmp_path) as shelf:
        assert shelf.cache.lookup(KEY) is None
        result = await record(shelf)
        assert shelf.cache.lookup(KEY) == result
    with shelf_at(tmp_path) as shelf:
        assert shelf.cache.lookup(KEY) == result


@pytest.mark.parametrize("left", [None, b"mas"])
async def test_a_result_with_a_blob_lost_or_cut_short_is_no_result(tmp_path: Path, left: bytes | None) -> None:
    with shelf_at(tmp_path) as shelf:
        result = await record(shelf)
        path = shelf.store.path(result.outputs["mask"].digest)
        path.unlink()
        if left is not None:
            path.write_bytes(left)
        assert shelf.cache.lookup(KEY) is None
        await record(shelf)
        assert shelf.cache.lookup(KEY) == result


async def test_a_key_goes_by_the_content_of_what_a_step_needs(tmp_path: Path) -> None:
    front, clip = plan_of(step_of("front"), step_of("clip", "front")).steps
    engine = Engine("fake")
    with shelf_at(tmp_path) as shelf:
        same = [shelf.store.put_bytes(b"picture", "image/png") for _ in range(2)]
        other = shelf.store.put_bytes(b"another", "image/png")

    def key(blob: int) -> str:
        return key_of(clip, engine, {"front": Result({"image": (*same, other)[blob]}, Receipt(f"made {blob}"))})

    assert key(0) == key(1)
    assert key(0) != key(2)
    assert key_of(front, engine, {}) != key_of(front, Engine("draft/1"), {})
