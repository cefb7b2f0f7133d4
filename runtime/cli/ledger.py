"""`adc ledger`: what was bought, when, for which ad and scene, what it cost and what of it was wasted.

Looking changes nothing: a store that is not there is not made, and what fal knows is not asked.
"""

import shlex
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adc.compiler.catalogue import Catalogue, builtin
from adc.runtime.cli.choices import shown, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.errors import AdcError

if TYPE_CHECKING:
    from adc.runtime.ledger import StoreLedger, Wanted
    from adc.runtime.reporters.ledger_sums import Naming

_FILTERS: Final = ("ad", "scene", "model", "engine", "since", "until", "state", "wasted")
_FORMS: Final = ("by", "json", "csv")
_STRAY: Final = {"show": (*_FILTERS, *_FORMS), "resolve": (*_FILTERS, *_FORMS), "drift": ("by", "csv")}
"""The flags of the list that mean nothing to what else may be asked."""


def run(arguments: Namespace) -> int:
    """Print what was asked for, or settle an attempt. Returns an `Exit` code."""
    stray = [flag for flag in _STRAY.get(arguments.asked, ()) if getattr(arguments, flag)]
    if stray:
        sys.stderr.write(f"`adc ledger {arguments.asked}` takes no --{stray[0]}\n")
        return Exit.USAGE
    try:
        with open_ledger(arguments) as ledger:
            match arguments.asked:
                case None:
                    return _list(arguments, ledger)
                case "show":
                    return _show(arguments, ledger)
                case "drift":
                    return _drift(arguments, ledger)
                case _:
                    from adc.runtime.cli.resolve import resolve

                    return resolve(arguments, ledger)
    except AdcError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{error}\nnext: {error.next_command or command(arguments)}\n")
        return Exit.FAILED


@contextmanager
def open_ledger(arguments: Namespace) -> "Iterator[StoreLedger | None]":
    """The ledger of the chosen store, or None where nothing was ever kept there. Raises StoreError."""
    from adc.runtime.database import Database
    from adc.runtime.glance import FILE
    from adc.runtime.ledger import StoreLedger

    root = Path(store_folder(arguments))
    if not (root / FILE).exists():
        yield None
        return
    with Database.open(root) as database:
        yield StoreLedger(database)


def command(arguments: Namespace, *words: str) -> str:
    """A command about the same ledger, to be typed."""
    store = ("--store", arguments.store) if arguments.store else ()
    return shlex.join(["adc", "ledger", *words, *store])


def no_such(arguments: Namespace) -> int:
    """Say that there is no attempt of that number. Returns the exit code."""
    sys.stderr.write(f"there is no attempt {arguments.id}; `{command(arguments)}` lists them\n")
    return Exit.USAGE


def _list(arguments: Namespace, ledger: "StoreLedger | None") -> int:
    from adc.runtime.reporters.ledger_sums import Naming, grouped

    catalogue = builtin()
    lines = () if ledger is None else ledger.lines(_wanted(arguments, catalogue))
    by = arguments.by
    if arguments.json or arguments.csv:
        from adc.runtime.reporters import ledger_data

        naming = Naming(catalogue, UTC)
        if arguments.json and by:
            told = ledger_data.json_of_groups(grouped(lines, by, naming), by, lines)
        elif arguments.json:
            told = ledger_data.json_of_attempts(lines, naming)
        else:
            if by:
                ledger_data.write_csv_of_groups(grouped(lines, by, naming), by, sys.stdout)
            else:
                ledger_data.write_csv_of_attempts(lines, naming, sys.stdout)
            return Exit.OK
    elif not lines:
        told = iter(_nothing(arguments, ledger, Naming(catalogue)))
    else:
        from adc.runtime.reporters.ledger_table import attempt_lines, group_lines

        naming = Naming(catalogue)
        told = group_lines(grouped(lines, by, naming), by, lines) if by else attempt_lines(lines, naming)
    sys.stdout.writelines(f"{line}\n" for line in told)
    unsettled = sum(line.state == "ambiguous" for line in lines)
    if unsettled and not arguments.json:
        may = "attempt may" if unsettled == 1 else "attempts may"
        sys.stdout.write(f"{unsettled} {may} have been bought: {command(arguments, 'resolve')}\n")
    return Exit.OK


def _wanted(arguments: Namespace, catalogue: Catalogue) -> "Wanted":
    from adc.runtime.ledger import Wanted

    name = arguments.model
    return Wanted(
        ad=arguments.ad,
        scene=arguments.scene,
        endpoints=frozenset({name, *(endpoint.id for endpoint in catalogue.of_model(name))} if name else ()),
        engine=arguments.engine,
        since=_moment(arguments.since),
        until=_moment(arguments.until),
        states=frozenset({arguments.state} if arguments.state else ()),
        wasted=arguments.wasted,
    )


def _moment(time: datetime | None) -> str:
    from adc.runtime.ledger import moment

    return moment(time) if time else ""


def _nothing(arguments: Namespace, ledger: "StoreLedger | None", naming: "Naming") -> Iterator[str]:
    """Why the list is empty: nothing was ever asked, or nothing is like that, perhaps for a slip of the hand."""
    from adc.compiler.vocabulary import likeliest
    from adc.runtime.reporters.ledger_sums import scene_of

    lines = () if ledger is None else ledger.lines()
    if not lines:
        yield f"nothing was bought yet: the ledger of {shown(store_folder(arguments))} is empty"
        return
    yield f"none of the {len(lines):,} attempts in the ledger is like that"
    known = {
        "ad": {line.ad for line in lines},
        "scene": {name for line in lines for name in (scene_of(line.step), line.step)},
        "model": {name for line in lines for name in (naming.model(line.endpoint), line.endpoint)},
    }
    for what, names in known.items():
        name = getattr(arguments, what)
        if name and name not in names:
            hint = likeliest(name, names)
            yield f"it knows no {what} `{name}`" + (f"; {hint}" if hint else "")


def _show(arguments: Namespace, ledger: "StoreLedger | None") -> int:
    from adc.runtime.reporters.ledger_sums import Naming
    from adc.runtime.reporters.ledger_table import page_lines

    entry = None if ledger is None else ledger.entry(arguments.id)
    if entry is None:
        return no_such(arguments)
    sys.stdout.writelines(f"{line}\n" for line in page_lines(entry, Naming(builtin())))
    return Exit.OK


def _drift(arguments: Namespace, ledger: "StoreLedger | None") -> int:
    import json

    from adc.runtime.reporters.ledger_drift import drift_json, drift_lines
    from adc.runtime.reporters.ledger_sums import Naming

    catalogue = builtin()
    naming = Naming(catalogue)
    lines = () if ledger is None else ledger.lines(_wanted(arguments, catalogue))
    if arguments.json:
        sys.stdout.write(json.dumps(drift_json(lines, naming), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in drift_lines(lines, naming))
    return Exit.OK
