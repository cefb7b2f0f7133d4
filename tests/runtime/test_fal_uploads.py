"""Input files on their way to fal: sent once, deleted some day, judged before, and never with the key."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from PIL import Image
from support.handles import opened_files
from support.sim import KEY, film, picture, sim_at

from adc.compiler.catalogue import builtin
from adc.compiler.digest import digest_bytes
from adc.compiler.plan import FileRef, Json, StepRef
from adc.runtime.database import Database
from adc.runtime.draft.marker import marker
from adc.runtime.errors import Finding, Rejected, Unauthorised, Unreachable
from adc.runtime.fal.fit import refuse_unfit
from adc.runtime.fal.hosts import FAL, hosts_at
from adc.runtime.fal.patience import AWAY, BACK, Patience
from adc.runtime.fal.storage import LARGEST_WHOLE, PART
from adc.runtime.fal.storage import Storage as Way
from adc.runtime.fal.upload import Uploads
from adc.runtime.fal.wire import connect
from adc.runtime.ledger import StoreLedger
from adc.runtime.sim.faults import Lose, Place, Refuse

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIFE = '{"expiration_duration_seconds": 2592000}'
FILES = "https://v3.fal.media"

Fault = Callable[[httpx.Request], httpx.Response | None]


@dataclass
class Storage(httpx.AsyncBaseTransport):
    """fal's storage in memory. `routes` are those it has; `faults` come before it, one a request, in order."""

    routes: tuple[str, ...] = ("initiate", "initiate-multipart", "token")
    faults: list[Fault] = field(default_factory=list)
    heads: int = 200
    asked: list[httpx.Request] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    complete: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    largest_piece: int = 0
    places: int = 0
    tokens: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await anyio.lowlevel.checkpoint()
        answer = self.faults.pop(0)(request) if self.faults else None
        body = await self._read(request)
        return answer or self._answer(request, body)

    async def _read(self, request: httpx.Request) -> bytes:
        pieces = bytearray()
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for piece in request.stream:
            self.largest_piece = max(self.largest_piece, len(piece))
            pieces += piece
        assert len(pieces) == int(request.headers.get("Content-Length", "0"))
        return bytes(pieces)

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, place = request.url.path, f"{FILES}/files/{self.places + 1}"
        match request.method, path.split("/")[1:]:
            case "HEAD", _:
                return httpx.Response(self.heads)
            case "POST", ["storage", "upload", "initiate"] if "initiate" in self.routes:
                self.places += 1
                self.names.append(json.loads(body)["file_name"])
                return httpx.Response(200, json={"upload_url": f"{place}?X-Signature=secret", "file_url": place})
            case "POST", ["storage", "upload", "initiate-multipart"] if "initiate-multipart" in self.routes:
                upload = f"{FILES}/multipart/u-1?X-Signature=secret"
                return httpx.Response(200, json={"upload_url": upload, "file_url": place})
            case "POST", ["storage", "auth", "token"] if "token" in self.routes:
                self.tokens += 1
                token = {"token": f"t-{self.tokens}", "token_type": "Bearer", "base_url": FILES, "expires_at": "soon"}
                return httpx.Response(200, json=token)
            case "POST", ["files", "upload"]:
                self.kept[place] = body
                return httpx.Response(200, json={"access_url": place})
            case "POST", ["files", "upload", "multipart"]:
                return httpx.Response(200, json={"access_url": f"{FILES}/multipart-by-token", "uploadId": "u-2"})
            case "POST", [*_, "complete"]:
                self.complete = json.loads(body)["parts"]
                return httpx.Response(200, json={})
            case "PUT", ["multipart-by-token", "multipart", "u-2", number]:
                self.kept[path] = body
                return httpx.Response(200, headers={"ETag": f'"tag-{number}"'})
            case "PUT", ["multipart", "u-1", number]:
                self.kept[path] = body
                return httpx.Response(200, json={"partNumber": int(number), "etag": f'"tag-{number}"'})
            case "PUT", _:
                self.kept[str(request.url.copy_with(query=None))] = body
                return httpx.Response(200)
        return httpx.Response(404, json={"detail": "Not Found"})

    def told(self) -> list[str]:
        """Method and path of every request."""
        return [f"{request.method} {request.url.path}" for request in self.asked]


