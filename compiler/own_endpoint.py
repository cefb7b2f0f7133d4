"""From what a spec says about a model of its own to the entry that the catalogue would have for it.

The request and the schema that it is held against are made together, so that what the one sends the other allows and
nothing else: as if the seller had published no more than the spec tells.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from adc.compiler.catalogue import Endpoint, Makes, Need, PriceRule, Role, Takes
from adc.compiler.frozen import frozen
from adc.compiler.nodes import Resolution
from adc.compiler.plan import Json
from adc.compiler.source import Span

SOURCE: Final = "the spec"
"""Who says so."""

Constant: TypeAlias = bool | int | Decimal | str


@frozen
class Kind:
    """What a model makes: its part in a film, the prompts it reads, where its answers have the file.

    `words` is what it cannot do without: the words it is sent. `sends` is all that it may be sent, `units` what it
    may be paid by.
    """

    makes: Makes
    role: Role
    template: str
    output: str
    words: str
    sends: frozenset[str]
    units: tuple[str, ...]


KINDS: Final[Mapping[str, Kind]] = {
    "video": Kind(
        *("video", "clip", "veo", "video", "prompt"),
        sends=frozenset({"prompt", "length", "aspect", "resolution", "start", "end", "references", "reference"})
        | {"speech", "avoid", "seed"},
        units=("second", "minute", "clip"),
    ),
    "image": Kind(
        *("image", "still", "still", "images/0", "prompt"),
        sends=frozenset({"prompt", "aspect", "resolution", "references", "reference", "avoid", "seed"}),
        units=("image",),
    ),
    "voice": Kind(
        *("audio", "voice", "plain", "audio", "text"),
        sends=frozenset({"text", "voice"}),
        units=("characters", "audio"),
    ),
    "music": Kind(
        *("audio", "music", "plain", "audio", "prompt"),
        sends=frozenset({"prompt", "length", "avoid", "seed"}),
        units=("second", "minute", "audio"),
    ),
}

FACTS: Final[Mapping[str, str]] = {
    "prompt": "$prompt",
    "text": "$text",
    "voice": "$voice",
    "length": "$seconds",
    "aspect": "$aspect",
    "resolution": "$resolution",
    "start": "$start_frame",
    "end": "$end_frame",
    "references": "$pictures",
    "reference": "$reference",
    "speech": "$speech",
    "avoid": "$avoid",
    "seed": "$seed",
}
"""What may be sent, and the fact of `request.FACTS` that it is."""


@frozen
class Sent:
    """`send FACT "argument"`. `form` is how a length is written: `number`, `milliseconds`, or a text: `{seconds}s`."""

    argument: str
    span: Span
    form: str = "number"


@frozen
class Described:
    """A model as the spec tells it. `lengths` are whole seconds, shortest first; `constants` are sent as they stand.

    `price` is dollars and the unit of its kind that they are paid for; None where nothing is told. `output` is where
    in the answer the file stands.
    """

    endpoint_id: str
    name: str
    kind: str
    lengths: tuple[int, ...]
    aspects: tuple[str, ...]
    resolutions: tuple[Resolution, ...]
    references: int
    start: Need
    end: Need
    speech: bool
    longest_prompt: int | None
    sent: Mapping[str, Sent]
    constants: Mapping[str, Constant]
    price: tuple[Decimal, str] | None
    output: str


def endpoint(model: Described) -> Endpoint:
    """The catalogue's entry; its price is as good as the spec's word."""
    kind = KINDS[model.kind]
    return Endpoint(
        id=model.endpoint_id,
        model=model.name,
        title=model.name,
        use="declared in the spec",
        makes=kind.makes,
        role=kind.role,
        template="frames" if model.start == "required" and not model.references else kind.template,
        takes=_takes(model),
        request=_request(model),
        outputs={kind.makes: model.output},
        price=_price(model),
        input_schema=_input_schema(model),
        output_schema=_output_schema(model.output),
        notes=(),
        source=(SOURCE,),
        as_of="",
    )


def _takes(model: Described) -> Takes:
    music = model.kind == "music"
    return Takes(
        references=model.references,
        reference_form="order" if model.references else "none",
        start_frame=model.start,
        end_frame=model.end,
        speech=model.speech or model.kind == "voice",
        seconds=() if music else model.lengths,
        aspects=model.aspects,
        resolutions=tuple(resolution.written for resolution in model.resolutions),
        prompt_chars=model.longest_prompt,
        short_sides=tuple(resolution.short_side for resolution in model.resolutions),
        shortest=model.lengths[0] if music and model.lengths else None,
        longest=model.lengths[-1] if music and model.lengths else None,
    )


def _request(model: Described) -> dict[str, Json]:
    request: dict[str, Json] = {}
    for fact, sent in model.sent.items():
        request[sent.argument] = FACTS[fact]
        if fact == "length" and sent.form != "number":
            request[sent.argument] = "$milliseconds" if sent.form == "milliseconds" else sent.form
    return {**request, **{argument: _json(value) for argument, value in model.constants.items()}}


def _input_schema(model: Described) -> dict[str, Json]:
    """What the endpoint would publish if it took no more than the spec tells."""
    properties: dict[str, Json] = {sent.argument: _property(model, fact, sent) for fact, sent in model.sent.items()}
    for argument, value in model.constants.items():
        kind = {bool: "boolean", str: "string"}.get(type(value), "number")
        properties[argument] = {"type": kind, "default": _json(value)}
    needed = [KINDS[model.kind].words]
    needed += [fact for fact in ("start", "end") if {"start": model.start, "end": model.end}[fact] == "required"]
    required: list[Json] = [model.sent[fact].argument for fact in needed if fact in model.sent]
    return {"type": "object", "properties": properties, "required": required}


def _property(model: Described, fact: str, sent: Sent) -> dict[str, Json]:
    match fact:
        case "prompt" | "text":
            limit: dict[str, Json] = {"maxLength": model.longest_prompt} if model.longest_prompt else {}
            return {"type": "string", **limit}
        case "length" if model.kind == "music":
            scale = 1000 if sent.form == "milliseconds" else 1
            ends = [seconds * scale for seconds in model.lengths] or [1]
            if sent.form in ("number", "milliseconds"):
                return {"type": "integer", "minimum": ends[0], "maximum": ends[-1]}
            return {"type": "string"}
        case "length":
            return {"enum": [_length(seconds, sent.form) for seconds in model.lengths]}
        case "aspect" if model.aspects:
            return {"type": "string", "enum": list(model.aspects)}
        case "resolution":
            return {"type": "string", "enum": [resolution.written for resolution in model.resolutions]}
        case "references":
            return {"type": "array", "items": {"type": "string"}, "maxItems": model.references}
        case "speech":
            return {"type": "boolean"}
        case "seed":
            return {"type": "integer"}
    return {"type": "string"}


def _length(seconds: int, form: str) -> Json:
    match form:
        case "number":
            return seconds
        case "milliseconds":
            return seconds * 1000
    return form.replace("{seconds}", str(seconds))


def _output_schema(place: str) -> dict[str, Json]:
    """An answer with a file at that place."""
    schema: dict[str, Json] = {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]}
    for step in reversed(place.split("/")):
        if step.isdecimal():
            schema = {"type": "array", "items": schema, "minItems": int(step) + 1}
        else:
            schema = {"type": "object", "properties": {step: schema}, "required": [step]}
    return schema


def _json(value: bool | int | Decimal | str) -> Json:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _price(model: Described) -> PriceRule:
    if model.price is None:
        return _rule("request", Decimal(0), unknown=True)
    usd, unit = model.price
    sent = model.sent.get("length")
    match unit:
        case "characters":
            words = model.sent.get("text")
            return _rule("1k chars", usd, of=words.argument if words else "", per=1000)
        case "second" | "minute":
            units = 60 if unit == "minute" else 1
            if sent is None:  # every clip has the one length that there is
                return _rule("clip", usd * sum(model.lengths[:1]) / units)
            return _rule(unit, usd, of=sent.argument, per=units * (1000 if sent.form == "milliseconds" else 1))
    return _rule(unit, usd)


def _rule(unit: str, usd: Decimal, *, of: str = "", per: int = 1, unknown: bool = False) -> PriceRule:
    mark: Literal["estimated", "unknown"] = "unknown" if unknown else "estimated"
    return PriceRule(unit, format(usd, "f"), (), 0, mark, SOURCE, "", of=of, per=per)
