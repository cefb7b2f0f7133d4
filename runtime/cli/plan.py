"""`adc plan SPEC`: what would be made, by which model, at which price, and what the store already holds."""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence

import anyio

from adc.compiler.plan import Json, Plan, dump, to_json
from adc.runtime.cli.choices import engine_name, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import Compilation, compile_or_complain, complain, handlers_for, open_session
from adc.runtime.errors import AdcError
from adc.runtime.forecast import Forecast, forecast, usd_ahead
from adc.runtime.reporters.plan_table import plan_lines


def run(arguments: Namespace) -> int:
    """Print the plan. Returns an `Exit` code."""
    compilation = compile_or_complain(arguments)
    if compilation is None:
        return Exit.SPEC
    if arguments.json and not arguments.status:
        sys.stdout.write(dump(compilation.plan).decode())
        return Exit.OK
    engine = engine_name(arguments)
    try:
        forecasts = anyio.run(_forecast, arguments, engine, compilation)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    if arguments.status:
        document = json.dumps(_status(compilation.plan, forecasts, engine), indent=2, ensure_ascii=False)
        sys.stdout.write(document + "\n")
    else:
        for line in plan_lines(compilation.plan, forecasts, compilation.catalogue, paid=engine != "draft"):
            print(line)
    return Exit.OK


async def _forecast(arguments: Namespace, engine: str, compilation: Compilation) -> tuple[Forecast, ...]:
    with open_session(store_folder(arguments)) as session:
        async with handlers_for(engine, arguments, compilation, session) as handlers:
            return forecast(compilation.plan, handlers, session.cache)


def _status(plan: Plan, forecasts: Sequence[Forecast], engine: str) -> Json:
    """The plan with what the store holds of it; depends on this machine, unlike the plan itself."""
    return {
        "plan": to_json(plan),
        "engine": engine,
        "status": {one.step_id: {"status": one.status, "after": one.after, "key": one.key} for one in forecasts},
        "usd_ahead": str(usd_ahead(plan, forecasts)) if engine != "draft" else "0",
    }
