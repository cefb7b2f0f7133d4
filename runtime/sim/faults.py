"""What a stand-in can be told to do wrong, so that a client's bad days can be tried without waiting for one.

A fault waits at a place of the protocol, or for a run. Some decide what becomes of a request; these are the four ways
to lose one, and most of the others change the answer:

                          the connection ends    nothing comes any more
    before it is taken    Drop                   Dead
    after it is done      Lose                   Stall

One request meets at most one fault that decides, the first of those that wait, and beside it all that only delay or
shift something. A fault happens a number of times, or at a rate; chance follows the seed, for each fault on its own,
so a list with the same seed does the same to the same requests. `faults_file` reads a list from JSON.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from random import Random
from typing import Literal, TypeAlias

from adc.compiler.plan import Json

Place: TypeAlias = Literal["submit", "status", "stream", "result", "initiate", "upload", "download", "history", "run"]
"""Where a fault waits: a call of the protocol, or `run` for what becomes of an accepted request."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is not taken; this is answered in its stead.

    `by_fal` puts fal's mark on the answer, `error_type` makes it one of fal's infrastructure, and `html` makes it the
    page of a proxy.
    """

    at: Place
    status: int
    detail: Json = "refused by a fault"
    headers: Mapping[str, str] = field(default_factory=dict)
    by_fal: bool = True
    error_type: str = ""
    html: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection ends before the request is taken, without an answer."""

    at: Place


@dataclass(frozen=True, slots=True)
class Dead:
    """The request is not taken, and nothing is ever answered: the client has to leave."""

    at: Place


@dataclass(frozen=True, slots=True)
class Lose:
    """The request is taken and done, and the connection ends when `share` of the answer's body has left.

    With a share of 0 not even the status leaves. An event stream ends behind its first event.
    """

    at: Place
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Stall:
    """The request is taken and done; `share` of the answer's body leaves, and then nothing more ever comes."""

    at: Place
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Garble:
    """A page of HTML with status 200 comes instead of the answer, as from a network that wants a login."""

    at: Place = "download"


@dataclass(frozen=True, slots=True)
class Corrupt:
    """The answer has its length, and a byte of each piece of it is another."""

    at: Place = "download"


@dataclass(frozen=True, slots=True)
class Relabel:
    """The answer is right, and its Content-Type is not."""

    at: Place = "download"
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Slow:
    """The answer begins so many seconds later."""

    at: Place
    seconds: float


@dataclass(frozen=True, slots=True)
class Skew:
    """The clock is off by so many seconds: that of the answer's Date, or for a run the times that the history tells."""

    at: Place
    seconds: float


@dataclass(frozen=True, slots=True)
class Late:
    """The history does not know yet what was sent in the last so many seconds."""

    seconds: float
    at: Literal["history"] = "history"


@dataclass(frozen=True, slots=True)
class EndedOnly:
    """The history lists only requests that have ended."""

    at: Literal["history"] = "history"


@dataclass(frozen=True, slots=True)
class Delay:
    """The run waits so many seconds longer in the queue, whatever is free."""

    seconds: float
    at: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The run lets everybody else go first, those who come later too."""

    at: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Fail:
    """The run ends with this status instead of a result, and is billed or not.

    `type` makes it the finding of a model, such as `content_policy_violation` with status 422; without one it is a
    failure of the infrastructure, of `error_type`.
    """

    status: int = 500
    type: str = ""
    detail: str = "failed by a fault"
    error_type: str = "runner_server_error"
    billed: bool = False
    at: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Empty:
    """The run ends well, and there is no media in its answer."""

    billed: bool = True
    at: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Vanish:
    """The run is accepted, and afterwards nobody knows its id, the history included."""

    billed: bool = True
    at: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Expire:
    """What can be read now is gone later: a run's result, a run's files (`download`), or an uploaded file (`upload`).

    After so many `reads`, or `seconds` behind the end of the run or the upload; then `status` is answered.
    """

    at: Literal["result", "download", "upload"]
    reads: int | None = None
    seconds: float | None = None
    status: int = 404


Fault: TypeAlias = (
    Refuse
    | Drop
    | Dead
    | Lose
    | Stall
    | Garble
    | Corrupt
    | Relabel
    | Slow
    | Skew
    | Late
    | EndedOnly
    | Delay
    | Overtaken
    | Fail
    | Empty
    | Vanish
    | Expire
)

_BESIDE = (Slow, Skew, Late, EndedOnly, Delay, Overtaken)
"""Those that leave a request its outcome, and so happen beside one that decides it."""


@dataclass(slots=True)
class _Waiting:
    """A fault with how often it is still to happen; `left` is None for one that happens for ever."""

    fault: Fault
    left: int | None
    rate: float
    endpoint: str
    chance: Random

    def hits(self, at: Place, endpoint: str) -> bool:
        """Whether it happens here and now; then it has happened."""
        if self.left == 0 or self.fault.at != at or not fnmatchcase(endpoint, self.endpoint):
            return False
        if self.chance.random() >= self.rate:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The faults that wait, in order, and the dollars after which the account is empty.

    `add` may be called while the stand-in runs.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0, balance: Decimal | None = None) -> None:
        self.balance = balance
        self._seed = seed
        self._waiting: list[_Waiting] = []
        for fault in faults:
            self.add(fault)

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """Those that have still to happen; not those that happen for ever."""
        return tuple(one.fault for one in self._waiting if one.left)

    def add(self, fault: Fault, *, times: int | None = None, rate: float | None = None, endpoint: str = "*") -> None:
        """One more, after those that wait: once where neither `times` nor `rate` is said, for ever with a rate only.

        `endpoint` is a pattern with `*`; a request that belongs to no endpoint, such as an upload, has the empty one.
        """
        left = 1 if times is None and rate is None else times
        chance = Random(f"{self._seed}:{len(self._waiting)}")  # noqa: S311 - chance that can be repeated
        self._waiting.append(_Waiting(fault, left, 1.0 if rate is None else rate, endpoint, chance))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._waiting.clear()

    def take(self, at: Place, endpoint: str = "") -> tuple[Fault, ...]:
        """The faults that happen to this request: one that decides at most, and all that happen beside it."""
        taken: list[Fault] = []
        decided = False
        for one in tuple(self._waiting):
            beside = isinstance(one.fault, _BESIDE)
            if isinstance(one.fault, Expire) or (decided and not beside) or not one.hits(at, endpoint):
                continue
            taken.append(one.fault)
            decided = decided or not beside
        return tuple(taken)

    def expiry(self, at: Literal["result", "download", "upload"], endpoint: str = "") -> Expire | None:
        """How long something that is made now can be had, where a fault limits that."""
        for one in tuple(self._waiting):
            if isinstance(one.fault, Expire) and one.hits(at, endpoint):
                return one.fault
        return None
