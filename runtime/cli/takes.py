"""`adc takes [SCENE] [SPEC]`: the takes of a scene beside each other, as a table and as a contact sheet."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from adc.compiler.plan import Step, StepRef, as_ref
from adc.compiler.units import dollars_text
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import shown as typed
from adc.runtime.cli.choices import store_folder
from adc.runtime.cli.delivery import place
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.find_spec import found_spec
from adc.runtime.cli.session import Compilation, Session, compile_or_complain, complain, open_session
from adc.runtime.cli.take import bought_only, has_scene, scenes_of, steps_of
from adc.runtime.errors import AdcError, StoreError
from adc.runtime.lock import Decision
from adc.runtime.media.contact_sheet import Piece, Row, draw
from adc.runtime.reporters.takes_table import Shelf, takes_json, takes_lines, verdict_text
from adc.runtime.takes import Take, known_takes, shown


def run(arguments: Namespace) -> int:
    """Show the takes of a scene, or of all that have several. Returns an `Exit` code."""
    if arguments.spec is None and arguments.scene is not None and arguments.scene.endswith(".ad"):
        arguments.scene, arguments.spec = None, arguments.scene
    if not found_spec(arguments, arguments.scene):
        return Exit.USAGE
    compilation = compile_or_complain(bought_only(arguments), quiet=True)
    if compilation is None:
        return Exit.SPEC
    if arguments.scene is not None and not has_scene(compilation.script, arguments):
        return Exit.USAGE
    try:
        with open_session(store_folder(arguments)) as session:
            if arguments.scene is not None:
                return _one(compilation, arguments, session)
            return _several(compilation, arguments, session)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)


def shelf_of(compilation: Compilation, scene: str, steps: Sequence[Step], session: Session) -> Shelf:
    """The takes of a scene, of whose steps these have takes, and what of them the store has lost. Raises StoreError."""
    takes = known_takes(steps, compilation.lock, compilation.of, compilation.decisions)
    gone = {take.number: _gone(take, session) for take in takes}
    seen = shown(compilation.plan, {step.id for step in steps})
    return Shelf(scene, seen, takes, {number: lost for number, lost in gone.items() if lost})


def _gone(take: Take, session: Session) -> tuple[str, ...]:
    """The steps of a take whose very files are not in the store."""
    lost = [step for step, one in take.decisions.items() if artifact(one, session) is None]
    return tuple(sorted(lost))


def artifact(one: Decision, session: Session) -> Path | None:
    """The file of a decision, where the store has it. Raises StoreError."""
    result = session.cache.lookup(one.key)
    kept = result is not None and any(blob.digest == one.artifact for blob in result.outputs.values())
    return session.store.path(one.artifact) if kept else None


def _one(compilation: Compilation, arguments: Namespace, session: Session) -> int:
    steps = steps_of(compilation, [arguments.scene], arguments)[arguments.scene]
    shelf = shelf_of(compilation, arguments.scene, steps, session)
    if arguments.json:
        _print_json([shelf], compilation)
        return Exit.OK
    if not shelf.takes:
        print(f"{shelf.scene} has no takes yet: a build buys the first\nnext: {command('build', arguments)}")
        return Exit.OK
    print(f"{shelf.scene}:")
    for line in takes_lines(shelf):
        print(line)
    sheet = _sheet(compilation, arguments)
    _refuse_losing(sheet)
    rows = list(_rows(shelf, compilation, session))
    plan = compilation.plan
    frames = next(placed.frames for placed in plan.timeline if placed.id == arguments.scene)
    picture = draw(rows, Fraction(plan.width, plan.height), Fraction(frames, plan.rate))
    try:
        place(sheet, lambda aside: picture.save(aside, "PNG"))
    except OSError as error:
        raise StoreError(f"{typed(str(sheet))} cannot be written: {error.strerror}; choose another --out") from error
    print(f"\n{typed(str(sheet))}: a row a take")
    return Exit.OK


def _several(compilation: Compilation, arguments: Namespace, session: Session) -> int:
    scenes = steps_of(compilation, scenes_of(compilation.script), arguments)
    every = [shelf_of(compilation, scene, steps, session) for scene, steps in scenes.items()]
    shelves = [shelf for shelf in every if len(shelf.takes) > 1]
    if arguments.json:
        _print_json(shelves, compilation)
        return Exit.OK
    if not shelves:
        print("no scene has more than one take")
    for number, shelf in enumerate(shelves):
        print(f"{chr(10) if number else ''}{shelf.scene}:")
        for line in takes_lines(shelf):
            print(line)
    return Exit.OK


def _print_json(shelves: Sequence[Shelf], compilation: Compilation) -> None:
    told = takes_json(shelves, compilation.plan.name, compilation.of)
    sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def _sheet(compilation: Compilation, arguments: Namespace) -> Path:
    """Where the contact sheet goes."""
    if arguments.out:
        return Path(os.path.abspath(arguments.out))
    name = os.path.splitext(os.path.basename(arguments.spec))[0]
    chosen = "".join(f".{key}" for key in compilation.plan.choices.values()) if arguments.variants else ""
    return Path(os.path.abspath(os.path.join("out", f"{name}{chosen}.takes.{arguments.scene}.png")))


def _refuse_losing(sheet: Path) -> None:
    """Raises StoreError where a file that is no sheet would be written over."""
    if sheet.suffix.lower() != ".png" or sheet.is_dir():
        raise StoreError(f"{typed(str(sheet))} is no name for a PNG; let --out end in .png")


def _rows(shelf: Shelf, compilation: Compilation, session: Session) -> Iterator[Row]:
    film = next(step for step in compilation.plan.steps if step.kind == "film")
    segments = [segment for segment in _segments(film.arguments) if _step(segment) in shelf.shown]
    rate = compilation.plan.rate
    for take in shelf.takes:
        one = take.decisions[shelf.told_by(take)]
        usd = take.usd
        lines = [verdict_text(take), one.model, dollars_text(usd), one.date]
        if take.number in shelf.gone:
            lines.append("its file is not in the store")
        pieces = [
            Piece(
                f"{shelf.scene}@{take.number}",
                artifact(take.decisions[_step(segment)], session) if _step(segment) in take.decisions else None,
                segment["frames"],
                rate,
                segment.get("skip", 0),
                Fraction(segment["last"]) if "last" in segment else None,
            )
            for segment in segments
        ]
        yield Row(f"{shelf.scene}@{take.number}", lines, take.counts, pieces)


def _segments(arguments: Any) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = arguments["segments"]
    return found


def _step(segment: dict[str, Any]) -> str:
    """The step whose clip a segment of the film shows; empty for a card."""
    ref = as_ref(segment.get("video"))
    return ref.step if isinstance(ref, StepRef) else ""


def command(name: str, arguments: Namespace, *words: str) -> str:
    """Another command about the same spec, in the same place."""
    from adc.runtime.cli.arguments import parser

    other = parser().parse_args([name, *words, arguments.spec])
    for flag in ("settings", "variants", "strict", "store", "fal_url"):
        setattr(other, flag, getattr(arguments, flag))
    return again(other)
