"""`adc plan SPEC`: what would be made, by which model, at which price, and what the store already holds."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence

import anyio

from adc.compiler.catalogue import Catalogue
from adc.compiler.plan import Json, Plan, dump, to_json
from adc.runtime.cli.choices import engine_name, names_plan, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import Compilation, compile_or_complain, complain, handlers_for, open_session
from adc.runtime.cli.variants import called, combinations
from adc.runtime.errors import AdcError, SpendRefused
from adc.runtime.forecast import Forecast, forecast, usd_ahead
from adc.runtime.reporters.plan_table import plan_lines, together
from adc.runtime.reporters.plan_text import plan_text


def run(arguments: Namespace) -> int:
    """Print the plan, or those of all variants; sign it where that is asked for. Returns an `Exit` code."""
    if names_plan(arguments.spec):
        from adc.runtime.cli.signed import show

        return show(arguments)
    found: list[Compilation] = []
    for compilation in _compilations(arguments):
        if compilation is None:
            return Exit.SPEC
        found.append(compilation)
    if print_plans([compilation.plan for compilation in found], arguments):
        return Exit.OK
    engine = engine_name(arguments)
    signed = ""
    try:
        forecasts = [anyio.run(_forecast, arguments, engine, compilation) for compilation in found]
        if arguments.plan_file is not None:
            from adc.runtime.cli.signed import write

            signed = write(arguments, list(zip(found, forecasts, strict=True)))
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, arguments)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    builds = [(one.plan, said) for one, said in zip(found, forecasts, strict=True)]
    print_standing(builds, found[0].catalogue, engine, arguments)
    if signed and not arguments.status:
        print(signed)
    return Exit.OK


def print_plans(plans: Sequence[Plan], arguments: Namespace) -> bool:
    """Print plans in a form that tells nothing of the store, where one is asked for; gives whether that is so."""
    if arguments.status or not (arguments.json or arguments.text):
        return False
    if arguments.text:
        sys.stdout.write("\n\n".join(map(plan_text, plans)))
    elif arguments.all_variants:
        _print_json([to_json(plan) for plan in plans], sort_keys=True)
    else:
        sys.stdout.write(dump(plans[0]).decode())
    return True


def print_standing(
    builds: Sequence[tuple[Plan, Sequence[Forecast]]], catalogue: Catalogue, engine: str, arguments: Namespace
) -> None:
    """Print plans with what the store holds of them: as JSON where that is asked for, else as tables."""
    if arguments.status:
        documents = [_status(plan, said, engine) for plan, said in builds]
        _print_json(documents if arguments.all_variants else documents[0], sort_keys=False)
        return
    paid = engine != "draft"
    for plan, said in builds:
        if arguments.all_variants:
            print(f"{called(plan.choices)}:")
        for line in plan_lines(plan, said, catalogue, paid=paid):
            print(line)
        if arguments.all_variants:
            print()
    if arguments.all_variants:
        for line in together(builds, paid=paid):
            print(line)


def _print_json(document: Json, *, sort_keys: bool) -> None:
    sys.stdout.write(json.dumps(document, sort_keys=sort_keys, indent=2, ensure_ascii=False) + "\n")


def _compilations(arguments: Namespace) -> Iterator[Compilation | None]:
    """The spec compiled, once for each combination of its variants where all are asked for."""
    if not arguments.all_variants:
        yield compile_or_complain(arguments)
        return
    every = combinations(arguments)
    if every is None:
        yield None
        return
    for number, one in enumerate(every):
        yield compile_or_complain(one, quiet=number > 0)


async def _forecast(arguments: Namespace, engine: str, compilation: Compilation) -> tuple[Forecast, ...]:
    with open_session(store_folder(arguments)) as session:
        async with handlers_for(engine, arguments, compilation, session) as handlers:
            holds = session.holds(compilation)
            return forecast(compilation.plan, handlers, session.cache, opened=session.ledger.opened, holds=holds)


def _status(plan: Plan, forecasts: Sequence[Forecast], engine: str) -> Json:
    """The plan with what the store holds of it; depends on this machine, unlike the plan itself."""
    return {
        "plan": to_json(plan),
        "engine": engine,
        "status": {one.step_id: {"status": one.status, "after": one.after, "key": one.key} for one in forecasts},
        "usd_ahead": str(usd_ahead(plan, forecasts)) if engine != "draft" else "0",
    }
