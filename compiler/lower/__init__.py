"""From a resolved script to a plan: one file a construct.

sheet       what lowering writes on: steps, files, diagnostics
purchase    a generate step: the request filled, checked against the endpoint's schema, priced
identity    who someone is, as pictures: the reference, or the views of a pack
keyframe    a start frame bought as a still
speech      a voice-over
scene       a clip, with what it starts from
card        a still drawn here
film        the timeline and the last step, and the order of all steps
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adc.compiler.catalogue import Catalogue
from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.lower.film import lower_film
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Plan


@dataclass(frozen=True, slots=True)
class Lowered:
    """A plan, or None where something could not be lowered; `diagnostics` say what."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


def lower(script: Script, catalogue: Catalogue, texts: Mapping[str, str]) -> Lowered:
    """Turn a script into steps. `texts` are the sources by path, to point at places inside templates."""
    sheet = Sheet(script, catalogue, texts)
    plan = lower_film(sheet)
    return Lowered(plan, tuple(sheet.diagnostics))
