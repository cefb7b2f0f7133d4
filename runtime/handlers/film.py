"""The `film` step: every scene and card in its order, exactly as long as planned, as one MP4.

Measure each piece, decide what is done to it, write the sound, encode once, and hold the result against the plan
before it counts. Media libraries are imported when a film is made, not before: naming the engine is part of planning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adc.compiler.digest import Engine
from adc.compiler.plan import Json, StepRef, as_ref
from adc.runtime.media import tools
from adc.runtime.ports import Made, Receipt

if TYPE_CHECKING:
    from adc.compiler.plan import Step
    from adc.runtime.media.film import Piece, Target
    from adc.runtime.media.sound import Voice
    from adc.runtime.ports import Workspace

SECONDS_PER_FRAME = 2
"""Time-out of the encoder for each frame of film; a slow machine under load needs a tenth of it."""


_BROKEN = {
    "cut": "does not continue (the picture jumps)",
    "repeats a frame": "does not continue (a frame is shown twice)",
}
"""What a look at a join says where the plan lets a scene continue the one before it."""


class FilmHandler:
    """Cuts the film. `quality` is `draft` (quick, for an animatic) or `final`."""

    remote = False

    def __init__(self, quality: Literal["draft", "final"]) -> None:
        self._quality: Literal["draft", "final"] = quality

    def engine(self, step: Step) -> Engine:  # noqa: ARG002 - every film is made alike
        """The film's bytes depend on the encoder's build, its threads and the processor. Raises ToolError."""
        return Engine(f"film/2 {self._quality} {tools.encoder()}")

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Make the film. Raises MediaError for a piece or a result that is not as planned, and ToolError."""
        from anyio import to_thread

        from adc.runtime.media import run, sound

        target, pieces, voices = await to_thread.run_sync(_measured, step.arguments, workspace)
        frames = sum(piece.segment.frames for piece in pieces)
        pcm, output = workspace.folder / "sound.f32", workspace.folder / "film.mp4"
        await to_thread.run_sync(sound.write, pcm, pieces, voices, target)
        arguments = self._arguments(pieces, pcm, target, workspace)
        await run.encode(
            tools.ffmpeg().path,
            arguments,
            output,
            limit=60 + SECONDS_PER_FRAME * frames,
            progress=_tenths(workspace.note, frames / target.rate),
        )
        for note in await to_thread.run_sync(_checked, output, pieces, frames, target):
            workspace.note(note)
        return Made({step.output: output}, Receipt(self.engine(step).name))

    def _arguments(self, pieces: Sequence[Piece], pcm: Path, target: Target, workspace: Workspace) -> list[str]:
        from adc.runtime.media import argv
        from adc.runtime.media.film import why_not_copied

        reason = why_not_copied(pieces, target)
        if reason:
            workspace.note(f"encoding the picture: {reason}")
            return argv.encoded(pieces, pcm, target, self._quality, tools.THREADS)
        workspace.note("copying the picture: all clips are encoded alike")
        listing = workspace.folder / "clips.ffconcat"
        listing.write_text(argv.listing(pieces, target.rate), encoding="utf-8")
        return argv.copied(listing, pcm, self._quality)


def _measured(arguments: Mapping[str, Any], workspace: Workspace) -> tuple[Target, list[Piece], list[Voice]]:
    """The film's frame, its pieces made to measure, and its voices."""
    from adc.runtime.media.film import Segment, Target, clip_piece, still_piece
    from adc.runtime.media.pictures import opened
    from adc.runtime.media.probe import probe
    from adc.runtime.media.sound import Voice

    target = Target(arguments["width"], arguments["height"], arguments["rate"])
    pieces: list[Piece] = []
    for item in arguments["segments"]:
        source: Json = item.get("video", item.get("image"))
        path, name = _file(source, item["id"], workspace)
        segment = Segment(item["id"], name, path, item["frames"], item.get("skip", 0))
        if "video" in item:
            pieces.append(clip_piece(segment, probe(path, name), target))
        else:
            with opened(path, name) as picture:
                pieces.append(still_piece(segment, picture.size, target))
    voices = []
    for item in arguments.get("voices", []):
        path, name = _file(item["audio"], "a voice-over", workspace)
        voices.append(Voice(name, path, item["at"], item["frames"]))
    return target, pieces, voices


def _file(source: Json, otherwise: str, workspace: Workspace) -> tuple[Path, str]:
    """The file behind a reference, and what people call it: the step that made it."""
    ref = as_ref(source)
    assert ref is not None, source
    return workspace.path_of(ref), ref.step if isinstance(ref, StepRef) else otherwise


def _checked(output: Path, pieces: Sequence[Piece], frames: int, target: Target) -> list[str]:
    """Hold the film against its plan; what its joins look like, one line each."""
    from itertools import pairwise

    from adc.runtime.media.film import check_film
    from adc.runtime.media.probe import probe
    from adc.runtime.media.seams import seam

    check_film(probe(output, "The film"), frames, target)
    notes, frame = [], 0
    for piece, following in pairwise(pieces):
        frame += piece.segment.frames
        if piece.segment.frames >= 2 and following.segment.frames >= 2:
            verdict: str = seam(output, frame, target.rate, "The film").verdict
            if following.segment.skip:
                verdict = _BROKEN.get(verdict, verdict)
            elif verdict.startswith("continues"):
                verdict = "cut"  # two shots may look alike; only where the plan continues one is that news
            notes.append(f"join {piece.segment.id}|{following.segment.id}: {verdict}")
    return notes


def _tenths(note: Callable[[str], None], seconds: float) -> Callable[[float], None]:
    """Notes how far the encoder is, each tenth once."""
    told = 0

    def progress(done: float) -> None:
        nonlocal told
        tenth = min(int(10 * done / seconds), 10)
        if tenth > told:
            told = tenth
            note(f"encoding {tenth}0 %")

    return progress
