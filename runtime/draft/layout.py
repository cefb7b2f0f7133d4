"""Lays a sheet out as a board: how large the picture may be, what stands beside it, and how one fades into the other.

The words are set first, from the foot up, because they decide how much room the picture has. A person fills the main
window, two share it; things stand on small cards in front. Without any picture there is light in the scene's hue.
"""

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adc.runtime.draft.board import Board, Layer, Measures, Rect, Window, even, layers_over
from adc.runtime.draft.framing import cover
from adc.runtime.draft.lettering import Pen, draw_name, draw_slate, draw_tag, draw_text
from adc.runtime.draft.move import Framing, Move, move_for
from adc.runtime.draft.palette import Colour, Palette, ground_of, lights, palette_of
from adc.runtime.draft.planes import mask_of, planes_of
from adc.runtime.draft.shapes import outline, rounded
from adc.runtime.draft.sheet import Member, Sheet

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
    spoken = any(line.spoken for line in sheet.lines)

    words = Pen(_blank(m, palette), m, palette)
    column = m.width - 2 * m.margin if m.tall else round(0.37 * m.width)
    top = draw_text(words, sheet, column, m.height - m.px(58), 2 if m.compact else 5 if pictures else 8)
    captions = _captions(m, top, spoken)
    window = _window(m, captions[1] if spoken and m.tall and not m.compact else top)
    tiles = _tiles(m, window, captions if spoken else None, len(things))

    over = Pen(_fade(m, ground, window, 235 if spoken else 150), m, palette)
    over.canvas.alpha_composite(words.canvas)
    draw_slate(over, sheet.title, sheet.model, seconds)
    over.canvas.alpha_composite(_shadows(m, tiles))
    if m.tall and not (m.compact and spoken):
        names = " + ".join(member.display for member in lead if member.display)
        end = tiles[-1][0] if tiles else m.width - m.margin
        draw_name(over, names, window[3] - m.px(34), end - m.margin - m.px(70))

    shown = [member.picture for member in lead if member.picture] or pictures[:1]
    canvas = _scene(shown, palette, window, sheet.title or sheet.action)
    main = Window(window, planes_of(canvas), move_for(sheet.camera), None, layers_over(over.canvas, window))
    inset, inset_frame = _inset(m, palette, sheet)
    bar = (0, even(m.height - max(2, even(4 * m.unit))), even(m.width), even(m.height))
    flat = ground.copy()
    flat.paste(over.canvas, mask=over.canvas.getchannel("A"))
    ImageDraw.Draw(flat).rectangle(bar, fill=_mix(palette.deep, palette.ink, 0.16))
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


def _window(m: Measures, below: int) -> Rect:
    if not m.tall:
        return even(0.36 * m.width), 0, even(m.width), even(m.height - m.px(4))
    return 0, 0, even(m.width), even(min(max(below + m.px(6), 0.34 * m.height), m.height))


def _fade(m: Measures, ground: Image.Image, window: Rect, foot: int) -> Image.Image:
    """The ground as it covers the picture: a shade for the slate, and where the picture dissolves towards the words."""
    alpha = _ramp((1, m.height), 0, (0.20 if m.tall else 0.26) * m.height, 190, 0).resize(m.size)
    if m.tall:
        lower = _ramp((1, m.height), window[3] - 0.20 * m.height, window[3], 0, 255).resize(m.size)
        alpha = ImageChops.screen(alpha, lower)
    else:
        left = _ramp((m.width, 1), window[0], window[0] + 0.24 * m.width, 255, 0).resize(m.size)
        lower = _ramp((1, m.height), 0.55 * m.height, m.height, 0, foot).resize(m.size)
        alpha = ImageChops.screen(ImageChops.screen(alpha, lower), left)
    fade = ground.convert("RGBA")
    fade.putalpha(alpha)
    return fade


def _tiles(m: Measures, window: Rect, captions: Rect | None, count: int) -> list[Rect]:
    """Where the cards of things stand, from the right."""
    scale = m.unit * (0.72 if m.compact else 1)
    wide, high = even(138 * scale), even(164 * scale)
    if captions and (m.compact or not m.tall):
        bottom = captions[1] + (m.px(8) if m.compact else -m.px(8))
    elif m.tall:
        bottom = window[3] - m.px(40 if m.compact else 30)
    else:
        bottom = m.height - m.px(70)
    rights = [even(m.width - m.margin - number * (wide + m.px(16))) for number in range(count)]
    return [(right - wide, even(bottom) - high, right, even(bottom)) for right in rights]


def _shadows(m: Measures, tiles: list[Rect]) -> Image.Image:
    shadow = Image.new("L", m.size, 0)
    for left, top, right, bottom in tiles:
        box = (left, top + m.px(8), right, bottom + m.px(8))
        ImageDraw.Draw(shadow).rounded_rectangle(box, m.px(14), fill=150)
    layer = Image.new("RGBA", m.size, (0, 0, 0, 0))
    layer.putalpha(shadow.filter(ImageFilter.GaussianBlur(12 * m.unit)) if tiles else shadow)
    return layer


def _scene(shown: list[Image.Image], palette: Palette, window: Rect, words: str) -> Image.Image:
    """What is seen through the main window: one picture, two side by side, or light."""
    size = (even((window[2] - window[0]) * FINE), even((window[3] - window[1]) * FINE))
    if not shown:
        return lights(palette, size, words)
    canvas = Image.new("RGB", size, palette.deep)
    for number, picture in enumerate(shown):
        left, right = round(number * size[0] / len(shown)), round((number + 1) * size[0] / len(shown))
        canvas.paste(cover(picture, (right - left, size[1])), (left, 0))
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
    wide = even((104 if m.tall else 84) * m.unit * min(1.4, max(1.0, m.width / m.height)))
    left = m.margin if m.tall else even(m.width - m.margin - wide)
    top = even((100 if m.tall else 72) * m.unit)
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


def _ramp(size: tuple[int, int], since: float, until: float, first: int, last: int) -> Image.Image:
    """A line of pixels from `first` to `last` between two places, smooth at both ends."""
    values = bytearray()
    for place in range(max(size)):
        share = min(1.0, max(0.0, (place - since) / max(1e-6, until - since)))
        values.append(round(first + (last - first) * share * share * (3 - 2 * share)))
    return Image.frombytes("L", size, bytes(values))


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
