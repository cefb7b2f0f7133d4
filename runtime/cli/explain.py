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
    compiled = shown.wrong.compile()
    print(draw(compiled.diagnostics, compiled.texts, colour=colour))
    print(_bold("Mended", colour), "", sep="\n")
    _show(shown.mended)


def _show(example: Example) -> None:
    if example.options:
        print("  adc plan", *example.sources, *example.options)
    for path, source in example.sources.items():
        if len(example.sources) > 1:
            print(f"  {path}")
        print(textwrap.indent(source, "    "))


def _bold(text: str, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text
