"""The `frame` step: the last frame of a clip that is on screen, as the first picture of the one that continues it.

Its engine names no library: clips that are bought hang on its key, and an upgrade must not buy them again.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from adc.compiler.plan import StepRef, as_ref
from adc.runtime.engines import FRAME
from adc.runtime.ports import Made, Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from adc.compiler.digest import Engine
    from adc.compiler.plan import Step
    from adc.runtime.media.frames import Shown
    from adc.runtime.ports import Workspace

ENGINE = FRAME


class FrameHandler:
    """Takes the last frame that a film shows of a clip, as a PNG."""

    remote = False

    def engine(self, step: Step) -> Engine:  # noqa: ARG002 - every frame is taken alike
        """Always the same."""
        return ENGINE

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Take the frame. Raises MediaError when the clip has none that can be decoded."""
        from anyio import to_thread

        from adc.runtime.media.frames import Shown

        video = as_ref(step.arguments["video"])
        assert video is not None, step.arguments
        frames, rate, skip = (int(str(step.arguments[name])) for name in ("frames", "rate", "skip"))
        name = video.step if isinstance(video, StepRef) else step.id
        output = workspace.folder / "frame.png"
        path = workspace.path_of(video)
        if "last" in step.arguments:
            skip = await to_thread.run_sync(_before, path, name, Fraction(str(step.arguments["last"])))
        await to_thread.run_sync(_take, path, name, Shown(frames, rate, skip), output)
        return Made({step.output: output}, Receipt(ENGINE.name))


def _before(clip: Path, name: str, last: Fraction) -> int:
    from adc.runtime.media.probe import probe

    picture = probe(clip, name).picture
    return picture.before(last) if picture is not None else 0


def _take(clip: Path, name: str, shown: Shown, output: Path) -> None:
    from adc.runtime.media.frames import last

    last(clip, name, shown).save(output, format="PNG", compress_level=6)
