"""Lays a sheet out as a board: how large the picture may be, what stands beside it, and how one fades into the other.

The words are set first, from the foot up, because they decide how much room the picture has. A person fills the main
window, two share it; things stand on small cards in front. Without any picture there is light in the scene's hue.
"""

from PIL import Image, ImageChops, ImageDraw

from adc.runtime.draft.board import Board, Layer, Measures, Rect, Window, even, layers_over
from adc.runtime.draft.framing import cover, widened
from adc.runtime.draft.lettering import SLATE, Pen, draw_name, draw_slate, draw_tag, draw_text
from adc.runtime.draft.move import Framing, Move, move_for
from adc.runtime.draft.palette import Palette, ground_of, lights, palette_of
from adc.runtime.draft.planes import mask_of, planes_of
from adc.runtime.draft.shade import across, down
from adc.runtime.draft.sheet import Member, Sheet
from adc.runtime.media.colour import mixed
from adc.runtime.media.shapes import outline, rounded, shadow

FINE = 1.3
"""Pixels of a window's picture for each pixel on the screen: enough for the closest framing to stay crisp."""


def board_for(sheet: Sheet, size: tuple[int, int], seconds: str) -> Board:
    """Lay out the sheet at `size`; `seconds` is how long the clip says it lasts."""
    m = Measures(*size)
    pictures = [member.picture for member in sheet.cast if member.picture is not None]
    pictures = pictures or ([sheet.start] if sheet.start is not None else [])
    palette = palette_of(pictures, sheet.title or sheet.action)
    ground = ground_of(palette, size, pictures[0] if pictures else None)
    lead, things = _billing(sheet.cast)
    spoken = any(line.captioned for line in sheet.lines)

    words = Pen(_blank(m, palette), m, palette)
    column = m.width - 2 * m.margin if m.tall else round(0.37 * m.width)
    most_lines = 2 if m.compact else 5 if pictures else 8
    top = draw_text(words, sheet, column, m.px(SLATE + 18), m.height - m.px(62), most_lines)
    captions = _captions(m, top, spoken)
    window = _window(m, captions[1] if spoken and m.tall and not m.compact else top, len(lead))
    tiles = _tiles(m, window, captions if spoken else None, len(things), len(lead))
    inset, inset_frame = _inset(m, palette, sheet)

    over = Pen(_fade(m, ground, window, 235 if spoken else 150, len(lead)), m, palette)
    over.canvas.alpha_composite(words.canvas)
    draw_slate(over, sheet.title, sheet.model, seconds)
    for left, upper, right, bottom in tiles:
        shadow(over.canvas, (left, upper, right, bottom), m.px(14), (0, 0, 0), 150, m.px(8), 12 * m.unit)
    if m.tall and not (m.compact and (spoken or inset_frame)):
        _names(over, lead, window, tiles)

    shown = [member.picture for member in lead if member.picture] or pictures[:1]
    canvas = _scene(shown, palette, window, sheet.title or sheet.action)
    main = Window(window, planes_of(canvas), move_for(sheet.camera), None, layers_over(over.canvas, window))
    bar = (0, even(m.height - max(2, even(4 * m.unit))), even(m.width), even(m.height))
    flat = ground.copy()
    flat.paste(over.canvas, mask=over.canvas.getchannel("A"))
    ImageDraw.Draw(flat).rectangle(bar, fill=mixed(palette.deep, palette.ink, 0.16))
    return Board(
        measures=m,
        palette=palette,
        ground=planes_of(flat),
        windows=(main, *(_tile(m, palette, *placed) for placed in zip(tiles, things, strict=True))),
        captions=captions,
        captions_on_picture=not m.tall or m.compact,
        clock=(even(m.width - m.margin - 50 * m.unit) if m.tall else m.margin, even(m.height - m.px(22))),
        bar=bar,
        inset=inset,
        inset_frame=inset_frame,
    )


def _billing(cast: tuple[Member, ...]) -> tuple[list[Member], list[Member]]:
    """Who fills the main window (at most two), and what stands in front of it (at most two)."""
    shown = [member for member in cast if member.picture is not None]
    people, things = [m for m in shown if not m.thing], [m for m in shown if m.thing]
    return (people[:2], things[:2]) if people else (things[:1], things[1:3])


def _blank(m: Measures, palette: Palette) -> Image.Image:
    return Image.new("RGBA", m.size, (*palette.deep, 0))


def _captions(m: Measures, top_of_text: int, spoken: bool) -> Rect:
    height = even(70 * m.unit)
    if not m.tall:
        top = even(m.height - m.px(14) - height)
        return even(0.44 * m.width), top, even(m.width - m.margin / 2), top + height
    top = even(top_of_text - height - m.px(4 if m.compact else 22)) if spoken else even(top_of_text)
    return 0, top, even(m.width), top + height


def _window(m: Measures, below: int, leads: int) -> Rect:
    """Where the main picture is seen: above the words, or beside them; clear of them where two have to share it."""
    if not m.tall:
        return even((0.36 if leads < 2 else 0.41) * m.width), 0, even(m.width), even(m.height - m.px(4))
    return 0, 0, even(m.width), even(min(max(below + m.px(6), 0.34 * m.height), m.height))


