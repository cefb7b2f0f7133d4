"""A stand-in on a free port, drawing tiny real media, and what a test needs to buy a step from it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from time import time
from typing import Any

import anyio
import av
import httpx
import numpy as np
from PIL import Image

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.plan import Json
from adc.runtime.draft.marker import marker
from adc.runtime.sim.clock import Clock
from adc.runtime.sim.faults import Faults
from adc.runtime.sim.runs import Draw
from adc.runtime.sim.serve import start_in_thread

KEY = "planted-key-id:planted-key-secret"


@dataclass(frozen=True, slots=True)
class Sim:
    """A running stand-in: where it is, what it has billed, and the faults that wait in it."""

    url: str
    bill: Path
    folder: Path
    faults: Faults
    drawn: list[dict[str, Json]] = field(default_factory=list)

    def billed(self) -> list[dict[str, Any]]:
        """The lines of the bill."""
        return [json.loads(line) for line in self.bill.read_text().splitlines()] if self.bill.exists() else []

    def total(self) -> Decimal:
        """What a client has paid."""
        return sum((Decimal(line["usd"]) for line in self.billed()), Decimal(0))


@contextmanager
def sim_at(
    folder: Path,
    *,
    draw: Draw | None = None,
    latency: float = 0.0,
    runners: int = 2,
    faults: Faults | None = None,
    clock: Clock = time,
) -> Iterator[Sim]:
    """A stand-in for as long as the `with`, with its files in `folder`; the next one there goes on with them."""
    faults = faults or Faults()
    drawn: list[dict[str, Json]] = []

    async def tiny(
        endpoint: Endpoint, arguments: dict[str, Json], brief: dict[str, Json], folder: Path
    ) -> Mapping[str, Path]:
        drawn.append(arguments)
        return tiny_media(endpoint, folder)

    with start_in_thread(
        folder=folder / "files",
        bill=folder / "bill.jsonl",
        catalogue=builtin(),
        draw=draw or tiny,
        latency=latency,
        runners=runners,
        faults=faults,
        clock=clock,
    ) as url:
        yield Sim(url, folder / "bill.jsonl", folder / "files", faults, drawn)


def client_of(url: str) -> httpx.Client:
    """A client with a key that is good, which asks the stand-in at `url` and nobody else."""
    return httpx.Client(base_url=url, headers={"Authorization": "Key any"}, trust_env=False, timeout=30.0)


def draws_after(gate: Path) -> Draw:
    """A draft engine that draws once the gate, a file, is there."""

    async def draw(
        endpoint: Endpoint, _arguments: dict[str, Json], _brief: dict[str, Json], folder: Path
    ) -> Mapping[str, Path]:
        while not await anyio.Path(gate).exists():  # noqa: ASYNC110  # another thread or process opens it
            await anyio.sleep(0.002)
        return tiny_media(endpoint, folder)

    return draw


def tiny_media(endpoint: Endpoint, folder: Path) -> Mapping[str, Path]:
    """The smallest real file of the kind that the endpoint makes."""
    match endpoint.makes:
        case "image":
            path = picture(folder / "image.png")
        case "video":
            path = film(folder / "video.mp4")
        case "audio":
            path = sound(folder / "audio.wav")
        case "text":
            path = folder / "text.txt"
            path.write_text("dark curls, freckles, a cream sweater", encoding="utf-8")
        case "weights":
            path = folder / "weights.safetensors"
            path.write_bytes(marker())
        case "words":
            path = folder / "words.json"
            words = [{"text": "Two", "start": 0.1, "end": 0.4}, {"text": "drops.", "start": 0.4, "end": 0.9}]
            path.write_text(json.dumps(words), encoding="utf-8")
    return dict.fromkeys(endpoint.outputs, path)


def picture(path: Path, colour: str = "#3070a0") -> Path:
    """A PNG of coarse noise over a colour, large enough for every model."""
    noise = np.random.default_rng(7).integers(0, 60, (96, 64, 3), dtype=np.uint8).repeat(5, 0).repeat(5, 1)
    Image.fromarray(noise + np.array(Image.new("RGB", (320, 480), colour)) // 2).save(path, "PNG")
    return path


def film(path: Path, seconds: float = 1.0, *, container: str = "mp4", seed: int = 7) -> Path:
    """An MP4 of moving noise at 10 fps, its index in front, a key frame every half second."""
    random = np.random.default_rng(seed)
    with av.open(path, "w", format=container, options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=10, options={"g": "5", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 480, "yuv420p"  # a frame of it is taken by every model
        for _ in range(round(seconds * 10)):
            noise = random.integers(0, 255, (30, 20, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
            frame = av.VideoFrame.from_ndarray(noise, format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def sound(path: Path, seconds: float = 0.5) -> Path:
    """A WAV of a 440 Hz tone, 48 kHz mono."""
    tone = (np.sin(np.arange(round(seconds * 48000)) * 2 * np.pi * 440 / 48000) * 8000).astype(np.int16)
    with av.open(path, "w", format="wav") as out:
        stream = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate = 48000
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path
