"""Words that filters often refuse in prompts that mean no harm, and milder ones: shown as advice, never put in place.

The list is data, `schemas/answers/wording.json`. It is short on purpose: no maker publishes what its filter reads, so
it has only words that ads are full of and that stand for what the makers say they refuse.
"""

import json
import re
from collections.abc import Iterator
from functools import cache

from adc.compiler import data
from adc.compiler.frozen import frozen


@frozen
class Wording:
    """A word as it is listed, what a filter may take it for, a milder one, and the pattern that finds it."""

    word: str
    about: str
    milder: str
    pattern: re.Pattern[str]


@cache
def wordings() -> tuple[Wording, ...]:
    """All of the list, longer words first: they say more than those inside them."""
    document = json.loads(data.read("schemas", "answers", "wording.json"))
    found = (
        Wording(word, group["about"], milder, _pattern(word))
        for group in document["groups"]
        for word, milder in group["words"].items()
    )
    return tuple(sorted(found, key=lambda one: -len(one.word)))


def wordings_in(prompt: str) -> tuple[Wording, ...]:
    """The listed words that a prompt has, in its order."""
    return tuple(wording for _, wording in sorted(_found(prompt), key=lambda one: one[0]))


def _found(prompt: str) -> Iterator[tuple[int, Wording]]:
    left = prompt
    for wording in wordings():
        found = wording.pattern.search(left)
        if found:
            yield found.start(), wording
            left = wording.pattern.sub(lambda match: "\n" * len(match.group()), left)


def _pattern(word: str) -> re.Pattern[str]:
    """The word by itself, in the plural too; one that is written with a capital letter is meant only so."""
    spaced = r"[\s-]+".join(map(re.escape, re.split(r"[ -]", word)))
    flags = re.IGNORECASE if word == word.lower() else re.NOFLAG
    return re.compile(rf"(?<!\w){spaced}(?:e?s)?(?!\w)", flags)
