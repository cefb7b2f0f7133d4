"""How a build that did not get to its end tells what is safe, what it cost and how to go on."""

import sys
from argparse import Namespace
from decimal import Decimal

from adc.compiler.units import dollars_text
from adc.runtime.cli.again import again, decision
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.session import Compilation, Session
from adc.runtime.errors import Rejected
from adc.runtime.execute import Outcome
from adc.runtime.ledger import Wanted
from adc.runtime.takes import unnamed


def under_way(session: Session, engine: str) -> str:
    """What a build that is stopped leaves behind: what is kept, and what a seller goes on with."""
    kept = "everything made so far is kept, and the same command goes on from here"
    if engine == "draft":
        return kept
    lines = session.ledger.lines(Wanted(engine=engine, states=frozenset({"submitted", "running"})))
    if not lines:
        return kept
    usd = sum((line.usd for line in lines), Decimal(0))
    number = f"{len(lines)} request{'s are' if len(lines) > 1 else ' is'}"
    return f"{kept}; {number} under way at fal for {dollars_text(usd)}, and will be fetched then"


def failed(compilation: Compilation, outcome: Outcome, wasted: Decimal, typed: Namespace) -> int:
    """Say what failed, what it cost, what is safe and how to go on. `wasted` is what this build's failures may cost."""
    from adc.runtime.cli.findings import exit_of
    from adc.runtime.cli.findings import told as underlined

    bought = sum((result.receipt.usd for result in outcome.results.values()), Decimal(0))
    lines = [""]
    told: dict[tuple[str, str], list[str]] = {}
    colour = coloured(sys.stderr)
    for step, error in outcome.failures.items():
        told.setdefault((str(error), error.next_command), []).append(step)
    same = again(typed, *decision(typed))
    for (sentence, command), steps in told.items():
        lines.append(f"{', '.join(steps)}: {sentence}")
        if command not in ("", same, again(typed)):
            lines.append(f"  next: {command}")
        refused = outcome.failures[steps[0]]
        if isinstance(refused, Rejected):
            about = compilation.plan, compilation.script, compilation.texts
            lines.append(underlined(*about, unnamed(steps[0]), refused, prefix=compilation.prefix, colour=colour))
    waiting = len(outcome.blocked) + len(outcome.unstarted)
    every = len(outcome.results) + len(outcome.failures) + waiting
    kept = f"{len(outcome.results)} of {every} steps are kept"
    if bought:
        kept += f", {dollars_text(bought)} of purchases among them"
    if wasted:
        kept += f"; {dollars_text(wasted)} may have been charged for what failed"
    lines.append(f"{kept}; {waiting} wait{'s' if waiting == 1 else ''} for what failed")
    lines.append(f"to go on: {same}")
    sys.stdout.flush()
    sys.stderr.write("\n".join(lines) + "\n")
    return exit_of(outcome.failures.values())
