"""What of an answer's text may be shown: nothing that was sent, no secret, no address that opens something.

fal may echo a whole prompt, and a server may repeat the header that let the request in. Neither may reach a terminal or
a log. The key of the build is masked before an answer is read at all (see `mask`); here it is whatever credential this
very request carried, a token for uploads too, however short it is.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx

from adc.compiler.plan import Json
from adc.runtime.legible import on_one_line, without_query

LONGEST: Final = 240
"""Characters that are shown of one text."""

_LONGEST_READ: Final = 4000
"""Characters that are looked at of one text."""

_SHORTEST_ECHO: Final = 12
"""Characters in a row that are taken for an echo of what was sent: no shorter, since `720p` may be told."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is not shown: the key in all its spellings, and texts that were sent; the longest first."""

    secrets: tuple[str, ...]
    sent: tuple[str, ...]


def hidden_by(response: httpx.Response, body: Json) -> Hidden:
    """What must not be told of an answer, whose body is given, and of the request that led to it."""
    return Hidden(tuple(_secrets(response)), tuple(_sent(response, body)))


def shown(text: str, hidden: Hidden) -> str:
    """`text` as it may be shown, on one line of at most `LONGEST` characters."""
    text = " ".join(text.split())
    for secret in hidden.secrets:
        text = re.sub(re.escape(secret), "…", text, flags=re.IGNORECASE)
    text = text[:_LONGEST_READ]  # not before: a part of the key would stay at the end
    for sent in hidden.sent:
        text = _without(text, sent)
    return on_one_line(without_query(text), LONGEST)


def _secrets(response: httpx.Response) -> Iterator[str]:
    """The key that was sent, whole and in parts, in every spelling in which an answer may repeat it."""
    try:
        header = response.request.headers.get("Authorization", "")
    except RuntimeError:  # an answer that no request led to
        return
    key = header.removeprefix("Key ").removeprefix("Bearer ")
    found: set[str] = set()
    for part in (header, key, *key.split(":")):
        if len(part) > 3:
            found |= {part, quote(part, safe=""), quote(part), json.dumps(part)[1:-1]}
            found |= {encode(part.encode()).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode)}
    yield from sorted(found, key=len, reverse=True)


def _sent(response: httpx.Response, body: Json) -> Iterator[str]:
    """The texts that the answer may echo: those of the request's own body, and of every `input` in the answer."""
    try:
        request: Json = json.loads(response.request.content)
    except (RuntimeError, ValueError):  # none led to it, it was a file, or it has no body
        request = None
    texts = {" ".join(text.split()) for text in (*_texts(request), *_echoes(body))}
    yield from sorted((text for text in texts if len(text) >= _SHORTEST_ECHO), key=len, reverse=True)


def _echoes(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item) if name == "input" else _echoes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _echoes(item)


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)


def _without(text: str, sent: str) -> str:
    """`text` with every run of characters that also stands in `sent` taken out, where the run is long."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        found = sent.find(text[at : at + _SHORTEST_ECHO]) if at + _SHORTEST_ECHO <= len(text) else -1
        if found < 0:
            kept.append(text[at])
            at += 1
            continue
        while at < len(text) and found < len(sent) and text[at] == sent[found]:
            at, found = at + 1, found + 1
        kept.append("…")
    return "".join(kept)
