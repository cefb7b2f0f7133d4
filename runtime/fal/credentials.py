"""The key: where it is read, and the one place from which it is sent.

`fal_client` would also look for a login file, may refresh it over the network and writes it back; a build that reads
the places of `presence`, and nothing else, can be reasoned about. Nothing read here is put into the environment.

Every request of the HTTP client passes through `KeyAuth`, and only those to fal's own hosts get the header: uploads
and downloads go to other hosts, whose addresses are permission enough. What is answered to a request with the key
loses every trace of it before anything else reads it (`mask`), so that the key cannot come back by way of an error
message, a log or the store.
"""

import logging
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import StringIO

import httpx

from adc.runtime.errors import Unauthorised
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.keychain import ELSEWHERE, stored_key
from adc.runtime.fal.mask import Mask
from adc.runtime.fal.presence import env_files, forbids, is_sound, key_in, text_of

LOGIN = "adc auth login"
KEYRING = "the keyring"


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and the place that it came from, in words. It is no part of the printed form."""

    text: str = field(repr=False)
    source: str

    @property
    def shown(self) -> str:
        """As much of it as people need to tell two keys apart, and nobody can use: the id, or the first letters."""
        name, colon, secret = self.text.partition(":")
        if colon and secret and name and secret not in name:
            return f"{name}:…"
        return f"{self.text[:4]}…" if len(self.text) >= 16 else "…"


def key_from(environ: Mapping[str, str]) -> str | None:
    """The key in `FAL_KEY`, or in `FAL_KEY_ID` and `FAL_KEY_SECRET`; None without. Blanks around it are dropped.

    Raises Unauthorised for a key that no request could carry, such as one with a line end inside.
    """
    return sound(key_in(environ), "FAL_KEY") or None


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a key may be, with its name in words."""

    name: str
    look: Callable[[], str | None]

    def key(self) -> Key | None:
        """The key there, if any. Raises Unauthorised and NoKeyring where it cannot be had."""
        found = self.look()
        return Key(found, self.name) if found else None


def places(environ: Mapping[str, str], spec: str | None = None) -> tuple[Place, ...]:
    """Where a key for a build of `spec` (default: one in the current folder) may be; the first one found counts."""
    return (
        Place("the environment", lambda: key_from(environ)),
        *(Place(os.path.relpath(file), partial(_in_file, file, environ)) for file in env_files(spec)),
        Place(KEYRING, lambda: sound(stored_key(), KEYRING)),
    )


def find_key(environ: Mapping[str, str], spec: str | None = None) -> Key | None:
    """The key for a build of `spec`, or None.

    Raises Unauthorised and NoKeyring where the first place that has one does not give it.
    """
    for place in places(environ, spec):
        if key := place.key():
            return key
        if forbids(environ):
            break
    return None


def need_key(environ: Mapping[str, str], spec: str | None = None) -> Key:
    """As `find_key`, for what cannot be done without one: where there is none, it raises Unauthorised too."""
    key = find_key(environ, spec)
    if key is None:
        raise Unauthorised(f"there is no key for fal.ai; {ELSEWHERE}, or log in", next_command=LOGIN)
    return key


def _in_file(env_file: str, environ: Mapping[str, str]) -> str:
    """The key in a `.env` file, or the empty text; its values may refer to one another and to the environment."""
    from dotenv.parser import parse_stream
    from dotenv.variables import parse_variables

    shown = os.path.relpath(env_file)
    try:
        text = text_of(env_file)
    except OSError as error:
        raise Unauthorised(f"{shown} cannot be read: {error.strerror}", next_command=LOGIN) from None
    values: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        if binding.key and binding.value is not None:
            known = {**environ, **values}
            value = "".join(atom.resolve(known) for atom in parse_variables(binding.value))
            # `FAL_KEY= # your key here` is a template to fill in; the library takes the comment for the value
            values[binding.key] = "" if value.startswith("#") else value
    return sound(key_in(values), f"FAL_KEY in {shown}")


def sound(key: str, place: str) -> str:
    """The key without blanks around it. Raises Unauthorised for one that no request could carry; `place` has it."""
    key = key.strip()
    if not is_sound(key):
        raise Unauthorised(
            f"{place} holds blanks or characters that no key has; copy it again from the dashboard",
            next_command="export FAL_KEY=…" if place == "FAL_KEY" else LOGIN,
        )
    return key


class KeyAuth(httpx.Auth):
    """Adds the key to requests that go to `hosts`, and to no others; takes it out of what they answer.

    The libraries below would log the heads of both before that, so they are told to log nothing but warnings.
    """

    def __init__(self, key: str, hosts: Hosts) -> None:
        for library in ("httpx", "httpcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self._key = key
        self._hosts = hosts
        self._mask = Mask(key)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """One request, with the header where it belongs."""
        if not self._hosts.trusts(str(request.url)):
            yield request
            return
        request.headers["Authorization"] = f"Key {self._key}"
        response = yield request
        self._mask.answer(response)
