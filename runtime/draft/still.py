"""A still: the reference picture framed for the asked view, with the words of the prompt under it.

With several pictures the first fills the still and the others stand beside it on small cards, so that a keyframe shows
who and what is in it. Without any, light in the hue of the words.
"""

from PIL import Image, ImageDraw

from adc.runtime.draft.framing import cover, seen_from, widened
from adc.runtime.draft.lettering import draw_mark
from adc.runtime.draft.palette import Palette, lights, palette_of
from adc.runtime.draft.shade import down
from adc.runtime.draft.sheet import Sheet
from adc.runtime.media.shapes import outline, rounded, shadow
from adc.runtime.media.typography import BOLD, MEDIUM, REGULAR, fit, font, shorten


def still(sheet: Sheet, size: tuple[int, int]) -> Image.Image:
    """The still of the sheet as an RGB picture of `size`."""
    shown = [member.picture for member in sheet.cast if member.picture is not None]
    words = sheet.action or sheet.title
    palette = palette_of(shown, words)
    picture = seen_from(widened(shown[0], size), sheet.view, size) if shown else lights(palette, size, words)
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
    shadow(picture, box, 18 * unit, (0, 0, 0), 140, 8 * unit, 14 * unit)
    picture.paste(cover(beside, (side, side), centre=0.5), (left, top), rounded((side, side), 18 * unit))
    outline(picture, box, 18 * unit, palette.ink, 240, 3 * unit)


def _caption(picture: Image.Image, sheet: Sheet, palette: Palette, unit: float) -> None:
    """The quiet band at the foot: what the still is, the words that ask for it, the model, and the draft's mark."""
    width, height = picture.size
    margin = round(40 * unit)
    words = fit(sheet.action, width - 2 * margin, [round(s * unit) for s in (20, 18)], 2, REGULAR)
    words = words.cut(2, width - 2 * margin)
    title = sheet.view.replace("_", " ") or sheet.title
    band = words.height + round((124 if title else 82) * unit)
    picture.paste(palette.deep, mask=down(picture.size, height - 1.45 * band, height - 0.7 * band, 0, 225))
    y = height - band + round(8 * unit)
    if title:
        face = font(round(26 * unit), BOLD)
        bar = (margin, y + 7 * unit, margin + 6 * unit, y + 29 * unit)
        ImageDraw.Draw(picture).rectangle(bar, fill=palette.accent)
        name = " + ".join(member.display for member in sheet.cast if member.display) if sheet.view else ""
        text = shorten("  ·  ".join(part for part in (title, name) if part), face, width - 2 * margin - 20 * unit)
        face.draw(picture, (margin + 20 * unit, y + 28 * unit), text, palette.ink)
        y += round(47 * unit)
    words.draw(picture, (margin, y), palette.ink)
    foot, small = height - round(28 * unit), font(round(16 * unit), MEDIUM)
    left = draw_mark(picture, width - margin, foot - unit, 1.16 * unit, palette.ink)
    small.draw(picture, (margin, foot), shorten(sheet.model, small, left - margin - 16 * unit), palette.accent)
