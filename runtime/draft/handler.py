"""The draft engine as a handler of steps: the same plan as a live build, made here."""

from adc.compiler.catalogue import Catalogue
from adc.compiler.digest import Engine
from adc.compiler.plan import Json, Ref, Step, spliced, substitute
from adc.runtime.draft.draw import draw
from adc.runtime.engines import DRAFT
from adc.runtime.ports import Made, Receipt, Workspace


class DraftHandler:
    """Makes `generate` steps of any endpoint as an animatic, free."""

    remote = False

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def engine(self, step: Step) -> Engine:
        """The draft engine, for every step alike."""
        assert step.endpoint is not None, step.id
        return DRAFT

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Draft the step. Raises MediaError and ToolError as `draw` does."""
        assert step.endpoint is not None, step.id

        def read(ref: Ref) -> str:
            return workspace.path_of(ref).read_text(encoding="utf-8")

        def located(value: dict[str, Json]) -> dict[str, Json]:
            return {k: substitute(spliced(v, read), lambda ref: str(workspace.path_of(ref))) for k, v in value.items()}

        files = await draw(
            self._catalogue.endpoint(step.endpoint),
            located(step.arguments),
            located(step.brief),
            workspace.folder,
            workspace.note,
        )
        return Made(files, Receipt("draft"))
