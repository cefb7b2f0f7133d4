"""What the world can do to a build, as one tree. The user's own mistakes are diagnostics, never exceptions.

AdcError                     one sentence: what happened, what it cost, what is safe; then the next command
├── StoreError               the store cannot be read or written
│   ├── StoreFull            no space left
│   └── StoreCorrupt         a blob's bytes are not those of its digest
├── ToolError                ffmpeg, the voice or another local tool is missing or failed
├── MediaError               a file is not the media it should be: cut short, unreadable, empty
├── SpendRefused             money would be spent without a yes, or above a limit
├── LockError                the lock beside a spec cannot be read or written
└── RemoteError              the model's side failed; siblings go on
    ├── Unauthorised         401 or 403: stop everything
    ├── OutOfCredit          the account is locked or empty: stop everything
    ├── Rejected             the request itself was refused: sending it again is useless
    │   └── ContentRefused   a filter refused what the request says or what came of it
    ├── NoMedia              the model says that it is done, and nothing came of it
    ├── ModelFailed          a runner failed: not billed, and another try may do better
    ├── TimedOut             it did not start, or did not end, in the time it had
    ├── Unreachable          surely nothing was delivered: safe to try again
    ├── Ambiguous            a submit was sent and its answer lost: it may have been bought
    └── Broken               the result could not be fetched whole: it is bought, and can be fetched again
        └── Gone             it is bought, and fetching it again is useless
            └── Expired      its address has run out; the model's answer may give it a new one

Which answer of fal becomes which of these is data: `schemas/answers/fal.json`.
"""

from decimal import Decimal
from typing import Literal, TypeAlias

from adc.compiler.frozen import frozen

Charge: TypeAlias = Literal["yes", "no", "maybe"]
"""Whether an attempt that ended without a result has cost something."""


class AdcError(Exception):
    """A failure of the world. `str()` is the sentence; `next_command` is what to type, where there is something.

    `stop` says that no other step can succeed either.
    """

    stop = False

    def __init__(self, sentence: str, *, next_command: str = "", usd: Decimal = Decimal(0)) -> None:
        super().__init__(sentence)
        self.next_command = next_command
        self.usd = usd


class StoreError(AdcError):
    """The store cannot be read or written."""

    stop = True


class StoreFull(StoreError):
    """No space left where the store lives."""


class StoreCorrupt(StoreError):
    """A blob's bytes are not those of its digest."""


class ToolError(AdcError):
    """A local tool is missing or failed."""


class MediaError(AdcError):
    """A file is not the media it should be."""


class SpendRefused(AdcError):
    """Money would be spent without a yes, or above a limit."""

    stop = True


class LockError(AdcError):
    """The lock beside a spec cannot be read or written."""


@frozen
class Finding:
    """What a model found wrong in a request: where (`elements/0/frontal_image_url`), what, and the type of error."""

    path: str
    message: str
    type: str


class RemoteError(AdcError):
    """The model's side failed. `charge` says whether the request that failed so was billed.

    `request_id` is fal's, where it gave one with a server's error. `findings` are the model's own about the request,
    where it told them. `more_tries` is how many further purchases may be made of the same step, money allowing.
    """

    charge: Charge = "no"
    more_tries = 0
    request_id = ""
    findings: tuple[Finding, ...] = ()


class Unauthorised(RemoteError):
    """The key was refused."""

    stop = True


class OutOfCredit(RemoteError):
    """The account is locked or empty."""

    stop = True


class Rejected(RemoteError):
    """The request itself was refused; sending it again is useless."""


class ContentRefused(Rejected):
    """A filter refused what the request says, or what the model made of it."""


class NoMedia(RemoteError):
    """The model says that it is done, and nothing came of it."""


class ModelFailed(RemoteError):
    """A runner failed; fal does not bill that."""


class TimedOut(RemoteError):
    """The request did not start, or did not end, in the time it had."""


class Unreachable(RemoteError):
    """Surely nothing was delivered: safe to try again."""


class Ambiguous(RemoteError):
    """A submit was sent and its answer lost: it may have been bought, so it is never sent again blindly."""


class Broken(RemoteError):
    """A bought result could not be fetched whole; it can be fetched again without paying."""


class Gone(Broken):
    """Fetching again is useless: the result or its file is not there any more, or is not the media that was bought."""


class Expired(Gone):
    """The address of a file has run out; the model's answer may give the file a new one."""