@dataclass
class Desk:
    """One build's uploads, over a store that outlives it, at a time of its own."""

    storage: Storage
    uploads: Uploads
    ledger: StoreLedger
    slept: list[float]
    photo: Path
    patience: Patience

    async def send(self, path: Path | None = None) -> str:
        path = path or self.photo
        return await self.uploads.url_of(_digest(path), path)


@asynccontextmanager
async def desk_at(folder: Path, storage: Storage, *, days: float = 0) -> AsyncIterator[Desk]:
    """A build `days` after the first one."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    def now() -> datetime:
        return START + timedelta(days=days)

    root = folder / "store"
    root.mkdir(exist_ok=True)
    with Database.open(root) as database:
        ledger = StoreLedger(database, now)
        async with connect(FAL, KEY, transport=storage) as http:
            patience = Patience()
            uploads = Uploads(http, FAL, ledger, sleep, patience, now)
            yield Desk(storage, uploads, ledger, slept, picture(folder / "photo.png"), patience)


def _digest(path: Path) -> str:
    return f"sha256:{path.name}" if path.stat().st_size > LARGEST_WHOLE else digest_bytes(path.read_bytes())


def lost(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("a test")


def status(code: int, detail: str = "no") -> Fault:
    return lambda _request: httpx.Response(code, json={"detail": detail})


def through(_request: httpx.Request) -> None:
    """No fault."""


# Once per content, until it expires


async def test_a_file_is_uploaded_once_for_all_builds_and_asks_to_be_deleted(tmp_path: Path) -> None:
    storage = Storage()
    async with desk_at(tmp_path, storage) as desk:
        url = await desk.send()
        assert await desk.send() == url
        assert storage.told() == ["POST /storage/upload/initiate", "PUT /files/1"]
        assert storage.kept == {url: desk.photo.read_bytes()}
    initiate, put = storage.asked
    assert initiate.url.params["storage_type"] == "fal-cdn-v3"
    assert initiate.headers["X-Fal-Object-Lifecycle"] == LIFE
    assert initiate.headers["X-Fal-Object-Lifecycle-Preference"] == LIFE
    assert initiate.headers["Authorization"] == f"Key {KEY}"
    assert "Authorization" not in put.headers
    assert put.headers["Content-Type"] == "image/png"
    async with desk_at(tmp_path, storage, days=28.9) as desk:
        assert await desk.send() == url
        assert await desk.send() == url
    assert storage.told()[2:] == ["HEAD /files/1"]


async def test_an_upload_that_expires_within_a_day_is_made_again(tmp_path: Path) -> None:
    storage = Storage()
    async with desk_at(tmp_path, storage) as desk:
        first = await desk.send()
    async with desk_at(tmp_path, storage, days=29.1) as desk:
        second = await desk.send()
    async with desk_at(tmp_path, storage, days=58) as desk:
        assert await desk.send() == second != first
    assert [line for line in storage.told() if line.startswith("HEAD")] == ["HEAD /files/2"]


@pytest.mark.parametrize(("answer", "again"), [(403, True), (404, True), (410, True), (405, False), (503, False)])
async def test_an_upload_that_is_gone_is_made_again(tmp_path: Path, answer: int, again: bool) -> None:
    storage = Storage()
    async with desk_at(tmp_path, storage) as desk:
        first = await desk.send()
    storage.heads = answer
    async with desk_at(tmp_path, storage, days=1) as desk:
        assert (await desk.send() != first) is again


async def test_an_upload_that_cannot_be_looked_at_is_used(tmp_path: Path) -> None:
    storage = Storage()
    async with desk_at(tmp_path, storage) as desk:
        first = await desk.send()
    storage.faults.append(lost)
    async with desk_at(tmp_path, storage, days=1) as desk:
        assert await desk.send() == first


async def test_steps_that_share_a_picture_wait_for_one_upload(tmp_path: Path) -> None:
    storage, urls = Storage(), set[str]()
    async with desk_at(tmp_path, storage) as desk:

        async def send() -> None:
            urls.add(await desk.send())

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(send)
    assert len(urls) == 1
    assert len(storage.kept) == 1


async def test_two_builds_at_once_may_both_upload_and_the_last_address_stays(tmp_path: Path) -> None:
    storage, urls = Storage(), list[str]()
    async with desk_at(tmp_path, storage) as one, desk_at(tmp_path, storage) as other:

        async def send(desk: Desk) -> None:
            urls.append(await desk.send())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, one)
            tasks.start_soon(send, other)
        remembered = await one.ledger.upload_of(_digest(one.photo), "rest.fal.ai")
    assert len(set(urls)) == 2
    assert remembered in urls


async def test_what_a_model_could_not_read_is_uploaded_again_once(tmp_path: Path) -> None:
    error = Rejected("the model could not read its input")
    error.findings = (Finding("image_url", "Failed to download", "file_download_error"),)
    async with desk_at(tmp_path, Storage()) as desk:
        first = await desk.send()
        inputs = {first: _digest(desk.photo)}
        assert not desk.uploads.forget_refused(Rejected("something else"), inputs)
        assert await desk.send() == first
        assert desk.uploads.forget_refused(error, inputs)
        second = await desk.send()
        assert second != first
        assert not desk.uploads.forget_refused(error, {second: _digest(desk.photo)})
    async with desk_at(tmp_path, Storage(), days=1) as desk:
        assert await desk.send() == second


async def test_addresses_of_others_are_not_forgotten(tmp_path: Path) -> None:
    error = Rejected("the model could not read its input")
    error.findings = (Finding("image_url", "Failed to download", "file_download_error"),)
    async with desk_at(tmp_path, Storage()) as desk:
        assert not desk.uploads.forget_refused(error, {"https://example.com/a.png": _digest(desk.photo)})
        await desk.send()
        assert not desk.uploads.forget_refused(error, {"https://example.com/a.png": _digest(desk.photo)})


# The ways of sending


@pytest.mark.parametrize("missing", [404, 405, 501])
async def test_without_initiate_a_token_lets_the_file_in(tmp_path: Path, missing: int) -> None:
    storage = Storage(faults=[status(missing)])
    async with desk_at(tmp_path, storage) as desk:
        url = await desk.send()
        assert storage.kept == {url: desk.photo.read_bytes()}
    _, token, upload = storage.asked
    assert token.headers["Authorization"] == f"Key {KEY}"
    assert token.url.params["storage_type"] == "fal-cdn-v3"
    assert upload.headers["Authorization"] == "Bearer t-1"
    assert upload.headers["X-Fal-Object-Lifecycle"] == LIFE
    assert upload.headers["Content-Type"] == "image/png"
    assert upload.headers["X-Fal-File-Name"].endswith(".png")


async def test_a_token_reaches_a_storage_that_is_also_the_queue(tmp_path: Path) -> None:
    """As at a stand-in, where every host is one: there the key must not take the token's place."""
    storage = Storage(faults=[status(404), lambda _request: httpx.Response(200, json=token)])
    token = {"token": "t-9", "token_type": "Bearer", "base_url": FAL.queue}
    async with desk_at(tmp_path, storage) as desk:
        await desk.send()
    assert storage.asked[-1].url.host == "queue.fal.run"
    assert storage.asked[-1].headers["Authorization"] == "Bearer t-9"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of five bytes more than goes in one piece, mostly a hole."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.seek(LARGEST_WHOLE)
        file.write(b"the end"[:5])
    return path


