#!/usr/bin/env python3
"""Annotate every `.ad` file that is not in the canonical layout, and print what would change. Writes nothing."""

import os
import shlex
import sys

from asked import Unfit, asked_paths
from command import adc
from workflow import annotate, show

WOULD = "would format "


def main() -> int:
    """The exit code of `adc fmt --check`."""
    try:
        paths = asked_paths(os.environ["SPECS"])
    except Unfit as error:
        annotate("error", str(error))
        return 2
    ran = adc("fmt", "--check", *paths)
    for line in ran.out.splitlines():
        if line.startswith(WOULD):
            path = line.removeprefix(WOULD)
            annotate(
                "error", f"not in the canonical layout; run `adc fmt {shlex.quote(path)}`", file=path, title="adc fmt"
            )
    if ran.code:
        show(adc("fmt", "--check", "--diff", *paths).out)
        show(ran.err)
    return ran.code


if __name__ == "__main__":
    sys.exit(main())
