"""`adc auth`: a key that is asked for, checked, kept in the keyring, told of and taken out, and never shown."""

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.command import ADC, Ran, adc
from support.keyrings import LOCKED, keys_in

SECRET = "planted-key-secret"
KEY = f"planted-key-id:{SECRET}"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty keyring, and a folder to be in that is in no project."""
    (tmp_path / "here").mkdir()
    with keys_in(tmp_path / "keys.json", monkeypatch) as file:
        yield file


def auth(keys: Path, *words: str, key: str | None = None, env: dict[str, str] | None = None) -> Ran:
    ran = adc("auth", *words, folder=keys.parent / "here", answer=key, env=env)
    for text in (ran.out, ran.err):
        assert SECRET not in text
        assert "Traceback" not in text
    return ran


@contextmanager
def checker(status: int) -> Iterator[tuple[str, list[str]]]:
    """A stand-in that answers every price with this status. Gives its address, and the keys that it was shown."""
    shown: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path.startswith("/v1/models/pricing?endpoint_id=")
            shown.append(self.headers["Authorization"])
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", shown
        server.shutdown()
        thread.join()


def test_a_key_is_checked_and_kept_and_used_and_taken_out(keys: Path) -> None:
    with checker(200) as (url, shown):
        ran = auth(keys, "login", "--fal-url", url, key=f"  {KEY}\r\n")
    assert (ran.code, ran.out, ran.err) == (0, "the key planted-key-id:… is in the system keyring now\n", "")
    assert shown == [f"Key {KEY}"]
    assert SECRET in keys.read_text()

    ran = auth(keys, "status")
    assert (ran.code, ran.out) == (0, "the environment  no key\nthe keyring      planted-key-id:…  used\n")

    assert auth(keys, "logout").out == "the key is out of the system keyring\n"
    assert SECRET not in keys.read_text()
    assert auth(keys, "logout").out == "there was no key in the system keyring\n"
    ran = auth(keys, "status")
    assert ran.code == 3
    assert "there is no key, so builds are free drafts; set FAL_KEY" in ran.out


def test_a_key_that_fal_does_not_know_is_not_kept(keys: Path) -> None:
    with checker(401) as (url, shown):
        ran = auth(keys, "login", "--fal-url", url, key=KEY)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "fal does not know this key; it was not stored\nnext: adc auth login\n"
    assert len(shown) == 1
    assert not keys.exists()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_key_that_could_not_be_checked_is_kept_and_that_is_said(keys: Path, status: int) -> None:
    with checker(status) as (url, _):
        ran = auth(keys, "login", "--fal-url", url, key=KEY)
    assert ran.code == 0
    assert ran.out.endswith(f"it has not been checked: fal answered {status}\n")
    assert SECRET in keys.read_text()


def test_without_a_network_a_key_is_kept_and_that_is_said(keys: Path) -> None:
    with checker(200) as (url, _):
        pass
    ran = auth(keys, "login", key=KEY, env={"ADC_FAL_URL": url})
    assert ran.code == 0
    assert ran.out.endswith("it has not been checked: fal cannot be reached (ConnectError)\n")


def test_a_stand_in_elsewhere_is_never_shown_a_key(keys: Path) -> None:
    ran = auth(keys, "login", "--fal-url", "http://stand-in.example", key=KEY)
    assert ran.code == 0
    assert "it has not been checked: a stand-in that is not on this machine is never shown a key" in ran.out


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "no key was given; nothing has changed"),
        ("  \n", "no key was given; nothing has changed"),
        (SECRET, "two halves with a colon between them"),
        (f":{SECRET}", "two halves with a colon between them"),
        (f"{SECRET}:", "two halves with a colon between them"),
        (f"id:{SECRET} and more", "what was given holds blanks or characters that no key has"),
        (f"id:{SECRET}\x1b[0m", "what was given holds blanks or characters that no key has"),
    ],
)
def test_what_is_no_key_is_not_kept(keys: Path, key: str, said: str) -> None:
    ran = auth(keys, "login", key=key)
    assert ran.code == 3
    assert said in ran.err
    assert not keys.exists()


@pytest.mark.parametrize("words", [(KEY,), ("--key", KEY), (f"--key={KEY}",), ("--fal-url", "http://127.0.0.1:1", KEY)])
def test_a_key_is_no_word_of_the_command_and_is_not_repeated(keys: Path, words: tuple[str, ...]) -> None:
    ran = auth(keys, "login", *words)
    assert ran.code == 2
    assert "a key is never one of them: `adc auth login` asks for it" in ran.err


def test_at_a_terminal_the_key_is_asked_for_and_not_shown(keys: Path) -> None:
    main, terminal = pty.openpty()
    with checker(200) as (url, shown):
        words = [*ADC, "auth", "login", "--fal-url", url]
        with subprocess.Popen(
            words, cwd=keys.parent / "here", stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
        ) as process:
            os.close(terminal)
            seen = b""
            while True:
                try:
                    data = os.read(main, 4096)
                except OSError:  # the other side of a terminal closes with an error, not with an end
                    break
                if not data:
                    break
                if b"not shown: " in data:
                    os.write(main, KEY.encode() + b"\n")
                seen += data
            code = process.wait()
    os.close(main)
    assert code == 0, seen
    assert b"the key planted-key-id:\xe2\x80\xa6 is in the system keyring now" in seen
    assert SECRET.encode() not in seen
    assert shown == [f"Key {KEY}"]


def test_without_a_keyring_the_other_ways_are_named_before_a_key_is_asked_for(keys: Path) -> None:
    none = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    ran = auth(keys, "login", key=KEY, env=none)
    assert ran.code == 3
    assert ran.err == "this machine has no keyring; set FAL_KEY, or write FAL_KEY=… into a .env file that git ignores\n"
    assert auth(keys, "status", env=none).code == 3


def test_a_keyring_that_keeps_nothing_is_found_out(keys: Path) -> None:
    ran = auth(keys, "login", key=KEY, env={"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"})
    assert ran.code == 3
    assert "the keyring took the key and does not have it" in ran.err


def test_status_tells_of_every_place_and_which_counts(keys: Path) -> None:
    with checker(200) as (url, _):
        auth(keys, "login", "--fal-url", url, key=KEY)
    (keys.parent / "here" / ".env").write_text("FAL_KEY=from-the-file:of-the-folder\n")
    ran = auth(keys, "status", env={"FAL_KEY": "0123456789abcdef0123456789abcdef"})
    assert (ran.code, ran.out) == (
        0,
        "the environment  0123…  used\n.env             from-the-file:…  not used\n"
        "the keyring      planted-key-id:…  not used\n",
    )
    ran = auth(keys, "status", env={"FAL_KEY": ""})
    assert ran.code == 3
    assert ran.out.endswith("FAL_KEY is set to nothing, which says that there is no key: builds are free drafts\n")
    with checker(200) as (url, _):
        ran = auth(keys, "login", "--fal-url", url, key=KEY)
    assert ran.out.endswith("it is not used here: the key in .env comes first\n")
    keys.write_text(LOCKED)
    ran = auth(keys, "status")
    assert ran.code == 0
    assert "the keyring      the keyring refused (KeyringLocked)" in ran.out


def test_a_place_that_makes_trouble_hides_what_comes_after(keys: Path) -> None:
    with checker(200) as (url, _):
        auth(keys, "login", "--fal-url", url, key=KEY)
    ran = auth(keys, "status", env={"FAL_KEY": f"{SECRET} twice"})
    assert ran.code == 3
    assert "the environment  FAL_KEY holds blanks or characters" in ran.out
    assert "planted-key-id:…  not used" in ran.out


def test_a_env_file_that_git_would_take_is_told(keys: Path) -> None:
    here = keys.parent / "here"
    (here / ".env").write_text(f"FAL_KEY={KEY}\n")
    warning = ".env is not ignored by git; write it into .gitignore before it is committed\n"
    assert warning not in auth(keys, "status").out  # there is no repository
    subprocess.run(["git", "init", "--quiet"], cwd=here, check=True)
    assert auth(keys, "status").out.endswith(warning)
    (here / ".gitignore").write_text(".env\n")
    assert warning not in auth(keys, "status").out
    (here / ".gitignore").unlink()
    (here / ".env").write_text("OTHER=1\n")
    assert warning not in auth(keys, "status").out


def test_a_build_uses_the_key_that_was_kept(keys: Path, project: Path) -> None:
    with checker(200) as (url, _):
        auth(keys, "login", "--fal-url", url, key=KEY)
    assert "this build spends" in adc("plan", "tiny.ad", folder=project).out
    auth(keys, "logout")
    assert "this draft is free" in adc("plan", "tiny.ad", folder=project).out
    (project / ".env").write_text(f"FAL_KEY={KEY}\n")
    assert "this build spends" in adc("plan", "tiny.ad", folder=project).out


def test_without_the_package_a_sentence_says_how_to_get_it(keys: Path) -> None:
    code = (
        "import sys\nsys.modules['keyring'] = None\nfrom adc.runtime.cli.main import main\n"
        "sys.exit(main(['auth', 'login']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], input=KEY, capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert ran.stderr.endswith("next: pip install 'adc[keyring]'\n")
    assert SECRET not in ran.stderr
