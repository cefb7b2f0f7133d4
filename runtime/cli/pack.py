"""`adc pack SPEC CHARACTER`: a character's views out of the store, as files with a manifest, for other ads to use."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import anyio

from adc.compiler.shelf import PACK
from adc.compiler.vocabulary import VIEWS
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import engine_name, shown, store_folder
from adc.runtime.cli.delivery import place
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import Compilation, compile_or_complain, complain, handlers_for, open_session
from adc.runtime.errors import AdcError, StoreError
from adc.runtime.forecast import forecast

_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


def run(arguments: Namespace) -> int:
    """Write the pack. Returns an `Exit` code."""
    compilation = compile_or_complain(arguments)
    if compilation is None:
        return Exit.SPEC
    name = arguments.character
    prefix = f"{name}.pack."
    wanted = [step.id for step in compilation.plan.steps if step.id.startswith(prefix)]
    if not wanted:
        sys.stderr.write(f"no scene of this spec uses a pack of `{name}`; a pack is written as `pack front, profile`\n")
        return Exit.USAGE
    try:
        made = anyio.run(_write, arguments, compilation, wanted)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    missing = [step for step in wanted if step.removeprefix(prefix) not in made]
    if missing:
        sys.stderr.write(f"{', '.join(missing)}: not made yet, so no pack was written\n")
        sys.stderr.write(f"next: {again(_build(arguments))}\n")
        return Exit.FAILED
    manifest = Path(arguments.to) / f"{name}.pack.json"
    print(f'{shown(str(manifest))}: {len(made)} views; use it with `pack "{manifest.name}"`')
    return Exit.OK


def _build(arguments: Namespace) -> Namespace:
    """The build of the same spec, as it was asked for here."""
    from adc.runtime.cli.arguments import parser

    build = parser().parse_args(["build", arguments.spec])
    shared = vars(arguments).keys() & vars(build).keys() - {"command"}
    return Namespace(**(vars(build) | {name: getattr(arguments, name) for name in shared}))


async def _write(arguments: Namespace, compilation: Compilation, wanted: list[str]) -> Mapping[str, str]:
    """The views that the store holds, by name: written as files, with the manifest, where it holds them all."""
    name, to = arguments.character, Path(arguments.to)
    with open_session(store_folder(arguments)) as session:
        async with handlers_for(engine_name(arguments), arguments, compilation, session) as handlers:
            said = forecast(compilation.plan, handlers, session.cache, wanted, holds=session.holds(compilation))
        keys = {one.step_id: one.key for one in said if one.status in ("cached", "stale") and one.key}
        found = {step.rpartition(".")[2]: session.cache.lookup(keys[step]) for step in wanted if step in keys}
        blobs = {view: result.outputs["image"] for view, result in found.items() if result is not None}
        paths = {view: f"{name}/{view}{_SUFFIXES.get(blob.media_type, '.png')}" for view, blob in blobs.items()}
        if len(paths) < len(wanted):
            return paths
        ordered = {view: paths[view] for view in VIEWS if view in paths}
        for view, path in ordered.items():
            session.store.verify(blobs[view].digest)
            _place(to / path, session.store.path(blobs[view].digest).read_bytes())
    display = next(step.purpose for step in compilation.plan.steps if step.id in wanted).rpartition(",")[0]
    manifest = {"schema": PACK, "character": name, "display": display, "views": ordered}
    _place(to / f"{name}.pack.json", (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    return ordered


def _place(path: Path, content: bytes) -> None:
    """Write a file. Raises StoreError."""
    try:
        place(path, lambda aside: aside.write_bytes(content))
    except OSError as error:
        raise StoreError(
            f"{shown(str(path))} cannot be written: {error.strerror}; nothing in the store is lost"
        ) from error
