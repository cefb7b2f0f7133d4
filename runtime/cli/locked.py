"""A spec compiled as its lock has it: the models that were cast stay cast, the takes that were accepted count.

What a pin stands for is only known once the spec is compiled: where the spec asks for something else by now, the pin
is let go and the spec compiled again; so is one that was renamed. Twice is enough but for a chain of such changes.
"""

from dataclasses import dataclass
from pathlib import Path

from adc.compiler import pipeline
from adc.compiler.catalogue import Catalogue
from adc.compiler.choices import Choices
from adc.compiler.files import Files
from adc.compiler.pins import Pins
from adc.compiler.pipeline import Compiled
from adc.runtime.decisions import better_pins, of_choices, pins_of
from adc.runtime.lock import Lock

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Locked:
    """What was compiled, under which choices (`of`), with the `pins` that it was compiled with."""

    compiled: Compiled
    of: str
    pins: Pins


def compile_locked(
    spec: Path, files: Files, catalogue: Catalogue, choices: Choices, lock: Lock, *, refresh: bool = False
) -> Locked:
    """Compile a spec as `lock` has it. With `refresh` only the accepted takes are kept, not models and wordings."""
    of = of_choices(choices.variants, choices)
    pins = _pins(lock, of, refresh=refresh)
    compiled = pipeline.compile_spec(spec.name, files, catalogue, choices, pins=pins)
    for _ in range(_ROUNDS if lock.decisions else 0):
        if compiled.plan is None:
            break
        exact = of_choices(compiled.plan.choices, choices)
        if exact != of:
            of, better = exact, _pins(lock, exact, refresh=refresh)
            if better == pins:
                continue
        else:
            found = better_pins(compiled.plan, compiled.pinned, pins, lock, of, compiled.catalogue, refresh=refresh)
            if found is None:
                break
            better = found
        pins = better
        compiled = pipeline.compile_spec(spec.name, files, catalogue, choices, pins=pins)
    if compiled.plan is not None:
        of = of_choices(compiled.plan.choices, choices)
    return Locked(compiled, of, pins)


def _pins(lock: Lock, of: str, *, refresh: bool) -> Pins:
    pins = pins_of(lock, of)
    return Pins(takes=pins.takes) if refresh else pins
