"""A keyring in a file, for tests: `keys_in` makes it the system's, in this process and in those that it starts."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

PLACE = "ADC_TEST_KEYRING"
LOCKED = "locked"
"""What the file says where the keyring cannot be unlocked."""


class FileKeyring(KeyringBackend):
    """Keeps passwords in the file that the environment names."""

    priority = 0.1  # pyright: ignore[reportAssignmentType]  # a property in the parent, a figure in all of its children

    def get_password(self, service: str, username: str) -> str | None:
        return self._all().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._all(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._all()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError
        self._write(kept)

    def _all(self) -> dict[str, str]:
        path = Path(os.environ[PLACE])
        text = path.read_text(encoding="utf-8") if path.exists() else "{}"
        if text == LOCKED:
            raise KeyringLocked
        found: dict[str, str] = json.loads(text)
        return found

    def _write(self, kept: dict[str, str]) -> None:
        Path(os.environ[PLACE]).write_text(json.dumps(kept), encoding="utf-8")


@contextmanager
def keys_in(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """For as long as the `with`, the system's keyring is `file`, and a key may come from anywhere."""
    before = keyring.get_keyring()
    with monkeypatch.context() as patch:
        patch.delenv("FAL_KEY")
        patch.setenv("XDG_CONFIG_HOME", str(file.parent / "config"))
        patch.setenv(PLACE, str(file))
        patch.setenv("PYTHON_KEYRING_BACKEND", "support.keyrings.FileKeyring")
        patch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
        keyring.set_keyring(FileKeyring())  # type: ignore[no-untyped-call]  # the parent has no types
        yield file
    keyring.set_keyring(before)