@pytest.fixture
def handles(monkeypatch: pytest.MonkeyPatch) -> list[io.IOBase]:
    """Every file that was opened to be sent."""
    return opened_files(monkeypatch)


async def test_a_large_file_goes_in_parts_and_a_lost_part_is_sent_again(
    tmp_path: Path, large: Path, handles: list[io.IOBase]
) -> None:
    storage = Storage(faults=[through, through, lost, status(503), through, status(500)])
    async with desk_at(tmp_path, storage) as desk:
        url = await desk.send(large)
        assert desk.slept == [0.5, 1.0, 0.5]
    parts = [f"/multipart/u-1/{number}" for number in range(1, 11)]
    assert url == f"{FILES}/files/1"
    assert [len(storage.kept[part]) for part in parts] == [PART] * 9 + [5]
    assert storage.kept[parts[-1]] == b"the e"
    assert storage.complete == [{"partNumber": number, "etag": f'"tag-{number}"'} for number in range(1, 11)]
    puts = [f"PUT {part}" for part in parts]
    expected = [puts[0], *[puts[1]] * 3, *[puts[2]] * 2, *puts[3:]]
    assert storage.told() == ["POST /storage/upload/initiate-multipart", *expected, "POST /multipart/u-1/complete"]
    assert storage.asked[0].headers["X-Fal-Object-Lifecycle"] == LIFE
    for request in storage.asked[1:]:
        assert request.url.query == b"X-Signature=secret"
        assert "Authorization" not in request.headers
    assert storage.largest_piece <= 1 << 20
    assert len(handles) == 13
    assert all(handle.closed for handle in handles)


