"""Fixtures for every room: where the repository is, and a world without the developer's own key and store."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root folder."""
    return ROOT


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, which the product runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def quiet_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, no stand-in and a store of its own: no test can spend or see the developer's films."""
    for name in ("FAL_KEY_ID", "FAL_KEY_SECRET", "ADC_FAL_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FAL_KEY", "")  # says that there is none: no .env file and no keyring is asked either
    monkeypatch.setenv("ADC_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NO_COLOR", "1")
