"""`adc take SCENE [SPEC] [-n N]`: further takes of a scene, bought side by side under one agreement.

Each take is the scene compiled with another number, so it has keys of its own, and is bought with all that a build
promises: once, by one of the builds that share a store, gone on with after a kill. A number is used up when the lock
has it; until then the same command means the same takes.

The takes stand in one plan beside the film that they are of, their steps named `hook.clip@3`. What they rest on, such
as a pack or the clip before, they share with the film: it is held or cached as in a build, and bought where it is
missing.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from adc.compiler import frozen, pipeline
from adc.compiler.catalogue import builtin
from adc.compiler.definitions import Script
from adc.compiler.pins import Pins
from adc.compiler.plan import FileRef, Json, Plan, Ref, Step, StepRef, needed, substitute
from adc.compiler.vocabulary import likeliest
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import engine_name, spec_choices, store_folder
from adc.runtime.cli.ending import failed, under_way
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.find_spec import found_spec
from adc.runtime.cli.locking import change
from adc.runtime.cli.make import NOTICES
from adc.runtime.cli.occasion import occasion_of
from adc.runtime.cli.session import Compilation, Session, compile_or_complain, complain, handlers_for, open_session
from adc.runtime.decisions import Made, counting
from adc.runtime.disk import DiskFiles, project_root
from adc.runtime.engines import makers
from adc.runtime.errors import AdcError, LockError, SpendRefused
from adc.runtime.execute import Outcome, execute
from adc.runtime.forecast import Forecast, forecast, purchases_ahead
from adc.runtime.ledger import Wanted, moment, utc_now
from adc.runtime.lock import Lock
from adc.runtime.policy import Limits, wanted
from adc.runtime.ports import AttemptState
from adc.runtime.reporters.plain import PlainReporter
from adc.runtime.reporters.plan_table import amount
from adc.runtime.reporters.takes_table import further_lines, taken_line
from adc.runtime.takes import begun_takes, known_takes, named, next_numbers, steps_with_takes, tried

if TYPE_CHECKING:
    from adc.runtime.fal.handler import Terms

_OPEN: Final[frozenset[AttemptState]] = frozenset({"intended", "submitted", "running", "completed", "ambiguous"})
"""The states of a purchase that has to be gone on with."""


@dataclass(frozen=True, slots=True)
class _Takes:
    """Further takes of a scene.

    `film` is the plan as it stands; `plans` are those with each take, by its number, and `steps` what makes a take of
    it, by step id. `beside` is the film with all takes at its side; `goal` are the steps of the takes in that.
    """

    scene: str
    film: Plan
    plans: Mapping[int, Plan]
    steps: Mapping[int, Mapping[str, Step]]
    beside: Compilation
    goal: tuple[str, ...]


def run(arguments: Namespace) -> int:
    """Make further takes. Returns an `Exit` code."""
    if not found_spec(arguments, arguments.scene):
        return Exit.USAGE
    engine = engine_name(arguments)
    keyless = engine == "draft"
    # A draft has no lock, so without a key it is only told what takes would cost.
    compilation = compile_or_complain(bought_only(arguments) if keyless else arguments)
    if compilation is None:
        return Exit.SPEC
    if not has_scene(compilation.script, arguments):
        return Exit.USAGE
    began = moment(utc_now())
    left = "nothing was spent"
    try:
        with open_session(store_folder(arguments)) as session:
            takes = _further(compilation, "fal" if keyless else engine, session, arguments)
            said = _forecast(takes, "fal" if keyless else engine, session)
            if keyless:
                raise _without_key(takes, said)
            _announce(takes, said, engine)
            from adc.runtime.cli.spending import admitted

            session.ingest(takes.beside)
            every = (*said, *_paid_already(takes, engine, session))
            (terms,) = admitted([(takes.beside, every)], engine, arguments, session)
            try:
                outcome = anyio.run(_execute, takes, engine, arguments, session, terms)
            except KeyboardInterrupt:
                left = under_way(session, engine)
                raise
            kept = _keep(takes, outcome, session, arguments)
            if outcome.failures:
                left_over = Namespace(**(vars(arguments) | {"number": len(takes.plans) - kept}))
                wasted = session.ledger.lines(
                    Wanted(ad=takes.beside.plan.name, engine=engine, since=began, wasted=True)
                )
                return failed(takes.beside, outcome, sum((line.usd for line in wasted), Decimal(0)), left_over)
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, arguments)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nstopped; {left}\n")
        return Exit.INTERRUPTED
    return Exit.OK


def bought_only(arguments: Namespace) -> Namespace:
    """The arguments for looking at what was bought: no key is needed for it, and no draft is meant."""
    return Namespace(**(vars(arguments) | {"locked": True}))


def has_scene(script: Script, arguments: Namespace) -> bool:
    """Whether the spec has the scene that was typed; stderr is told of one that it has not."""
    scenes = scenes_of(script)
    if arguments.scene in scenes:
        return True
    near = likeliest(arguments.scene, scenes) or f"it has {', '.join(f'`{name}`' for name in scenes)}"
    sys.stderr.write(f"{arguments.spec} has no scene `{arguments.scene}`; {near}\n")
    return False


def scenes_of(script: Script) -> tuple[str, ...]:
    """The names of the scenes, in the order of the film."""
    from adc.compiler.definitions import Scene

    return tuple(piece.name for piece in script.pieces if isinstance(piece, Scene))


def steps_of(compilation: Compilation, scenes: Sequence[str], arguments: Namespace) -> Mapping[str, tuple[Step, ...]]:
    """The steps of each scene that have takes. Raises AdcError."""
    above = 1 + max(step.take for step in compilation.plan.steps)
    plan = _taken(compilation, dict.fromkeys(scenes, above), arguments)
    return {scene: steps_with_takes(plan, scene, above) for scene in scenes}


def _taken(compilation: Compilation, takes: Mapping[str, int], arguments: Namespace) -> Plan:
    """The plan of the film with these takes, by scene. Raises AdcError where the spec has changed meanwhile."""
    spec, pins = Path(arguments.spec), compilation.pins
    others = {place: take for place, take in pins.takes.items() if place.partition(".")[0] not in takes}
    compiled = pipeline.compile_spec(
        spec.name,
        DiskFiles(compilation.folder, project_root(spec)),
        builtin(),
        spec_choices(arguments),
        pins=Pins(pins.models, {**others, **takes}, pins.templates),
    )
    if compiled.plan is None:
        raise AdcError(f"{spec} was edited while it was read; nothing was made and nothing was spent")
    return compiled.plan


def _further(compilation: Compilation, engine: str, session: Session, arguments: Namespace) -> _Takes:
    """The takes that are wanted. Raises AdcError."""
    scene = arguments.scene
    ids = {step.id for step in steps_of(compilation, [scene], arguments)[scene]}
    own = {step.id: step for step in compilation.plan.steps if step.id in ids}
    asked_for = session.ledger.lines(Wanted(ad=compilation.plan.name, engine=engine, scene=scene, states=_OPEN))
    begun = begun_takes(scene, (line.step for line in asked_for))
    numbers = next_numbers([*own.values()], compilation.lock, arguments.number, begun)
    plans = {number: _taken(compilation, {scene: number}, arguments) for number in numbers}
    steps = {number: {step.id: step for step in plan.steps if step.id in ids} for number, plan in plans.items()}
    further: dict[str, Step] = {}
    for number, plan in plans.items():
        further |= _beside(plan, number, ids)
    film = compilation.plan
    known = {step.id for step in film.steps}
    added = tuple(step for name, step in further.items() if name not in known)
    beside = replace(compilation, plan=frozen.replace(film, steps=(*film.steps, *added)))
    goal = tuple(named(step, number) for number in numbers for step in steps[number])
    return _Takes(scene, film, plans, steps, beside, goal)


def _beside(plan: Plan, number: int, ids: set[str]) -> dict[str, Step]:
    """What makes a take, by the names that its steps have beside those of the film and of other takes."""
    names: dict[str, str] = {}
    found: dict[str, Step] = {}

    def renamed(ref: Ref) -> Json:
        if isinstance(ref, FileRef):
            return ref.to_json()
        return StepRef(names.get(ref.step, ref.step), ref.output).to_json()

    for step in needed(plan.steps, ids):
        if step.id in ids or any(need in names for need in step.needs):
            names[step.id] = named(step.id, number)
            arguments = {name: substitute(value, renamed) for name, value in step.arguments.items()}
            found[names[step.id]] = frozen.replace(step, id=names[step.id], arguments=arguments)
        else:
            found[step.id] = step
    return found


def _forecast(takes: _Takes, engine: str, session: Session) -> tuple[Forecast, ...]:
    holds, opened = session.holds(takes.beside), session.ledger.opened
    return forecast(takes.beside.plan, makers(engine), session.cache, takes.goal, opened=opened, holds=holds)


def _paid_already(takes: _Takes, engine: str, session: Session) -> Iterator[Forecast]:
    """What of the film, and of its takes before, the ad's budget has paid for already."""
    said = forecast(takes.film, makers(engine), session.cache, holds=session.holds(takes.beside))
    yield from (one for one in said if one.status in ("cached", "stale"))
    for one in takes.beside.lock.decisions:
        if one.of == takes.beside.of:
            yield Forecast(one.step, "cached", None, one.key)


