"""A response that ends in its middle, as when a cable is pulled: what a lost answer looks like to a client."""

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class CutOff(Response):
    """Sends the head of a response and half of its body, and leaves: the server then closes the connection."""

    def __init__(self, whole: Response) -> None:
        self._whole = whole
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the half."""
        head: dict[str, Any] = {}
        body = b""

        async def collect(message: Any) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                body += message.get("body", b"")

        # Without extensions the file is sent in messages, which can be halved.
        await self._whole({**scope, "extensions": {}}, receive, collect)
        await send(head)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
