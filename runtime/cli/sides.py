"""What is compared: what each word of `adc diff` names, and the plans that are there.

A file is itself, whatever it is called; else a word is a revision. The plans of a revision are those that the spec of
that revision compiles to, with its own pictures and its own lock, by the models and prices of today: what moved in the
world since is no difference between two specs.
"""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from adc.compiler.choices import Choices
from adc.compiler.plan import Plan, load
from adc.runtime.cli.choices import engine_name, names_plan, spec_choices
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.planned import plan_in_commit, planned_or_complain
from adc.runtime.cli.variants import combinations
from adc.runtime.errors import AdcError
from adc.runtime.git import Repository, RevisionFiles
from adc.runtime.lock import Lock, lock_file, parse, read_lock

if TYPE_CHECKING:
    from adc.compiler.definitions import Script
    from adc.compiler.pipeline import Compiled


class NotComparable(AdcError):
    """A side has no plan; an empty sentence where stderr has been told why."""


@dataclass(frozen=True, slots=True)
class Side:
    """What people call a side, its plans, one for each combination of variants that was asked for, and what to add.

    Without plans there is no such film there, or none that could be compiled, which `notes` say. `lock` reads the lock
    that lies there beside the spec, and raises LockError.
    """

    label: str
    plans: tuple[Plan, ...]
    notes: tuple[str, ...] = ()
    lock: Callable[[], Lock] = Lock


def sides(word: str, spec: str, arguments: Namespace) -> tuple[Side, Side]:
    """The two sides that a word names for a spec, or for a plan. Raises AdcError, NotComparable among them."""
    arguments = _of(spec, arguments)
    if os.path.isfile(word) or (word.endswith((".ad", ".plan")) and ":" not in word):
        return _file(word, arguments, exists=True), _file(spec, arguments, exists=True)
    repository = Repository(Path(os.path.dirname(os.path.abspath(spec))))
    place = repository.place(Path(spec))
    if ".." in word.partition(":")[0]:
        one, other, fork = _range(word)
        start = repository.fork_of(one, other) if fork else repository.commit(one)
        end = repository.commit(other)
        called = f"{one}, where {other} left it" if fork else one
        before = revision(repository, start, called, place, arguments, until=end)
        after = revision(repository, end, other, place, arguments, strict=True)
    else:
        name, colon, path = word.partition(":")
        commit = repository.commit(name)
        if colon:
            place = _normal(path, place)
        before = revision(repository, commit, name, place, arguments)
        after = _file(spec, arguments, exists=bool(colon or not before.plans))
        if colon and not before.plans and not before.notes:
            raise NotComparable(f"there is no {place} in {name}")
    if not before.plans and not after.plans and not before.notes:
        raise NotComparable(f"there is no {place}, neither in {before.label} nor in {after.label}")
    return _told_apart(before, after, place)


def _told_apart(before: Side, after: Side, place: str) -> tuple[Side, Side]:
    """The sides, with a sentence where the film is on one of them alone."""
    if not before.plans and not before.notes:
        note = f"there is no {place} in {before.label}, so everything is new"
        return Side(before.label, (), (note,)), after
    if not after.plans:
        return before, Side(after.label, (), (f"there is no {place} in {after.label} any more",))
    return before, after


def _range(word: str) -> tuple[str, str, bool]:
    """The two revisions of `A..B` or `A...B`, and whether it is from where they parted; HEAD for none."""
    dots = "..." if "..." in word else ".."
    one, _, other = word.partition(dots)
    if ".." in other or not (one or other):
        raise NotComparable(f"{word} is no range of revisions, such as main...HEAD")
    return one or "HEAD", other or "HEAD", dots == "..."


def _normal(path: str, place: str) -> str:
    """A path of a revision from the root; as git has it, `./` and `../` begin at the folder of the spec."""
    if path.startswith(("./", "../")):
        return os.path.normpath(os.path.join(os.path.dirname(place), path))
    return path