async def test_a_large_file_goes_in_parts_by_token_where_that_is_the_only_way(tmp_path: Path, large: Path) -> None:
    storage = Storage(routes=("token",))
    async with desk_at(tmp_path, storage) as desk:
        assert await desk.send(large) == f"{FILES}/multipart-by-token"
    assert [len(body) for body in storage.kept.values()] == [PART] * 9 + [5]
    assert storage.complete[-1] == {"partNumber": 10, "etag": '"tag-10"'}
    tokens = [request.headers["Authorization"] for request in storage.asked if request.url.host == "v3.fal.media"]
    assert tokens == [f"Bearer t-{number}" for number in range(1, 13)]
    assert storage.asked[2].headers["X-Fal-Object-Lifecycle"] == LIFE


async def test_ctrl_c_leaves_no_file_open(tmp_path: Path, large: Path, handles: list[io.IOBase]) -> None:
    async with desk_at(tmp_path, Storage()) as desk:
        with anyio.CancelScope() as scope:

            def press(_request: httpx.Request) -> None:
                scope.cancel()

            desk.storage.faults += [through, through, press]
            await desk.send(large)
        assert scope.cancelled_caught
        assert await desk.ledger.upload_of(_digest(large), "rest.fal.ai") is None
    assert len(handles) == 2
    assert all(handle.closed for handle in handles)


@pytest.mark.parametrize(
    ("content", "media_type", "suffix"),
    [
        (b"PK\x03\x04 and more", "application/zip", ".zip"),
        (b"\xff\xd8\xff and more", "image/jpeg", ".jpg"),
        (marker(), "application/octet-stream", ".safetensors"),
        (b"nothing known", "application/octet-stream", ""),
    ],
)
async def test_a_file_is_named_by_what_is_in_it(tmp_path: Path, content: bytes, media_type: str, suffix: str) -> None:
    path = tmp_path / "maya_brooks_passport.txt"
    path.write_bytes(content)
    async with desk_at(tmp_path, Storage()) as desk:
        await desk.send(path)
    assert desk.storage.names == [_digest(path).removeprefix("sha256:")[:16] + suffix]
    assert desk.storage.asked[1].headers["Content-Type"] == media_type


# Bad days


