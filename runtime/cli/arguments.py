"""Every flag of every command, with the words of its help."""

import argparse
import re
from decimal import Decimal
from typing import Any

from adc.runtime.cli.choices import REMOTE, ROLES, WAIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

STATES = ("intended", "submitted", "running", "completed", "fetched", "failed", "ambiguous", "abandoned")
"""The states of an attempt: the ledger's own words."""

_EPILOG = """\
Without a key, or with --draft, `adc build` renders a free animatic on this machine.
With one (FAL_KEY, or `adc auth login`) it shows the plan and its price, and asks before it spends anything.
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
    _spec(build, or_plan="makes exactly what was agreed to, or nothing where something has moved since")
    _where(build)
    _locked(build)
    build.add_argument("--out", metavar="FILE", help="where the film goes (default: out/NAME.mp4)")
    _buying(build)

    take = commands.add_parser(
        "take",
        help="make further takes of a scene",
        description="Make further takes of a scene: the same words, tried again. Each is bought, after its price was "
        "shown; the film stays as it is until one of them is accepted.",
    )
    _scene(take)
    take.add_argument("-n", dest="number", type=_takes, default=1, metavar="N", help="how many more (default: 1)")
    _seller(take)
    _buying(take)

    takes = commands.add_parser(
        "takes",
        help="show the takes of a scene beside each other",
        description="Show the takes of a scene as a table and as a picture, a row a take; without a scene, a table of "
        "every scene that has several.",
    )
    _scene(takes, optional=True)
    _seller(takes)
    takes.add_argument("--out", metavar="FILE", help="where the picture goes (default: out/NAME.takes.SCENE.png)")
    takes.add_argument("--json", action="store_true", help="print them as JSON (schemas/takes.v1.json); no picture")

    accept = commands.add_parser(
        "accept",
        help="have the film use a take",
        description="Have the film use a take of a scene: it is written down in the lock. Nothing is made or spent.",
    )
    _take(accept)

    reject = commands.add_parser(
        "reject",
        help="have the film never use a take",
        description="Have the film never use a take of a scene: it is written down in the lock. Nothing is made or "
        "spent.",
    )
    _take(reject)

    plan = commands.add_parser(
        "plan", help="show what would be made, and its price", description="Show what would be made, and its price."
    )
    _spec(plan, or_plan="shows what was agreed to, and what has moved since")
    _where(plan)
    _locked(plan)
    form = plan.add_mutually_exclusive_group()
    form.add_argument(
        "-o",
        "--out",
        dest="plan_file",
        metavar="FILE",
        help="sign it: write it with its bill and all that it rests on; `adc build FILE` makes that, or nothing",
    )
    form.add_argument("--json", action="store_true", help="print the plan itself, the same bytes on any machine")
    form.add_argument(
        "--text", action="store_true", help="print the plan as text, with every prompt, the same on any machine"
    )
    form.add_argument(
        "--explain", action="store_true", help="print of each step that will run why, in a line; `adc why` tells more"
    )
    plan.add_argument(
        "--status", action="store_true", help="print the plan as JSON with what the store already holds, step by step"
    )

    diff = commands.add_parser(
        "diff",
        help="show what changes, and what it costs",
        description="Show what changes in an ad, scene by scene: words, pictures, time, model, price; what is bought "
        "again because of it and why; what is only cut again. Nothing is made and nothing is spent.",
    )
    diff.add_argument(
        "side",
        metavar="SIDE",
        nargs="?",
        help="what it is compared with: another spec, a plan (`adc plan --json`, or a signed one), a git revision such "
        "as main, a file of one such as main:ad.ad, A...B for what B has changed since it left A, or A..B; left out: "
        "what the store and the lock hold",
    )
    diff.add_argument(
        "spec", metavar="SPEC", nargs="?", help="the .ad file or plan; left out: the one spec of this folder or ./specs"
    )
    _chosen(diff, all_variants=True)
    _where(diff)
    diff.set_defaults(strict=False)
    diff.add_argument(
        "--since-lock", action="store_true", help="compare with the lock alone: which of its decisions would change"
    )
    diff.add_argument(
        "--format",
        choices=("text", "json", "markdown"),
        default="text",
        help="for people, for programs (schemas/diff.v1.json), or for a pull request (default: text)",
    )
    diff.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 1 where something differs; a spec that cannot be compared, or has errors, is 3 then",
    )
    diff.add_argument(
        "--max-cost",
        type=_money,
        metavar="USD",
        help="exit with 4 where more than this would be bought, or nobody knows how much; counts before --exit-code",
    )

    why = commands.add_parser(
        "why",
        help="tell why a step will run, and since when",
        description="Tell why a step of the plan will run, or need not: what of it differs from when it was last made, "
        "since which commit, and what follows from it. Nothing is made and nothing is spent.",
    )
    why.add_argument("step", metavar="STEP", help="a step as `adc plan` names it, or a scene for all of its steps")
    _found_spec(why)
    _where(why)
    why.add_argument("--json", action="store_true", help="print it as JSON (schemas/why.v1.json)")

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
    models.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="a model, as behind `using`; without one, all of them; `refresh-prices` asks fal what has moved since",
    )
    models.add_argument("--role", choices=ROLES, metavar="ROLE", help=f"only those for a part: {', '.join(ROLES)}")
    models.add_argument("--json", action="store_true", help="print what is known as JSON (schemas/models.v1.json)")
    models.add_argument(
        "--fal-url", metavar="URL", help="ask a stand-in at URL for its prices instead of fal.ai (or ADC_FAL_URL)"
    )

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

    ledger = commands.add_parser(
        "ledger",
        help="show what was bought, and settle what may have been",
        description="Show what was bought, when, for which ad and scene, what it cost and what of it was wasted.",
    )
    _ledger(ledger)

    auth = commands.add_parser(
        "auth",
        help="keep a key for fal.ai, or tell where it comes from",
        description="Keep a key for fal.ai in the system keyring, or tell where it comes from. No key is ever shown.",
    )
    acts = auth.add_subparsers(dest="act", metavar="login|logout|status", required=True, parser_class=_Discreet)
    login = acts.add_parser(
        "login",
        help="ask for a key, check it and keep it",
        description="Ask for a key, or read one line from stdin where it is piped; have it checked, which is free, and "
        "keep it in the system keyring.",
    )
    login.add_argument(
        "--fal-url", metavar="URL", help="have it checked by a stand-in on this machine (or ADC_FAL_URL)"
    )
    acts.add_parser("logout", help="take the key out again", description="Take the key out of the system keyring.")
    acts.add_parser(
        "status",
        help="tell where the key comes from",
        description="Tell of each place whether it has a key, and which of them counts for a spec in this folder. "
        "Exits with 3 where there is none.",
    )

    sim = commands.add_parser(
        "sim",
        help="run a stand-in for fal.ai on this machine",
        description="Run a stand-in for fal.ai on this machine: same protocol, draft pictures, a bill in a file.",
    )
    sim.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (default: 127.0.0.1)")
    sim.add_argument("--port", type=_port, default=8765, metavar="N", help="port; 0 picks a free one (default: 8765)")
    sim.add_argument(
        "--folder",
        default="sim",
        metavar="DIR",
        help="where its files, requests and bill.jsonl are kept; another start goes on with them (default: sim)",
    )
    sim.add_argument(
        "--latency", type=_seconds, default=0.0, metavar="S", help="seconds that every run takes longer (default: 0)"
    )
    sim.add_argument(
        "--runners", type=_count, metavar="N", help="requests that run at once (default: 2, as for a new account)"
    )
    sim.add_argument("--faults", metavar="FILE", help="what it does wrong, as JSON (schemas/faults.v1.json)")
    sim.add_argument("--seed", type=_seed, metavar="N", help="chance of the faults, in place of the file's own seed")
    return top


def _ledger(ledger: argparse.ArgumentParser) -> None:
    ledger.add_argument("--ad", metavar="NAME", default="", help="only what was bought for this ad")
    ledger.add_argument("--scene", metavar="NAME", default="", help="only for this scene, character or step")
    ledger.add_argument("--model", metavar="NAME", default="", help="only of this model, or of this endpoint")
    ledger.add_argument("--engine", choices=("fal", "sim"), default="", help="only at fal, or only at a stand-in")
    ledger.add_argument("--since", type=_since, metavar="DATE", help="only from this day on, such as 2026-03-01")
    ledger.add_argument("--until", type=_until, metavar="DATE", help="only up to this day, and all of it")
    ledger.add_argument("--state", choices=STATES, metavar="STATE", default="", help=f"only these: {', '.join(STATES)}")
    ledger.add_argument("--wasted", action="store_true", help="only what was, or perhaps was, paid for nothing")
    ledger.add_argument("--by", choices=("ad", "scene", "model", "day"), help="sums instead of single attempts")
    form = ledger.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as JSON, in UTC (schemas/ledger.v1.json)")
    form.add_argument("--csv", action="store_true", help="print it as CSV, in UTC")
    _store(ledger, None)
    asked = ledger.add_subparsers(dest="asked", metavar="[show|resolve|drift]")

    show = asked.add_parser("show", help="tell all about one attempt", description="Tell all about one attempt.")
    show.add_argument("id", metavar="ID", type=_number, help="its number in the list")
    _store(show, argparse.SUPPRESS)

    resolve = asked.add_parser(
        "resolve",
        help="settle an attempt that may have been bought",
        description="List the attempts that may have been bought, or settle one of them. Nothing is sent or spent: the "
        "ledger is told what you have found out, and the next build goes on from there.",
    )
    resolve.add_argument("id", metavar="ID", nargs="?", type=_number, help="its number; without one, all are listed")
    found = resolve.add_mutually_exclusive_group()
    found.add_argument("--request", type=_request, metavar="REQUEST_ID", help="it was bought: fal has it by this id")
    found.add_argument("--not-bought", action="store_true", help="it was not bought: the next build buys it")
    found.add_argument("--given-up", action="store_true", help="nobody knows, and the next build buys it again")
    resolve.add_argument("--yes", action="store_true", help="settle it without asking")
    resolve.add_argument("--fal-url", metavar="URL", help="where the stand-in is that it was sent to (or ADC_FAL_URL)")
    _store(resolve, argparse.SUPPRESS)

    drift = asked.add_parser(
        "drift",
        help="compare what was planned with what was billed",
        description="Compare what was planned with what was billed, by model.",
    )
    drift.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")
    _store(drift, argparse.SUPPRESS)


def _store(command: argparse.ArgumentParser, default: str | None) -> None:
    """`default` keeps what was said before the word that this parser reads on from."""
    command.add_argument(
        "--store", metavar="DIR", default=default, help="where bought and made things are kept (or ADC_STORE)"
    )


class _Discreet(argparse.ArgumentParser):
    """A parser that never repeats a word that it does not know: it may be a key."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As its parent does, but nothing is left over."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error("there are words too many; a key is never one of them: `adc auth login` asks for it")
        return found, unknown


