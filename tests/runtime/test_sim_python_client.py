"""fal's own Python client talks to the stand-in, unchanged but for the addresses that it holds as constants."""

import gc
from collections.abc import Iterator
from pathlib import Path

import fal_client
import fal_client.client
import httpx
import pytest
from support.sim import KEY, Sim, picture, sim_at

from adc.runtime.sim.faults import Fail, Refuse

VOICE = "fal-ai/elevenlabs/tts/multilingual-v2"
STILL = "fal-ai/ideogram/character"


pytestmark = [
    # the client never closes the connections that it uploads with
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim") as running:
        monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{running.url}/")
        monkeypatch.setattr(fal_client.client, "REST_URL", running.url)
        monkeypatch.setattr(fal_client.client, "CDN_URL", running.url)
        yield running


@pytest.fixture
def client(sim: Sim) -> Iterator[fal_client.SyncClient]:
    client = fal_client.SyncClient(key=KEY)
    yield client
    client._client.close()
    del client
    gc.collect()  # what it left open is found here, and not under a later test


def test_subscribe_tells_every_state_and_gives_the_result(sim: Sim, client: fal_client.SyncClient) -> None:
    seen: list[fal_client.Status] = []
    result = client.subscribe(VOICE, {"text": "Two drops."}, with_logs=True, on_queue_update=seen.append)
    assert isinstance(seen[-1], fal_client.Completed)
    assert seen[-1].logs is not None
    assert seen[-1].logs[-1]["message"] == "ended with 200"
    assert seen[-1].metrics["inference_time"] >= 0
    assert httpx.get(result["audio"]["url"], trust_env=False).status_code == 200
    assert len(sim.billed()) == 1


def test_a_handle_of_a_submit_and_one_of_its_id_lead_to_the_same(client: fal_client.SyncClient) -> None:
    handle = client.submit(VOICE, {"text": "Two drops."}, start_timeout=60, priority="low")
    other = client.get_handle(VOICE, handle.request_id)
    assert (other.status_url, other.response_url, other.cancel_url) == (
        handle.status_url,
        handle.response_url,
        handle.cancel_url,
    )
    assert handle.get() == other.get()
    with pytest.raises(fal_client.FalClientHTTPError, match="ALREADY_COMPLETED"):
        handle.cancel()


def test_failures_have_the_clients_own_classes(sim: Sim, client: fal_client.SyncClient) -> None:
    with pytest.raises(fal_client.FalClientHTTPError) as wrong:
        client.subscribe(VOICE, {"text": "x", "speed": 99})
    assert wrong.value.status_code == 422
    assert "speed" in str(wrong.value)
    sim.faults.add(Fail(503, error_type="runner_disconnected"))
    handle = client.submit(VOICE, {"text": "x"})
    with pytest.raises(fal_client.FalClientHTTPError) as failed:
        handle.get()
    assert (failed.value.status_code, failed.value.error_type) == (503, "runner_disconnected")
    status = handle.status()
    assert isinstance(status, fal_client.Completed)
    assert (status.error, status.error_type) == ("Invalid status code: 503", "runner_disconnected")


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_uploads_by_token_and_by_place(
    sim: Sim, client: fal_client.SyncClient, tmp_path: Path, repository: fal_client.client.UploadRepositoryId
) -> None:
    photo = picture(tmp_path / "maya.png")
    url = client.upload_file(photo, repository=repository, lifecycle=fal_client.client.StorageSettings(expires_in="1d"))
    assert httpx.get(url, trust_env=False).content == photo.read_bytes()
    result = client.subscribe(STILL, {"prompt": "Maya", "reference_image_urls": [url]})
    assert result["images"][0]["content_type"] == "image/png"


def test_an_upload_falls_back_where_the_first_way_is_refused(
    sim: Sim, client: fal_client.SyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    sim.faults.add(Refuse("upload", 404))
    url = client.upload(b"bytes", "text/plain", "a.txt")
    assert "falling back" in caplog.text
    assert httpx.get(url, trust_env=False).content == b"bytes"


def test_an_upload_in_parts(client: fal_client.SyncClient) -> None:
    data = bytes(range(256)) * 10
    with httpx.Client(trust_env=False) as http:
        url = fal_client.client.MultipartUpload.save(
            client=http,
            token_manager=client._token_manager,
            file_name="photos.zip",
            data=data,
            content_type="application/zip",
            chunk_size=1000,
        )
        assert url.endswith("/photos.zip")
        assert http.get(url).content == data
        wrong = {"parts": [{"partNumber": 1, "etag": "other"}]}
        parts = http.post(
            f"{url.partition('/files/')[0]}/storage/upload/initiate-multipart",
            json={"file_name": "b.zip", "content_type": "application/zip"},
            headers={"Authorization": "Key any"},
        ).json()["upload_url"]
        assert http.put(f"{parts}/1", content=b"x").json()["partNumber"] == 1
        assert http.put(f"{parts}/0", content=b"x").status_code == 404
        assert http.post(f"{parts}/complete", json=wrong).status_code == 400
        assert http.post(f"{parts}/complete", json=[]).status_code == 422
        assert http.put(f"{parts}0/1", content=b"x").status_code == 404


@pytest.mark.anyio
async def test_the_asynchronous_client_too(sim: Sim) -> None:
    client = fal_client.AsyncClient(key=KEY)
    url = await client.upload(b"bytes", "text/plain", "a.txt")
    result = await client.subscribe(VOICE, {"text": "Two drops."}, on_queue_update=lambda _status: None)
    assert result["audio"]["content_type"] == "audio/wav"
    handle = await client.submit(VOICE, {"text": "More."})
    seen = [status async for status in handle.iter_events(interval=0.01)]
    assert isinstance(seen[-1], fal_client.Completed)
    assert (await handle.get())["audio"]["url"] != url
    assert len(sim.billed()) == 2
    await (await client._client).aclose()