@pytest.mark.parametrize("closed", [400, 401, 403, 404, 409, 410, 412])
async def test_an_address_that_takes_no_more_is_given_up_for_a_new_one(tmp_path: Path, closed: int) -> None:
    storage = Storage(faults=[through, status(closed)])
    async with desk_at(tmp_path, storage) as desk:
        assert await desk.send() == f"{FILES}/files/2"
    initiate = "POST /storage/upload/initiate"
    assert storage.told() == [initiate, "PUT /files/1", initiate, "PUT /files/2"]


async def test_files_that_nobody_lets_in_are_not_the_keys_fault(tmp_path: Path) -> None:
    storage = Storage(faults=[through, status(403)] * 3)
    async with desk_at(tmp_path, storage) as desk:
        with pytest.raises(Unreachable) as caught:
            await desk.send()
    assert str(caught.value) == "an input file could not be uploaded to fal (status 403); nothing was bought"
    assert len(storage.asked) == 6


async def test_a_refused_key_is_said_at_once(tmp_path: Path) -> None:
    storage = Storage(faults=[status(401)])
    async with desk_at(tmp_path, storage) as desk:
        with pytest.raises(Unauthorised):
            await desk.send()
    assert len(storage.asked) == 1


async def test_a_file_that_is_refused_buys_nothing(tmp_path: Path) -> None:
    detail = "https://v3.fal.media/files/1?X-Signature=secret is too large"
    async with desk_at(tmp_path, Storage(faults=[through, status(413, detail)])) as desk:
        with pytest.raises(Rejected, match="nothing was bought") as caught:
            await desk.send()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"upload_url": 7, "file_url": ""}', b'{"file_url": "x"}'])
async def test_an_answer_without_an_address_is_said_as_such(tmp_path: Path, body: bytes) -> None:
    storage = Storage(faults=[lambda _request: httpx.Response(200, content=body)])
    async with desk_at(tmp_path, storage) as desk:
        with pytest.raises(Unreachable, match=r"the answer.* file_url.*; nothing was bought"):
            await desk.send()
        assert desk.slept == []


async def test_ten_minutes_without_a_network_cost_nothing_but_time(tmp_path: Path) -> None:
    notes: list[str] = []
    async with desk_at(tmp_path, Storage()) as desk:

        def away(request: httpx.Request) -> httpx.Response | None:
            if sum(desk.slept) < 600:
                desk.storage.faults.append(away)
                raise httpx.ConnectError("a test", request=request)
            return None

        desk.patience.heard("v3.fal.media")
        desk.storage.faults += [through, away]
        url = await desk.uploads.url_of(_digest(desk.photo), desk.photo, notes.append)
        assert desk.storage.kept == {url: desk.photo.read_bytes()}
        assert sum(desk.slept) >= 600
    assert notes == [AWAY, BACK]


async def test_a_machine_without_a_network_hears_of_it_soon(tmp_path: Path) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("a test", request=request)

    async with desk_at(tmp_path, Storage(faults=[away] * 20)) as desk:
        with pytest.raises(Unreachable, match=r"uploaded to fal \(ConnectError\); nothing was bought"):
            await desk.send()
        assert sum(desk.slept) <= 20


# Judged before


START_FRAME = "fal-ai/kling-video/o1/standard/image-to-video"
ELEMENTS = "fal-ai/kling-video/o3/standard/reference-to-video"


def _refused(endpoint: str, arguments: Json, path: Path) -> Rejected:
    with pytest.raises(Rejected) as caught:
        refuse_unfit(builtin().endpoint(endpoint), arguments, lambda _ref: path, "proof.clip")
    assert caught.value.charge == "no"
    return caught.value


def _plain(path: Path, size: tuple[int, int]) -> Path:
    Image.new("RGB", size).save(path, "PNG")
    return path


FRAME = StepRef("hook.last", "image").to_json()


