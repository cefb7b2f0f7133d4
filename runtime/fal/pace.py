"""How often fal is asked how things are, all jobs together.

A build may wait for a thousand requests at once, and fal owes nobody an answer to a thousand questions a second. So
every question waits for its turn, and turns come at a fixed rate, however many want one. Whoever could have an answer
soonest goes first: each comes with the number of turns that it can wait, and the one whose number is up first is next.
So what runs is asked for before what stands far back in the queue, and nobody is passed over for ever.

There is no clock and no task in the background: one of those who wait sleeps until the next turn, and hands it to the
first in line, which need not be itself.
"""

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from adc.runtime.fal.patience import Sleep

PER_SECOND = 4.0
"""Questions a second, of a build with any number of jobs."""

STREAMS = 40
"""Status streams that may be open at once: as many as an account runs jobs, without a contract of its own."""


@dataclass(order=True, slots=True)
class _Waiter:
    due: int
    number: int
    granted: bool = field(default=False, compare=False)
    woken: anyio.Event = field(default_factory=anyio.Event, compare=False)


class Pace:
    """Hands out turns to ask, and the right to keep a stream open. One for all the steps of a build."""

    def __init__(self, sleep: Sleep, *, per_second: float = PER_SECOND, streams: int = STREAMS) -> None:
        self._sleep = sleep
        self._seconds = 1 / per_second
        self._line: list[_Waiter] = []
        self._came = 0
        self._granted = 0
        self._counting = False
        self._streams = streams
        self._open = 0

    @property
    def may_stream(self) -> bool:
        """Whether another stream may be opened."""
        return self._open < self._streams

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """One stream is open for as long as the `with`."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def no_streams(self) -> None:
        """The seller has no status streams: nobody needs to ask for one again."""
        self._streams = 0

    async def turn(self, slack: int) -> None:
        """Return when one question may be asked. `slack` is how many turns of others may come before."""
        me = _Waiter(self._granted + slack, self._came)
        self._came += 1
        heapq.heappush(self._line, me)
        try:
            while not me.granted:
                if self._counting:
                    await me.woken.wait()
                    me.woken = anyio.Event()
                else:
                    await self._count()
        finally:
            if not me.granted:
                self._line.remove(me)
                heapq.heapify(self._line)
            self._hand_over()

    async def _count(self) -> None:
        """Sleep until the next turn and give it to the first in line."""
        self._counting = True
        try:
            await self._sleep(self._seconds)
        finally:
            self._counting = False
        first = heapq.heappop(self._line)
        first.granted = True
        first.woken.set()
        self._granted += 1

    def _hand_over(self) -> None:
        """Have somebody who waits count, where nobody does."""
        if self._line and not self._counting:
            self._line[0].woken.set()
