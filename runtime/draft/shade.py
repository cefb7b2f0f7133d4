"""What lies between a picture and the words on it, so that the words can be read on anything: ramps and halos."""

from PIL import Image, ImageFilter

from adc.runtime.media.colour import Colour


def down(size: tuple[int, int], since: float, until: float, first: int, last: int) -> Image.Image:
    """A mask that goes from `first` to `last` between two heights, smooth at both ends."""
    return Image.frombytes("L", (1, size[1]), _ramp(size[1], since, until, first, last)).resize(size)


def across(size: tuple[int, int], since: float, until: float, first: int, last: int) -> Image.Image:
    """A mask that goes from `first` to `last` from left to right, smooth at both ends."""
    return Image.frombytes("L", (size[0], 1), _ramp(size[0], since, until, first, last)).resize(size)


def _ramp(length: int, since: float, until: float, first: int, last: int) -> bytes:
    values = bytearray()
    for place in range(length):
        share = min(1.0, max(0.0, (place - since) / max(1e-6, until - since)))
        values.append(round(first + (last - first) * share * share * (3 - 2 * share)))
    return bytes(values)


def with_halo(letters: Image.Image, colour: Colour, blur: float, strength: float) -> Image.Image:
    """An RGBA drawing over its own soft outline: `blur` pixels wide, at most `strength` (0 to 1) dense."""
    spread = letters.getchannel("A").filter(ImageFilter.GaussianBlur(blur))
    canvas = Image.new("RGBA", letters.size, (*colour, 0))
    canvas.putalpha(spread.point([round(min(255, 2 * level) * strength) for level in range(256)]))
    canvas.alpha_composite(letters)
    return canvas
