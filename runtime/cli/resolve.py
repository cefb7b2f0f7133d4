"""`adc ledger resolve`: what the user has found out about a request whose answer was lost.

Only the user can end some doubts: fal's history may not list a request, and asking again could buy it twice. What is
said here is written into the ledger, and the next build goes on from it. The lease of the step is taken first, so
that no build is at work on the attempt meanwhile.
"""

import sys
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from adc.compiler.catalogue import builtin
from adc.compiler.units import unit_price_text
from adc.runtime.cli.choices import fal_url, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.ledger import command, no_such
from adc.runtime.cli.seller import hosts_of
from adc.runtime.fal.hosts import FAL, Hosts
from adc.runtime.leases import Leases
from adc.runtime.ledger import UNANSWERED, Entry, StoreLedger, Wanted
from adc.runtime.ports import AttemptState
from adc.runtime.reporters.ledger_sums import Naming
from adc.runtime.reporters.ledger_table import unsettled_lines
from adc.runtime.store import leases_at

OPEN: Final[frozenset[AttemptState]] = frozenset({"ambiguous", "intended"})
"""The states of which nobody knows whether something was bought, where no build is at work on them."""


def resolve(arguments: Namespace, ledger: StoreLedger | None) -> int:
    """List what may have been bought, or settle one attempt. Returns an `Exit` code; raises AdcError."""
    decided = bool(arguments.request or arguments.not_bought or arguments.given_up)
    if arguments.id is None and decided:
        sys.stderr.write(f"which attempt? `{command(arguments, 'resolve')}` lists those that may have been bought\n")
        return Exit.USAGE
    if ledger is None:
        if arguments.id is not None:
            return no_such(arguments)
        print("nothing has to be settled")
        return Exit.OK
    with leases_at(Path(store_folder(arguments))) as leases:
        if arguments.id is None:
            return _list(arguments, ledger, leases)
        return _one(arguments, ledger, leases, decided=decided)


def _list(arguments: Namespace, ledger: StoreLedger, leases: Leases) -> int:
    """All that may have been bought, with what may be known of each, and the words that settle it."""
    naming = Naming(builtin())
    doubtful: list[int] = []
    for line in ledger.lines(Wanted(states=OPEN)):
        if not _at_rest(leases, line.key):
            # It was intended a moment ago, as every purchase is, unless its answer has been lost already.
            if line.state == "ambiguous":
                print(f"attempt {line.id}: {line.step} of {line.ad}: a build is looking for it in fal's history\n")
            continue
        entry = ledger.entry(line.id)
        assert entry is not None, "no attempt is ever deleted"
        doubtful.append(entry.id)
        print(*unsettled_lines(entry, naming), "", sep="\n")
    if doubtful:
        _say_how(arguments, "ID" if len(doubtful) > 1 else str(doubtful[0]))
    else:
        print("nothing has to be settled")
    return Exit.OK


def _at_rest(leases: Leases, key: str) -> bool:
    """Whether no build is at work on a step."""
    if not leases.try_take(key):
        return False
    leases.give_back(key)
    return True


def _say_how(arguments: Namespace, number: str) -> None:
    print("fal's dashboard lists the requests of your account. The next build asks fal's history again, or you say:")
    for meaning, words in (
        ("it was bought", ("--request", "REQUEST_ID")),
        ("it was not", ("--not-bought",)),
        ("nobody knows", ("--given-up",)),
    ):
        print(f"  {meaning:<15}{command(arguments, 'resolve', number, *words)}")


def _one(arguments: Namespace, ledger: StoreLedger, leases: Leases, *, decided: bool) -> int:
    entry = ledger.entry(arguments.id)
    if entry is None:
        return no_such(arguments)
    if not leases.try_take(entry.key):
        sys.stderr.write(f"a build is at work on {entry.step}; nothing was changed\n")
        sys.stderr.write(f"next: when it has ended, {command(arguments, 'resolve', str(entry.id))}\n")
        return Exit.FAILED
    entry = ledger.entry(arguments.id)  # a build may have ended it in the last moment
    assert entry is not None, "no attempt is ever deleted"
    if entry.state == "completed" and arguments.given_up:
        return _lost(arguments, ledger, entry)
    if entry.state not in OPEN:
        sys.stderr.write(f"attempt {entry.id} is {entry.state}: there is nothing to settle\n")
        return Exit.USAGE
    if not decided:
        print(*unsettled_lines(entry, Naming(builtin())), "", sep="\n")
        _say_how(arguments, str(entry.id))
        return Exit.OK
    if arguments.request:
        return _bought(arguments, ledger, entry)
    return _given_up(arguments, ledger, entry)


