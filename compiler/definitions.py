"""What names stand for: the typed, resolved form of a spec, between syntax and plan.

The resolver turns nodes into these values; checks judge them; lowering turns them into steps. References
between declarations are the declarations themselves, files are read and measured, defaults are filled in.
Strings stay templates (`Text`): they are rendered per scene, because each model is told about a character
in its own way.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from adc.compiler.catalogue import Endpoint
from adc.compiler.frozen import field, frozen
from adc.compiler.source import Span
from adc.compiler.units import Aspect, Size


@frozen
class Text:
    """A string of the spec, a Jinja template. `offsets[i]` is where `value[i]` stands in the file of `span`."""

    value: str
    span: Span
    offsets: Sequence[int] = field(default=(), compare=False, repr=False)


@frozen
class Name:
    """A name as it stands in the spec."""

    value: str
    span: Span


@frozen
class Picture:
    """A reference picture on disk. `path` is relative to the spec's folder; `digest` is `sha256:<hex>`."""

    path: str
    digest: str
    bytes: int
    size: Size
    media_type: str
    span: Span = field(compare=False)


@frozen
class Recording:
    """A sound file on disk. `path` is relative to the spec's folder; `digest` is `sha256:<hex>`."""

    path: str
    digest: str
    bytes: int
    span: Span = field(compare=False)


@frozen
class Option:
    """`set NAME VALUE`: a raw option of the model's endpoint. Numbers stay exact, words are strings."""

    name: Name
    value: bool | int | Decimal | str
    span: Span


@frozen
class Wish:
    """Something that is asked for by a keyword alone, as `cutout`: from the model `using`, or from the cheapest."""

    using: Name | None
    span: Span


@frozen
class Param:
    """A typed input: text is a template, any other value stands as it is written."""

    name: str
    value: "Text | str"
    span: Span


@frozen
class Variant:
    """A named choice. `choices` are its values by key, in the order of the page; `chosen` is the key that counts."""

    name: str
    choices: Mapping[str, "Text | str"]
    chosen: str
    span: Span


@frozen
class Voice:
    """A text-to-speech voice: `id` is what the seller calls it. One without a name is written inside a character."""

    name: str
    using: Name | None
    id: Text | None
    options: tuple[Option, ...]
    span: Span


@frozen
class Lora:
    """A model of one person, trained once for these photos and settings. `trigger` is the word that calls for her."""

    photos: tuple[Picture, ...]
    trigger: str
    steps: int
    using: Name | None
    options: tuple[Option, ...]
    span: Span


@frozen
class Style:
    """The look of a film or a scene, and what to keep out of it."""

    name: str
    look: Text | None
    avoid: Text | None
    reference: Picture | None
    span: Span


@frozen
class Character:
    """A person who stays the same. `pack` lists the views to make from `reference`; `views` are those of a manifest.

    `looks_auto` stands for `looks auto`: a vision model describes the reference once. `photos` are for training.
    `cutout` asks for the reference without its background.
    """

    name: str
    display: str
    reference: Picture | None
    photos: tuple[Picture, ...]
    looks: Text | None
    looks_auto: Wish | None
    wears: Text | None
    voice: Voice | None
    pack: tuple[Name, ...]
    lora: Lora | None
    span: Span
    views: Mapping[str, Picture] = field(default_factory=dict)
    cutout: Wish | None = None


@frozen
class Product:
    """A thing that stays the same."""

    name: str
    display: str
    reference: Picture | None
    photos: tuple[Picture, ...]
    looks: Text | None
    looks_auto: Wish | None
    span: Span
    cutout: Wish | None = None


@frozen
class Line:
    """Words spoken in a scene: on camera (`says`) or off camera (`voiceover`, whose speaker may be nobody).

    `by_model` voice-overs are said by the model that makes the clip.
    """

    who: Character | None
    text: Text
    on_camera: bool
    span: Span
    by_model: bool = False


@frozen
class Super:
    """Text over the picture, at a place of `vocabulary.PLACES`, `at` seconds into its scene; None lasts to its end."""

    text: Text
    place: str
    at: Fraction
    seconds: Fraction | None
    span: Span


@frozen
class Effect:
    """A sound that is made from words and laid over the picture, `at` seconds into its scene; None lasts to its end."""

    text: Text
    at: Fraction
    seconds: Fraction | None
    using: Name | None
    span: Span


