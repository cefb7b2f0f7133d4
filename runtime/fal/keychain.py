"""The key in the system's keyring: put there by `adc auth login`, read by builds, taken away by `adc auth logout`.

Beside the settings a note says that it is there, so that a build without one asks no keyring: asking may unlock it,
show a window, or take a second. The package that knows keyrings is an extra; where it is missing, or knows none on this
machine, a sentence says so and what works everywhere.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType

from adc.runtime.errors import AdcError
from adc.runtime.fal.presence import keyring_note

ELSEWHERE = "set FAL_KEY, or write FAL_KEY=… into a .env file"
"""What works on any machine."""

_SERVICE, _USER = "adc", "fal.ai"
_SAID = "The key for fal.ai is in the system keyring. `adc auth logout` takes it away, and this file with it.\n"


class NoKeyring(AdcError):
    """The keyring is missing, locked or broken."""


@contextmanager
def keyring() -> Iterator[ModuleType]:
    """The library, every failure of which becomes NoKeyring. Raises NoKeyring where it is missing, too."""
    try:
        import keyring as library
        from keyring.errors import KeyringError, NoKeyringError
    except ImportError:
        raise NoKeyring(
            f"the system keyring needs a package that is not installed; or {ELSEWHERE}",
            next_command="pip install 'adc[keyring]'",
        ) from None
    try:
        yield library
    except NoKeyringError:
        raise NoKeyring(f"this machine has no keyring; {ELSEWHERE} that git ignores") from None
    except KeyringError as error:
        raise NoKeyring(
            f"the keyring refused ({type(error).__name__}); unlock it, or {ELSEWHERE} that git ignores"
        ) from None


def check_keyring() -> None:
    """Raises NoKeyring where no key could be kept."""
    with keyring() as library:
        library.get_password(_SERVICE, _USER)


def stored_key() -> str:
    """The key that was stored, or the empty text. Raises NoKeyring."""
    if not os.path.exists(keyring_note()):
        return ""
    with keyring() as library:
        return library.get_password(_SERVICE, _USER) or ""


def store_key(key: str) -> None:
    """Keep a key in the keyring. Raises NoKeyring, and OSError where the note cannot be written."""
    with keyring() as library:
        library.set_password(_SERVICE, _USER, key)
        if library.get_password(_SERVICE, _USER) != key:
            raise NoKeyring(f"the keyring took the key and does not have it; {ELSEWHERE} that git ignores")
    note = keyring_note()
    os.makedirs(os.path.dirname(note), exist_ok=True)
    with open(note, "w", encoding="utf-8") as file:
        file.write(_SAID)


def forget_key() -> bool:
    """Take the key out of the keyring; whether there was one. Raises NoKeyring, and OSError for the note."""
    with keyring() as library:
        found = library.get_password(_SERVICE, _USER) is not None
        if found:
            library.delete_password(_SERVICE, _USER)
    with suppress(FileNotFoundError):
        os.unlink(keyring_note())
    return found
