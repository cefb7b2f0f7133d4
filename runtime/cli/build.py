"""`adc build SPEC`: make the film, or one for each combination of its variants.

The most frequent outcome is that nothing has changed; it is answered from the note of the last build before
anything else is imported. Otherwise: compile, show the plan and its price, ask before spending, run, deliver.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from adc.runtime.cli.choices import film_file, names_plan, shown
from adc.runtime.cli.notes import note_of
from adc.runtime.unchanged import finished, program_stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Build what has changed. Returns an `Exit` code."""
    if names_plan(arguments.spec):
        from adc.runtime.cli.signed import build

        return build(arguments)
    wanted = [arguments]
    if arguments.all_variants:
        from adc.runtime.cli.exits import Exit
        from adc.runtime.cli.variants import combinations

        every = combinations(arguments)
        if every is None:
            return Exit.SPEC
        wanted = every
    stamp = program_stamp()
    changed: list[Namespace] = []
    for one in wanted:
        films = finished(note_of(one), stamp=stamp, out=film_file(one))
        if films:
            tell_up_to_date(films)
        else:
            changed.append(one)
    if not changed:
        return 0
    from adc.runtime.cli.make import make

    return make(changed, typed=arguments)


def tell_up_to_date(films: Sequence[str]) -> None:
    """Say that the films of an ad, at least one, are what they would be made to be."""
    *others, last = map(shown, films)
    told = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    sys.stdout.write(f"nothing to do: {told} up to date\n")
