"""Since which commit something in a plan is as it is now.

The commits that changed the spec, or a file that it reads, are looked at from the newest back, each compiled with its
own pictures and its own lock; the first in which the place is another ends the search, and the one after it is the
answer. Mostly that is the newest, or none because nothing is committed yet.
"""

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from adc.compiler.digest import plan_keys
from adc.compiler.pairing import paired, paired_steps, pieces
from adc.compiler.plan import Json, Plan, Step, at, canonical
from adc.runtime.cli.occasion import spec_files
from adc.runtime.cli.session import Compilation
from adc.runtime.cli.sides import Side, revision
from adc.runtime.errors import AdcError
from adc.runtime.explain import Since, Spot
from adc.runtime.git import Commit, Repository

MOST: Final = 50
"""Commits that are looked at."""

_STEPS: Final = 20_000
"""Steps that are compiled in all, so that nobody waits for minutes: of a long film fewer commits are looked at."""


def since(spots: Iterable[Spot], compilation: Compilation, arguments: Namespace) -> Mapping[Spot, Since]:
    """For each spot since when it is as it is; without those of which git knows nothing."""
    found: dict[Spot, Since] = {}
    waiting = dict.fromkeys(spots)
    with suppress(AdcError):
        _walk(waiting, found, compilation, arguments)
    return found


def _walk(waiting: dict[Spot, None], found: dict[Spot, Since], compilation: Compilation, arguments: Namespace) -> None:
    """Move each spot that is waiting to what is found. Raises AdcError where a commit cannot be read."""
    if not waiting:
        return
    repository = Repository(compilation.folder)
    paths = [repository.place(path) for path in (*spec_files(compilation), compilation.lock_path)]
    most = min(MOST, 1 + _STEPS // len(compilation.plan.steps))
    commits = repository.history(paths, most + 1)
    place = repository.place(Path(arguments.spec))
    now = {step.id: step for step in compilation.plan.steps}
    newer: Commit | None = None
    for commit in commits[:most]:
        side = revision(repository, commit.id, commit.id[:10], place, arguments)
        if side.plans or not _broken(side):
            then = _steps_of(side.plans[0] if side.plans else None, compilation.plan)
            for spot in [spot for spot in waiting if not _same(spot, then(spot.step), now)]:
                del waiting[spot]
                found[spot] = Since("commit", newer) if newer is not None else Since("uncommitted")
            newer = commit
        if not waiting:
            return
    for spot in waiting:
        if newer is None:
            found[spot] = Since("uncommitted")
        else:
            found[spot] = Since("before" if len(commits) > most else "commit", newer)


def _broken(side: Side) -> bool:
    """Whether a spec is there and has errors: what it would have said, nobody knows."""
    return bool(side.notes)


def _steps_of(then: Plan | None, now: Plan) -> Callable[[str], Step | None]:
    """What gives the step of a former plan that a step of today was."""
    if then is None:
        return lambda _step: None
    same = {step.id: step for step in then.steps}
    renamed: dict[str, Step] = {}

    def find(step: str) -> Step | None:
        if step in same:
            return same[step]
        if not renamed:
            keys = plan_keys(then), plan_keys(now)
            for old, new in paired(pieces(then), pieces(now), keys):
                for before, after in paired_steps(old, new, keys) if old is not None and new is not None else ():
                    if before is not None and after is not None:
                        renamed[after.id] = before
        return renamed.get(step)

    return find


def _same(spot: Spot, then: Step | None, now: Mapping[str, Step]) -> bool:
    if then is None:
        return False
    if not spot.place:
        return True
    return canonical(_value(then, spot.place)) == canonical(_value(now[spot.step], spot.place))


def _value(step: Step, place: str) -> Json:
    """What stands at a place of a key's material, as far as the plan has it."""
    head, _, rest = place.partition("/")
    match head:
        case "endpoint":
            return step.endpoint
        case "take":
            return step.take
        case "brief":
            return at(step.brief, rest) if rest else {**step.brief}
    return at(step.arguments, rest)
