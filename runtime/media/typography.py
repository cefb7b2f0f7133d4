"""Setting words in Noto Sans: any weight of the variable font, measured lines, balanced breaks, fine small type.

A headline broken where the line happens to be full leaves a word alone on its last line. Here a text takes as few
lines as fit and is then broken so that the longest of them is as short as possible, which is how a person sets it.
Letters are drawn larger than they are shown and reduced, so that small type keeps its shapes and its spacing.

A letter the font does not have would be drawn as an empty box. `refuse_missing` is for words that are published,
`printable` for words that are only notes and may lose an emoji.
"""

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import fontpkg_noto_sans
from PIL import Image, ImageDraw, ImageFont

from adc.runtime.errors import MediaError
from adc.runtime.media.colour import Colour
from adc.runtime.media.shapes import lay

REGULAR, MEDIUM, BOLD, BLACK = 400, 550, 700, 800

FINE = 3
"""How many times larger letters are drawn than they are shown."""

Anchor: TypeAlias = Literal["left", "middle", "right"]
"""Which end of a line stands at the x that is given."""


@dataclass(frozen=True, slots=True)
class Face:
    """Noto Sans at one size in pixels and one weight, with `tracking` pixels of air between letters."""

    size: int
    tracking: float
    large: ImageFont.FreeTypeFont
    """The same, `FINE` times larger."""

    @property
    def capitals(self) -> int:
        """The height of the capitals in pixels: what the eye takes for a line's height."""
        return round(-self.large.getbbox("H", anchor="ls")[1] / FINE)

    def getlength(self, text: str) -> float:
        """Pixels that `text` takes on a line."""
        if not self.tracking:
            return _length(self.large, text) / FINE
        letters = sum(_length(self.large, letter) for letter in text)
        return letters / FINE + self.tracking * max(0, len(text) - 1)

    def draw(
        self,
        image: Image.Image,
        at: tuple[float, float],
        text: str,
        colour: Colour,
        alpha: int = 255,
        anchor: Anchor = "left",
    ) -> None:
        """Draw a line with its baseline at `at`, to a fraction of a pixel."""
        x = at[0] - {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor] * self.getlength(text)
        # Letters may reach out of their own width and line: a `j` to the left, an `Å` far up.
        corner = (math.floor(x - self.size / 2), math.floor(at[1] - 1.3 * self.size))
        size = (math.ceil(self.getlength(text) + 1.5 * self.size), math.ceil(1.8 * self.size))
        mask = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
        pen, place, foot = ImageDraw.Draw(mask), (x - corner[0]) * FINE, (at[1] - corner[1]) * FINE
        for part in text if self.tracking else [text]:
            pen.text((place, foot), part, font=self.large, fill=alpha, anchor="ls")
            place += _length(self.large, part) + self.tracking * FINE
        lay(image, colour, mask.resize(size, Image.Resampling.BOX), corner)


@cache
def font(size: int, weight: int, tracking: float = 0.0) -> Face:
    """Noto Sans at a size in pixels and a weight of 100 to 900."""
    file = next(Path(fontpkg_noto_sans.ROOT).glob("files/NotoSans[[]*"))
    large = ImageFont.truetype(str(file), size * FINE)
    wanted = {b"Weight": weight, b"Width": 100}
    large.set_variation_by_axes([wanted[axis.get("name") or b""] for axis in large.get_variation_axes()])
    return Face(size, tracking, large)


