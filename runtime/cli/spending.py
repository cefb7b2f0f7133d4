"""Before a build spends: its caps, every reason why it may not begin, and the user's yes."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from decimal import Decimal

from adc.compiler.plan import Step
from adc.compiler.units import dollars_text
from adc.runtime.admission import over, together, unsettled
from adc.runtime.cli.again import again, decision
from adc.runtime.cli.session import Compilation, Session
from adc.runtime.cli.settings import midnight, read_settings
from adc.runtime.errors import SpendRefused
from adc.runtime.fal.handler import Terms
from adc.runtime.forecast import Forecast, purchases_ahead
from adc.runtime.ledger import moment
from adc.runtime.ports import DayCap
from adc.runtime.purse import Cap, Purse
from adc.runtime.reporters.plan_table import amount


def admitted(
    ads: Sequence[tuple[Compilation, Sequence[Forecast]]], engine: str, typed: Namespace, session: Session
) -> tuple[Terms, ...]:
    """What each ad's purchases have to keep to, once the user has agreed to all of them.

    Raises SpendRefused, with every reason, where the caps cannot be kept or the user does not agree.
    """
    builds = [(ad.plan, forecasts) for ad, forecasts in ads]
    ahead = purchases_ahead(builds)
    budgets = [_budget(ad, forecasts, session) for ad, forecasts in ads]
    per_day = read_settings().per_day
    since = moment(midnight())
    everywhere: list[Cap] = []
    if typed.max_cost is not None:
        everywhere.append(Cap(f"--max-cost of {dollars_text(typed.max_cost)}", typed.max_cost))
    today = []
    if per_day is not None:
        spent = session.ledger.committed(engine, since)
        today.append(Cap(f"{dollars_text(per_day)} a day of your settings", per_day, spent))
    reasons = [
        *(why for cap in (*everywhere, *today) for why in over(cap, ahead)),
        *(
            why
            for budget, build in zip(budgets, builds, strict=True)
            for cap in budget
            for why in over(cap, purchases_ahead([build]))
        ),
    ]
    if typed.on_ambiguous == "fail":
        reasons += [why for _, forecasts in ads for why in _unsettled(forecasts, session)]
    if reasons:
        raise SpendRefused(together(reasons), next_command=again(typed, *decision(typed)))
    _agree(ahead, typed)
    return tuple(
        Terms(
            ad=ad.plan.name,
            command=again(typed),
            on_ambiguous=typed.on_ambiguous,
            wait_seconds=typed.wait * 60.0,
            purse=Purse((*budget, *everywhere)),
            day_cap=None if per_day is None else DayCap(per_day, since),
        )
        for (ad, _), budget in zip(ads, budgets, strict=True)
    )


def _budget(ad: Compilation, forecasts: Sequence[Forecast], session: Session) -> tuple[Cap, ...]:
    """The ad's budget, of which what the film's pieces have cost so far is spent."""
    budget = ad.script.ad.budget
    if budget is None:
        return ()
    spent = Decimal(0)
    for key in {said.key for said in forecasts if said.key is not None}:
        result = session.cache.lookup(key)
        attempt = session.ledger.opened(key) if result is None else None
        spent += result.receipt.usd if result else attempt.usd if attempt else Decimal(0)
    return (Cap(f"budget of {dollars_text(budget)}", budget, spent),)


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
