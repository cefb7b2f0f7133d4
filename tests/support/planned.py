"""Specs in memory, compiled to plans: the pictures of the cases are at hand, and further files may be given by path."""

from collections.abc import Mapping

from support.spec_cases import SPEC, pictures

from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.choices import Choices
from adc.compiler.families import Families
from adc.compiler.files import MemoryFiles
from adc.compiler.pins import NO_PINS, Pins
from adc.compiler.pipeline import Compiled, compile_spec
from adc.compiler.plan import Plan, Step

SONG = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28)
"""The head of a recording."""


def compiled(
    source: str,
    others: Mapping[str, str | bytes] | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    pins: Pins = NO_PINS,
    families: Families | None = None,
    catalogue: Catalogue | None = None,
) -> Compiled:
    """What the compiler makes of a spec."""
    contents = {SPEC: source, **(others or {})}
    encoded = {path: data.encode() if isinstance(data, str) else data for path, data in contents.items()}
    files = MemoryFiles({**pictures(), "refs/song.wav": SONG, **encoded})
    choices = Choices(settings or {}, variants or {})
    return compile_spec(SPEC, files, catalogue or builtin(), choices, pins=pins, families=families)


def planned(
    source: str,
    others: Mapping[str, str | bytes] | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
) -> Plan:
    """The plan of a spec with nothing wrong in it."""
    found = compiled(source, others, settings=settings, variants=variants)
    assert found.diagnostics == ()
    assert found.plan is not None
    return found.plan


def prompt(step: Step) -> str:
    """What the step tells its model, where it waits for nobody's words."""
    told = step.arguments["prompt"]
    assert isinstance(told, str)
    return told
