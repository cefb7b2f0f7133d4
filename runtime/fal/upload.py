"""Input files, brought to where the models can read them: once per content and host, for all builds of a store.

fal gives every upload a new address, whatever its bytes, so the ledger remembers which bytes are where, and until when.
An address that is remembered is asked for before it is used: a request whose picture is gone fails, and may be charged.
It is used as long as fal still has the file and does not delete it soon; then the file is uploaded again. Uploading is
free and harmless to repeat (see `storage`); two builds that upload the same bytes at the same time both do, and the
later address is the one that is remembered.

A model that could not read an address of ours has the last word: what it was sent is uploaded again, once.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import anyio
import httpx

from adc.runtime.errors import RemoteError
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.patience import Note, Patience, Sleep
from adc.runtime.fal.storage import LIFETIME, WITHOUT_KEY, Storage
from adc.runtime.fal.wire import FAILURES
from adc.runtime.ledger import moment, utc_now
from adc.runtime.ports import Ledger

_GONE: Final = (403, 404, 410)
_UNREAD: Final = "file_download_error"
"""What fal calls it when a model could not fetch an input."""

_LOOK: Final = httpx.Timeout(15.0)


@dataclass(frozen=True, slots=True)
class Uploads:
    """Knows where bytes are, uploads those that are nowhere, and lets two steps that share a picture wait for one."""

    http: httpx.AsyncClient
    hosts: Hosts
    ledger: Ledger
    sleep: Sleep
    patience: Patience | None = None
    now: Callable[[], datetime] = utc_now
    _here: dict[str, str] = field(default_factory=dict)
    _forgotten: set[str] = field(default_factory=set)
    _locks: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    async def url_of(self, digest: str, path: Path, note: Note | None = None) -> str:
        """The address under which the models can read the file. Raises Unreachable, or the class of a refusal."""
        async with self._locks[digest]:
            if digest not in self._here:
                self._here[digest] = await self._remembered(digest) or await self._upload(digest, path, note)
            return self._here[digest]

    def forget_refused(self, error: RemoteError, inputs: Mapping[str, str]) -> bool:
        """Forget the uploads among a request's inputs, digests by address, that its model could not read.

        Gives whether another try may do better: for each content once, since what a model cannot read twice in a row
        is no matter of its address.
        """
        if all(finding.type != _UNREAD for finding in error.findings):
            return False
        refused = {digest for url, digest in inputs.items() if self._here.get(digest) == url}
        fresh = refused - self._forgotten
        self._forgotten.update(fresh)
        for digest in fresh:
            del self._here[digest]
        return bool(fresh)

    async def _remembered(self, digest: str) -> str | None:
        """The address that the ledger knows, where the file is still there."""
        if digest in self._forgotten:
            return None
        url = await self.ledger.upload_of(digest, self._host)
        return None if url is None or await self._gone(url) else url

    async def _gone(self, url: str) -> bool:
        try:
            answer = await self.http.head(url, follow_redirects=True, timeout=_LOOK, auth=WITHOUT_KEY)
        except FAILURES:
            return False  # the models may reach it though we do not
        return answer.status_code in _GONE

    async def _upload(self, digest: str, path: Path, note: Note | None) -> str:
        expires_at = moment(self.now() + LIFETIME)
        storage = Storage(self.http, self.hosts, self.sleep, self.patience, note)
        url = await storage.send(path, digest.removeprefix("sha256:")[:16])
        await self.ledger.uploaded(digest, self._host, url, expires_at)
        return url

    @property
    def _host(self) -> str:
        return urlsplit(self.hosts.rest).netloc