def _fade(m: Measures, ground: Image.Image, window: Rect, foot: int, leads: int) -> Image.Image:
    """The ground as it covers the picture: a shade for the slate, and where the picture dissolves towards the words."""
    alpha = down(m.size, m.px(30), m.px(170 if m.tall and not m.compact else 140), 205, 0)
    if m.tall:
        lower = down(m.size, window[3] - 0.20 * m.height, window[3], 0, 255)
        alpha = ImageChops.screen(alpha, lower)
    else:
        left = across(m.size, window[0], window[0] + (0.24 if leads < 2 else 0.10) * m.width, 255, 0)
        lower = down(m.size, 0.55 * m.height, m.height, 0, foot)
        alpha = ImageChops.screen(ImageChops.screen(alpha, lower), left)
    fade = ground.convert("RGBA")
    fade.putalpha(alpha)
    return fade


def _tiles(m: Measures, window: Rect, captions: Rect | None, count: int, leads: int) -> list[Rect]:
    """Where the cards of things stand: on the right, or between two people, where they hide neither face."""
    scale = m.unit * (0.72 if m.compact else 1)
    wide, high, air = even(138 * scale), even(164 * scale), m.px(16)
    if captions and (m.compact or not m.tall):
        bottom = even(captions[1] + (m.px(8) if m.compact else -m.px(8)))
    elif m.tall:
        bottom = even(window[3] - m.px(40 if m.compact else 30))
    else:
        bottom = even(m.height - m.px(70))
    whole = count * wide + (count - 1) * air
    right = m.width - m.margin if leads < 2 else (window[0] + window[2] + whole) / 2
    rights = [even(right - number * (wide + air)) for number in range(count)]
    return [(place - wide, bottom - high, place, bottom) for place in rights]


def _names(pen: Pen, lead: list[Member], window: Rect, tiles: list[Rect]) -> None:
    """Who is in the picture: each name under its own part of it, and clear of the cards."""
    m = pen.measures
    for number, member in enumerate(lead):
        share = (window[2] - window[0]) // len(lead)
        left = window[0] + number * share + (m.px(18) if number else m.margin)
        right = window[0] + (number + 1) * share - m.px(18)
        for tile in tiles:
            left = max(left, tile[2] + m.px(18)) if tile[0] <= left < tile[2] else left
            right = min(right, tile[0] - m.px(18)) if tile[0] > left else right
        if member.display:
            draw_name(pen, member.display, left, window[3] - m.px(34), right - left)


def _scene(shown: list[Image.Image], palette: Palette, window: Rect, words: str) -> Image.Image:
    """What is seen through the main window: one picture, two side by side, or light."""
    size = (even((window[2] - window[0]) * FINE), even((window[3] - window[1]) * FINE))
    if not shown:
        return lights(palette, size, words)
    canvas = Image.new("RGB", size, palette.deep)
    for number, picture in enumerate(shown):
        left, right = round(number * size[0] / len(shown)), round((number + 1) * size[0] / len(shown))
        part = (right - left, size[1])
        canvas.paste(cover(widened(picture, part), part), (left, 0))
        if number:
            ImageDraw.Draw(canvas).rectangle((left - 2, 0, left + 1, size[1]), fill=palette.deep)
    return canvas


def _tile(m: Measures, palette: Palette, rect: Rect, member: Member) -> Window:
    """A thing on a small card with its name, seen a little closer by and by."""
    assert member.picture is not None
    wide, high = rect[2] - rect[0], rect[3] - rect[1]
    picture = cover(member.picture, (even(wide * FINE), even(high * FINE)), centre=0.5)
    trim = Pen(_blank(m, palette), m, palette)
    outline(trim.canvas, rect, m.px(13), palette.ink, 230, 2.4 * m.unit)
    if member.display:
        draw_tag(trim, (rect[0] + m.px(8), rect[3] - m.px(32)), member.display, wide - m.px(14))
    mask = mask_of(rounded((wide, high), m.px(13)))
    return Window(rect, planes_of(picture), Move(Framing(1.02), Framing(1.18)), mask, layers_over(trim.canvas, rect))


def _inset(m: Measures, palette: Palette, sheet: Sheet) -> tuple[Rect, Layer | None]:
    """Where the first frame of the clip goes once the scene's own picture is there, with its frame and tag."""
    wide = even((86 if m.compact or not m.tall else 104) * m.unit * min(1.4, max(1.0, m.width / m.height)))
    left = m.margin if m.tall else even(m.width - m.margin - wide)
    top = even((SLATE + 10) * m.unit)
    rect = (left, top, left + wide, top + even(wide * m.height / m.width))
    if sheet.start is None:
        return rect, None
    trim, edge = Pen(_blank(m, palette), m, palette), max(2, m.px(2))
    frame = (rect[0] - edge, rect[1] - edge, rect[2] + edge - 1, rect[3] + edge - 1)
    ImageDraw.Draw(trim.canvas).rectangle(frame, fill=(*palette.ink, 235))
    tag = "continues from" if sheet.continues else "first frame"
    draw_tag(trim, (rect[0] - edge, rect[3] + m.px(8)), tag, m.px(200))
    (layer,) = layers_over(trim.canvas, (0, 0, *m.size))
    return rect, layer