def _spec(command: argparse.ArgumentParser, *, all_variants: bool = True, or_plan: str = "") -> None:
    """`or_plan` says what a signed plan does in the place of a spec, where there may be one."""
    signed = f"; or a plan that `adc plan -o` has signed, known by its content: it {or_plan}" if or_plan else ""
    command.add_argument("spec", metavar="SPEC", help=f"the .ad file{signed}")
    _chosen(command, all_variants=all_variants)
    _strict(command)


def _chosen(command: argparse.ArgumentParser, *, all_variants: bool) -> None:
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
    command.set_defaults(all_variants=False, locked=False, frozen=False, refresh=False)
    command.set_defaults(signed=None, plan_file=None, explain=False)
    if all_variants:
        command.add_argument("--all-variants", action="store_true", help="every combination of the variants")


def _scene(command: argparse.ArgumentParser, *, optional: bool = False) -> None:
    command.add_argument("scene", metavar="SCENE", nargs="?" if optional else None, help="its name in the spec")
    _found_spec(command)


def _take(command: argparse.ArgumentParser) -> None:
    command.add_argument("take", metavar="SCENE@N", type=_take_of, help="the take, as in hook@3")
    _found_spec(command)
    _seller(command)


def _found_spec(command: argparse.ArgumentParser) -> None:
    """The spec may be left out."""
    command.add_argument(
        "spec", metavar="SPEC", nargs="?", help="the .ad file (default: the one here, or in ./specs, that has it)"
    )
    _chosen(command, all_variants=False)
    _strict(command)


