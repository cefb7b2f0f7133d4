"""Files: the three ways in that fal's clients use, and the way out.

    one address    POST storage/upload/initiate, then PUT to `upload_url` without a key
    token          POST storage/auth/token, then POST files/upload with it
    in parts       POST storage/upload/initiate-multipart, or files/upload/multipart with a token; then a PUT for each
                   part to <upload>/<number>, and a POST to <upload>/complete

Every upload has an address of its own that is nobody else's, whatever its bytes; the same bytes may be put there
again. Where an upload is to live for a time only, that is forgotten by a restart, and the file lives on.
"""

import hashlib
import uuid
from collections.abc import Mapping
from pathlib import Path

import anyio
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response

from adc.runtime.sim.clock import Clock, moment
from adc.runtime.sim.faults import Expire, Faults
from adc.runtime.sim.files import Files
from adc.runtime.sim.lives import Life, lifetime
from adc.runtime.sim.names import files_base_of
from adc.runtime.sim.runs import Runs

_TOKEN_SECONDS = 3600.0


class Storage:
    """The calls, over one folder of files."""

    def __init__(self, files: Files, runs: Runs, faults: Faults, clock: Clock) -> None:
        self._files = files
        self._runs = runs
        self._faults = faults
        self._clock = clock
        self._tokens: dict[str, float] = {}
        self._lives: dict[str, Life] = {}

    async def initiate(self, request: Request) -> Response:
        """A place to put a file to, which then is its address."""
        place = await self._wished_place(request)
        if place is None:
            return _not_a_wish()
        url = f"{files_base_of(request)}/files/{place}"
        return JSONResponse({"upload_url": url, "file_url": url})

    async def initiate_parts(self, request: Request) -> Response:
        """A place to put the parts of a file to, and the address that the whole will have."""
        place = await self._wished_place(request)
        if place is None:
            return _not_a_wish()
        url = f"{files_base_of(request)}/files/{place}"
        return JSONResponse({"upload_url": f"{url}/multipart/{self._new_upload()}", "file_url": url})

    async def token(self, request: Request) -> Response:
        """A token to upload with, for an hour."""
        token = uuid.uuid4().hex
        self._tokens[token] = self._clock() + _TOKEN_SECONDS
        return JSONResponse(
            {
                "token": token,
                "token_type": "Bearer",
                "base_url": files_base_of(request),
                "expires_at": moment(self._tokens[token]).replace("Z", "+00:00"),
            }
        )

    async def upload(self, request: Request) -> Response:
        """Take the bytes of a file, with a token."""
        if not self._is_let_in(request):
            return JSONResponse({"detail": "Invalid token"}, 401)
        place = self._new_place(request.headers.get("X-Fal-File-Name", "file"), request.headers)
        refusal = await self._take(request, self._files.folder / place)
        return refusal or JSONResponse({"access_url": f"{files_base_of(request)}/files/{place}"})

    async def upload_parts(self, request: Request) -> Response:
        """Begin a file that comes in parts, with a token."""
        if not self._is_let_in(request):
            return JSONResponse({"detail": "Invalid token"}, 401)
        place = self._new_place(request.headers.get("X-Fal-File-Name", "file"), request.headers)
        return JSONResponse({"access_url": f"{files_base_of(request)}/files/{place}", "uploadId": self._new_upload()})

    async def put(self, request: Request) -> Response:
        """Take the bytes of a file at its place."""
        path = self._upload_path(request)
        if path is None:
            return JSONResponse({"detail": "Not a place to upload to"}, 403)
        return await self._take(request, path) or Response()

    async def put_part(self, request: Request) -> Response:
        """Take a part of a file."""
        parts = self._parts(request)
        number = request.path_params["number"]
        if parts is None or not 1 <= number <= 10_000:
            return JSONResponse({"detail": "No such upload"}, 404)
        path = parts / str(number)
        path.unlink(missing_ok=True)  # a part may be sent again, with other bytes too
        refusal = await self._take(request, path)
        if refusal is not None:
            return refusal
        etag = await anyio.to_thread.run_sync(_etag, path)
        return JSONResponse({"partNumber": number, "etag": etag}, headers={"ETag": etag})

    async def complete(self, request: Request) -> Response:
        """Make one file of its parts."""
        path, parts = self._upload_path(request), self._parts(request)
        if path is None or parts is None:
            return JSONResponse({"detail": "No such upload"}, 404)
        try:
            wanted = [(int(part["partNumber"]), str(part["etag"])) for part in (await request.json())["parts"]]
        except (ValueError, KeyError, TypeError):
            return _not_a_wish()
        if not await anyio.to_thread.run_sync(_join, wanted, parts, path):
            return JSONResponse({"detail": "The parts are not those that were sent"}, 400)
        return JSONResponse({"url": f"{files_base_of(request)}{request.url.path.partition('/multipart/')[0]}"})

    async def download(self, request: Request) -> Response:
        """The bytes of a file, or a range of them."""
        place = request.path_params["place"]
        path = self._files.path(place)
        if path is None or not await anyio.Path(path).is_file():
            return JSONResponse({"detail": "Not Found"}, 404)
        life = self._life(place)
        if life is not None:
            if status := life.over(self._clock()):
                return JSONResponse({"detail": "The file has expired"}, status)
            life.reads += request.method == "GET"
        return FileResponse(path)

    def endpoint_of(self, place: str) -> str:
        """The endpoint whose run has made a file; empty for an upload."""
        run = self._runs.all.get(place.split("/")[1]) if place.startswith("results/") else None
        return "" if run is None else run.endpoint.id

    def _life(self, place: str) -> Life | None:
        run = self._runs.all.get(place.split("/")[1]) if place.startswith("results/") else None
        return self._lives.get(place) if run is None else run.files_life

    async def _wished_place(self, request: Request) -> str | None:
        """A new place for the file that the body tells of; None for a body that tells of none."""
        try:
            wish = await request.json()
        except ValueError:
            return None
        name = wish.get("file_name", "file") if isinstance(wish, dict) else None
        return self._new_place(name, request.headers) if isinstance(name, str) else None

    def _new_place(self, name: str, headers: Mapping[str, str]) -> str:
        place = self._files.place(name)
        limits = [limit for limit in (self._faults.expiry("upload"),) if limit is not None]
        seconds = lifetime(headers.get("X-Fal-Object-Lifecycle", headers.get("X-Fal-Object-Lifecycle-Preference", "")))
        if seconds is not None:
            limits.append(Expire("upload", seconds=seconds))
        if limits:
            self._lives[place] = Life(limits, since=self._clock())
        return place

    def _new_upload(self) -> str:
        upload = uuid.uuid4().hex
        self._files.parts(upload).mkdir(parents=True)
        return upload

    def _is_let_in(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme == "Bearer" and self._tokens.get(token, 0.0) > self._clock()

    def _upload_path(self, request: Request) -> Path | None:
        path = self._files.path(request.path_params["place"])
        return path if path is not None and path.parent.parent.name == "uploads" else None

    def _parts(self, request: Request) -> Path | None:
        upload = request.path_params["upload"]
        parts = self._files.parts(upload) if upload.isalnum() else None
        return parts if parts is not None and parts.is_dir() else None

    async def _take(self, request: Request, path: Path) -> Response | None:
        """Keep the body under a name. Returns what is answered where that cannot be."""
        await anyio.Path(path.parent).mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            async with await anyio.open_file(part, "wb") as file:
                async for piece in request.stream():
                    await file.write(piece)
        except ClientDisconnect:
            await anyio.Path(part).unlink()
            return Response(status_code=400)
        if not await anyio.to_thread.run_sync(self._files.keep, part, path):
            return JSONResponse({"detail": "Another file is there"}, 403)
        return None


def _join(wanted: list[tuple[int, str]], parts: Path, path: Path) -> bool:
    """Put the parts behind each other as one file. False where one is missing or is not what it should be."""
    pieces = [(parts / str(number), etag) for number, etag in sorted(wanted)]
    if not pieces or any(not piece.is_file() or _etag(piece) != etag for piece, etag in pieces):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f".{uuid.uuid4().hex}.part")
    with whole.open("wb") as file:
        for piece, _ in pieces:
            with piece.open("rb") as source:
                while data := source.read(1 << 20):
                    file.write(data)
    whole.replace(path)
    return True


def _etag(path: Path) -> str:
    with path.open("rb") as file:
        return f'"{hashlib.file_digest(file, "sha256").hexdigest()}"'


def _not_a_wish() -> Response:
    finding = {"loc": ["body"], "msg": "The body is not as it should be", "type": "value_error", "input": None}
    return JSONResponse({"detail": [finding]}, 422)
