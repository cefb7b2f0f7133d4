"""A still: the reference picture framed for the asked view, with the words of the prompt under it.

With several pictures the first fills the still and the others stand beside it on small cards, so that a keyframe shows
who and what is in it. Without any, light in the hue of the words.
"""

from PIL import Image, ImageDraw, ImageFilter

from adc.runtime.draft.framing import cover, seen_from
from adc.runtime.draft.palette import Palette, lights, palette_of
from adc.runtime.draft.shapes import outline, rounded
from adc.runtime.draft.sheet import Sheet
from adc.runtime.draft.typography import (
    BOLD,
    MEDIUM,
    REGULAR,
    draw_block,
    draw_tracked,
    fit,
    font,
    shorten,
    width_of,
)


def still(sheet: Sheet, size: tuple[int, int]) -> Image.Image:
    """The still of the sheet as an RGB picture of `size`."""
    shown = [member.picture for member in sheet.cast if member.picture is not None]
    palette = palette_of(shown, sheet.action or sheet.title)
    picture = seen_from(shown[0], sheet.view, size) if shown else lights(palette, size, sheet.action or sheet.title)
    unit = min(size) / 760
    for number, beside in enumerate(shown[1:4]):
        _card(picture, beside, number, palette, unit)
    _caption(picture, sheet, palette, unit)
    return picture


def _card(picture: Image.Image, beside: Image.Image, number: int, palette: Palette, unit: float) -> None:
    """One of the other pictures, on a card on the right, the next above the last."""
    side, air = round(190 * unit), round(40 * unit)
    left = picture.width - air - side
    top = round(picture.height * 0.78) - (number + 1) * (side + round(18 * unit))
    box = (left, top, left + side, top + side)
    shadow = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shadow).rounded_rectangle((left, top + 8 * unit, box[2], box[3] + 8 * unit), 18 * unit, fill=140)
    picture.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(14 * unit)))
    picture.paste(cover(beside, (side, side), centre=0.5), (left, top), rounded((side, side), 18 * unit))
    outline(picture, box, 18 * unit, palette.ink, 240, 3 * unit)


def _caption(picture: Image.Image, sheet: Sheet, palette: Palette, unit: float) -> None:
    """The quiet band at the foot: what the still is, the words that ask for it, the model, and the draft's mark."""
    width, height = picture.size
    margin = round(40 * unit)
    words = fit(sheet.action, width - 2 * margin, [round(s * unit) for s in (20, 18)], 2, REGULAR)
    title = sheet.view.replace("_", " ") or sheet.title
    band = words.height + round((116 if title else 76) * unit)
    ramp = bytearray()
    for y in range(height):
        share = min(1.0, max(0.0, (y - (height - 1.45 * band)) / (0.75 * band)))
        ramp.append(round(225 * share * share * (3 - 2 * share)))
    picture.paste(palette.deep, mask=Image.frombytes("L", (1, height), bytes(ramp)).resize(picture.size))
    pen = ImageDraw.Draw(picture)
    y = height - band + round(8 * unit)
    if title:
        face = font(round(26 * unit), BOLD)
        pen.rectangle((margin, y + 7 * unit, margin + 6 * unit, y + 29 * unit), fill=palette.accent)
        name = " + ".join(member.display for member in sheet.cast if member.display) if sheet.view else ""
        text = shorten("  ·  ".join(part for part in (title, name) if part), face, width - 2 * margin - 20 * unit)
        face.draw(picture, (margin + 20 * unit, y + 28 * unit), text, palette.ink, "ls")
        y += round(42 * unit)
    draw_block(picture, (margin, y), words, palette.ink)
    foot, mark, small = height - round(28 * unit), font(round(14 * unit), BOLD), font(round(16 * unit), MEDIUM)
    pill = width_of("DRAFT", mark, 2 * unit) + 20 * unit
    corner = (width - margin - pill, foot - 18 * unit, width - margin, foot + 6 * unit)
    outline(picture, corner, 6 * unit, palette.ink, 220, 1.5 * unit)
    draw_tracked(picture, (corner[0] + 11 * unit, foot - unit), "DRAFT", mark, palette.ink, 2 * unit)
    model = shorten(sheet.model, small, corner[0] - margin - 16 * unit)
    small.draw(picture, (margin, foot), model, palette.accent, "ls")
