"""What `build` and `plan` share: the spec compiled, the store opened, the handlers of the chosen engine.

This is where the parts are put together; everything below takes what it needs as arguments.
"""

import os
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.digest import Engine
from adc.compiler.families import UnknownWording
from adc.compiler.pins import Pins
from adc.compiler.plan import Plan, StepKind
from adc.compiler.render import render
from adc.runtime.cli.again import again
from adc.runtime.cli.choices import engine_name, spec_choices
from adc.runtime.cli.colour import coloured
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.locked import compile_locked
from adc.runtime.cli.planned import WARNED
from adc.runtime.database import Database
from adc.runtime.decisions import counting, holds_of
from adc.runtime.disk import DiskFiles, digest_of_file, project_root
from adc.runtime.draft.handler import DraftHandler
from adc.runtime.errors import AdcError, LockError, StoreError
from adc.runtime.handlers.archive import ArchiveHandler
from adc.runtime.handlers.card import CardHandler
from adc.runtime.handlers.film import FilmHandler
from adc.runtime.handlers.frame import FrameHandler
from adc.runtime.handlers.locked import LockedHandler
from adc.runtime.ledger import StoreLedger
from adc.runtime.lock import Decision, Lock, lock_file, read_lock
from adc.runtime.ports import NOTHING_HELD, Handler, Holds
from adc.runtime.step_cache import StepCache
from adc.runtime.store import Store, media_type_of

if TYPE_CHECKING:
    from adc.runtime.fal.handler import Terms


@dataclass(frozen=True, slots=True)
class Compilation:
    """A plan, the script that it follows from with its texts by path, and the catalogue that it was made with.

    `inputs` are the files that it was made from, absolute path to digest; paths of `texts` are relative to `folder`.
    `lock` is what was decided about the spec before, in the file `lock_path`; `of` are the choices that it was compiled
    under, as decisions have them, `decisions` those that count, and `pins` what they held fast.
    """

    plan: Plan
    script: Script
    texts: Mapping[str, str]
    catalogue: Catalogue
    folder: Path
    inputs: Mapping[str, str]
    lock: Lock
    lock_path: Path
    of: str
    decisions: Mapping[str, Decision]
    pins: Pins
    refreshed: bool
    diagnostics: tuple[Diagnostic, ...]

    def templates(self, lock: Lock) -> Mapping[str, int]:
        """The versions of wordings that the lock has to say: those that the plan was made with, which it may keep."""
        return {} if self.refreshed else lock.templates

    @property
    def prefix(self) -> str:
        """What comes before the path of a text where it is shown to people."""
        return _prefix(self.folder)


def compile_or_complain(arguments: Namespace, *, quiet: bool = False) -> Compilation | None:
    """Compile the spec; its diagnostics go to stderr. None where one of them is an error.

    `quiet` leaves out warnings that will be told again.
    """
    spec = Path(arguments.spec)
    folder = spec.parent
    files = DiskFiles(folder, project_root(spec))
    engine = engine_name(arguments)
    beside = lock_file(arguments.spec, engine)
    try:
        lock = read_lock(beside)
        locked = compile_locked(spec, files, builtin(), spec_choices(arguments), lock, refresh=arguments.refresh)
    except LockError as error:
        complain(LockError(f"{error}; nothing was made and nothing was spent"), Exit.SPEC, arguments)
        return None
    except UnknownWording as error:
        why = f"{beside}: the lock cannot be used: {error}; nothing was made and nothing was spent"
        command = "build" if arguments.command == "build" else "plan"  # not every command makes things anew
        free = {"command": command, "locked": False, "frozen": False}  # neither goes with --refresh
        anew = again(Namespace(**(vars(arguments) | free)), "--refresh")
        complain(LockError(why, next_command=anew), Exit.SPEC, arguments)
        return None
    compiled = locked.compiled
    if compiled.diagnostics and not (quiet and compiled.plan is not None and not arguments.strict):
        told = render(compiled.diagnostics, compiled.texts, prefix=_prefix(folder), colour=coloured(sys.stderr))
        sys.stderr.write(told)
        if compiled.plan is not None and arguments.strict:
            sys.stderr.write(WARNED)
            return None
    if compiled.plan is None or compiled.script is None:
        sys.stderr.write("nothing was made and nothing was spent\n")
        return None
    inputs = {os.path.abspath(folder / path): digest for path, digest in compiled.inputs.items()}
    if lock.decisions:
        inputs[os.path.abspath(beside)] = digest_of_file(beside)
    # What was bought holds no draft; and who asks for better has nothing held.
    decisions = {} if engine == "draft" or arguments.refresh else counting(compiled.plan, lock, locked.of)
    return Compilation(
        compiled.plan,
        compiled.script,
        compiled.texts,
        compiled.catalogue,
        folder,
        inputs,
        lock,
        beside,
        locked.of,
        decisions,
        locked.pins,
        arguments.refresh,
        compiled.diagnostics,
    )