def _buying(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="spend what the plan costs without asking")
    command.add_argument(
        "--on-ambiguous",
        choices=("fail", "wait", "rebuy"),
        default="wait",
        help="what to do about a request whose answer was lost and that may have been bought: fail at once, wait for "
        "fal's history to tell, or give it up and buy again (default: wait)",
    )
    command.add_argument(
        "--wait",
        type=_minutes,
        default=WAIT,
        metavar="MINUTES",
        help=f"how long to wait for fal's history to tell of a lost request (default: {WAIT})",
    )
    command.add_argument(
        "--max-cost", type=_money, metavar="USD", help="spend no more than this in this build, as in --max-cost 5"
    )
    command.add_argument(
        "--remote", type=_count, default=REMOTE, metavar="N", help=f"requests under way at once (default: {REMOTE})"
    )
    command.add_argument("--local", type=_count, metavar="N", help="local steps at once (default: one a processor)")


def _locked(command: argparse.ArgumentParser) -> None:
    how = command.add_mutually_exclusive_group()
    how.add_argument(
        "--locked", action="store_true", help="only what lock and store have: buy nothing, and say what is missing"
    )
    how.add_argument(
        "--frozen", action="store_true", help="as --locked, and refuse where the lock would be another by now"
    )
    how.add_argument(
        "--refresh",
        action="store_true",
        help="make stale pieces again: with the models, wordings and requests of today instead of those in the lock",
    )