def _ahead(takes: _Takes, said: Sequence[Forecast]) -> tuple[Step, ...]:
    return purchases_ahead([(takes.beside.plan, said)])


def _announce(takes: _Takes, said: Sequence[Forecast], engine: str) -> None:
    """Say what will happen before it does."""
    steps = {step.id: step for step in takes.beside.plan.steps}
    shown = [steps[one.step_id] for one in said]
    rest = [step for step in _ahead(takes, said) if step.id not in takes.goal]
    models = takes.beside.catalogue.names
    for line in further_lines(takes.scene, [*takes.plans], shown, said, models, _ahead(takes, said), rest):
        print(line)
    if engine in NOTICES:
        print(NOTICES[engine])
    sys.stdout.flush()


def _without_key(takes: _Takes, said: Sequence[Forecast]) -> SpendRefused:
    """Why there are no takes without a key."""
    many = f"{len(takes.plans)} more takes" if len(takes.plans) > 1 else "One more take"
    would = f"{many} of {takes.scene} would cost {amount(_ahead(takes, said))}"
    return SpendRefused(
        f"takes are bought, and there is no key for fal.ai here; a free draft has none, for it is always the same. "
        f"{would}; nothing was spent",
        next_command="adc auth login",
    )


async def _execute(takes: _Takes, engine: str, arguments: Namespace, session: Session, terms: "Terms") -> Outcome:
    beside = takes.beside
    holds = session.holds(beside)
    told = frozen.replace(beside.plan, steps=wanted(beside.plan, takes.goal, holds.results))
    async with handlers_for(engine, arguments, beside, session, terms) as handlers:
        with session.store.leases() as leases:
            return await execute(
                beside.plan,
                handlers=handlers,
                store=session.store,
                cache=session.cache,
                reporter=PlainReporter(told),
                limits=Limits(remote=arguments.remote, local=arguments.local or os.cpu_count() or 1),
                goal=takes.goal,
                leases=leases,
                holds=holds,
                occasion=occasion_of(beside, engine),
            )


