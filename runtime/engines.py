"""Who does each kind of step, as a name in step keys: nothing here can do any of it, so that planning imports no more.

A number goes up when other bytes come of the same step, as when drafts look different: such steps are made again.
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from adc.compiler.digest import Engine
from adc.compiler.frozen import frozen
from adc.compiler.plan import Step, StepKind

EngineName: TypeAlias = Literal["draft", "fal", "sim"]

ARCHIVE = Engine("archive/1")
CARD = Engine("card/2")
DRAFT = Engine("draft/2", reads_brief=True)
FRAME = Engine("frame/1")


def film(quality: Literal["draft", "final"]) -> Engine:
    """The film's bytes depend on the encoder's build, its threads and the processor. Raises ToolError."""
    from adc.runtime.media import tools

    return Engine(f"film/3 {quality} {tools.encoder()}")


@frozen
class Maker:
    """Stands for a handler where nothing is made. `name` may be slow to find, and is asked where a key needs it."""

    name: Callable[[], Engine]
    remote: bool = False

    def engine(self, step: Step) -> Engine:  # noqa: ARG002  # the same for every step
        """Who would do the step. Raises ToolError."""
        return self.name()


def makers(engine: str) -> Mapping[StepKind, Maker]:
    """Who would do each kind of step in a build by `draft`, `fal` or `sim`."""
    draft = engine == "draft"
    return {
        "archive": Maker(lambda: ARCHIVE),
        "card": Maker(lambda: CARD),
        "film": Maker(lambda: film("draft" if draft else "final")),
        "frame": Maker(lambda: FRAME),
        "generate": Maker(lambda: DRAFT) if draft else Maker(lambda: Engine(engine), remote=True),
    }