def _prefix(folder: Path) -> str:
    return "" if folder == Path() else folder.as_posix().rstrip("/") + "/"


def complain(error: AdcError, code: Exit, arguments: Namespace) -> Exit:
    """Say on stderr what the world did, and the next command to type: the same one where the error knows no better."""
    sys.stdout.flush()
    sys.stderr.write(f"{error}\nnext: {error.next_command or again(arguments)}\n")
    return code


@dataclass(frozen=True, slots=True)
class Session:
    """An open store with everything that is kept in it."""

    store: Store
    cache: StepCache
    ledger: StoreLedger

    def holds(self, compilation: Compilation) -> Holds:
        """The results that the lock's decisions hold. Raises StoreError."""
        if not compilation.decisions:
            return NOTHING_HELD
        return holds_of(compilation.decisions, compilation.plan, self.cache.lookup)

    def ingest(self, compilation: Compilation) -> None:
        """Put the plan's input files into the store. Raises StoreError, and StoreCorrupt where one has changed."""
        for file in compilation.plan.files:
            if not self.store.has(file.digest, file.bytes):
                path = compilation.folder / file.path
                try:
                    self.store.put_file(path, media_type_of(path), expect=file.digest)
                except OSError as error:
                    raise StoreError(f"{path} could be read a moment ago and cannot now: {error.strerror}") from error


@contextmanager
def open_session(store: str) -> Iterator[Session]:
    """The store at this folder, made where there is none. Raises StoreError."""
    root = Path(store)
    with Store.open(root) as blobs, Database.open(root) as database:
        yield Session(blobs, StepCache(database, blobs), StoreLedger(database))


@asynccontextmanager
async def handlers_for(
    engine: str, arguments: Namespace, compilation: Compilation, session: Session, terms: "Terms | None" = None
) -> AsyncIterator[Mapping[StepKind, Handler]]:
    """Who does each kind of step: `engine` is `draft`, `fal` or `sim`; purchases keep to `terms`.

    Raises AdcError for an unusable key or URL.
    """
    local: dict[StepKind, Handler] = {
        "archive": ArchiveHandler(),
        "frame": FrameHandler(),
        "card": CardHandler(),
        "film": FilmHandler("draft" if engine == "draft" else "final"),
    }
    if engine == "draft":
        yield {**local, "generate": DraftHandler(compilation.catalogue)}
        return
    if arguments.locked or arguments.frozen:
        yield {**local, "generate": LockedHandler(Engine(engine))}
        return
    from adc.runtime.cli.seller import hosts_of, key_for
    from adc.runtime.fal.handler import FalHandler, Terms
    from adc.runtime.fal.wire import connect

    hosts = hosts_of(arguments)
    async with connect(hosts, key_for(hosts, arguments.spec)) as http:
        yield {
            **local,
            "generate": FalHandler(
                catalogue=compilation.catalogue,
                ledger=session.ledger,
                http=http,
                hosts=hosts,
                terms=terms or Terms(ad=compilation.plan.name, command=again(arguments)),
            ),
        }
