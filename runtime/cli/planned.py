"""The plan of a spec as it stands now: from the note of its last compilation, or compiled.

A spec is looked at more often than it is edited, and to compile ten thousand steps takes seconds. So what came of it is
kept in a note: the plan (`compiler/kept.py`), the warnings, and the little else that looking needs. The note holds as
long as every file that was read, the lock, what was chosen and the program are the same, and then neither the compiler
nor the catalogue is imported. Who makes anything compiles: a note can be lost, and nothing is ever bought by one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from adc.compiler import kept
from adc.compiler.frozen import frozen
from adc.compiler.plan import Plan
from adc.runtime.cli.choices import engine_name, store_folder
from adc.runtime.cli.colour import coloured
from adc.runtime.disk import digest_of_file, project_root
from adc.runtime.unchanged import note_path, program_stamp, recall_all, remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from adc.runtime.cli.session import Compilation
    from adc.runtime.unchanged import Note

WARNED = "--strict counts warnings as errors; nothing was made and nothing was spent\n"

_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


@frozen
class Planned:
    """A plan, and what tells people about it: `models` are the names of models by endpoint.

    `offered` are the keys of each variant of the spec, `of` the choices it was compiled under, as decisions have them.
    """

    plan: Plan
    models: Mapping[str, str]
    offered: Mapping[str, tuple[str, ...]]
    of: str


def planned_or_complain(arguments: Namespace, *, quiet: bool = False) -> Planned | None:
    """The plan of the spec; its diagnostics go to stderr. None where one of them is an error.

    `quiet` leaves out warnings that will be told again.
    """
    lock = lock_beside(arguments)
    chosen = _chosen(arguments, lock)
    note = note_path(store_folder(arguments), arguments.spec, "plan", arguments.spec, *chosen)
    stamp = program_stamp()
    recalled = recall_all(note, stamp=stamp)
    if recalled is not None and recalled[0].get("of") == [os.path.realpath(arguments.spec), *chosen]:
        found = _read(*recalled, arguments)
        if found is not None:
            return found if _told(recalled[0], arguments, quiet=quiet) else None
    from adc.runtime.cli.session import compile_or_complain

    before = _digest(lock)
    compilation = compile_or_complain(arguments, quiet=quiet)
    if compilation is None:
        return None
    found = planned_of(compilation)
    body = kept.pack(found.plan)
    if body is not None and before is not None:
        said = {
            "of": [os.path.realpath(arguments.spec), *chosen],
            "models": dict(found.models),
            "offered": {name: list(keys) for name, keys in found.offered.items()},
            "choices": found.of,
            **_warnings(compilation, arguments),
        }
        # Without its note the next look only takes longer.
        with suppress(OSError):
            remember(note, said, stamp=stamp, files={**compilation.inputs, **before}.items(), body=body)
    return found


def plan_in_commit(arguments: Namespace, place: Sequence[str], compiled: Callable[[], Plan | None]) -> Plan | None:
    """The plan of a spec as a commit has it: from its note, or as `compiled`.

    `place` is the commit, and the path there: what they hold never changes, so no file is watched. A spec has at most
    sixteen such notes, by the first digit of the commit; those of later looks take the places of earlier ones.
    """
    chosen = [*place, "sim" if engine_name(arguments) == "sim" else ""]
    note = note_path(store_folder(arguments), arguments.spec, "commit", arguments.spec, place[0][:1])
    stamp = program_stamp()
    recalled = recall_all(note, stamp=stamp)
    if recalled is not None and recalled[0].get("of") == chosen:
        with suppress(*_UNREADABLE):
            return kept.unpack(recalled[1], recalled[2])
    plan = compiled()
    body = kept.pack(plan) if plan is not None else None
    if body is not None:
        with suppress(OSError):
            remember(note, {"of": chosen}, stamp=stamp, files=(), body=body)
    return plan


def lock_beside(arguments: Namespace) -> str | None:
    """The lock that counts for the spec, where there is one."""
    path = f"{arguments.spec}.sim.lock" if engine_name(arguments) == "sim" else f"{arguments.spec}.lock"
    return path if os.path.exists(path) else None


def _chosen(arguments: Namespace, lock: str | None) -> list[str]:
    """All that decides what is compiled and stands in no file; that there is no lock is told by none either."""
    settings, variants = dict(arguments.settings), dict(arguments.variants)
    return [
        project_root(arguments.spec),
        os.path.basename(lock or ""),
        "refresh" if arguments.refresh else "",
        *(f"--set {name}={value}" for name, value in sorted(settings.items())),
        *(f"--variant {name}={key}" for name, key in sorted(variants.items())),
    ]


def planned_of(compilation: Compilation) -> Planned:
    """What is kept of a compilation, and its plan."""
    plan, names = compilation.plan, compilation.catalogue.names
    return Planned(
        plan,
        {step.endpoint: names[step.endpoint] for step in plan.steps if step.endpoint},
        {name: tuple(variant.choices) for name, variant in compilation.script.variants.items()},
        compilation.of,
    )


def _digest(lock: str | None) -> dict[str, str] | None:
    """The lock as it is before it is read, so that no other is taken for the one that was; None where it cannot be."""
    try:
        return {os.path.abspath(lock): digest_of_file(lock)} if lock else {}
    except OSError:
        return None


def _folder(arguments: Namespace) -> str:
    return os.path.normpath(os.path.dirname(arguments.spec) or ".")


def _warnings(compilation: Compilation, arguments: Namespace) -> Note:
    """What the compiler has to say, as it is shown with and without colour; paths are shown as they were typed."""
    if not compilation.diagnostics:
        return {}
    from adc.compiler.render import render

    told = [
        render(compilation.diagnostics, compilation.texts, prefix=compilation.prefix, colour=colour)
        for colour in (False, True)
    ]
    return {"told": told, "folder": _folder(arguments)}


def _read(said: Note, data: bytes, start: int, arguments: Namespace) -> Planned | None:
    """What a note says; None where its warnings show paths otherwise than they were typed now."""
    if "told" in said and said["folder"] != _folder(arguments):
        return None
    try:
        plan = kept.unpack(data, start)
        offered = {name: tuple(keys) for name, keys in said["offered"].items()}
        return Planned(plan, said["models"], offered, said["choices"])
    except _UNREADABLE:
        return None  # a note of which only the sum is right is none either


def _told(said: Note, arguments: Namespace, *, quiet: bool) -> bool:
    """Tell the warnings again; False where they count as errors."""
    if "told" not in said or (quiet and not arguments.strict):
        return True
    sys.stderr.write(said["told"][coloured(sys.stderr)])
    if arguments.strict:
        sys.stderr.write(WARNED)
    return not arguments.strict