def _bought(arguments: Namespace, ledger: StoreLedger, entry: Entry) -> int:
    """It was bought: the next build fetches what fal has under that id."""
    request = arguments.request
    for other in ledger.lines(Wanted(request_id=request)):
        if other.id != entry.id:
            sys.stderr.write(f"request {request} is attempt {other.id}, {other.step}; nothing was changed\n")
            return Exit.USAGE
    hosts = _hosts(arguments, entry)
    if hosts is None:
        sys.stderr.write(f"attempt {entry.id} was sent to a stand-in: say where it is with --fal-url URL\n")
        return Exit.USAGE
    answer = _agreed(arguments, f"{_named(entry)} was bought as request {request}")
    if answer != Exit.OK:
        return answer
    place = hosts.request_url(entry.endpoint, request)
    anyio.run(partial(ledger.submitted, entry.id, request_id=request, status_url=place + "/status", response_url=place))
    print(f"attempt {entry.id} was bought; the next build goes on with it")
    return Exit.OK


def _given_up(arguments: Namespace, ledger: StoreLedger, entry: Entry) -> int:
    """Nothing can be fetched: the next build buys it, whether or not this attempt has cost something."""
    cost = unit_price_text(entry.usd)
    if arguments.not_bought:
        question, said = f"{_named(entry)} was not bought", "not bought"
        told = f"attempt {entry.id} was not bought; the next build buys it"
    else:
        question, said = f"{_named(entry)} is given up, and {cost} may be lost", "given up"
        told = f"attempt {entry.id} is given up; the next build buys it, and {cost} may be lost"
    answer = _agreed(arguments, question)
    if answer != Exit.OK:
        return answer
    anyio.run(_abandon, ledger, entry, said, arguments.not_bought)
    print(told)
    return Exit.OK


def _lost(arguments: Namespace, ledger: StoreLedger, entry: Entry) -> int:
    """It was bought, and what came of it can never be fetched: the next build buys it again."""
    answer = _agreed(arguments, f"{_named(entry)} is given up, and {unit_price_text(entry.usd)} is lost")
    if answer != Exit.OK:
        return answer
    anyio.run(partial(ledger.failed, entry.id, reason="bought and never fetched; given up by the user", charge="yes"))
    print(f"attempt {entry.id} is given up; the next build buys it, and {unit_price_text(entry.usd)} is lost")
    return Exit.OK


async def _abandon(ledger: StoreLedger, entry: Entry, said: str, not_bought: bool) -> None:
    reason = entry.reason or UNANSWERED
    if entry.state == "intended":
        await ledger.ambiguous(entry.id, reason=reason)
    await ledger.abandon(entry.id, reason=f"{reason}; {said}, says the user", charge="no" if not_bought else "maybe")


def _named(entry: Entry) -> str:
    return f"attempt {entry.id} ({entry.step} of {entry.ad})"


def _hosts(arguments: Namespace, entry: Entry) -> Hosts | None:
    """Where the attempt was sent. None for a stand-in of which nobody says where it is. Raises AdcError."""
    if entry.engine == FAL.engine.name:
        return FAL
    return hosts_of(arguments) if fal_url(arguments) else None


def _agreed(arguments: Namespace, what: str) -> Exit:
    """OK where the user says yes; else it is said that nothing was changed."""
    if arguments.yes:
        return Exit.OK
    if not sys.stdin.isatty():
        sys.stderr.write("there is no terminal to ask at, and nothing was changed; --yes settles it without asking\n")
        return Exit.REFUSED
    sys.stdout.flush()
    try:
        sys.stderr.write(f"{what}: is it so? [y/N] ")
        sys.stderr.flush()
        answer = sys.stdin.readline().strip().lower()
    except KeyboardInterrupt:
        sys.stderr.write("\nnothing was changed\n")
        return Exit.INTERRUPTED
    if answer in ("y", "yes"):
        return Exit.OK
    sys.stderr.write("nothing was changed\n")
    return Exit.REFUSED
