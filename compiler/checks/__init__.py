"""The rules of a film, one a file. A check reads the script, reports, and changes nothing.

To add a rule: a case under `tests/cases/`, a code in `codes`, a file here with `check`, a place in `CHECKS`.
Rules about what a model can do are not here: they belong to casting, which knows the models.
"""

from collections.abc import Callable, Iterator

from adc.compiler.checks import (
    awaited,
    blank,
    chains,
    durations,
    effects,
    ends,
    fades,
    frames,
    joins,
    lettering,
    looks,
    loras,
    margins,
    overlaps,
    overridden,
    packs,
    pictures,
    platforms,
    reading,
    references,
    restated,
    shots,
    speakers,
    speech,
    starts,
    supers,
    unfilled,
    unused,
    wordless,
)
from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic

Check = Callable[[Script], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    durations.check,
    frames.check,
    joins.check,
    fades.check,
    chains.check,
    starts.check,
    ends.check,
    shots.check,
    blank.check,
    wordless.check,
    speakers.check,
    speech.check,
    supers.check,
    effects.check,
    overlaps.check,
    reading.check,
    margins.check,
    lettering.check,
    restated.check,
    packs.check,
    looks.check,
    references.check,
    awaited.check,
    loras.check,
    pictures.check,
    platforms.check,
    overridden.check,
    unfilled.check,
    unused.check,
)
"""All checks, in the order in which their findings are given where they stand at one place. They need no order."""
