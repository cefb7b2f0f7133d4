"""The model catalogue as values: what each endpoint takes, makes and costs. One file in `schemas/models/` each.

The catalogue is data. Adding a file there adds an endpoint, and with a new `model` name a new model, to
casting, planning, pricing, drafting and buying; nothing in the code knows an endpoint by name. The format is
`schemas/model.v1.json`, and `schemas/README.md` tells how to write a file.

Reading is quick because it only reads: the files that ship are held to the format by the contract tests, so
`builtin` calls for the schema validator, which is slow to import, only to explain a file that cannot be read.
"""

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from adc.compiler import data
from adc.compiler.conform import parts
from adc.compiler.frozen import field, frozen
from adc.compiler.plan import Json

if TYPE_CHECKING:
    from pathlib import Path

Need: TypeAlias = Literal["no", "optional", "required"]
Makes: TypeAlias = Literal["image", "video", "audio", "text", "weights", "words"]
Role: TypeAlias = Literal[
    "clip",
    "still",
    "voice",
    "music",
    "sound",
    "lipsync",
    "upscale",
    "cutout",
    "transcription",
    "description",
    "training",
]


@frozen
class StartClip:
    """Which clips an endpoint goes on from: those of `models`, of at most `longest` seconds and `short_side` pixels.

    Its answer is the whole lengthened clip.
    """

    models: tuple[str, ...]
    longest: int
    short_side: int


@frozen
class Takes:
    """What an endpoint accepts; empty tuples mean that the endpoint has no such choice.

    `references` is the most people, things and style pictures that a request may carry; where the form is
    `elements`, someone told by several pictures counts once. `seconds` are the legal lengths of a clip.
    `reference_form` says how a prompt names them: by `@Element1`, by `@Image1`, by order, or not.
    `angles` are the fewest and most pictures of someone besides the frontal one. `start_as_image` says that the
    start frame is the first picture, named `@Image1`, and takes the place of a reference. `short_sides` are the
    pixels of the short side at 9:16 of each of `resolutions`. `loras_needed` to `loras` trained LoRAs go into a
    request. `shortest` and `longest` are seconds: of music and sounds, which may have any length between, and of a
    clip that is given to be dubbed. `start_clip` says which clips it goes on from. `short_side` is that of all that it
    makes, where there is no choice; None where nobody tells. `factors` are the smallest and the largest by which it
    enlarges.
    """

    references: int
    reference_form: Literal["elements", "images", "order", "none"]
    start_frame: Need
    end_frame: Need
    speech: bool
    seconds: tuple[int, ...]
    aspects: tuple[str, ...]
    resolutions: tuple[str, ...]
    prompt_chars: int | None
    references_needed: int = 0
    angles: tuple[int, int] = (0, 0)
    start_as_image: bool = False
    short_sides: tuple[int, ...] = ()
    loras: int = 0
    loras_needed: int = 0
    shortest: int | None = None
    longest: int | None = None
    start_clip: StartClip | None = None
    short_side: int | None = None
    factors: tuple[int, int] = (1, 1)


@frozen
class Extra:
    """An option that costs more: dollars a unit, as text, when `argument` has `value`."""

    argument: str
    value: bool | str
    usd: str


@frozen
class PriceRule:
    """A price as data: dollars a `unit`, in `usd` by the values of the arguments named in `by`, nested in order.

    `of` is the argument that the quantity is read from, and `per` of what is measured make a unit; without `of`,
    seconds and minutes are those of the clip that is sent. `times` is an argument that multiplies the quantity,
    `inputs` a list of pictures that count as `input_units` each, `sizes` the width and height behind names of sizes.
    `rounding` is the number of units up to whose next multiple is paid, 0 where parts are paid as parts. `first` is
    dollars for the first unit where that has a price of its own. Of `by`, `short_side` is no argument: it is that of
    what comes out, and the first amount counts whose name is as large. `listed` is the one figure that the seller's
    list of prices has for a unit of its own, where it is none of `usd`: bills count such units.
    """

    unit: str
    usd: Json
    by: tuple[str, ...]
    rounding: int
    mark: Literal["exact", "estimated", "unknown"]
    source: str
    as_of: str
    of: str = ""
    per: int = 1
    first: str = ""
    times: str = ""
    inputs: str = ""
    input_units: int = 1
    listed: str = ""
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    extras: tuple[Extra, ...] = ()