def _strict(command: argparse.ArgumentParser) -> None:
    command.add_argument("--strict", action="store_true", help="warnings count as errors")


def _where(command: argparse.ArgumentParser) -> None:
    command.add_argument("--draft", action="store_true", help="the free animatic, even where there is a key")
    _kept_at(command)


def _seller(command: argparse.ArgumentParser) -> None:
    """What was bought is never a draft."""
    command.set_defaults(draft=False)
    _kept_at(command)


def _kept_at(command: argparse.ArgumentParser) -> None:
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


def _take_of(text: str) -> tuple[str, int]:
    """A scene and the number of its take, or the sentence that says so."""
    scene, _, number = text.partition("@")
    if not scene or not number.isdecimal() or not 1 <= int(number) <= 10**6:
        raise argparse.ArgumentTypeError(f"{text} is not a take of a scene, such as hook@3")
    return scene, int(number)


def _takes(text: str) -> int:
    return _whole(text, 1, 50)


def _count(text: str) -> int:
    return _whole(text, 1, 1000)


def _minutes(text: str) -> int:
    return _whole(text, 0, 10000)


def _money(text: str) -> Decimal:
    """Dollars, or the sentence that says so."""
    from adc.runtime.cli.settings import money_of

    usd = money_of(text)
    if usd is None:
        raise argparse.ArgumentTypeError(f"{text} is not an amount of dollars, such as 5 or 2.50")
    return usd


def _number(text: str) -> int:
    return _whole(text, 1, 2**63 - 1)


def _request(text: str) -> str:
    """The id of a request: it becomes a part of an address, and must not lead anywhere else."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", text):
        raise argparse.ArgumentTypeError(f"{text} is not the id of a request: letters, digits and hyphens")
    return text


def _since(text: str) -> "datetime":
    return _moment(text, days=0)


def _until(text: str) -> "datetime":
    return _moment(text, days=1)


def _moment(text: str, days: int) -> "datetime":
    """A moment; of a day without a time its midnight here, `days` later. Or the sentence that says so."""
    from datetime import date, datetime, time, timedelta

    try:
        if len(text) <= len("2026-03-01"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time()).astimezone()
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text} is not a date, such as 2026-03-01 or 2026-03-01T09:00") from None


def _seed(text: str) -> int:
    return _whole(text, 0, 2**32 - 1)


def _seconds(text: str) -> float:
    """Seconds, parts of them too, or the sentence that says so."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 to 86400")
    return seconds


def _port(text: str) -> int:
    return _whole(text, 0, 65535)


def _whole(text: str, least: int, most: int) -> int:
    """A whole number within bounds, or the sentence that says so."""
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} to {most}")
    return int(text)
