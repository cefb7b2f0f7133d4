"""`adc plan SPEC --explain`: of each step that will run why, in a line; nothing is made and nothing is written."""

import sys
from argparse import Namespace

from adc.runtime.cli.choices import names_plan, store_folder
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import compile_or_complain, complain, open_session
from adc.runtime.cli.variants import called, combinations
from adc.runtime.cli.why import answer_about
from adc.runtime.errors import AdcError
from adc.runtime.reporters.why_text import brief_lines


def explain(arguments: Namespace) -> int:
    """Print the lines, for each combination of variants where all are asked for. Returns an `Exit` code."""
    if names_plan(arguments.spec):
        sys.stderr.write(f"{arguments.spec} is a plan, and says itself what has moved; leave out --explain\n")
        return Exit.USAGE
    wanted = combinations(arguments) if arguments.all_variants else [arguments]
    for number, one in enumerate(wanted or ()):
        compilation = compile_or_complain(one, quiet=number > 0)
        if compilation is None:
            return Exit.SPEC
        try:
            with open_session(store_folder(one)) as session:
                steps = [step.id for step in compilation.plan.steps]
                told = "\n".join(brief_lines(answer_about(compilation, steps, session, one, commits=False)))
        except AdcError as error:
            return complain(error, Exit.FAILED, arguments)
        if arguments.all_variants:
            print(f"{called(compilation.plan.choices)}:")
        print(told)
    return Exit.OK if wanted else Exit.SPEC
