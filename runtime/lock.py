"""The lock beside a spec: which take of each bought step was accepted, so that everybody gets the very same film.

JSON Lines: a header, then one line a decision, sorted, with an empty line between any two, so that two people who
decide about neighbouring scenes change places that version control merges without asking. Keys, digests and prices
are in it and no address, no key of an account, no path.

A decision stands for a step under certain choices (`of`: variants and params; empty where the spec has none). Of the
decisions about one step under the same choices at most one is accepted; the others are takes that were tried.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from adc.compiler.plan import Json
from adc.runtime.errors import LockError

SCHEMA: Final = "adc/lock/1"

Verdict: TypeAlias = Literal["accepted", "open", "rejected"]

_CONFLICT: Final = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_NUMBERS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Decision:
    """A take of a bought step. `key` is the step key that it was made for, `asks` what the spec asked for then.

    `artifact` is the digest of what came back; `model_schema` that of the endpoint's schemas. `request` is the seller's
    id of the purchase, `usd` what it cost, `date` the day of the decision (UTC).
    """

    step: str
    of: str
    take: int
    verdict: Verdict
    key: str
    asks: str
    artifact: str
    endpoint: str
    model: str
    model_schema: str
    seed: int | None
    request: str
    usd: Decimal
    date: str


@dataclass(frozen=True, slots=True)
class Lock:
    """All decisions about the films of one spec. `templates` are the versions of the wording of prompts, by family."""

    ad: str = ""
    templates: Mapping[str, int] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()

    def takes(self, step: str, of: str) -> tuple[Decision, ...]:
        """The takes of a step under these choices, by number."""
        return tuple(one for one in self.decisions if one.step == step and one.of == of)


def lock_file(spec: str, engine: str) -> Path:
    """Where the lock of a spec lies: what is bought at a stand-in is locked apart from what cost money."""
    return Path(f"{spec}.sim.lock" if engine == "sim" else f"{spec}.lock")


def read_lock(path: Path) -> Lock:
    """The lock in a file; an empty one where there is none. Raises LockError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Lock()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise LockError(f"{path} cannot be read: {reason}") from error
    return parse(text, str(path))


def parse(text: str, path: str) -> Lock:
    """The lock in `text`, whatever the order of its lines; `path` is for messages. Raises LockError."""
    # Not by `splitlines`: a text inside of a line may have characters that end one there.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        return Lock()
    documents = [(number, _document(path, number, line)) for number, line in lines]
    number, head = documents[0]
    if head.get("schema") != SCHEMA:
        newer = isinstance(head.get("schema"), str) and str(head["schema"]).startswith("adc/lock/")
        why = (
            f"it is of {head['schema']}, and this adc reads {SCHEMA}" if newer else "its first line is no lock's header"
        )
        raise _unusable(path, number, why)
    unknown = head.keys() - {"schema", "ad", "templates"}
    if unknown:
        raise _unusable(path, number, f"this adc does not know `{min(unknown)}`")
    ad, templates = head.get("ad", ""), head.get("templates", {})
    if not isinstance(ad, str):
        raise _unusable(path, number, "its ad is no name")
    if not isinstance(templates, dict) or not all(type(version) is int for version in templates.values()):
        raise _unusable(path, number, "its templates are no versions")
    decisions = tuple(_decision(path, number, document) for number, document in documents[1:])
    accepted: set[tuple[str, str]] = set()
    taken: set[tuple[str, str, int]] = set()
    for (number, _), one in zip(documents[1:], decisions, strict=True):
        twice = (one.step, one.of, one.take) in taken
        if twice or (one.verdict == "accepted" and (one.step, one.of) in accepted):
            what = f"take {one.take} of {one.step} twice" if twice else f"{one.step} with two accepted takes"
            mend = "keep one of these lines" if twice else "write `open` as the verdict of the others"
            raise _unusable(path, number, f"it has {what}{f' for {one.of}' if one.of else ''}; {mend}")
        taken.add((one.step, one.of, one.take))
        if one.verdict == "accepted":
            accepted.add((one.step, one.of))
    versions = {name: version for name, version in templates.items() if isinstance(version, int)}
    return Lock(ad, versions, tuple(sorted(decisions, key=_place)))


