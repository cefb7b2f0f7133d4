"""What a statement of the wrong form most likely means: the same statement, written as it should be.

The best hint is one that can be pasted. What stands in the statement is dealt out to the values that it takes: first
each to the kind that it is, in whatever order, then what is left to what it could have been meant as.

    says "Hello." maya              says maya "Hello."
    scene "The Hook" 8              scene the_hook 8s { … }
    camera slow push-in             camera "slow push-in"
    duration 1:30                   duration 90s
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from adc.compiler.lexer import scan
from adc.compiler.nodes import (
    Duration,
    Level,
    Money,
    Number,
    Rate,
    Ratio,
    Resolution,
    Statement,
    String,
    Value,
    Word,
)
from adc.compiler.units import seconds_text
from adc.compiler.vocabulary import Table

WIDEST = 120
"""A line that is longer is no hint any more."""

ABSENT = frozenset({"none", "no", "off", "false", "never", "without"})
"""Words with which people say that they do not want something."""

_TERMINALS: dict[str, type] = {
    "NAME": Word,
    "DURATION": Duration,
    "MONEY": Money,
    "ASPECT": Ratio,
    "RESOLUTION": Resolution,
    "RATE": Rate,
    "LEVEL": Level,
    "NUMBER": Number,
}
_RUN_TOGETHER = re.compile(r"(\w*?[^\W\d])_?([0-9]+(?:ms|s))")
_FORM = re.compile(r"(\$?)-?[0-9.]+(\w*)")


def line(statement: Statement) -> str:
    """A statement without its block, as it is written."""
    lists = (", ".join(value.written for value in listed) for listed in statement.lists)
    return " ".join((statement.keyword.written, *lists))


def quoted(words: str) -> str:
    """Words as a text."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def slug(words: str) -> str:
    """A name made of words: `the_hook`; empty where no letter is left."""
    name = re.sub(r"\W+", "_", words.strip().lower()).strip("_")
    return name if name.isidentifier() else ""


def intended(statement: Statement, kinds: Sequence[type], table: Table, *, optional: int = 0) -> str:
    """`statement` with values of `kinds`, of which the last `optional` may be missing; empty where that is a guess."""
    word = statement.keyword.written
    left = list(statement.values)
    found: list[str | None] = [None] * len(kinds)
    for place, kind in enumerate(kinds):
        value = next((value for value in left if isinstance(value, kind)), None)
        if value is not None:
            left.remove(value)
            found[place] = value.written
    for place, kind in enumerate(kinds):
        if found[place] is None and kind is not String:
            found[place] = _meant(kind, left, table.usage[word])
    if String in kinds and found[kinds.index(String)] is None:
        name, words = found[0], _words(statement, left)
        if kinds[0] is Word and len(kinds) - optional == 1 and name and words and not words[0].isupper():
            found[0] = "_".join((name, *words.split()))  # `ad glow serum` is a name of two words
        elif words:
            found[kinds.index(String)] = quoted(words)
    names = list(takewhile(lambda value: isinstance(value, Word), statement.values))
    if kinds[:1] == (Word,) and String not in kinds and left and [*names[1:]] == left:
        found[0] = "_".join(name.written for name in names)  # `scene my scene 8s`
    if optional and found[0] is None and (title := next(_texts(statement), "")):
        found[0] = slug(title.partition(":")[0]) or None
    if kinds[:2] == (Word, Duration) and found[0] and not found[1] and (both := _RUN_TOGETHER.fullmatch(found[0])):
        found[:2] = both.groups()
    if any(written is None for written in found[: len(kinds) - optional]):
        return ""
    block = " { … }" if table.usage[word].endswith("{ … }") else ""
    mended = " ".join((word, *filter(None, found))) + block
    return mended if len(mended) <= WIDEST and "\n" not in mended else ""


def _words(statement: Statement, left: Sequence[Value]) -> str:
    """The words of a text that has no quotes, with its commas."""
    lists = (", ".join(value.written for value in listed if value in left) for listed in statement.lists)
    return " ".join(filter(None, lists))


def _texts(statement: Statement) -> Iterator[str]:
    return (value.value for value in statement.values if isinstance(value, String))


def _meant(kind: type, left: list[Value], usage: str) -> str | None:
    """What could be meant as a value of `kind`, taken out of `left`. `usage` tells the unit."""
    for value in left:
        written = as_kind(value, kind, usage)
        if written:
            left.remove(value)
            return written
    return None


def as_kind(value: Value, kind: type, usage: str = "") -> str:
    """`value` as one of `kind`, such as `30s` for `30`, `0:30` or `"30s"`; empty where it is nothing like it."""
    match value:
        case String(value=text):
            tokens = scan(text)
            if len(tokens) == 1 and _TERMINALS.get(tokens[0].type) is kind:
                return str(tokens[0])
            return slug(text) if kind is Word else ""
        case Ratio(width=minutes, height=seconds) if kind is Duration and seconds < 60 and minutes < 60:
            return f"{minutes * 60 + seconds}s" if minutes + seconds else ""
        case Duration(seconds=seconds) if kind is Number:
            return seconds_text(seconds)
        case Number(written=written) if kind is Word:
            return f"{usage.split()[0]}_{written}" if usage and written.isdigit() else ""
        case Number(written=written) if kind is Level:
            form = _FORM.search(usage)
            amount = written if not usage or "-" not in usage or written.startswith("-") else f"-{written}"
            return f"{amount}{form[2]}" if form else ""
        case Number(value=number, written=written) if kind in _UNITS and (
            kind in (Duration, Money) or isinstance(number, int)
        ):
            return _UNITS[kind].format(written.lstrip("-"))
    return ""


_UNITS: dict[type, str] = {Duration: "{}s", Money: "${}", Rate: "{}fps", Resolution: "{}p"}
