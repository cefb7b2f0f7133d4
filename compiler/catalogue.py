"""The model catalogue as values: what each endpoint takes, makes and costs. One file in `schemas/models/` each.

The catalogue is data. Adding a file there adds an endpoint, and with a new `model` name a new model, to
casting, planning, pricing, drafting and buying; nothing in the code knows an endpoint by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from adc.compiler.plan import Json

Need: TypeAlias = Literal["no", "optional", "required"]
Makes: TypeAlias = Literal["image", "video", "audio"]


@dataclass(frozen=True, slots=True)
class Takes:
    """What an endpoint accepts; empty tuples mean that the endpoint has no such choice.

    `references` is the most pictures of people, products and style that a request may carry. `seconds` are the legal
    lengths of a clip. `reference_form` says how a prompt names them: by `@Element1`, by `@Image1`, by order, or not.
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


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A price as data: dollars a `unit`, in `usd` by the values of the arguments named in `by`, nested in order."""

    unit: str
    usd: Json
    by: tuple[str, ...]
    rounding: str
    mark: Literal["exact", "estimated", "unknown"]
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the queue API.

    `model` is the name a spec uses; several endpoints may share it and differ in what they take. `request` is the
    request with `$fact` placeholders (see `request`). `outputs` names what comes back: output name to the place of
    the file object in the answer, as in `{"image": "images/0"}`. `template` is the prompt template's name.
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