def text_of(lock: Lock) -> str:
    """The file of a lock: the same decisions are the same text."""
    head: dict[str, Json] = {"schema": SCHEMA, "ad": lock.ad, "templates": {**dict(sorted(lock.templates.items()))}}
    lines = [head, *(_line(one) for one in sorted(lock.decisions, key=_place))]
    return "\n\n".join(json.dumps(line, ensure_ascii=False, separators=(", ", ": ")) for line in lines) + "\n"


def write_lock(path: Path, lock: Lock) -> None:
    """Write a lock aside and rename it; nothing is written where nothing changes. Raises LockError."""
    text = text_of(lock)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # an empty file would be a lock that holds nothing
        os.replace(aside, path)
    except OSError as error:
        raise LockError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _place(one: Decision) -> tuple[Sequence[object], str, str, int]:
    """Where a decision stands: by step, numbers in it counted as numbers, then by choices and take."""
    name = [(int(part), "") if part.isdecimal() else (-1, part) for part in _parts(one.step)]
    return name, one.step, one.of, one.take


def _parts(step: str) -> Iterator[str]:
    end = 0
    for number in _NUMBERS.finditer(step):
        yield step[end : number.start()]
        yield number.group()
        end = number.end()
    yield step[end:]


def _line(one: Decision) -> dict[str, Json]:
    """A decision as JSON data; what it has none of is left out."""
    line: dict[str, Json] = {
        "step": one.step,
        "of": one.of,
        "take": one.take,
        "verdict": one.verdict,
        "key": one.key,
        "asks": one.asks,
        "artifact": one.artifact,
        "endpoint": one.endpoint,
        "model": one.model,
        "model_schema": one.model_schema,
        "seed": one.seed,
        "request": one.request,
        "usd": format(one.usd, "f"),
        "date": one.date,
    }
    return {name: value for name, value in line.items() if value not in ("", None)}


def _document(path: str, number: int, line: str) -> dict[str, Json]:
    if line.startswith(_CONFLICT):
        raise _unusable(path, number, "two versions of it were merged and differ here; keep the lines that you want")
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _unusable(path, number, "that line is no decision")
    return document


def _decision(path: str, number: int, line: Mapping[str, Json]) -> Decision:
    try:
        one = Decision(
            step=_text(line["step"]),
            of=_text(line.get("of", "")),
            take=_take(line["take"]),
            verdict=_verdict(line["verdict"]),
            key=_text(line["key"]),
            asks=_text(line["asks"]),
            artifact=_text(line["artifact"]),
            endpoint=_text(line["endpoint"]),
            model=_text(line["model"]),
            model_schema=_text(line["model_schema"]),
            seed=_number(line["seed"]) if "seed" in line else None,
            request=_text(line.get("request", "")),
            usd=_dollars(line["usd"]),
            date=_text(line["date"]),
        )
    except KeyError as error:
        raise _unusable(path, number, f"that decision has no `{error.args[0]}`") from error
    except (ValueError, InvalidOperation) as error:
        raise _unusable(path, number, "that line is no decision") from error
    unknown = line.keys() - {each.name for each in fields(Decision)}
    if unknown:
        raise _unusable(path, number, f"this adc does not know `{min(unknown)}`")
    return one


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _number(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(value)
    return value


def _take(value: Json) -> int:
    take = _number(value)
    if take < 1:
        raise ValueError(value)
    return take


def _dollars(value: Json) -> Decimal:
    usd = Decimal(_text(value))
    if not usd.is_finite() or usd < 0:
        raise ValueError(value)
    return usd


def _verdict(value: Json) -> Verdict:
    for verdict in get_args(Verdict):
        if value == verdict:
            return verdict  # type: ignore[no-any-return]
    raise ValueError(value)


def _unusable(path: str, number: int, why: str) -> LockError:
    return LockError(f"{path}:{number}: the lock cannot be used: {why}")
