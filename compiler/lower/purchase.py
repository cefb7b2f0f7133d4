"""A generate step: the request filled from facts, merged with raw options, checked and priced.

Everything that would be refused later, after a wait in the queue and perhaps for money, is refused here: the
request is validated against the endpoint's own schema before it becomes a step.
"""

from collections.abc import Mapping, Sequence

from adc.compiler import request
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import Option
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.plan import Step
from adc.compiler.price import price
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
) -> Json:
    """Put the step on the sheet; gives the reference to its output. Problems are reported at `span` or the option."""
    arguments = request.fill(endpoint, facts)
    places: dict[str, Span] = {}
    for option in options:
        value = option.value
        name = option.name.value
        hint = request.unknown_option(endpoint, name)
        if hint is not None:
            sheet.report(
                "AD0503", f"{endpoint.title} has no option `{name}`", option.name.span, label="not in its schema", hint=hint
            )
            continue
        arguments[name] = value if isinstance(value, bool | int | str) else float(value)
        places[name] = option.span
    for problem in request.problems(endpoint, arguments):
        top = problem.path.partition(".")[0]
        sheet.report(
            "AD0504", f"{endpoint.title} refuses this: {problem.message}", places.get(top, span), label=problem.path
        )
    return sheet.add(
        Step(
            id=step_id,
            kind="generate",
            endpoint=endpoint.id,
            arguments=arguments,
            output=endpoint.makes,
            purpose=purpose,
            price=price(endpoint, arguments),
            take=take,
            why=why,
            brief=brief,
        )
    )
