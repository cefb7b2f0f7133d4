"""What a result was made from, kept with it, so that anybody can be told later what has changed since.

The material stands there as the very bytes that the key was hashed from. Beside it stands what is in no key: what each
reference stood for, the wording, the catalogue's entry of the endpoint, the program, the commit of the spec. A result
belongs to whoever has the same key; so for each step of an ad it is noted which key it had last, for every combination
of choices and for a draft and a film apart.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from adc.compiler.digest import Engine, material
from adc.compiler.plan import FileRef, Json, Ref, Step, as_ref, canonical
from adc.runtime.database import Database
from adc.runtime.version import __version__

_QUICK: Final = 1
"""How hard to compress: most of a prompt is like no other, and a build should not wait for the rest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Digests of the catalogue's entry of an endpoint: of all of it, of its schemas, of how it is asked."""

    whole: str
    schema: str
    request: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """A build, as all that it makes has it in common.

    `of` are the choices, `engine` is `draft`, `fal` or `sim` for steps of every kind, `commit` is that of the spec with
    `-dirty` where it had been edited since, empty outside of git. `entries` are by endpoint, `files` paths by digest.
    """

    ad: str = ""
    of: str = ""
    engine: str = ""
    commit: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


NO_OCCASION = Occasion()
"""A build that nobody will ask about."""


@dataclass(frozen=True, slots=True)
class Source:
    """What stood behind the reference at a place: the path of an input file, or a step with the key that it had."""

    place: str
    digest: str
    path: str = ""
    step: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A result as it was made: for which step, when (UTC, ISO 8601), and from what."""

    key: str
    ad: str
    of: str
    engine: str
    step: str
    at: str
    material: Mapping[str, Json]
    sources: tuple[Source, ...]
    adc: str
    commit: str
    template: str
    asks: str
    entry: Entry | None

    def source(self, place: str, digest: str) -> Source | None:
        """What stood at a place of the arguments for these bytes."""
        return next((one for one in self.sources if (one.place, one.digest) == (place, digest)), None)


@dataclass(frozen=True, slots=True)
class Note:
    """What is written down with a result."""

    occasion: Occasion
    facts: bytes


def note(
    step: Step, engine: Engine, digest_of: Callable[[Ref], str], keys: Mapping[str, str], occasion: Occasion
) -> Note:
    """What a step is being made from. `keys` are those of the steps that it needs."""
    sources: list[Json] = []
    for place, ref in _places(step.arguments, ""):
        digest = digest_of(ref)
        known = (occasion.files.get(digest, ""), "", "") if isinstance(ref, FileRef) else ("", ref.step, keys[ref.step])
        sources.append([place, digest, *known])
    entry = occasion.entries.get(step.endpoint or "")
    told: dict[str, Json] = {
        "adc": __version__,
        "commit": occasion.commit,
        "template": step.template,
        "asks": step.asks,
        "entry": asdict(entry) if entry is not None else None,
        "sources": sources,
    }
    # Canonical JSON has no line breaks.
    return Note(occasion, zlib.compress(canonical(material(step, digest_of, engine)) + b"\n" + canonical(told), _QUICK))


def _places(value: Json, place: str) -> Iterator[tuple[str, Ref]]:
    """Every reference, with where it stands."""
    ref = as_ref(value)
    if ref is not None:
        yield place, ref
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _places(item, f"{place}/{name}" if place else str(name))


@dataclass(frozen=True, slots=True)
class Last:
    """The key that a step had in the last build with these choices, and when that was."""

    step: str
    of: str
    key: str
    at: str


class Pasts:
    """What is written down in a store. Its methods raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, key: str) -> Past | None:
        """How the result of a key was made; None where that is not known."""
        rows = self._database.read("SELECT * FROM made_from WHERE key = ?", (key,))
        return _past(rows[0]) if rows else None

    def last(self, ad: str, engine: str) -> Sequence[Last]:
        """What each step of an ad was last, under any choices; the newest first."""
        rows = self._database.read(
            "SELECT step, choices, key, at FROM last WHERE ad = ? AND engine = ? ORDER BY at DESC, step", (ad, engine)
        )
        return [Last(*row) for row in rows]

    async def use(self, occasion: Occasion, keys: Mapping[str, str], steps: Iterable[str], at: str) -> None:
        """Note the keys of a build whose plan has these steps, and forget those of others. Durable on return."""
        place = (occasion.ad, occasion.of, occasion.engine)
        where = "WHERE ad = ? AND choices = ? AND engine = ?"
        rows = self._database.read(f"SELECT step, key FROM last {where}", place)  # noqa: S608  # a fixed text
        before = dict(map(tuple, rows))
        gone = before.keys() - set(steps)
        new = [(step, key) for step, key in keys.items() if before.get(step) != key]
        if gone or new:
            await self._database.write(
                lambda connection: (
                    connection.executemany(f"DELETE FROM last {where} AND step = ?", [(*place, step) for step in gone]),  # noqa: S608
                    connection.executemany(
                        "INSERT OR REPLACE INTO last VALUES (?, ?, ?, ?, ?, ?)", [(*place, *one, at) for one in new]
                    ),
                )
            )


def keep(connection: sqlite3.Connection, note: Note, step: str, key: str, at: str) -> None:
    """Write a note down with the result of a key, and that the step has that key now."""
    one = note.occasion
    row = (key, one.ad, one.of, one.engine, step, at, note.facts)
    connection.execute("INSERT OR REPLACE INTO made_from VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    last = (one.ad, one.of, one.engine, step, key, at)
    connection.execute("INSERT OR REPLACE INTO last VALUES (?, ?, ?, ?, ?, ?)", last)


def _past(row: Any) -> Past:
    made, told = zlib.decompress(row["facts"]).split(b"\n")
    facts = json.loads(told)
    entry = facts["entry"]
    return Past(
        row["key"],
        row["ad"],
        row["choices"],
        row["engine"],
        row["step"],
        row["at"],
        json.loads(made),
        tuple(Source(*source) for source in facts["sources"]),
        facts["adc"],
        facts["commit"],
        facts["template"],
        facts["asks"],
        Entry(**entry) if entry else None,
    )
