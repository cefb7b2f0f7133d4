"""The long way of `adc build`: compile, say what will happen and what it costs, ask, run, deliver."""

import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import anyio

from adc.compiler.plan import Deliverable, Plan
from adc.compiler.units import dollars_text, seconds_text
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import shown
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import (
    Compilation,
    Session,
    compile_or_complain,
    complain,
    handlers_for,
    open_session,
)
from adc.runtime.errors import AdcError, SpendRefused, StoreError
from adc.runtime.execute import Outcome, execute
from adc.runtime.forecast import Forecast, forecast, usd_ahead
from adc.runtime.policy import Limits
from adc.runtime.reporters.plain import PlainReporter
from adc.runtime.reporters.plan_table import plan_lines
from adc.runtime.unchanged import program_stamp, write_note

_NOTICES = {
    "draft": "This is a free draft: everything is drawn on this machine and nothing is bought.",
    "sim": "This build talks to a stand-in: its bill is not real.",
}


def make(arguments: Namespace, *, engine: str, store: str, out: str, note: str) -> int:
    """Build the film that `arguments.spec` describes into `out`, its other shapes beside it. Returns an `Exit` code."""
    stamp = program_stamp()
    try:
        compilation = compile_or_complain(arguments)
        if compilation is None:
            return Exit.SPEC
        plan = compilation.plan
        places = _places(out, plan)
        for place in places:
            _check_out(Path(place), compilation)
        with open_session(store) as session:
            session.ingest(compilation)
            # Drafts may be built side by side; only one build at a time spends.
            with nullcontext() if engine == "draft" else session.store.exclusive():
                forecasts = anyio.run(_forecast, arguments, engine, compilation, session)
                _announce(compilation, forecasts, engine)
                if engine != "draft":
                    _agree(plan, forecasts, arguments)
                outcome = anyio.run(_execute, arguments, engine, compilation, session)
            if outcome.failures:
                return _failed(plan, outcome, arguments)
            films = {place: outcome.results[film.step].outputs["video"].digest for place, film in places.items()}
            for place, digest in films.items():
                session.store.verify(digest)  # what is handed over is what was made, whatever the disk has done since
                _deliver(session.store.path(digest), Path(place))
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, arguments)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.write("\nstopped; everything made so far is kept, and the same command goes on from here\n")
        return Exit.INTERRUPTED
    # Without its note the next build only looks longer before it finds nothing to do.
    with suppress(OSError):
        write_note(note, stamp=stamp, out=out, files=[*compilation.inputs.items(), *films.items()])
    seconds = seconds_text(Fraction(plan.frames, plan.rate))
    kind = "draft, " if engine == "draft" else ""
    print()
    for place, film in places.items():
        print(f"{shown(place)}: {kind}{seconds} s, {film.width}x{film.height}, {plan.rate} fps")
    return Exit.OK


def _announce(compilation: Compilation, forecasts: Sequence[Forecast], engine: str) -> None:
    """Say what will happen before it does."""
    if all(one.status == "cached" for one in forecasts):
        print("everything is in the store already", flush=True)
        return
    for line in plan_lines(compilation.plan, forecasts, compilation.catalogue, paid=engine != "draft"):
        print(line)
    print()
    if engine in _NOTICES:
        print(_NOTICES[engine])
    sys.stdout.flush()


async def _forecast(
    arguments: Namespace, engine: str, compilation: Compilation, session: Session
) -> tuple[Forecast, ...]:
    async with handlers_for(engine, arguments, compilation, session) as handlers:
        return forecast(compilation.plan, handlers, session.cache)


async def _execute(arguments: Namespace, engine: str, compilation: Compilation, session: Session) -> Outcome:
    async with handlers_for(engine, arguments, compilation, session) as handlers:
        return await execute(
            compilation.plan,
            handlers=handlers,
            store=session.store,
            cache=session.cache,
            reporter=PlainReporter(compilation.plan),
            limits=Limits(remote=arguments.remote, local=arguments.local or os.cpu_count() or 1),
        )


def _agree(plan: Plan, forecasts: Sequence[Forecast], arguments: Namespace) -> None:
    """Have the user's yes for what this build may spend. Raises SpendRefused without one."""
    usd = usd_ahead(plan, forecasts)
    unknown = any(step.price.mark == "unknown" for step in plan.steps if step.kind == "generate")
    if (not usd and not unknown) or arguments.yes:
        return
    amount = f"up to {dollars_text(usd)}" + (", and some prices are unknown" if unknown else "")
    if not sys.stdin.isatty():
        raise SpendRefused(
            f"this build would spend {amount} and there is no terminal to ask at; nothing was spent",
            next_command=again(arguments, *_decision(arguments), "--yes"),
        )
    sys.stdout.flush()
    sys.stderr.write(f"Spend {amount}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise SpendRefused("nothing was spent", next_command=again(arguments, *_decision(arguments)))


def _decision(arguments: Namespace) -> tuple[str, ...]:
    """What the user decided about lost answers, as words of the command."""
    return () if arguments.on_ambiguous == "fail" else ("--on-ambiguous", arguments.on_ambiguous)


def _places(out: str, plan: Plan) -> dict[str, Deliverable]:
    """Where each finished film goes: the first to `out`, the others beside it, named by their shape."""
    first, *others = plan.deliverables
    stem, suffix = os.path.splitext(out)
    return {out: first, **{f"{stem}.{film.aspect.replace(':', 'x')}{suffix}": film for film in others}}


def _check_out(out: Path, compilation: Compilation) -> None:
    """Refuse a place for the film where something else would be lost, before anything is made. Raises StoreError."""
    if str(out) in compilation.inputs:
        raise StoreError(f"{shown(str(out))} is what the film is made from; nothing was made, choose another --out")
    if out.is_dir():
        raise StoreError(f"{shown(str(out))} is a folder; nothing was made, choose a file with --out")
    if out.suffix.lower() != ".mp4":
        raise StoreError(f"{shown(str(out))} is no name for an MP4; nothing was made, let --out end in .mp4")


def _deliver(film: Path, out: Path) -> None:
    """Copy the film from the store to where the user wants it, aside first, then renamed. Raises StoreError."""
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(film, aside)
            os.replace(aside, out)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the film is finished and kept, but {shown(str(out))} cannot be written: {error.strerror};"
            " choose another place with --out"
        ) from error


def _failed(plan: Plan, outcome: Outcome, arguments: Namespace) -> int:
    """Say what failed, what it cost, what is safe and how to go on."""
    bought = sum((result.receipt.usd for result in outcome.results.values()), Decimal(0))
    lines = [""]
    told: dict[tuple[str, str], list[str]] = {}
    for step, error in outcome.failures.items():
        told.setdefault((str(error), error.next_command), []).append(step)
    same = again(arguments, *_decision(arguments))
    for (sentence, command), steps in told.items():
        lines.append(f"{', '.join(steps)}: {sentence}")
        if command not in ("", same):
            lines.append(f"  next: {command}")
    waiting = len(outcome.blocked) + len(outcome.unstarted)
    kept = f"{len(outcome.results)} of {len(plan.steps)} steps are kept"
    if bought:
        kept += f", {dollars_text(bought)} of purchases among them"
    lines.append(f"{kept}; {waiting} wait for what failed")
    lines.append(f"to go on: {same}")
    sys.stdout.flush()
    sys.stderr.write("\n".join(lines) + "\n")
    return Exit.FAILED
