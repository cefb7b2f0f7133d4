"""Before a build spends: its caps, every reason why it may not begin, and the user's yes."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from decimal import ROUND_UP, Decimal

from adc.compiler.plan import Step
from adc.compiler.units import dollars_text
from adc.runtime.admission import over, together, unsettled
from adc.runtime.cli.again import again, decision
from adc.runtime.cli.ledger import command
from adc.runtime.cli.session import Compilation, Session
from adc.runtime.cli.settings import midnight, read_settings
from adc.runtime.cli.signed import caps_of, sign_anew
from adc.runtime.errors import SpendRefused
from adc.runtime.fal.handler import Terms
from adc.runtime.forecast import Forecast, purchases_ahead, usd_of
from adc.runtime.ledger import Wanted, moment
from adc.runtime.ports import DayCap
from adc.runtime.purse import Agreed, Cap, Purse
from adc.runtime.reporters.plan_table import amount


def admitted(
    ads: Sequence[tuple[Compilation, Sequence[Forecast]]], engine: str, typed: Namespace, session: Session
) -> tuple[Terms, ...]:
    """What each ad's purchases have to keep to, once the user has agreed to all of them.

    Raises SpendRefused, with every reason, where the caps cannot be kept or the user does not agree.
    """
    builds = [(ad.plan, forecasts) for ad, forecasts in ads]
    ahead = purchases_ahead(builds)
    budgets = [_budget(ad, forecasts, session, engine) for ad, forecasts in ads]
    per_day = read_settings().per_day
    since = moment(midnight())
    everywhere: list[Cap] = []
    if typed.max_cost is not None:
        words = f"--max-cost of {dollars_text(typed.max_cost)}"
        everywhere.append(Cap(words, typed.max_cost, reserved=usd_of(ahead)))
    today = []
    if per_day is not None:
        spent = session.ledger.committed(engine, since)
        today.append(Cap(f"{dollars_text(per_day)} a day of your settings", per_day, spent))
    above = [why for cap in everywhere for why in over(cap, ahead)]
    reasons = [
        *above,
        *(why for cap in today for why in over(cap, ahead)),
        *(
            why
            for budget, build in zip(budgets, builds, strict=True)
            for cap in budget
            for why in over(cap, purchases_ahead([build]))
        ),
    ]
    unsure: list[str] = []
    if typed.on_ambiguous == "fail":
        unsure = [why for _, forecasts in ads for why in _unsettled(forecasts, session)]
    if reasons or unsure:
        if not reasons:
            goes_on = command(typed, "resolve")
        elif reasons == above and all(step.price.mark != "unknown" for step in ahead):
            goes_on = again(_allowing(usd_of(ahead), typed), *decision(typed))
        else:
            goes_on = again(Namespace(**(vars(typed) | {"command": "plan"})))
        raise SpendRefused(together([*reasons, *unsure]), next_command=goes_on)
    _agree(ahead, typed)
    agreed: Sequence[Agreed | None] = [None] * len(ads)
    if typed.signed is not None:
        agreed = caps_of(typed.signed, ads, session, sign_anew(typed))
    elif not everywhere and not any(budgets):
        # Nobody has said that more may be spent than the plan says: further tries have to fit into that.
        whole = usd_of(ahead) + sum((_under_way(forecasts, session) for _, forecasts in builds), Decimal(0))
        everywhere.append(Cap(f"{dollars_text(whole)} of the plan", whole, reserved=whole))
    return tuple(
        Terms(
            ad=ad.plan.name,
            command=again(typed),
            resolve=command(typed, "resolve"),
            on_ambiguous=typed.on_ambiguous,
            wait_seconds=typed.wait * 60.0,
            purse=Purse((*budget, *everywhere), one_by_one),
            day_cap=None if per_day is None else DayCap(per_day, since),
        )
        for (ad, _), budget, one_by_one in zip(ads, budgets, agreed, strict=True)
    )


def _allowing(usd: Decimal, typed: Namespace) -> Namespace:
    """The same command with a `--max-cost` that leaves room for `usd`, in whole cents."""
    return Namespace(**(vars(typed) | {"max_cost": usd.quantize(Decimal("0.01"), rounding=ROUND_UP)}))


def _budget(ad: Compilation, forecasts: Sequence[Forecast], session: Session, engine: str) -> tuple[Cap, ...]:
    """The ad's budget, of which what the film's pieces have cost is spent, and what was wasted on the way to them."""
    budget = ad.script.ad.budget
    if budget is None:
        return ()
    wasted = session.ledger.lines(Wanted(ad=ad.plan.name, engine=engine, wasted=True))
    spent = sum((line.usd for line in wasted), Decimal(0))
    for key in {said.key for said in forecasts if said.key is not None}:
        result = session.cache.lookup(key)
        attempt = session.ledger.opened(key) if result is None else None
        spent += result.receipt.usd if result else attempt.usd if attempt else Decimal(0)
    ahead = usd_of(purchases_ahead([(ad.plan, forecasts)]))
    return (Cap(f"budget of {dollars_text(budget)}", budget, spent, reserved=ahead),)


def _under_way(forecasts: Sequence[Forecast], session: Session) -> Decimal:
    """What an earlier build has committed for what this one goes on with; free again where that costs nothing."""
    attempts = [session.ledger.opened(said.key) for said in forecasts if said.status == "under way" and said.key]
    return sum((attempt.usd for attempt in attempts if attempt is not None), Decimal(0))


def _unsettled(forecasts: Sequence[Forecast], session: Session) -> Iterator[str]:
    """The purchases of which nobody knows whether they were made."""
    for said in forecasts:
        attempt = session.ledger.opened(said.key) if said.status == "unsure" and said.key else None
        if attempt is not None:
            yield unsettled(said.step_id, attempt.usd, attempt.id)


def _agree(purchases: Sequence[Step], typed: Namespace) -> None:
    """Have the user's yes for what may be bought. Raises SpendRefused without one."""
    if typed.yes or all(not step.price.usd and step.price.mark != "unknown" for step in purchases):
        return
    most = amount(purchases, "up to ")
    if not sys.stdin.isatty():
        raise SpendRefused(
            f"this build would spend {most} and there is no terminal to ask at; nothing was spent",
            next_command=again(typed, *decision(typed), "--yes"),
        )
    sys.stdout.flush()
    sys.stderr.write(f"Spend {most}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise SpendRefused("nothing was spent", next_command=again(typed, *decision(typed)))
