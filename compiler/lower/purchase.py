"""A generate step: the request filled from facts, merged with raw options, checked and priced.

Everything that would be refused later, after a wait in the queue and perhaps for money, is refused here: the
request is validated against the endpoint's own schema before it becomes a step.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from adc.compiler import request
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import Option
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json, Step
from adc.compiler.price import price
from adc.compiler.quotes import quoted, readable, steps_in
from adc.compiler.source import Span


def buy(
    sheet: Sheet,
    step_id: str,
    endpoint: Endpoint,
    facts: Mapping[str, Json],
    *,
    purpose: str,
    brief: dict[str, Json],
    span: Span,
    why: str = "",
    take: int = 1,
    options: Sequence[Option] = (),
    clip: Fraction | None = None,
) -> Json:
    """Put the step on the sheet; gives the reference to its output. Problems are reported at `span` or the option.

    `clip` is the length in seconds of the clip that the request sends, if it sends one.
    """
    places = {option.name.value: option for option in options}
    refused = {problem.path: problem for problem in request.option_problems(endpoint, options)}
    for name, problem in refused.items():
        sheet.report("AD0503", problem.message, places[name].name.span, label=f"not an option of {endpoint.title}")
    arguments = request.apply_options(
        request.fill(endpoint, facts), [option for option in options if option.name.value not in refused]
    )
    for waited_for in steps_in(dict(arguments)):
        sheet.use(waited_for)
    arguments = {name: quoted(value) for name, value in arguments.items()}
    for problem in request.problems(endpoint, arguments):
        argument = problem.path.partition("/")[0]
        option = places.get(problem.path.replace("/", ".")) or places.get(argument)
        place = option.span if option else span
        sheet.report("AD0504", f"{endpoint.title} would refuse this: {problem.message}", place, label=f"`{argument}`")
    return sheet.add(
        Step(
            id=step_id,
            kind="generate",
            endpoint=endpoint.id,
            arguments=arguments,
            output=endpoint.makes,
            purpose=purpose,
            price=price(endpoint, arguments, clip=clip),
            take=take,
            why=why,
            brief={name: _plain(value) for name, value in brief.items()},
        )
    )


def _plain(value: Json) -> Json:
    return readable(value) if isinstance(value, str) else value
