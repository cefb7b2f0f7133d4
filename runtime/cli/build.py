"""`adc build SPEC`: make the film.

The most frequent outcome is that nothing has changed; it is answered from the note of the last build before
anything else is imported. Otherwise: compile, show the plan and its price, ask before spending, run, deliver.
"""

import os
import sys
from argparse import Namespace

from adc.runtime.cli.choices import engine_name, shown, store_folder
from adc.runtime.unchanged import is_unchanged, note_path, program_stamp


def run(arguments: Namespace) -> int:
    """Build the spec. Returns an `Exit` code."""
    engine = engine_name(arguments)
    store = store_folder(arguments)
    out = _last_out(arguments)
    note = note_path(store, arguments.spec, engine, out)
    if is_unchanged(note, stamp=program_stamp(), out=out):
        sys.stdout.write(f"nothing to do: {shown(out)} is up to date\n")
        return 0
    from adc.runtime.cli.make import make

    return make(arguments, engine=engine, store=store, out=out, note=note)


def _last_out(arguments: Namespace) -> str:
    """The film's file. A spec is named after its ad, so the name is known before the spec is read."""
    if arguments.out:
        return os.path.abspath(str(arguments.out))
    name = os.path.splitext(os.path.basename(arguments.spec))[0]
    return os.path.abspath(os.path.join("out", f"{name}.mp4"))
