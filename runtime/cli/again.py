"""The command that was typed, to be offered again: complete, quoted, and never meaning something else.

A suggestion that dropped `--draft`, `--fal-url` or `--store` would turn a free build into a purchase, or buy into
another store what is here already. So every flag that was given is in it, and the stand-in's address even where it
came from the environment.
"""

import shlex
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Final

from adc.runtime.cli.choices import REMOTE, WAIT, fal_url, shown

_SIM = {
    "host": "127.0.0.1",
    "port": 8765,
    "folder": "sim",
    "latency": 0.0,
    "runners": None,
    "faults": None,
    "seed": None,
}
"""What `adc sim` may be told, and what it is where nothing is said."""

_PLACED: Final[Mapping[str, Callable[[Namespace], list[str]]]] = {
    "diff": lambda arguments: [arguments.side] if arguments.side not in (None, arguments.spec) else [],
    "take": lambda arguments: [arguments.scene],
    "why": lambda arguments: [arguments.step],
    "takes": lambda arguments: [arguments.scene] if arguments.scene else [],
    "accept": lambda arguments: ["{}@{}".format(*arguments.take)],
    "reject": lambda arguments: ["{}@{}".format(*arguments.take)],
}
"""Commands about a place in a spec, which comes before the spec and may do without it: how the place is typed."""


def again(arguments: Namespace, *extra: str) -> str:
    """The command of `arguments`, but for the answers `--yes` and `--on-ambiguous`, with `extra` words at its end."""
    words = ["adc", arguments.command]
    if arguments.command in ("build", "plan", "pack", *_PLACED):
        signed = arguments.signed  # which says itself what is chosen
        words += _PLACED[arguments.command](arguments) if arguments.command in _PLACED else []
        words += [shown(signed.path if signed else arguments.spec)] if signed or arguments.spec else []
        if arguments.command == "pack":
            words.append(arguments.character)
        for flag, pairs in (("--set", arguments.settings), ("--variant", arguments.variants)):
            for name, value in () if signed else pairs:
                words += [flag, f"{name}={value}"]
        if arguments.all_variants and not signed:
            words.append("--all-variants")
        words += ["--strict"] if arguments.strict else []
        if arguments.command not in _PLACED:
            words += [f"--{flag}" for flag in ("locked", "frozen") if getattr(arguments, flag)]
        words += [f"--{flag}" for flag in ("refresh", "draft") if getattr(arguments, flag) and not signed]
        if arguments.store:
            words += ["--store", arguments.store]
        if not arguments.draft and fal_url(arguments):
            words += ["--fal-url", fal_url(arguments)]
    if arguments.command == "plan" and arguments.plan_file:
        words += ["-o", shown(arguments.plan_file)]
    if arguments.command == "plan" and arguments.explain:
        words.append("--explain")
    if arguments.command in ("build", "takes") and arguments.out:
        words += ["--out", arguments.out]
    if arguments.command == "take" and arguments.number != 1:
        words += ["-n", str(arguments.number)]
    if arguments.command == "takes" and arguments.json:
        words.append("--json")
    if arguments.command in ("build", "take"):
        if arguments.remote != REMOTE:
            words += ["--remote", str(arguments.remote)]
        if arguments.max_cost is not None:
            words += ["--max-cost", str(arguments.max_cost)]
        if arguments.wait != WAIT:
            words += ["--wait", str(arguments.wait)]
        if arguments.local:
            words += ["--local", str(arguments.local)]
    if arguments.command == "sim":
        for name, usual in _SIM.items():
            value = getattr(arguments, name)
            if value != usual:
                words += [f"--{name}", str(value)]
    if arguments.command == "pack" and arguments.to != ".":
        words += ["--to", arguments.to]
    return shlex.join([*words, *extra])


def decision(arguments: Namespace) -> tuple[str, ...]:
    """What the user decided about lost answers, as words of a command."""
    return () if arguments.on_ambiguous == "wait" else ("--on-ambiguous", arguments.on_ambiguous)
