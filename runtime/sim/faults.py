"""What a stand-in can be told to do wrong, so that a client's bad days can be tried without waiting for one.

A fault waits at a place of the protocol and happens once, to the first request that passes there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from adc.compiler.plan import Json

Place: TypeAlias = Literal["submit", "status", "result", "initiate", "upload", "download"]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is not taken; this is answered in its stead. `by_fal` puts fal's mark on the answer."""

    at: Place
    status: int
    detail: Json = "refused by a fault"
    headers: Mapping[str, str] = field(default_factory=dict)
    by_fal: bool = True


@dataclass(frozen=True, slots=True)
class Lose:
    """The request is taken and done, and the connection breaks in the middle of the answer."""

    at: Place


@dataclass(frozen=True, slots=True)
class Garble:
    """A page of HTML with status 200 comes instead of the file."""

    at: Literal["download"] = "download"


Fault: TypeAlias = Refuse | Lose | Garble


class Faults:
    """The faults that have not happened yet, in order."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._waiting = list(faults)

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """Those that have not happened."""
        return tuple(self._waiting)

    def add(self, fault: Fault) -> None:
        """One more, after those that wait."""
        self._waiting.append(fault)

    def take(self, at: Place) -> Fault | None:
        """The first fault that waits at the place, which then has happened."""
        for index, fault in enumerate(self._waiting):
            if fault.at == at:
                return self._waiting.pop(index)
        return None