@frozen
class Keyframe:
    """A first or last frame that is bought as a still, by `using` or by the cheapest model that can."""

    prompt: Text
    using: Name | None
    span: Span


@frozen
class FrameOf:
    """A frame of another scene: to start from, where that scene ends; to end on, where it begins."""

    scene: Name


@frozen
class ClipOf:
    """The whole clip of an earlier scene, which a model goes on from: place, light and movement stay as they are."""

    scene: Name


PARTS = ("setting", "action", "camera", "light", "mood", "sound")


@frozen
class Scene:
    """One continuous piece of film. `parts` holds the statements named in `PARTS` that were written.

    `shots` split it by hand: each is a scene of this name that has what it writes itself and the rest from here.
    """

    name: str
    seconds: Fraction
    using: Name | None
    cast: tuple[Character | Product, ...]
    parts: Mapping[str, Text]
    prompt: Text | None
    avoid: Text | None
    style: Style | None
    reference: Picture | None
    lines: tuple[Line, ...]
    supers: tuple[Super, ...]
    start: Picture | Keyframe | FrameOf | ClipOf | None
    end: Picture | Keyframe | FrameOf | None
    shots: tuple["Scene", ...]
    seed: int | None
    take: int
    options: tuple[Option, ...]
    span: Span
    seconds_span: Span
    seed_span: Span | None = None
    effects: tuple[Effect, ...] = ()
    upscale: Wish | None = None


@frozen
class Card:
    """A still drawn here, free. `lines` are the smaller texts under the headline, in order.

    `image` is a picture, or somebody or something whose picture it is.
    """

    name: str
    seconds: Fraction
    background: str
    headline: Text | None
    lines: tuple[Text, ...]
    button: Text | None
    logo: Picture | None
    image: "Picture | Character | Product | None"
    span: Span


@frozen
class Transition:
    """The join between the two pieces around it. A film without one written cuts.

    `kind` is `cut`, `continue`, `morph` or a cross-fade of `vocabulary.FADES`. `seconds` is how long a morph lasts,
    or for how long a cross-fade shows both pieces. `prompt` says what a morph shows.
    """

    kind: str
    seconds: Fraction
    prompt: Text | None
    span: Span

    @property
    def overlap(self) -> Fraction:
        """Seconds for which both pieces are seen."""
        return Fraction(0) if self.kind in ("cut", "continue", "morph") else self.seconds


@frozen
class Music:
    """What plays under the film: made from a prompt, or a file. `level` and `duck` are dB."""

    source: Text | Recording
    level: Decimal
    duck: Decimal
    using: Name | None
    options: tuple[Option, ...]
    span: Span


@frozen
class OwnModel:
    """A model that the spec declares itself."""

    name: Name
    endpoint: Endpoint


@frozen
class Ad:
    """What is delivered. `seconds` and `budget` are None where the spec does not write them.

    `deliver` are the aspects to deliver, the film's own first; `captions` is a style of captions or empty, and
    `captions_heard` the model that hears when each of their words is said; `upscale` asks for clips as large as the
    film; `loudness` is the integrated loudness of the mix in LUFS.
    """

    name: str
    title: str
    seconds: Fraction | None
    size: Size
    short_side: int
    aspect: str
    rate: int
    budget: Decimal | None
    style: Style | None
    captions: str
    music: Music | None
    deliver: tuple[Aspect, ...]
    platforms: tuple[Name, ...]
    loudness: Decimal
    span: Span
    seconds_span: Span | None
    budget_span: Span | None
    captions_heard: Name | None = None
    upscale: Wish | None = None


@frozen
class Script:
    """A whole spec, resolved: order on the page is order on the screen."""

    ad: Ad
    characters: Mapping[str, Character]
    products: Mapping[str, Product]
    styles: Mapping[str, Style]
    voices: Mapping[str, Voice]
    params: Mapping[str, Param]
    variants: Mapping[str, Variant]
    models: Mapping[str, OwnModel]
    pieces: tuple[Scene | Card, ...]
    joins: tuple[Transition | None, ...]
    """`joins[i]` stands between `pieces[i]` and `pieces[i + 1]`; None is a plain cut that nobody wrote."""
    valued: frozenset[Span] = frozenset()
    """Params and variants that stand for a value somewhere, outside of texts: the spans of their names."""
