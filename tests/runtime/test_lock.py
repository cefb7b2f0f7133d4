"""The lock's file: what is written is read again, in any order of lines, and what cannot be read stops everything."""

import errno
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adc.runtime.errors import LockError
from adc.runtime.lock import SCHEMA, Decision, Lock, Verdict, lock_file, parse, read_lock, text_of, write_lock

DIGEST = st.integers(0, 2**32).map(lambda number: f"sha256:{number:064x}")
WORD = st.text(min_size=1, max_size=12)
STEP = st.lists(st.sampled_from(["hook", "clip", "voiceover", "1", "2", "10", "01"]), min_size=1, max_size=4).map(
    ".".join
)
DECISIONS = st.builds(
    Decision,
    step=STEP | WORD,
    of=st.just("") | WORD | st.just("city=Boston opener=doubt"),
    take=st.integers(1, 12),
    verdict=st.sampled_from(["open", "rejected"]),
    key=DIGEST,
    asks=DIGEST,
    artifact=DIGEST,
    endpoint=WORD,
    model=WORD,
    model_schema=DIGEST,
    seed=st.none() | st.integers(-1, 2**64),
    request=st.just("") | WORD,
    usd=st.decimals(0, 10**6, allow_nan=False, allow_infinity=False),
    date=st.dates().map(str),
)
LOCKS = st.builds(
    Lock,
    ad=st.text(max_size=12),
    templates=st.dictionaries(st.sampled_from(["elements", "still", "veo"]), st.integers(1, 20)),
    decisions=st.lists(DECISIONS, max_size=8, unique_by=lambda one: (one.step, one.of, one.take)).map(tuple),
)

ONE = Decision(
    step="hook.clip",
    of="",
    take=1,
    verdict="accepted",
    key="sha256:" + "1" * 64,
    asks="sha256:" + "2" * 64,
    artifact="sha256:" + "3" * 64,
    endpoint="fal-ai/veo3.1/lite",
    model="veo3_1_lite",
    model_schema="sha256:" + "4" * 64,
    seed=7,
    request="r-1",
    usd=Decimal("0.20"),
    date="2026-03-01",
)


