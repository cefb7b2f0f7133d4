"""Texts that came from elsewhere, made fit to be shown: no controls, and nothing secret of an address.

Behind the `?` of an address may be a signature that opens a private file, and before its `@` a password.
"""

import re

from adc.compiler.plan import Json

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^\s/?#\"'<>]*@)?([^\s/?#\"'<>]*)([^\s?#\"'<>]*)[^\s\"'<>]*", re.I)
_DATA = re.compile(r"(data:[^\s,\"'<>]*,)[^\s\"'<>]+", re.I)


def without_query(text: str) -> str:
    """`text` with each address cut at its query, and without the bytes of files that are written out in it."""
    return _DATA.sub(r"\1…", _ADDRESS.sub(r"\1\2\3", text))


def without_addresses(text: str) -> str:
    """`text` with nothing left of each address but its host."""
    return _DATA.sub(r"\1…", _ADDRESS.sub(_host, text))


def on_one_line(text: str, longest: int = 0) -> str:
    """`text` on one line and without controls, cut to `longest` characters where that is given."""
    plain = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return plain if not longest or len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def request(arguments: Json) -> Json:
    """A request's arguments with every text in them fit to be shown, names included."""
    if isinstance(arguments, str):
        return "\n".join(on_one_line(without_query(line)) for line in arguments.splitlines())
    if isinstance(arguments, list):
        return [request(item) for item in arguments]
    if isinstance(arguments, dict):
        return {on_one_line(name): request(item) for name, item in arguments.items()}
    return arguments


def _host(address: re.Match[str]) -> str:
    return f"{address[1]}{address[2]}" + ("/…" if address[3] else "")
