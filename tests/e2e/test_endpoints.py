"""Every endpoint of the catalogue, from words to a file: cast by a small ad, priced, bought, decoded, billed.

The ads are in `endpoints.ad`. What they ask for is bought from one stand-in over the real protocol; it draws clips of
the size and length that each request asks for, because some prices follow from them.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from support.buying import buyer_at
from support.sim import Sim, sim_at, tiny_media
from support.spec_cases import pictures

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.digest import Engine, digest_bytes, step_key
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import FileRef, Json, Plan, Ref, Step, StepRef, needed
from adc.compiler.request import carries, short_side_of
from adc.runtime import heard
from adc.runtime.draft import request
from adc.runtime.handlers.archive import ArchiveHandler
from adc.runtime.handlers.frame import FrameHandler
from adc.runtime.media.check import check_media
from adc.runtime.media.probe import probe
from adc.runtime.ports import Handler, Workspace

ADS: dict[str, str] = dict(
    re.findall(
        r"^--- (\S+)\n(.*?)(?=^--- |\Z)",
        (Path(__file__).parent / "endpoints.ad").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)
RATE = 2
"""Frames a second of the clips: as few as have a length."""

OWN = "studio/mute/image-to-video"
"""A model that one of the ads declares itself: the stand-in does not know it, so its clip of 12 s is made here."""


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    """One stand-in for all."""
    with sim_at(tmp_path_factory.mktemp("sim"), draw=made_to_measure) as running:
        yield running


async def made_to_measure(
    endpoint: Endpoint, arguments: dict[str, Json], _brief: dict[str, Json], folder: Path
) -> Mapping[str, Path]:
    """The smallest file of its kind, and a clip as long and as large as it would be."""
    if endpoint.makes != "video":
        return tiny_media(endpoint, folder)
    seconds = request.seconds(endpoint, arguments) or Fraction(0)
    short_side = short_side_of(endpoint, arguments) or 96
    if carries(endpoint, "video"):
        sent = probe(request.sent(arguments, "video"), "what was sent").picture
        assert sent is not None
        seconds += sent.seconds
        short_side = round(Fraction(str(arguments.get("upscale_factor", 1))) * min(sent.width, sent.height))
    return dict.fromkeys(endpoint.outputs, _clip(folder / "clip.mp4", short_side, round(seconds * RATE)))


def _clip(path: Path, short_side: int, frames: int) -> Path:
    with av.open(path, "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = short_side, short_side * 16 // 9 // 2 * 2, "yuv420p"
        for number in range(frames):
            level = np.full((stream.height * 3 // 2, stream.width), 40 + 9 * number % 150, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(level, format="yuv420p")))
        out.mux(stream.encode())
    return path


def _plan(text: str) -> Plan:
    compiled = compile_spec("main.ad", MemoryFiles({**pictures(), "main.ad": text.encode()}), builtin())
    assert compiled.diagnostics == ()
    assert compiled.plan is not None
    return compiled.plan


def test_every_endpoint_has_its_ad() -> None:
    assert sorted(ADS) == [endpoint.id for endpoint in builtin().endpoints]


@pytest.mark.anyio
@pytest.mark.parametrize("endpoint_id", ADS)
async def test_from_words_to_a_file_for_the_price_of_the_plan(endpoint_id: str, sim: Sim, tmp_path: Path) -> None:
    plan = _plan(ADS[endpoint_id])
    cast = [step.id for step in plan.steps if step.endpoint == endpoint_id]
    assert cast, "the ad does not lead to the endpoint"
    steps = needed(plan.steps, cast)
    assert all(step.price.mark != "unknown" for step in steps)
    before = sim.total()
    made: dict[str, Path] = {}
    files = {file.digest: pictures()[file.path] for file in plan.files}

    def path_of(ref: Ref) -> Path:
        if isinstance(ref, StepRef):
            return made[ref.step]
        path = tmp_path / ref.digest.removeprefix("sha256:")
        path.write_bytes(files[ref.digest])
        return path

    def digest_of(ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else digest_bytes(made[ref.step].read_bytes())

    async with buyer_at(sim.url, tmp_path) as buyer:
        handlers: dict[str, Handler] = {
            "generate": buyer.handler,
            "frame": FrameHandler(),
            "archive": ArchiveHandler(),
        }
        for number, step in enumerate(steps):
            folder = tmp_path / f"step-{number}"
            folder.mkdir()
            key = step_key(step, digest_of, Engine("sim"))
            if step.endpoint == OWN:
                made[step.id] = _clip(folder / "clip.mp4", 96, 12 * RATE)
                continue
            result = await handlers[step.kind].run(step, Workspace(folder, key, path_of, digest_of))
            (made[step.id],) = result.files.values()
            _assert_is_good(step, made[step.id])
    planned = sum((step.price.usd for step in steps if step.endpoint != OWN), Decimal(0))
    assert sim.total() - before == planned


def _assert_is_good(step: Step, path: Path) -> None:
    match step.output:
        case "image" | "video" | "audio":
            check_media(path, step.output)
        case "words":
            words = heard.parse(path.read_bytes(), path.name)
            assert [word.text for word in words] == ["Two", "drops."]
            assert all(word.start < word.end for word in words)
        case "text":
            assert path.read_text(encoding="utf-8").strip()
        case "weights" | "archive":
            assert path.stat().st_size
