"""Reading the values of statements: what was expected, what was found, and how to write it.

A reader takes a statement and the types that its values must have. It gives back the values, or reports and
gives back None; the caller goes on with the next statement either way.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import takewhile
from typing import TypeVar

from adc.compiler.definitions import Text
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.nodes import (
    Duration,
    Level,
    Money,
    Number,
    Odd,
    Rate,
    Ratio,
    Resolution,
    Statement,
    String,
    Value,
    Word,
)
from adc.compiler.source import Span
from adc.compiler.vocabulary import TABLES, TOP, Table, likeliest

Report = Callable[[Diagnostic], None]
V = TypeVar("V", bound=Value)

NOUNS: dict[type, str] = {
    Word: "a name",
    String: "a text",
    Duration: "a duration",
    Money: "an amount of money",
    Ratio: "an aspect ratio",
    Resolution: "a resolution",
    Rate: "a frame rate",
    Level: "a level",
    Number: "a number",
}
UNIT: dict[type, str] = {Duration: "{}s", Money: "${}", Rate: "{}fps", Resolution: "{}p"}
LONGEST = Fraction(3600)


class Body:
    """The statements of a block by keyword. Unknown and repeated ones are reported once, on the way in."""

    def __init__(self, owner: Statement, table: Table, report: Report) -> None:
        self.table = table
        self.report = report
        self._by: dict[str, list[Statement]] = {}
        for statement in owner.block or ():
            if accept(statement, table, report):
                self._add(statement)

    def _add(self, statement: Statement) -> None:
        word = statement.keyword.written
        if statement.block is not None and word not in self.table.blocks:
            self.report(Diagnostic("AD0309", f"`{word}` has no block", statement.keyword.span, hint=self._form(word)))
        before = self._by.setdefault(word, [])
        if before and word not in self.table.many:
            message = f"`{word}` is written twice in this block"
            notes = (Label(before[0].keyword.span, "first written here"),)
            self.report(Diagnostic("AD0204", message, statement.keyword.span, hint="keep one of them", notes=notes))
        else:
            before.append(statement)

    def _form(self, word: str) -> str:
        return f"write it as `{self.table.usage[word]}`"

    def one(self, word: str) -> Statement | None:
        """The statement with that keyword, where it is written."""
        written = self._by.get(word)
        return written[0] if written else None

    def every(self, word: str) -> tuple[Statement, ...]:
        """All statements with that keyword."""
        return tuple(self._by.get(word, ()))

    def only(self, word: str, kind: type[V]) -> V | None:
        """The single value of the statement `word`, of that kind."""
        statement = self.one(word)
        return self.single(statement, kind) if statement else None

    def single(self, statement: Statement, kind: type[V]) -> V | None:
        """The single value of `statement`, of that kind."""
        values = take(statement, (kind,), self.table, self.report)
        return values[0] if values and isinstance(values[0], kind) else None

    def whole(self, word: str, least: int, most: int) -> int | None:
        """A whole number of that range."""
        number = self.only(word, Number)
        if number is None:
            return None
        if isinstance(number.value, int) and least <= number.value <= most:
            return number.value
        message = f"`{word}` takes a whole number from {least} to {most}, found `{number.written}`"
        self.report(Diagnostic("AD0303", message, number.span, "out of range", self._form(word)))
        return None


def accept(statement: Statement, table: Table, report: Report) -> bool:
    """Whether `table` has such a statement; reports where it has not."""
    word = statement.keyword.written
    if word in table.usage:
        return True
    span = statement.keyword.span
    elsewhere = next((other for other in TABLES if word in other.usage), None)
    if elsewhere is None and word.lower() in table.usage:
        hint = f"keywords are written in lower case: `{word.lower()}`"
    elif elsewhere is None:
        hint = likeliest(word, table.usage)
    elif elsewhere is TOP:
        hint = f"`{word}` stands outside of all braces; is a `}}` missing before it?"
    else:
        hint = f"`{word}` stands in {elsewhere.place}, between its braces"
    message = f"{table.place} has no statement `{word}`"
    report(
        Diagnostic(
            "AD0203", message, span, "unknown here", hint or "it has " + ", ".join(f"`{w}`" for w in table.usage)
        )
    )
    return False


def take(
    statement: Statement, kinds: tuple[type, ...], table: Table, report: Report, *, optional: int = 0
) -> tuple[Value, ...] | None:
    """The values of `statement`, which must be of `kinds` in order; the last `optional` of them may be left out."""
    values = statement.values
    word = statement.keyword.written
    usage = f"write it as `{table.usage[word]}`"
    if any(isinstance(value, Odd) for value in values):
        return None
    joined = _one_word(values) if table is TOP and kinds[0] is Word else ""
    usage = joined or usage
    if not len(kinds) - optional <= len(values) <= len(kinds):
        report(_miscounted(statement, kinds, usage, optional))
        return None
    for value, kind in zip(values, kinds, strict=False):
        if not isinstance(value, kind):
            message = f"`{word}` takes {NOUNS[kind]} here, found {describe(value)}"
            hint = joined or _mend(value, kind) or usage
            report(Diagnostic("AD0301", message, value.span, f"{NOUNS[kind]} is expected", hint))
            return None
    return values


def _one_word(values: tuple[Value, ...]) -> str:
    """The hint for a name that is written as several words, such as `scene my scene 8s`."""
    words = [value.written for value in takewhile(lambda value: isinstance(value, Word), values)]
    return f"a name is one word: `{'_'.join(words)}`" if len(words) > 1 else ""


def _miscounted(statement: Statement, kinds: tuple[type, ...], usage: str, optional: int) -> Diagnostic:
    values, word = statement.values, statement.keyword.written
    takes = " and ".join(NOUNS[kind] for kind in kinds[: len(kinds) - optional] or kinds)
    if len(values) < len(kinds):
        found = f"found {describe(values[-1])} only" if values else "found nothing"
        return Diagnostic("AD0302", f"`{word}` takes {takes}, {found}", statement.span, "something is missing", usage)
    extra = values[len(kinds) :]
    span = across(values if kinds == (String,) else extra)
    if kinds == (String,) and all(isinstance(value, Word) for value in values):
        usage = f'texts stand between quotes: `{word} "{" ".join(value.written for value in values)}"`'
    elif isinstance(extra[0], Word) and isinstance(values[len(kinds) - 1], Number):
        usage = f"a value and its unit are written together: `{values[len(kinds) - 1].written}{extra[0].written}`"
    count = "one value" if len(kinds) == 1 else f"{len(kinds)} values"
    return Diagnostic("AD0302", f"`{word}` takes {count}, found {len(values)}", span, "too much", usage)


def _mend(value: Value, kind: type) -> str:
    """The hint for a value whose intended form is plain."""
    if isinstance(value, Number) and kind in UNIT:
        positive = "are above zero and " if value.value < 0 else ""
        return f"values {positive}carry their unit: `{UNIT[kind].format(value.written.lstrip('-'))}`"
    if isinstance(value, Word) and kind is String:
        return f'texts stand between quotes: `"{value.written}"`'
    if isinstance(value, String) and kind is Word and value.value.isidentifier():
        return f"names stand without quotes: `{value.value}`"
    return ""


def describe(value: Value) -> str:
    """A value for a sentence: `the number `3``, `the name `maya``; long texts are not repeated."""
    if isinstance(value, String):
        return "a text"
    if isinstance(value, Odd):
        return f"`{value.written}`"
    return f"the {NOUNS[type(value)].partition(' ')[2]} `{value.written}`"


def across(values: tuple[Value, ...]) -> Span:
    """The span from the first value to the last. A value that a param stands for may lie elsewhere."""
    first, last = values[0].span, values[-1].span
    if last.path != first.path or last.start < first.start:
        return first
    return Span(first.path, first.start, last.end, first.line, first.column)


def text(string: String) -> Text:
    """A text as a definition."""
    return Text(string.value, string.span, string.offsets)


def length(duration: Duration, report: Report) -> Fraction | None:
    """Seconds above zero and of at most an hour."""
    if 0 < duration.seconds <= LONGEST:
        return duration.seconds
    message = f"`{duration.written}` is no length of a film"
    report(Diagnostic("AD0303", message, duration.span, "more than 0s, at most 3600s", "write it as `8s`"))
    return None
