"""The words of a board: the slate at its head, the text of the scene at its foot, tags on small pictures."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from adc.runtime.draft.board import Measures
from adc.runtime.draft.palette import Palette
from adc.runtime.draft.shapes import outline, plate
from adc.runtime.draft.sheet import Sheet
from adc.runtime.draft.typography import (
    BOLD,
    MEDIUM,
    REGULAR,
    Block,
    draw_block,
    draw_tracked,
    fit,
    font,
    shorten,
    width_of,
)


@dataclass(frozen=True, slots=True)
class Pen:
    """A transparent canvas of the board's size, with the measures and the colours to letter it in."""

    canvas: Image.Image
    measures: Measures
    palette: Palette


def draw_text(pen: Pen, sheet: Sheet, column: int, foot: int, most_lines: int) -> int:
    """Setting, action, unspoken lines and notes in a column that stands on `foot`; the y where they begin.

    The words decide how much room the picture has, so the action is set as large as `most_lines` allow.
    """
    m, ink, accent = pen.measures, pen.palette.ink, pen.palette.accent
    quotes = [line for line in sheet.lines if not line.spoken]
    setting = fit(sheet.setting.upper(), column * 0.86, [m.px(15)], 2, BOLD)
    action = fit(
        sheet.action, column, [m.px(size) for size in range(22 if m.compact else 36, 15, -2)], most_lines, MEDIUM
    )
    heard = " ".join(f"“{line.text}”" for line in quotes)
    quote = fit(heard, column - m.px(18), [m.px(20), m.px(18)], 3, REGULAR)
    notes = fit(
        " · ".join(f"{name.capitalize()}: {text}" for name, text in sheet.notes),
        column,
        [m.px(15)],
        1 if m.compact else 2,
        REGULAR,
    )
    gap, label = m.px(12), m.px(20)
    y = foot - sum(block.height + gap for block in (setting, action, quote, notes) if block.lines)
    y -= label if quote.lines else 0
    top = y
    face = font(setting.size, setting.weight)
    for number, line in enumerate(setting.lines):
        at = (m.margin, y + setting.size + number * setting.leading)
        draw_tracked(pen.canvas, at, line, face, (*accent, 255), 1.6 * m.unit)
    y += setting.height + gap if setting.lines else 0
    if action.lines:
        draw_block(pen.canvas, (m.margin, y - m.px(4)), action, (*ink, 255))
        y += action.height + gap
    if quote.lines:
        _draw_quote(pen, quote, ", ".join(dict.fromkeys(line.who for line in quotes if line.who)), y)
        y += quote.height + gap + label
    draw_block(pen.canvas, (m.margin, y), notes, (*ink, 150))
    return top


def _draw_quote(pen: Pen, quote: Block, who: str, y: int) -> None:
    """Words that are heard over the clip: set apart by a rule, under the name of who says them."""
    m, palette = pen.measures, pen.palette
    rule = (m.margin, y + m.px(2), m.margin + m.px(3), y + quote.height + m.px(20))
    ImageDraw.Draw(pen.canvas).rectangle(rule, fill=(*palette.accent, 255))
    at = (m.margin + m.px(16), y + m.px(14))
    label = f"VOICE  {who.upper()}".strip()
    draw_tracked(pen.canvas, at, label, font(m.px(12), BOLD), (*palette.ink, 170), 1.3 * m.unit)
    draw_block(pen.canvas, (m.margin + m.px(16), y + m.px(20)), quote, (*palette.ink, 235))


def draw_slate(pen: Pen, title: str, model: str, seconds: str) -> None:
    """Scene, model and length at the top, and the mark that says what this is."""
    m, ink = pen.measures, pen.palette.ink
    brush, x, y = ImageDraw.Draw(pen.canvas), float(m.margin), m.px(48)
    face, small, mark = font(m.px(24), BOLD), font(m.px(15), MEDIUM), font(m.px(12), BOLD)
    right = m.width - m.margin
    left = right - width_of("DRAFT", mark, 1.8 * m.unit) - m.px(18)
    outline(pen.canvas, (left, y - m.px(19), right, y + m.px(4)), m.px(5), ink, 190, 1.5 * m.unit)
    draw_tracked(pen.canvas, (left + m.px(10), y - m.px(3)), "DRAFT", mark, (*ink, 215), 1.8 * m.unit)
    if title:
        brush.rectangle((x, y - m.px(18), x + m.px(5), y + m.px(1)), fill=(*pen.palette.accent, 255))
        x += m.px(16)
        face.draw(pen.canvas, (x, y), shorten(title, face, left - x - m.px(16)), (*ink, 255), "ls")
    facts = shorten("  ·  ".join(text for text in (model, f"{seconds} s") if text), small, left - x)
    small.draw(pen.canvas, (x, y + m.px(25) if title else y), facts, (*ink, 190), "ls")


def draw_name(pen: Pen, names: str, foot: int, room: float) -> None:
    """Who is in the picture, over its lower left corner, the baseline at `foot`."""
    m, face = pen.measures, font(pen.measures.px(15), BOLD)
    text = shorten(names.upper(), face, room)
    if not text:
        return
    rule = (m.margin, foot - m.px(24), m.margin + m.px(26), foot - m.px(24))
    ImageDraw.Draw(pen.canvas).line(rule, fill=(*pen.palette.accent, 255), width=max(2, m.px(3)))
    draw_tracked(pen.canvas, (m.margin, foot), text, face, (*pen.palette.ink, 255), 1.4 * m.unit)


def draw_tag(pen: Pen, at: tuple[int, int], text: str, room: int) -> None:
    """A few words on a small dark plate, at most `room` wide, its top left corner at `at`."""
    m = pen.measures
    air = m.px(9)
    face = next(
        (f for f in (font(m.px(size), BOLD) for size in (13, 12, 11)) if f.getlength(text) <= room - 2 * air), None
    )
    face = face or font(m.px(11), BOLD)
    text = shorten(text, face, room - 2 * air)
    box = (at[0], at[1], at[0] + face.getlength(text) + 2 * air, at[1] + m.px(23))
    plate(pen.canvas, box, m.px(11), pen.palette.deep, 215)
    face.draw(pen.canvas, (at[0] + air, box[3] - m.px(7)), text, (*pen.palette.ink, 255), "ls")
