"""The key, taken out of what is answered to a request that carried it.

A server, a proxy or a runner that repeats the request in an error would otherwise put the key into messages, logs and
the ledger. An answer is masked before anything reads it: head and body, however the key is written there. Each of its
characters may stand as itself, behind backslashes, percent-encoded, or as an HTML or JSON escape; the whole may be in
base64, at any place of a longer text. What is found becomes as many stars, so lengths and ranges stay what they were.

A body is masked line by line as it arrives: no key holds a line end, and an event stream is not held up.
"""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from functools import cache
from html.entities import html5

import httpx

_LEAST = 12
"""Characters of a half of a key that is looked for by itself; fal's have 32 and more. A shorter one may be a word."""

_LONGEST_LINE = 1 << 20
"""Bytes of a line that are waited for; no more than this of a film without a line end is held in memory."""

_OVERLAP = 1 << 14
"""Bytes that are kept back of a longer one: more than a key takes up in any form."""


class Mask:
    """Knows the forms of one key. It is no part of the printed form."""

    def __init__(self, key: str) -> None:
        halves = key.split(":")
        parts = halves if min(map(len, halves)) >= _LEAST else [key, *halves]
        wanted = dict.fromkeys(part for part in parts if len(part) >= _LEAST)
        coded = [code for part in wanted for code in _in_base64(part)]
        forms = "|".join([*map(_escaped, wanted), *map(_in_either_alphabet, coded)])
        # The search leaps from one possible beginning to the next, so that a film without a key is soon read.
        begins = {*r"%&\+-/_", *(part[0] for part in wanted), *(code[0] for code in coded)}
        ahead = "".join(map(re.escape, sorted(begins)))
        self._forms = re.compile(f"(?=[{ahead}])(?:{forms})".encode("ascii")) if wanted else None

    def bytes(self, data: bytes) -> bytes:
        """The data without the key."""
        return data if self._forms is None else self._forms.sub(lambda found: b"*" * len(found[0]), data)

    def answer(self, response: httpx.Response) -> None:
        """Mask a response in place, whose body has not been read yet."""
        plain = httpx.Response(
            response.status_code, headers=response.headers, stream=response.stream, request=response.request
        )
        response.stream = _Masked(plain, self)
        head = [(name, self.bytes(value)) for name, value in response.headers.raw]
        if "content-encoding" in response.headers:  # `plain` decodes it
            head = [(name, value) for name, value in head if name.lower() not in _OF_ENCODED]
        response.headers = httpx.Headers(head)
        reason = response.extensions.get("reason_phrase")
        if isinstance(reason, bytes):
            response.extensions["reason_phrase"] = self.bytes(reason)


_OF_ENCODED = (b"content-encoding", b"content-length")


class _Masked(httpx.AsyncByteStream):
    """The decoded body of a response, masked."""

    def __init__(self, response: httpx.Response, mask: Mask) -> None:
        self._response = response
        self._mask = mask

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = b""
        async for chunk in self._response.aiter_bytes():
            held += chunk
            end = held.rfind(b"\n") + 1
            if len(held) - end > _LONGEST_LINE:
                held = self._mask.bytes(held)
                end = len(held) - _OVERLAP
            if end:
                yield self._mask.bytes(held[:end])
                held = held[end:]
        if held:
            yield self._mask.bytes(held)

    async def aclose(self) -> None:
        await self._response.aclose()


def _escaped(part: str) -> str:
    """A pattern for the characters of a part, each of them in any of its writings, one writing over another included.

    A text that escapes a character puts backslashes before it, of whatever writing, and more of them where there are
    some in the part itself. Those before its first character are left alone: it is where the search leaps to.
    """
    pattern = ""
    for run in (found[0] for found in re.finditer(r"\\+|[^\\]", part)):
        if run[0] == "\\":
            pattern += rf"(?:{_BACKSLASH}){{{len(run)},}}+"
        elif pattern:
            pattern += rf"{_ESCAPING}*+(?:{re.escape(run)}|{_coded(run)}|(?<=\\)(?:u00|x){_digits(run)})"
        else:
            pattern = rf"(?:{re.escape(run)}|{_coded(run)}|\\+(?:u00|x){_digits(run)})"
    return pattern


@cache
def _coded(character: str) -> str:
    """A pattern for a character that is percent-encoded, perhaps more than once, or an HTML entity."""
    names = "".join(f"|{re.escape(name)}" for name, value in html5.items() if value == character and name[-1] == ";")
    return rf"%(?:25)*{_digits(character)}|&(?:#(?:0*{ord(character)}|[xX]0*{_digits(character)});?{names})"


def _digits(character: str) -> str:
    """A pattern for the two hexadecimal digits of a character, of either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{ord(character):02x}")


_ESCAPING = rf"(?:\\|{_coded(chr(92))})"
_BACKSLASH = rf"\\(?:u00|x)5[cC]|\\|{_coded(chr(92))}"


def _in_base64(part: str) -> list[str]:
    """A part in base64, without the characters that depend on what stands before and after it."""
    found: list[str] = []
    for before, unsure in ((0, 0), (1, 2), (2, 3)):
        code = b64encode(bytes(before) + part.encode()).decode().rstrip("=")
        found.append(code[unsure : len(code) - (1 if (before + len(part)) % 3 else 0)])
    return found


def _in_either_alphabet(code: str) -> str:
    return "".join({"+": "[+-]", "/": "[/_]"}.get(letter, letter) for letter in code)
