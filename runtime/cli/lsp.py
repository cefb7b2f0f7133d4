"""`adc lsp`: the language server for editors, over standard input and output."""

import gc
import sys
from argparse import Namespace

from adc.compiler.catalogue import builtin
from adc.runtime.cli.exits import Exit

MISSING = "the language server needs two more packages: pip install 'adc[lsp]'\n"


def run(arguments: Namespace) -> int:  # noqa: ARG001  # every command is called alike
    """Serve until the editor says goodbye. Returns an `Exit` code."""
    try:
        import pygls
    except ModuleNotFoundError:
        sys.stderr.write(MISSING)
        return Exit.FAILED
    del pygls
    from adc.runtime.lsp.features import create

    server = create(builtin())
    gc.freeze()  # what has been imported stays
    gc.disable()  # a collection takes as long as a parse; the server collects when nobody types
    server.start_io()
    return Exit.OK
