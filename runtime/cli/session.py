"""What `build` and `plan` share: the spec compiled, the engine chosen, the handlers put together."""

import os
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from adc.compiler import pipeline
from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.diagnostics import Severity
from adc.compiler.plan import Plan
from adc.compiler.render import render
from adc.runtime.disk import DiskFiles, project_root


@dataclass(frozen=True, slots=True)
class Compilation:
    """A plan, the catalogue that it was made with, and the files it was made from (absolute path to digest)."""

    plan: Plan
    catalogue: Catalogue
    folder: Path
    inputs: dict[str, str]


def compile_or_complain(arguments: Namespace) -> Compilation | None:
    """Compile the spec; write its diagnostics to stderr. None where there is an error."""
    spec = Path(arguments.spec)
    folder = spec.parent
    catalogue = builtin()
    compiled = pipeline.compile_spec(spec.name, DiskFiles(folder, project_root(spec)), catalogue)
    if compiled.diagnostics:
        prefix = "" if folder == Path() else folder.as_posix() + "/"
        colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
        sys.stderr.write(render(compiled.diagnostics, compiled.texts, prefix=prefix, colour=colour))
    if compiled.plan is None:
        if any(one.severity is Severity.ERROR for one in compiled.diagnostics):
            sys.stderr.write("nothing was made and nothing was spent\n")
        return None
    inputs = {os.path.abspath(folder / path): digest for path, digest in compiled.inputs.items()}
    return Compilation(compiled.plan, catalogue, folder, inputs)
