"""Whether there is a key, and where: answered with a few looks at the disk, and without any library that reads one.

Every build asks this before it knows whether there is anything to do. The places, in the order in which they count:

    the environment       FAL_KEY, or FAL_KEY_ID with FAL_KEY_SECRET
    a `.env` file         beside the spec, then in the root of its project
    the system keyring    where `adc auth login` put the key, and left a note beside the settings that says so

An environment whose FAL_KEY is empty says that there is no key, and no other place is asked. `credentials` reads the
key out of the place; it and this file agree on all but the strangest `.env`.
"""

import os
import re
import stat
from collections.abc import Mapping

NOTE = "key-is-in-the-keyring"

_LINE = r"^[ \t]*(?:export[ \t]+)?'?{}'?[ \t]*=[ \t]*[\"']?[^\s\"'#]"
_WHOLE, _ID, _SECRET = (
    re.compile(_LINE.format(name), re.MULTILINE) for name in ("FAL_KEY", "FAL_KEY_ID", "FAL_KEY_SECRET")
)


def key_in(values: Mapping[str, str]) -> str:
    """The key that these variables make up, or the empty text. Blanks around it are dropped."""
    key = values.get("FAL_KEY", "").strip()
    if key:
        return key
    parts = [values.get(name, "").strip() for name in ("FAL_KEY_ID", "FAL_KEY_SECRET")]
    return ":".join(parts) if all(parts) else ""


def is_sound(key: str) -> bool:
    """Whether a request could carry the key."""
    return all("!" <= character <= "~" for character in key)


def forbids(environ: Mapping[str, str]) -> bool:
    """Whether the environment says that there is no key, so that no other place counts."""
    return not key_in(environ) and "FAL_KEY" in environ


def env_files(spec: str | None = None) -> tuple[str, ...]:
    """The `.env` files that count for a spec, the nearest first; without one, for a spec in the current folder."""
    from adc.runtime.disk import project_root

    beside = os.path.dirname(os.path.abspath(spec or "spec.ad"))
    places = (os.path.join(folder, ".env") for folder in dict.fromkeys((beside, project_root(spec or "spec.ad"))))
    return tuple(place for place in places if _is_file(place))


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # a pipe would be waited for
    except OSError:
        return False


def text_of(env_file: str) -> str:
    """What a `.env` file says. Raises OSError."""
    with open(env_file, encoding="utf-8-sig", errors="replace") as file:
        return file.read()


def names_key(env_file: str) -> bool:
    """Whether a `.env` file seems to hold a key; one that cannot be read does not."""
    try:
        text = text_of(env_file)
    except OSError:
        return False
    return bool(_WHOLE.search(text) or (_ID.search(text) and _SECRET.search(text)))


def keyring_note() -> str:
    """Where the note is that a key is in the keyring, whether it is there or not. It holds no key."""
    from platformdirs import user_config_dir

    return os.path.join(str(user_config_dir("adc", appauthor=False)), NOTE)


def has_key(environ: Mapping[str, str], spec: str | None = None) -> bool:
    """Whether there is a key for a build of `spec`."""
    if key_in(environ) or forbids(environ):
        return bool(key_in(environ))
    return any(map(names_key, env_files(spec))) or os.path.exists(keyring_note())
