"""What names stand for: the typed, resolved form of a spec, between syntax and plan.

The resolver turns nodes into these values; checks judge them; lowering turns them into steps. References
between declarations are the declarations themselves, files are read and measured, defaults are filled in.
Strings stay templates (`Text`): they are rendered per scene, because each model is told about a character
in its own way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from adc.compiler.source import Span
from adc.compiler.units import Size


@dataclass(frozen=True, slots=True)
class Text:
    """A string of the spec, a Jinja template. `offsets[i]` is where `value[i]` stands in the file of `span`."""

    value: str
    span: Span
    offsets: tuple[int, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands in the spec."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Picture:
    """A reference picture on disk. `path` is relative to the spec's folder; `digest` is `sha256:<hex>`."""

    path: str
    digest: str
    bytes: int
    size: Size
    media_type: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Style:
    """The look of a film or a scene, and what to keep out of it."""

    name: str
    look: Text | None
    avoid: Text | None
    reference: Picture | None
    span: Span


@dataclass(frozen=True, slots=True)
class Character:
    """A person who stays the same. `pack` lists the views to make from `reference`."""

    name: str
    display: str
    reference: Picture | None
    looks: Text | None
    wears: Text | None
    voice: Text | None
    pack: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Product:
    """A thing that stays the same."""

    name: str
    display: str
    reference: Picture | None
    looks: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class Line:
    """Words spoken in a scene: on camera (`says`) or off camera (`voiceover`, whose speaker may be nobody)."""

    who: Character | None
    text: Text
    on_camera: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A start frame that is bought as a still, by `using` or by the cheapest model that can."""

    prompt: Text
    using: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class FrameOf:
    """A start frame taken from the end of another scene."""

    scene: Name


@dataclass(frozen=True, slots=True)
class Option:
    """`set NAME VALUE`: a raw option of the model's endpoint. Numbers stay exact, words are strings."""

    name: Name
    value: bool | int | Decimal | str
    span: Span


PARTS = ("setting", "action", "camera", "light", "mood", "sound")


@dataclass(frozen=True, slots=True)
class Scene:
    """One continuous piece of film. `parts` holds the statements named in `PARTS` that were written."""

    name: str
    seconds: Fraction
    using: Name | None
    cast: tuple[Character | Product, ...]
    parts: Mapping[str, Text]
    prompt: Text | None
    avoid: Text | None
    style: Style | None
    lines: tuple[Line, ...]
    start: Picture | Keyframe | FrameOf | None
    seed: int | None
    take: int
    options: tuple[Option, ...]
    span: Span
    seconds_span: Span


@dataclass(frozen=True, slots=True)
class Card:
    """A still drawn here, free. `lines` are the smaller texts under the headline, in order."""

    name: str
    seconds: Fraction
    background: str
    headline: Text | None
    lines: tuple[Text, ...]
    button: Text | None
    logo: Picture | None
    image: Picture | None
    span: Span


@dataclass(frozen=True, slots=True)
class Transition:
    """The join between the two pieces around it. A film without one written cuts."""

    kind: Literal["cut", "continue"]
    span: Span


@dataclass(frozen=True, slots=True)
class Ad:
    """What is delivered. `seconds` and `budget` are None where the spec does not write them."""

    name: str
    title: str
    seconds: Fraction | None
    size: Size
    short_side: int
    aspect: str
    rate: int
    budget: Decimal | None
    style: Style | None
    span: Span
    seconds_span: Span | None
    budget_span: Span | None


@dataclass(frozen=True, slots=True)
class Script:
    """A whole spec, resolved: order on the page is order on the screen."""

    ad: Ad
    characters: Mapping[str, Character]
    products: Mapping[str, Product]
    styles: Mapping[str, Style]
    pieces: tuple[Scene | Card, ...]
    joins: tuple[Transition | None, ...]
    """`joins[i]` stands between `pieces[i]` and `pieces[i + 1]`; None is a plain cut that nobody wrote."""
