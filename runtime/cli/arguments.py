"""Every flag of every command, with the words of its help."""

import argparse

from adc.runtime.cli.choices import REMOTE, ROLES

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

    check = commands.add_parser(
        "check",
        help="say what is wrong, and make nothing",
        description="Say what is wrong with specs, and how it is mended. Nothing is made and nothing is spent.",
    )
    check.add_argument(
        "specs",
        metavar="SPEC",
        nargs="*",
        help="an .ad file, or a folder for all .ad files in it (default: this folder)",
    )
    check.add_argument(
        "--format",
        choices=("text", "json", "sarif"),
        default="text",
        help="for people, for programs, or for code hosts (default: text)",
    )
    _strict(check)

    explain = commands.add_parser(
        "explain",
        help="tell what a code means, with an example",
        description="Tell what the code of an error or a warning means, with an example that is wrong and then mended.",
    )
    explain.add_argument("code", metavar="CODE", nargs="?", help="such as AD0201; without one, all codes are listed")

    models = commands.add_parser(
        "models",
        help="list the models that scenes, stills and voices can use",
        description="List the models that an ad can use, or tell what one of them takes, makes and costs.",
    )
    models.add_argument("name", metavar="NAME", nargs="?", help="a model, as behind `using`; without one, all of them")
    models.add_argument("--role", choices=ROLES, metavar="ROLE", help=f"only those for a part: {', '.join(ROLES)}")
    models.add_argument("--json", action="store_true", help="print what is known as JSON (schemas/models.v1.json)")

    commands.add_parser(
        "lsp",
        help="serve an editor: diagnostics, completion, renaming",
        description="Serve an editor as a language server, over standard input and output. Editors start it.",
    )

    fmt = commands.add_parser(
        "fmt",
        help="bring .ad files into the canonical layout",
        description="Bring .ad files into the canonical layout. What they mean stays as it is, and so does the plan.",
    )
    fmt.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a file, or a folder for all .ad files in it; `-` reads stdin and writes stdout (default: this folder)",
    )
    fmt.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change")

    init = commands.add_parser(
        "init",
        help="write a first spec",
        description="Write a first spec, by the answers to three questions.",
    )
    init.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="where it goes (default: this folder)")
    init.add_argument("--yes", action="store_true", help="take the usual answers without asking")

    pack = commands.add_parser(
        "pack",
        help="write a character's views as files, for other ads",
        description="Write a character's views that a spec has made as files, with a manifest for other specs.",
    )
    _spec(pack, all_variants=False)
    pack.add_argument("character", metavar="CHARACTER", help="its name in the spec")
    _where(pack)
    pack.add_argument("--to", metavar="DIR", default=".", help="where the files go (default: this folder)")

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


def _spec(command: argparse.ArgumentParser, *, all_variants: bool = True) -> None:
    command.add_argument("spec", metavar="SPEC", help="the .ad file")
    command.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        type=_pair,
        action="append",
        default=[],
        help="give a param another value than its default, as in --set city=Denver; may be repeated",
    )
    command.add_argument(
        "--variant",
        dest="variants",
        metavar="NAME=KEY",
        type=_pair,
        action="append",
        default=[],
        help="choose one of the choices of a variant, as in --variant opener=doubt; may be repeated",
    )
    command.set_defaults(all_variants=False)
    if all_variants:
        command.add_argument("--all-variants", action="store_true", help="every combination of the variants")
    _strict(command)


def _strict(command: argparse.ArgumentParser) -> None:
    command.add_argument("--strict", action="store_true", help="warnings count as errors")


def _where(command: argparse.ArgumentParser) -> None:
    command.add_argument("--draft", action="store_true", help="the free animatic, even where FAL_KEY is set")
    command.add_argument("--store", metavar="DIR", help="where bought and made things are kept (or ADC_STORE)")
    command.add_argument(
        "--fal-url", metavar="URL", help="talk to a stand-in at URL instead of fal.ai (or ADC_FAL_URL); see `adc sim`"
    )


def _pair(text: str) -> tuple[str, str]:
    """A name and what it is to be, or the sentence that says so."""
    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise argparse.ArgumentTypeError(f"{text} is not of the form NAME=VALUE")
    return name.strip(), value


def _count(text: str) -> int:
    return _whole(text, 1, 1000)


def _port(text: str) -> int:
    return _whole(text, 0, 65535)


def _whole(text: str, least: int, most: int) -> int:
    """A whole number within bounds, or the sentence that says so."""
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} to {most}")
    return int(text)