@lru_cache(maxsize=10_000)
def _length(face: ImageFont.FreeTypeFont, text: str) -> float:
    """Setting a text measures the same words and lines over and over, and measuring is what it costs."""
    return face.getlength(text)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one face, ready to be drawn. `leading` is the distance of two baselines in pixels."""

    lines: tuple[str, ...]
    face: Face
    leading: int

    @property
    def width(self) -> int:
        """Pixels that the longest line takes."""
        return max((math.ceil(self.face.getlength(line)) for line in self.lines), default=0)

    @property
    def height(self) -> int:
        """Pixels from the top of the first line's capitals to the last baseline; 0 for no lines."""
        return self.leading * (len(self.lines) - 1) + self.face.capitals if self.lines else 0

    def cut(self, most_lines: int, width: float) -> "Block":
        """The block with at most that many lines; where some are left out, the last one kept ends in an ellipsis."""
        if len(self.lines) <= most_lines:
            return self
        last = shorten(" ".join(self.lines[most_lines - 1 :]), self.face, width)
        return Block((*self.lines[: most_lines - 1], last), self.face, self.leading)

    def draw(
        self,
        image: Image.Image,
        at: tuple[float, float],
        colour: Colour,
        alpha: int = 255,
        anchor: Anchor = "left",
    ) -> None:
        """Draw with the top of the first line's capitals at `at`."""
        for number, line in enumerate(self.lines):
            baseline = at[1] + self.face.capitals + number * self.leading
            self.face.draw(image, (at[0], baseline), line, colour, alpha, anchor)


def fit(
    text: str,
    width: float,
    sizes: Sequence[int],
    most_lines: int,
    weight: int,
    *,
    leading: float = 1.3,
    tracking: float = 0.0,
) -> Block:
    """`text` at the largest of `sizes` (falling) at which it takes at most `most_lines` and no word is broken.

    At the smallest it takes as many lines as it needs. `leading` is in sizes.
    """
    faces = (font(size, weight, tracking) for size in sizes)
    fitting = (f for f in faces if len(wrap(text, f, width)) <= most_lines and _widest(text, f) <= width)
    face = next(fitting, font(sizes[-1], weight, tracking))
    return Block(tuple(balanced(text, face, width)), face, round(face.size * leading))


def wrap(text: str, face: Face, width: float) -> list[str]:
    """`text` in lines no wider than `width`, each as full as it can be; a word that is wider alone is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if face.getlength(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while face.getlength(line) > width and len(line) > 1:
            kept = _fitting(line, face, width)
            lines.append(line[:kept])
            line = line[kept:]
    return [*lines, line] if line else lines


def _fitting(word: str, face: Face, width: float) -> int:
    """How many letters of a word that is too wide go on a line, at least one. Found by halving: words may be long."""
    return max(1, bisect_right(range(len(word)), width, lo=1, key=lambda end: face.getlength(word[:end])) - 1)


def balanced(text: str, face: Face, width: float) -> list[str]:
    """`text` in the fewest lines that fit, with the longest line as short as it can be."""
    count = len(wrap(text, face, width))
    low, high = min(_widest(text, face), width), width
    while high - low > 1:
        middle = (low + high) / 2
        if len(wrap(text, face, middle)) <= count:
            high = middle
        else:
            low = middle
    return wrap(text, face, high)


def shorten(text: str, face: Face, width: float) -> str:
    """`text` cut to `width` with an ellipsis where it is longer."""
    if face.getlength(text) <= width:
        return text
    while text and face.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip(" ,.;:·") + "…"


def _widest(text: str, face: Face) -> float:
    return max(map(face.getlength, text.split()), default=0.0)


def printable(text: str) -> str:
    """`text` without what the font cannot draw, every run of blanks one space."""
    plain = unicodedata.normalize("NFC", text)
    kept = (" " if c.isspace() else c for c in plain if c.isspace() or (c.isprintable() and _has(c)))
    return " ".join("".join(kept).split())


def refuse_missing(text: str) -> None:
    """Raises MediaError when the font has no picture for a letter of `text`."""
    for letter in text:
        if not letter.isspace() and not _has(letter):
            raise MediaError(f"the font has no letter {letter!r} (U+{ord(letter):04X}); write {text!r} without it.")


def _has(letter: str) -> bool:
    """Whether the font draws the letter as something else than its mark for the missing."""
    return _drawn(letter) != _drawn("\uffff")


@cache
def _drawn(letter: str) -> bytes:
    sample = Image.new("L", (48, 48))
    ImageDraw.Draw(sample).text((8, 36), letter, fill=255, font=font(8, REGULAR).large, anchor="ls")
    return sample.tobytes()
