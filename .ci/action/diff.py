#!/usr/bin/env python3
"""Compare every spec with the base: what changes on screen, what it buys, and whether that is within the limit.

`adc diff` says it for one spec; here all are joined into one report, which goes into the run's summary and into the
comment. A spec with errors has no plan to compare; that fails the check, not this step. Where only the base had
errors, nothing is known to be paid for already, so the whole price of the spec counts.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asked import Unfit, asked_paths, asked_words, reports
from base import Unreachable, base_commit
from command import Ran, adc
from join import Section, code, join, to_buy
from workflow import MOST_SUMMARY, annotate, output, summarise

from adc.compiler.units import dollars_text, unit_price_text
from adc.runtime.cli.settings import money_of

MOST_COMMENT = 65_000
"""Bytes of a comment; GitHub takes 65,536 characters."""
NAMED = 3
"""Steps that a sentence names; of more it says how many."""
MOST_SAID = 500
"""Characters of what a command said that went wrong."""
SHORT = 12
"""Digits that people are shown of a commit."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec as the check saw it: its path from the checkout's root, and how many errors it has."""

    path: str
    errors: int


def main() -> int:
    """0; 1 where more would be bought than the limit allows, 2 where an input is not fit, 3 where git or adc failed."""
    try:
        limit = _limit(os.environ["MAX_COST"])
        words = asked_words(os.environ["SPECS"])
        found = reports("json", asked_paths(os.environ["SPECS"]))
        specs = [spec for report in found for spec in _specs(report.prefix, report.document)]
    except Unfit as error:
        annotate("error", str(error))
        return 2
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    try:
        base = base_commit(os.environ["BASE"], event)
        if base is None:
            print("this run has nothing to compare with: it is for no pull request, and `base` names no revision")
            output("changed", "false")
            return 0
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            sections = [*pool.map(lambda spec: _section(spec, base), specs), *_gone(base, words)]
    except Unreachable as error:
        annotate("error", str(error))
        return 3
    return _report(sections, limit)


def _report(sections: Sequence[Section], limit: Decimal | None) -> int:
    """Write the report for people and the outputs for other steps."""
    usd = sum((section.usd for section in sections), Decimal(0))
    refused = [] if limit is None else list(_refused(sections, usd, limit))
    # The input tells the comments apart where several jobs of a repository use the action.
    marker = f"<!-- adc in CI: {quote(os.environ['SPECS'], safe='/*.').replace('--', '-%2D')} -->"
    report = Path(os.environ["RUNNER_TEMP"]) / "adc-report.md"
    report.write_text(join(marker, sections, refused, most=MOST_COMMENT), encoding="utf-8")
    summarise(join(marker, sections, refused, most=MOST_SUMMARY))
    output("report", str(report))
    output("usd", unit_price_text(usd).removeprefix("$"))
    output("changed", "true" if any(section.changed for section in sections) else "false")
    for reason in refused:
        annotate("error", reason, title="over the limit")
    failed = [section.line for section in sections if section.failed]
    for line in failed:
        annotate("error", line, title="adc diff")
    return 3 if failed else 1 if refused else 0


def _refused(sections: Sequence[Section], usd: Decimal, limit: Decimal) -> Iterator[str]:
    """Why the limit is not kept; nothing where it is."""
    if usd > limit:
        yield f"{dollars_text(usd)} would be bought, and `max-cost` allows {dollars_text(limit)}"
    unknown = [step for section in sections for step in section.unknown]
    if unknown:
        named = ", ".join(unknown) if len(unknown) <= NAMED else f"{len(unknown)} steps"
        yield f"nobody knows what {named} cost{'s' if len(unknown) == 1 else ''}, so `max-cost` cannot be kept"


def _limit(text: str) -> Decimal | None:
    usd = money_of(text) if text else None
    if text and usd is None:
        raise Unfit(f"`max-cost` is not an amount of dollars, such as 5 or 2.50: {text}")
    return usd


def _specs(prefix: str, document: Any) -> list[Spec]:
    return [Spec(prefix + one["spec"], one["counts"]["errors"]) for one in document["specs"] if one["kind"] == "spec"]


def _section(spec: Spec, base: str) -> Section:
    """What changes in one spec."""
    name = code(spec.path)
    if spec.errors:
        line = f"{name} has {_count(spec.errors, 'error')}, so there is no plan of it to compare."
        return Section(line, line)
    told = _diff(spec, base, "json")
    if not told.code:
        document = json.loads(told.out)
        if not document["differs"]:
            return Section("", "")
        told = _diff(spec, base, "markdown")
    if told.code:
        line = f"{name} could not be compared: {code(told.err[:MOST_SAID] or f'exit code {told.code}')}"
        return Section(line, line, failed=True)
    usd, unknown = Decimal(document["bought"]["usd"]), tuple(document["bought"]["unknown"])
    return Section(told.out, f"{name}: {to_buy(usd, len(unknown))}", usd, unknown)


def _diff(spec: Spec, base: str, form: str) -> Ran:
    return adc("diff", "--format", form, "--", f"{base[:SHORT]}...HEAD", spec.path)


def _gone(base: str, words: Sequence[str]) -> list[Section]:
    """The `.ad` files that the change takes away, where they were asked for."""
    asked = [f":(glob){word}/**/*.ad" if os.path.isdir(word) else f":(glob){word}" for word in words]
    listing = ["git", "diff", "--name-only", "-z", "--find-renames", "--diff-filter=D", f"{base}...HEAD", "--", *asked]
    ran = subprocess.run(listing, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if ran.returncode:
        raise Unreachable(f"git diff: {ran.stderr.strip()}")
    lines = [
        f"{code(path)} is taken away; nothing is bought for it any more." for path in ran.stdout.split("\0") if path
    ]
    return [Section(line, line) for line in lines]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


if __name__ == "__main__":
    sys.exit(main())
