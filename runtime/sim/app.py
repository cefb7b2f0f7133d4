"""The stand-in's side of the protocol: which address is which call, and the faults in front of each.

What the calls do is in `queue`, `storage` and `platform`. A fault that waits at a call (see `faults`) happens in its
place or around it, before anybody looks at the key; asking for a head only is no call.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adc.compiler.catalogue import Catalogue
from adc.compiler.plan import Json
from adc.runtime.sim.answers import failed
from adc.runtime.sim.clock import Clock, date
from adc.runtime.sim.damage import Flipped, HangUp, Partly, Silence
from adc.runtime.sim.faults import (
    Corrupt,
    Dead,
    Drop,
    Fault,
    Faults,
    Garble,
    Lose,
    Place,
    Refuse,
    Relabel,
    Skew,
    Slow,
    Stall,
)
from adc.runtime.sim.files import Files
from adc.runtime.sim.keys import View, keyed, platform_keyed
from adc.runtime.sim.platform import Platform
from adc.runtime.sim.queue import Queue
from adc.runtime.sim.runs import Runs
from adc.runtime.sim.storage import Storage

_LOGIN = "<html><body>Your session has expired.</body></html>"
_PROXY = (
    "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr><center>nginx</center></body></html>"
)


class StandIn:
    """The routes, over one queue, one folder of files and one list of faults."""

    def __init__(self, catalogue: Catalogue, runs: Runs, files: Files, faults: Faults, clock: Clock) -> None:
        self._runs = runs
        self._faults = faults
        self._clock = clock
        self._queue = Queue(catalogue, runs, clock)
        self._storage = Storage(files, runs, faults, clock)
        self._platform = Platform(catalogue, runs, clock)

    def app(self) -> Starlette:
        """The application. Its runs live from its start to its end."""
        queue, storage, platform = self._queue, self._storage, self._platform
        request, file = "/{app:path}/requests/{id}", "/files/{place:path}"
        parts = file + "/multipart/{upload}"

        def route(path: str, method: str, view: View) -> Route:
            return Route(path, view, methods=[method])

        at = self._at
        return Starlette(
            lifespan=self._lifespan,
            middleware=[Middleware(_Dated, clock=self._clock)],
            routes=[
                route("/files/upload", "POST", at("upload", storage.upload)),
                route("/files/upload/multipart", "POST", at("initiate", storage.upload_parts)),
                route(parts + "/complete", "POST", at("upload", storage.complete)),
                route(parts + "/{number:int}", "PUT", at("upload", storage.put_part)),
                route(file, "PUT", at("upload", storage.put)),
                route(file, "GET", at("download", storage.download)),
                route("/storage/auth/token", "POST", at("initiate", keyed(storage.token))),
                route("/storage/upload/initiate", "POST", at("initiate", keyed(storage.initiate))),
                route("/storage/upload/initiate-multipart", "POST", at("initiate", keyed(storage.initiate_parts))),
                route("/v1/models/requests/by-endpoint", "GET", at("history", platform_keyed(platform.history))),
                route("/v1/models/pricing", "GET", platform_keyed(platform.pricing)),
                route(request + "/status/stream", "GET", at("stream", keyed(queue.stream))),
                route(request + "/status", "GET", at("status", keyed(queue.status))),
                route(request + "/cancel", "PUT", keyed(queue.cancel)),
                route(request + "/response", "GET", at("result", keyed(queue.result))),
                route(request, "GET", at("result", keyed(queue.result))),
                route("/{endpoint:path}", "POST", at("submit", keyed(queue.submit))),
            ],
        )

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            self._runs.start(tasks)
            yield
            tasks.cancel_scope.cancel()

    def _at(self, place: Place, view: View) -> View:
        """The view, with the faults that wait at a place in front of it."""

        async def faulty(request: Request) -> Response:
            if request.method == "HEAD":
                return await view(request)
            faults = self._faults.take(place, self._endpoint(request))
            request.scope["state"] = {**request.scope.get("state", {}), "faults": faults}
            for fault in faults:
                if isinstance(fault, Slow):
                    await anyio.sleep(fault.seconds)
            deciding = next((fault for fault in faults if not isinstance(fault, Slow | Skew)), None)
            response = _instead(deciding) or _changed(await view(request), deciding)
            for fault in faults:
                if isinstance(fault, Skew):
                    response.headers["Date"] = date(self._clock() + fault.seconds)
            return response

        return faulty

    def _endpoint(self, request: Request) -> str:
        """The endpoint that a request belongs to; empty where it belongs to none."""
        match request.path_params:
            case {"endpoint": str(endpoint)}:
                return endpoint
            case {"id": str(request_id)}:
                run = self._runs.find(request_id)
                return "" if run is None else run.endpoint.id
            case {"place": str(place)}:
                return self._storage.endpoint_of(place)
        return request.query_params.get("endpoint_id", "")


def _instead(fault: Fault | None) -> Response | None:
    """The answer of a request that is not taken; None where it is."""
    match fault:
        case Refuse(html=True):
            return HTMLResponse(_PROXY.format(fault.status), fault.status, dict(fault.headers))
        case Refuse():
            marks = {"x-fal-request-id": "none"} if fault.by_fal else {}
            body: Json = {"detail": fault.detail}
            if fault.error_type:
                marks["X-Fal-Error-Type"] = fault.error_type
                body = failed(fault.detail, fault.error_type)
            return JSONResponse(body, fault.status, {**marks, **fault.headers})
        case Garble():
            return HTMLResponse(_LOGIN)
        case Drop():
            return HangUp()
        case Dead():
            return Silence()
    return None


def _changed(response: Response, fault: Fault | None) -> Response:
    """The answer of a request that was taken, as it leaves."""
    match fault:
        case Lose(share=share):
            return Partly(response, share, silent=False)
        case Stall(share=share):
            return Partly(response, share, silent=True)
        case Corrupt():
            return Flipped(response)
        case Relabel(content_type=content_type):
            response.headers["Content-Type"] = content_type
    return response


class _Dated:
    """Puts the stand-in's own time on every answer that has none."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if all(name.lower() != b"date" for name, _ in headers):
                    headers.append((b"date", date(self._clock()).encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, dated)