def _file(path: str, arguments: Namespace, *, exists: bool) -> Side:
    """What a file holds now. One that is not there raises NotComparable where it has to `exist`."""
    if not os.path.exists(path):
        if exists:
            hint = "" if "." in path else "; two revisions are compared by a word such as main...HEAD before the spec"
            raise NotComparable(f"there is no file {path}{hint}")
        return Side("the work tree", ())
    if holds_plans(path):
        return Side(path, _read_plans(Path(path).read_bytes(), path))
    wanted: Sequence[Namespace] | None = [_of(path, arguments)]
    if arguments.all_variants:
        wanted = combinations(_of(path, arguments))
    found = [planned_or_complain(one, quiet=number > 0) for number, one in enumerate(wanted or ())]
    plans = tuple(one.plan for one in found if one is not None)
    if not wanted or len(plans) < len(wanted):
        raise NotComparable("")
    return Side(path, plans, lock=lambda: read_lock(lock_file(path, engine_name(arguments))))


def holds_plans(path: str) -> bool:
    """Whether a file has a plan in it, or, as `adc plan --all-variants --json` prints them, several."""
    if names_plan(path) or not os.path.isfile(path):
        return names_plan(path)
    with open(path, "rb") as file:
        return file.read(64).lstrip().startswith(b"[")


def _of(path: str, arguments: Namespace) -> Namespace:
    one = copy(arguments)
    one.spec = path
    return one


def _read_plans(data: bytes, name: str) -> tuple[Plan, ...]:
    """The plans in a file that `adc plan` has printed or signed. Raises AdcError for anything else."""
    from adc.runtime.signed import SCHEMA as SIGNED
    from adc.runtime.signed import load as load_signed

    try:
        document = json.loads(data)
        if isinstance(document, dict) and document.get("schema") == SIGNED:
            return tuple(ad.plan for ad in load_signed(data, name).ads)
        several = document if isinstance(document, list) else [document]
        plans = tuple(load(json.dumps(one.get("plan", one)).encode()) for one in several)
    except (AttributeError, KeyError, TypeError, ValueError, AssertionError, ArithmeticError):
        plans = ()
    if not plans:
        raise NotComparable(f"{name} is no plan; `adc plan SPEC --json` prints one")
    return plans


def revision(
    repository: Repository,
    commit: str,
    called: str,
    place: str,
    arguments: Namespace,
    *,
    until: str | None = None,
    strict: bool = False,
) -> Side:
    """What a commit has of a spec or plan, under the name that it had there, if git knows that it was renamed.

    `until` is the commit that has it under this name, None for the work tree. What has errors raises NotComparable
    where that is `strict`; else it is told in a sentence: what came of it was nothing.
    """
    path = PurePosixPath(place)
    with repository.files(commit, _folder(path), called) as files:
        if files.has(path.name):
            side = _in_commit(files, path, commit, called, arguments, strict=strict)
            return replace(side, lock=lambda: _lock_of(repository, commit, path, called, arguments))
    old = None if strict else repository.renamed_from(place, commit, until)
    if old is None:
        return Side(called, ())
    was = PurePosixPath(old)
    with repository.files(commit, _folder(was), called) as files:
        side = _in_commit(files, was, commit, called, arguments, strict=strict)
    return Side(called, side.plans, (f"{place} was {old} in {called}", *side.notes))


def _lock_of(repository: Repository, commit: str, path: PurePosixPath, called: str, arguments: Namespace) -> Lock:
    with repository.files(commit, _folder(path), called) as files:
        return _lock_in(files, path, called, arguments)


def _lock_in(files: RevisionFiles, path: PurePosixPath, called: str, arguments: Namespace) -> Lock:
    """The lock that a commit has beside a spec. Raises LockError."""
    beside = lock_file(path.name, engine_name(arguments)).name
    return parse(files.read(beside).decode("utf-8", "replace"), f"{called}:{beside}") if files.has(beside) else Lock()


