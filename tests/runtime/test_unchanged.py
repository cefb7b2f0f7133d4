"""The note of a finished build: believed only where nothing that mattered has changed."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from adc.compiler.digest import digest_bytes
from adc.runtime.unchanged import finished, note_path, program_stamp, write_note

LONG_AGO = 1_600_000_000


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with a spec, two films and the note of a finished build."""
    inputs = written(tmp_path, {"a.ad": b"ad a {}", "maya.png": b"png"})
    films = written(tmp_path, {"a.mp4": b"film", "a.1x1.mp4": b"square film"})
    write_note(str(tmp_path / "note"), stamp="v1", out=str(tmp_path / "a.mp4"), films=films, inputs=inputs)
    return tmp_path


def written(folder: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    """Write files, and give their digests by path."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {str(folder / name): digest_bytes(data) for name, data in files.items()}


def unchanged(folder: Path, stamp: str = "v1", out: str = "a.mp4") -> bool:
    films = finished(str(folder / "note"), stamp=stamp, out=str(folder / out))
    assert films in (None, [str(folder / "a.mp4"), str(folder / "a.1x1.mp4")])
    return films is not None


def test_nothing_changed(built: Path) -> None:
    assert unchanged(built)


def test_another_program_looks_again(built: Path) -> None:
    assert not unchanged(built, stamp="v2")


def test_another_output_looks_again(built: Path) -> None:
    assert not unchanged(built, out="b.mp4")


@pytest.mark.parametrize("name", ["a.ad", "maya.png", "a.mp4", "a.1x1.mp4"])
def test_a_changed_file_is_seen_even_with_its_old_size_and_times(built: Path, name: str) -> None:
    path = built / name
    before = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not unchanged(built)


@pytest.mark.parametrize("name", ["a.ad", "maya.png", "a.mp4", "a.1x1.mp4"])
def test_a_missing_file_is_seen(built: Path, name: str) -> None:
    (built / name).unlink()
    assert not unchanged(built)


def test_a_touched_file_with_the_same_bytes_changes_nothing(built: Path) -> None:
    os.utime(built / "a.ad", (LONG_AGO, LONG_AGO))
    assert unchanged(built)


def test_a_file_that_was_edited_while_its_film_was_made_is_seen(tmp_path: Path) -> None:
    films = written(tmp_path, {"a.mp4": b"film"})
    written(tmp_path, {"a.ad": b"ad a { duration 9s }"})
    note_of(tmp_path, films, {str(tmp_path / "a.ad"): digest_bytes(b"ad a {}")}, now_ns=time.time_ns() + 10**10)
    assert not unchanged(tmp_path)


def test_a_file_that_went_while_its_film_was_made_is_missed(tmp_path: Path) -> None:
    films = written(tmp_path, {"a.mp4": b"film"})
    note_of(tmp_path, films, {str(tmp_path / "a.ad"): digest_bytes(b"ad a {}")})
    assert not unchanged(tmp_path)


def note_of(folder: Path, films: Mapping[str, str], inputs: Mapping[str, str], now_ns: int | None = None) -> None:
    out = str(folder / "a.mp4")
    write_note(str(folder / "note"), stamp="v1", out=out, films=films, inputs=inputs, now_ns=now_ns)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"stamp": "v1"}', b"\xff\xfe"])
def test_a_broken_note_is_no_note(built: Path, data: bytes) -> None:
    (built / "note").write_bytes(data)
    assert not unchanged(built)


def test_no_note(tmp_path: Path) -> None:
    assert not unchanged(tmp_path)


def test_notes_are_apart_by_spec_engine_and_output(tmp_path: Path) -> None:
    places = {
        note_path(str(tmp_path), spec, engine, out)
        for spec in ("a/x.ad", "b/x.ad")
        for engine in ("draft", "fal")
        for out in ("out/x.mp4", "y.mp4")
    }
    assert len(places) == 8


def test_the_stamp_is_stable() -> None:
    assert program_stamp() == program_stamp()


def test_a_look_that_had_to_read_files_saves_the_next_one_the_work(built: Path) -> None:
    note = built / "note"

    def stats() -> list[object]:
        return [stat for stat, _ in json.loads(note.read_bytes())["files"].values()]

    assert stats() == [None] * 4  # written just now: not believed
    assert finished(str(note), stamp="v1", out=str(built / "a.mp4"), now_ns=time.time_ns() + 10**10)
    assert None not in stats()
    assert unchanged(built)
