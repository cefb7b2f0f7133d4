"""Reading the values of statements: what was expected, what was found, and how to write it.

A reader takes a statement and the types that its values must have. It gives back the values, or reports and
gives back None; the caller goes on with the next statement either way.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from adc.compiler.definitions import Text
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.intended import ABSENT, WIDEST, as_kind, intended, line, quoted
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
from adc.compiler.vocabulary import TABLES, TOP, TRANSITIONS, Table, likeliest

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
LONGEST = Fraction(3600)

_CHIEF = {"style": "look", "voice": "id", "lora": "photos"}
"""What a text means behind the name of something whose statements stand in a block."""


class Body:
    """The statements of a block by keyword. Unknown and repeated ones are reported once, on the way in."""

    def __init__(self, owner: Statement, table: Table, report: Report) -> None:
        self.table = table
        self.report = report
        self._by: dict[str, list[Statement]] = {}
        strays = 0
        for statement in owner.block or ():
            word = statement.keyword.written
            strays += statement.block is not None and word in TOP.usage and word not in table.usage
            if strays > 1 and word in TOP.usage and word not in table.usage:
                continue  # one brace that is missing, or one that is too many, is told once
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
    message = f"{table.place} has no statement `{word}`"
    hint = _other(statement, table) or "it has " + ", ".join(f"`{known}`" for known in table.usage)
    report(Diagnostic("AD0203", message, statement.keyword.span, "unknown here", hint))
    return False


def _other(statement: Statement, table: Table) -> str:
    """The hint for a statement that `table` does not have: what is meant, or where it belongs."""
    word, values = statement.keyword.written, statement.values
    plain = word.lower().replace("-", "_")
    first = values[0].written if values and isinstance(values[0], Word) else ""
    if word.lower() in table.usage:
        return f"keywords are written in lower case: `{word.lower()}`"
    if plain in table.habits:
        return f"did you mean `{table.habits[plain]}`?"
    if plain + first in table.usage:
        return f"this is one word: `{plain + first}`"
    if table is TOP and plain in TRANSITIONS:
        return f"write it as `transition {line(statement)}`"
    if first in table.usage and len(values) > 1:
        rest = line(statement).split(None, 2)[2]
        return f"the keyword comes first: `{first} {word} {rest}`"
    if plain.removesuffix("s") in table.usage or f"{plain}s" in table.usage:
        return likeliest(word, table.usage)
    places = [other for other in TABLES if word in other.usage]
    if statement.block is None:
        places.sort(key=lambda other: other is TOP)  # such as `voice warm`, which means one that is declared
    if places and places[0] is TOP:
        return f"`{word}` stands outside of all braces; is a `}}` missing before it?"
    if places:
        return f"`{word}` stands in {places[0].place}, between its braces"
    if len(values) == 1 and isinstance(values[0], String) and "says" in table.usage:
        return likeliest(word, table.usage) or f"who speaks stands behind the keyword: `says {line(statement)}`"
    return likeliest(word, table.usage)


def take(
    statement: Statement, kinds: tuple[type, ...], table: Table, report: Report, *, optional: int = 0
) -> tuple[Value, ...] | None:
    """The values of `statement`, which must be of `kinds` in order; the last `optional` of them may be left out."""
    values = statement.values
    word = statement.keyword.written
    if any(isinstance(value, Odd) for value in values):
        return None
    if len(kinds) - optional <= len(values) <= len(kinds):
        wrong = next(
            ((value, kind) for value, kind in zip(values, kinds, strict=False) if type(value) is not kind), None
        )
        if wrong is None:
            return _uncommaed(statement, report)
        value, kind = wrong
        message = f"`{word}` takes {NOUNS[kind]} here, found {describe(value)}"
        hint = _mend(statement, value, kind, table) or _usage(statement, kinds, table, optional)
        report(Diagnostic("AD0301", message, value.span, f"{NOUNS[kind]} is expected", hint))
    else:
        report(_two_statements(statement, kinds, table) or _miscounted(statement, kinds, table, optional))
    return None


def _uncommaed(statement: Statement, report: Report) -> tuple[Value, ...] | None:
    """The values of a statement that lists nothing; a comma between two of them is reported."""
    for listed in statement.lists:
        if len(listed) > 1:
            message = f"`{statement.keyword.written}` takes its values without commas"
            plain = " ".join((statement.keyword.written, *(value.written for value in statement.values)))
            hint = f"a blank is enough: `{plain}`" if len(plain) < WIDEST else "a blank is enough"
            report(Diagnostic("AD0113", message, listed[1].span, "a comma stands before this", hint))
            return None
    return statement.values


def parted_by_commas(statement: Statement, listed: str, report: Report) -> None:
    """Report a list whose items stand side by side; `listed` is what it is a list of, as in `names`."""
    if len(statement.lists) > 1:
        message, span = f"the {listed} of a list are parted by commas", statement.lists[1][0].span
        hint = f"write it as `{statement.keyword.written} {', '.join(value.written for value in statement.values)}`"
        report(Diagnostic("AD0113", message, span, "a comma is missing before this", hint))


def _usage(statement: Statement, kinds: tuple[type, ...], table: Table, optional: int) -> str:
    """The hint with the right form: of what is written, where that can be told, else of an example."""
    word, values = statement.keyword.written, statement.values
    mended = intended(statement, kinds, table, optional=optional)
    extra = values[len(kinds) :]
    match values:
        case (String(written=path), Word(written="as"), String(value=name)) if word == "import" and name.isidentifier():
            return f"names stand without quotes: `import {path} as {name}`"
        case (String(written=path), Word(written=name)) if word == "import" and name != "as":
            return f"write it as `import {path} as {name}`"
    if word in _CHIEF and statement.block is None and len(extra) == 1 and isinstance(extra[0], String):
        header = " ".join((word, *(value.written for value in values[: len(kinds)])))
        return f"write it as `{header} {{ {_CHIEF[word]} {extra[0].written} }}`"
    if kinds == (String,) and values and all(isinstance(value, Word) for value in values) and mended:
        return f"texts stand between quotes: `{mended}`"
    if len(kinds) > 1 and kinds[0] is Word and table is TOP:
        name = mended.split()[1] if mended else ""
        if "_" in name and name == "_".join(value.written for value in values[: name.count("_") + 1]):
            return f"a name is one word: `{mended}`"
    return f"write it as `{mended or table.usage[word]}`"


def _two_statements(statement: Statement, kinds: tuple[type, ...], table: Table) -> Diagnostic | None:
    """What is wrong where another statement begins behind a complete one: a line end or a brace is missing."""
    values, word = statement.values, statement.keyword.written
    extra = values[len(kinds) :]
    if not extra or not isinstance(extra[0], Word) or not all(map(isinstance, values, kinds)):
        return None
    inner = table.blocks.get(word)
    if inner and statement.block is None and extra[0].written in inner.usage:
        rest = " ".join(value.written for value in extra)
        header = " ".join((word, *(value.written for value in values[: len(kinds)])))
        hint = f"write it as `{header} {{ {rest} }}`"
        label = "a `{` is missing before this"
        return Diagnostic("AD0119", "this block is never opened", extra[0].span, label, hint)
    if table is not TOP and extra[0].written in table.usage:
        message = f"`{extra[0].written}` begins on the line of `{word}`"
        hint = "a line end ends a statement; the next begins on a line of its own"
        return Diagnostic("AD0114", message, extra[0].span, "begin a new line here", hint)
    return None


def _miscounted(statement: Statement, kinds: tuple[type, ...], table: Table, optional: int) -> Diagnostic:
    values, word = statement.values, statement.keyword.written
    takes = " and ".join(NOUNS[kind] for kind in kinds[: len(kinds) - optional] or kinds) or "nothing"
    if optional:
        takes += f", and perhaps {NOUNS[kinds[-1]]}"
    usage = _usage(statement, kinds, table, optional)
    if len(values) < len(kinds):
        found = f"found {describe(values[-1])} only" if values else "found nothing"
        return Diagnostic("AD0302", f"`{word}` takes {takes}, {found}", statement.span, "something is missing", usage)
    span = across(values if kinds == (String,) else _surplus(values, kinds))
    if kinds[-1:] == (String,) and (whole := _one_text(statement, kinds)):
        usage = whole
    elif kinds != (String,):
        extra = values[len(kinds) :]
        before = values[len(kinds) - 1] if kinds else None
        if isinstance(extra[0], Word) and isinstance(before, Number):
            usage = f"a value and its unit are written together: `{before.written}{extra[0].written}`"
    bare = kinds[-1:] == (String,) and not optional and all(isinstance(value, Word) for value in values)
    span = across(values[len(kinds) - 1 :]) if bare else span
    count = "one value" if len(values) == 1 else f"{len(values)} {'words' if bare else 'values'}"
    label = "words without quotes" if bare else "too much"
    return Diagnostic("AD0302", f"`{word}` takes {takes}, found {count}", span, label, usage)


def _surplus(values: tuple[Value, ...], kinds: tuple[type, ...]) -> tuple[Value, ...]:
    """The values that none of `kinds` takes, up to the first gap; the last ones where each kind is there."""
    left = list(range(len(values)))
    for kind in kinds:
        match = next((place for place in left if isinstance(values[place], kind)), None)
        if match is None:
            return values[len(kinds) :]
        left.remove(match)
    return tuple(values[place] for number, place in enumerate(left) if place == left[0] + number)


def _one_text(statement: Statement, kinds: tuple[type, ...]) -> str:
    """The hint for pieces of one text, or for several, where one is taken; empty for anything else."""
    values, word = statement.values, statement.keyword.written
    first = next((place for place, value in enumerate(values) if isinstance(value, String)), len(values))
    header = " ".join((word, *(value.written for value in values[:first])))
    pieces = values[first:]
    touching = [one.span.end == other.span.start for one, other in pairwise(pieces)]
    if any(touching):
        if pieces[0].written == '""':
            inner = (piece.value if isinstance(piece, String) else piece.written for piece in pieces)
            return f"one quote on each side is enough: `{header} {quoted(' '.join(inner).strip())}`"
        parts = (piece.written + " " * (not meets) for piece, meets in zip(pieces, (*touching, True), strict=True))
        return rf"a quote inside of a text is written `\"`: `{header} {quoted(''.join(parts)[1:-1])}`"
    if kinds == (String,) and first == 0 and all(isinstance(piece, String) for piece in pieces):
        parted = ", " if len(statement.lists) == 1 else " "
        whole = parted.join(piece.value for piece in pieces if isinstance(piece, String))
        return f"write it as `{word} {quoted(whole)}`"
    return ""


def _mend(statement: Statement, value: Value, kind: type, table: Table) -> str:
    """The hint for a single value whose intended form is plain."""
    word = statement.keyword.written
    if isinstance(value, Word) and value.written in ABSENT:
        return f"to have no {word}, leave this line out"
    if isinstance(value, String) and kind is Word and value.value.isidentifier():
        return f"names stand without quotes: `{value.value}`"
    if len(statement.values) > 1 and table is TOP:
        return ""
    meant = as_kind(value, kind, table.usage[word])
    if isinstance(value, Number) and meant and kind is not Word:
        positive = "are above zero and " if value.value < 0 and kind is not Level else ""
        return f"values {positive}carry their unit: `{meant}`"
    if isinstance(value, Word | Number) and kind is String:
        return f"texts stand between quotes: `{quoted(value.written)}`"
    if isinstance(value, String) and kind is Word:
        return _style(word, value)
    if isinstance(value, String) and meant:
        return f"values stand without quotes: `{meant}`"
    return ""


def _style(word: str, value: String) -> str:
    """The hint for the words of a style where its name is needed."""
    declared = f"style phone {{ look {value.written} }}"
    return f"declare it outside of all braces, `{declared}`, and name it: `style phone`" if word == "style" else ""


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
    return Text(string.value, string.home or string.span, string.offsets)


def length(duration: Duration, report: Report) -> Fraction | None:
    """Seconds above zero and of at most an hour."""
    if 0 < duration.seconds <= LONGEST:
        return duration.seconds
    message = f"`{duration.written}` is no length of a film"
    report(Diagnostic("AD0303", message, duration.span, "more than 0s, at most 3600s", "write it as `8s`"))
    return None
