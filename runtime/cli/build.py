"""`adc build SPEC`: make the film, or one for each combination of its variants.

The most frequent outcome is that nothing has changed; it is answered from the note of the last build before
anything else is imported. Otherwise: compile, show the plan and its price, ask before spending, run, deliver.
"""

import sys
from argparse import Namespace

from adc.runtime.cli.choices import film_file, names_plan, shown
from adc.runtime.cli.notes import note_of
from adc.runtime.unchanged import finished, program_stamp


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
            last = shown(films.pop())
            told = f"{', '.join(map(shown, films))} and {last} are" if films else f"{last} is"
            sys.stdout.write(f"nothing to do: {told} up to date\n")
        else:
            changed.append(one)
    if not changed:
        return 0
    from adc.runtime.cli.make import make

    return make(changed, typed=arguments)