@pytest.fixture(scope="module")
def schema(repository: Path) -> jsonschema.Draft202012Validator:
    document: dict[str, Any] = json.loads((repository / "schemas" / "lock.v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def lines(lock: Lock) -> list[str]:
    return [line for line in text_of(lock).split("\n") if line]


def accepting(lock: Lock) -> Lock:
    """The lock with one take of each step accepted, the first under its choices."""
    seen: set[tuple[str, str]] = set()
    decisions = []
    for one in lock.decisions:
        decisions.append(one if (one.step, one.of) in seen else replace(one, verdict="accepted"))
        seen.add((one.step, one.of))
    return replace(lock, decisions=tuple(decisions))


@given(LOCKS)
def test_what_is_written_is_read_again(schema: jsonschema.Draft202012Validator, lock: Lock) -> None:
    lock = accepting(lock)
    text = text_of(lock)
    read = parse(text, "x.ad.lock")
    assert (read.ad, dict(read.templates)) == (lock.ad, dict(lock.templates))
    assert {(one.step, one.of, one.take): one for one in read.decisions} == {
        (one.step, one.of, one.take): one for one in lock.decisions
    }
    assert text_of(read) == text
    for line in lines(lock):
        schema.validate(json.loads(line))


@given(LOCKS, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_empty_ones_mean_nothing(lock: Lock, random: Any) -> None:
    head, *others = lines(lock)
    random.shuffle(others)
    shuffled = (
        "\n" * random.randrange(3)
        + head
        + "".join(random.choice(["\n", "\n\n", "\n \n", "\r\n", "\r\n\r\n"]) + line for line in others)
    )
    assert parse(shuffled, "x.ad.lock") == parse(text_of(lock), "x.ad.lock")
    assert text_of(parse(shuffled, "x.ad.lock")) == text_of(lock)


def test_the_file_reads_as_a_list_of_decisions() -> None:
    second = replace(ONE, step="hook.clip.10", of="city=Boston", verdict="open", seed=None, request="")
    lock = Lock("glow", {"veo": 1, "elements": 2}, (second, replace(ONE, step="hook.clip.9", take=3), ONE))
    assert text_of(lock) == (
        '{"schema": "adc/lock/1", "ad": "glow", "templates": {"elements": 2, "veo": 1}}\n\n'
        + "\n\n".join(
            f'{{"step": "{step}", {of}"take": {take}, "verdict": "{verdict}", "key": "{ONE.key}", '
            f'"asks": "{ONE.asks}", "artifact": "{ONE.artifact}", "endpoint": "fal-ai/veo3.1/lite", '
            f'"model": "veo3_1_lite", "model_schema": "{ONE.model_schema}", {rest}"usd": "0.20", "date": "2026-03-01"}}'
            for step, of, take, verdict, rest in (
                ("hook.clip", "", 1, "accepted", '"seed": 7, "request": "r-1", '),
                ("hook.clip.9", "", 3, "accepted", '"seed": 7, "request": "r-1", '),
                ("hook.clip.10", '"of": "city=Boston", ', 1, "open", ""),
            )
        )
        + "\n"
    )


def test_one_more_decision_is_one_more_line() -> None:
    """Two people who decide about neighbours change places that do not touch: an empty line stands between any two."""
    before = lines(Lock("x", {}, (ONE, replace(ONE, step="proof.clip"))))
    after = lines(Lock("x", {}, (ONE, replace(ONE, step="lamp.clip"), replace(ONE, step="proof.clip"))))
    assert [line for line in after if line not in before] == [after[2]]
    assert text_of(Lock("x", {}, (ONE, ONE))).count("\n\n") == 2


def test_dollars_are_digits() -> None:
    assert '"usd": "0.00000001"' in text_of(Lock("x", {}, (replace(ONE, usd=Decimal("1E-8")),)))


def test_what_is_bought_at_a_stand_in_is_locked_apart() -> None:
    assert lock_file("specs/x.ad", "fal") == Path("specs/x.ad.lock")
    assert lock_file("specs/x.ad", "sim") == Path("specs/x.ad.sim.lock")


@pytest.mark.parametrize("text", ["", "\n", "\n \n\n"])
def test_an_empty_file_holds_nothing(text: str) -> None:
    assert parse(text, "x.ad.lock") == Lock()


def test_no_file_holds_nothing(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "x.ad.lock") == Lock()


def test_an_editor_may_put_a_mark_before_the_text(tmp_path: Path) -> None:
    path = tmp_path / "x.ad.lock"
    path.write_text("\ufeff" + text_of(Lock("x", {}, (ONE,))), encoding="utf-8")
    assert read_lock(path).decisions == (ONE,)


# What cannot be used.

HEAD, LINE = lines(Lock("x", {"veo": 1}, (ONE,)))


def with_(**fields: Any) -> str:
    return json.dumps({**json.loads(LINE), **fields})


def but(field: str) -> str:
    return json.dumps({name: value for name, value in json.loads(LINE).items() if name != field})


REFUSED: list[tuple[str, str, str]] = [
    (
        "conflict markers",
        f"{HEAD}\n\n<<<<<<< HEAD\n{LINE}\n=======\n{with_(take=2)}\n>>>>>>> theirs\n",
        "x.ad.lock:3: the lock cannot be used: two versions of it were merged and differ here; keep the lines that you "
        "want",
    ),
    (
        "conflict markers of three sides, in the header",
        f"||||||| base\n{HEAD}\n",
        "x.ad.lock:1: the lock cannot be used: two versions of it were merged and differ here; keep the lines that you "
        "want",
    ),
    (
        "two accepted takes",
        f"{HEAD}\n\n{LINE}\n\n{with_(take=2)}\n",
        "x.ad.lock:5: the lock cannot be used: it has hook.clip with two accepted takes; write `open` as "
        "the verdict of the others",
    ),
    (
        "two accepted takes under the same choices",
        f"{HEAD}\n{with_(of='city=Boston')}\n{with_(of='city=Boston', take=2)}\n",
        "x.ad.lock:3: the lock cannot be used: it has hook.clip with two accepted takes for city=Boston; write `open` "
        "as the verdict of the others",
    ),
    (
        "a take twice",
        f"{HEAD}\n{with_(verdict='open')}\n{with_(verdict='rejected')}\n",
        "x.ad.lock:3: the lock cannot be used: it has take 1 of hook.clip twice; keep one of these lines",
    ),
    (
        "a field of a newer adc",
        f"{HEAD}\n{with_(mood='calm')}\n",
        "x.ad.lock:2: the lock cannot be used: this adc does not know `mood`",
    ),
    (
        "a field of a newer adc in the header",
        f"{HEAD[:-1]}, " + '"mood": "calm"}\n',
        "x.ad.lock:1: the lock cannot be used: this adc does not know `mood`",
    ),
    (
        "a newer format",
        '{"schema": "adc/lock/2"}\n',
        f"x.ad.lock:1: the lock cannot be used: it is of adc/lock/2, and this adc reads {SCHEMA}",
    ),
    ("no header", f"{LINE}\n", "x.ad.lock:1: the lock cannot be used: its first line is no lock's header"),
    ("another header", '{"schema": 1}\n', "x.ad.lock:1: the lock cannot be used: its first line is no lock's header"),
    (
        "an ad that is none",
        '{"schema": "adc/lock/1", "ad": 1}',
        "x.ad.lock:1: the lock cannot be used: its ad is no name",
    ),
    *(
        (
            f"templates that are none: {templates}",
            f'{{"schema": "adc/lock/1", "templates": {templates}}}',
            "x.ad.lock:1: the lock cannot be used: its templates are no versions",
        )
        for templates in ('["veo"]', '{"veo": "1"}', '{"veo": true}', '{"veo": null}')
    ),
    *(
        (
            f"a broken line: {line[:20]}",
            f"{HEAD}\n\n{line}\n",
            "x.ad.lock:3: the lock cannot be used: that line is no decision",
        )
        for line in (LINE[:-9], "keep this", "[]", "[" * 100_000, '"x"', "1e999", "null")
    ),
    *(
        (
            f"without {field}",
            f"{HEAD}\n{but(field)}\n",
            f"x.ad.lock:2: the lock cannot be used: that decision has no `{field}`",
        )
        for field in json.loads(LINE)
        if field not in ("seed", "request")
    ),
    *(
        (
            f"{field} is {value!r}",
            f"{HEAD}\n{with_(**{field: value})}\n",
            "x.ad.lock:2: the lock cannot be used: that line is no decision",
        )
        for field, value in (
            ("take", 0),
            ("take", True),
            ("take", "1"),
            ("take", 1.0),
            ("verdict", "maybe"),
            ("verdict", []),
            ("key", None),
            ("of", 1),
            ("seed", "7"),
            ("request", 5),
            ("usd", 0.2),
            ("usd", "much"),
            ("usd", "NaN"),
            ("usd", "Infinity"),
            ("usd", "-1"),
        )
    ),
]


@pytest.mark.parametrize(("text", "sentence"), [pytest.param(*each[1:], id=each[0]) for each in REFUSED])
def test_what_cannot_be_used_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(LockError) as caught:
        parse(text, "x.ad.lock")
    assert str(caught.value) == sentence


@given(st.text(), st.integers(0, 500), st.integers(0, 20))
def test_any_damage_is_read_or_refused(new: str, at: int, cut: int) -> None:
    text = text_of(Lock("x", {"veo": 1}, (ONE,)))
    with suppress(LockError):
        parse(text[:at] + new + text[at + cut :], "x.ad.lock")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "it is no text"),
        (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    ],
    ids=["a folder in its place", "no text", "a link to itself"],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, spoil: Callable[[Path], None], reason: str) -> None:
    path = tmp_path / "x.ad.lock"
    spoil(path)
    with pytest.raises(LockError) as caught:
        read_lock(path)
    assert str(caught.value) == f"{path} cannot be read: {reason}"


def test_a_file_that_may_not_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, **_words: object) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(LockError, match="cannot be read: Permission denied"):
        read_lock(tmp_path / "x.ad.lock")


