"""Every flag of every command, with the words of its help."""

import argparse

from adc.runtime.cli.choices import REMOTE

_EPILOG = """\
Without FAL_KEY, or with --draft, `adc build` renders a free animatic on this machine.
With FAL_KEY it shows the plan and its price, and asks before it spends anything.
"""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="adc",
        description="The ad compiler: an ad is a text file; adc plans it, prices it, and buys only what changed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("-V", "--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    build = commands.add_parser("build", help="make the film", description="Make the film that a spec describes.")
    _spec(build)
    _where(build)
    build.add_argument("--out", metavar="FILE", help="where the film goes (default: out/NAME.mp4)")
    build.add_argument("--yes", action="store_true", help="spend what the plan costs without asking")
    build.add_argument(
        "--on-ambiguous",
        choices=("fail", "rebuy"),
        default="fail",
        help="what to do about a request whose answer was lost and that may have been bought (default: fail)",
    )
    build.add_argument(
        "--remote", type=_count, default=REMOTE, metavar="N", help=f"requests under way at once (default: {REMOTE})"
    )
    build.add_argument("--local", type=_count, metavar="N", help="local steps at once (default: one a processor)")

    plan = commands.add_parser(
        "plan", help="show what would be made, and its price", description="Show what would be made, and its price."
    )
    _spec(plan)
    _where(plan)
    plan.add_argument("--json", action="store_true", help="print the plan itself, the same bytes on any machine")
    plan.add_argument(
        "--status", action="store_true", help="print the plan as JSON with what the store already holds, step by step"
    )

    sim = commands.add_parser(
        "sim",
        help="run a stand-in for fal.ai on this machine",
        description="Run a stand-in for fal.ai on this machine: same protocol, draft pictures, a bill in a file.",
    )
    sim.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (default: 127.0.0.1)")
    sim.add_argument("--port", type=_port, default=8765, metavar="N", help="port; 0 picks a free one (default: 8765)")
    sim.add_argument(
        "--folder", default="sim", metavar="DIR", help="where its files and its bill.jsonl go (default: sim)"
    )
    return top


def _spec(command: argparse.ArgumentParser) -> None:
    command.add_argument("spec", metavar="SPEC", help="the .ad file")


def _where(command: argparse.ArgumentParser) -> None:
    command.add_argument("--draft", action="store_true", help="the free animatic, even where FAL_KEY is set")
    command.add_argument("--store", metavar="DIR", help="where bought and made things are kept (or ADC_STORE)")
    command.add_argument(
        "--fal-url", metavar="URL", help="talk to a stand-in at URL instead of fal.ai (or ADC_FAL_URL); see `adc sim`"
    )


def _count(text: str) -> int:
    return _whole(text, 1, 1000)


def _port(text: str) -> int:
    return _whole(text, 0, 65535)


def _whole(text: str, least: int, most: int) -> int:
    """A whole number within bounds, or the sentence that says so."""
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} to {most}")
    return int(text)
