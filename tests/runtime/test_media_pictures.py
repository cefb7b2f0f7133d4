"""Pictures that cannot be read, wherever one is opened: a sentence, never a traceback."""

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from support import filming

from adc.runtime.draft.sheet import open_picture
from adc.runtime.errors import MediaError
from adc.runtime.handlers.card import CardHandler
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.media.check import check_media

pytestmark = pytest.mark.anyio


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(path: Path) -> None:
    """A PNG of a few bytes that says it has 900 million pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def cut_short(path: Path) -> None:
    Image.effect_noise((200, 200), 80).save(path)
    path.write_bytes(path.read_bytes()[:-400])


def garbled(path: Path) -> None:
    Image.effect_noise((200, 200), 80).save(path)
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)


@pytest.fixture(params=[bomb, cut_short, garbled])
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "maya.png"
    request.param(path)
    return path


def test_a_board_refuses_it(bad: Path) -> None:
    with pytest.raises(MediaError, match=r"^the picture maya\.png (is not a picture|has more pixels)"):
        open_picture(bad)


def test_a_bought_one_does_not_count(bad: Path) -> None:
    with pytest.raises(MediaError, match=r"^maya\.png does not decode as image/png"):
        check_media(bad, "image")


async def test_a_card_refuses_it(bad: Path, tmp_path: Path) -> None:
    step = filming.step("card", "offer.card", "image", {
        "width": 270, "height": 480, "background": "#f4efe8", "headline": "Hi", "logo": filming.ref("logo", "image"),
    })  # fmt: skip
    with pytest.raises(MediaError, match=r"^offer\.card: A picture of the card (is not|has more pixels)"):
        await CardHandler().run(step, filming.workspace(tmp_path / "out", {"logo": bad}))


async def test_a_film_refuses_one_that_is_too_large(tmp_path: Path) -> None:
    bomb(tmp_path / "card.png")
    step = filming.film_step([("a", 5, 0)], stills=["a"])
    with pytest.raises(MediaError, match=r"^a\.card has more pixels"):
        await FilmHandler("draft").run(step, filming.workspace(tmp_path / "out", {"a.card": tmp_path / "card.png"}))
