"""Words that a model has heard, each with the seconds at which it begins and ends.

Every seller writes them in another way; the catalogue says in which (`Endpoint.word`). What is kept in the store is
always the same: a JSON list of `{"text": …, "start": …, "end": …}`, in the order in which the words are said.
"""

import json
from contextlib import suppress
from dataclasses import dataclass

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json, at
from adc.runtime.errors import MediaError


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and the seconds between which it is heard."""

    text: str
    start: float
    end: float


def from_answer(endpoint: Endpoint, value: Json) -> list[Word] | None:
    """The words in an endpoint's answer, None where it has no list of them.

    Blanks, and words without a time, are left out.
    """
    if not isinstance(value, list):
        return None
    found: list[Word] = []
    for item in value:
        text, start, end = (at(item, endpoint.word[part]) for part in ("text", "start", "end"))
        if isinstance(text, str) and text.strip() and _is_time(start) and _is_time(end):
            found.append(Word(text.strip(), float(str(start)), float(str(end))))
    return found


def dump(words: list[Word]) -> bytes:
    """The words as they are kept."""
    return json.dumps([{"text": word.text, "start": word.start, "end": word.end} for word in words]).encode()


def parse(data: bytes, name: str) -> list[Word]:
    """The words that `dump` wrote. Raises MediaError, which names the file `name`, for anything else."""
    with suppress(ValueError, TypeError, KeyError):
        items = json.loads(data)
        if isinstance(items, list):
            return [Word(str(item["text"]), float(item["start"]), float(item["end"])) for item in items]
    raise MediaError(f"{name} holds no words with their times.")


def _is_time(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
