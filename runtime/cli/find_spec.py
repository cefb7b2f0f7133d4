"""Which spec is meant where none is typed: the one of this folder, or of `specs` in it, that has the scene or the step.

Scenes stand in the specs themselves, so their texts tell. Only a step of something else (`maya.pack.front`), or one of
a scene that several specs have, needs them compiled, and then without the words of prompts.
"""

import sys
from argparse import Namespace
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from adc.compiler.nodes import Document
from adc.compiler.parse import parse
from adc.compiler.vocabulary import likeliest
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import names_plan
from adc.runtime.disk import DiskFiles, project_root

FOLDERS: Final = (".", "specs")
"""Where specs are looked for."""


def found_spec(arguments: Namespace, place: str | None) -> bool:
    """Fill in `arguments.spec` where it was left out: the spec that has `place`, a scene or a step, or the only one.

    False where that is none, or several, or where a plan was named; stderr is told.
    """
    if arguments.spec is not None:
        if names_plan(arguments.spec):
            sys.stderr.write(f"{arguments.spec} is a plan; `adc {arguments.command}` takes the spec it was made from\n")
            return False
        return True
    specs = dict(specs_here())
    having = [*specs] if place is None else _having(place, specs)
    if len(having) == 1:
        arguments.spec = having[0]
        return True
    if having:
        what = f"{_and(having)} have `{place}`" if place else f"there are {_and(having)}"
        sys.stderr.write(f"{what}; name the one that you mean\nnext: {_command(arguments, having[0])}\n")
        return False
    sys.stderr.write(_unfound(place, specs))
    return False


def _having(place: str, specs: Mapping[str, Collection[str]]) -> list[str]:
    """Those of the specs, each with its scenes, that have a scene or a step."""
    having = [path for path, scenes in specs.items() if place.partition(".")[0] in scenes]
    if not having or (len(having) > 1 and "." in place):
        steps = {path: _steps(path) for path in having or specs}
        having = [path for path, ids in steps.items() if place in _known(ids)] or having
    return having


def _unfound(place: str | None, specs: Mapping[str, Iterable[str]]) -> str:
    """The sentence that says that no spec has `place`, with the likeliest name."""
    if place is None or not specs:
        folders = " or ".join("this folder" if folder == "." else f"./{folder}" for folder in FOLDERS)
        return f"there is no spec in {folders}; {f'name it behind `{place}`' if place else 'name one'}\n"
    names = {name for scenes in specs.values() for name in scenes}
    if "." in place or not likeliest(place, names):
        names |= {name for path in specs for name in _known(_steps(path))}
    near = likeliest(place, names) or f"there are {_and(sorted(specs))}; name the spec behind it"
    return f"no spec here has a scene or a step `{place}`; {near}\n"


def specs_here() -> Iterator[tuple[str, frozenset[str]]]:
    """The specs, files that declare an `ad`, by path, each with its scenes."""
    for folder in FOLDERS:
        for file in sorted(Path(folder).glob("*.ad")):
            try:
                source = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue  # whoever names it is told what is wrong with it
            document, _ = parse(str(file), source)
            if any(statement.keyword.written == "ad" for statement in document.statements):
                yield str(file), frozenset(_scenes(document))


def _scenes(document: Document) -> Iterator[str]:
    for statement in document.statements:
        if statement.keyword.written == "scene" and statement.values:
            yield statement.values[0].written


def _steps(path: str) -> frozenset[str]:
    """The ids of a spec's steps; none where it has errors."""
    from adc.compiler.catalogue import builtin
    from adc.compiler.pipeline import compile_spec

    spec = Path(path)
    plan = compile_spec(spec.name, DiskFiles(spec.parent, project_root(spec)), builtin(), rough=True).plan
    return frozenset(step.id for step in plan.steps) if plan is not None else frozenset()


def _known(steps: Iterable[str]) -> frozenset[str]:
    """What a step may be asked for by: its id, and what comes before the point in it, a scene or whose it is."""
    return frozenset(name for step in steps for name in (step, step.partition(".")[0]))


def _command(arguments: Namespace, spec: str) -> str:
    return again(Namespace(**(vars(arguments) | {"spec": spec})))


def _and(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
