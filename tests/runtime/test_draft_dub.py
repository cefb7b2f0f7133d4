"""A drafted lip-sync: the very pictures of the clip, the voice over them, and a second time the same bytes."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from support.boards import listen
from support.sim import film, sound

from adc.compiler.catalogue import Endpoint, builtin
from adc.runtime.draft.draw import draw
from adc.runtime.errors import MediaError, ToolError
from adc.runtime.media.check import check_media
from adc.runtime.media.probe import probe

pytestmark = pytest.mark.anyio

DUBS = [endpoint for endpoint in builtin().endpoints if endpoint.role == "lipsync"]


def pictures(path: Path) -> list[bytes]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24").tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize("endpoint", DUBS, ids=lambda endpoint: endpoint.id)
@pytest.mark.parametrize("spoken", [0.5, 3.0], ids=["a voice that ends early", "a voice that goes on"])
async def test_the_clip_keeps_its_pictures_and_its_length(endpoint: Endpoint, spoken: float, tmp_path: Path) -> None:
    clip, voice = film(tmp_path / "clip.mp4", 2.0), sound(tmp_path / "voice.wav", spoken)
    made: list[Path] = []
    for name in ("once", "again"):
        folder = tmp_path / name
        folder.mkdir()
        arguments = {"video_url": str(clip), "audio_url": str(voice)}
        made.append((await draw(endpoint, arguments, {}, folder))["video"])
    check_media(made[0], "video")
    assert pictures(made[0]) == pictures(clip)
    found = probe(made[0], "the dub")
    assert found.picture is not None
    assert found.picture.seconds == 2
    assert found.sound is not None
    assert abs(found.sound.seconds - 2) < Fraction(1, 10)
    samples, rate, _ = listen(made[0])
    assert np.abs(samples[: round(0.4 * rate)]).max() > 0.1
    assert bool(np.abs(samples[round(0.7 * rate) :]).max() > 0.1) is (spoken > 1)
    assert made[0].read_bytes() == made[1].read_bytes()


async def test_what_is_missing_or_no_media_is_said(tmp_path: Path) -> None:
    clip, page = film(tmp_path / "clip.mp4"), tmp_path / "page.html"
    page.write_text("<html>")
    with pytest.raises(MediaError, match="the request brings no audio"):
        await draw(DUBS[0], {"video_url": str(clip)}, {}, tmp_path)
    with pytest.raises(ToolError, match="Invalid data"):
        await draw(DUBS[0], {"video_url": str(clip), "audio_url": str(page)}, {}, tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["clip.mp4", "page.html"]
