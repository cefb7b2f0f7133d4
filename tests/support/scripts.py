"""A small ad as resolved values, made without reading a spec: the cast of the specs, for tests of single stages."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.definitions import (
    Ad,
    Character,
    FrameOf,
    Keyframe,
    Line,
    Name,
    Picture,
    Product,
    Scene,
    Script,
    Style,
    Text,
)
from adc.compiler.source import Span
from adc.compiler.units import Aspect, Size

SPAN = Span("ad.ad", 0, 1, 1, 1)


def endpoint(endpoint_id: str) -> Endpoint:
    """An endpoint of the catalogue; `fal-ai/` may be left out."""
    known = {each.id for each in builtin().endpoints}
    return builtin().endpoint(endpoint_id if endpoint_id in known else f"fal-ai/{endpoint_id}")


def text(value: str) -> Text:
    """A string of the spec that stands at the head of its file."""
    return Text(value, SPAN, tuple(range(len(value))))


def name(value: str) -> Name:
    """A name of the spec."""
    return Name(value, SPAN)


def picture(path: str) -> Picture:
    """A picture of 1024 by 1280 pixels whose digest is its name."""
    return Picture(path, f"sha256:{PurePath(path).stem}", 1, Size(1024, 1280), "image/png", SPAN)


def maya(
    *pack: str,
    looks: str | None = "late twenties, shoulder-length dark curls, freckles",
    wears: str | None = "a cream knit sweater",
    reference: bool = True,
) -> Character:
    """The recurring person of the specs."""
    return Character(
        name="maya",
        display="Maya Brooks",
        reference=picture("maya.png") if reference else None,
        photos=(),
        looks=text(looks) if looks else None,
        looks_auto=None,
        wears=text(wears) if wears else None,
        voice=None,
        pack=tuple(name(view) for view in pack),
        lora=None,
        span=SPAN,
    )


def serum(*, reference: bool = True) -> Product:
    """The product of the specs."""
    looks = text("amber glass dropper bottle with a white label")
    return Product("serum", "Glow Serum", picture("serum.png") if reference else None, (), looks, None, SPAN)


def phone(*, reference: bool = False) -> Style:
    """The look of the specs."""
    look, avoid = text("shot on a phone, natural skin texture"), text("watermark, extra fingers")
    return Style("phone", look, avoid, picture("look.png") if reference else None, SPAN)


def says(who: Character | None, words: str) -> Line:
    """A line on camera."""
    return Line(who, text(words), True, SPAN)


def voiceover(who: Character | None, words: str) -> Line:
    """A line off camera."""
    return Line(who, text(words), False, SPAN)


BATHROOM = {
    "setting": "a small bright bathroom, morning",
    "action": "{{ maya }} leans to the mirror and lifts {{ serum }}",
    "camera": "handheld selfie, slow push-in",
    "light": "soft window light",
    "mood": "hopeful",
    "sound": "a tap drips",
}


def scene(
    *cast: Character | Product,
    parts: Mapping[str, str] = BATHROOM,
    lines: tuple[Line, ...] = (),
    prompt: str | None = None,
    avoid: str | None = None,
    style: Style | None = None,
    start: Picture | Keyframe | FrameOf | None = None,
) -> Scene:
    """The scene `hook`, eight seconds in the bathroom."""
    return Scene(
        name="hook",
        seconds=Fraction(8),
        using=None,
        cast=cast,
        parts={part: text(words) for part, words in parts.items()},
        prompt=text(prompt) if prompt else None,
        avoid=text(avoid) if avoid else None,
        style=style,
        reference=None,
        lines=lines,
        supers=(),
        start=start,
        end=None,
        shots=(),
        seed=None,
        take=1,
        options=(),
        span=SPAN,
        seconds_span=SPAN,
    )


def script(*pieces: Scene, style: Style | None = None) -> Script:
    """An ad of these scenes that declares Maya and the serum, as they are in a cast where they are in one."""
    people = {"maya": maya()}
    things = {"serum": serum()}
    for member in (member for piece in pieces for member in piece.cast):
        if isinstance(member, Character):
            people[member.name] = member
        else:
            things[member.name] = member
    ad = Ad(
        name="glow_serum",
        title="Glow Serum: 30 seconds",
        seconds=None,
        size=Size(1080, 1920),
        short_side=1080,
        aspect="9:16",
        rate=30,
        budget=None,
        style=style,
        captions="",
        music=None,
        deliver=(Aspect(9, 16),),
        platforms=(),
        loudness=Decimal(-14),
        span=SPAN,
        seconds_span=None,
        budget_span=None,
    )
    return Script(ad, people, things, {}, {}, {}, {}, {}, pieces, (None,) * max(0, len(pieces) - 1))
