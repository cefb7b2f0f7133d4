"""Prices to the cent, worked out by hand from the sellers' own pages."""

from decimal import Decimal
from fractions import Fraction

import pytest
from support.scripts import endpoint

from adc.compiler.frozen import replace
from adc.compiler.plan import Json
from adc.compiler.price import price

CASES: list[tuple[str, dict[str, Json], str]] = [
    ("ideogram/character", {}, "0.15"),
    ("ideogram/character", {"rendering_speed": "TURBO"}, "0.10"),
    ("ideogram/character", {"rendering_speed": "QUALITY", "num_images": 4}, "0.80"),
    ("kling-video/o1/reference-to-video", {"duration": "10"}, "1.12"),
    ("kling-video/o1/reference-to-video", {}, "0.56"),
    ("kling-video/o1/image-to-video", {"duration": "3"}, "0.336"),
    ("kling-video/o1/standard/reference-to-video", {"duration": "10"}, "0.84"),
    ("kling-video/o1/standard/image-to-video", {"duration": "5"}, "0.42"),
    ("kling-video/o3/standard/image-to-video", {"duration": "10"}, "0.84"),
    ("kling-video/o3/standard/image-to-video", {"duration": "10", "generate_audio": True}, "1.12"),
    ("kling-video/o3/standard/reference-to-video", {"duration": "15", "generate_audio": False}, "1.26"),
    ("kling-video/o3/standard/text-to-video", {"duration": "15", "generate_audio": True}, "1.68"),
    ("kling-video/o3/pro/image-to-video", {"duration": "10"}, "1.12"),
    ("kling-video/o3/pro/reference-to-video", {"duration": "10", "generate_audio": True}, "1.40"),
    ("kling-video/o3/pro/text-to-video", {"duration": "3", "generate_audio": False}, "0.336"),
    ("kling-video/o3/4k/image-to-video", {"duration": "10", "generate_audio": True}, "4.20"),
    ("kling-video/o3/4k/reference-to-video", {"duration": "10", "generate_audio": False}, "4.20"),
    ("veo3.1", {}, "3.20"),  # sound is on unless the request says no
    ("veo3.1", {"duration": "8s", "generate_audio": False}, "1.60"),
    ("veo3.1", {"duration": "4s", "resolution": "4k", "generate_audio": True}, "2.40"),
    ("veo3.1/image-to-video", {"duration": "6s", "resolution": "1080p", "generate_audio": True}, "2.40"),
    ("veo3.1/first-last-frame-to-video", {"duration": "4s", "generate_audio": False}, "0.80"),
    ("veo3.1/reference-to-video", {"resolution": "1080p", "generate_audio": True}, "3.20"),
    ("veo3.1/fast", {"duration": "8s", "generate_audio": True}, "1.20"),
    ("veo3.1/fast/image-to-video", {"duration": "4s", "resolution": "4k", "generate_audio": False}, "1.20"),
    ("veo3.1/fast/first-last-frame-to-video", {"duration": "6s"}, "0.90"),
    ("veo3.1/lite", {"duration": "8s"}, "0.40"),
    ("veo3.1/lite", {"duration": "8s", "resolution": "1080p"}, "0.64"),
    ("veo3.1/lite/image-to-video", {"duration": "4s", "resolution": "1080p", "generate_audio": False}, "0.20"),
    ("veo3.1/lite/first-last-frame-to-video", {"generate_audio": False}, "0.24"),
    ("nano-banana", {"num_images": 1}, "0.039"),
    ("nano-banana/edit", {"num_images": 2}, "0.078"),
    ("nano-banana-2", {}, "0.08"),
    ("nano-banana-2", {"resolution": "2K", "enable_web_search": True}, "0.135"),
    ("nano-banana-2/edit", {"resolution": "4K", "thinking_level": "high"}, "0.162"),
    ("nano-banana-pro", {"resolution": "2K"}, "0.15"),
    ("nano-banana-pro/edit", {"resolution": "4K", "enable_web_search": True}, "0.315"),
    ("flux-2", {"image_size": "square_hd"}, "0.012"),
    ("flux-2", {}, "0.012"),  # landscape_4_3 is three quarters of a megapixel
    ("flux-2", {"image_size": {"width": 1152, "height": 2048}, "num_images": 2}, "0.072"),
    ("flux-2/edit", {"image_size": "portrait_16_9", "image_urls": ["a", "b", "c"]}, "0.048"),
    ("elevenlabs/tts/eleven-v3", {"text": "x" * 400}, "0.04"),
    ("elevenlabs/tts/multilingual-v2", {"text": "x" * 1000}, "0.10"),
    ("elevenlabs/tts/turbo-v2.5", {"text": "x" * 400}, "0.02"),
    ("minimax/speech-2.8-hd", {"prompt": "x" * 250}, "0.025"),
    ("elevenlabs/music", {"music_length_ms": 15_000}, "0.80"),  # a minute is the least
    ("elevenlabs/music", {"music_length_ms": 60_000}, "0.80"),
    ("elevenlabs/music", {"music_length_ms": 60_001}, "1.60"),
    ("stable-audio-25/text-to-audio", {"seconds_total": 30}, "0.20"),
    ("stable-audio-25/text-to-audio", {}, "0.20"),
    ("elevenlabs/sound-effects/v2", {"duration_seconds": 5}, "0.01"),
    ("elevenlabs/sound-effects/v2", {"duration_seconds": 0.5}, "0.001"),
    ("flux-2-pro", {"image_size": "square_hd"}, "0.03"),
    ("flux-2-pro", {"image_size": {"width": 1152, "height": 2048}}, "0.06"),  # 3 of them: 0.03 and twice 0.015
    ("flux-2-pro/edit", {"image_size": "square_hd", "image_urls": ["a", "b"]}, "0.06"),
    ("flux-2-flex", {"image_size": {"width": 1152, "height": 2048}}, "0.15"),
    ("flux-2-flex/edit", {"image_size": "square_hd", "image_urls": ["a", "b"]}, "0.15"),
    ("flux-lora", {"image_size": {"width": 1008, "height": 1792}}, "0.07"),
    ("flux-lora", {"image_size": "square_hd", "num_images": 3}, "0.105"),
    ("flux-2/lora", {"image_size": {"width": 1152, "height": 2048}}, "0.063"),
    ("flux-2/lora/edit", {"image_size": "square_hd", "image_urls": ["a"]}, "0.042"),
    ("flux-lora-fast-training", {"steps": 1000}, "2.00"),
    ("flux-2-trainer", {"steps": 500}, "3.20"),
    ("flux-2-trainer", {}, "6.40"),
    ("moondream3-preview/query", {}, "0.0015"),
    ("bytedance/seedance-2.0/reference-to-video", {"duration": "10", "resolution": "720p"}, "3.024"),
    ("bytedance/seedance-2.0/image-to-video", {"duration": "4"}, "1.2136"),
]

