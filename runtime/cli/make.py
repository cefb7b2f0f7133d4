"""The long way of `adc build`: compile, say what will happen and what it costs, ask once, run, deliver."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from adc.compiler.plan import Deliverable, Plan
from adc.compiler.units import seconds_text
from adc.runtime.cli.choices import engine_name, film_file, shown, store_folder
from adc.runtime.cli.delivery import check, deliver, places
from adc.runtime.cli.ending import failed, under_way
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.locking import keep, refuse_missing, watched
from adc.runtime.cli.notes import note_of
from adc.runtime.cli.occasion import occasion_of
from adc.runtime.cli.session import (
    Compilation,
    Session,
    compile_or_complain,
    complain,
    handlers_for,
    open_session,
)
from adc.runtime.cli.variants import called
from adc.runtime.errors import AdcError, LockError, SpendRefused
from adc.runtime.execute import Outcome, execute
from adc.runtime.forecast import Forecast, forecast
from adc.runtime.ledger import Wanted, moment, utc_now
from adc.runtime.policy import Limits
from adc.runtime.reporters.plain import PlainReporter
from adc.runtime.reporters.plan_table import plan_lines, together
from adc.runtime.unchanged import program_stamp, write_note

if TYPE_CHECKING:
    from adc.runtime.fal.handler import Terms

NOTICES = {
    "draft": "This is a free draft: everything is drawn on this machine and nothing is bought.",
    "sim": "This build talks to a stand-in: its bill is not real.",
}


@dataclass(frozen=True, slots=True)
class _Ad:
    """One ad to be made: its arguments, its plan, where its films go, and what the lock holds of it."""

    arguments: Namespace
    compilation: Compilation
    places: Mapping[str, Deliverable]
    films: dict[str, str] = field(default_factory=dict)
    """The digests of the films that are in their places."""

    @property
    def plan(self) -> Plan:
        return self.compilation.plan


def make(wanted: Sequence[Namespace], *, typed: Namespace) -> int:
    """Build each ad that is wanted, by its arguments. `typed` is the command as it was given.

    Returns an `Exit` code.
    """
    stamp = program_stamp()
    engine = engine_name(typed)
    began = moment(utc_now())
    delivered: list[str] = []
    left = "nothing was spent"
    try:
        ads = list(_compiled(wanted))
        if len(ads) < len(wanted):
            return Exit.SPEC
        with open_session(store_folder(typed)) as session:
            for ad in ads:
                session.ingest(ad.compilation)
            builds = [(ad.plan, anyio.run(_forecast, engine, typed, ad, session)) for ad in ads]
            if (typed.locked or typed.frozen) and engine != "draft":
                for ad, (_, forecasts) in zip(ads, builds, strict=True):
                    refuse_missing(ad.compilation, forecasts, session, typed)
            if typed.signed is not None:
                from adc.runtime.cli.signed import refuse_moved

                compilations = [ad.compilation for ad in ads]
                refuse_moved(typed, list(zip(compilations, [said for _, said in builds], strict=True)), session)
            _announce(ads, builds, engine, typed)
            terms: Sequence[Terms | None] = [None] * len(ads)
            if engine != "draft":
                from adc.runtime.cli.spending import admitted

                foreseen = [(ad.compilation, forecasts) for ad, (_, forecasts) in zip(ads, builds, strict=True)]
                terms = admitted(foreseen, engine, typed, session)
            for ad, term in zip(ads, terms, strict=True):
                if typed.all_variants:
                    print(f"\n{called(ad.plan.choices)}", flush=True)
                try:
                    outcome = anyio.run(_execute, engine, typed, ad, session, term)
                except KeyboardInterrupt:
                    left = under_way(session, engine)
                    raise
                if engine != "draft":
                    _lock(ad, outcome, session)
                if outcome.failures:
                    _tell(delivered)
                    wasted = session.ledger.lines(Wanted(ad=ad.plan.name, engine=engine, since=began, wasted=True))
                    return failed(ad.compilation, outcome, sum((line.usd for line in wasted), Decimal(0)), typed)
                delivered += _delivered(ad, outcome, session, engine)
            for ad in ads:
                _note(ad, stamp)
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, typed)
    except AdcError as error:
        _tell(delivered)
        return complain(error, Exit.FAILED, typed)
    except KeyboardInterrupt:
        _tell(delivered)
        sys.stderr.write(f"\nstopped; {left}\n")
        return Exit.INTERRUPTED
    _tell(delivered)
    return Exit.OK


def _compiled(wanted: Sequence[Namespace]) -> Iterator[_Ad]:
    """The ads, up to the first whose spec has errors, which are reported. Raises StoreError for an unusable place."""
    for number, arguments in enumerate(wanted):
        compilation = compile_or_complain(arguments, quiet=number > 0)
        if compilation is None:
            return
        films = places(arguments, compilation.plan)
        for place in films:
            check(Path(place), compilation.inputs)
        yield _Ad(arguments, compilation, films)


def _announce(
    ads: Sequence[_Ad], builds: Sequence[tuple[Plan, Sequence[Forecast]]], engine: str, typed: Namespace
) -> None:
    """Say what will happen before it does."""
    paid = engine != "draft"
    if all(one.status in ("cached", "spared") for _, forecasts in builds for one in forecasts):
        print("everything is in the store already", flush=True)
        return
    for ad, (plan, forecasts) in zip(ads, builds, strict=True):
        if typed.all_variants:
            print(f"{called(plan.choices)}:")
        for line in plan_lines(plan, forecasts, ad.compilation.catalogue.names, paid=paid):
            print(line)
        print()
    if len(builds) > 1:
        for line in together(builds, paid=paid):
            print(line)
    if engine in NOTICES:
        print(NOTICES[engine])
    sys.stdout.flush()


async def _forecast(engine: str, typed: Namespace, ad: _Ad, session: Session) -> tuple[Forecast, ...]:
    async with handlers_for(engine, typed, ad.compilation, session) as handlers:
        holds = session.holds(ad.compilation)
        return forecast(ad.plan, handlers, session.cache, opened=session.ledger.opened, holds=holds)


async def _execute(engine: str, typed: Namespace, ad: _Ad, session: Session, terms: "Terms | None") -> Outcome:
    async with handlers_for(engine, typed, ad.compilation, session, terms) as handlers:
        with session.store.leases() as leases:
            return await execute(
                ad.plan,
                handlers=handlers,
                store=session.store,
                cache=session.cache,
                reporter=PlainReporter(ad.plan),
                limits=Limits(remote=typed.remote, local=typed.local or os.cpu_count() or 1),
                leases=leases,
                holds=session.holds(ad.compilation),
                occasion=occasion_of(ad.compilation, engine),
            )


def _lock(ad: _Ad, outcome: Outcome, session: Session) -> None:
    """Write down what was decided. Where that cannot be done, or is for the first time, people are told."""
    path = ad.compilation.lock_path
    first = not path.exists()
    try:
        keep(ad.compilation, outcome.results, outcome.keys, session.holds(ad.compilation), session)
    except LockError as error:
        sys.stderr.write(f"{error}; what was bought is in the store, and the next build writes the lock\n")
        return
    if first and path.exists():
        print(f"\n{shown(str(path))} is new: it says what was bought for this film; commit it with the spec")


def _delivered(ad: _Ad, outcome: Outcome, session: Session, engine: str) -> Iterator[str]:
    """Bring the films to their places, and say of each where it is. Raises StoreError."""
    plan = ad.plan
    for place, film in ad.places.items():
        digest = ad.films[place] = outcome.results[film.step].outputs["video"].digest
        session.store.verify(digest)  # what is handed over is what was made, whatever the disk has done since
        deliver(session.store.path(digest), Path(place))
    seconds = seconds_text(Fraction(plan.frames, plan.rate))
    kind = "draft, " if engine == "draft" else ""
    for place, film in ad.places.items():
        yield f"{shown(place)}: {kind}{seconds} s, {film.width}x{film.height}, {plan.rate} fps"


def _note(ad: _Ad, stamp: str) -> None:
    """Write down that nothing is to do, once all ads of a command have changed the lock that each note watches."""
    # Without its note the next build only looks longer before it finds nothing to do.
    with suppress(OSError):
        inputs = watched(ad.compilation)
        write_note(note_of(ad.arguments), stamp=stamp, out=film_file(ad.arguments), films=ad.films, inputs=inputs)


def _tell(delivered: Sequence[str]) -> None:
    """The films that are in their places."""
    if delivered:
        print("\n" + "\n".join(delivered))
    sys.stdout.flush()
