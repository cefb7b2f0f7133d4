"""`adc auth login`, `logout`, `status`: a key in the system keyring, and where a key comes from.

The key is never a word of a command, since those stay in histories and show in process lists; it is asked for without
an echo, or read from a pipe. None of it is ever printed but its public half.
"""

import os
import subprocess
import sys
from argparse import Namespace
from getpass import GetPassWarning, getpass
from warnings import catch_warnings, simplefilter

import anyio
import httpx

from adc.runtime.cli.exits import Exit
from adc.runtime.cli.seller import hosts_of
from adc.runtime.environment import without_key
from adc.runtime.errors import AdcError, Unauthorised
from adc.runtime.fal.credentials import KEYRING, LOGIN, Key, Place, find_key, places, sound
from adc.runtime.fal.hosts import FAL, Hosts
from adc.runtime.fal.keychain import ELSEWHERE, check_keyring, forget_key, store_key
from adc.runtime.fal.presence import env_files, forbids
from adc.runtime.fal.wire import FAILURES, connect

_ASKED = "fal-ai/nano-banana"
"""The endpoint whose price is asked for: an answer costs nothing, and only a good key gets one."""

_PATIENCE = httpx.Timeout(15.0)
_LONGEST = 1000


def run(arguments: Namespace) -> int:
    """Do what was asked. Returns an `Exit` code."""
    try:
        match arguments.act:
            case "login":
                return _login(hosts_of(arguments))
            case "logout":
                return _logout()
            case _:
                return _status()
    except AdcError as error:
        sys.stderr.write(f"{error}\n" + (f"next: {error.next_command}\n" if error.next_command else ""))
        return Exit.FAILED
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'a file'} cannot be used: {error.strerror}\n")
        return Exit.FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; nothing has changed\n")
        return Exit.INTERRUPTED


def _login(hosts: Hosts) -> Exit:
    check_keyring()
    key = Key(_well_formed(_asked_for()), KEYRING)
    doubt = anyio.run(_doubt, hosts, key.text)
    store_key(key.text)
    print(f"the key {key.shown} is in the system keyring now")
    if doubt:
        print(f"it has not been checked: {doubt}")
    if forbids(os.environ):
        print("it is not used here: FAL_KEY is set to nothing, which says that there is no key")
    elif (first := find_key(os.environ)) is not None and first.source != KEYRING:
        print(f"it is not used here: the key in {first.source} comes first")
    return Exit.OK


def _asked_for() -> str:
    """The key that a person types, or the first line of what is piped in. Raises AdcError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline(_LONGEST)
    try:
        with catch_warnings():
            simplefilter("error", GetPassWarning)
            return getpass("Key for fal.ai (https://fal.ai/dashboard/keys), which is not shown: ", sys.stderr)
    except GetPassWarning:
        raise AdcError("this terminal would show the key; pipe it in instead") from None
    except EOFError:
        return ""


def _well_formed(text: str) -> str:
    """The key in what was given. Raises Unauthorised for what is none."""
    key = sound(text, "what was given")
    if not key:
        raise Unauthorised("no key was given; nothing has changed", next_command=LOGIN)
    name, _, secret = key.partition(":")
    if not (name and secret) or key.endswith(":"):
        raise Unauthorised(
            "a key of fal.ai has two halves with a colon between them, and this has not; nothing has changed",
            next_command=LOGIN,
        )
    return key


async def _doubt(hosts: Hosts, key: str) -> str:
    """Why the key could not be checked, or the empty text where it is good. Raises Unauthorised where it is not."""
    if hosts != FAL and not hosts.is_local:
        return "a stand-in that is not on this machine is never shown a key"
    async with connect(hosts, key) as http:
        try:
            url = f"{hosts.api}/v1/models/pricing"
            answer = await http.get(url, params={"endpoint_id": _ASKED}, timeout=_PATIENCE)
        except FAILURES as error:
            return f"fal cannot be reached ({type(error).__name__})"
    if answer.status_code == 401:
        raise Unauthorised("fal does not know this key; it was not stored", next_command=LOGIN)
    return "" if answer.is_success else f"fal answered {answer.status_code}"


def _logout() -> Exit:
    print("the key is out of the system keyring" if forget_key() else "there was no key in the system keyring")
    left = _Looks().used
    if left is not None:
        print(f"the key in {left.source} is still there")
    return Exit.OK


def _status() -> Exit:
    looks = _Looks()
    width = max(len(place.name) for place in looks.places)
    for place in looks.places:
        print(f"{place.name.ljust(width)}  {looks.told(place)}")
    for file in env_files():
        if os.path.relpath(file) in looks.keys and _git_would_take(file):
            print(f"{os.path.relpath(file)} is not ignored by git; write it into .gitignore before it is committed")
    if looks.used is not None:
        return Exit.OK
    if forbids(os.environ):
        print("FAL_KEY is set to nothing, which says that there is no key: builds are free drafts")
    elif not looks.troubles:
        print(f"there is no key, so builds are free drafts; {ELSEWHERE}, or: {LOGIN}")
    return Exit.FAILED


class _Looks:
    """What is in every place, for a spec in the current folder: its key, or why it cannot be had."""

    def __init__(self) -> None:
        self.places = places(os.environ)
        self.keys: dict[str, Key] = {}
        self.troubles: dict[str, str] = {}
        for place in self.places:
            try:
                key = place.key()
            except AdcError as error:
                self.troubles[place.name] = str(error)
            else:
                if key is not None:
                    self.keys[place.name] = key

    @property
    def used(self) -> Key | None:
        """The key that a build would use; none where a place before it makes trouble."""
        said = (place.name for place in self.places if place.name in self.keys or place.name in self.troubles)
        return None if forbids(os.environ) else self.keys.get(next(said, ""))

    def told(self, place: Place) -> str:
        """What is in a place, in words."""
        key = self.keys.get(place.name)
        if key is None:
            return self.troubles.get(place.name, "no key")
        return f"{key.shown}  {'used' if key is self.used else 'not used'}"


def _git_would_take(file: str) -> bool:
    """Whether git would commit a file: it is in a repository and not ignored. Without git, nobody knows."""
    # fsmonitor is a program that a repository may name, and git would start it
    command = ["git", "-c", "core.fsmonitor=false", "-C", os.path.dirname(file), "check-ignore", "--quiet", "--", file]
    try:
        done = subprocess.run(command, env=without_key(), capture_output=True, check=False)  # noqa: S603  the words are ours
    except OSError:
        return False
    return done.returncode == 1
