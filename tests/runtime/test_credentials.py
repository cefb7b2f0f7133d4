"""The key: its places and their order, what a build may cost that only asks, and the children that never see it."""

import ast
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dotenv
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.keyrings import LOCKED, keys_in

from adc.compiler.digest import digest_bytes
from adc.runtime.draft import speech
from adc.runtime.environment import KEY_NAMES, without_key
from adc.runtime.errors import Unauthorised
from adc.runtime.fal.credentials import Key, find_key, key_from, need_key, places
from adc.runtime.fal.keychain import NoKeyring, forget_key, store_key
from adc.runtime.fal.presence import env_files, has_key, keyring_note, names_key
from adc.runtime.media import run
from adc.runtime.unchanged import note_path, program_stamp, write_note

KEY = "planted-key-id:planted-key-secret"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A spec in a folder of a project, with an empty keyring and no key anywhere. The project is the current folder."""
    folder = tmp_path / "project" / "ads"
    folder.mkdir(parents=True)
    (folder.parent / ".git").mkdir()
    monkeypatch.chdir(folder.parent)
    with keys_in(tmp_path / "keys.json", monkeypatch):
        yield folder / "film.ad"


def test_the_first_place_that_has_a_key_counts(spec: Path) -> None:
    assert find_key(os.environ, str(spec)) is None
    assert not has_key(os.environ, str(spec))

    store_key("in:keyring")
    steps = [("the keyring", "in:keyring")]
    for folder, words, key in ((spec.parent.parent, ".env", "in:root"), (spec.parent, "ads/.env", "in:folder")):
        (folder / ".env").write_text(f"OTHER=1\nFAL_KEY={key}\n")
        assert find_key(os.environ, str(spec)) == Key(key, words)
        steps.insert(0, (words, key))
    assert find_key({"FAL_KEY_ID": "in", "FAL_KEY_SECRET": "env"}, str(spec)) == Key("in:env", "the environment")
    assert [(place.name, place.look()) for place in places({}, str(spec))] == [("the environment", None), *steps]
    assert has_key({}, str(spec))


def test_an_empty_key_in_the_environment_says_that_there_is_none(spec: Path) -> None:
    store_key(KEY)
    (spec.parent / ".env").write_text(f"FAL_KEY={KEY}\n")
    assert has_key({}, str(spec))
    for empty in ("", "  "):
        assert not has_key({"FAL_KEY": empty}, str(spec))
        assert find_key({"FAL_KEY": empty}, str(spec)) is None
    assert find_key({"FAL_KEY": "", "FAL_KEY_ID": "a", "FAL_KEY_SECRET": "b"}) == Key("a:b", "the environment")


def test_without_a_project_the_folder_above_the_specs_counts_too(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "ads"
    folder.mkdir(parents=True)
    for place in (tmp_path, folder.parent, folder):
        (place / ".env").write_text("")
    assert env_files(str(folder / "film.ad")) == (str(folder / ".env"), str(folder.parent / ".env"))


def test_only_a_file_is_an_env_file(spec: Path) -> None:
    os.mkfifo(spec.parent / ".env")  # reading it would wait for ever
    (spec.parent.parent / ".env").mkdir()
    assert env_files(str(spec)) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"FAL_KEY={KEY}",
        f"export FAL_KEY={KEY}\r\n",
        f"\ufeffFAL_KEY={KEY}\n",
        f" FAL_KEY = '{KEY}' # mine\n",
        f'A=1\n"FAL_KEY"=no\nFAL_KEY="{KEY}"\n',
        f"'FAL_KEY'={KEY}",
        "FAL_KEY_SECRET=planted-key-secret\nFAL_KEY_ID=planted-key-id\n",
        "HALF=planted-key-secret\nFAL_KEY=planted-key-id:${HALF}\n",
        "FAL_KEY=planted-key-id:${FROM_OUTSIDE}\n",
        f"this is no line of a .env file\nFAL_KEY={KEY}\n",
        f"FAL_KEY=old\nFAL_KEY={KEY}\n",
    ],
)
def test_a_key_in_a_env_file(spec: Path, text: str) -> None:
    (spec.parent / ".env").write_bytes(text.encode())
    environ = {"FROM_OUTSIDE": "planted-key-secret"}
    assert find_key(environ, str(spec)) == Key(KEY, "ads/.env")
    assert has_key(environ, str(spec))
    assert not KEY_NAMES & os.environ.keys()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# FAL_KEY=id:secret\n",
        "FAL_KEY=\n",
        "FAL_KEY=''\n",
        "FAL_KEY\n",
        "MY_FAL_KEY=a:b\n",
        "FAL_KEY_ID=a\n",
        "FAL_KEY= # yours\n",
    ],
)
def test_no_key_in_a_env_file(spec: Path, text: str) -> None:
    (spec.parent / ".env").write_text(text)
    assert find_key({}, str(spec)) is None
    assert not has_key({}, str(spec))


_NAMES = st.sampled_from(["FAL_KEY", "FAL_KEY_ID", "FAL_KEY_SECRET", "OTHER"])
_VALUES = st.sampled_from(["", "a:b", "''", "'a:b'", '"a:b"', "a:b # c", "#", " ", "${OTHER}", "x"])
_LINES = st.builds(
    "{}{}{}{}".format, st.sampled_from(["", "export ", "# "]), _NAMES, st.sampled_from(["=", " = "]), _VALUES
)


@settings(deadline=None)
@given(st.lists(_LINES, max_size=5).map("\n".join))
@example("OTHER=''\nFAL_KEY=${OTHER}")
def test_what_is_read_is_what_python_dotenv_reads_and_a_quick_look_misses_nothing(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.mktemp("env") / ".env"
    file.write_text(text)
    library = dotenv.dotenv_values(stream=io.StringIO(text))
    said = {name: value for name, value in library.items() if value and not value.startswith("#")}
    [place] = [place for place in places({}, str(file.with_name("film.ad"))) if place.name == os.path.relpath(file)]
    found = place.look()
    assert (found or None) == key_from(said)
    if found:
        assert names_key(str(file))


def test_a_key_that_no_request_can_carry_is_refused_unseen_and_its_place_named(spec: Path) -> None:
    (spec.parent / ".env").write_text("FAL_KEY='planted key'\n")
    with pytest.raises(Unauthorised, match=r"^FAL_KEY in ads/\.env holds blanks") as caught:
        find_key({}, str(spec))
    assert "planted" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_env_file_that_may_not_be_read(spec: Path) -> None:
    (spec.parent / ".env").touch(mode=0)
    with pytest.raises(Unauthorised, match=r"^ads/\.env cannot be read: Permission denied$"):
        find_key({}, str(spec))
    assert not has_key({}, str(spec))


def test_the_keyring_keeps_a_key_until_it_is_taken_out(spec: Path) -> None:
    store_key(KEY)
    assert find_key({}, str(spec)) == Key(KEY, "the keyring")
    assert "planted" not in Path(keyring_note()).read_text()
    assert forget_key()
    assert not forget_key()
    assert not has_key({}, str(spec))
    assert find_key({}, str(spec)) is None


def test_without_a_note_no_keyring_is_asked(spec: Path, tmp_path: Path) -> None:
    store_key(KEY)
    os.unlink(keyring_note())
    (tmp_path / "keys.json").write_text(LOCKED)
    assert find_key({}, str(spec)) is None


def test_a_locked_keyring_is_a_sentence(spec: Path, tmp_path: Path) -> None:
    store_key(KEY)
    (tmp_path / "keys.json").write_text(LOCKED)
    assert has_key({}, str(spec))
    with pytest.raises(NoKeyring, match=r"^the keyring refused \(KeyringLocked\); unlock it, or set FAL_KEY"):
        find_key({}, str(spec))


def test_a_keyring_that_has_lost_the_key_is_as_none(spec: Path, tmp_path: Path) -> None:
    store_key(KEY)
    (tmp_path / "keys.json").unlink()
    with pytest.raises(Unauthorised, match=r"^there is no key for fal\.ai; set FAL_KEY") as caught:
        need_key({}, str(spec))
    assert caught.value.next_command == "adc auth login"


def test_a_missing_package_is_a_sentence(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store_key(KEY)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(NoKeyring, match="needs a package that is not installed") as caught:
        find_key({}, str(spec))
    assert caught.value.next_command == "pip install 'adc[keyring]'"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (KEY, "planted-key-id:…"),
        ("0123456789abcdef0123", "0123…"),
        ("short", "…"),
        (":0123456789abcdef", ":012…"),
        ("a-secret-and-more:a-secret", "a-se…"),
        ("id:", "…"),
    ],
)
def test_what_is_shown_of_a_key(key: str, shown: str) -> None:
    assert Key(key, "the environment").shown == shown
    assert key not in repr(Key(key, "the environment"))


@pytest.mark.parametrize("place", [".env", "the keyring"])
def test_nothing_to_do_is_found_out_without_reading_the_key(spec: Path, place: str) -> None:
    if place == ".env":
        (spec.parent / ".env").write_text(f"FAL_KEY={KEY}\n")
    else:
        store_key(KEY)
    film = spec.parent.parent / "out" / "film.mp4"
    film.parent.mkdir()
    spec.write_bytes(b"ad film {}")
    film.write_bytes(b"film")
    note = note_path(os.environ["ADC_STORE"], str(spec), "fal", str(film))
    files = {str(spec): digest_bytes(b"ad film {}")}, {str(film): digest_bytes(b"film")}
    write_note(note, stamp=program_stamp(), out=str(film), films=files[1], inputs=files[0])
    code = (
        "import sys\nfrom adc.runtime.cli.main import main\ncode = main()\n"
        "print(*sys.modules, file=sys.stderr)\nsys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "build", "ads/film.ad"], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "nothing to do: out/film.mp4 is up to date\n"
    loaded = set(ran.stderr.split())
    assert "adc.runtime.fal.presence" in loaded
    assert not loaded & {"keyring", "dotenv", "httpx", "adc.runtime.fal.credentials", "adc.compiler"}


_STARTS = {"open_process", "run_process", "Popen", "run", "call", "check_call", "check_output", "system", "popen"}
_STARTERS = {"anyio", "subprocess", "os"}


def test_every_process_is_started_without_the_key(repository: Path) -> None:
    starts: list[str] = []
    for file in sorted((repository / "runtime").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
                    if module in _STARTERS and name in _STARTS and (module, name) != ("anyio", "run"):
                        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                        assert str(given.get("env")).startswith("without_key("), f"{file}:{node.lineno}"
                        starts.append(file.name)
    assert len(starts) >= 4, starts
    # Asking imageio-ffmpeg for its program starts that program, with everything; `media.tools` only looks at files.
    assert [
        f for f in (repository / "runtime").rglob("*.py") if "get_ffmpeg_exe" in f.read_text(encoding="utf-8")
    ] == []


def test_a_child_is_told_all_but_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEY_NAMES:
        monkeypatch.setenv(name, "planted")
    monkeypatch.setenv("OTHER", "told")
    child = without_key()
    assert child["OTHER"] == "told"
    assert "planted" not in child.values()


@pytest.mark.anyio
async def test_ffmpeg_and_the_voice_do_not_see_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", KEY)
    monkeypatch.chdir(tmp_path)  # it writes a file named as its last argument
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\nenv > {tmp_path}/seen\nfor output; do :; done\nenv > "${{output#file:}}"\nprintf x')
    program.chmod(0o755)
    await run.encode(str(program), [], tmp_path / "film.mp4", limit=60)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ValueError, match="Expecting value"):  # it answers with no JSON
        await speech.speak([("Maya", "hello")], None)
    for file in ("seen", "film.mp4"):
        seen = (tmp_path / file).read_text()
        assert "PATH=" in seen
        assert "planted" not in seen
