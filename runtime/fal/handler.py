"""Buying a step: from its arguments to decoded files or words, with every move of money written down before it is made.

    purse ── ledger.intend ── POST ── submitted ── running ── completed ── download ── decode
                  │            │          │            │          │
                  │            │          └────────────┴──────────┴ a build that dies here goes on with the request,
                  │            │                                    and never sends it again
                  │            └ the answer was lost: ambiguous. fal's history is asked until it tells
                  └ a build that dies here may have sent it: ambiguous too

One row of the ledger is one POST. A request that surely was not taken ends its row as failed, and the next try is a
row of its own. Where a request failed at fal, its class says whether another may be bought, and the purse whether
there is money for it. Ctrl-C never cancels at fal what is already paid for; only between `intend` and `submitted` does
it wait, for the answer that decides which of the two it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx

from adc.compiler.catalogue import Catalogue, Endpoint
from adc.compiler.digest import Engine
from adc.compiler.plan import Json, Price, Ref, Step, as_ref, references, spliced, substitute
from adc.compiler.price import billed, price
from adc.compiler.units import dollars_text
from adc.runtime.errors import (
    Ambiguous,
    Broken,
    ContentRefused,
    Gone,
    OutOfCredit,
    RemoteError,
    SpendRefused,
    StoreError,
    Unauthorised,
    Unreachable,
)
from adc.runtime.fal.bring import bring, holds
from adc.runtime.fal.fit import refuse_unfit
from adc.runtime.fal.history import Found, Unread, find, moment_of
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.pace import Pace
from adc.runtime.fal.patience import Patience, Sleep, reach
from adc.runtime.fal.poll import Answer, Doubted, fetch, wait
from adc.runtime.fal.reserve import Reserve
from adc.runtime.fal.submit import Accepted, PutOff, submit
from adc.runtime.fal.upload import Uploads
from adc.runtime.fal.wire import FAILURES
from adc.runtime.ledger import UNANSWERED, utc_now
from adc.runtime.measured import measured
from adc.runtime.policy import expected_seconds
from adc.runtime.ports import Attempt, DayCap, Ledger, Made, Purchase, Receipt, Workspace
from adc.runtime.purse import Purse

OnAmbiguous: TypeAlias = Literal["fail", "wait", "rebuy"]

WAIT_SECONDS: Final = 3600.0
"""How long fal's history is asked for a lost request: as long as a request may wait for a runner (see `submit`)."""

_GRACE_SECONDS: Final = {"fail": 0.0, "rebuy": 30.0}
"""How long it is asked where the user did not say `wait`: a request that runs is listed at once."""

_FIRST_LOOK, _LONGEST_LOOK = 2.0, 60.0
"""Seconds between two looks into the history."""

LONGEST_RUN_SECONDS: Final = 6 * 3600.0
"""How long a build follows one request: an hour in the queue at most, and longer than any training runs."""

_DOUBTS: Final = 30
"""Looks at a result that a server's error stands for, a minute each, before the next build has to go on."""

_BETWEEN_TRIES: Final = 2.0
"""Seconds, and each time as many more, before what failed is asked for again."""

_GIVEN_UP: Final = "given up by the user, to be bought again"

_PUT_OFF_SECONDS: Final = 1800.0
"""How long a request is offered again that fal puts off."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a purchase has to keep to, as the user said it.

    `ad` names it in the ledger, `command` is what the user typed, as in `adc build spec.ad`: errors offer it again.
    `resolve` is what settles attempts of the same ledger, but for the number of one.
    `on_ambiguous` says what to do with a request that may have been bought and that nobody finds: fail at once, wait
    for `wait_seconds` since it was sent, or give it up and buy again; `rebuy` also gives up a bought file that can
    never be fetched.
    """

    ad: str
    command: str = "adc build"
    resolve: str = "adc ledger resolve"
    on_ambiguous: OnAmbiguous = "wait"
    wait_seconds: float = WAIT_SECONDS
    purse: Purse = field(default_factory=Purse)
    day_cap: DayCap | None = None


