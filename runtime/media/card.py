"""Drawing a card: a picture or logo, a headline, a few lines and a button, set for the frame it stands in.

Everything is measured in parts of the short side, so one design holds in 9:16, 1:1 and 16:9. With a picture, a tall
frame has it above the words and any other beside them; without one, the words stand in the optical middle, a little
above the true one. The headline leads: the logo signs it from some distance and is never as wide. Text keeps clear of
the edges where phones draw their own controls.
"""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from adc.runtime.media import colour
from adc.runtime.media.colour import Colour
from adc.runtime.media.pictures import opened
from adc.runtime.media.shapes import plate, shadow
from adc.runtime.media.typography import BLACK, BOLD, MEDIUM, Block, fit, refuse_missing

MARGIN = 0.09
"""The margin at each side, in parts of the short side."""

OPTICAL = 0.47
"""Where the middle of the words stands, in parts of the height."""

TALL = 1.2
"""From this many widths on, a frame or a box for words is tall: larger type, more air."""

FEWER = 0.78
"""A headline takes two lines rather than three when that keeps at least this part of its size."""


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card. Sizes in pixels, `background` as `#rrggbb`; `button` may be empty."""

    width: int
    height: int
    background: str
    headline: str
    lines: tuple[str, ...] = ()
    button: str = ""
    logo: Path | None = None
    image: Path | None = None


@dataclass(frozen=True, slots=True)
class _Box:
    """Where words go: an area of the frame."""

    left: int
    top: int
    width: int
    height: int

    @property
    def tall(self) -> bool:
        """Whether it has height to spare."""
        return self.height > TALL * self.width


def draw(card: Card) -> Image.Image:
    """The card as an RGB picture. Raises MediaError for a picture that cannot be read or a letter without a glyph."""
    for text in (card.headline, *card.lines, card.button):
        refuse_missing(text)
    ground = colour.parse(card.background)
    canvas = Image.new("RGB", (card.width, card.height), ground)
    logo = _open(card.logo) if card.logo else None
    image = _open(card.image) if card.image else None
    accent = colour.accent([picture for picture in (logo, image) if picture is not None], ground)
    box = _Box(0, 0, card.width, card.height) if image is None else _beside(canvas, image)
    _paint(canvas, _fitting(card, logo, box), box, ground, accent)
    return canvas


def _open(path: Path) -> Image.Image:
    with opened(path, "A picture of the card") as picture:
        return ImageOps.exif_transpose(picture).convert("RGBA")
    raise AssertionError("the picture is returned or MediaError is raised")


def _beside(canvas: Image.Image, image: Image.Image) -> _Box:
    """Put the picture on its part of the frame and give back the part that is left for words."""
    width, height = canvas.size
    if _Box(0, 0, width, height).tall:
        part = round(height * 0.5)
        size, box = (width, part), _Box(0, part, width, height - part)
    else:
        part = round(width * 0.5)
        size, box = (part, height), _Box(part, 0, width - part, height)
    if image.getchannel("A").getextrema()[0] == 255:
        fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.4))
        canvas.paste(fitted, (0, 0), fitted)
    else:  # something that is cut out stands there whole
        air = round(min(size) * 0.08)
        fitted = ImageOps.contain(image, (size[0] - 2 * air, size[1] - 2 * air), Image.Resampling.LANCZOS)
        canvas.paste(fitted, ((size[0] - fitted.width) // 2, (size[1] - fitted.height) // 2), fitted)
    return box


@dataclass(frozen=True, slots=True)
class _Column:
    """Logo, words and button set one under the other. `gap` and `between` are distances in pixels."""

    mark: Image.Image | None
    headline: Block
    body: tuple[Block, ...]
    button: Block | None
    gap: int
    between: int

    @property
    def height(self) -> int:
        """Pixels from the top of the logo to the foot of the button."""
        height = self.headline.height
        if self.mark:
            height += self.mark.height + self.under_mark
        if self.body:
            height += self.gap + sum(block.height for block in self.body) + self.between * (len(self.body) - 1)
        if self.button:
            height += self.over_button + _pill(self.button)[1]
        return height

    @property
    def under_mark(self) -> int:
        """Pixels between the logo and the headline."""
        return round(self.gap * 1.5)

    @property
    def over_button(self) -> int:
        """Pixels between the words and the button."""
        return round(self.gap * 1.4)


def _fitting(card: Card, logo: Image.Image | None, box: _Box) -> _Column:
    """The column as large as the box allows."""
    short = min(card.width, card.height)
    room = box.height - 2 * round(short * MARGIN)
    unit = min(float(short), box.height / 0.9, box.width / 0.8)
    column = _column(card, logo, box, unit)
    while column.height > room and unit > short / 8:
        unit *= 0.94
        column = _column(card, logo, box, unit)
    return column


def _column(card: Card, logo: Image.Image | None, box: _Box, unit: float) -> _Column:
    short = min(card.width, card.height)
    measure = min(box.width - 2 * round(min(short, box.width) * MARGIN), round(short * 1.15))
    label, sizes = round(unit * 0.054), [max(round(unit * part), 8) for part in (0.052, 0.048, 0.044)]
    size = min((fit(line, measure, sizes, 1, MEDIUM).face.size for line in card.lines), default=sizes[0])
    return _Column(
        mark=_mark(logo, unit * (0.23 if box.tall else 0.18), measure) if logo else None,
        headline=_headline(card.headline, measure, round(unit * (0.18 if box.tall else 0.135)), round(unit * 0.05)),
        body=tuple(fit(line, measure, [size], 1, MEDIUM, leading=1.36) for line in card.lines),
        button=fit(card.button, measure - 3 * label, [label, max(label // 2, 8)], 1, BOLD) if card.button else None,
        gap=round(unit * (0.088 if box.tall else 0.075)),
        between=round(size * 0.85),
    )


def _headline(text: str, width: int, largest: int, smallest: int) -> Block:
    """The headline as large as it goes in three lines, or in two when it is hardly smaller."""
    sizes = [*range(largest, smallest, -max((largest - smallest) // 16, 1)), smallest]
    two, three = (fit(text, width, sizes, lines, BLACK, leading=1.08) for lines in (2, 3))
    return two if len(two.lines) <= 2 and two.face.size >= FEWER * three.face.size else three


def _mark(logo: Image.Image, side: float, most: int) -> Image.Image:
    """The logo without its empty border, as large to the eye as a square of `side`, at most two thirds of `most` wide.

    Logos of equal area look equally large, whether they are a sign or a long word.
    """
    bounds = logo.getchannel("A").getbbox()
    logo = logo.crop(bounds) if bounds else logo
    width = min(side * (logo.width / logo.height) ** 0.5, most * 0.66)
    size = (max(1, round(width)), max(1, round(width * logo.height / logo.width)))
    return logo.resize(size, Image.Resampling.LANCZOS)


def _pill(button: Block) -> tuple[int, int]:
    """Width and height of the button around its words."""
    return round(button.width + 2.7 * button.face.size), round(button.height + 1.75 * button.face.size)


def _paint(canvas: Image.Image, column: _Column, box: _Box, ground: Colour, accent: Colour) -> None:
    top = box.top + round((box.height - column.height) * (OPTICAL if box.tall else 0.5))
    middle = box.left + box.width // 2
    ink = colour.ink_on(ground)
    if column.mark:
        canvas.paste(column.mark, (middle - column.mark.width // 2, top), column.mark)
        top += column.mark.height + column.under_mark
    column.headline.draw(canvas, (middle, top), ink, anchor="middle")
    top += column.headline.height
    for at, block in enumerate(column.body):
        top += column.between if at else column.gap
        block.draw(canvas, (middle, top), colour.softened(ink, ground), anchor="middle")
        top += block.height
    if column.button:
        _button(canvas, column.button, middle, top + column.over_button, accent)


def _button(canvas: Image.Image, words: Block, middle: int, top: int, fill: Colour) -> None:
    """A pill with its words in the middle, a soft shadow just under it."""
    width, height = _pill(words)
    box = (middle - width / 2, top, middle + width / 2, top + height)
    blur = min(canvas.size) * 0.014
    shadow(canvas, box, height / 2, colour.INK, 51, blur, blur)
    plate(canvas, box, height / 2, fill)
    words.draw(canvas, (middle, top + (height - words.height) / 2), colour.ink_on(fill), anchor="middle")
