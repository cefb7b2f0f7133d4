"""Reading a list of faults from a file: what `adc sim --faults FILE` is told. The format is `schemas/faults.v1.json`.

    {"schema": "adc/faults/1", "seed": 7, "balance": "12.50", "faults": [
      {"at": "submit", "do": "lose", "rate": 0.2},
      {"at": "run", "do": "fail", "status": 422, "type": "content_policy_violation", "times": 2, "endpoint": "*veo*"}]}

Each `do` is a class of `faults`, and the other members are its fields.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any, Final

from adc.compiler.catalogue import Catalogue
from adc.runtime.errors import AdcError
from adc.runtime.sim import faults as kinds
from adc.runtime.sim.faults import Fault, Faults

KINDS: Final[dict[str, type[Fault]]] = {
    "refuse": kinds.Refuse,
    "drop": kinds.Drop,
    "dead": kinds.Dead,
    "lose": kinds.Lose,
    "stall": kinds.Stall,
    "garble": kinds.Garble,
    "corrupt": kinds.Corrupt,
    "relabel": kinds.Relabel,
    "slow": kinds.Slow,
    "skew": kinds.Skew,
    "late": kinds.Late,
    "ended_only": kinds.EndedOnly,
    "delay": kinds.Delay,
    "overtaken": kinds.Overtaken,
    "fail": kinds.Fail,
    "empty": kinds.Empty,
    "vanish": kinds.Vanish,
    "expire": kinds.Expire,
}
"""The word behind `do`, and the fault that it stands for."""

HOW_OFTEN: Final = ("times", "rate", "endpoint")
"""Members that say how often and to whom, the same for every fault."""


def read_faults(path: Path, catalogue: Catalogue, *, seed: int | None = None) -> Faults:
    """The faults in a file, with `seed` in the place of its own where one is given.

    Raises AdcError with a sentence that names the place in the file.
    """
    document = _document(path)
    _judge(path, document, catalogue)
    own_seed = document.get("seed", 0) if seed is None else seed
    balance = document.get("balance")
    faults = Faults(seed=own_seed, balance=None if balance is None else Decimal(balance))
    for entry in document["faults"]:
        often = {name: entry[name] for name in HOW_OFTEN if name in entry}
        fields = {name: value for name, value in entry.items() if name not in (*HOW_OFTEN, "do")}
        faults.add(KINDS[entry["do"]](**fields), **often)
    return faults


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise AdcError(f"{path} cannot be read ({error.strerror})") from None
    except json.JSONDecodeError as error:
        raise AdcError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise AdcError(f"{path}: not JSON: its bytes are not UTF-8") from None


def _judge(path: Path, document: Any, catalogue: Catalogue) -> None:
    """Hold the document to the format. Raises AdcError for the first thing that is wrong."""
    import jsonschema  # slow to import, and needed for this only

    schema = json.loads(resources.files("adc.schemas").joinpath("faults.v1.json").read_bytes())
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    first = min(errors, key=lambda error: (_order(error.absolute_path), error.message), default=None)
    if first is not None:
        raise AdcError(f"{path}: {_place(first.absolute_path)}: {first.message}")
    for index, entry in enumerate(document["faults"]):
        pattern = entry.get("endpoint", "*")
        if "endpoint" in entry and entry["at"] in ("initiate", "upload"):
            raise AdcError(f"{path}: faults/{index}/endpoint: an upload belongs to no endpoint")
        if not any(fnmatchcase(endpoint.id, pattern) for endpoint in catalogue.endpoints):
            raise AdcError(f"{path}: faults/{index}/endpoint: no endpoint of the catalogue is like {pattern}")


def _order(place: Iterable[str | int]) -> tuple[tuple[bool, str, int], ...]:
    """A key that sorts places of a document: members by name, entries by number."""
    return tuple((isinstance(part, int), str(part), part if isinstance(part, int) else 0) for part in place)


def _place(place: Iterable[str | int]) -> str:
    return "/".join(str(part) for part in place) or "the whole file"
