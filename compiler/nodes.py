"""The syntax of a spec as frozen nodes: what was written, where, and nothing about what it means.

Values are read once, here: a duration is seconds, money is dollars, a text has its escapes undone. `written`
is a value as it stands in the file, for messages.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Literal, TypeAlias

from adc.compiler.frozen import field, frozen
from adc.compiler.source import Span


@frozen
class Word:
    """A keyword or a name: `maya`, `brand.maya`."""

    written: str
    span: Span


@frozen
class String:
    '''A text, escapes undone and long texts dedented. `offsets[i]` is where `value[i]` stands in the file.

    `"…"` or `"""…"""`. Where a param stands for it, `span` is where the param is named and `home` where the text is.
    '''

    value: str
    written: str
    span: Span
    offsets: Sequence[int] = field(repr=False)
    home: Span | None = None


@frozen
class Duration:
    """`10s`, `7.2s`, `500ms`."""

    seconds: Fraction
    written: str
    span: Span


@frozen
class Money:
    """`$15`, `$12.50`."""

    usd: Decimal
    written: str
    span: Span


@frozen
class Ratio:
    """`9:16`."""

    width: int
    height: int
    written: str
    span: Span


@frozen
class Resolution:
    """Pixels on the short side: `1080p`, `4k`."""

    short_side: int
    written: str
    span: Span


@frozen
class Rate:
    """Frames a second: `30fps`."""

    fps: int
    written: str
    span: Span


@frozen
class Level:
    """Loudness or gain: `-14LUFS`, `-22dB`."""

    amount: Decimal
    unit: Literal["dB", "LUFS"]
    written: str
    span: Span


@frozen
class Number:
    """`3`, `0.5`: an int where it is written without a point."""

    value: int | Decimal
    written: str
    span: Span


@frozen
class Odd:
    """A number with an unknown unit, or a text with an unknown escape: the parser has reported it already."""

    written: str
    span: Span


Value: TypeAlias = Word | String | Duration | Money | Ratio | Resolution | Rate | Level | Number | Odd
Listed: TypeAlias = tuple[Value, ...]
"""Values parted by commas; mostly one."""


@frozen
class Statement:
    """`KEYWORD value value, value { … }`. `block` is None where no braces are written."""

    keyword: Word
    lists: tuple[Listed, ...]
    block: tuple["Statement", ...] | None
    span: Span

    @property
    def values(self) -> Listed:
        """All values, lists or not, in the order in which they are written."""
        return tuple(chain.from_iterable(self.lists))


@frozen
class Document:
    """One file."""

    path: str
    statements: tuple[Statement, ...]
