"""The bill: one JSON line for every run that the stand-in has accepted, on disk before the client hears of it.

A run that then fails, or is cancelled while it waits, is given back by a line with the amount below zero, as fal
charges for neither; one that is refused and billed keeps its line. The sum of the lines is what the client would have
paid.
"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from adc.compiler.plan import Price
from adc.runtime.sim.lines import Lines


class Bill:
    """Appends to one file; it is read by people, tests and CI, and by a stand-in that starts again.

    `total` are the dollars that have been spent. Raises ValueError for a file that is no bill.
    """

    def __init__(self, path: Path) -> None:
        self.total = Decimal(0)
        self._lines = Lines(path)
        self._charged: set[str] = set()
        for line in self._lines.read():
            self._note(line["request_id"], Decimal(line["usd"]), billed=not line["usd"].startswith("-"))

    def settle(self, request_id: str, endpoint: str, price: Price, *, billed: bool) -> None:
        """Bring the bill to where the request is charged, or is not; no line where it is there already.

        So a stand-in that was killed between two steps can settle the same request again when it starts.
        """
        if billed == (request_id in self._charged):
            return
        sign = "" if billed else "-"
        self._lines.append(
            {
                "request_id": request_id,
                "endpoint": endpoint,
                "units": f"{sign}{price.quantity}" if price.quantity else "",
                "unit": price.unit,
                "usd": f"{sign}{price.usd}",
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            }
        )
        self._note(request_id, price.usd if billed else -price.usd, billed=billed)

    def _note(self, request_id: str, usd: Decimal, *, billed: bool) -> None:
        self.total += usd
        (self._charged.add if billed else self._charged.discard)(request_id)
