"""The entry of `adc`: picks the command, and imports only what that command needs.

Start-up is part of the product: `--version` reads one constant, `--help` needs argparse and nothing else, a check
of what has not changed needs a note, and each command's module is imported when it is the one that runs.
"""

import sys


def main(argv: list[str] | None = None) -> int:
    """Run `adc` with these arguments (default: the process's own). Returns the exit code."""
    try:
        return _run(argv)
    except KeyboardInterrupt:
        # Before the command could say what it knows, so before anything was sent.
        sys.stderr.write("\nstopped; nothing was spent\n")
        return 130


def _run(argv: list[str] | None) -> int:
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] in ("--version", "-V"):
        from adc.runtime.version import __version__

        sys.stdout.write(f"adc {__version__}\n")
        return 0
    if words and words[0] == "check":
        from adc.runtime.cli.check import quick

        code = quick(words[1:])
        if code is not None:
            return code
    from adc.runtime.cli.plain import plain

    arguments = plain(words)
    if arguments is None:
        from adc.runtime.cli.arguments import parser

        arguments = parser().parse_args(words)
    if arguments.command == "build":
        from adc.runtime.cli.build import run
    elif arguments.command == "plan":
        from adc.runtime.cli.plan import run
    elif arguments.command == "diff":
        from adc.runtime.cli.diff import run
    elif arguments.command == "why":
        from adc.runtime.cli.why import run
    elif arguments.command == "take":
        from adc.runtime.cli.take import run
    elif arguments.command == "takes":
        from adc.runtime.cli.takes import run
    elif arguments.command in ("accept", "reject"):
        from adc.runtime.cli.verdict import run
    elif arguments.command == "check":
        from adc.runtime.cli.check import run
    elif arguments.command == "explain":
        from adc.runtime.cli.explain import run
    elif arguments.command == "models":
        from adc.runtime.cli.models import run
    elif arguments.command == "lsp":
        from adc.runtime.cli.lsp import run
    elif arguments.command == "fmt":
        from adc.runtime.cli.fmt import run
    elif arguments.command == "pack":
        from adc.runtime.cli.pack import run
    elif arguments.command == "ledger":
        from adc.runtime.cli.ledger import run
    elif arguments.command == "auth":
        from adc.runtime.cli.auth import run
    elif arguments.command == "init":
        from adc.runtime.cli.init import run
    else:
        from adc.runtime.cli.sim import run
    try:
        return int(run(arguments))
    except BrokenPipeError:
        # The reader of our output has left (`adc plan … | head`): nobody is there to be told.
        sys.stderr.close()
        return 0