# Writing.


def test_a_lock_that_does_not_change_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "x.ad.lock"
    write_lock(path, Lock("x", {}, (ONE,)))
    before = path.stat()
    write_lock(path, Lock("x", {}, (ONE,)))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    write_lock(path, Lock("x", {}, ()))
    assert path.stat().st_ino != before.st_ino, "it is written aside and renamed"
    assert os.listdir(tmp_path) == ["x.ad.lock"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_what_the_disk_refuses_leaves_the_lock_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "x.ad.lock"
    write_lock(path, Lock("x", {}, (ONE,)))

    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(LockError) as caught:
        write_lock(path, Lock("y", {}, ()))
    assert str(caught.value) == f"{path} cannot be written: {os.strerror(number)}"
    assert read_lock(path).decisions == (ONE,)
    assert os.listdir(tmp_path) == ["x.ad.lock"], "nothing is left lying about"


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="cannot be written: No such file or directory"):
        write_lock(tmp_path / "gone" / "x.ad.lock", Lock())


def test_the_takes_of_a_step_are_those_of_its_choices() -> None:
    def take(number: int, of: str, verdict: Verdict = "open") -> Decision:
        return replace(ONE, take=number, of=of, verdict=verdict)

    lock = parse(text_of(Lock("x", {}, (take(10, ""), take(2, ""), take(1, "city=Boston")))), "x.ad.lock")
    assert [one.take for one in lock.takes("hook.clip", "")] == [2, 10]
    assert [one.take for one in lock.takes("hook.clip", "city=Boston")] == [1]
    assert lock.takes("hook.clip", "city=Denver") == ()
