"""The user's settings: a small TOML file that holds for every project of theirs.

    per_day = "$20"        no build may bring what is spent in a day, local time, above this

It lies in the user's configuration folder, as `adc/settings.toml`; `ADC_SETTINGS` names another.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path

from adc.runtime.errors import AdcError

NAME = "settings.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has settled. `per_day` is dollars, None without a cap."""

    per_day: Decimal | None = None


def settings_file() -> Path:
    """Where the settings are, whether there are any or not."""
    chosen = os.environ.get("ADC_SETTINGS")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_config_dir

    return Path(user_config_dir("adc", appauthor=False)) / NAME


def read_settings() -> Settings:
    """The user's settings; none where there is no file. Raises AdcError for a file that cannot be understood."""
    path = settings_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise AdcError(f"the settings in {path} cannot be read ({error}); nothing was spent") from None
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AdcError(f"the settings in {path} are no TOML: {error}; nothing was spent") from None
    unknown = sorted(found.keys() - {"per_day"})
    if unknown:
        raise AdcError(
            f"the settings in {path} have `{unknown[0]}`, which is none; there is `per_day`; nothing was spent"
        )
    per_day = found.get("per_day")
    return Settings(None if per_day is None else _dollars(per_day, path))


def _dollars(value: object, path: Path) -> Decimal:
    usd = money_of(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    if usd is None:
        raise AdcError(f'per_day in {path} is no amount; write it as per_day = "$20"; nothing was spent')
    return usd


def money_of(text: str) -> Decimal | None:
    """Dollars in a text such as `$12.50` or `12`; None for anything else."""
    found = re.fullmatch(r"\$?(\d{1,9}(?:\.\d{1,6})?)", text.strip())
    return Decimal(found[1]) if found else None


def midnight(now: datetime | None = None) -> datetime:
    """When today began, where the user is; in UTC."""
    local = (now or datetime.now(UTC)).astimezone()
    return datetime.combine(local.date(), time(), local.tzinfo).astimezone(UTC)
