"""Responses that go wrong on the wire: cut short, silent, or with other bytes than they should have.

Each takes the place of a response, or wraps the whole one. `Connection` is what lets a response end the connection
before a byte of it has left: a server has no way to say that, so the connection's own end is handed along with each
request.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_HANG_UP = "adc.hang_up"


class Connection(H11Protocol):
    """uvicorn's connection, which tells each of its requests how to end it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        """Remember the way out in the state that each request is given."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _HANG_UP: transport.abort}


class HangUp(Response):
    """Ends the connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """End it, and wait until the server knows."""
        hang_up: Callable[[], None] = scope["state"][_HANG_UP]
        hang_up()
        await _until_gone(receive)


class Silence(Response):
    """Never answers: the client has to leave."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Wait until it has."""
        await _until_gone(receive)


class Partly(Response):
    """The head of a response and a share of its body; then the connection ends, or stays and is silent.

    A response that does not tell its length, such as an event stream, sends its first piece.
    """

    def __init__(self, whole: Response, share: float, *, silent: bool) -> None:
        self._whole = whole
        self._share = share
        self._silent = silent
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the share."""
        room: int | None = None
        done = False

        async def share(message: Message) -> None:
            nonlocal room, done
            if message["type"] == "http.response.start":
                length = dict(message["headers"]).get(b"content-length")
                room = None if length is None else int(int(length) * self._share)
                await send(message)
            elif not done:
                body = message.get("body", b"")[:room]
                room = None if room is None else room - len(body)
                done = room == 0 or (room is None and bool(body))
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if done:
                raise _Enough

        try:
            if self._share > 0:
                await self._whole(_plain(scope), receive, share)
        except* _Enough:  # an event stream sends from a task of its own
            pass
        if self._silent:
            await _until_gone(receive)
        elif self._share <= 0:
            await HangUp()(scope, receive, send)
        # else the server closes the connection of a response that was not completed


class Flipped(Response):
    """A response with one byte of each piece of its body changed."""

    def __init__(self, whole: Response) -> None:
        self._whole = whole
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it so."""

        async def flip(message: Message) -> None:
            if body := message.get("body"):
                middle = len(body) // 2
                message = {**message, "body": body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]}
            await send(message)

        await self._whole(_plain(scope), receive, flip)


class _Enough(Exception):
    """The share has left."""


def _plain(scope: Scope) -> dict[str, Any]:
    """The scope without extensions, so that files are sent in messages, which can be changed."""
    return {**scope, "extensions": {}}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
