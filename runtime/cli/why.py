"""`adc why STEP [SPEC]`: why a step will run, or need not, against what it was when it was last made."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence

from adc.compiler.plan import Plan
from adc.compiler.vocabulary import likeliest
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import engine_name, store_folder
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.explaining import explainer_of
from adc.runtime.cli.find_spec import found_spec
from adc.runtime.cli.session import Compilation, Session, compile_or_complain, complain, open_session
from adc.runtime.cli.since import since
from adc.runtime.errors import AdcError
from adc.runtime.explain import Answer, Explanation, Spot, behind, following
from adc.runtime.reporters.why_json import why_json
from adc.runtime.reporters.why_text import why_lines


def run(arguments: Namespace) -> int:
    """Print why. Returns an `Exit` code."""
    if not found_spec(arguments, arguments.step):
        return Exit.USAGE
    compilation = compile_or_complain(arguments)
    if compilation is None:
        return Exit.SPEC
    steps = _named(compilation.plan, arguments.step)
    if not steps:
        sys.stderr.write(_unknown(compilation.plan, arguments))
        return Exit.USAGE
    try:
        with open_session(store_folder(arguments)) as session:
            answer = answer_about(compilation, steps, session, arguments)
            # Reasons are followed into the past while they are told.
            if arguments.json:
                told = json.dumps(why_json(answer), indent=2, ensure_ascii=False)
            else:
                told = "\n".join(why_lines(answer, colour=coloured(sys.stdout)))
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    print(told)
    return Exit.OK


def _named(plan: Plan, name: str) -> Sequence[str]:
    """The step of that name, or the steps of the scene, the person or the piece."""
    ids = [step.id for step in plan.steps]
    return [name] if name in ids else [step for step in ids if step.startswith(f"{name}.")]


def _unknown(plan: Plan, arguments: Namespace) -> str:
    ids = [step.id for step in plan.steps]
    near = likeliest(arguments.step, {*ids, *(step.partition(".")[0] for step in ids)})
    hint = near or f"`{_as('plan', arguments)}` lists them"
    return f"{arguments.spec} has no scene or step `{arguments.step}`; {hint}\n"


def _as(command: str, arguments: Namespace, *extra: str) -> str:
    """Another command about the same ad, as it was chosen here."""
    from adc.runtime.cli.arguments import parser

    other = parser().parse_args([command, arguments.spec])
    shared = vars(arguments).keys() & vars(other).keys() - {"command", "json"}
    return again(Namespace(**(vars(other) | {name: getattr(arguments, name) for name in shared})), *extra)


def answer_about(
    compilation: Compilation, steps: Sequence[str], session: Session, arguments: Namespace, *, commits: bool = True
) -> Answer:
    """All that is told of these steps; without `commits`, not since when it is so. Raises AdcError."""
    engine = engine_name(arguments)
    explainer, said = explainer_of(compilation, engine, session)
    explained = tuple(explainer.explain(step) for step in steps)
    roots = behind(explained, explainer)
    decided = {} if engine == "draft" else compilation.decisions
    return Answer(
        engine=engine,
        of=compilation.of,
        explainer=explainer,
        steps=explained,
        roots=roots,
        following=following(compilation.plan, said, steps),
        since=since(_spots((*explained, *roots)), compilation, arguments) if commits else {},
        decided={step: (one.take, one.date) for step, one in decided.items()},
        refresh=_as("build", arguments, "--refresh"),
    )


def _spots(explained: Sequence[Explanation]) -> Iterator[Spot]:
    """The places of which a commit may tell since when they are so: those that are in the hands of the spec."""
    for one in explained:
        if one.stands == "never":
            yield Spot(one.step.id, "")
        elif not one.asked:
            yield from (one.spot(reason) for reason in one.own if reason.about not in ("engine", "derivation"))