DUBBED: list[tuple[str, dict[str, Json], str, str]] = [
    ("kling-video/lipsync/audio-to-video", {}, "5", "0.07"),
    ("kling-video/lipsync/audio-to-video", {}, "5.1", "0.14"),  # as 10 s
    ("kling-video/lipsync/audio-to-video", {}, "2", "0.07"),
    ("sync-lipsync/v2", {}, "8", "0.40"),
    ("sync-lipsync/v2", {"model": "lipsync-2-pro"}, "30", "2.50"),
    ("sync-lipsync/v2", {}, "0.1", "0.005"),
]
"""With the length of the clip that is sent, in seconds."""


@pytest.mark.parametrize(("endpoint_id", "arguments", "usd"), CASES)
def test_price_to_the_cent(endpoint_id: str, arguments: dict[str, Json], usd: str) -> None:
    found = price(endpoint(endpoint_id), arguments)
    assert found.usd == Decimal(usd)
    assert found.mark == endpoint(endpoint_id).price.mark


def test_every_endpoint_has_a_price_that_is_worked_out_by_hand() -> None:
    from adc.compiler.catalogue import builtin

    ids = [*(endpoint_id for endpoint_id, *_ in CASES), *(endpoint_id for endpoint_id, *_ in DUBBED)]
    priced = {endpoint(endpoint_id).id for endpoint_id in ids}
    assert priced == {each.id for each in builtin().endpoints}


@pytest.mark.parametrize(("endpoint_id", "arguments", "seconds", "usd"), DUBBED)
def test_dubbing_is_paid_by_the_length_of_the_clip(
    endpoint_id: str, arguments: dict[str, Json], seconds: str, usd: str
) -> None:
    assert price(endpoint(endpoint_id), arguments, clip=Fraction(seconds)).usd == Decimal(usd)
    assert price(endpoint(endpoint_id), arguments).mark == "unknown"


def test_the_quantity_is_told_in_the_unit_of_the_price() -> None:
    clip = price(endpoint("veo3.1"), {"duration": "8s"})
    assert (clip.quantity, clip.unit) == ("8", "second")
    voice = price(endpoint("elevenlabs/tts/eleven-v3"), {"text": "x" * 437})
    assert (voice.quantity, voice.unit, voice.usd) == ("0.437", "1k chars", Decimal("0.0437"))
    bed = price(endpoint("elevenlabs/music"), {"music_length_ms": 90_000})
    assert (bed.quantity, bed.unit) == ("2", "minute")
    dub = price(endpoint("sync-lipsync/v2"), {}, clip=Fraction(8))
    assert (dub.quantity, dub.unit) == ("0.1334", "minute")


def test_a_fraction_of_a_hundredth_of_a_cent_is_rounded_against_us() -> None:
    assert price(endpoint("elevenlabs/tts/turbo-v2.5"), {"text": "x"}).usd == Decimal("0.0001")


@pytest.mark.parametrize(
    ("endpoint_id", "arguments"),
    [
        ("veo3.1", {"resolution": "8k"}),
        ("kling-video/o1/reference-to-video", {"duration": "auto"}),
        ("flux-2", {"image_size": "poster"}),
        ("elevenlabs/tts/eleven-v3", {}),
        ("elevenlabs/music", {}),  # as long as the model likes
        ("elevenlabs/sound-effects/v2", {"duration_seconds": None}),
        ("flux-lora-fast-training", {}),
        ("flux-2-pro/edit", {"image_size": "auto"}),
        ("bytedance/seedance-2.0/reference-to-video", {"duration": "5", "resolution": "1080p"}),
        ("bytedance/seedance-2.0/reference-to-video", {"resolution": "720p"}),
    ],
)
def test_what_the_formula_does_not_cover_is_unknown_and_never_guessed(
    endpoint_id: str, arguments: dict[str, Json]
) -> None:
    found = price(endpoint(endpoint_id), arguments)
    assert (found.usd, found.mark) == (Decimal(0), "unknown")


def test_a_price_that_nobody_found_is_unknown() -> None:
    clip = endpoint("veo3.1")
    unpriced = replace(clip, price=replace(clip.price, mark="unknown"))
    assert price(unpriced, {"duration": "8s"}).mark == "unknown"
