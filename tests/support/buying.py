"""A buyer for tests: the real ledger on disk, a real client, and steps that real endpoints take."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import anyio
import anyio.lowlevel
import httpx
from support.sim import KEY, picture

from adc.compiler.catalogue import builtin
from adc.compiler.digest import Engine, digest_bytes, step_key
from adc.compiler.plan import FileRef, Json, Ref, Step
from adc.compiler.price import price
from adc.runtime.database import Database
from adc.runtime.fal.handler import FalHandler, OnAmbiguous, Terms
from adc.runtime.fal.hosts import hosts_at
from adc.runtime.fal.wire import connect
from adc.runtime.ledger import Entry, StoreLedger
from adc.runtime.ports import DayCap, Made, Workspace
from adc.runtime.purse import Purse

STILL = "fal-ai/ideogram/character"
CLIP = "fal-ai/kling-video/o1/standard/reference-to-video"
VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"


class _Stops(list[str]):
    """Notes that cancel a scope when one of them is heard."""

    def __init__(self, note: str, scope: anyio.CancelScope) -> None:
        super().__init__()
        self._note = note
        self._scope = scope

    def append(self, text: str) -> None:
        super().append(text)
        if text == self._note:
            self._scope.cancel()


@dataclass(slots=True)
class Buyer:
    """Runs steps through one `FalHandler`. `slept` are the pauses that it asked for, which take no time."""

    handler: FalHandler
    ledger: StoreLedger
    folder: Path
    notes: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    photo: Path = Path()

    async def buy(self, step: Step) -> Made:
        """Run the step in a fresh workspace, as the executor would."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = self.folder / f"work-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        digest = digest_bytes(self.photo.read_bytes())

        def digest_of(_ref: Ref) -> str:
            return digest

        key = step_key(step, digest_of, Engine("sim"))
        return await self.handler.run(
            step, Workspace(folder, key, path_of=lambda _ref: self.photo, digest_of=digest_of, note=self.notes.append)
        )

    async def buy_until(self, note: str, step: Step) -> None:
        """Run the step, and press Ctrl-C the moment the user hears `note`."""
        with anyio.CancelScope() as scope:
            self.notes = _Stops(note, scope)
            await self.buy(step)
        assert scope.cancelled_caught
        self.notes = []

    def entries(self) -> tuple[Entry, ...]:
        """The ledger's rows."""
        return self.ledger.attempts()

    def states(self) -> list[str]:
        """The states of the ledger's rows."""
        return [entry.state for entry in self.entries()]


@asynccontextmanager
async def buyer_at(
    url: str,
    folder: Path,
    *,
    key: str = KEY,
    on_ambiguous: OnAmbiguous = "fail",
    purse: Purse | None = None,
    day_cap: DayCap | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Buyer]:
    """A buyer whose ledger is in `folder`: a second one over the same folder is the next build."""
    hosts = hosts_at(url)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    with _ledger(folder / "store") as ledger:
        async with connect(hosts, key, transport=transport) as http:
            handler = FalHandler(
                catalogue=builtin(),
                ledger=ledger,
                http=http,
                hosts=hosts,
                terms=Terms(
                    ad="hello",
                    command="adc build hello.ad",
                    on_ambiguous=on_ambiguous,
                    purse=purse or Purse(),
                    day_cap=day_cap,
                ),
                sleep=sleep,
            )
            yield Buyer(handler, ledger, folder / "work", slept=slept, photo=picture(folder / "photo.png"))


@contextmanager
def _ledger(root: Path) -> Iterator[StoreLedger]:
    root.mkdir(exist_ok=True)
    with Database.open(root) as database:
        yield StoreLedger(database)


def still(prompt: str = "Maya by the window") -> Step:
    """A portrait by Ideogram, from a photo."""
    photo = FileRef("sha256:photo").to_json()
    return _step("maya.pack.front", STILL, {"prompt": prompt, "reference_image_urls": [photo]}, "image")


def clip(prompt: str = "@Element1 smiles") -> Step:
    """Five seconds by Kling."""
    photo = FileRef("sha256:photo").to_json()
    element: Json = {"frontal_image_url": photo, "reference_image_urls": [photo]}
    return _step("hook.clip", CLIP, {"prompt": prompt, "duration": "5", "elements": [element]}, "video")


def voice(text: str = "Two drops.") -> Step:
    """A line of speech."""
    return _step("hook.voice", VOICE, {"text": text}, "audio")


def _step(step_id: str, endpoint: str, arguments: dict[str, Json], output: Literal["image", "video", "audio"]) -> Step:
    cost = price(builtin().endpoint(endpoint), arguments)
    return Step(step_id, "generate", endpoint, arguments, output, "a test", cost)
