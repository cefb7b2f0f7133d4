"""Drawing a card: a picture or logo, a headline, a few lines and a button, set for the frame it stands in.

Everything is measured in parts of the short side, so one design holds in 9:16, 1:1 and 16:9. With a picture, a tall
frame has it above the words and a wide frame beside them; without one, the words stand in the optical middle, a
little above the true one. Text keeps clear of the edges where phones draw their own controls.
"""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from adc.runtime.errors import MediaError
from adc.runtime.media import colour, typography
from adc.runtime.media.colour import Colour
from adc.runtime.media.typography import Block

MARGIN = 0.09
"""The margin at each side, in parts of the short side."""

OPTICAL = 0.47
"""Where the middle of the words stands, in parts of the height."""

TALL = 1.2
"""From this many short sides on, a box for words is tall: larger type, more air."""

SHARPER = 4
"""Shapes are drawn this many times larger and scaled down, for smooth edges."""


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


def draw(card: Card) -> Image.Image:
    """The card as an RGB picture. Raises MediaError for a picture that cannot be read or a letter without a glyph."""
    ground = colour.parse(card.background)
    canvas = Image.new("RGB", (card.width, card.height), ground)
    logo = _open(card.logo) if card.logo else None
    image = _open(card.image) if card.image else None
    accent = colour.accent([picture for picture in (logo, image) if picture is not None], ground)
    box = _Box(0, 0, card.width, card.height) if image is None else _beside(canvas, image)
    _paint(canvas, _fitting(card, logo, box, accent), box, ground)
    return canvas


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            return ImageOps.exif_transpose(picture).convert("RGBA")
    except OSError as error:
        raise MediaError(f"A picture of the card cannot be read: {error.strerror or 'it is not a picture'}.") from error


def _beside(canvas: Image.Image, image: Image.Image) -> _Box:
    """Put the picture on its part of the frame and give back the part that is left for words."""
    width, height = canvas.size
    if height >= width:
        part = round(height * (0.5 if height > width * 1.2 else 0.46))
        size, box = (width, part), _Box(0, part, width, height - part)
    else:
        part = round(width * 0.5)
        size, box = (part, height), _Box(part, 0, width - part, height)
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    canvas.paste(fitted, (0, 0), fitted)
    return box


@dataclass(frozen=True, slots=True)
class _Column:
    """Logo, words and button set one under the other. `gap` and `between` are distances in pixels."""

    mark: Image.Image | None
    headline: Block
    body: tuple[Block, ...]
    pill: Image.Image | None
    gap: int
    between: int

    @property
    def height(self) -> int:
        """Pixels from the top of the logo to the foot of the button."""
        height = self.headline.height
        if self.mark:
            height += self.mark.height + round(self.gap * 1.2)
        if self.body:
            height += self.gap + sum(block.height for block in self.body) + self.between * (len(self.body) - 1)
        if self.pill:
            height += round(self.gap * 1.5) + self.pill.height
        return height


def _fitting(card: Card, logo: Image.Image | None, box: _Box, accent: Colour) -> _Column:
    """The column as large as the box allows."""
    short = min(card.width, card.height)
    room = box.height - 2 * round(short * MARGIN * 0.8)
    unit = min(float(short), box.height / 1.05)
    column = _column(card, logo, box, accent, unit)
    while column.height > room and unit > short / 8:
        unit *= 0.94
        column = _column(card, logo, box, accent, unit)
    return column


def _column(card: Card, logo: Image.Image | None, box: _Box, accent: Colour, unit: float) -> _Column:
    short = min(card.width, card.height)
    measure = min(box.width - 2 * round(short * MARGIN), round(short * 1.15))
    tall = box.height > TALL * short
    sizes = (round(unit * (0.18 if tall else 0.125)), round(unit * 0.05))
    size = max(round(unit * 0.052), 8)
    return _Column(
        mark=_mark(logo, measure, round(unit * (0.36 if tall else 0.2))) if logo else None,
        headline=typography.fitted(card.headline, sizes, typography.BLACK, measure, 3, leading=1.08),
        body=tuple(typography.block(line, size, typography.MEDIUM, measure, leading=1.36) for line in card.lines),
        pill=_pill(card.button, round(unit * 0.054), measure, accent) if card.button else None,
        gap=round(unit * (0.085 if tall else 0.065)),
        between=round(size * 0.85),
    )


def _paint(canvas: Image.Image, column: _Column, box: _Box, ground: Colour) -> None:
    short = min(canvas.size)
    top = box.top + round((box.height - column.height) * (OPTICAL if box.height > TALL * short else 0.5))
    middle = box.left + box.width // 2
    ink = colour.ink_on(ground)
    pen = ImageDraw.Draw(canvas)
    if column.mark:
        canvas.paste(column.mark, (middle - column.mark.width // 2, top), column.mark)
        top += column.mark.height + round(column.gap * 1.2)
    column.headline.draw(pen, middle, top, ink, "m")
    top += column.headline.height
    for at, block in enumerate(column.body):
        top += column.between if at else column.gap
        block.draw(pen, middle, top, colour.softened(ink, ground), "m")
        top += block.height
    if column.pill:
        top += round(column.gap * 1.5)
        left = middle - column.pill.width // 2
        _shadow(canvas, column.pill, left, top, short)
        canvas.paste(column.pill, (left, top), column.pill)


def _mark(logo: Image.Image, width: int, height: int) -> Image.Image:
    """The logo without its empty border, as large as fits."""
    bounds = logo.getchannel("A").getbbox()
    return ImageOps.contain(logo.crop(bounds) if bounds else logo, (width, height), Image.Resampling.LANCZOS)


def _pill(text: str, size: int, measure: int, fill: Colour) -> Image.Image:
    """The button: a pill with its words in the middle."""
    padding = round(size * 1.35)
    words = typography.fitted(text, (size, max(size // 2, 8)), typography.BOLD, measure - 2 * padding, 1, leading=1.2)
    height = round(words.height + size * 1.75)
    width = words.width + 2 * padding
    shape = Image.new("L", (width * SHARPER, height * SHARPER), 0)
    right, bottom = width * SHARPER - 1, height * SHARPER - 1
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, right, bottom), radius=bottom / 2, fill=255)
    pill = Image.new("RGBA", (width, height), (*fill, 255))
    pill.putalpha(shape.resize((width, height), Image.Resampling.LANCZOS))
    words.draw(ImageDraw.Draw(pill), width // 2, (height - words.height) // 2, colour.ink_on(fill), "m")
    return pill


def _shadow(canvas: Image.Image, shape: Image.Image, left: int, top: int, short: int) -> None:
    """A soft shadow just under the shape."""
    blur = round(short * 0.014)
    around = 3 * blur
    alpha = Image.new("L", (shape.width + 2 * around, shape.height + 2 * around), 0)
    alpha.paste(shape.getchannel("A").point(lambda level: level * 0.2), (around, around))
    alpha = alpha.filter(ImageFilter.GaussianBlur(blur))
    canvas.paste(colour.INK, (left - around, top - around + blur), alpha)
