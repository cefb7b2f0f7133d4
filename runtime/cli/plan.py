"""`adc plan SPEC`: what would be made, by which model, at which price, and what the store already holds.

Most of the time neither the spec nor the store has changed: people, editors and CI only look. So the plan comes from
the note of its last compilation where that still holds, the store is looked at and not opened, and what only another
outcome needs is imported for it alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from adc.compiler.plan import Json, Plan, dump, to_json
from adc.runtime.cli.choices import engine_name, names_plan
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.memory import hold, leave
from adc.runtime.cli.planned import Planned, planned_of, planned_or_complain
from adc.runtime.cli.standing import standing
from adc.runtime.cli.variants import called, combinations
from adc.runtime.errors import AdcError, SpendRefused
from adc.runtime.forecast import Forecast, usd_ahead
from adc.runtime.reporters.plan_table import plan_lines, together

if TYPE_CHECKING:
    from argparse import Namespace

    from adc.runtime.cli.session import Compilation


def run(arguments: Namespace) -> int:
    """Print the plan, or those of all variants; sign it where that is asked for. Returns an `Exit` code."""
    if arguments.explain:
        from adc.runtime.cli.explained import explain

        return explain(arguments)
    if names_plan(arguments.spec):
        from adc.runtime.cli.signed import show

        return show(arguments)
    hold()
    every = combinations(arguments) if arguments.all_variants else [arguments]
    if every is None:
        return Exit.SPEC
    compilations: list[Compilation] = []
    found: list[Planned] = []
    whole = arguments.plan_file is not None or arguments.locked or arguments.frozen
    for number, one in enumerate(every):
        if whole:
            planned = _compiled(one, compilations, quiet=number > 0)
        else:
            planned = planned_or_complain(one, quiet=number > 0)
        if planned is None:
            return Exit.SPEC
        found.append(planned)
    if print_plans([one.plan for one in found], arguments):
        return Exit.OK
    signed = ""
    try:
        forecasts = standing(found, arguments)
        if arguments.plan_file is not None:
            from adc.runtime.cli.signed import write

            signed = write(arguments, list(zip(compilations, forecasts, strict=True)))
    except AdcError as error:
        from adc.runtime.cli.session import complain

        return complain(error, Exit.REFUSED if isinstance(error, SpendRefused) else Exit.FAILED, arguments)
    builds = [(one.plan, said) for one, said in zip(found, forecasts, strict=True)]
    models = {endpoint: model for one in found for endpoint, model in one.models.items()}
    print_standing(builds, models, engine_name(arguments), arguments)
    if signed and not arguments.status:
        print(signed)
    if (arguments.locked or arguments.frozen) and engine_name(arguments) != "draft":
        from adc.runtime.cli.locking import lacking

        return lacking(compilations, forecasts, arguments)
    leave(found, forecasts)
    return Exit.OK


def _compiled(arguments: Namespace, compilations: list[Compilation], *, quiet: bool) -> Planned | None:
    """The plan, compiled anew, because a note does not say all of it; the whole of it is put at the list's end."""
    from adc.runtime.cli.session import compile_or_complain

    compilation = compile_or_complain(arguments, quiet=quiet)
    if compilation is None:
        return None
    compilations.append(compilation)
    return planned_of(compilation)


def print_plans(plans: Sequence[Plan], arguments: Namespace) -> bool:
    """Print plans in a form that tells nothing of the store, where one is asked for; gives whether that is so."""
    if arguments.status or not (arguments.json or arguments.text):
        return False
    if arguments.text:
        from adc.runtime.reporters.plan_text import plan_text

        sys.stdout.write("\n\n".join(map(plan_text, plans)))
    elif arguments.all_variants:
        _print_json([to_json(plan) for plan in plans], sort_keys=True)
    else:
        sys.stdout.write(dump(plans[0]).decode())
    return True


def print_standing(
    builds: Sequence[tuple[Plan, Sequence[Forecast]]], models: Mapping[str, str], engine: str, arguments: Namespace
) -> None:
    """Print plans with what the store holds of them: as JSON where that is asked for, else as tables.

    `models` are names of models by endpoint.
    """
    if arguments.status:
        documents = [_status(plan, said, engine) for plan, said in builds]
        _print_json(documents if arguments.all_variants else documents[0], sort_keys=False)
        return
    paid = engine != "draft"
    lines: list[str] = []
    for plan, said in builds:
        if arguments.all_variants:
            lines.append(f"{called(plan.choices)}:")
        lines += plan_lines(plan, said, models, paid=paid)
        if arguments.all_variants:
            lines.append("")
    if arguments.all_variants:
        lines += together(builds, paid=paid)
    sys.stdout.write("\n".join(lines) + "\n")
    leave(lines)


def _print_json(document: Json, *, sort_keys: bool) -> None:
    sys.stdout.write(json.dumps(document, sort_keys=sort_keys, indent=2, ensure_ascii=False) + "\n")


def _status(plan: Plan, forecasts: Sequence[Forecast], engine: str) -> Json:
    """The plan with what the store holds of it; depends on this machine, unlike the plan itself."""
    return {
        "plan": to_json(plan),
        "engine": engine,
        "status": {one.step_id: {"status": one.status, "after": one.after, "key": one.key} for one in forecasts},
        "usd_ahead": str(usd_ahead(plan, forecasts)) if engine != "draft" else "0",
    }