@frozen
class Endpoint:
    """One endpoint of the queue API.

    `model` is the name a spec uses; several endpoints may share it and differ in what they take. `role` is the part
    in a film that it is cast for. `request` is the request with `$fact` placeholders (see `request`). `outputs` names
    what comes back: output name to the place in the answer of the file object, as in `{"image": "images/0"}`, of the
    text, or of the list of words that were heard; `word` then says where each has its `text`, `start` and `end`.
    `template` is the prompt template's name. `fixed` are options that no spec may set, because the answer would not be
    the one file that a step makes. `lora_family` is the family of the LoRAs that it trains or reads: those of another
    family do not fit.
    """

    id: str
    model: str
    title: str
    use: str
    makes: Makes
    role: Role
    template: str
    takes: Takes
    request: Json
    outputs: Mapping[str, str]
    price: PriceRule
    input_schema: Mapping[str, Json]
    output_schema: Mapping[str, Json]
    notes: tuple[str, ...]
    source: tuple[str, ...]
    as_of: str
    fixed: tuple[str, ...] = ()
    lora_family: str = ""
    word: Mapping[str, str] = field(default_factory=dict)

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@frozen
class Limits:
    """What a file that is sent must keep to: pixels a side, width over height, bytes; None where there is no limit."""

    min_width: int | None
    max_width: int | None
    min_height: int | None
    max_height: int | None
    min_aspect_ratio: Fraction | None
    max_aspect_ratio: Fraction | None
    max_bytes: int | None


def file_limits(endpoint: Endpoint, argument: str) -> Limits | None:
    """The limits of the files at a place of the request, as in `elements/frontal_image_url`; None where there are none.

    The number of an entry, as in `elements/0/frontal_image_url`, may be there or not.
    """
    for part in parts(endpoint.input_schema, argument.split("/")):
        if isinstance(limits := part.get("x-file-limits"), dict):
            return _limits(limits)
    return None


def _limits(document: Mapping[str, Any]) -> Limits:
    ratios = (document.get(name) for name in ("min_aspect_ratio", "max_aspect_ratio"))
    narrowest, widest = (None if ratio is None else Fraction(str(ratio)) for ratio in ratios)
    return Limits(
        min_width=document.get("min_width"),
        max_width=document.get("max_width"),
        min_height=document.get("min_height"),
        max_height=document.get("max_height"),
        min_aspect_ratio=narrowest,
        max_aspect_ratio=widest,
        max_bytes=document.get("max_file_size"),
    )


@frozen
class Catalogue:
    """All endpoints, sorted by id."""

    endpoints: tuple[Endpoint, ...]

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """The endpoint with that id. Raises KeyError."""
        for endpoint in self.endpoints:
            if endpoint.id == endpoint_id:
                return endpoint
        raise KeyError(endpoint_id)

    @property
    def names(self) -> Mapping[str, str]:
        """The name of the model behind each endpoint, by its id."""
        return {endpoint.id: endpoint.model for endpoint in self.endpoints}

    def of_model(self, model: str) -> tuple[Endpoint, ...]:
        """The endpoints that a model name stands for; empty for an unknown name."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.model == model)

    def adding(self, endpoints: Iterable[Endpoint]) -> "Catalogue":
        """This catalogue with further endpoints, each in place of one with the same id and model."""
        own = tuple(endpoints)
        ids = {endpoint.id for endpoint in own}
        kept = (endpoint for endpoint in self.endpoints if endpoint.id not in ids)
        return Catalogue(tuple(sorted((*kept, *own), key=lambda endpoint: endpoint.id))) if own else self

    def of_role(self, role: Role) -> tuple[Endpoint, ...]:
        """The endpoints that may be cast for that part."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.role == role)

    def start_clips(self) -> tuple[StartClip, ...]:
        """What the endpoints that go on from a clip take."""
        return tuple(endpoint.takes.start_clip for endpoint in self.endpoints if endpoint.takes.start_clip)

    def models(self, makes: Makes) -> tuple[str, ...]:
        """Names of the models that make that kind of media."""
        return tuple(dict.fromkeys(endpoint.model for endpoint in self.endpoints if endpoint.makes == makes))


@cache
def builtin() -> Catalogue:
    """The catalogue that ships with the compiler. Raises ValueError for a file that cannot be read."""
    names = (name for name in data.names("schemas", "models") if name.endswith(".json"))
    return _collect(_parsed((name, data.read("schemas", "models", name)) for name in names))


