"""The long way of `adc check`: compile what was named or found, report it, and remember what was good."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction

from adc.compiler.catalogue import builtin
from adc.compiler.diagnostics import Severity
from adc.compiler.frozen import frozen
from adc.compiler.library import is_library, judge_library
from adc.compiler.pipeline import compile_spec
from adc.compiler.plan import Plan
from adc.compiler.render import count, draw
from adc.compiler.reports.judged import Judged
from adc.compiler.units import dollars_text, seconds_text
from adc.runtime.cli.check import named_files, note_path, place
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.exits import Exit
from adc.runtime.disk import DiskFiles, project_root
from adc.runtime.unchanged import program_stamp, remember


@frozen
class _File:
    """A file that was judged: what was found, in which words a good one is told, and what its answer depends on.

    `path` is as it was written; the paths of `judged` are relative to the project, `inputs` are absolute.
    """

    path: str
    judged: Judged
    good: str
    inputs: Mapping[str, str]

    def failed(self, strict: bool) -> bool:
        """Whether the check of this file failed. `strict` makes warnings count as errors."""
        return any(strict or one.severity is Severity.ERROR for one in self.judged.diagnostics)


def judge(specs: list[str], form: str, *, strict: bool) -> int:
    """Check what `specs` name, and report in the form `text`, `json` or `sarif`. Returns an `Exit` code."""
    files = _judged(specs)
    if not files:
        places = ", ".join(f"`{path}`" for path in specs or ["."])
        sys.stderr.write(f"no .ad file in {places}\n")
        return Exit.SPEC
    if form == "text":
        _tell(files, strict)
    else:
        sys.stdout.write(json.dumps(_report(files, form), indent=2, ensure_ascii=False) + "\n")
    return Exit.SPEC if any(file.failed(strict) for file in files) else Exit.OK


def _judged(paths: list[str]) -> list[_File]:
    """Every file that is judged by itself.

    A file that was found in a folder and is imported by a spec among the others is judged with that one.
    """
    found = [(_judge(path), named) for path, named in named_files(paths)]
    imported = {
        path
        for file, _ in found
        for path in file.inputs
        if file.judged.kind == "spec" and path != os.path.abspath(file.path)
    }
    return [file for file, named in found if named or os.path.abspath(file.path) not in imported]


def _judge(path: str) -> _File:
    folder, name = os.path.split(path)
    root = project_root(path)
    files = DiskFiles(folder, root)
    compiled = compile_spec(name, files, builtin(), rough=True)
    prefix = os.path.relpath(os.path.abspath(folder), root).replace(os.sep, "/")
    prefix = "" if prefix == "." else f"{prefix}/"
    document = compiled.documents.get(name)
    if document is not None and is_library(document):
        library = judge_library(document, files)
        judged = Judged(name, "library", prefix, library.diagnostics, library.texts, None)
        good = f"a library of {library.declared} declaration{'' if library.declared == 1 else 's'}"
        return _File(path, judged, good, _absolute(folder, library.inputs))
    judged = Judged(name, "spec", prefix, compiled.diagnostics, compiled.texts, compiled.plan)
    good = _in_short(compiled.plan) if compiled.plan else ""
    return _File(path, judged, good, _absolute(folder, compiled.inputs))


def _absolute(folder: str, inputs: Mapping[str, str]) -> dict[str, str]:
    return {os.path.abspath(os.path.join(folder, path)): digest for path, digest in inputs.items()}


def _in_short(plan: Plan) -> str:
    """The film in a line: its length, its pieces and its price."""
    seconds, pieces = seconds_text(Fraction(plan.frames, plan.rate)), len(plan.timeline)
    marks = {step.price.mark for step in plan.steps if step.kind == "generate"}
    about = "about " if marks - {"exact"} else ""
    return f"{seconds} s, {pieces} piece{'' if pieces == 1 else 's'}, {about}{dollars_text(plan.usd)}"


def _tell(files: list[_File], strict: bool) -> None:
    """Write the findings for people, and remember the answers of files that passed."""
    colour, stamp = coloured(sys.stdout), program_stamp()
    for file in files:
        told = "".join(_lines(file, strict, colour))
        sys.stdout.write(told)
        if not file.failed(strict):
            where = place(file.path, strict=strict, colour=colour)
            # Without its note the next check only looks longer.
            with suppress(OSError):
                note = {"place": where, "kind": file.judged.kind, "told": told}
                remember(note_path(where), note, stamp=stamp, files=file.inputs.items())
    sys.stdout.flush()


def _lines(file: _File, strict: bool, colour: bool) -> Iterator[str]:
    judged = file.judged
    if judged.diagnostics:
        prefix = os.path.join(os.path.dirname(file.path), "")
        yield draw(judged.diagnostics, judged.texts, prefix=prefix, colour=colour) + "\n"
    how_many = count(judged.diagnostics)
    if not file.failed(strict):
        yield f"{file.path}: ok, {file.good}{f', {how_many}' if how_many else ''}\n"
    elif file.failed(strict=False):
        yield f"{file.path}: {how_many}\n"
    else:
        yield f"{file.path}: {how_many}, which --strict counts as errors\n"


def _report(files: list[_File], form: str) -> object:
    judged = tuple(file.judged for file in files)
    if form == "sarif":
        from adc.compiler.reports.sarif import sarif
        from adc.runtime.version import __version__

        return sarif(judged, __version__)
    from adc.compiler.reports.listing import listing

    return listing(judged)
