"""The words of a board: the slate at its head, the text of the scene at its foot, names and tags on pictures."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from adc.runtime.draft.board import Measures
from adc.runtime.draft.notes import set_notes
from adc.runtime.draft.palette import Palette
from adc.runtime.draft.shade import with_halo
from adc.runtime.draft.sheet import Sheet
from adc.runtime.media.colour import Colour
from adc.runtime.media.shapes import outline, plate
from adc.runtime.media.typography import BOLD, MEDIUM, REGULAR, fit, font, shorten

SLATE = 92
"""Units from the top of a board to where the slate ends."""


@dataclass(frozen=True, slots=True)
class Pen:
    """A transparent canvas of the board's size, with the measures and the colours to letter it in."""

    canvas: Image.Image
    measures: Measures
    palette: Palette


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the text: its height in pixels, and what draws it with its top at a given y."""

    height: int
    draw: Callable[[int], None]


def draw_text(pen: Pen, sheet: Sheet, column: int, head: int, foot: int, most_lines: int) -> int:
    """Setting, action, unspoken lines and notes in a column that stands on `foot`; the y where they begin.

    The words decide how much room the picture has, so the action is set as large as `most_lines` allow, and smaller
    where the column would else begin above `head`.
    """
    m, gap = pen.measures, pen.measures.px(20)
    setting, quote, notes = _setting(pen, sheet, column), _quote(pen, sheet, column), _notes(pen, sheet, column)
    sizes = [m.px(size) for size in range(22 if m.compact else 36, 15, -2)]
    taken = sum(part.height + gap for part in (setting, quote, notes) if part.height)
    action = fit(sheet.action, column, sizes, most_lines, MEDIUM)
    while foot - taken - action.height < head and action.face.size > sizes[-1]:
        sizes = [size for size in sizes if size < action.face.size]
        action = fit(sheet.action, column, sizes, most_lines, MEDIUM)
    action = action.cut(most_lines, column)
    said = _Part(
        action.height + action.face.size // 4, lambda y: action.draw(pen.canvas, (m.margin, y), pen.palette.ink)
    )
    parts = [part for part in (setting, said, quote, notes) if part.height]
    top = y = foot - sum(part.height for part in parts) - gap * max(0, len(parts) - 1)
    for part in parts:
        part.draw(y)
        y += part.height + gap
    return top


def _setting(pen: Pen, sheet: Sheet, column: int) -> _Part:
    m, lines = pen.measures, 2 if pen.measures.tall else 3
    sizes = [m.px(15), m.px(14), m.px(13)]
    block = fit(sheet.setting.upper(), column, sizes, lines, BOLD, tracking=1.6 * m.unit).cut(lines, column)
    return _Part(block.height, lambda y: block.draw(pen.canvas, (m.margin, y), pen.palette.accent))


def _notes(pen: Pen, sheet: Sheet, column: int) -> _Part:
    m = pen.measures
    sizes = [m.px(size) for size in (15, 14, 13)]
    # Beside the picture the column is narrow, and lines as quiet as these may reach over its faded edge.
    room = column if m.tall else column + m.px(56)
    block = set_notes(sheet.notes, room, sizes, 1 if m.compact else 2)
    return _Part(block.height, lambda y: block.draw(pen.canvas, (m.margin, y), pen.palette.ink, 165))


def _quote(pen: Pen, sheet: Sheet, column: int) -> _Part:
    """Words that captions cannot follow: set apart by a rule, under the name of who says them."""
    m, palette = pen.measures, pen.palette
    quotes = [line for line in sheet.lines if not line.captioned]
    if not quotes:
        return _Part(0, lambda _y: None)
    left, room = m.margin + m.px(17), column - m.px(17)
    who = ", ".join(dict.fromkeys(line.who for line in quotes if line.who))
    face = font(m.px(12), BOLD, 1.3 * m.unit)
    label = shorten(f"VOICE  {who.upper()}".strip(), face, room)
    heard = " ".join(f"“{line.text}”" for line in quotes)
    block = fit(heard, room, [m.px(20), m.px(18)], 3, REGULAR).cut(3, room)
    height = face.capitals + m.px(12) + block.height

    def draw(y: int) -> None:
        rule = (m.margin, y - m.px(2), m.margin + m.px(3), y + height + m.px(4))
        ImageDraw.Draw(pen.canvas).rectangle(rule, fill=(*palette.accent, 255))
        face.draw(pen.canvas, (left, y + face.capitals), label, palette.ink, 175)
        block.draw(pen.canvas, (left, y + face.capitals + m.px(12)), palette.ink, 240)

    return _Part(height, draw)


def draw_slate(pen: Pen, title: str, model: str, seconds: str) -> None:
    """Scene, model and length at the top, and the mark that says what this is, all with a soft outline."""
    m, ink = pen.measures, pen.palette.ink
    slate = Image.new("RGBA", (m.width, m.px(SLATE)), (*pen.palette.deep, 0))
    x, y = float(m.margin), m.px(48)
    face, small = font(m.px(24), BOLD), font(m.px(15), MEDIUM)
    left = draw_mark(slate, m.width - m.margin, y - m.px(3), m.unit, ink)
    if title:
        bar = (x, y - m.px(18), x + m.px(5), y + m.px(1))
        ImageDraw.Draw(slate).rectangle(bar, fill=(*pen.palette.accent, 255))
        x += m.px(16)
        face.draw(slate, (x, y), shorten(title, face, left - x - m.px(16)), ink)
    facts = shorten("  ·  ".join(text for text in (model, f"{seconds} s") if text), small, left - x)
    small.draw(slate, (x, y + m.px(25) if title else y), facts, ink, 235)
    pen.canvas.alpha_composite(with_halo(slate, pen.palette.deep, m.unit * 3, 0.55))


def draw_mark(image: Image.Image, right: float, baseline: float, unit: float, ink: Colour) -> float:
    """The mark of a draft in its frame, which ends at `right`; the x where it begins."""
    face = font(round(12 * unit), BOLD, 1.8 * unit)
    left = right - face.getlength("DRAFT") - 20 * unit
    frame = (left, baseline - 16 * unit, right, baseline + 7 * unit)
    outline(image, frame, 5 * unit, ink, 200, 1.5 * unit)
    face.draw(image, (left + 10 * unit, baseline), "DRAFT", ink, 225)
    return left


def draw_name(pen: Pen, name: str, left: int, foot: int, room: float) -> None:
    """Who is in the picture, over its lower left corner, the baseline at `foot`."""
    m, face = pen.measures, font(pen.measures.px(15), BOLD, 1.4 * pen.measures.unit)
    rule = (left, foot - m.px(24), left + m.px(26), foot - m.px(24))
    ImageDraw.Draw(pen.canvas).line(rule, fill=(*pen.palette.accent, 255), width=max(2, m.px(3)))
    face.draw(pen.canvas, (left, foot), shorten(name.upper(), face, room), pen.palette.ink)


def draw_tag(pen: Pen, at: tuple[int, int], text: str, room: int) -> None:
    """A few words on a small dark plate, at most `room` wide, its top left corner at `at`."""
    m = pen.measures
    air = m.px(9)
    block = fit(text, room - 2 * air, [m.px(13), m.px(12), m.px(11)], 1, BOLD).cut(1, room - 2 * air)
    box = (at[0], at[1], at[0] + block.width + 2 * air, at[1] + m.px(23))
    plate(pen.canvas, box, m.px(11), pen.palette.deep, 215)
    block.draw(pen.canvas, (at[0] + air, at[1] + (m.px(23) - block.height) / 2), pen.palette.ink)
