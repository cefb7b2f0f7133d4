"""The model catalogue as values: what each endpoint takes, makes and costs. One file in `schemas/models/` each.

The catalogue is data. Adding a file there adds an endpoint, and with a new `model` name a new model, to
casting, planning, pricing, drafting and buying; nothing in the code knows an endpoint by name. The format is
`schemas/model.v1.json`, and `schemas/README.md` tells how to write a file.

Reading is quick because it only reads: the files that ship are held to the format by the contract tests, so
`builtin` calls for the schema validator, which is slow to import, only to explain a file that cannot be read.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from adc.compiler.plan import Json

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Need: TypeAlias = Literal["no", "optional", "required"]
Makes: TypeAlias = Literal["image", "video", "audio"]


@dataclass(frozen=True, slots=True)
class Takes:
    """What an endpoint accepts; empty tuples mean that the endpoint has no such choice.

    `references` is the most people, things and style pictures that a request may carry; where the form is
    `elements`, someone told by several pictures counts once. `seconds` are the legal lengths of a clip.
    `reference_form` says how a prompt names them: by `@Element1`, by `@Image1`, by order, or not.
    `angles` are the fewest and most pictures of someone besides the frontal one. `start_as_image` says that the
    start frame is the first picture, named `@Image1`, and takes the place of a reference. `short_sides` are the
    pixels of the short side at 9:16 of each of `resolutions`.
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


@dataclass(frozen=True, slots=True)
class Extra:
    """An option that costs more: dollars a unit, as text, when `argument` has `value`."""

    argument: str
    value: bool | str
    usd: str


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A price as data: dollars a `unit`, in `usd` by the values of the arguments named in `by`, nested in order.

    `of` is the argument that the quantity is read from, `times` one that multiplies it, `inputs` a list of pictures
    that cost a megapixel each, `sizes` the width and height behind the names of sizes. `rounding` is `up` where parts
    of a unit are paid as a whole one.
    """

    unit: str
    usd: Json
    by: tuple[str, ...]
    rounding: str
    mark: Literal["exact", "estimated", "unknown"]
    source: str
    as_of: str
    of: str = ""
    times: str = ""
    inputs: str = ""
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    extras: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the queue API.

    `model` is the name a spec uses; several endpoints may share it and differ in what they take. `request` is the
    request with `$fact` placeholders (see `request`). `outputs` names what comes back: output name to the place of
    the file object in the answer, as in `{"image": "images/0"}`. `template` is the prompt template's name. `fixed`
    are options that no spec may set, because the answer would not be the one file that a step makes.
    """

    id: str
    model: str
    title: str
    use: str
    makes: Makes
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


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All endpoints, sorted by id."""

    endpoints: tuple[Endpoint, ...]

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """The endpoint with that id. Raises KeyError."""
        for endpoint in self.endpoints:
            if endpoint.id == endpoint_id:
                return endpoint
        raise KeyError(endpoint_id)

    def of_model(self, model: str) -> tuple[Endpoint, ...]:
        """The endpoints that a model name stands for; empty for an unknown name."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.model == model)

    def models(self, makes: Makes) -> tuple[str, ...]:
        """Names of the models that make that kind of media."""
        return tuple(dict.fromkeys(endpoint.model for endpoint in self.endpoints if endpoint.makes == makes))


@cache
def builtin() -> Catalogue:
    """The catalogue that ships with the compiler. Raises ValueError for a file that cannot be read."""
    return _collect(_parse(_schemas() / "models"))


def load(folder: "Traversable") -> Catalogue:
    """The catalogue in a folder of `*.json` files, each held to `model.v1.json`.

    Raises ValueError with the name of the file and the place in it, also where two files describe one endpoint.
    """
    documents = tuple(_parse(folder))
    for name, document in documents:
        _validate(name, document)
    return _collect(documents)


def _parse(folder: "Traversable") -> Iterable[tuple[str, Any]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            try:
                yield entry.name, json.loads(entry.read_bytes())
            except ValueError as error:
                raise ValueError(f"{entry.name}: not JSON: {error}") from error


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
    document: dict[str, Any] = json.loads((_schemas() / "model.v1.json").read_bytes())
    return document


def _schemas() -> "Traversable":
    from importlib.resources import files  # slow to import, and a build with nothing to do reads no catalogue

    return files("adc.schemas")


def _endpoint(document: Any) -> Endpoint:
    return Endpoint(
        id=document["id"],
        model=document["model"],
        title=document["title"],
        use=document["use"],
        makes=document["makes"],
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
    )


def _takes(document: Any) -> Takes:
    least, most = document.get("angles", (0, 0))
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
    )


def _price(document: Any) -> PriceRule:
    return PriceRule(
        unit=document["unit"],
        usd=document["usd"],
        by=tuple(document["by"]),
        rounding=document.get("rounding", ""),
        mark=document["mark"],
        source=document["source"],
        as_of=document["as_of"],
        of=document.get("of", ""),
        times=document.get("times", ""),
        inputs=document.get("inputs", ""),
        sizes={name: (width, height) for name, (width, height) in document.get("sizes", {}).items()},
        extras=tuple(Extra(**extra) for extra in document.get("extras", ())),
    )
