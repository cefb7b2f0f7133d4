"""Buying a step: from its arguments to decoded files or words, with every move of money written down before it is made.

    ledger.intend ── POST ── ledger.submitted ── poll ── result ── ledger.completed ── download ── decode
          │            │              │                              │
          │            │              └ a build that dies here goes on with the request, and never sends it again
          │            └ the answer was lost: ambiguous, and nobody sends it again without the user's word
          └ a build that dies here may have sent it: ambiguous too

One row of the ledger is one POST. A request that surely was not taken ends its row as failed, and the next try is a
row of its own. Ctrl-C never cancels at fal what is already paid for; only between `intend` and `submitted` does it
wait, for the answer that decides which of the two it was.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

import anyio
import httpx

from adc.compiler.catalogue import Catalogue, Endpoint
from adc.compiler.digest import Engine
from adc.compiler.plan import Json, Ref, Step, references, spliced, substitute
from adc.compiler.units import dollars_text
from adc.runtime.errors import Ambiguous, Broken, OutOfCredit, RemoteError, StoreError, Unauthorised, Unreachable
from adc.runtime.fal.download import Fetching, Gone, download
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.poll import Answer, fetch, wait
from adc.runtime.fal.reserve import Reserve
from adc.runtime.fal.submit import Accepted, PutOff, submit
from adc.runtime.fal.upload import Uploads
from adc.runtime.fal.wire import LONGEST_WAIT, Sleep
from adc.runtime.ports import Attempt, Ledger, Made, Receipt, Workspace

_TRIES = 4
"""Rows of the ledger that one run may spend on a request that is surely not taken."""

_FIRST_PAUSE = 1.0

_ENDED = "the build ended before an answer was written down"


class FalHandler:
    """Does `generate` steps by buying them, at fal or at a stand-in.

    `http` comes from `wire.connect`. `ad` names the purchase in the ledger, `command` is what the user typed, as in
    `adc build spec.ad`: errors offer it again. `on_ambiguous` says what to do with a request that may have been
    bought: fail, or give it up and buy again; `rebuy` also gives up a bought file that can never be fetched.
    """

    remote = True

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        ledger: Ledger,
        http: httpx.AsyncClient,
        hosts: Hosts,
        ad: str,
        command: str = "adc build",
        on_ambiguous: Literal["fail", "rebuy"] = "fail",
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._catalogue = catalogue
        self._ledger = ledger
        self._http = http
        self._hosts = hosts
        self._ad = ad
        self._rebuy = on_ambiguous == "rebuy"
        self._command = command
        self._sleep = sleep
        self._uploads = Uploads(http, hosts, ledger, sleep)

    def engine(self, step: Step) -> Engine:  # noqa: ARG002  # the same for every step
        """`fal`, or `sim` for whatever is not fal."""
        return self._hosts.engine

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Go on with the purchase that the ledger knows, or make one. Raises RemoteError and StoreError."""
        try:
            return await self._run(step, workspace)
        except (RemoteError, StoreError) as error:
            if not error.next_command:
                error.next_command = (
                    f"{self._command} --on-ambiguous=rebuy" if isinstance(error, Gone) else self._command
                )
            raise

    async def _run(self, step: Step, workspace: Workspace) -> Made:
        attempt = await self._ledger.open_attempt(workspace.key)
        if attempt is not None and attempt.state == "intended":
            await self._ledger.ambiguous(attempt.id, reason=_ENDED)
        if attempt is not None and attempt.state in ("intended", "ambiguous"):
            if not self._rebuy:
                raise self._ambiguous(step, attempt.usd, f"in an earlier build, {attempt.reason or _ENDED}")
            await self._ledger.abandon(attempt.id, reason="given up by the user, to be bought again")
            attempt = None
        if attempt is None:
            return await self._buy(step, workspace)
        try:
            return await self._go_on(step, workspace, attempt)
        except Gone as gone:
            if not self._rebuy:
                raise
            await self._ledger.failed(attempt.id, reason=str(gone))
        return await self._buy(step, workspace)

    async def _buy(self, step: Step, workspace: Workspace) -> Made:
        endpoint = self._endpoint(step)
        arguments = await self._arguments(step, workspace)
        pause = _FIRST_PAUSE
        for left in reversed(range(_TRIES)):
            workspace.note("sending")
            try:
                attempt, accepted = await self._post(step, workspace, endpoint, arguments)
            except Unreachable as error:
                asked = error.seconds if isinstance(error, PutOff) else 0.0
                if not left or asked > LONGEST_WAIT:
                    raise
                workspace.note("waiting for fal")
                await self._sleep(max(pause, asked))
                pause *= 2
            else:
                return await self._finish(step, workspace, attempt, accepted, step.price.usd)
        raise AssertionError("the last try returns or raises")

    async def _post(
        self, step: Step, workspace: Workspace, endpoint: Endpoint, arguments: Json
    ) -> tuple[int, Accepted]:
        """One row of the ledger and one POST, whole: Ctrl-C waits for the answer that decides what it was."""
        with anyio.CancelScope(shield=True):
            return await self._attempt(step, workspace, endpoint, arguments)
        raise AssertionError("a shield without a deadline swallows nothing")

    async def _attempt(
        self, step: Step, workspace: Workspace, endpoint: Endpoint, arguments: Json
    ) -> tuple[int, Accepted]:
        async with Reserve(workspace.folder, step.id) as reserve:
            attempt = await self._ledger.intend(
                key=workspace.key,
                ad=self._ad,
                step=step.id,
                endpoint=endpoint.id,
                arguments=arguments,
                usd=step.price.usd,
            )
            try:
                accepted = await submit(self._http, self._hosts, endpoint.id, arguments, step.id)
            except RemoteError as error:
                reason = str(error)
                if isinstance(error, Ambiguous):
                    await reserve.write(lambda: self._ledger.ambiguous(attempt, reason=reason))
                    raise self._ambiguous(step, step.price.usd, reason) from None
                await reserve.write(lambda: self._ledger.failed(attempt, reason=reason))
                raise
            await reserve.write(
                lambda: self._ledger.submitted(
                    attempt,
                    request_id=accepted.request_id,
                    status_url=accepted.status_url,
                    response_url=accepted.response_url,
                )
            )
            return attempt, accepted
        raise AssertionError("the purchase returns or raises")

    async def _go_on(self, step: Step, workspace: Workspace, attempt: Attempt) -> Made:
        if attempt.state != "submitted":
            answer = Answer(attempt.result, "")
            return await self._bring(step, workspace, answer, attempt.request_id, attempt.usd)
        place = self._hosts.request_url(attempt.endpoint, attempt.request_id)
        accepted = Accepted(
            attempt.request_id,
            self._hosts.follow(attempt.status_url, place + "/status"),
            self._hosts.follow(attempt.response_url, place),
        )
        workspace.note("going on with an earlier request")
        return await self._finish(step, workspace, attempt.id, accepted, attempt.usd)

    async def _finish(self, step: Step, workspace: Workspace, attempt: int, accepted: Accepted, usd: Decimal) -> Made:
        try:
            await wait(self._http, accepted, step.id, note=workspace.note, sleep=self._sleep)
            answer = await fetch(self._http, accepted, step.id, sleep=self._sleep)
        except (Unauthorised, OutOfCredit, Broken):
            raise  # the request is as good as before: the next build goes on with it
        except RemoteError as error:
            await self._ledger.failed(attempt, reason=str(error))
            raise
        await self._ledger.completed(attempt, result=answer.result, usd=usd, billed_units=answer.billed_units)
        return await self._bring(step, workspace, answer, accepted.request_id, usd)

    async def _bring(self, step: Step, workspace: Workspace, answer: Answer, request_id: str, usd: Decimal) -> Made:
        """The files of an answer, fetched and decoded; its words as a file in UTF-8."""
        endpoint = self._endpoint(step)
        workspace.note("fetching")
        files: dict[str, Path] = {}
        for output, place in endpoint.outputs.items():
            found = (text_at if endpoint.makes == "text" else url_at)(answer.result, place)
            if found is None:
                raise Gone(f"fal charged for {step.id} and its answer has no {output}")
            if endpoint.makes == "text":
                files[output] = workspace.folder / f"{output}.txt"
                files[output].write_text(found, encoding="utf-8")
            else:
                wanted = Fetching(found, endpoint.makes, workspace.folder, output, step.id)
                files[output] = await download(self._http, wanted, sleep=self._sleep)
        return Made(files, Receipt(self._hosts.engine.name, usd, request_id, answer.billed_units))

    async def _arguments(self, step: Step, workspace: Workspace) -> Json:
        """The request's arguments, with every text put together and the address of an upload for every reference."""
        arguments = spliced(step.arguments, lambda ref: workspace.path_of(ref).read_text(encoding="utf-8"))
        urls: dict[Ref, str] = {}
        for ref in references(arguments):
            if not urls:
                workspace.note("uploading inputs")
            if ref not in urls:
                urls[ref] = await self._uploads.url_of(workspace.digest_of(ref), workspace.path_of(ref))
        return substitute(arguments, lambda ref: urls[ref])

    def _endpoint(self, step: Step) -> Endpoint:
        assert step.endpoint is not None, "only steps with an endpoint can be bought"
        return self._catalogue.endpoint(step.endpoint)

    def _ambiguous(self, step: Step, usd: Decimal, why: str) -> Ambiguous:
        return Ambiguous(
            f"{step.id} may have been bought for {dollars_text(usd)}: {why}; nothing else was sent for it",
            next_command=f"{self._command} --on-ambiguous=rebuy",
            usd=usd,
        )


def url_at(result: Json, place: str) -> str | None:
    """The address of the file at a place such as `images/0` of an answer, or None."""
    value = _at(result, place)
    if isinstance(value, Mapping):
        value = value.get("url")
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None


def text_at(result: Json, place: str) -> str | None:
    """The text at a place of an answer without the blanks around it, or None where there are no words."""
    value = _at(result, place)
    return value.strip() or None if isinstance(value, str) else None


def _at(result: Json, place: str) -> Json:
    value = result
    for part in place.split("/"):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
