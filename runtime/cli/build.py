"""`adc build SPEC`: make the film, or one for each combination of its variants.

The most frequent outcome is that nothing has changed; it is answered from the note of the last build before
anything else is imported. Otherwise: compile, show the plan and its price, ask before spending, run, deliver.
"""

import sys
from argparse import Namespace

from adc.runtime.cli.choices import engine_name, film_file, shown, store_folder
from adc.runtime.unchanged import finished, note_path, program_stamp


def run(arguments: Namespace) -> int:
    """Build what has changed. Returns an `Exit` code."""
    wanted = [arguments]
    if arguments.all_variants:
        from adc.runtime.cli.exits import Exit
        from adc.runtime.cli.variants import combinations

        every = combinations(arguments)
        if every is None:
            return Exit.SPEC
        wanted = every
    stamp = program_stamp()
    notes: list[tuple[Namespace, str]] = []
    for one in wanted:
        note = _note(one)
        films = finished(note, stamp=stamp, out=film_file(one))
        if films:
            last = shown(films.pop())
            told = f"{', '.join(map(shown, films))} and {last} are" if films else f"{last} is"
            sys.stdout.write(f"nothing to do: {told} up to date\n")
        else:
            notes.append((one, note))
    if not notes:
        return 0
    from adc.runtime.cli.make import make

    return make(notes, typed=arguments)


def _note(arguments: Namespace) -> str:
    """Where the note about a build lives that would be the same as this one."""
    engine = engine_name(arguments)
    settings, variants = dict(arguments.settings), dict(arguments.variants)
    chosen = [f"{name}={value}" for name, value in (*settings.items(), *variants.items())]
    if arguments.all_variants:
        chosen.append("all")  # films are named in another way than where one combination is asked for
    # A film that was built in spite of warnings is no answer to a build that minds them.
    minding = f"{engine}-strict" if arguments.strict else engine
    return note_path(store_folder(arguments), arguments.spec, minding, film_file(arguments), *chosen)
