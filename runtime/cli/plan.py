"""`adc plan SPEC`: what would be made, by which model, at which price, and what the store already holds."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from decimal import Decimal

import anyio

from adc.compiler.digest import Engine, step_key
from adc.compiler.plan import FileRef, Json, Plan, Ref, dump, to_json
from adc.compiler.units import dollars_text
from adc.runtime.cli.choices import engine_name, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import Compilation, compile_or_complain, complain, handlers_for, open_session
from adc.runtime.cli.variants import combinations
from adc.runtime.errors import AdcError
from adc.runtime.forecast import Forecast, forecast, usd_ahead
from adc.runtime.reporters.plan_table import plan_lines


def run(arguments: Namespace) -> int:
    """Print the plan, or those of all variants. Returns an `Exit` code."""
    compilations = list(_compilations(arguments))
    if None in compilations:
        return Exit.SPEC
    found = [compilation for compilation in compilations if compilation is not None]
    engine = engine_name(arguments)
    try:
        documents = [] if arguments.json and not arguments.status else _told(arguments, engine, found)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    if arguments.json and not arguments.status:
        if not arguments.all_variants:
            sys.stdout.write(dump(found[0].plan).decode())
            return Exit.OK
        documents = [to_json(compilation.plan) for compilation in found]
    if arguments.json or arguments.status:
        document: Json = documents if arguments.all_variants else documents[0]
        sys.stdout.write(json.dumps(document, sort_keys=not arguments.status, indent=2, ensure_ascii=False) + "\n")
    elif arguments.all_variants:
        for line in _together([compilation.plan for compilation in found]):
            print(line)
    return Exit.OK


def _compilations(arguments: Namespace) -> Iterator[Compilation | None]:
    """The spec compiled, once for each combination of its variants where all are asked for."""
    if not arguments.all_variants:
        yield compile_or_complain(arguments)
        return
    every = combinations(arguments)
    if every is None:
        yield None
        return
    for number, chosen in enumerate(every):
        one = copy(arguments)
        one.variants = list(chosen.items())
        yield compile_or_complain(one, quiet=number > 0)


def _told(arguments: Namespace, engine: str, compilations: Sequence[Compilation]) -> list[Json]:
    """The plans as tables on stdout, or with `--status` as documents."""
    documents: list[Json] = []
    for compilation in compilations:
        plan, forecasts = compilation.plan, anyio.run(_forecast, arguments, engine, compilation)
        if arguments.status:
            documents.append(_status(plan, forecasts, engine))
            continue
        if arguments.all_variants:
            print(f"{_called(plan.choices)}:")
        for line in plan_lines(plan, forecasts, compilation.catalogue, paid=engine != "draft"):
            print(line)
        if arguments.all_variants:
            print()
    return documents


def _called(choices: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={key}" for name, key in choices.items()) or "the only variant"


def _together(plans: Sequence[Plan]) -> Iterator[str]:
    """What all variants cost together, as they share what they have in common, and what they would one by one."""
    prices: dict[str, Decimal] = {}
    for plan in plans:
        keys: dict[str, str] = {}

        def digest_of(ref: Ref, keys: Mapping[str, str] = keys) -> str:
            return ref.digest if isinstance(ref, FileRef) else keys[ref.step]

        for step in plan.steps:
            # Before anything is made, what a step makes is known by how it is made.
            keys[step.id] = step_key(step, digest_of, Engine("plan"))
            prices[keys[step.id]] = step.price.usd
    paid = sum(1 for usd in prices.values() if usd)
    alone = sum((plan.usd for plan in plans), Decimal(0))
    films = f"{len(plans)} ad{'s' if len(plans) > 1 else ''}"
    together = dollars_text(sum(prices.values(), Decimal(0)))
    yield f"{films}, {paid} paid steps, {together} together; one by one {dollars_text(alone)}"


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
