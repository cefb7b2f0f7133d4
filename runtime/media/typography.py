"""Setting words in Noto Sans: weights of the variable font, measured lines, balanced breaks.

A headline broken where the line happens to be full leaves a word alone on its last line. Here a text takes as few
lines as fit and is then broken so that the longest of them is as short as possible, which is how a person sets it.

A letter the font does not have would be drawn as an empty box, so it is refused instead.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import fontpkg_noto_sans
from PIL import Image, ImageDraw, ImageFont

from adc.runtime.errors import MediaError

REGULAR, MEDIUM, BOLD, BLACK = 400, 500, 700, 800

_MISSING = "\uffff"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size and weight, ready to be drawn. `leading` is the distance of two baselines in pixels."""

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    leading: int

    @property
    def width(self) -> int:
        """Pixels that the longest line takes."""
        return max((_width(line, self.font) for line in self.lines), default=0)

    @property
    def height(self) -> int:
        """Pixels from the top of the first line's capitals to the last baseline."""
        return self.leading * (len(self.lines) - 1) + capitals(self.font) if self.lines else 0

    def draw(self, pen: ImageDraw.ImageDraw, x: int, top: int, colour: tuple[int, int, int], anchor: str) -> None:
        """Draw with the capitals' top at `top`; `x` is the middle (anchor `m`) or the left edge (`l`) of the lines."""
        baseline = top + capitals(self.font)
        for line in self.lines:
            pen.text((x, baseline), line, fill=colour, font=self.font, anchor=f"{anchor}s")
            baseline += self.leading


def block(text: str, size: int, weight: int, width: int, *, leading: float) -> Block:
    """The text in as few lines as fit into `width` pixels, evenly broken."""
    face = font(size, weight)
    refuse_missing(text)
    return Block(tuple(balanced(text, face, width)), face, round(size * leading))


def fitted(text: str, sizes: tuple[int, int], weight: int, width: int, lines: int, *, leading: float) -> Block:
    """The text as large as it goes in at most `lines` lines, between the largest and the smallest of `sizes`."""
    largest, smallest = sizes
    step = max((largest - smallest) // 12, 1)
    for size in range(largest, smallest, -step):
        candidate = block(text, size, weight, width, leading=leading)
        if len(candidate.lines) <= lines and candidate.width <= width:
            return candidate
    return block(text, smallest, weight, width, leading=leading)


@lru_cache(maxsize=64)
def font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """Noto Sans at a size in pixels and a weight of 100 to 900."""
    file = next(Path(fontpkg_noto_sans.ROOT).glob("files/NotoSans[[]*"))
    face = ImageFont.truetype(str(file), size)
    wanted = {b"Weight": weight, b"Width": 100}
    face.set_variation_by_axes([wanted[axis.get("name") or b""] for axis in face.get_variation_axes()])
    return face


def capitals(face: ImageFont.FreeTypeFont) -> int:
    """The height of the font's capitals in pixels: what the eye takes for a line's height."""
    return int(-face.getbbox("H", anchor="ls")[1])


def balanced(text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The words of `text` in the fewest lines that fit, with the longest line as short as it can be."""
    words = text.split()
    if not words:
        return []
    count = len(_filled(words, face, width))
    low, high = max(_width(word, face) for word in words), max(width, 1)
    while low < high:
        middle = (low + high) // 2
        if len(_filled(words, face, middle)) <= count:
            high = middle
        else:
            low = middle + 1
    return _filled(words, face, low)


def refuse_missing(text: str) -> None:
    """Raises MediaError when the font has no picture for a letter of `text`."""
    for letter in dict.fromkeys(text):
        if not letter.isspace() and _drawn(letter) == _drawn(_MISSING):
            raise MediaError(f"the font has no letter {letter!r} (U+{ord(letter):04X}); write {text!r} without it.")


@lru_cache(maxsize=512)
def _drawn(letter: str) -> bytes:
    sample = Image.new("L", (48, 48))
    ImageDraw.Draw(sample).text((8, 36), letter, fill=255, font=font(24, REGULAR), anchor="ls")
    return sample.tobytes()


def _filled(words: list[str], face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if _width(longer, face) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _width(line: str, face: ImageFont.FreeTypeFont) -> int:
    return int(face.getlength(line) + 0.999)
