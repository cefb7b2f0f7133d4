"""Where the note about a build lives: one for everything that may be chosen, so that none answers for another."""

from __future__ import annotations

import os

from adc.runtime.cli.choices import engine_name, film_file, store_folder
from adc.runtime.unchanged import note_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def note_of(arguments: Namespace) -> str:
    """Where the note about a build lives that would be the same as this one."""
    engine = engine_name(arguments)
    settings, variants = dict(arguments.settings), dict(arguments.variants)
    chosen = [f"{name}={value}" for name, value in (*settings.items(), *variants.items())]
    if arguments.all_variants:
        chosen.append("all")  # films are named in another way than where one combination is asked for
    if arguments.refresh:
        chosen.append("refresh")
    if arguments.frozen:
        chosen.append("frozen")  # a film with stale pieces is up to date, and its lock is not
    if os.path.exists(f"{arguments.spec}.sim.lock" if engine == "sim" else f"{arguments.spec}.lock"):
        chosen.append("locked")  # its bytes are among what the note watches; that there is one is not
    if arguments.signed is not None:
        chosen.append(arguments.signed.digest)  # a film that is up to date may be another than what was signed
    # A film that was built in spite of warnings is no answer to a build that minds them.
    minding = f"{engine}-strict" if arguments.strict else engine
    return note_path(store_folder(arguments), arguments.spec, minding, film_file(arguments), *chosen)
