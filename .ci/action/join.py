"""Joins what was found about every spec into one text that is short enough for where it goes.

The same findings give the same bytes, so that a push that changes nothing edits nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from adc.compiler.units import dollars_text


@dataclass(frozen=True, slots=True)
class Section:
    """What was found about one spec: Markdown, a line for where that is too long, and what it would buy.

    `markdown` is empty where the spec makes the same film as before. `unknown` are purchases whose price nobody
    knows; `failed` says that nothing could be found out.
    """

    markdown: str
    line: str
    usd: Decimal = Decimal(0)
    unknown: tuple[str, ...] = ()
    failed: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.markdown)


def join(marker: str, sections: Sequence[Section], refused: Sequence[str], *, most: int) -> str:
    """One text of at most `most` bytes: the marker's line, what is bought in all, then the sections that changed.

    A section that does not fit is told in its line, and as many of these as fit. `refused` are reasons why the
    limit is not kept.
    """
    told = [section for section in sections if section.changed]
    same = len(sections) - len(told)
    head = [
        marker,
        _headline(told),
        "\n".join(("> [!CAUTION]", *(f"> {reason}" for reason in refused))) if refused else "",
    ]
    foot = f"{_count(same)} as before." if same and told else ""
    room = most - sum(_size(part) for part in (*head, foot, _LEFT, _MORE))
    lines = min(sum(_size(section.line) for section in told), most // 16)  # the longest section of adc diff still fits
    whole: list[str] = []
    left: list[str] = []
    for section in told:
        if _size(section.markdown) <= room - lines:
            whole.append(section.markdown.strip())
            room -= _size(section.markdown)
        else:
            left.append(section.line)
    listed: list[str] = []
    while left and _size(left[0]) <= room:
        room -= _size(left[0])
        listed.append(f"- {left.pop(0)}")
    if left:
        listed.append(f"- {_MORE.format(len(left))}")
    short = "\n".join([_LEFT, "", *listed]) if listed else ""
    return "\n\n".join(filter(None, (*head, *whole, short, foot))) + "\n"


def _size(part: str) -> int:
    """Bytes of a part with what parts it from the next, a list's mark included."""
    return len(part.encode()) + 4


_LEFT = "Too long to be shown here:"
_MORE = "and {} more"


def _headline(told: Sequence[Section]) -> str:
    if not told:
        return "### Ads: no plan changes"
    usd = sum((section.usd for section in told), Decimal(0))
    unknown = sum(len(section.unknown) for section in told)
    return f"### Ads: {to_buy(usd, unknown)}"


def to_buy(usd: Decimal, unknown: int) -> str:
    """What would be bought, as the end of a sentence."""
    steps = f"{unknown} step{'' if unknown == 1 else 's'} of unknown price" if unknown else ""
    known = f"{dollars_text(usd)} to spend" if usd else ""
    return " and ".join(filter(None, (known, steps))) or "nothing to buy"


def _count(specs: int) -> str:
    return f"{specs} other spec is" if specs == 1 else f"{specs} other specs are"


def code(text: str) -> str:
    """Text as code, whatever is in it."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    room = " " if len(fence) > 1 else ""
    return f"{fence}{room}{' '.join(text.split())}{room}{fence}"
