"""`adc explain [CODE]`: the page behind a code, its examples compiled while you read; without a code, all of them."""

import sys
import textwrap
from argparse import Namespace

from adc.compiler.codes import CODES, FAMILIES, code_for, nearest_code
from adc.compiler.explain import Example, page
from adc.compiler.render import draw
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.exits import Exit


def run(arguments: Namespace) -> int:
    """Print a page, or the list of all codes. Returns an `Exit` code."""
    if arguments.code is None:
        _list()
        return Exit.OK
    code = code_for(arguments.code)
    if code is None:
        sys.stderr.write(f"there is no code `{arguments.code}`; {nearest_code(arguments.code)}\n")
        return Exit.USAGE
    _print(code)
    return Exit.OK


def _list() -> None:
    for family, about in FAMILIES.items():
        print(f"{family}xx  {about}\n")
        for code, (title, meaning) in CODES.items():
            if code.startswith(family):
                print(f"  {code}  {title}: {meaning}")
        print()
    print("`adc explain CODE` tells more, with an example.")


def _print(code: str) -> None:
    colour = coloured(sys.stdout)
    title, meaning = CODES[code]
    shown = page(code)
    print(_bold(f"{code}: {title}", colour), meaning, "", shown.text, "", _bold("Wrong", colour), "", sep="\n")
    _show(shown.wrong)
    print(_judged(shown.wrong, colour))
    print(_bold("Mended", colour), "", sep="\n")
    _show(shown.mended)


def _judged(example: Example, colour: bool) -> str:
    """What the compiler says about an example, or what is said of the answer that a model gave to it."""
    compiled = example.compile()
    if example.answer is None or compiled.plan is None or compiled.script is None:
        return draw(compiled.diagnostics, compiled.texts, colour=colour)
    import httpx

    from adc.runtime.cli.findings import told
    from adc.runtime.errors import Rejected
    from adc.runtime.fal.answers import classify

    step, body = example.answer.step, example.answer.body
    error = classify(httpx.Response(example.answer.status, text=body), "result", step)
    assert isinstance(error, Rejected), "an example of a refusal"
    return told(compiled.plan, compiled.script, compiled.texts, step, error, colour=colour)


def _show(example: Example) -> None:
    if example.options:
        print("  adc plan", *example.sources, *example.options)
    for path, source in example.sources.items():
        if len(example.sources) > 1:
            print(f"  {path}")
        print(textwrap.indent(source, "    "))
    if example.answer is not None:
        print(f"  answered to {example.answer.step}, status {example.answer.status}")
        print(textwrap.indent(example.answer.body, "    "))


def _bold(text: str, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text
