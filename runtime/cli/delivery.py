"""Where finished films go, and bringing them there: aside first, then renamed, and never over something else."""

import os
import shutil
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from adc.compiler.plan import Deliverable, Plan
from adc.runtime.cli.choices import film_file, shown
from adc.runtime.errors import StoreError


def places(arguments: Namespace, plan: Plan) -> Mapping[str, Deliverable]:
    """The file of each finished film. The first has the name that was asked for, the others their shape behind it.

    Where variants were chosen, what was chosen of all of them stands in the name, in the order of the page: two
    combinations are never written over one another. A name that was asked for stays as it is, unless it is for many.
    """
    stem, ending = os.path.splitext(film_file(arguments))
    if arguments.all_variants or (arguments.variants and not arguments.out):
        stem += "".join(f".{key}" for key in plan.choices.values())
    first, *others = plan.deliverables
    return {f"{stem}{ending}": first, **{f"{stem}.{film.aspect.replace(':', 'x')}{ending}": film for film in others}}


def check(out: Path, inputs: Mapping[str, str]) -> None:
    """Refuse a place for a film where something else would be lost, before anything is made. Raises StoreError."""
    if str(out) in inputs:
        raise StoreError(f"{shown(str(out))} is what the film is made from; nothing was made, choose another --out")
    if out.is_dir():
        raise StoreError(f"{shown(str(out))} is a folder; nothing was made, choose a file with --out")
    if out.suffix.lower() != ".mp4":
        raise StoreError(f"{shown(str(out))} is no name for an MP4; nothing was made, let --out end in .mp4")


def deliver(film: Path, out: Path) -> None:
    """Copy a film from the store to where the user wants it. Raises StoreError."""
    try:
        place(out, lambda aside: shutil.copyfile(film, aside))
    except OSError as error:
        raise StoreError(
            f"the film is finished and kept, but {shown(str(out))} cannot be written: {error.strerror};"
            " choose another place with --out"
        ) from error


def place(out: Path, write: Callable[[Path], object]) -> None:
    """Have a file written aside, and renamed when it is whole. Raises OSError."""
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(aside)
        os.replace(aside, out)
    finally:
        aside.unlink(missing_ok=True)
