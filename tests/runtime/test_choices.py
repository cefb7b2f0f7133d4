"""What flags and environment choose: the engine, the store's folder, and how a path is shown."""

from argparse import Namespace
from pathlib import Path

import pytest

from adc.runtime.cli.choices import engine_name, shown, store_folder


def flags(*, draft: bool = False, store: str | None = None, fal_url: str | None = None) -> Namespace:
    return Namespace(spec="film.ad", draft=draft, store=store, fal_url=fal_url, locked=False, frozen=False)


def test_without_a_key_it_is_a_draft() -> None:
    assert engine_name(flags()) == "draft"


@pytest.mark.parametrize("names", [("FAL_KEY",), ("FAL_KEY_ID", "FAL_KEY_SECRET")])
def test_with_a_key_it_is_the_real_thing_unless_a_draft_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    for name in names:
        assert engine_name(flags()) == "draft"
        monkeypatch.setenv(name, "secret")
    assert engine_name(flags()) == "fal"
    assert engine_name(flags(draft=True)) == "draft"


def test_a_stand_in_is_named_by_the_flag_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "secret")
    assert engine_name(flags(fal_url="http://127.0.0.1:8765")) == "sim"
    monkeypatch.setenv("ADC_FAL_URL", "http://127.0.0.1:8765")
    assert engine_name(flags()) == "sim"
    assert engine_name(flags(draft=True)) == "draft"


def test_the_flag_names_the_store_before_the_environment_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ADC_STORE", str(tmp_path / "other"))
    assert store_folder(flags(store=str(tmp_path / "films"))) == str(tmp_path / "films")
    assert store_folder(flags()) == str(tmp_path / "other")


def test_a_store_is_named_from_here_or_from_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert store_folder(flags(store="films")) == str(tmp_path / "films")
    monkeypatch.setenv("ADC_STORE", "~/films")
    assert store_folder(flags()) == str(tmp_path / "home" / "films")


@pytest.mark.parametrize("named", [None, ""])
def test_where_none_is_named_the_store_is_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("ADC_STORE", "")
    found = Path(store_folder(flags(store=named)))
    assert found.is_relative_to(tmp_path)
    assert found.parts[-2:] == ("adc", "store")


def test_a_path_is_shown_as_one_would_type_it_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(str(tmp_path / "out" / "a.mp4")) == "out/a.mp4"
    assert shown(str(tmp_path.parent / "a.mp4")) == str(tmp_path.parent / "a.mp4")
