"""The step cache: from a step key to the result that is already in the store.

A row is written after the blobs it names are durable, and believed only while they are all there with their right
sizes; so a blob that was lost or cut short makes its step run again, and nothing else. In the transaction that
records a result, the purchase behind it becomes fetched: money and media cannot be at odds after a crash.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from adc.compiler.derivations import OLDER, Derivation, older_keys
from adc.compiler.digest import Engine, step_key
from adc.compiler.plan import FileRef, Ref, Step
from adc.runtime.database import Database
from adc.runtime.glance import Outputs, outputs_of
from adc.runtime.ledger import StoreLedger, moment, settle, utc_now
from adc.runtime.past import Note, Occasion, Pasts, keep
from adc.runtime.ports import Blob, Receipt, Result
from adc.runtime.store import Store


def digest_in(results: Mapping[str, Result]) -> Callable[[Ref], str]:
    """What gives the digest behind a reference, once the results of the steps that it names are known."""

    def digest_of(ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else results[ref.step].outputs[ref.output].digest

    return digest_of


def key_of(step: Step, engine: Engine, results: Mapping[str, Result]) -> str:
    """The key that a step whose needs all have results is given today."""
    return step_key(step, digest_in(results), engine)


class StepCache:
    """Results by step key. Reading is a plain call; recording waits for the disk. Both raise StoreError."""

    def __init__(
        self,
        database: Database,
        store: Store,
        now: Callable[[], datetime] = utc_now,
        older: Sequence[Derivation] = OLDER,
    ) -> None:
        self._database = database
        self._store = store
        self._now = now
        self._older = older
        self.pasts = Pasts(database)

    def key_of(self, step: Step, engine: Engine, results: Mapping[str, Result]) -> str:
        """The key by which this store knows a step whose needs all have results."""
        return self.known_key(step, engine, digest_in(results))

    def known_key(self, step: Step, engine: Engine, digest_of: Callable[[Ref], str]) -> str:
        """The key by which this store knows a step, with `digest_of` giving the content behind each reference.

        It is the key of today, unless only an older adc has made the step or is having it made: then it is that one's.
        Forecasting and running come here.
        """
        key = step_key(step, digest_of, engine)
        if not self._older or self._knows(key):
            return key
        older = older_keys(step, digest_of, engine, self._older)
        return next((each for each in older if self._knows(each)), key)

    def _knows(self, key: str) -> bool:
        """Whether there is a result for `key`, or a purchase under way that may become one."""
        return self.lookup(key) is not None or StoreLedger(self._database).opened(key) is not None

    def outputs(self, keys: Iterable[str]) -> Mapping[str, Outputs]:
        """The outputs of those of the keys that `lookup` would find."""
        return outputs_of(keys, self._database.read, self._store.blobs)

    def lookup(self, key: str) -> Result | None:
        """The result recorded for `key`, if every blob of it is in the store."""
        rows = self._database.read("SELECT * FROM results WHERE key = ?", (key,))
        if not rows:
            return None
        row = rows[0]
        outputs = {name: Blob(**blob) for name, blob in json.loads(row["outputs"]).items()}
        if not all(self._store.has(blob.digest, blob.bytes) for blob in outputs.values()):
            return None
        return Result(outputs, Receipt(row["engine"], Decimal(row["usd"]), row["request_id"], row["billed_units"]))

    async def record(self, key: str, step_id: str, result: Result, note: Note | None = None) -> None:
        """Remember a result whose blobs are in the store; durable on return. `step_id` and `note` are for people."""
        receipt = result.receipt
        outputs = json.dumps({name: asdict(blob) for name, blob in result.outputs.items()})
        row = (key, step_id, receipt.engine, str(receipt.usd), receipt.request_id, receipt.billed_units, outputs)
        at = moment(self._now())

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            settle(connection, key, at)
            if note is not None:
                keep(connection, note, step_id, key, at)

        await self._database.write(insert)

    async def use(self, occasion: Occasion, keys: Mapping[str, str], steps: Iterable[str]) -> None:
        """Remember the keys of a build whose plan has these steps; durable on return."""
        await self.pasts.use(occasion, keys, steps, moment(self._now()))
