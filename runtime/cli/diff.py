"""`adc diff [SIDE] [SPEC]`: what changes in an ad, scene by scene, and what it costs."""

import json
import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from adc.compiler.diff import Differences, compare_all, decided, nothing, together
from adc.compiler.plan import Plan
from adc.compiler.units import dollars_text
from adc.runtime.cli.choices import shown
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.find_spec import specs_here
from adc.runtime.cli.memory import hold, leave
from adc.runtime.cli.sides import NotComparable, Side, holds_plans, sides
from adc.runtime.cli.variants import called, combinations
from adc.runtime.errors import AdcError

if TYPE_CHECKING:
    from adc.runtime.cli.session import Compilation


@dataclass(frozen=True, slots=True)
class _Compared:
    """What was compared, as people call it, with how each ad differs and is called, and what there is to add."""

    sides: tuple[str, str]
    differences: Differences
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def run(arguments: Namespace) -> int:
    """Print the difference. Returns an `Exit` code."""
    wrong = Exit.FAILED if arguments.exit_code else Exit.SPEC
    try:
        word, spec = _words(arguments)
        if spec is None:
            return Exit.USAGE
        hold()
        if arguments.since_lock and word is not None:
            sys.stderr.write(
                f"--since-lock compares with the lock, and {word} is another side; leave out one of them\n"
            )
            return Exit.USAGE
        compared = _held(spec, arguments) if word is None else _sides(word, spec, arguments)
    except NotComparable as error:
        if str(error):
            sys.stderr.write(f"{error}\n")
        return wrong
    except AdcError as error:
        sys.stdout.flush()
        following = f"next: {error.next_command}\n" if error.next_command else ""
        sys.stderr.write(f"{error}\n{following}")
        return Exit.FAILED
    _print(compared, spec, _command(word, spec, arguments), arguments.format)
    leave(compared)
    over = _over(compared.differences, arguments.max_cost)
    if over:
        sys.stdout.flush()
        sys.stderr.write(f"{over}\n")
        return Exit.REFUSED
    return 1 if arguments.exit_code and compared.differences.differs else Exit.OK


def _words(arguments: Namespace) -> tuple[str | None, str | None]:
    """The side, None for what is held, and the spec, None where stderr has been told that nobody knows which."""
    if arguments.spec is not None:
        return arguments.side, arguments.spec
    word = arguments.side
    if word is not None and ":" not in word and (holds_plans(word) or word.endswith(".ad")):
        return None, word
    found = [path for path, _ in specs_here()]
    if len(found) == 1:
        return word, found[0]
    there = f"there are {', '.join(found)}" if found else "there is no spec in this folder or ./specs"
    sys.stderr.write(f"which spec? {there}\nnext: adc diff {f'{word} ' if word else ''}SPEC\n")
    return word, None


def _sides(word: str, spec: str, arguments: Namespace) -> _Compared:
    """The difference between the sides that a word names. Raises AdcError."""
    before, after = sides(word, spec, arguments)
    pairs = _paired(before, after)
    several = len(pairs) > 1
    names = tuple(called((new if new.steps else old).choices) for old, new in pairs) if several else ("",)
    found = compare_all(pairs)
    if found.bought.steps:
        found = _less_what_is_decided(found, [new for _, new in pairs], after, arguments)
    return _Compared((before.label, after.label), found, names, (*before.notes, *after.notes))


def _less_what_is_decided(found: Differences, plans: Sequence[Plan], after: Side, arguments: Namespace) -> Differences:
    """The differences without the purchases that the lock of the second side has already. Raises LockError."""
    from adc.runtime.cli.choices import spec_choices
    from adc.runtime.decisions import counting, of_choices

    lock = after.lock()
    if not lock.decisions:
        return found
    chosen = spec_choices(arguments)
    return decided(found, [counting(plan, lock, of_choices(plan.choices, chosen)) for plan in plans])


