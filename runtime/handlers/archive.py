"""The `archive` step: files under given names in one zip, as trainers take their pictures.

The same files give the same bytes on any machine and any day: entries stand in the order of the arguments, stored as
they are, with one fixed time and the same rights. So the training behind the archive is bought once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adc.compiler.plan import as_ref
from adc.runtime.engines import ARCHIVE
from adc.runtime.ports import Made, Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from adc.compiler.digest import Engine
    from adc.compiler.plan import Step
    from adc.runtime.ports import Workspace

ENGINE = ARCHIVE

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell."""

_UNIX, _RIGHTS = 3, 0o100644


class ArchiveHandler:
    """Packs files into a zip."""

    remote = False

    def engine(self, step: Step) -> Engine:  # noqa: ARG002 - every archive is packed alike
        """Always the same."""
        return ENGINE

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Pack the files. Raises OSError where the disk takes no more."""
        from anyio import to_thread

        output = workspace.folder / "archive.zip"
        await to_thread.run_sync(_pack, step.arguments, workspace, output)
        return Made({step.output: output}, Receipt(ENGINE.name))


def _pack(arguments: dict[str, Any], workspace: Workspace, output: Path) -> None:
    import shutil
    from zipfile import ZipFile, ZipInfo

    with ZipFile(output, "x") as archive:
        for entry in arguments["entries"]:
            ref = as_ref(entry["file"])
            assert ref is not None, entry
            info = ZipInfo(entry["name"], _TIME)
            info.create_system, info.external_attr = _UNIX, _RIGHTS << 16
            with workspace.path_of(ref).open("rb") as source, archive.open(info, "w") as target:
                shutil.copyfileobj(source, target)
