"""Words set well: fonts, wrapping, fitting, and only characters that the font has.

The font is Noto Sans, variable in weight, from a package, so a draft looks the same on every machine. A character that
it does not have (an emoji, a script of another font) is dropped rather than drawn as a box.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import fontpkg_noto_sans
from PIL import Image, ImageDraw, ImageFont

REGULAR, MEDIUM, BOLD = 400, 560, 720


FINE = 3
"""How many times larger letters are drawn than they are shown: small type keeps its shapes and its spacing."""


@dataclass(frozen=True, slots=True)
class Face:
    """Noto Sans at one size and weight; `large` is the same, `FINE` times larger."""

    size: int
    large: ImageFont.FreeTypeFont

    def getlength(self, text: str) -> float:
        """Pixels from the start of `text` to where the next letter would stand."""
        return self.large.getlength(text) / FINE

    def draw(self, image: Image.Image, at: tuple[float, float], text: str, fill: tuple[int, ...], anchor: str) -> None:
        """Draw `text` at `at`, anchored as in Pillow; `fill` has a fourth value for how much it covers."""
        left, top, right, bottom = self.large.getbbox(text, anchor=anchor)
        corner = (math.floor(at[0] + left / FINE) - 1, math.floor(at[1] + top / FINE) - 1)
        size = (math.ceil((right - left) / FINE) + 3, math.ceil((bottom - top) / FINE) + 3)
        mask = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
        place = ((at[0] - corner[0]) * FINE, (at[1] - corner[1]) * FINE)
        cover = fill[3] if len(fill) > 3 else 255
        ImageDraw.Draw(mask).text(place, text, font=self.large, fill=cover, anchor=anchor)
        mask = mask.resize(size, Image.Resampling.BOX)
        if image.mode == "RGBA":
            layer = Image.new("RGBA", size, (*fill[:3], 0))
            layer.putalpha(mask)
            seen = (max(0, -corner[0]), max(0, -corner[1]))
            image.alpha_composite(layer, (max(0, corner[0]), max(0, corner[1])), seen)
        else:
            image.paste(fill[:3], corner, mask)


@cache
def font(size: int, weight: int = REGULAR) -> Face:
    """Noto Sans at `size` pixels."""
    return Face(size, _open(size * FINE, weight))


@cache
def _open(size: int, weight: int) -> ImageFont.FreeTypeFont:
    path = Path(fontpkg_noto_sans.ROOT) / "files" / "NotoSans[wdth,wght].ttf"
    face = ImageFont.truetype(path, size)
    # Axes of Noto Sans in the order of the file: weight, then width.
    face.set_variation_by_axes([weight, 100])
    return face


@cache
def _has(character: str) -> bool:
    """Whether the font draws the character as something else than its mark for the missing."""
    return _drawn(character) != _drawn("\uffff")


def _drawn(character: str) -> bytes:
    image = Image.new("L", (48, 48), 0)
    ImageDraw.Draw(image).text((12, 36), character, font=_open(24, REGULAR), fill=255, anchor="ls")
    return image.tobytes()


def printable(text: str) -> str:
    """`text` without what the font cannot draw, every run of blanks one space."""
    plain = unicodedata.normalize("NFC", text)
    kept = (" " if c.isspace() else c for c in plain if c.isspace() or (c.isprintable() and _has(c)))
    return " ".join("".join(kept).split())


def width_of(text: str, face: Face, tracking: float = 0.0) -> float:
    """Pixels that `text` takes, with `tracking` pixels of air after every letter."""
    return face.getlength(text) + tracking * len(text)


def wrap(text: str, face: Face, width: float) -> list[str]:
    """`text` in lines no wider than `width`; a word that is wider alone is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        trial = f"{line} {word}".strip()
        if face.getlength(trial) <= width:
            line = trial
            continue
        if line:
            lines.append(line)
        line = word
        while face.getlength(line) > width and len(line) > 1:
            cut = max(1, sum(face.getlength(line[: n + 1]) <= width for n in range(len(line))))
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines


def shorten(text: str, face: Face, width: float) -> str:
    """`text` cut to `width` with an ellipsis where it is longer."""
    if face.getlength(text) <= width:
        return text
    while text and face.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip(" ,.;:") + "…"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size, ready to be drawn. `leading` is the distance of two baselines."""

    lines: tuple[str, ...]
    size: int
    weight: int
    leading: int

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the foot of the last."""
        return self.leading * len(self.lines)


def fit(text: str, width: float, sizes: Sequence[int], most_lines: int, weight: int) -> Block:
    """`text` at the largest of `sizes` (falling) at which it takes at most `most_lines`; else cut at the smallest."""
    size, lines = sizes[-1], list[str]()
    for size in sizes:
        lines = wrap(text, font(size, weight), width)
        if len(lines) <= most_lines:
            break
    if len(lines) > most_lines:
        rest = " ".join(lines[most_lines - 1 :])
        lines = [*lines[: most_lines - 1], shorten(rest, font(size, weight), width)]
    else:
        lines = _balanced(text, lines, font(size, weight), width)
    return Block(tuple(lines), size, weight, round(size * 1.3))


def _balanced(text: str, lines: list[str], face: Face, width: float) -> list[str]:
    """The same number of lines, as narrow as they can be: no last word stands alone."""
    for share in (0.94, 0.88, 0.82, 0.76, 0.70):
        narrower = wrap(text, face, width * share)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def draw_block(image: Image.Image, at: tuple[float, float], block: Block, fill: tuple[int, ...]) -> None:
    """Draw the block with its top left corner at `at`."""
    face = font(block.size, block.weight)
    for number, line in enumerate(block.lines):
        baseline = at[1] + number * block.leading + block.size * 1.02
        face.draw(image, (at[0], baseline), line, fill, "ls")


def draw_tracked(
    image: Image.Image,
    at: tuple[float, float],
    text: str,
    face: Face,
    fill: tuple[int, ...],
    tracking: float,
) -> float:
    """Draw spaced capitals, baseline at `at`; the x where they end."""
    x = at[0]
    for letter in text:
        face.draw(image, (x, at[1]), letter, fill, "ls")
        x += face.getlength(letter) + tracking
    return x
