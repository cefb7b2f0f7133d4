"""Words over the picture: supers where the spec puts them, and captions of what is said.

Everything stays inside the safe rectangle, its shadow too. Words are set as large as two lines allow; a caption that
needs more is shown in parts, one after the other, each for as much of its line's time as it has of its letters. There
is one caption at a time: where two people speak at once, the next one takes the place. Captions stand in the
lower third of the rectangle, and above a super at its bottom edge.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Literal, TypeAlias

from PIL import Image, ImageFilter

from adc.runtime.media.colour import INK, PAPER
from adc.runtime.media.film import Overlay
from adc.runtime.media.shapes import lay, plate
from adc.runtime.media.typography import BLACK, BOLD, MEDIUM, Anchor, Block, Face, balanced, fit, font, refuse_missing

Style: TypeAlias = Literal["plain", "bold", "karaoke", "boxed"]
Note: TypeAlias = Callable[[str], None]

LINES = 2
"""How many lines of words there are at once."""

SUPER = (0.070, 0.064, 0.058, 0.052, 0.046, 0.040)
"""Sizes of a super in parts of the frame's short side; the largest that fits is taken."""

CAPTION = 0.052
"""The size of captions in parts of the frame's short side."""

DOWN = {"top": 0.0, "center": 0.5, "bottom": 1.0}
ACROSS: dict[str, tuple[float, Anchor]] = {"left": (0.0, "left"), "": (0.5, "middle"), "right": (1.0, "right")}
"""Where words stand, in parts of the room that they leave in the safe rectangle, and which end of a line leads."""

CAPTION_DOWN = 0.78
"""The same for captions."""

WEIGHTS = {"plain": MEDIUM, "bold": BLACK, "karaoke": BLACK, "boxed": BOLD}
AIR = 0.34
"""Space around the words for their shadow or their box, in parts of the type's size."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where words may stand: the safe rectangle in pixels, and the short side of the frame, which sizes follow."""

    left: int
    top: int
    right: int
    bottom: int
    short: int


@dataclass(frozen=True, slots=True)
class Text:
    """Words that are seen or said for `frames` from frame `at` of the film.

    `words` are, where that is known, the frames between which each word of the text is said.
    """

    text: str
    at: int
    frames: int
    words: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Super:
    """Words at a place: `top`, `center`, `bottom`, or a corner such as `top_left`."""

    words: Text
    place: str


def supers(given: Sequence[Super], area: Area, folder: Path, note: Note) -> list[Overlay]:
    """Draw each super into `folder`. `note` hears of words that cannot be shown whole.

    Raises MediaError for a letter that the font lacks.
    """
    overlays = []
    for number, each in enumerate(given):
        refuse_missing(each.words.text)
        if each.words.frames < 1:
            note(f"the super {each.words.text!r} has no time on screen and is left out")
            continue
        sizes = [max(round(part * area.short), 8) for part in SUPER]
        width = _measure(area, sizes[0])
        whole = fit(each.words.text, width, sizes, LINES, BOLD, leading=1.15)
        block = whole.cut(LINES, width)
        if block != whole:
            note(f"the super {each.words.text!r} is cut short: it does not fit on two lines")
        if not block.lines:
            continue
        vertical, _, side = each.place.partition("_")
        across, anchor = ACROSS[side]
        path = folder / f"super-{number}.png"
        overlays.append(_placed(_lettered(block, anchor), (across, DOWN[vertical]), each.words, area, path))
    return overlays


def captions(
    lines: Sequence[Text], style: Style, area: Area, shown: Sequence[Overlay], folder: Path, note: Note
) -> list[Overlay]:
    """Draw the captions of what is said into `folder`. `note` hears what is drawn otherwise or cannot be shown.

    `shown` are the supers: a caption stays above those that are seen at the same time below it.

    Raises MediaError for a letter that the font lacks.
    """
    face = font(max(round(CAPTION * area.short), 8), WEIGHTS[style])
    if style == "karaoke":
        note("captions: karaoke is drawn as bold, without a mark on the word that is said")
    overlays = []
    for number, (words, block) in enumerate(_parts(_one_at_a_time(lines), face, area)):
        if words.frames < 1:
            note(f"the caption {words.text!r} has no time on screen and is left out")
            continue
        drawn = _boxed(block) if style == "boxed" else _lettered(block, "middle")
        placed = _placed(drawn, (0.5, CAPTION_DOWN), words, area, folder / f"caption-{number}.png")
        below = (each.y for each in shown if each.y >= placed.y and _together(each, placed))
        overlays.append(replace(placed, y=min([placed.y, *(y - drawn.height for y in below)])))
    return overlays


