"""Cards: readable in every shape, with the words inside the frame."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from support import filming

from adc.runtime.errors import MediaError
from adc.runtime.handlers.card import CardHandler
from adc.runtime.media import card, colour, typography
from adc.runtime.media.card import Card

SHAPES = [(1080, 1920), (1920, 1080), (1080, 1080), (270, 480)]


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((100, 100, 300, 300), fill=(200, 120, 30, 255))
    picture.save(tmp_path / "logo.png")
    return tmp_path / "logo.png"


def drawn(**changes: object) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    values: dict[str, object] = {"width": 540, "height": 960, "background": "#f4efe8", "headline": "Glow Serum"}
    return np.asarray(card.draw(Card(**(values | changes))))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("headline", ["Glow", "Thirty days to skin that you will not want to hide from anybody"])
def test_everything_stands_inside_the_margins(size: tuple[int, int], headline: str, logo: Path) -> None:
    lines = ("20% off your first bottle", "Free shipping until Sunday, returns within sixty days")
    picture = drawn(width=size[0], height=size[1], headline=headline, lines=lines, button="Shop now", logo=logo)
    assert picture.shape == (size[1], size[0], 3)
    drawn_on = np.abs(picture.astype(int) - np.array([0xF4, 0xEF, 0xE8])).max(axis=2) > 8
    rows, columns = np.flatnonzero(drawn_on.any(axis=1)), np.flatnonzero(drawn_on.any(axis=0))
    margin = round(min(size) * 0.05)
    assert margin <= rows[0]
    assert rows[-1] < size[1] - margin
    assert margin <= columns[0]
    assert columns[-1] < size[0] - margin
    assert abs((columns[0] + columns[-1]) / 2 - size[0] / 2) <= 0.01 * size[0] + 2


@pytest.mark.parametrize("size", [(540, 960), (960, 540)])
def test_what_is_cut_out_stands_there_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    cut = Image.new("RGBA", (200, 600), (0, 0, 0, 0))
    for top in (0, 560):
        ImageDraw.Draw(cut).rectangle((0, top, 199, top + 39), fill=(10, 90, 200, 255))
    cut.save(tmp_path / "cut.png")
    picture = drawn(width=size[0], height=size[1], image=tmp_path / "cut.png").astype(int)
    blue = np.abs(picture - np.array([10, 90, 200])).max(axis=2) < 12
    rows, columns = np.flatnonzero(blue.any(axis=1)), np.flatnonzero(blue.any(axis=0))
    assert (rows[-1] - rows[0]) / (columns[-1] - columns[0]) == pytest.approx(3, abs=0.05)
    assert rows[0] > 0
    assert columns[0] > 0


def test_the_ground_is_the_colour_that_was_written() -> None:
    assert tuple(drawn(background="#14213d")[0, 0]) == (0x14, 0x21, 0x3D)


@pytest.mark.parametrize("ground", ["#ffffff", "#f4efe8", "#14213d", "#e63946", "#808080", "#000000", "#ffd166"])
def test_words_can_be_read_on_every_ground(ground: str) -> None:
    behind = colour.parse(ground)
    ink = colour.ink_on(behind)
    assert colour.contrast(ink, behind) >= colour.VISIBLE
    assert colour.contrast(colour.softened(ink, behind), behind) >= colour.VISIBLE
    accent = colour.accent([Image.new("RGB", (8, 8), (200, 120, 30))], behind)
    assert colour.contrast(accent, behind) >= colour.VISIBLE
    assert colour.contrast(colour.ink_on(accent), accent) >= colour.VISIBLE


def test_the_button_takes_the_logos_colour_and_ink_without_one(logo: Path) -> None:
    with Image.open(logo) as picture:
        red, green, blue = colour.accent([picture], (255, 255, 255))
    assert red > green > blue
    assert colour.accent([Image.new("RGB", (8, 8), (90, 90, 90))], (255, 255, 255)) == colour.INK
    assert not np.array_equal(drawn(button="Shop now"), drawn())


def test_a_picture_stands_above_in_a_tall_frame_and_beside_in_a_wide_one(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), (10, 200, 10)).save(tmp_path / "photo.png")
    tall = drawn(image=tmp_path / "photo.png")
    wide = drawn(width=960, height=540, image=tmp_path / "photo.png")
    assert tuple(tall[100, 270]) == tuple(wide[270, 100]) == (10, 200, 10)
    assert tuple(tall[950, 270]) == tuple(wide[270, 950]) == (0xF4, 0xEF, 0xE8)


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("shape", [(900, 200), (300, 300)])
def test_the_logo_is_second_to_the_headline(size: tuple[int, int], shape: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGBA", shape, (0, 120, 0, 255)).save(tmp_path / "word.png")
    picture = drawn(width=size[0], height=size[1], headline="See you in thirty days", logo=tmp_path / "word.png")
    green = (picture[..., 1].astype(int) - picture[..., 0]) > 60
    dark = picture.max(axis=2) < 90
    logo_columns, words = np.flatnonzero(green.any(axis=0)), np.flatnonzero(dark.any(axis=0))
    logo_rows, lines = np.flatnonzero(green.any(axis=1)), np.flatnonzero(dark.any(axis=1))
    assert 0.2 < len(logo_columns) / (words[-1] - words[0]) < 0.75
    assert lines[0] - logo_rows[-1] > 0.08 * min(size), "the logo sits on the headline"


def test_a_headline_takes_two_lines_rather_than_three_hardly_larger_ones() -> None:
    picture = drawn(headline="See you in thirty days")
    rows = (picture.max(axis=2) < 90).any(axis=1)
    starts = np.flatnonzero(rows & ~np.roll(rows, 1))
    assert len(starts) == 2


def test_small_type_is_drawn_at_a_fraction_of_a_pixel() -> None:
    face = typography.font(14, typography.REGULAR)
    at_whole, at_half = (Image.new("L", (80, 30)) for _ in range(2))
    for image, x in ((at_whole, 10.0), (at_half, 10.5)):
        colours = Image.new("RGB", image.size)
        face.draw(colours, (x, 20), "Glow", (255, 255, 255))
        image.paste(colours.convert("L"))
    centre = [
        float((np.asarray(image) * np.arange(80)).sum() / np.asarray(image).sum()) for image in (at_whole, at_half)
    ]
    assert 0.3 < centre[1] - centre[0] < 0.7


def test_air_between_letters_is_measured_and_drawn() -> None:
    wide, plain = typography.font(20, typography.BOLD, 5.0), typography.font(20, typography.BOLD)
    assert wide.getlength("DRAFT") == pytest.approx(plain.getlength("DRAFT") + 4 * 5.0, abs=1.5)
    image = Image.new("RGBA", (200, 40), (0, 0, 0, 0))
    wide.draw(image, (190, 30), "DRAFT", (255, 255, 255), anchor="right")
    bounds = image.getchannel("A").getbbox()
    assert bounds is not None
    assert bounds[2] == pytest.approx(190, abs=2)
    assert bounds[2] - bounds[0] == pytest.approx(wide.getlength("DRAFT"), abs=4)


def test_lines_are_broken_evenly() -> None:
    face = typography.font(40, typography.BOLD)
    words = "Two drops every morning for thirty days"
    for width in (250, 400, 600):
        lines = typography.balanced(words, face, width)
        assert " ".join(lines) == words
        assert all(face.getlength(line) <= width for line in lines)
    assert typography.balanced("aaa bbb ccc ddd", face, int(face.getlength("aaa bbb ccc")) + 2) == [
        "aaa bbb",
        "ccc ddd",
    ]
    assert typography.balanced("", face, 100) == []


def test_weights_of_the_variable_font_differ() -> None:
    assert typography.font(60, 800).getlength("Glow") > typography.font(60, 400).getlength("Glow") * 1.03


def test_a_letter_that_the_font_lacks_is_named() -> None:
    with pytest.raises(MediaError, match=r"U\+1F600"):
        drawn(headline="Glow \U0001f600")
    drawn(headline="Größe, élan, Ελλάδα, Привет", lines=("{}", "100 % [ok] 'quoted'"))


@pytest.mark.anyio
async def test_the_handler_makes_a_png(tmp_path: Path, logo: Path) -> None:
    step = filming.step("card", "offer.card", "image", {
        "width": 270, "height": 480, "background": "#f4efe8", "headline": "Glow Serum", "lines": ["20% off"],
        "button": "Shop now", "logo": filming.ref("logo", "image"), "image": None,
    })  # fmt: skip
    made = await filming.made_by(CardHandler(), step, filming.workspace(tmp_path / "out", {"logo": logo}))
    with Image.open(made) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (270, 480))
    again = await filming.made_by(CardHandler(), step, filming.workspace(tmp_path / "again", {"logo": logo}))
    assert made.read_bytes() == again.read_bytes()
    broken = Path(__file__)
    with pytest.raises(MediaError, match=r"^offer\.card: A picture of the card is not a picture that can be read"):
        await CardHandler().run(step, filming.workspace(tmp_path / "third", {"logo": broken}))


def test_a_word_without_end_is_broken_by_letters_in_few_measurements() -> None:
    class Counting:
        """A face whose letters are ten pixels wide."""

        calls = 0

        def getlength(self, text: str) -> float:
            self.calls += 1
            return 10.0 * len(text)

    face = Counting()
    lines = typography.wrap("so " + "w" * 1000, face, 95)  # type: ignore[arg-type]
    assert lines[0] == "so"
    assert lines[1:] == ["w" * 9] * 111 + ["w"]
    assert face.calls < 15 * len(lines)


@pytest.mark.parametrize("size", [(270, 480), (480, 270)])
def test_a_headline_of_one_long_word_stays_on_the_card(size: tuple[int, int]) -> None:
    shown = drawn(width=size[0], height=size[1], headline="w" * 400).astype(int)
    inked = np.abs(shown - shown[0, 0]).sum(axis=2) > 30
    columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
    assert columns[0] > 0.04 * size[0]
    assert columns[-1] < 0.96 * size[0]
    assert rows[0] > 0
    assert rows[-1] < size[1] - 1