def _folder(path: PurePosixPath) -> str:
    return "" if path.parent == PurePosixPath() else str(path.parent)


def _in_commit(
    files: RevisionFiles, path: PurePosixPath, commit: str, called: str, arguments: Namespace, *, strict: bool
) -> Side:
    data = files.read(path.name)
    if data.lstrip().startswith((b"{", b"[")):
        return Side(called, _read_plans(data, f"{called}:{path}"))
    found: list[Side] = []

    def compiled() -> Plan | None:
        found.append(_compiled_in_commit(files, path, called, arguments, strict=strict))
        return found[0].plans[0] if found[0].plans else None

    if arguments.all_variants or arguments.settings or arguments.variants:
        compiled()
    else:
        plan = plan_in_commit(arguments, (commit, str(path)), compiled)
        if not found and plan is not None:
            return Side(called, (plan,))
    return found[0]


def _compiled_in_commit(
    files: RevisionFiles, path: PurePosixPath, called: str, arguments: Namespace, *, strict: bool
) -> Side:
    from adc.compiler.catalogue import builtin
    from adc.compiler.choices import DEFAULTS
    from adc.compiler.pipeline import compile_spec
    from adc.compiler.render import render
    from adc.runtime.cli.locked import compile_locked

    lock = _lock_in(files, path, called, arguments)

    def compiled(choices: Choices) -> "Compiled":
        return compile_locked(Path(path.name), files, builtin(), choices, lock).compiled

    def script() -> "Script | None":
        return compile_spec(path.name, files, builtin(), DEFAULTS, rough=True).script

    choices, dropped = _known(spec_choices(arguments), script)
    notes = tuple(f"{called} has no {what}" for what in dropped)
    found = list(_compiled(compiled, choices, all_variants=arguments.all_variants))
    failed = next((one for one in found if one.plan is None), None)
    if failed is None:
        return Side(called, tuple(one.plan for one in found if one.plan is not None), notes)
    if strict:
        prefix = f"{called}:{path.parent}/" if path.parent != PurePosixPath() else f"{called}:"
        told = render(failed.diagnostics, failed.texts, prefix=prefix, colour=coloured(sys.stderr))
        sys.stderr.write(told)
        raise NotComparable("")
    count = len(failed.diagnostics)
    first = failed.diagnostics[0]
    why = f"{first.code}: {first.message}" + (f", and {count - 1} more" if count > 1 else "")
    return Side(called, (), (*notes, f"{path} has errors in {called} ({why}), so everything counts as new"))


def _known(choices: Choices, script: "Callable[[], Script | None]") -> tuple[Choices, list[str]]:
    """Of what is chosen, what an earlier spec can be asked for, and what it does not have."""
    if not choices.settings and not choices.variants:
        return choices, []
    known = script()
    if known is None:
        return choices, []
    settings = {name: value for name, value in choices.settings.items() if name in known.params}
    variants = {
        name: key
        for name, key in choices.variants.items()
        if name in known.variants and key in known.variants[name].choices
    }
    dropped = [f"param `{name}`" for name in choices.settings if name not in settings]
    dropped += [f"choice `{name}={key}`" for name, key in choices.variants.items() if name not in variants]
    return Choices(settings, variants), dropped


def _compiled(
    compiled: "Callable[[Choices], Compiled]", choices: Choices, *, all_variants: bool
) -> "Iterator[Compiled]":
    """The spec compiled, once for each combination of its variants where all are asked for."""
    first = compiled(choices)
    if not all_variants or first.plan is None or first.script is None:
        yield first
        return
    offered = {
        name: (choices.variants[name],) if name in choices.variants else tuple(variant.choices)
        for name, variant in first.script.variants.items()
    }
    for keys in product(*offered.values()):
        yield compiled(Choices(choices.settings, dict(zip(offered, keys, strict=True))))