def test_a_frame_that_is_too_small_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    error = _refused(START_FRAME, {"start_image_url": FRAME}, _plain(tmp_path / "f", (280, 500)))
    assert str(error) == (
        "Kling O1 First/Last Frame [Standard] would refuse proof.clip, so nothing was sent or bought: "
        "start_image_url: what hook.last made has 280x500 pixels; at least 300x300 are needed"
    )
    assert error.findings == (
        Finding(
            "start_image_url", "what hook.last made has 280x500 pixels; at least 300x300 are needed", "image_too_small"
        ),
    )


def test_a_frame_of_the_wrong_shape_is_refused(tmp_path: Path) -> None:
    error = _refused(START_FRAME, {"end_image_url": FRAME}, _plain(tmp_path / "f", (300, 800)))
    assert "end_image_url: what hook.last made has 300x800 pixels; shapes from 2:5 to 5:2 are taken" in str(error)
    assert [finding.type for finding in error.findings] == ["value_error"]


def test_a_file_that_is_too_heavy_is_refused(tmp_path: Path) -> None:
    path = _plain(tmp_path / "f", (400, 400))
    with path.open("r+b") as file:
        file.truncate(10_485_761)
    error = _refused(START_FRAME, {"start_image_url": FRAME}, path)
    assert "has 10.5 MB (10485761 bytes); at most 10.5 MB (10485760) are taken" in str(error)
    assert [finding.type for finding in error.findings] == ["file_too_large"]


def test_a_picture_with_too_many_pixels_is_refused(tmp_path: Path) -> None:
    error = _refused("fal-ai/moondream3-preview/query", {"image_url": FRAME}, _plain(tmp_path / "f", (7001, 10)))
    assert "has 7001x10 pixels; at most 7000x7000 are taken" in str(error)


def test_every_place_is_judged_also_inside_lists_and_for_films(tmp_path: Path) -> None:
    of_the_spec = FileRef("sha256:a").to_json()
    elements: Json = [{"frontal_image_url": of_the_spec}, {"frontal_image_url": FRAME, "video_url": FRAME}]
    error = _refused(ELEMENTS, {"elements": elements}, film(tmp_path / "f.mp4"))
    assert [finding.path for finding in error.findings] == ["elements/1/video_url"]
    assert "elements/1/video_url: what hook.last made has 320x480 pixels; at least 720x720 are needed" in str(error)
    error = _refused(ELEMENTS, {"elements": elements}, _plain(tmp_path / "f", (200, 300)))
    assert [finding.path for finding in error.findings] == ["elements/1/frontal_image_url", "elements/1/video_url"]


def test_files_that_fit_or_have_no_limits_pass(tmp_path: Path) -> None:
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "a")
    good = _plain(tmp_path / "good", (720, 1280))
    catalogue = builtin()
    refuse_unfit(catalogue.endpoint(START_FRAME), {"start_image_url": FRAME, "prompt": "x"}, lambda _: good, "a")
    training = catalogue.endpoint("fal-ai/flux-lora-fast-training")
    refuse_unfit(training, {"images_data_url": FRAME}, lambda _: archive, "a")
    refuse_unfit(catalogue.endpoint(START_FRAME), {"start_image_url": FRAME}, lambda _: archive, "a")


# Against the stand-in


@pytest.mark.parametrize("has_initiate", [True, False])
async def test_the_stand_in_takes_files_whole_and_in_parts(tmp_path: Path, large: Path, has_initiate: bool) -> None:
    async def sleep(_seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    photo = picture(tmp_path / "photo.png")
    with sim_at(tmp_path) as sim:
        async with connect(hosts_at(sim.url), KEY) as http:
            way = Way(http, hosts_at(sim.url), sleep)
            for path in (photo, large):
                if not has_initiate:
                    sim.faults.add(Refuse("initiate", 404))
                places: tuple[Place, ...] = ("initiate", "upload")
                for place in places:
                    sim.faults.add(Lose(place, share=0))
                place_of_it = (await way.send(path, "photo")).removeprefix(f"{sim.url}/files/")
                assert (sim.folder / place_of_it).read_bytes() == path.read_bytes()
        assert sim.faults.waiting == ()
