"""What was reworded: two texts as one run of words after the other, each kept, removed or added.

Two prompts mostly differ by a few words in the middle, so what they begin and end with alike is taken off first, whole
words of it; only the rest is compared, line by line, then word by word. Blanks alone never hold two changes apart: a
phrase that became another reads as one change.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal, TypeAlias

from adc.compiler.frozen import frozen

Kind: TypeAlias = Literal["kept", "removed", "added"]

_WORDS = re.compile(r"\w+(?:['’-]\w+)*|\s+|[^\w\s]")
_LINES = re.compile(r".*\n|.+")


@frozen
class Run:
    """Words of a text, blanks between them included, that are in both texts or in one of them."""

    kind: Kind
    text: str


def reworded(before: str, after: str) -> tuple[Run, ...]:
    """The runs that lead from one text to the other.

    Those that are not added make `before`, those that are not removed make `after`. No run is empty, no two of one
    kind are neighbours, and what is removed stands before what is added in its place.
    """
    if before == after:
        return (Run("kept", before),) if before else ()
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    middle = _lines("".join(old[head : len(old) - tail]), "".join(new[head : len(new) - tail]))
    found = [Run("kept", "".join(old[:head])), *middle, Run("kept", "".join(old[len(old) - tail :]))]
    return _joined(run for run in found if run.text)


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    return next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), _shorter(old, new))


def _shorter(old: Sequence[str], new: Sequence[str]) -> int:
    return min(len(old), len(new))


def _lines(before: str, after: str) -> Iterator[Run]:
    """The runs of texts that begin and end with different words: lines that are in both are kept whole."""
    old, new = _LINES.findall(before), _LINES.findall(after)
    if len(old) == 1 or len(new) == 1:
        yield from _words(before, after)
        return
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Run("kept", "".join(old[i1:i2]))
        else:
            yield from _words("".join(old[i1:i2]), "".join(new[j1:j2]))


def _words(before: str, after: str) -> Iterator[Run]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    for kind, i1, i2, j1, j2 in SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Run("kept", "".join(old[i1:i2]))
        else:
            yield Run("removed", "".join(old[i1:i2]))
            yield Run("added", "".join(new[j1:j2]))


def _joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs with neighbouring changes put together, and with them the blanks that alone stood between them."""
    found: list[Run] = []
    pieces = list(runs)
    bridges = {
        at for at, run in enumerate(pieces) if run.kind == "kept" and run.text.isspace() and 0 < at < len(pieces) - 1
    }
    changed = [run.kind != "kept" or at in bridges for at, run in enumerate(pieces)]
    for is_change, group in groupby(zip(pieces, changed, strict=True), key=lambda pair: pair[1]):
        several = [run for run, _ in group]
        if not is_change:
            found.append(Run("kept", "".join(run.text for run in several)))
            continue
        removed = "".join(run.text for run in several if run.kind != "added")
        added = "".join(run.text for run in several if run.kind != "removed")
        found += [run for run in (Run("removed", removed), Run("added", added)) if run.text]
    return tuple(found)