def _paired(before: Side, after: Side) -> list[tuple[Plan, Plan]]:
    """The plans of one combination of variants beside each other; one that is on one side alone, beside nothing."""
    if len(before.plans) == len(after.plans) == 1:
        return [(before.plans[0], after.plans[0])]
    waiting = list(before.plans)
    pairs: list[tuple[Plan, Plan]] = []
    for new in after.plans:
        old = next((one for one in waiting if dict(one.choices) == dict(new.choices)), None)
        if old is not None:
            waiting.remove(old)
        pairs.append((old or nothing(new), new))
    return [*pairs, *((old, nothing(old)) for old in waiting)]


def _held(spec: str, arguments: Namespace) -> _Compared:
    """The difference from what the store and the lock hold, or from the lock alone. Raises AdcError."""
    from adc.runtime.cli.held import against_lock, against_store

    if holds_plans(spec):
        raise NotComparable(f"{spec} is a plan: `adc plan {spec}` shows what has moved since; or name a side before it")
    asked = copy(arguments)
    asked.spec = spec
    asked.locked = not arguments.draft  # what is held was bought, so no key is needed to look
    ads = _compiled(asked)
    names = tuple(called(ad.plan.choices) for ad in ads) if len(ads) > 1 else ("",)
    if arguments.since_lock:
        found = tuple(against_lock(ad) for ad in ads)
        return _Compared((shown(str(ads[0].lock_path)), spec), together(found), names)
    return _Compared(("store and lock", spec), together(against_store(ads, asked)), names)


def _compiled(arguments: Namespace) -> "tuple[Compilation, ...]":
    from adc.runtime.cli.session import compile_or_complain

    wanted = combinations(arguments) if arguments.all_variants else [arguments]
    found = [compile_or_complain(one, quiet=number > 0) for number, one in enumerate(wanted or ())]
    ads = tuple(one for one in found if one is not None)
    if not wanted or len(ads) < len(wanted):
        raise NotComparable("")
    return ads


def _print(compared: _Compared, spec: str, command: str, form: str) -> None:
    differences = compared.differences
    if form == "json":
        from adc.runtime.reporters.diff_json import diff_json

        document = diff_json(differences, compared.sides, compared.notes)
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    elif form == "markdown":
        from adc.runtime.reporters.diff_markdown import Remark, diff_markdown

        remark = Remark(spec, compared.sides, command, compared.notes, compared.names)
        sys.stdout.write(diff_markdown(differences, remark))
    else:
        from adc.runtime.reporters.diff_text import diff_lines, together_lines

        colour = coloured(sys.stdout)
        print(f"{compared.sides[0]} -> {compared.sides[1]}")
        for note in compared.notes:
            print(note)
        print()
        if len(differences.ads) == 1:
            lines = diff_lines(differences.ads[0], colour=colour)
        else:
            lines = together_lines(differences, compared.names, colour=colour)
        for line in lines:
            print(line)


def _over(differences: Differences, most: Decimal | None) -> str:
    """Why a limit is not kept; empty where it is."""
    if most is None:
        return ""
    bought, limit = differences.bought, f"--max-cost of {dollars_text(most)}"
    if bought.unknown:
        return f"nobody knows what {', '.join(bought.unknown)} costs, so the {limit} cannot be kept"
    if bought.usd > most:
        return f"{dollars_text(bought.usd)} would be spent, more than the {limit} allows"
    return ""


def _command(word: str | None, spec: str, arguments: Namespace) -> str:
    """The command that shows all of it to people."""
    words: list[str] = ["adc", "diff", *([word] if word else []), shown(spec)]
    for flag, pairs in (("--set", arguments.settings), ("--variant", arguments.variants)):
        for name, value in pairs:
            words += [flag, f"{name}={value}"]
    words += ["--all-variants"] if arguments.all_variants else []
    words += ["--since-lock"] if arguments.since_lock else []
    return shlex.join(words)
