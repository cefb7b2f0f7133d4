"""What the flags and the environment choose, before anything heavy is imported."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from adc.compiler.choices import Choices

REMOTE = 20
"""Requests under way at once where `--remote` does not say."""

WAIT = 60
"""Minutes that a lost request is looked for where `--wait` does not say."""

ROLES = (
    *("clip", "still", "voice", "music", "sound", "lipsync"),
    *("upscale", "cutout", "transcription", "description", "training"),
)
"""The parts that models play in a film, in the order of a list: the catalogue's own words."""


def names_plan(path: str) -> bool:
    """Whether a path is that of a plan's file, and not of a spec: by its name, or by what is in it."""
    if path.endswith(".plan"):
        return True
    if not os.path.isfile(path):
        return False  # a pipe would be waited for
    try:
        with open(path, "rb") as file:
            return file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def engine_name(arguments: Namespace) -> str:
    """Who makes the pictures: `draft` unless there is a key, `sim` where a URL names a stand-in, else `fal`.

    What a lock holds was bought, so no key is needed for it. A signed plan says itself whom it is for.
    """
    signed = getattr(arguments, "signed", None)
    if signed is not None:
        return str(signed.engine)
    if arguments.draft:
        return "draft"
    if fal_url(arguments):
        return "sim"
    if arguments.locked or arguments.frozen:
        return "fal"
    from adc.runtime.fal.presence import has_key

    return "fal" if has_key(os.environ, arguments.spec) else "draft"


def fal_url(arguments: Namespace) -> str:
    """The stand-in's address, or the empty string for the real one."""
    return str(arguments.fal_url or os.environ.get("ADC_FAL_URL", ""))


def store_folder(arguments: Namespace) -> str:
    """Where the store lives: the flag, ADC_STORE, or the user's data folder; bought films are data, not cache."""
    chosen = arguments.store or os.environ.get("ADC_STORE")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    from platformdirs import user_data_dir

    return os.path.join(str(user_data_dir("adc", appauthor=False)), "store")


def film_file(arguments: Namespace) -> str:
    """Where the film goes, as far as that is known before the spec is read: a spec is named after its ad."""
    if arguments.out:
        return os.path.abspath(str(arguments.out))
    name = os.path.splitext(os.path.basename(arguments.spec))[0]
    return os.path.abspath(os.path.join("out", f"{name}.mp4"))


def spec_choices(arguments: Namespace) -> Choices:
    """What is chosen of the spec's params and variants; of a name given twice, the later counts."""
    from adc.compiler.choices import Choices

    return Choices(dict(arguments.settings), dict(arguments.variants))


def shown(path: str) -> str:
    """A path as people would type it here: relative where it lies below the current folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
