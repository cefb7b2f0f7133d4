"""Pictures brought to a frame: centred on the face, made wider, or seen from the asked view of a character pack."""

from PIL import Image, ImageChops, ImageFilter, ImageOps

from adc.runtime.draft.shade import across

FACE = 0.36
"""How far down the picture the middle of interest lies: faces sit above the centre."""

LEAST = 0.7
"""How much of a picture's height a wide frame shows at least: a face and some air, not a mouth and a nose."""


def cover(picture: Image.Image, size: tuple[int, int], centre: float = FACE, zoom: float = 1.0) -> Image.Image:
    """The picture filling `size`, with what does not fit cut away around (middle, `centre`)."""
    scale = max(size[0] / picture.width, size[1] / picture.height) * zoom
    wide, high = size[0] / scale, size[1] / scale
    left = (picture.width - wide) / 2
    top = max(0.0, min(picture.height - high, centre * picture.height - high * centre))
    return picture.resize(size, Image.Resampling.BICUBIC, (left, top, left + wide, top + high), reducing_gap=2.0)


def widened(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture with its sides continued out of focus, where filling the wide `size` would show less than `LEAST`."""
    high = round(size[1] / LEAST)
    wide = round(picture.width * high / picture.height)
    side = -(-(size[0] - wide) // 2)
    if side <= 0:
        return picture
    sharp = picture.resize((wide, high), Image.Resampling.BICUBIC, reducing_gap=2.0)
    whole = Image.new("RGB", (wide + 2 * side, high))
    # What stands at the very edge is the wall behind; further in, a second head would appear.
    strip, mirrored, soft = max(1, wide // 10), ImageOps.mirror(sharp), Image.Resampling.BILINEAR
    whole.paste(mirrored.resize((side, high), soft, (wide - strip, 0, wide, high)), (0, 0))
    whole.paste(mirrored.resize((side, high), soft, (0, 0, strip, high)), (side + wide, 0))
    whole.paste(sharp, (side, 0))
    blurred = whole.reduce(6).filter(ImageFilter.GaussianBlur(high * 0.04 / 6)).resize(whole.size, soft)
    edge = round(wide * 0.08)
    rising, falling = across(sharp.size, 0, edge, 0, 255), across(sharp.size, wide - edge, wide, 255, 0)
    blurred.paste(sharp, (side, 0), ImageChops.darker(rising, falling))
    return blurred


def seen_from(picture: Image.Image, view: str, size: tuple[int, int]) -> Image.Image:
    """The picture framed as if for that view: turned aside by perspective, mirrored, or closer.

    A view that is not known by its words is the front.
    """
    word = view.lower().replace("-", "_").replace(" ", "_")
    if "three_quarter" in word or "quarter" in word:
        return _turned(picture, size, 0.13, 0.10)
    if "profile" in word or "side" in word:
        return _turned(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), size, 0.24, 0.20)
    if any(part in word for part in ("smile", "laugh", "close", "face", "detail")):
        return cover(picture, size, centre=0.38, zoom=1.42)
    return cover(picture, size)


def _turned(picture: Image.Image, size: tuple[int, int], turn: float, shift: float) -> Image.Image:
    """The picture on a plane turned away on the right by `turn`, seen `shift` of its width to the side."""
    full = cover(picture, (round(size[0] * 1.25), round(size[1] * 1.25)))
    width, height = full.size
    left, right = shift * width * 0.5, width * (1 - 0.10 * (1 - shift))
    near, far = turn * height * 0.5, 0.0
    corners = (left, near, left, height - near, right, height - far, right, far)
    return full.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
