"""`adc build SPEC`: make the film.

The most frequent outcome is that nothing has changed; it is answered from the note of the last build before
anything else is imported. Otherwise: compile, show the plan and its price, ask before spending, run, deliver.
"""

import os
import sys
from argparse import Namespace
from copy import copy

from adc.runtime.cli.choices import engine_name, shown, store_folder
from adc.runtime.unchanged import is_unchanged, note_path, program_stamp


def run(arguments: Namespace) -> int:
    """Build the spec, or every variant of it. Returns an `Exit` code: the first that is not 0."""
    if not arguments.all_variants:
        return _build(arguments)
    from adc.runtime.cli.exits import Exit
    from adc.runtime.cli.variants import combinations

    every = combinations(arguments)
    if every is None:
        return Exit.SPEC
    for chosen in every:
        one = copy(arguments)
        one.variants, one.all_variants = list(chosen.items()), False
        if arguments.out:
            base, ending = os.path.splitext(str(arguments.out))
            one.out = base + "".join(f".{key}" for key in chosen.values()) + ending
        print(f"\n{', '.join(f'{name}={key}' for name, key in chosen.items()) or 'the only variant'}", flush=True)
        code = _build(one)
        if code:
            return code
    return 0


def _build(arguments: Namespace) -> int:
    engine = engine_name(arguments)
    store = store_folder(arguments)
    out = _last_out(arguments)
    chosen = [f"{name}={value}" for name, value in (*arguments.settings, *arguments.variants)]
    # A film that was built in spite of warnings is no answer to a build that minds them.
    note = note_path(store, arguments.spec, f"{engine}-strict" if arguments.strict else engine, out, *chosen)
    if is_unchanged(note, stamp=program_stamp(), out=out):
        sys.stdout.write(f"nothing to do: {shown(out)} is up to date\n")
        return 0
    from adc.runtime.cli.make import make

    return make(arguments, engine=engine, store=store, out=out, note=note)


def _last_out(arguments: Namespace) -> str:
    """The film's file. A spec is named after its ad, so the name is known before the spec is read.

    What was chosen of the variants is part of the name, so that one variant is not written over another.
    """
    if arguments.out:
        return os.path.abspath(str(arguments.out))
    name = os.path.splitext(os.path.basename(arguments.spec))[0]
    keys = "".join(f".{key}" for _, key in arguments.variants)
    return os.path.abspath(os.path.join("out", f"{name}{keys}.mp4"))
