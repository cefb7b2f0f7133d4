"""The queue's calls: submit, status, the stream of states, result, cancel.

Answers have fal's members, states, status codes and headers. Addresses in them are built for who asks, so a request
can be followed under another name than that of its submit.
"""

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from adc.compiler.catalogue import Catalogue
from adc.compiler.plan import Json
from adc.runtime.sim.answers import failed
from adc.runtime.sim.clock import Clock
from adc.runtime.sim.files import absolute
from adc.runtime.sim.lives import lifetime
from adc.runtime.sim.names import base_of, files_base_of
from adc.runtime.sim.run import Run, Wishes
from adc.runtime.sim.runs import Runs

_NAMESPACES = ("workflows", "comfy")
"""Endpoint ids that begin with one of these have a part more before the owner."""

LOCKED = "User is locked. Reason: Exhausted balance."
"""What an account without money is told."""


class Queue:
    """The calls, over the runs."""

    def __init__(self, catalogue: Catalogue, runs: Runs, clock: Clock) -> None:
        self._endpoints = {endpoint.id: endpoint for endpoint in catalogue.endpoints}
        self._runs = runs
        self._clock = clock

    async def submit(self, request: Request) -> Response:
        """Take a request, whatever it says."""
        endpoint = self._endpoints.get(request.path_params["endpoint"])
        if endpoint is None:
            return JSONResponse({"detail": f"Application '{request.path_params['endpoint']}' not found"}, 404)
        try:
            arguments = await request.json()
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            return _refused(400, "The body is not a JSON object", "bad_request")
        if self._runs.is_broke:
            return JSONResponse({"detail": LOCKED}, 403)
        longest = request.query_params.get("fal_max_queue_length", "")
        if longest.isdecimal() and self._runs.waiting > int(longest):
            return _refused(429, "Too many requests wait", "queue_length_exceeded")
        run = self._runs.accept(endpoint, arguments, _wishes(request))
        accepted: Json = {"status": "IN_QUEUE", **_places(run, request), "queue_position": self._runs.ahead(run)}
        return JSONResponse(accepted, headers=_mark(run))

    async def status(self, request: Request) -> Response:
        """Where a request stands."""
        run = self._run(request)
        if run is None:
            return _not_found()
        return JSONResponse(self._told(run, request), 200 if run.state == "COMPLETED" else 202, _mark(run))

    async def stream(self, request: Request) -> Response:
        """Every state of a request as it comes, as server-sent events, to its end."""
        run = self._run(request)
        if run is None:
            return _not_found()

        async def events() -> AsyncIterator[str]:
            while True:
                changed = run.changed
                yield f"data: {json.dumps(self._told(run, request))}\n\n"
                if run.state == "COMPLETED":
                    return
                await changed.wait()

        return StreamingResponse(events(), media_type="text/event-stream", headers=_mark(run))

    async def result(self, request: Request) -> Response:
        """What the model answers, errors included, with what was billed."""
        run = self._run(request)
        if run is None:
            return _not_found()
        if run.state != "COMPLETED":
            return JSONResponse({"detail": "Request is still in progress"}, 400, _mark(run))
        if status := run.life.over(self._clock()):
            return JSONResponse({"detail": "The result has expired"}, status, _mark(run))
        run.life.reads += 1
        headers = _mark(run)
        if run.billed and run.price.quantity:
            headers["X-Fal-Billable-Units"] = run.price.quantity
        if isinstance(run.body, dict) and "error_type" in run.body:
            headers["X-Fal-Error-Type"] = run.error_type
        if run.error_type == "request_timeout":
            headers["X-Fal-Request-Timeout-Type"] = "user"
        return JSONResponse(absolute(run.body, files_base_of(request)), run.status, headers)

    async def cancel(self, request: Request) -> Response:
        """Take a request out of the queue; one that runs may go on, and is billed."""
        run = self._run(request)
        if run is None:
            return _not_found()
        if run.state == "COMPLETED":
            return JSONResponse({"status": "ALREADY_COMPLETED"}, 400, _mark(run))
        self._runs.cancel(run)
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202, _mark(run))

    def _run(self, request: Request) -> Run | None:
        """The run that a request asks for, where it asks for it under its own app."""
        run = self._runs.find(request.path_params["id"])
        app = request.path_params["app"]
        return run if run is not None and f"{run.endpoint.id}/".startswith(f"{app}/") else None

    def _told(self, run: Run, request: Request) -> dict[str, Json]:
        wanted = request.query_params.get("logs", "").lower() in ("1", "true")
        told: dict[str, Json] = {"status": run.state, **_places(run, request), "logs": run.logs if wanted else None}
        match run.state:
            case "IN_QUEUE":
                told["queue_position"] = self._runs.ahead(run)
            case "COMPLETED":
                seconds = run.ended - run.started if run.ended is not None and run.started is not None else None
                told["metrics"] = {} if seconds is None else {"inference_time": seconds}
                if run.error:
                    told["error"] = run.error
                if run.error_type:
                    told["error_type"] = run.error_type
        return told


def _places(run: Run, request: Request) -> dict[str, Json]:
    parts = run.endpoint.id.split("/")
    app = "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])
    place = f"{base_of(request)}/{app}/requests/{run.id}"
    return {
        "request_id": run.id,
        "response_url": place,
        "status_url": f"{place}/status",
        "cancel_url": f"{place}/cancel",
    }


def _wishes(request: Request) -> Wishes:
    headers = request.headers
    timeout = headers.get("X-Fal-Request-Start-Timeout", headers.get("X-Fal-Request-Timeout", ""))
    return Wishes(
        start_within=_seconds(timeout),
        lifetime=lifetime(headers.get("X-Fal-Object-Lifecycle-Preference", "")),
        keep=headers.get("X-Fal-Store-IO") != "0",
    )


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0.1 < seconds < float("inf") else None


def _mark(run: Run) -> dict[str, str]:
    return {"x-fal-request-id": run.id}


def _refused(status: int, detail: str, error_type: str) -> Response:
    return JSONResponse(failed(detail, error_type), status, {"X-Fal-Error-Type": error_type})


def _not_found() -> Response:
    return JSONResponse({"status": "NOT_FOUND"}, 404)
