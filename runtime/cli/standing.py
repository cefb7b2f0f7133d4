"""How plans stand: what the store has of them, what is under way, and what the lock holds, with nothing made or opened.

Whoever would make the steps is only named (`engines.makers`), and the store is looked at. Only where there is none yet,
or one that cannot be read as it is, is it opened, which makes it or says what is wrong.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from adc.runtime.cli.choices import engine_name, fal_url, store_folder
from adc.runtime.cli.planned import Planned, lock_beside
from adc.runtime.engines import makers
from adc.runtime.forecast import Forecast, Known, Open, forecast
from adc.runtime.glance import glance_at

if TYPE_CHECKING:
    from argparse import Namespace

    from adc.runtime.lock import Decision


def standing(plans: Sequence[Planned], arguments: Namespace) -> list[tuple[Forecast, ...]]:
    """The forecast of each plan. Raises AdcError where the store, the lock, the key or the stand-in cannot be used."""
    _reach_seller(arguments)
    decided = _decided(plans, arguments)
    root = store_folder(arguments)
    look = glance_at(root)
    if look is not None:
        try:
            return _forecasts(plans, decided, arguments, look, look.opened)
        except sqlite3.Error:
            pass  # who opens it says what is wrong, or mends it
        finally:
            look.close()
    from pathlib import Path

    from adc.runtime.database import Database
    from adc.runtime.ledger import StoreLedger
    from adc.runtime.step_cache import StepCache
    from adc.runtime.store import Store

    with Store.open(Path(root)) as store, Database.open(Path(root)) as database:
        return _forecasts(plans, decided, arguments, StepCache(database, store), StoreLedger(database).opened)


def _forecasts(
    plans: Sequence[Planned],
    decided: Sequence[Mapping[str, Decision]],
    arguments: Namespace,
    known: Known,
    opened: Callable[[str], Open | None],
) -> list[tuple[Forecast, ...]]:
    found = []
    handlers = makers(engine_name(arguments))
    for one, decisions in zip(plans, decided, strict=True):
        holds = None
        if decisions:
            from adc.runtime.decisions import held_of

            holds = held_of(decisions, one.plan, known.outputs)
        found.append(forecast(one.plan, handlers, known, opened=opened, holds=holds))
    return found


def _decided(plans: Sequence[Planned], arguments: Namespace) -> list[Mapping[str, Decision]]:
    """The decisions that count for each plan. What was bought holds no draft; who asks for better has nothing held."""
    beside = lock_beside(arguments)
    if beside is None or arguments.refresh or engine_name(arguments) == "draft":
        return [{} for _ in plans]
    from pathlib import Path

    from adc.runtime.decisions import counting
    from adc.runtime.lock import read_lock

    lock = read_lock(Path(beside))
    return [counting(one.plan, lock, one.of) for one in plans]


def _reach_seller(arguments: Namespace) -> None:
    """Look whether a build like this could turn to its seller at all: a plan that it could not is told now.

    Raises AdcError for an address that is none, and for a key that cannot be had or sent.
    """
    if engine_name(arguments) == "draft" or arguments.locked or arguments.frozen:
        return
    from adc.runtime.fal.presence import is_sound, key_in

    key = key_in(os.environ)
    if key and is_sound(key) and not fal_url(arguments):
        return  # what is most often so needs neither a keyring nor an HTTP client to be seen
    from adc.runtime.cli.seller import hosts_of, key_for

    key_for(hosts_of(arguments), arguments.spec)
