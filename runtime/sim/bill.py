"""The bill: one JSON line for every run that the stand-in has accepted, on disk before the client hears of it.

A run that then fails, or is cancelled while it waits, is given back by a line with the amount below zero, as fal
charges for neither. The sum of the lines is what the client would have paid.
"""

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path


class Bill:
    """Appends to one file; the file is read by people, tests and CI, never by the stand-in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def charge(self, request_id: str, endpoint: str, usd: Decimal) -> None:
        """Write a line and wait until it is on disk."""
        line = json.dumps(
            {
                "request_id": request_id,
                "endpoint": endpoint,
                "usd": str(usd),
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            }
        )
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
