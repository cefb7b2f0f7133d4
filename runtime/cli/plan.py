"""`adc plan SPEC`: what would be made, by which model, at which price, and what the store already holds."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence

import anyio

from adc.compiler.plan import Json, Plan, dump, to_json
from adc.runtime.cli.choices import engine_name, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import Compilation, compile_or_complain, complain, handlers_for, open_session
from adc.runtime.cli.variants import called, combinations
from adc.runtime.errors import AdcError
from adc.runtime.forecast import Forecast, forecast, usd_ahead
from adc.runtime.reporters.plan_table import plan_lines, together


def run(arguments: Namespace) -> int:
    """Print the plan, or those of all variants. Returns an `Exit` code."""
    found: list[Compilation] = []
    for compilation in _compilations(arguments):
        if compilation is None:
            return Exit.SPEC
        found.append(compilation)
    if arguments.json and not arguments.status:
        if arguments.all_variants:
            _print_json([to_json(compilation.plan) for compilation in found], sort_keys=True)
        else:
            sys.stdout.write(dump(found[0].plan).decode())
        return Exit.OK
    engine = engine_name(arguments)
    try:
        forecasts = [anyio.run(_forecast, arguments, engine, compilation) for compilation in found]
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    if arguments.status:
        documents = [_status(one.plan, said, engine) for one, said in zip(found, forecasts, strict=True)]
        _print_json(documents if arguments.all_variants else documents[0], sort_keys=False)
        return Exit.OK
    paid = engine != "draft"
    for compilation, said in zip(found, forecasts, strict=True):
        if arguments.all_variants:
            print(f"{called(compilation.plan.choices)}:")
        for line in plan_lines(compilation.plan, said, compilation.catalogue, paid=paid):
            print(line)
        if arguments.all_variants:
            print()
    if arguments.all_variants:
        builds = [(one.plan, said) for one, said in zip(found, forecasts, strict=True)]
        for line in together(builds, paid=paid):
            print(line)
    return Exit.OK


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
            return forecast(compilation.plan, handlers, session.cache, opened=session.ledger.opened)


def _status(plan: Plan, forecasts: Sequence[Forecast], engine: str) -> Json:
    """The plan with what the store holds of it; depends on this machine, unlike the plan itself."""
    return {
        "plan": to_json(plan),
        "engine": engine,
        "status": {one.step_id: {"status": one.status, "after": one.after, "key": one.key} for one in forecasts},
        "usd_ahead": str(usd_ahead(plan, forecasts)) if engine != "draft" else "0",
    }
