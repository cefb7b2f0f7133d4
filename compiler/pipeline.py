"""The whole compiler on one screen: text in, plan and diagnostics out.

    load        read, parse and resolve the spec and what it imports, and check it      Script
    lower       cast each scene, fill each request, lay out the film                    Plan

Every stage reports what it finds and goes on; a plan exists only where nothing found is an error.
"""

from collections.abc import Mapping

from adc.compiler import resolve
from adc.compiler.allow import allow
from adc.compiler.catalogue import Catalogue
from adc.compiler.choices import DEFAULTS, Choices
from adc.compiler.collector import at_rest
from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.families import Families, builtin
from adc.compiler.files import Files
from adc.compiler.frozen import frozen
from adc.compiler.lower import lower
from adc.compiler.nodes import Document
from adc.compiler.pins import NO_PINS, Pins
from adc.compiler.plan import Plan
from adc.compiler.whole import JUDGED


@frozen
class Compiled:
    """A plan, or the reasons why there is none.

    `texts` are the sources by path, for rendering; `inputs` are the digests of all files that were read, by path;
    `documents` is the syntax of each source. Paths are relative to the folder of the spec. `catalogue` holds the
    models of the spec beside those that ship. `script` is None where the spec could not be understood. `pinned` are the
    steps that would be others without their pins, by id.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]
    inputs: Mapping[str, str]
    documents: Mapping[str, Document]
    script: Script | None
    catalogue: Catalogue
    pinned: frozenset[str] = frozenset()


def compile_spec(
    spec: str,
    files: Files,
    catalogue: Catalogue,
    choices: Choices = DEFAULTS,
    *,
    rough: bool = False,
    pins: Pins = NO_PINS,
    families: Families | None = None,
) -> Compiled:
    """Compile the file `spec`, read through `files`, with `choices` made. Never raises for what a user may write.

    `rough` says the same of the spec in less time: its plan has the steps and prices, without the words of prompts.
    `pins` hold fast what was decided for it before; `families` word the prompts, those that ship unless others are
    given. Raises UnknownWording where a version of a wording is pinned that there is not.
    """
    with at_rest():
        return _compiled(spec, files, catalogue, choices, pins, families or builtin(), rough=rough)


def _compiled(
    spec: str,
    files: Files,
    catalogue: Catalogue,
    choices: Choices,
    pins: Pins,
    families: Families,
    *,
    rough: bool,
) -> Compiled:
    loaded = resolve.load(spec, files, choices)
    diagnostics = list(loaded.diagnostics)
    plan = None
    pinned: frozenset[str] = frozenset()
    if loaded.script is not None:
        catalogue = catalogue.adding(model.endpoint for model in loaded.script.models.values())
        lowered = lower(loaded.script, catalogue, loaded.texts, rough=rough, pins=pins, families=families)
        diagnostics.extend(lowered.diagnostics)
        plan, pinned = lowered.plan, lowered.pinned
    elif loaded.part is not None:
        own = catalogue.adding(model.endpoint for model in loaded.part.models.values())
        judged = lower(loaded.part, own, loaded.texts, rough=True, families=families).diagnostics
        diagnostics.extend(one for one in judged if one.code in JUDGED and one.severity is Severity.ERROR)
    diagnostics = allow(diagnostics, loaded.texts, spec)
    errors = [one for one in diagnostics if one.severity is Severity.ERROR]
    plan = None if errors else plan
    told = dict.fromkeys(errors or diagnostics)  # warnings wait until there are no errors
    found = tuple(sorted(told, key=lambda one: (one.span, one.code)))
    return Compiled(plan, found, loaded.texts, loaded.inputs, loaded.documents, loaded.script, catalogue, pinned)
