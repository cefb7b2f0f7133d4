"""`adc accept SCENE@N [SPEC]` and `adc reject SCENE@N [SPEC]`: which take of a scene the film uses, and which never.

Both are free, and only the lock changes. What follows is told: the take that counts now, what the next build has to
buy, and what goes on from a clip that is another now. That keeps its own take, for nobody has asked for better.
"""

import sys
from argparse import Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from adc.compiler.plan import Step
from adc.runtime.cli.choices import engine_name, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.find_spec import found_spec
from adc.runtime.cli.locking import change
from adc.runtime.cli.session import Compilation, Session, compile_or_complain, complain, open_session
from adc.runtime.cli.take import bought_only, has_scene, scenes_of, steps_of
from adc.runtime.cli.takes import command, shelf_of
from adc.runtime.decisions import counting
from adc.runtime.engines import makers
from adc.runtime.errors import AdcError, LockError
from adc.runtime.forecast import forecast, purchases_ahead
from adc.runtime.lock import Decision, Lock, Verdict
from adc.runtime.reporters.plan_table import amount
from adc.runtime.reporters.takes_table import Shelf
from adc.runtime.takes import Take, judged, known_takes


def run(arguments: Namespace) -> int:
    """Write a verdict down, and say what follows. Returns an `Exit` code."""
    scene, number = arguments.take
    arguments.scene = scene
    if not found_spec(arguments, scene):
        return Exit.USAGE
    looked = bought_only(arguments)
    compilation = compile_or_complain(looked, quiet=True)
    if compilation is None:
        return Exit.SPEC
    if not has_scene(compilation.script, arguments):
        return Exit.USAGE
    verdict: Verdict = "accepted" if arguments.command == "accept" else "rejected"
    called = f"{scene}@{number}{f' of {compilation.of}' if compilation.of else ''}"
    try:
        with open_session(store_folder(arguments)) as session:
            steps = steps_of(compilation, [scene], arguments)[scene]
            shelf = shelf_of(compilation, scene, steps, session)
            take = _take(shelf.takes, number)
            if take is None:
                sys.stderr.write(_unknown(compilation, shelf, number))
                return Exit.USAGE
            if verdict == "accepted":
                _refuse_unusable(shelf, take, session)
            if take.verdict == verdict and take.counts == (verdict == "accepted"):
                print(f"{called} is {verdict} already")
                return Exit.OK
            _write(compilation, steps, number, verdict, session)
            print(f"{called} is {verdict}")
            if take.counts != (verdict == "accepted"):
                after = compile_or_complain(looked, quiet=True)
                refreshed = compile_or_complain(Namespace(**(vars(looked) | {"refresh": True})), quiet=True)
                if after is not None and refreshed is not None:
                    for line in _follows(after, refreshed, shelf, steps, verdict, session, arguments):
                        print(line)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    return Exit.OK


def _take(takes: Sequence[Take], number: int) -> Take | None:
    return next((take for take in takes if take.number == number), None)


def _unknown(compilation: Compilation, shelf: Shelf, number: int) -> str:
    """Why there is no such take."""
    own = [one for one in compilation.lock.decisions if one.step.partition(".")[0] == shelf.scene]
    if any(one.take == number for one in own):
        was = f"{shelf.scene}@{number} was made of other words than the scene has now, so the film cannot use it"
        return f"{was}; nothing was decided\n"
    there = ", ".join(f"{shelf.scene}@{take.number}" for take in shelf.takes)
    return f"there is no {shelf.scene}@{number}; {f'there is {there}' if there else 'the scene has no takes yet'}\n"


def _refuse_unusable(shelf: Shelf, take: Take, session: Session) -> None:
    """Raises LockError for a take that the film cannot be cut from."""
    lacks = take.lacks(shelf.shown)
    if lacks:
        raise LockError(f"{shelf.scene}@{take.number} is not whole: it has no {', '.join(lacks)}; nothing was decided")
    gone = [step for step in shelf.gone.get(take.number, ()) if step in shelf.shown]
    if gone:
        raise LockError(
            f"{shelf.scene}@{take.number} was bought, and its {', '.join(gone)} is not in the store at "
            f"{session.store.root}; nothing was decided"
        )


def _write(compilation: Compilation, steps: Sequence[Step], number: int, verdict: Verdict, session: Session) -> None:
    """Change the lock as it is now. Raises LockError."""
    path, of = compilation.lock_path, compilation.of

    def changed(before: Lock) -> Lock:
        counts = counting(compilation.plan, before, of)
        take = _take(known_takes(steps, before, of, counts), number)
        if take is None:
            raise LockError(f"{path} has lost take {number} a moment ago; nothing was decided")
        moved = take.counts != (verdict == "accepted")
        return judged(before, take, verdict, _listening(compilation, steps, counts) if moved else ())

    change(path, session, changed)


def _listening(compilation: Compilation, steps: Sequence[Step], counts: Mapping[str, Decision]) -> Iterator[Decision]:
    """The decisions that count about what was heard in the clips of a scene."""
    for step in _behind(compilation, {step.id for step in steps}):
        if step.output == "words" and step.id in counts:
            yield replace(counts[step.id], step=step.id, of=compilation.of)


def _behind(compilation: Compilation, ids: Collection[str]) -> Iterator[Step]:
    """The purchases that are made from what these steps make, be it through a frame."""
    made = set(ids)
    for step in compilation.plan.steps:
        if step.id not in ids and any(need in made for need in step.needs):
            if step.kind == "generate":
                yield step
            else:
                made.add(step.id)


def _follows(
    after: Compilation,
    refreshed: Compilation,
    shelf: Shelf,
    steps: Sequence[Step],
    verdict: Verdict,
    session: Session,
    arguments: Namespace,
) -> Iterator[str]:
    """What comes of it that the film has another take now. Raises StoreError."""
    ids = {step.id for step in steps}
    ahead = _ahead(after, session, arguments)
    if verdict == "rejected":
        now = next(step.take for step in after.plan.steps if step.id in shelf.shown)
        own = [step for step in ahead if step.id in ids]
        buys = f"the next build buys take {now} for {amount(own)}" if own else f"take {now} counts now"
        yield f"{shelf.scene}: {buys}"
    missing = {step.id for step in ahead}
    anew = {step.id: step for step in _ahead(refreshed, session, arguments) if step.id not in missing}
    stale = [step.id for step in _behind(after, ids) if step.id in after.decisions and step.id in anew]
    for scene, again in steps_of(after, scenes_of(after.script), arguments).items():
        if any(step.id in stale for step in again):
            yield (
                f"{scene} goes on from the take before: it was accepted so, and is kept; another take of it costs "
                f"{amount(again)}: {command('take', arguments, scene)}"
            )
    if stale:
        yield (
            f"stale by now: {', '.join(stale)}; a build with `--refresh` makes what is stale again, all of it for "
            f"{amount([*anew.values()])}"
        )
    buys = f"buys {', '.join(step.id for step in ahead)} for {amount(ahead)} and " if ahead else ""
    free = "" if ahead else ", which is free"
    yield f"the next build {buys}cuts the film again{free}\nnext: {command('build', arguments)}"


def _ahead(compilation: Compilation, session: Session, arguments: Namespace) -> tuple[Step, ...]:
    """What a build would buy. Raises StoreError."""
    engine = engine_name(bought_only(arguments))
    holds, opened = session.holds(compilation), session.ledger.opened
    said = forecast(compilation.plan, makers(engine), session.cache, opened=opened, holds=holds)
    return purchases_ahead([(compilation.plan, said)])