def load(folder: "Path") -> Catalogue:
    """The catalogue in a folder of `*.json` files, each held to `model.v1.json`.

    Raises ValueError with the name of the file and the place in it, also where two files describe one endpoint.
    """
    files = sorted(folder.glob("*.json"))
    documents = tuple(_parsed((file.name, file.read_bytes()) for file in files))
    for name, document in documents:
        _validate(name, document)
    return _collect(documents)


def _parsed(files: Iterable[tuple[str, bytes]]) -> Iterable[tuple[str, Any]]:
    for name, content in files:
        try:
            yield name, json.loads(content)
        except ValueError as error:
            raise ValueError(f"{name}: not JSON: {error}") from error


def _collect(documents: Iterable[tuple[str, Any]]) -> Catalogue:
    found: dict[str, Endpoint] = {}
    for name, document in documents:
        try:
            endpoint = _endpoint(document)
        except (KeyError, TypeError, AttributeError, ValueError):
            _validate(name, document)
            raise
        if endpoint.id in found:
            raise ValueError(f"{name}: id: {endpoint.id} is described by another file too")
        found[endpoint.id] = endpoint
    return Catalogue(tuple(found[endpoint_id] for endpoint_id in sorted(found)))


def _validate(name: str, document: Any) -> None:
    """Hold a document to the published format. Raises ValueError with the file and the place."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(_format())
    errors = sorted(validator.iter_errors(document), key=lambda error: [str(part) for part in error.absolute_path])
    if errors:
        place = "/".join(str(part) for part in errors[0].absolute_path) or "the whole file"
        raise ValueError(f"{name}: {place}: {errors[0].message}")


@cache
def _format() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(data.read("schemas", "model.v1.json"))
    return document


def _endpoint(document: Any) -> Endpoint:
    return Endpoint(
        id=document["id"],
        model=document["model"],
        title=document["title"],
        use=document["use"],
        makes=document["makes"],
        role=document["role"],
        template=document["template"],
        takes=_takes(document["takes"]),
        request=document["request"],
        outputs=document["outputs"],
        price=_price(document["price"]),
        input_schema=document["input"],
        output_schema=document["output"],
        notes=tuple(document["notes"]),
        source=tuple(document["source"]),
        as_of=document["as_of"],
        fixed=tuple(document.get("fixed", ())),
        lora_family=document.get("lora_family", ""),
        word=document.get("word", {}),
    )


def _takes(document: Any) -> Takes:
    least, most = document.get("angles", (0, 0))
    smallest, largest = document.get("factors", (1, 1))
    start_clip = document.get("start_clip")
    return Takes(
        references=document["references"],
        reference_form=document["reference_form"],
        start_frame=document["start_frame"],
        end_frame=document["end_frame"],
        speech=document["speech"],
        seconds=tuple(sorted(document["seconds"])),
        aspects=tuple(document["aspects"]),
        resolutions=tuple(document["resolutions"]),
        prompt_chars=document["prompt_chars"],
        references_needed=document["references_needed"],
        angles=(least, most),
        start_as_image=document.get("start_as_image", False),
        short_sides=tuple(document["resolutions"].values()),
        loras=document.get("loras", 0),
        loras_needed=document.get("loras_needed", 0),
        shortest=document.get("shortest"),
        longest=document.get("longest"),
        start_clip=_start_clip(start_clip) if start_clip else None,
        short_side=document.get("short_side"),
        factors=(smallest, largest),
    )


def _start_clip(document: Any) -> StartClip:
    return StartClip(tuple(document["models"]), document["longest"], document["short_side"])


def _price(document: Any) -> PriceRule:
    return PriceRule(
        unit=document["unit"],
        usd=document["usd"],
        by=tuple(document["by"]),
        rounding=document.get("rounding", 0),
        mark=document["mark"],
        source=document["source"],
        as_of=document["as_of"],
        of=document.get("of", ""),
        per=document.get("per", 1),
        first=document.get("first", ""),
        times=document.get("times", ""),
        inputs=document.get("inputs", ""),
        input_units=document.get("input_units", 1),
        listed=document.get("listed", ""),
        sizes={name: (width, height) for name, (width, height) in document.get("sizes", {}).items()},
        extras=tuple(Extra(**extra) for extra in document.get("extras", ())),
    )
