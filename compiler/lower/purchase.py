"""A generate step: the request filled from facts, merged with raw options, checked and priced.

Everything that would be refused later, after a wait in the queue and perhaps for money, is refused here: the
request is validated against the endpoint's own schema before it becomes a step.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from adc.compiler import request
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import Name, Option
from adc.compiler.diagnostics import Label
from adc.compiler.digest import seed_of
from adc.compiler.lower.asked import note
from adc.compiler.lower.limits import judge_files
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json, Step
from adc.compiler.price import price
from adc.compiler.quotes import quoted, readable, steps_in
from adc.compiler.source import Span
from adc.compiler.units import dollars_text


def buy(
    sheet: Sheet,
    step_id: str,
    endpoint: Endpoint,
    facts: Mapping[str, Json],
    *,
    purpose: str,
    brief: dict[str, Json],
    span: Span,
    asked: Mapping[str, Json],
    using: Name | None = None,
    why: str = "",
    take: int | None = None,
    templated: bool = False,
    options: Sequence[Option] = (),
    clip: Fraction | None = None,
    short_side: int | None = None,
) -> Json:
    """Put the step on the sheet; gives the reference to its output. Problems are reported at `span` or the option.

    `asked` is what the spec asks for in its own words, `using` the model that it names. `take` is None for what has no
    takes of its own; `templated` says that the endpoint's template made the prompt.

    `clip` is the length in seconds of the clip or voice that the request sends, if it sends one; `short_side` is that
    of what comes out, in pixels, where it follows from what is sent.
    """
    places = {option.name.value: option for option in options}
    refused = {problem.path: problem for problem in request.option_problems(endpoint, options)}
    for name, problem in refused.items():
        sheet.report("AD0503", problem.message, places[name].name.span, label=f"not an option of {endpoint.title}")
    arguments = request.apply_options(
        request.fill(endpoint, facts), [option for option in options if option.name.value not in refused]
    )
    for waited_for in steps_in(arguments):
        sheet.use(waited_for)
    arguments = {name: quoted(value) for name, value in arguments.items()}
    attempt = _attempt(sheet, step_id, take)
    if "seed" not in arguments and request.carries(endpoint, "seed"):
        arguments["seed"] = seed_of(endpoint.id, arguments, attempt)
    judge_files(sheet, endpoint, arguments)
    for problem in request.problems(endpoint, arguments):
        argument = problem.path.partition("/")[0]
        option = places.get(problem.path.replace("/", ".")) or places.get(argument)
        place = option.span if option else span
        sheet.report("AD0504", f"{endpoint.title} would refuse this: {problem.message}", place, label=f"`{argument}`")
    cost = price(endpoint, arguments, clip=clip, short_side=short_side)
    if cost.mark == "unknown":
        _unknown(sheet, endpoint, arguments, span, clip)
    note(sheet, step_id, endpoint, facts, asked, using=using, options=options, take=take or 1)
    wording = sheet.wording(endpoint) if templated else ""
    if templated and wording != sheet.families.wording(endpoint.template, {}):
        sheet.pinned.add(step_id)
    return sheet.bought(
        Step(
            id=step_id,
            kind="generate",
            endpoint=endpoint.id,
            arguments=arguments,
            output=endpoint.makes,
            purpose=purpose,
            price=cost,
            take=attempt,
            why=why,
            brief={name: _plain(value) for name, value in brief.items()},
            template=wording,
        )
    )


def _attempt(sheet: Sheet, step_id: str, take: int | None) -> int:
    """Which attempt counts: the one that was decided for, or what the spec says."""
    if take is None:
        return 1
    takes = sheet.pins.takes
    pinned = takes.get(step_id, takes.get(step_id.partition(".")[0], take))
    if pinned != take:
        sheet.pinned.add(step_id)
    return pinned


def _unknown(
    sheet: Sheet, endpoint: Endpoint, arguments: Mapping[str, Json], span: Span, clip: Fraction | None
) -> None:
    """Say that nobody knows what a request costs: an error where a budget is to be kept."""
    ad = sheet.script.ad
    own = next((model for model in sheet.script.models.values() if model.endpoint is endpoint), None)
    if own is not None and ad.budget is None:
        return  # which its declaration has been told
    message = f"what this costs on {endpoint.title} is not known"
    hint = _affordable(endpoint, arguments, clip) or "name a model with a known price by `using`"
    if own is not None:
        hint = f"add the `price` that its page tells to `model {own.name.value}`"
    if ad.budget is None or ad.budget_span is None:
        label = "it counts as nothing in the plan"
        sheet.report("AD0506", message, span, label=label, hint=hint, warning=True)
        return
    notes = (Label(ad.budget_span, f"at most {dollars_text(ad.budget)}"),)
    sheet.report("AD0506", message, span, label="so nobody can keep the budget", hint=hint, notes=notes)


def _affordable(endpoint: Endpoint, arguments: Mapping[str, Json], clip: Fraction | None) -> str:
    """The hint that names an option which would have a known price, empty where there is none."""
    table = endpoint.price.usd
    name = endpoint.price.by[0] if endpoint.price.by else ""
    for value in table if isinstance(table, dict) else ():
        known = price(endpoint, {**arguments, name: value}, clip=clip).mark != "unknown"
        if known and not request.option_problem(endpoint, name):
            return f'its price is known with `set {name} "{value}"`'
    return ""


def _plain(value: Json) -> Json:
    return readable(value) if isinstance(value, str) else value
