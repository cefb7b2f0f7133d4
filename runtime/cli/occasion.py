"""The occasion of a build: what is written down with all that it makes, beside what the keys have of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from adc.runtime.cli.session import Compilation
from adc.runtime.decisions import schema_digest
from adc.runtime.entries import entry_digest, request_digest
from adc.runtime.git import GitError, Repository
from adc.runtime.past import Entry, Occasion


def occasion_of(compilation: Compilation, engine: str) -> Occasion:
    """The occasion of building a plan now, for `draft`, `fal` or `sim`."""
    files = {file.digest: file.path for file in compilation.plan.files}
    commit = _commit(compilation)
    return Occasion(compilation.plan.name, compilation.of, engine, commit, entries_of(compilation), files)


def entries_of(compilation: Compilation) -> Mapping[str, Entry]:
    """What the catalogue says of each endpoint of a plan, by its id."""
    used = {step.endpoint for step in compilation.plan.steps if step.endpoint}
    return {
        endpoint.id: Entry(entry_digest(endpoint), schema_digest(endpoint), request_digest(endpoint))
        for endpoint in map(compilation.catalogue.endpoint, sorted(used))
    }


def _commit(compilation: Compilation) -> str:
    """The commit that the spec and its files are at; empty where they are in no repository."""
    with suppress(GitError):
        repository = Repository(compilation.folder)
        return repository.standing([repository.place(Path(path)) for path in spec_files(compilation)])
    return ""


def spec_files(compilation: Compilation) -> Sequence[Path]:
    """The spec and the files that it reads; the lock is none of them."""
    lock = compilation.lock_path.absolute()
    return [path for path in map(Path, compilation.inputs) if path != lock]
