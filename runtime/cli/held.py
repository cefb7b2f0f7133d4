"""What the store and the lock hold of an ad, as the side that `adc diff` compares with where no other is named.

Neither keeps the words that something was made of, so what is told is what would be made, and why.
"""

from argparse import Namespace
from collections.abc import Iterable, Mapping
from decimal import Decimal

from adc.compiler.diff import Difference, StepFate, Why, standing
from adc.compiler.digest import plan_keys
from adc.compiler.frozen import replace
from adc.compiler.plan import Step
from adc.runtime.cli.choices import engine_name, store_folder
from adc.runtime.cli.session import Compilation, open_session
from adc.runtime.decisions import counting
from adc.runtime.engines import makers
from adc.runtime.forecast import Forecast, forecast
from adc.runtime.lock import Decision


def against_store(ads: Iterable[Compilation], arguments: Namespace) -> tuple[Difference, ...]:
    """What each ad needs that store and lock do not hold. Raises AdcError.

    What an earlier build has asked for is not bought again. Nothing of a draft is bought.
    """
    engine = engine_name(arguments)
    had: set[str] = set()
    return tuple(_against_store(ad, arguments, engine, had) for ad in ads)


def _against_store(ad: Compilation, arguments: Namespace, engine: str, had: set[str]) -> Difference:
    said = {one.step_id: one for one in _forecast(ad, arguments, engine)}
    keys = plan_keys(ad.plan)
    fates: dict[str, StepFate] = {}
    for step in ad.plan.steps:
        fate = _fate(step, said[step.id], ad, draft=engine == "draft")
        if fate.kind == "paid" and keys[step.id] in had:
            # Another ad of the same command has counted it.
            fate = replace(fate, fate="shared", because="", why=(), before=Decimal(0))
        had.add(keys[step.id])
        fates[step.id] = fate
    return standing(ad.plan, fates)


def _forecast(ad: Compilation, arguments: Namespace, engine: str) -> tuple[Forecast, ...]:
    with open_session(store_folder(arguments)) as session:
        holds = session.holds(ad)
        return forecast(ad.plan, makers(engine), session.cache, opened=session.ledger.opened, holds=holds)


def _fate(step: Step, said: Forecast, ad: Compilation, *, draft: bool) -> StepFate:
    """What a build would do with a step."""
    fate = _kept(step)
    if said.status in ("cached", "stale", "spared", "under way"):
        return fate
    if step.kind != "generate" or draft:
        return replace(fate, fate="cut")
    if said.status == "after" and said.key is not None:
        return replace(fate, fate="shared", because=said.after or "", before=Decimal(0))
    why = ("unsure",) if said.status == "unsure" else _decided(step, ad)
    return replace(fate, fate="bought", why=why, new=not why, because=said.after or "", before=_before(step, ad))


def _kept(step: Step) -> StepFate:
    return StepFate(
        step.id,
        "paid" if step.kind == "generate" else "free",
        "kept",
        before=step.price.usd,
        after=step.price.usd,
        mark=step.price.mark,
    )


def _decided(step: Step, ad: Compilation) -> tuple[Why, ...]:
    """Why what was decided about a step does not do; nothing where nobody has decided."""
    if step.id in ad.decisions:
        return ("lost",)
    takes = ad.lock.takes(step.id, ad.of)
    if any(one.verdict == "accepted" for one in takes):
        return ("asked",)
    return ("refused",) if takes else ()


def against_lock(ad: Compilation) -> Difference:
    """What the spec asks for that the lock has no decision about, and the decisions that nothing asks for any more."""
    counts = counting(ad.plan, ad.lock, ad.of)
    fates = {step.id: _decision(step, counts, ad) for step in ad.plan.steps}
    steps = {step.id for step in ad.plan.steps}
    used = {id(one) for one in counts.values()}
    dropped = [one for one in ad.lock.decisions if one.of == ad.of and one.step not in steps and id(one) not in used]
    gone = {one.step: _gone(one) for one in dropped if one.verdict == "accepted"}
    return standing(ad.plan, fates, gone.values())


def _decision(step: Step, counts: Mapping[str, Decision], ad: Compilation) -> StepFate:
    fate = _kept(step)
    if step.kind != "generate" or step.id in counts:
        return fate
    why = _decided(step, ad)
    return replace(fate, fate="bought", why=why, new=not why, before=_before(step, ad))


def _before(step: Step, ad: Compilation) -> Decimal:
    """What the film had in the place of a step that is bought."""
    accepted = (one.usd for one in ad.lock.takes(step.id, ad.of) if one.verdict == "accepted")
    return next(accepted, Decimal(0))


def _gone(one: Decision) -> StepFate:
    return StepFate(one.step, "paid", "gone", before=one.usd, after=Decimal(0))
