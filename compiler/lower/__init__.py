"""From a resolved script to a plan: one file a construct.

sheet       what lowering writes on: steps, files, diagnostics
limits      pictures that an endpoint would refuse
asked       what the spec itself asks of a step, told without any model's words
purchase    a generate step: the request filled, checked against the endpoint's schema, priced
identity    who someone is, as pictures: the reference, or the views of a pack
keyframe    a start frame bought as a still
speech      a voice-over
effect      a sound that is laid over a scene
upscale     a clip made as large as the film
scene       a clip, with what it starts from
card        a still drawn here
unseen      pictures that no model is shown
film        the timeline and the last step, and the order of all steps
"""

from collections.abc import Mapping

from adc.compiler.catalogue import Catalogue
from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.families import Families, builtin
from adc.compiler.frozen import frozen
from adc.compiler.lower.film import lower_film
from adc.compiler.lower.sheet import Sheet
from adc.compiler.pins import NO_PINS, Pins
from adc.compiler.plan import Plan


@frozen
class Lowered:
    """A plan, or None where something could not be lowered; `diagnostics` say what. `pinned` are the steps that would
    be others without their pins."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    pinned: frozenset[str]


def lower(
    script: Script,
    catalogue: Catalogue,
    texts: Mapping[str, str],
    *,
    rough: bool = False,
    pins: Pins = NO_PINS,
    families: Families | None = None,
) -> Lowered:
    """Turn a script into steps. `texts` are the sources by path, to point at places inside templates.

    A `rough` plan has everything but the words of prompts: enough to judge a spec and to price it. `pins` hold fast
    what was decided before; `families` word the prompts, those that ship where none are given. Raises
    UnknownWording.
    """
    sheet = Sheet(script, catalogue, texts, families or builtin(), rough=rough, pins=pins)
    for own in script.models.values():
        if any(endpoint is not own.endpoint for endpoint in catalogue.of_model(own.name.value)):
            message = f"`{own.name.value}` is a model of the catalogue already"
            hint = f"call it something else, such as `my_{own.name.value}`"
            sheet.report("AD0202", message, own.name.span, label="again here", hint=hint)
    plan = lower_film(sheet)
    return Lowered(plan, tuple(sheet.diagnostics), frozenset(sheet.pinned))
