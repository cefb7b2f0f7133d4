"""The specs that a test can see: where they are, and what a test chooses of them.

A spec is compiled as its lock has it, just as `adc plan` does: the models that were cast stay cast and the takes that
were accepted count. The lock is in version control, so a plan is the same on every machine, and an upgrade of adc that
knows a cheaper model moves no plan of an ad that is bought already. The lock of a stand-in counts for nothing here.
"""

import os
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

from adc.compiler.catalogue import builtin
from adc.compiler.choices import Choices
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.families import UnknownWording
from adc.compiler.pipeline import Compiled
from adc.runtime.cli.locked import compile_locked
from adc.runtime.disk import DiskFiles, project_root
from adc.runtime.errors import LockError
from adc.runtime.lock import lock_file, read_lock
from adc.runtime.testing.ad_plan import AdPlan, drawn

Choice: TypeAlias = str | int | float | Decimal
"""The value of a param, or the choice of a variant, as it would be typed."""

_UNKNOWN = "AD0210"
"""The code of a choice that the spec does not have."""


class Specs:
    """The specs of a test, relative to the folder of its file (`beside`) or else to the root folder of pytest."""

    def __init__(self, beside: Path, root: Path) -> None:
        self._beside = beside
        self._root = root

    def __call__(self, spec: str | os.PathLike[str], /, **choices: Choice) -> AdPlan:
        """The spec as a plan, with its params and variants as in `choices`, else as the spec has them.

        Raises AssertionError for a spec with errors, with all of them as `adc plan` shows them, and for a file or a
        name that there is not.
        """
        __tracebackhide__ = True
        path = self._find(spec)
        compiled = self._compile(path, choices)
        name, folder = self._shown(path), self._shown(path.parent)
        prefix = "" if folder == "." else f"{folder}/"
        if compiled.plan is None:
            raise AssertionError(f"{name} has errors\n\n{drawn(compiled.diagnostics, compiled.texts, prefix)}")
        return AdPlan(name, compiled.plan, compiled.diagnostics, compiled.texts, prefix, compiled.catalogue)

    def diagnostics(self, spec: str | os.PathLike[str], /, **choices: Choice) -> tuple[Diagnostic, ...]:
        """What the compiler has to say about the spec, in the order of the page, errors too: for specs that are wrong.

        Raises AssertionError for a file or a name that there is not.
        """
        __tracebackhide__ = True
        return self._compile(self._find(spec), choices).diagnostics

    def __repr__(self) -> str:
        """As tests call it: pytest shows it where one fails."""
        return "ad_plan"

    def _find(self, spec: str | os.PathLike[str]) -> Path:
        """The absolute path of a spec, written as it was given."""
        __tracebackhide__ = True
        for folder in (self._beside, self._root):
            path = Path(os.path.abspath(folder / spec))
            if path.is_file():
                return path
        near = get_close_matches(os.fspath(spec), self._near(spec), n=1)
        places = dict.fromkeys((self._shown(self._beside), self._shown(self._root)))
        where = " or in ".join("the root folder" if place == "." else f"{place}/" for place in places)
        raise AssertionError(
            f"there is no {os.fspath(spec)} in {where}" + (f"; did you mean {near[0]}?" if near else "")
        )

    def _near(self, spec: str | os.PathLike[str]) -> list[str]:
        """The specs of the folders where this one was looked for, each as it would have been given."""
        folder = os.path.dirname(os.fspath(spec))
        found = [path.name for place in (self._beside, self._root) for path in (place / folder).glob("*.ad")]
        return [os.path.join(folder, name) for name in found]

    def _compile(self, path: Path, choices: Mapping[str, Choice]) -> Compiled:
        """The spec compiled. Of a name that is no param, a variant is chosen; one that is neither is told."""
        __tracebackhide__ = True
        typed = {name: str(value) for name, value in choices.items()}
        compiled = self._locked(path, Choices(settings=typed))
        variants = _unknown(compiled, "set")
        if variants:
            settings = {name: value for name, value in typed.items() if name not in variants}
            compiled = self._locked(path, Choices(settings, {name: typed[name] for name in variants}))
            for name in _unknown(compiled, "variant"):
                raise AssertionError(self._no_choice(path, name))
        return compiled

    def _locked(self, path: Path, choices: Choices) -> Compiled:
        __tracebackhide__ = True
        files = DiskFiles(path.parent, project_root(path))
        try:
            lock = read_lock(lock_file(str(path), "fal"))
            return compile_locked(path, files, builtin(), choices, lock).compiled
        except (LockError, UnknownWording) as error:
            raise AssertionError(str(error)) from None

    def _no_choice(self, path: Path, name: str) -> str:
        """What there is to choose instead of a name that there is not."""
        script = self._locked(path, Choices()).script
        params = list(script.params) if script is not None else []
        variants = script.variants if script is not None else {}
        there_is = [f"the param {param}" for param in params]
        there_is += [f"the variant {known} ({', '.join(each.choices)})" for known, each in variants.items()]
        near = get_close_matches(name, [*params, *variants], n=1)
        told = f"{self._shown(path)} has neither a param nor a variant {name}"
        told += f"; did you mean {near[0]}?" if near else ""
        return told + (f"\nit has {', '.join(there_is)}" if there_is else "\nit has none at all")

    def _shown(self, path: Path) -> str:
        """A path as people would type it in the root folder."""
        return Path(os.path.relpath(path, self._root)).as_posix()


def _unknown(compiled: Compiled, flag: str) -> tuple[str, ...]:
    """The names among what was chosen that the spec does not declare, each where `flag` would have named it."""
    before = f"--{flag} "
    found = (one.span for one in compiled.diagnostics if one.code == _UNKNOWN and one.span.path.startswith(before))
    return tuple(span.path.removeprefix(before) for span in found if span.start == 0)
