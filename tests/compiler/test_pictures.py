"""Measuring pictures: the same answer as Pillow for what Pillow wrote, and never anything but `NotAPicture`."""

import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.spec_cases import picture

from adc.compiler.pictures import NotAPicture, measure
from adc.compiler.units import Size


def written(form: str, mode: str = "RGB", **options: object) -> bytes:
    data = io.BytesIO()
    Image.new(mode, (321, 123), 1).save(data, form, **options)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (written("PNG"), "image/png"),
        (written("PNG", "P"), "image/png"),
        (written("PNG", "RGBA"), "image/png"),
        (written("JPEG"), "image/jpeg"),
        (written("JPEG", "L", progressive=True), "image/jpeg"),
        (written("JPEG", "CMYK", comment=b"x" * 500), "image/jpeg"),
        (written("WEBP"), "image/webp"),
        (written("WEBP", lossless=True), "image/webp"),
        (written("WEBP", "RGBA", exif=Image.Exif().tobytes()), "image/webp"),
    ],
)
def test_what_pillow_writes_is_measured(data: bytes, media_type: str) -> None:
    measured = measure(data)
    assert measured.media_type == media_type
    assert measured.size == Size(321, 123)


@pytest.mark.parametrize("order", ["MM", "II"])
@pytest.mark.parametrize(("orientation", "size"), [(1, Size(321, 123)), (6, Size(123, 321)), (8, Size(123, 321))])
def test_a_photo_taken_sideways_is_measured_as_it_is_seen(order: str, orientation: int, size: Size) -> None:
    exif = Image.Exif()
    exif.endian = ">" if order == "MM" else "<"
    exif[0x0112] = orientation
    assert measure(written("JPEG", exif=exif.tobytes())).size == size


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_that_was_cut_short_is_refused(form: str) -> None:
    data = picture(200, 200, form)
    for length in (0, 1, 11, 20, 30, len(data) // 2, len(data) - 2):
        with pytest.raises(NotAPicture):
            measure(data[:length])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.data())
def test_damage_is_refused_or_survived(form: str, data: st.DataObject) -> None:
    whole = bytearray(picture(40, 30, form))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(3, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(NotAPicture):
        assert measure(bytes(whole)).size.width > 0
