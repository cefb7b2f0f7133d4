"""What a build does with the lock beside its spec: refuse what is missing, and write down what was decided.

A lock is read again before it is written, by one build that shares the store at a time: two builds of other variants
of one spec change their own lines.
"""

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from adc.compiler.plan import Step
from adc.compiler.units import dollars_text
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import Compilation, Session, complain, open_session
from adc.runtime.decisions import Made, settled
from adc.runtime.disk import digest_of_file
from adc.runtime.errors import AdcError, LockError, SpendRefused
from adc.runtime.file_lock import lock as file_lock
from adc.runtime.forecast import Forecast, purchases_ahead, usd_of
from adc.runtime.ledger import utc_now
from adc.runtime.lock import Lock, read_lock, text_of, write_lock
from adc.runtime.ports import Holds, Result

_NAMED = 20
"""Steps that a refusal names; of more it says how many."""


def watched(compilation: Compilation) -> Mapping[str, str]:
    """The files that a build depended on, the lock as it is now among them: absolute path to digest."""
    inputs = dict(compilation.inputs)
    path = compilation.lock_path.absolute()
    with suppress(OSError):
        inputs[str(path)] = digest_of_file(path)
    return inputs


def keep(
    compilation: Compilation, results: Mapping[str, Result], keys: Mapping[str, str], holds: Holds, session: Session
) -> None:
    """Write down what a build has of each bought step, by the keys that it has it for. Raises LockError."""
    change(compilation.lock_path, session, lambda before: _after(compilation, before, results, keys, holds))


def change(path: Path, session: Session, changed: Callable[[Lock], Lock]) -> None:
    """Write down what becomes of the lock as it is now. Raises LockError, as `changed` may."""
    try:
        alone = file_lock(session.store.root / "deciding")
    except OSError as error:
        raise LockError(f"{path} cannot be written: {error.strerror}") from error
    try:
        write_lock(path, changed(read_lock(path)))
    finally:
        alone.release()


def _after(
    compilation: Compilation, before: Lock, results: Mapping[str, Result], keys: Mapping[str, str], holds: Holds
) -> Lock:
    bought = [step.id for step in compilation.plan.steps if step.kind == "generate" and step.id in results]
    return settled(
        Lock(before.ad, compilation.templates(before), before.decisions),
        compilation.plan,
        compilation.of,
        # Of what nobody needs now, too: an edit may need it again.
        kept={step: compilation.decisions[step] for step in holds.results},
        made={step: Made(keys[step], results[step]) for step in bought if step not in holds.results},
        catalogue=compilation.catalogue,
        date=utc_now().date().isoformat(),
    )


def lacking(compilations: Sequence[Compilation], forecasts: Sequence[Sequence[Forecast]], typed: Namespace) -> Exit:
    """Say what a build from the lock alone would refuse, after its plans were shown."""
    try:
        with open_session(store_folder(typed)) as session:
            for compilation, said in zip(compilations, forecasts, strict=True):
                refuse_missing(compilation, said, session, typed)
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, typed)
    except AdcError as error:
        return complain(error, Exit.FAILED, typed)
    return Exit.OK


def refuse_missing(compilation: Compilation, forecasts: Sequence[Forecast], session: Session, typed: Namespace) -> None:
    """Refuse a build from the lock alone that has not all it needs, or, if it is frozen, whose lock is out of date.

    Raises SpendRefused, with every reason.
    """
    missing = list(_missing(compilation, forecasts, session))
    reasons = [_why(step, compilation, session) for step in missing]
    if typed.frozen and not reasons:
        reasons = list(_moved(compilation, forecasts, session))
    if not reasons:
        return
    named = "".join(f"\n  {reason}" for reason in reasons[:_NAMED])
    more = f"\n  and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    renewed = any(one.status == "stale" for one in forecasts) and not missing
    free = Namespace(**(vars(typed) | {"locked": False, "frozen": False, "refresh": renewed}))
    told = f"{compilation.lock_path} does not have this film as the spec asks for it, and nothing may be bought"
    if not missing:
        told = f"{compilation.lock_path} is out of date"
    ahead = purchases_ahead([(compilation.plan, forecasts)])
    cost = f"\na build that may buy spends {dollars_text(usd_of(ahead))}" if ahead else ""
    raise SpendRefused(f"{told}; nothing was spent:{named}{more}{cost}", next_command=again(free))


def _missing(compilation: Compilation, forecasts: Sequence[Forecast], session: Session) -> Iterator[Step]:
    """The bought steps that lock and store have no result for, be it that the seller still has one.

    A result that is not the one that was accepted would make another film.
    """
    for step, said in zip(compilation.plan.steps, forecasts, strict=True):
        twin = said.status == "after" and said.key is not None
        if step.kind != "generate" or twin:
            continue
        if said.status not in ("cached", "stale", "spared") or _another(step, said, compilation, session):
            yield step


def _another(step: Step, said: Forecast, compilation: Compilation, session: Session) -> bool:
    """Whether the store has something else for a step than what was accepted."""
    one = compilation.decisions.get(step.id)
    if one is None or said.status != "cached" or said.key is None:
        return False
    result = session.cache.lookup(said.key)
    return result is not None and result.outputs[step.output].digest != one.artifact


def _why(step: Step, compilation: Compilation, session: Session) -> str:
    """Why a step is missing, in the words of its decisions."""
    one = compilation.decisions.get(step.id)
    if one is not None and session.cache.lookup(one.key) is None:
        return f"{step.id}: take {one.take} was accepted, and its file is not in the store at {session.store.root}"
    if one is not None:
        return f"{step.id}: take {one.take} was accepted, and the store has another file for it"
    takes = compilation.lock.takes(step.id, compilation.of)
    if any(one.asks == step.asks for one in takes):
        return f"{step.id}: its takes were rejected"
    if takes:
        return f"{step.id}: the spec asks for something else than what was accepted"
    return f"{step.id}: nothing was decided about it"


def _moved(compilation: Compilation, forecasts: Sequence[Forecast], session: Session) -> Iterator[str]:
    """In what the lock is out of date."""
    stale = [one.step_id for one in forecasts if one.status == "stale"]
    yield from (f"{step}: what was accepted is stale" for step in stale)
    keys = {one.step_id: one.key for one in forecasts if one.key is not None}
    found = {step: session.cache.lookup(key) for step, key in keys.items()}
    results = {step: result for step, result in found.items() if result is not None}
    after = _after(compilation, compilation.lock, results, keys, session.holds(compilation))
    if not stale and text_of(after) != text_of(compilation.lock):
        old, new = ({(one.step, one.of, one.take): one for one in each.decisions} for each in (compilation.lock, after))
        steps = sorted({place[0] for place in old.keys() | new.keys() if old.get(place) != new.get(place)})
        yield from (f"{step}: it has another decision by now" for step in steps)
        if not steps:
            yield "the versions of its wordings are others by now"