def _keep(takes: _Takes, outcome: Outcome, session: Session, arguments: Namespace) -> int:
    """Write the takes that are whole into the lock, and say how they stand; gives how many. Raises LockError."""
    made: dict[int, Mapping[str, tuple[Step, Made]]] = {}
    for number, steps in takes.steps.items():
        names = {step_id: named(step_id, number) for step_id in steps}
        if all(name in outcome.results for name in names.values()):
            made[number] = {
                step_id: (step, Made(outcome.keys[names[step_id]], outcome.results[names[step_id]]))
                for step_id, step in steps.items()
            }
    if not made:
        return 0
    beside, plan = takes.beside, takes.plans[min(made)]
    after = Lock()

    def changed(before: Lock) -> Lock:
        nonlocal after
        after = tried(
            before,
            plan,
            beside.of,
            made.values(),
            counting=counting(plan, before, beside.of),
            catalogue=beside.catalogue,
            date=utc_now().date().isoformat(),
        )
        return after

    try:
        change(beside.lock_path, session, changed)
    except LockError as error:
        raise LockError(f"{error}; what was bought is in the store, and the same command takes it in") from error
    print()
    known = known_takes([*takes.steps[min(made)].values()], after, beside.of, counting(plan, after, beside.of))
    for take in known:
        if take.number in made:
            print(taken_line(takes.scene, take))
    look = Namespace(**(vars(arguments) | {"command": "takes", "out": None, "json": False}))
    print(f"next: {again(look)}")
    sys.stdout.flush()
    return len(made)
