"""A difference as Markdown, for pull requests: a headline, a table of the parts, and what changed in each, folded.

It begins with a comment that a bot finds its own earlier remark by. The same difference gives the same bytes, and never
more than `MOST`, whatever its size: the table and the folded part end with a line that says how much is left out and
which command shows it.

Words of a spec are anybody's words. Every character that Markdown or HTML would read stands as an entity, so that a
prompt cannot leave its cell, fold the page or load a picture; and no `@name` or `#number` calls anybody.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from adc.compiler.diff import Difference, Differences, Part
from adc.runtime.reporters.diff_sentences import Style, Told, called, in_short, label, lines, outcome, sums, to_spend

MOST = 59_900
"""Bytes that a remark has at most; GitHub takes 65,536 characters."""

_TABLE = 26_000
"""Bytes that the table has at most, so that details find room behind it."""

_LINE = 1_500
"""Characters of a spec's words in one line."""

_REST = 2 * (_LINE + 200)
"""Bytes for the two lines that say what is left out."""

_HEADS = "| part | what happens | what changed |\n|---|---|---|\n"
_OPENING = "\n<details><summary>What changes, word by word</summary>\n"
_CLOSING = "\n</details>\n"

_MARKUP = re.compile(r"[&<>|`*_~\[\]\\$]")
_CALLS = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=[\w+-]+:)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_APART = "\u200b"
"""A blank of no width: what it parts is no name, number, picture or address any more."""

_SHOWN: dict[Style, tuple[str, str]] = {
    "kept": ("", ""),
    "removed": ("<del>", "</del>"),
    "added": ("<ins>", "</ins>"),
}

_Piece: TypeAlias = tuple[Callable[[str, Difference, Part], str], str, Difference, Part]
"""What draws something about a part of an ad of that name."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a remark says beside the difference.

    `spec` is what it is about, `sides` what people call what was compared, `command` shows all of it; `notes` are
    sentences about how it was compared, `names` what each ad is called where there are several.
    """

    spec: str
    sides: tuple[str, str]
    command: str
    notes: Sequence[str] = ()
    names: Sequence[str] = ()


def marker(spec: str) -> str:
    """The comment that a remark about a spec begins with."""
    return f"<!-- adc diff {re.sub(r'[^ -~]|[-<>%]', _percent, spec)} -->"


def _percent(found: "re.Match[str]") -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode())


def diff_markdown(differences: Differences, remark: Remark) -> str:
    """The remark, ending with a line end."""
    head = "".join(f"{line}\n" for line in _head(differences, remark))
    names = remark.names if len(differences.ads) > 1 else ("",)
    ads = [(name, ad) for name, ad in zip(names, differences.ads, strict=True) if ad.differs]
    room = MOST - _REST - _size(head) - _size(_OPENING) - _size(_CLOSING)
    table = _fitting(((_row, name, ad, part) for name, ad in ads for part in _differing(ad)), min(_TABLE, room), remark)
    room -= _size(table)
    told = _fitting(((_detail, name, ad, part) for name, ad in ads for part in _telling(ad)), room, remark)
    return head + table + (f"{_OPENING}{told}{_CLOSING}" if told else "")


def _fitting(pieces: Iterable[_Piece], room: int, remark: Remark) -> str:
    """The pieces, each about one part, as long as there is room for them, and a line about those that found none."""
    shown: list[str] = []
    left_out = 0
    for draw, name, ad, part in pieces:
        text = draw(name, ad, part) if room > 0 else ""
        room -= _size(text)
        if room > 0:
            shown.append(text)
        else:
            left_out += 1
    if left_out:
        parts = f"{left_out} more part{'s are' if left_out > 1 else ' is'}"
        shown.append(f"\n…{parts} left out here; <code>{_safe(remark.command)}</code> shows all.\n")
    return "".join(shown)


def _head(differences: Differences, remark: Remark) -> Iterator[str]:
    yield marker(remark.spec)
    short = in_short(differences.ads[0]) if len(differences.ads) == 1 else _several(differences)
    yield f"**{to_spend(differences)}**{f': {_safe(short)}' if short else ''}"
    yield ""
    facts = [f"{_code(remark.spec)}: {_code(remark.sides[0])} → {_code(remark.sides[1])}"]
    facts += [_safe(note) for note in remark.notes]
    if differences.differs:
        facts += [f"{label}: {_safe(words)}" for label, words in sums(differences)]
    yield from (f"- {fact}" for fact in facts)


def _several(differences: Differences) -> str:
    changed = sum(ad.differs for ad in differences.ads)
    return f"{changed} of {len(differences.ads)} ads change" if changed else ""


def _row(name: str, ad: Difference, part: Part) -> str:
    """A row of the table; the first of an ad begins one."""
    about = ", ".join(dict.fromkeys(label(one) for one in part.changes))
    row = f"| {_safe(called(part))} | {_safe(outcome(part))} | {_safe(about)} |\n"
    if part is not next(_differing(ad)):
        return row
    title = f"\n**{_safe(name)}**: {_safe(in_short(ad))}\n\n" if name else "\n"
    return title + _HEADS + row


def _detail(name: str, _ad: Difference, part: Part) -> str:
    """What changed in a part, a line each."""
    told = "".join(f"- {_safe(line.label)}: {_words(line)}\n" for line in lines(part))
    return f"\n**{_safe(f'{name}: {called(part)}' if name else called(part))}**\n\n{told}"


def _differing(ad: Difference) -> Iterator[Part]:
    return (part for part in ad.parts if part.state != "kept")


def _telling(ad: Difference) -> Iterator[Part]:
    """The parts of which there is more to tell than stands in the table."""
    return (part for part in _differing(ad) if part.changes or part.having("bought"))


def _words(told: Told) -> str:
    left = _LINE
    shown: list[str] = []
    for style, text in told.runs:
        if style == "arrow":
            shown.append(" → ")
        elif left > 0:
            before, after = _SHOWN[style]
            apart = " " if style == "added" and shown and shown[-1].endswith("</del>") else ""
            shown.append(f"{apart}{before}{_safe(text, left)}{after}")
            left -= len(text)
    return "".join(shown)


def _code(text: str) -> str:
    return f"<code>{_safe(text)}</code>"


def _safe(text: str, most: int = _LINE) -> str:
    """Words on one line that Markdown and HTML take as they are, at most so many characters of them."""
    flat = re.sub(r"\s+", " ", text)
    if len(flat) > most:
        flat = f"{flat[:most]}… ({len(flat) - most} more characters)"
    return _MARKUP.sub(lambda found: f"&#{ord(found.group())};", _CALLS.sub(_APART, flat))


def _size(text: str) -> int:
    return len(text.encode())
