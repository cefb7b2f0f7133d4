"""The `card` step: a still with headline, lines, button, logo and picture, drawn here and free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adc.compiler.plan import as_ref
from adc.runtime.engines import CARD
from adc.runtime.errors import MediaError
from adc.runtime.ports import Made, Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from adc.compiler.digest import Engine
    from adc.compiler.plan import Json, Step
    from adc.runtime.ports import Workspace

ENGINE = CARD


class CardHandler:
    """Draws a card as a PNG."""

    remote = False

    def engine(self, step: Step) -> Engine:  # noqa: ARG002 - every card is drawn alike
        """Always the same."""
        return ENGINE

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Draw the card. Raises MediaError for a picture that cannot be read or a letter the font lacks."""
        from anyio import to_thread

        output = workspace.folder / "card.png"
        try:
            await to_thread.run_sync(_draw, step.arguments, workspace, output)
        except MediaError as error:
            raise MediaError(f"{step.id}: {error}") from error
        return Made({step.output: output}, Receipt(ENGINE.name))


def _draw(arguments: dict[str, Any], workspace: Workspace, output: Path) -> None:
    from adc.runtime.media.card import Card, draw

    card = Card(
        width=arguments["width"],
        height=arguments["height"],
        background=arguments["background"],
        headline=arguments["headline"],
        lines=tuple(arguments.get("lines", ())),
        button=arguments.get("button") or "",
        logo=_path(arguments.get("logo"), workspace),
        image=_path(arguments.get("image"), workspace),
    )
    draw(card).save(output, format="PNG", compress_level=6)


def _path(source: Json, workspace: Workspace) -> Path | None:
    ref = as_ref(source)
    return workspace.path_of(ref) if ref is not None else None
