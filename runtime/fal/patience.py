"""How long fal is waited for. What is harmless to repeat is repeated until the network is back.

So an outage costs time and nothing else. How long is counted in the pauses that were asked for and not by a clock, so a
laptop that slept through the night has not lost its patience by the morning.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

import httpx

from adc.runtime.fal.answers import from_fal
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.wire import FAILURES, distrusted, unreachable

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
Note: TypeAlias = Callable[[str], None]

LONGEST_WAIT = 120.0
"""Seconds of `Retry-After` that are waited before another try, however long the service asks for."""

PASSING: Final = (408, 409, 429)
"""Statuses that say `not now`; fal's own client takes all three so."""

AWAY: Final = "fal cannot be reached; waiting, Ctrl-C is safe"
BACK: Final = "fal can be reached again"

_AT_FIRST = 20.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_HICCUP_SECONDS = 5.0
"""Pauses that are nobody's business; after them people are told what is waited for."""

_DOUBT_SECONDS = 60.0
"""Pauses that are spent on an answer that would be the end of something paid for, before it is believed."""


def retry_after(response: httpx.Response, otherwise: float) -> float:
    """Seconds that the service asks to wait, or `otherwise` where it does not say. A date counts from the answer's."""
    text = response.headers.get("Retry-After", "")
    try:
        if text.strip().isdecimal():
            return float(text)
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError):  # no date, or one with a zone and one without
        return otherwise
    return max(0.0, wait.total_seconds())


class Patience:
    """How long a build waits for hosts that do not answer; one for all its steps.

    A host that nothing was ever heard of gets `at_first` seconds of pauses, since this machine may have no network at
    all; from its first answer on, whatever it said, every request gets `seconds`. People are told once in an outage.
    """

    def __init__(self, seconds: float = 1800.0, at_first: float = _AT_FIRST) -> None:
        self.seconds = seconds
        self.at_first = at_first
        self._met: set[str] = set()
        self._answers = Counter[str]()
        self._away = ""
        self._tell: Note = _unheard

    @classmethod
    def short(cls) -> "Patience":
        """For what is asked while somebody looks on: no longer than a host that was never heard of gets."""
        return cls(seconds=_AT_FIRST, at_first=_AT_FIRST)

    def answered(self, response: httpx.Response) -> None:
        """A host has answered as it should."""
        host = _host(response)
        self._met.add(host)
        self._answers[host] += 1
        if host == self._away:
            self._away = ""
            self._tell(BACK)

    def met(self, host: str) -> bool:
        """Whether a host has ever answered, in whatever way."""
        return host in self._met

    def answers(self, host: str) -> int:
        """How often a host has answered as it should."""
        return self._answers[host]

    def left(self, spent: float) -> float:
        """Seconds of pauses that a request which has spent some still has."""
        return (self.seconds if self._met else self.at_first) - spent

    def heard(self, host: str) -> None:
        """A host has answered, if not as it should."""
        self._met.add(host)

    def missed(self, host: str, tell: Note) -> None:
        """A host has been away for so long that people should know, in case they do not yet."""
        if not self._away:
            self._away, self._tell = host, tell
            tell(AWAY)


class Tries:
    """The tries of one request that is harmless to repeat, with the pauses between them."""

    def __init__(self, patience: Patience, sleep: Sleep, note: Note | None = None) -> None:
        self._patience = patience
        self._sleep = sleep
        self._note = note or _unheard
        self._pause = _FIRST_PAUSE
        self._spent = 0.0
        self._doubted = 0.0
        self._answers = -1

    async def again(self, failed: httpx.Response | Exception, *, doubtful: bool = False) -> bool:
        """Pause before another try; False, at once, where no patience is left.

        `failed` is what came of the last try. `doubtful` marks an answer that would end something paid for: it is
        asked for again for a while, and then to be believed.
        """
        host, asked = _host(failed), 0.0
        if isinstance(failed, httpx.Response):
            self._patience.heard(host)
            asked = min(retry_after(failed, 0.0), LONGEST_WAIT)
        elif distrusted(failed) and not self._patience.met(host):
            return False
        pause = max(self._pause, asked)
        left = _DOUBT_SECONDS - self._doubted if doubtful else self._patience.left(self._spent)
        if pause > left:
            return False
        if doubtful:
            self._doubted += pause
        else:
            self._tell(host, failed)
            self._spent += pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        await self._sleep(pause)
        return True

    def _tell(self, host: str, failed: httpx.Response | Exception) -> None:
        """Say that fal is away, unless it was a hiccup or somebody else is answered in the meantime."""
        if self._answers < 0:
            self._answers = self._patience.answers(host)
        gone = not isinstance(failed, httpx.Response) or failed.status_code >= 500
        if gone and self._spent >= _HICCUP_SECONDS and self._patience.answers(host) == self._answers:
            self._patience.missed(host, self._note)


async def patiently(
    send: Callable[[], Awaitable[httpx.Response]],
    sleep: Sleep,
    *,
    patience: Patience | None = None,
    note: Note | None = None,
    passing: tuple[int, ...] = PASSING,
) -> httpx.Response:
    """The answer to a request that is harmless to repeat: never to a submit.

    It is sent again, with growing pauses, after a failed connection, a server's error and the statuses in `passing`,
    for as long as the patience lasts; without one that is not long. Then the last answer is returned whatever it
    says, and where there was none, what httpx raised is raised.
    """
    patience = patience or Patience.short()
    tries = Tries(patience, sleep, note)
    while True:
        try:
            response = await send()
        except FAILURES as error:
            if not await tries.again(error):
                raise
        else:
            if response.status_code < 500 and response.status_code not in passing:
                patience.answered(response)
                return response
            if not await tries.again(response):
                return response


async def reach(http: httpx.AsyncClient, hosts: Hosts, patience: Patience, *, note: Note, sleep: Sleep) -> None:
    """Return once the queue can be reached, after a request that was not delivered. Raises Unreachable.

    It is asked for nothing, and may answer anything but a proxy's error: that would be the answer to a purchase too.
    """
    await sleep(_FIRST_PAUSE)
    tries = Tries(patience, sleep, note)
    while True:
        failed: httpx.Response | Exception
        try:
            response = failed = await http.head(f"{hosts.queue}/")
        except FAILURES as error:
            failed = error
        else:
            if response.status_code < 500 or from_fal(response):
                patience.answered(response)
                return
        if not await tries.again(failed):
            raise unreachable(failed, "fal could not be reached", "nothing was bought")


def _host(source: httpx.Response | Exception) -> str:
    """The host that was asked; empty where the request was none."""
    try:
        return source.request.url.host if isinstance(source, httpx.Response | httpx.RequestError) else ""
    except RuntimeError:
        return ""


def _unheard(_text: str) -> None:
    """Where nobody listens."""
