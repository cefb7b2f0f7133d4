"""What happens during a build, as frozen facts for reporters."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A handler has been called for the step."""

    step: str


@dataclass(frozen=True, slots=True)
class StepNoted:
    """Something worth a line while a step runs: `queued, 3 ahead`, `rendering`, `fetching`."""

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class StepFinished:
    """The step's result is in the store. `how` says whether it was there before, made here, or bought."""

    step: str
    how: Literal["cached", "made", "bought"]
    seconds: float
    usd: Decimal


@dataclass(frozen=True, slots=True)
class StepFailed:
    """The step ended without a result."""

    step: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StepBlocked:
    """The step cannot run because one that it needs has failed."""

    step: str
    by: str


Event: TypeAlias = StepStarted | StepNoted | StepFinished | StepFailed | StepBlocked
