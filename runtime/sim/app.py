"""The stand-in's side of the protocol, route by route: queue, storage, files, and the history of requests.

It answers as fal does, with fal's states, status codes and headers, and refuses what fal refuses: no key, an unknown
endpoint, a request that is not there. A fault that waits at a route (see `faults`) happens in its place.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

import anyio
from anyio.abc import TaskGroup
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from adc.compiler.catalogue import Catalogue
from adc.compiler.plan import Json
from adc.runtime.sim.cut_off import CutOff
from adc.runtime.sim.faults import Faults, Garble, Lose, Place, Refuse
from adc.runtime.sim.files import Files
from adc.runtime.sim.runs import Run, Runs

REFUSED_KEY = "bad"
"""The one key that is refused; every other is good."""

_View: TypeAlias = Callable[[Request], Awaitable[Response]]


class StandIn:
    """The routes, over one queue, one folder of files and one list of faults."""

    def __init__(self, catalogue: Catalogue, runs: Runs, files: Files, faults: Faults) -> None:
        self._endpoints = {endpoint.id: endpoint for endpoint in catalogue.endpoints}
        self._runs = runs
        self._files = files
        self._faults = faults
        self._tasks: TaskGroup | None = None

    def app(self) -> Starlette:
        """The application. Its runs live from its start to its end."""
        app_request = "/{app:path}/requests/{id}"
        return Starlette(
            lifespan=self._lifespan,
            routes=[
                Route("/files/{place:path}", self._at("download", self._download), methods=["GET"]),
                Route("/files/{place:path}", self._at("upload", self._upload), methods=["PUT"]),
                Route("/storage/upload/initiate", self._at("initiate", _keyed(self._initiate)), methods=["POST"]),
                Route("/v1/models/requests/by-endpoint", _keyed(self._history), methods=["GET"]),
                Route(f"{app_request}/status/stream", _keyed(self._stream), methods=["GET"]),
                Route(f"{app_request}/status", self._at("status", _keyed(self._status)), methods=["GET"]),
                Route(f"{app_request}/cancel", _keyed(self._cancel), methods=["PUT"]),
                Route(app_request, self._at("result", _keyed(self._result)), methods=["GET"]),
                Route("/{endpoint:path}", self._at("submit", _keyed(self._submit)), methods=["POST"]),
            ],
        )

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            yield
            tasks.cancel_scope.cancel()

    def _at(self, place: Place, view: _View) -> _View:
        """The view, with the faults that wait at a place in front of it."""

        async def faulty(request: Request) -> Response:
            fault = self._faults.take(place) if request.method != "HEAD" else None
            match fault:
                case Refuse(status=status, detail=detail, headers=headers, by_fal=by_fal):
                    mark = {"x-fal-request-id": "none"} if by_fal else {}
                    return JSONResponse({"detail": detail}, status, {**mark, **headers})
                case Garble():
                    return HTMLResponse("<html><body>Your session has expired.</body></html>")
            response = await view(request)
            return CutOff(response) if isinstance(fault, Lose) else response

        return faulty

    async def _submit(self, request: Request) -> Response:
        endpoint = self._endpoints.get(request.path_params["endpoint"])
        if endpoint is None:
            return JSONResponse({"detail": f"Application '{request.path_params['endpoint']}' not found"}, 404)
        try:
            arguments = await request.json()
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            return JSONResponse({"detail": "The body is not a JSON object", "error_type": "bad_request"}, 400)
        assert self._tasks is not None, "the server serves between the start and the end of its life"
        run = self._runs.accept(endpoint, arguments, _base(request), self._tasks)
        return JSONResponse(self._told(run, logs=False), headers=_mark(run))

    async def _status(self, request: Request) -> Response:
        run = self._run(request)
        if run is None:
            return _not_found()
        told = self._told(run, logs=request.query_params.get("logs", "") in ("1", "true"))
        return JSONResponse(told, 200 if run.state == "COMPLETED" else 202, _mark(run))

    async def _stream(self, request: Request) -> Response:
        run = self._run(request)
        if run is None:
            return _not_found()

        async def events() -> AsyncIterator[str]:
            while True:
                changed = run.changed
                yield f"data: {json.dumps(self._told(run, logs=True))}\n\n"
                if run.state == "COMPLETED":
                    return
                await changed.wait()

        return StreamingResponse(events(), media_type="text/event-stream")

    async def _result(self, request: Request) -> Response:
        run = self._run(request)
        if run is None:
            return _not_found()
        if run.state != "COMPLETED":
            return JSONResponse({"detail": "Request is still in progress"}, 400, _mark(run))
        units = {"X-Fal-Billable-Units": run.price.quantity} if run.status == 200 else {}
        return JSONResponse(run.body, run.status, {**_mark(run), **units})

    async def _cancel(self, request: Request) -> Response:
        run = self._run(request)
        if run is None:
            return _not_found()
        if run.state == "COMPLETED":
            return JSONResponse({"status": "ALREADY_COMPLETED"}, 400, _mark(run))
        self._runs.cancel(run)
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202, _mark(run))

    async def _initiate(self, request: Request) -> Response:
        wish = await request.json()
        place = f"{_base(request)}/files/{self._files.place(str(wish.get('file_name', 'file')))}"
        return JSONResponse({"upload_url": place, "file_url": place})

    async def _upload(self, request: Request) -> Response:
        path = self._files.path(request.path_params["place"])
        if path is None or path.parent.parent.name != "uploads" or path.exists():
            return JSONResponse({"detail": "Not a place to upload to"}, 403)
        await anyio.Path(path.parent).mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        try:
            async with await anyio.open_file(part, "wb") as file:
                async for piece in request.stream():
                    await file.write(piece)
        except ClientDisconnect:
            await anyio.Path(part).unlink()
            return Response(status_code=400)
        self._files.keep(part, path)
        return Response()

    async def _download(self, request: Request) -> Response:
        path = self._files.path(request.path_params["place"])
        if path is None or not await anyio.Path(path).is_file():
            return JSONResponse({"detail": "Not Found"}, 404)
        return FileResponse(path)

    async def _history(self, request: Request) -> Response:
        """Requests that have left the queue, newest first, as the platform's API lists them."""
        query = request.query_params
        wanted = [part for value in query.getlist("endpoint_id") for part in value.split(",")]
        items = [
            _item(run, payloads=query.get("expand") == "payloads")
            for run in reversed(self._runs.all.values())
            if run.endpoint.id in wanted and run.state != "IN_QUEUE" and run.sent_at >= query.get("start", "")
        ]
        return JSONResponse({"items": items[: int(query.get("limit", "100"))], "next_cursor": None, "has_more": False})

    def _run(self, request: Request) -> Run | None:
        run = self._runs.all.get(request.path_params["id"])
        app = request.path_params["app"]
        return run if run is not None and f"{run.endpoint.id}/".startswith(f"{app}/") else None

    def _told(self, run: Run, *, logs: bool) -> dict[str, Json]:
        place = f"{run.base}/{'/'.join(run.endpoint.id.split('/')[:2])}/requests/{run.id}"
        told: dict[str, Json] = {
            "status": run.state,
            "request_id": run.id,
            "response_url": place,
            "status_url": f"{place}/status",
            "cancel_url": f"{place}/cancel",
            "logs": [] if logs else None,
        }
        match run.state:
            case "IN_QUEUE":
                told["queue_position"] = self._runs.ahead(run)
            case "COMPLETED":
                told["metrics"] = {}
                if run.error:
                    told["error"] = run.error
        return told


def _keyed(view: _View) -> _View:
    """The view for requests with a key; 401 for others."""

    async def guarded(request: Request) -> Response:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Key" or not key.strip() or key == REFUSED_KEY:
            return JSONResponse({"detail": "Authentication is required to access this application."}, 401)
        return await view(request)

    return guarded


def _item(run: Run, *, payloads: bool) -> dict[str, Json]:
    item: dict[str, Json] = {
        "request_id": run.id,
        "endpoint_id": run.endpoint.id,
        "sent_at": run.sent_at,
        "started_at": run.sent_at,
        "ended_at": run.ended_at or None,
        "status_code": run.status or None,
    }
    return item | ({"json_input": run.arguments, "json_output": run.body} if payloads else {})


def _base(request: Request) -> str:
    """The address by which the client knows this server, without a slash at the end."""
    parts = urlsplit(str(request.base_url))
    return f"{parts.scheme}://{parts.netloc}"


def _mark(run: Run) -> dict[str, str]:
    return {"x-fal-request-id": run.id}


def _not_found() -> Response:
    return JSONResponse({"status": "NOT_FOUND"}, 404)
