"""The rules of a film, one a file. A check reads the script, reports, and changes nothing.

To add a rule: a case under `tests/cases/`, a code in `codes`, a file here with `check`, a place in `CHECKS`.
Rules about what a model can do are not here: they belong to casting, which knows the models.
"""

from collections.abc import Callable, Iterator

from adc.compiler.checks import (
    blank,
    durations,
    frames,
    joins,
    overridden,
    packs,
    pictures,
    speakers,
    speech,
    starts,
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
    starts.check,
    blank.check,
    wordless.check,
    speakers.check,
    speech.check,
    packs.check,
    pictures.check,
    overridden.check,
    unused.check,
)
"""All checks, in the order in which their findings are given where they stand at one place. They need no order."""
