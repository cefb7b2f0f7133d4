"""The note of a finished build: believed only where nothing that mattered has changed."""

import json
import os
import time
from pathlib import Path

import pytest

from adc.compiler.digest import digest_bytes
from adc.runtime.unchanged import is_unchanged, note_path, program_stamp, write_note

LONG_AGO = 1_600_000_000


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with a spec, a film and the note of a finished build."""
    files = []
    for name, data in {"a.ad": b"ad a {}", "maya.png": b"png", "a.mp4": b"film"}.items():
        path = tmp_path / name
        path.write_bytes(data)
        files.append((str(path), digest_bytes(data)))
    write_note(str(tmp_path / "note"), stamp="v1", out=str(tmp_path / "a.mp4"), files=files)
    return tmp_path


def unchanged(folder: Path, stamp: str = "v1", out: str = "a.mp4") -> bool:
    return is_unchanged(str(folder / "note"), stamp=stamp, out=str(folder / out))


def test_nothing_changed(built: Path) -> None:
    assert unchanged(built)


def test_another_program_looks_again(built: Path) -> None:
    assert not unchanged(built, stamp="v2")


def test_another_output_looks_again(built: Path) -> None:
    assert not unchanged(built, out="b.mp4")


@pytest.mark.parametrize("name", ["a.ad", "maya.png", "a.mp4"])
def test_a_changed_file_is_seen_even_with_its_old_size_and_times(built: Path, name: str) -> None:
    path = built / name
    before = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not unchanged(built)


@pytest.mark.parametrize("name", ["a.ad", "maya.png", "a.mp4"])
def test_a_missing_file_is_seen(built: Path, name: str) -> None:
    (built / name).unlink()
    assert not unchanged(built)


def test_a_touched_file_with_the_same_bytes_changes_nothing(built: Path) -> None:
    os.utime(built / "a.ad", (LONG_AGO, LONG_AGO))
    assert unchanged(built)


def test_a_file_that_was_edited_while_its_film_was_made_is_seen(tmp_path: Path) -> None:
    spec, film = tmp_path / "a.ad", tmp_path / "a.mp4"
    spec.write_bytes(b"ad a { duration 9s }")
    film.write_bytes(b"film")
    files = [(str(spec), digest_bytes(b"ad a {}")), (str(film), digest_bytes(b"film"))]
    much_later = time.time_ns() + 10**10
    write_note(str(tmp_path / "note"), stamp="v1", out=str(film), files=files, now_ns=much_later)
    assert not unchanged(tmp_path)


def test_a_file_that_went_while_its_film_was_made_is_missed(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"film")
    files = [(str(tmp_path / "a.ad"), digest_bytes(b"ad a {}"))]
    write_note(str(tmp_path / "note"), stamp="v1", out=str(tmp_path / "a.mp4"), files=files)
    assert not unchanged(tmp_path)


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

    assert stats() == [None, None, None]  # written just now: not believed
    assert is_unchanged(str(note), stamp="v1", out=str(built / "a.mp4"), now_ns=time.time_ns() + 10**10)
    assert None not in stats()
    assert unchanged(built)