class FalHandler:
    """Does `generate` steps by buying them, at fal or at a stand-in. `http` comes from `wire.connect`."""

    remote = True

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        ledger: Ledger,
        http: httpx.AsyncClient,
        hosts: Hosts,
        terms: Terms,
        sleep: Sleep = anyio.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._catalogue = catalogue
        self._ledger = ledger
        self._http = http
        self._hosts = hosts
        self._terms = terms
        self._sleep = sleep
        self._now = now
        self._patience = Patience()
        self._pace = Pace(sleep)
        self._uploads = Uploads(http, hosts, ledger, sleep, self._patience, now)

    def engine(self, step: Step) -> Engine:  # noqa: ARG002  # the same for every step
        """`fal`, or `sim` for whatever is not fal."""
        return self._hosts.engine

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Go on with the purchase that the ledger knows, or make one. Raises RemoteError, SpendRefused, StoreError."""
        try:
            return await self._run(step, workspace)
        except (RemoteError, StoreError, SpendRefused) as error:
            if not error.next_command:
                error.next_command = self._terms.command
            raise

    async def _run(self, step: Step, workspace: Workspace) -> Made:
        attempt = await self._ledger.open_attempt(workspace.key)
        if attempt is not None:
            try:
                made = await self._go_on(step, workspace, attempt)
            except Gone as gone:
                if self._terms.on_ambiguous != "rebuy":
                    raise
                await self._ledger.failed(attempt.id, reason=str(gone), charge="yes")
                made = None
            except Ambiguous:
                if self._terms.on_ambiguous != "rebuy":
                    raise
                await self._ledger.abandon(attempt.id, reason=_GIVEN_UP)
                made = None
            if made is not None:
                return made
        return await self._buy(step, workspace)

    # What the ledger knows already

    async def _go_on(self, step: Step, workspace: Workspace, attempt: Attempt) -> Made | None:
        """What an open attempt comes to; None where it was given up, or ended badly, and may be bought anew."""
        if attempt.state in ("completed", "fetched"):
            return await self._bring(step, workspace, attempt, Answer(attempt.result, ""), attempt.usd)
        if attempt.state == "ambiguous" and attempt.request_id:
            # fal did not know it any more, or could not be asked: the queue is asked again before its history.
            await self._ledger.submitted(
                attempt.id,
                request_id=attempt.request_id,
                status_url=attempt.status_url,
                response_url=attempt.response_url,
            )
            attempt = await self._opened(workspace.key, attempt.id)
        elif attempt.state in ("intended", "ambiguous"):
            if attempt.state == "intended":
                await self._ledger.ambiguous(attempt.id, reason=UNANSWERED)
            settled = await self._settle(
                step, workspace, attempt.id, f"in an earlier build, {attempt.reason or UNANSWERED}"
            )
            if settled is None:
                return None
            attempt = settled
        workspace.note("going on with an earlier request")
        return await self._finish(step, workspace, attempt)

    async def _settle(self, step: Step, workspace: Workspace, attempt_id: int, why: str) -> Attempt | None:
        """Look for an ambiguous attempt at fal's. Gives it as submitted, or None where the user wants it given up.

        Raises Ambiguous where fal's history has not told, and the user has to decide.
        """
        attempt = await self._opened(workspace.key, attempt_id)
        slept, pause = max(0.0, (self._now() - moment_of(attempt.intended_at)).total_seconds()), _FIRST_LOOK
        longest = _GRACE_SECONDS.get(self._terms.on_ambiguous, self._terms.wait_seconds)
        while True:
            found, silence = await self._looked_up(attempt)
            if found is not None:
                await self._submitted(attempt, found.request_id)
                return await self._opened(workspace.key, attempt.id)
            if slept >= longest:
                break
            workspace.note("its answer was lost: looking for it in fal's history")
            await self._sleep(pause)
            slept, pause = slept + pause, min(pause * 1.5, _LONGEST_LOOK)
        if self._terms.on_ambiguous == "rebuy":
            await self._ledger.abandon(attempt.id, reason=_GIVEN_UP)
            return None
        raise Ambiguous(
            f"{step.id} may have been bought for {dollars_text(attempt.usd)}: {why}; {silence}, and nothing else was "
            "sent for it",
            next_command=f"{self._terms.resolve} {attempt.id}",
            usd=attempt.usd,
        )

    async def _looked_up(self, attempt: Attempt) -> tuple[Found | None, str]:
        """An attempt as fal's history has it, and why it has none."""
        known = await self._ledger.known_requests(attempt.endpoint) - {attempt.request_id}
        try:
            found = await find(self._http, self._hosts, attempt, known, sleep=self._sleep, patience=self._patience)
        except Unread as unread:
            return None, f"fal's history cannot be read ({unread})"
        return found, "fal's history does not list it"

    async def _submitted(self, attempt: Attempt, request_id: str) -> None:
        """fal has the attempt under an id that it did not answer with."""
        place = self._hosts.request_url(attempt.endpoint, request_id)
        await self._ledger.submitted(
            attempt.id, request_id=request_id, status_url=place + "/status", response_url=place
        )

    async def _opened(self, key: str, attempt_id: int) -> Attempt:
        attempt = await self._ledger.open_attempt(key)
        assert attempt is not None, "an attempt that was left open"
        assert attempt.id == attempt_id, "a key has one open attempt"
        return attempt

    # Buying

    async def _buy(self, step: Step, workspace: Workspace) -> Made:
        """Send the request, and another where the class of a failure allows it and the purse has the money."""
        endpoint = self._endpoint(step)
        arguments, inputs = await self._arguments(step, workspace, endpoint)
        cost = await anyio.to_thread.run_sync(_price_of, step, endpoint, workspace)
        tries, last, reserved = 0, None, step.price.usd
        while True:
            try:
                attempt = await self._send(step, workspace, cost, arguments, inputs, reserved)
                if attempt is not None:
                    return await self._finish(step, workspace, attempt)
            except SpendRefused as refused:
                if last is None:
                    raise
                last.args = (f"{last}; there is no money for another try ({refused})",)
                raise last from None
            except (Unauthorised, OutOfCredit, Unreachable, Broken, Ambiguous):
                raise
            except RemoteError as error:
                tries, last = tries + 1, error
                if self._uploads.forget_refused(error, inputs):
                    arguments, inputs = await self._arguments(step, workspace, endpoint)
                elif tries > error.more_tries:
                    raise
                arguments = _another(arguments, error)
                workspace.note(f"{error}; trying again")
                await self._sleep(_BETWEEN_TRIES * tries)
            reserved = Decimal(0)

    async def _send(
        self,
        step: Step,
        workspace: Workspace,
        cost: Price,
        arguments: Json,
        inputs: Mapping[str, str],
        reserved: Decimal,
    ) -> Attempt | None:
        """The attempt that fal has taken; None where its answer was lost and the user wants it given up."""
        purchase = Purchase(
            key=workspace.key,
            ad=self._terms.ad,
            step=step.id,
            endpoint=self._endpoint(step).id,
            engine=self._hosts.engine.name,
            arguments=arguments,
            inputs=inputs,
            price=cost,
        )
        slept, pause = 0.0, 1.0
        while True:
            workspace.note("sending")
            try:
                # One row of the ledger and one POST, whole: Ctrl-C waits for the answer that decides what it was.
                with anyio.CancelScope(shield=True):
                    return await self._attempt(workspace, purchase, reserved)
            except PutOff as error:
                reserved = Decimal(0)
                pause = max(pause, error.seconds)
                if slept + pause > _PUT_OFF_SECONDS:
                    raise
                workspace.note("fal puts it off")
                await self._sleep(pause)
                slept, pause = slept + pause, min(pause * 2, 60.0)
            except Unreachable:
                reserved = Decimal(0)
                await reach(self._http, self._hosts, self._patience, note=workspace.note, sleep=self._sleep)
            except Ambiguous as error:
                attempt = await self._ledger.open_attempt(workspace.key)
                assert attempt is not None, "an ambiguous attempt is open"
                return await self._settle(step, workspace, attempt.id, str(error))

    async def _attempt(self, workspace: Workspace, purchase: Purchase, reserved: Decimal) -> Attempt:
        usd = purchase.price.usd
        async with Reserve(workspace.folder, purchase.step) as reserve:
            self._terms.purse.commit(purchase.step, usd, reserved=reserved)
            try:
                attempt = await self._ledger.intend(purchase, self._terms.day_cap)
            except BaseException:
                self._terms.purse.settle(purchase.step, usd, Decimal(0))
                raise
            try:
                accepted = await submit(self._http, self._hosts, purchase.endpoint, purchase.arguments, purchase.step)
                self._patience.heard(urlsplit(self._hosts.queue).hostname or "")
                if accepted.request_id in await self._ledger.known_requests(purchase.endpoint):
                    raise Ambiguous(f"fal answered the request for {purchase.step} with the id of another")
            except RemoteError as error:
                reason, its_id = str(error), error.request_id
                if its_id and await self._is_queued(purchase.endpoint, its_id):
                    # A server's error, and the request is in the queue all the same.
                    await reserve.write(lambda: self._ledger.ambiguous(attempt, reason=reason))
                    opened = await self._opened(purchase.key, attempt)
                    await reserve.write(lambda: self._submitted(opened, its_id))
                    return await self._opened(purchase.key, attempt)
                if isinstance(error, Ambiguous):
                    await reserve.write(lambda: self._ledger.ambiguous(attempt, reason=reason))
                    raise
                charge = error.charge
                await reserve.write(lambda: self._ledger.failed(attempt, reason=reason, charge=charge))
                self._settle_purse(purchase.step, usd, error)
                raise
            await reserve.write(
                lambda: self._ledger.submitted(
                    attempt,
                    request_id=accepted.request_id,
                    status_url=accepted.status_url,
                    response_url=accepted.response_url,
                )
            )
        return await self._opened(purchase.key, attempt)

    async def _is_queued(self, endpoint: str, request_id: str) -> bool:
        """Whether the queue knows an id that came with a refusal."""
        try:
            answer = await self._http.get(self._hosts.request_url(endpoint, request_id) + "/status")
        except FAILURES:
            return False
        return answer.status_code in (200, 202)

    def _settle_purse(self, step: str, committed: Decimal, error: RemoteError) -> None:
        """What may have been billed stays committed."""
        if error.charge == "no":
            self._terms.purse.settle(step, committed, Decimal(0))

    # Bringing it home

    async def _finish(self, step: Step, workspace: Workspace, attempt: Attempt) -> Made:
        place = self._hosts.request_url(attempt.endpoint, attempt.request_id)
        accepted = Accepted(
            attempt.request_id,
            self._hosts.follow(attempt.status_url, place + "/status"),
            self._hosts.follow(attempt.response_url, place),
        )
        running = attempt.state == "running"

        async def started() -> None:
            nonlocal running
            if not running:
                running = True
                await self._ledger.running(attempt.id)

        try:
            failed = False
            with anyio.move_on_after(LONGEST_RUN_SECONDS) as followed:
                failed = await wait(
                    self._http,
                    accepted,
                    step.id,
                    note=workspace.note,
                    sleep=self._sleep,
                    usual_seconds=expected_seconds(step),
                    pace=self._pace,
                    patience=self._patience,
                    started=started,
                )
            if followed.cancelled_caught:
                raise Broken(
                    f"{step.id} has not ended at fal after {LONGEST_RUN_SECONDS / 3600:.0f} hours; it goes on there, "
                    "and the same command goes on with it"
                )
            answer = await self._answer(step, workspace, attempt, accepted, failed=failed)
        except Gone as gone:
            answer = await self._from_history(step, attempt, gone)
        except (Unauthorised, OutOfCredit, Broken):
            raise  # the request is as good as before: the next build goes on with it
        except RemoteError as error:
            await self._ledger.failed(attempt.id, reason=str(error), charge=error.charge)
            self._settle_purse(step.id, attempt.usd, error)
            raise
        usd = self._bill(step, attempt, answer)
        self._terms.purse.settle(step.id, attempt.usd, usd)
        await self._ledger.completed(attempt.id, result=answer.result, usd=usd, billed_units=answer.billed_units)
        return await self._bring(step, workspace, attempt, answer, usd)

    async def _answer(
        self, step: Step, workspace: Workspace, attempt: Attempt, accepted: Accepted, *, failed: bool
    ) -> Answer:
        """The model's answer. A server's error is believed where the status or the history says that it failed."""
        endpoint, pause = self._endpoint(step), _FIRST_LOOK
        for left in reversed(range(_DOUBTS)):
            try:
                answer = await fetch(
                    self._http,
                    accepted,
                    step.id,
                    sleep=self._sleep,
                    patience=self._patience,
                    note=workspace.note,
                    failed=failed,
                )
            except Doubted as doubted:
                found, _ = await self._looked_up(attempt)
                if found is not None and found.result is not None:
                    return Answer(found.result, "")
                if found is not None and found.status is not None and found.status >= 400:
                    raise doubted.end from None
                if not left:
                    raise
            else:
                if not left or holds(endpoint, answer.result):
                    return answer
                # What is not there yet may be a moment later; what is written down as bought is not asked for again.
                await self._sleep(pause)
                pause *= 2
                if pause > _LONGEST_LOOK:
                    return answer
        raise AssertionError("the last look returns or raises")

    async def _from_history(self, step: Step, attempt: Attempt, gone: Gone) -> Answer:
        """The answer that fal's history keeps of a request that the queue has forgotten.

        Raises Ambiguous where it has none either: what became of the request, and of its price, nobody knows.
        """
        found, silence = await self._looked_up(attempt)
        if found is not None and found.result is not None:
            return Answer(found.result, "")
        await self._ledger.ambiguous(attempt.id, reason=str(gone))
        raise Ambiguous(
            f"{step.id} may have been bought for {dollars_text(attempt.usd)}: {gone}; {silence}, and "
            "nothing else was sent for it",
            next_command=f"{self._terms.resolve} {attempt.id}",
            usd=attempt.usd,
        )

    def _bill(self, step: Step, attempt: Attempt, answer: Answer) -> Decimal:
        """What an answer cost: by the units that fal billed, else as planned."""
        assert isinstance(attempt.arguments, dict), "a request is an object"
        planned = Price(attempt.usd, step.price.quantity, step.price.unit, step.price.mark)
        known = billed(self._endpoint(step), attempt.arguments, answer.billed_units, planned)
        return attempt.usd if known is None else known

    async def _bring(self, step: Step, workspace: Workspace, attempt: Attempt, answer: Answer, usd: Decimal) -> Made:
        workspace.note("fetching")
        try:
            files = await bring(
                self._http,
                self._hosts,
                self._endpoint(step),
                attempt.request_id,
                answer.result,
                workspace,
                step=step.id,
                sleep=self._sleep,
                patience=self._patience,
            )
        except Gone as gone:
            # Its own hint, and no answer for all: another step may have a lost request that fal is working on.
            gone.next_command = f"{self._terms.resolve} {attempt.id} --given-up"
            raise
        return Made(files, Receipt(self._hosts.engine.name, usd, attempt.request_id, answer.billed_units))

    async def _arguments(self, step: Step, workspace: Workspace, endpoint: Endpoint) -> tuple[Json, Mapping[str, str]]:
        """The request's arguments, with every text put together and the address of an upload for every reference.

        Also the digest behind each address. Raises Rejected for a file that the endpoint would refuse.
        """
        arguments = spliced(step.arguments, lambda ref: workspace.path_of(ref).read_text(encoding="utf-8"))
        refuse_unfit(endpoint, arguments, workspace.path_of, step.id)
        urls: dict[Ref, str] = {}
        for ref in references(arguments):
            if not urls:
                workspace.note("uploading inputs")
            if ref not in urls:
                urls[ref] = await self._uploads.url_of(workspace.digest_of(ref), workspace.path_of(ref), workspace.note)
        inputs = {url: workspace.digest_of(ref) for ref, url in urls.items()}
        return substitute(arguments, lambda ref: urls[ref]), inputs

    def _endpoint(self, step: Step) -> Endpoint:
        assert step.endpoint is not None, "only steps with an endpoint can be bought"
        return self._catalogue.endpoint(step.endpoint)


def _price_of(step: Step, endpoint: Endpoint, workspace: Workspace) -> Price:
    """What the step costs by the media that it really sends, where that is more than the plan could know."""

    def path_of(value: Json) -> Path | None:
        ref = as_ref(value)
        return None if ref is None else workspace.path_of(ref)

    sent = measured(endpoint, step.arguments, path_of)
    if sent.seconds is None:
        return step.price
    cost = price(endpoint, step.arguments, clip=sent.seconds, short_side=sent.short_side)
    return cost if cost.mark != "unknown" and cost.usd > step.price.usd else step.price


def _another(arguments: Json, error: RemoteError) -> Json:
    """The arguments of another try. A filter that refused what came of a seed is shown the next one."""
    if not isinstance(error, ContentRefused) or not isinstance(arguments, dict):
        return arguments
    seed = arguments.get("seed")
    return {**arguments, "seed": seed + 1} if isinstance(seed, int) else arguments
