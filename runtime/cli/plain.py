"""The plainest command lines, read without the parser of the command line: `adc plan x.ad`, `adc build x.ad --draft`.

They are what people and editors type most, and mostly there is nothing to do; to make the parser of all commands would
then take as long as the answer. Whatever else is typed, and every mistake, is left to that parser.
"""

from types import SimpleNamespace

from adc.runtime.cli.choices import REMOTE, WAIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

_SPEC: "Mapping[str, object]" = {
    "all_variants": False,
    "draft": False,
    "explain": False,
    "fal_url": None,
    "frozen": False,
    "locked": False,
    "plan_file": None,
    "refresh": False,
    "signed": None,
    "store": None,
    "strict": False,
    "version": False,
}
_USUAL: "Mapping[str, Mapping[str, object]]" = {
    "build": {
        **_SPEC,
        "local": None,
        "max_cost": None,
        "on_ambiguous": "wait",
        "out": None,
        "remote": REMOTE,
        "wait": WAIT,
        "yes": False,
    },
    "plan": {**_SPEC, "json": False, "status": False, "text": False},
}
"""What is so where no flag says otherwise."""

FLAGS: "Mapping[str, frozenset[str]]" = {
    "build": frozenset({"--draft", "--strict", "--yes"}),
    "plan": frozenset({"--draft", "--json", "--strict"}),
}
"""The flags that are plain: none has a value, and none excludes another."""


def plain(words: "Sequence[str]") -> "Namespace | None":
    """The arguments of a plain command line; None for any other."""
    command, *others = words or ("",)
    if command not in _USUAL:
        return None
    flags = {word for word in others if word.startswith("-")}
    specs = [word for word in others if word not in flags]
    if len(specs) != 1 or not specs[0] or not flags <= FLAGS[command]:
        return None
    given = {flag.removeprefix("--"): True for flag in flags}
    found: Namespace = SimpleNamespace(  # type: ignore[assignment]  # is used as one, and argparse is slow to import
        **{**_USUAL[command], "command": command, "spec": specs[0], "settings": [], "variants": [], **given}
    )
    return found
