"""Which files the input `specs` asks for, and what `adc check` reports of them.

Reports name files relative to the folder of their project; annotations and git want them relative to the checkout. So
the paths are judged project by project, and each report comes with what stands before its paths.
"""

import glob
import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from command import adc

from adc.runtime.disk import project_root


class Unfit(Exception):
    """An input cannot be used; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `adc check` said of one project: `prefix` stands before every path in `document`."""

    prefix: str
    document: Any
    code: int


def asked_words(specs: str) -> list[str]:
    """The folders, files and patterns that `specs` consists of. Raises Unfit where there is none."""
    try:
        words = shlex.split(specs)
    except ValueError as error:
        raise Unfit(f"`specs` has a quote that does not end: {specs}") from error
    if not words:
        raise Unfit("`specs` is empty: name a folder, a file or a pattern")
    return words


def asked_paths(specs: str) -> list[str]:
    """The files and folders that `specs` names, patterns followed. Raises Unfit where there is none."""
    paths = [path for word in asked_words(specs) for path in _matches(word)]
    # No name may be taken for a flag of adc.
    return [path if not path.startswith("-") else os.path.join(".", path) for path in dict.fromkeys(paths)]


def _matches(word: str) -> list[str]:
    if not glob.has_magic(word):
        if not os.path.exists(word):
            raise Unfit(f"there is no file or folder `{word}`")
        return [word]
    found = sorted(glob.glob(word, recursive=True))
    if not found:
        raise Unfit(f"no file matches `{word}`")
    return found


def reports(form: str, paths: list[str], *flags: str) -> Iterator[Report]:
    """What `adc check` reports of these paths in the form `json` or `sarif`. Raises Unfit where it can say nothing."""
    for prefix, own in _by_project(paths).items():
        ran = adc("check", "--format", form, *flags, *own)
        if not ran.out:
            raise Unfit(ran.err.strip() or f"adc check ended with {ran.code}")
        yield Report(prefix, json.loads(ran.out), ran.code)


def _by_project(paths: list[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for path in paths:
        root = os.path.relpath(project_root(os.path.join(path, "any.ad") if os.path.isdir(path) else path))
        groups.setdefault("" if root == os.curdir else os.path.join(root, ""), []).append(path)
    return groups
