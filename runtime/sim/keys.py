"""Who may ask: every key is good except one, and what is handed out with a permission of its own needs none."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

REFUSED_KEY = "bad"
"""The one key that is refused; every other is good."""

View: TypeAlias = Callable[[Request], Awaitable[Response]]


def keyed(view: View) -> View:
    """The view for requests with a key; 401 for others, in the words of the queue and of storage."""
    return _guarded(view, {"detail": "Authentication is required to access this application."})


def platform_keyed(view: View) -> View:
    """The view for requests with a key; 401 for others, in the words of the platform's API."""
    return _guarded(view, {"error": {"type": "authorization_error", "message": "Authentication required"}})


def _guarded(view: View, refusal: object) -> View:
    async def guarded(request: Request) -> Response:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Key" or not key.strip() or key == REFUSED_KEY:
            return JSONResponse(refusal, 401)
        return await view(request)

    return guarded