def _together(one: Overlay, other: Overlay) -> bool:
    """Whether there is a frame that shows both."""
    return one.at < other.at + other.frames and other.at < one.at + one.frames


def _one_at_a_time(lines: Sequence[Text]) -> Iterator[Text]:
    """The lines in the order in which they are said, each ending where the next begins at the latest."""
    ordered = sorted(lines, key=lambda line: line.at)
    for line, following in zip(ordered, (*ordered[1:], None), strict=True):
        refuse_missing(line.text)
        most = following.at - line.at if following is not None else line.frames
        yield replace(line, frames=min(line.frames, most))


def _parts(lines: Iterator[Text], face: Face, area: Area) -> Iterator[tuple[Text, Block]]:
    """Each line in parts of at most two lines on screen, about equally long, with the time that each of them has.

    A part stands from its first word to the first of the next; where nobody knows when words are said, by its letters.
    """
    for line in lines:
        rows = balanced(line.text, face, _measure(area, face.size))
        parts = [rows[first : first + LINES] for first in range(0, len(rows), LINES)]
        borders = _borders(line, parts)
        for part, (start, end) in zip(parts, pairwise(borders), strict=True):
            yield Text(" ".join(part), start, end - start), Block(tuple(part), face, round(face.size * 1.25))


def _borders(line: Text, parts: Sequence[Sequence[str]]) -> list[int]:
    """The frames between which the parts of a line stand."""
    counts = list(accumulate((len(" ".join(part).split()) for part in parts), initial=0))
    if len(line.words) == counts[-1]:
        return [line.at, *(line.words[count][0] for count in counts[1:-1]), line.at + line.frames]
    letters = [sum(map(len, part)) for part in parts]
    return [line.at + line.frames * told // max(sum(letters), 1) for told in accumulate(letters, initial=0)]


def _measure(area: Area, size: int) -> int:
    """Pixels across that words of that size have inside the safe rectangle."""
    return max(area.right - area.left - 2 * _air(size) - 2, size)


def _air(size: int) -> int:
    return max(round(AIR * size), 2)


def _lettered(block: Block, anchor: Anchor) -> Image.Image:
    """White words on a thin dark edge and a soft shadow, which can be read on any picture."""
    size, air = block.face.size, _air(block.face.size)
    words = _empty(block)
    x = {"left": air, "middle": words.width / 2, "right": words.width - air}[anchor]
    block.draw(words, (x, air), PAPER, anchor=anchor)
    letters = words.getchannel("A")
    edge = letters.filter(ImageFilter.MaxFilter(2 * max(round(size * 0.03), 1) + 1))
    shadow = edge.filter(ImageFilter.GaussianBlur(size * 0.09))
    image = Image.new("RGBA", words.size, (*INK, 0))
    lay(image, INK, shadow.point([min(255, round(level * 0.8)) for level in range(256)]), (0, 0))
    lay(image, INK, edge.filter(ImageFilter.GaussianBlur(size * 0.015)), (0, 0))
    image.alpha_composite(words)
    return image


def _boxed(block: Block) -> Image.Image:
    """White words on a dark box."""
    air = _air(block.face.size)
    image = _empty(block)
    plate(image, (0, 0, image.width, image.height), block.face.size * 0.25, INK, 205)
    block.draw(image, (image.width / 2, air), PAPER, anchor="middle")
    return image


def _empty(block: Block) -> Image.Image:
    """A transparent picture for the words, their descenders and the air around them; even sides, as 4:2:0 needs."""
    air = _air(block.face.size)
    below = round(block.face.size * 0.24)
    width, height = block.width + 2 * air, block.height + below + 2 * air
    return Image.new("RGBA", (width + width % 2, height + height % 2), (*PAPER, 0))


def _placed(image: Image.Image, place: tuple[float, float], words: Text, area: Area, path: Path) -> Overlay:
    """Keep the picture at `path`, with its place in the film: parts of the room that it leaves in the rectangle."""
    left, top = area.left + area.left % 2, area.top + area.top % 2  # 4:2:0 colour has every second pixel only
    across, down = max(area.right - left - image.width, 0), max(area.bottom - top - image.height, 0)
    image.save(path, format="PNG", compress_level=1)
    return Overlay(
        path, left + int(across * place[0]) // 2 * 2, top + int(down * place[1]) // 2 * 2, words.at, words.frames
    )
