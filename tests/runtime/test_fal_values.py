"""Hosts, keys and refusals: the small decisions that keep a key where it belongs."""

import pytest

from adc.compiler.digest import Engine
from adc.runtime.errors import AdcError, Unauthorised
from adc.runtime.fal.bring import url_at
from adc.runtime.fal.credentials import KeyAuth, key_from
from adc.runtime.fal.hosts import FAL, Hosts, hosts_at
from adc.runtime.fal.wire import connect


def test_only_fal_itself_is_the_engine_fal() -> None:
    assert FAL.engine == Engine("fal")
    assert hosts_at("http://127.0.0.1:8765").engine == Engine("sim")


def test_a_request_is_found_by_owner_and_app() -> None:
    assert FAL.submit_url("fal-ai/kling-video/o1/pro") == "https://queue.fal.run/fal-ai/kling-video/o1/pro"
    assert FAL.request_url("fal-ai/kling-video/o1/pro", "r") == "https://queue.fal.run/fal-ai/kling-video/requests/r"
    assert FAL.request_url("workflows/me/ad/x", "r") == "https://queue.fal.run/workflows/me/ad/requests/r"


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://queue.fal.run/a/b/requests/r/status", True),
        ("https://queue.fal.run:443/a", True),
        ("https://queue.fal.run.evil.example/a", False),
        ("https://queue.fal.run@evil.example/a", False),
        ("http://queue.fal.run/a", False),
        ("https://queue.fal.run:8443/a", False),
        ("https://queue.fal.run:port/a", False),
        ("/a/b", False),
        ("", False),
    ],
)
def test_the_key_follows_addresses_on_the_queues_host_only(url: str, followed: bool) -> None:
    assert (FAL.follow(url, "otherwise") == url) is followed
    assert FAL.trusts(url) is followed


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:8765", "ftp://x", "http://", "http://x/?a=b", "http://[x", "http://x:99999"]
)
def test_what_is_no_address_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(AdcError, match="must be like"):
        hosts_at(address)


@pytest.mark.parametrize("address", ["https://queue.fal.run", "https://FAL.run", "https://queue.falrun.com/"])
def test_fal_itself_is_no_stand_in(address: str) -> None:
    with pytest.raises(AdcError, match="cannot be a stand-in"):
        hosts_at(address)


def test_an_address_may_end_in_a_slash() -> None:
    assert hosts_at("http://127.0.0.1:8765/") == Hosts(*["http://127.0.0.1:8765"] * 3)


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({}, None),
        ({"FAL_KEY": ""}, None),
        ({"FAL_KEY": " id:secret\n"}, "id:secret"),
        ({"FAL_KEY_ID": "id", "FAL_KEY_SECRET": "secret"}, "id:secret"),
        ({"FAL_KEY_ID": "id"}, None),
        ({"FAL_KEY": "one", "FAL_KEY_ID": "id", "FAL_KEY_SECRET": "secret"}, "one"),
    ],
)
def test_where_the_key_comes_from(environ: dict[str, str], key: str | None) -> None:
    assert key_from(environ) == key


@pytest.mark.parametrize("key", ["planted\nkey", "planted key", "plantedkéy", "planted\x00key"])
def test_a_key_that_no_request_can_carry_is_refused_unseen(key: str) -> None:
    with pytest.raises(Unauthorised) as caught:
        key_from({"FAL_KEY": key})
    assert "planted" not in str(caught.value)


def test_the_key_is_shown_by_nothing() -> None:
    auth = KeyAuth("planted", FAL)
    assert "planted" not in repr(auth)
    assert "planted" not in repr(connect(FAL, "planted"))


def test_the_place_of_a_file_in_an_answer() -> None:
    url = "https://f.example/a.png"
    assert url_at({"images": [{"url": url}]}, "images/0") == url
    assert url_at({"audio": url}, "audio") == url
    assert url_at({"images": []}, "images/0") is None
    assert url_at({"images": {"url": url}}, "images/0") is None
    assert url_at({"video": {"url": "file:///etc/passwd"}}, "video") is None
    assert url_at(None, "video") is None
